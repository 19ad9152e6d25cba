"""Pairing: a code for one room, the printable sheet of a branch, revoking."""

from __future__ import annotations

from aiohttp import web

from confhub.http.context import actor, path_id, services
from confhub.http.errors import field_errors, status_of
from confhub.http.forms import FormModel, parse_form
from confhub.http.pages.choices import FORM_ERRORS, tree_options
from confhub.http.pages.endpoints import hub_address, show_endpoint
from confhub.http.redirect import see_other
from confhub.http.render import render
from confhub.http.shapes import RowId
from confhub.kernel.ids import EndpointId, UnitId

routes = web.RouteTableDef()


class SheetForm(FormModel):
    """Which branch's rooms get codes."""

    unit_id: RowId
    everyone: bool = False


@routes.post(r"/endpoints/{id:\d+}/pairing-code")
async def issue(request: web.Request) -> web.StreamResponse:
    """Issue a code and show it, this once, on the room's page."""
    who = actor(request)
    endpoint_id = EndpointId(path_id(request))
    slip = await services(request).pairing.issue(who, endpoint_id)
    return await show_endpoint(request, who, endpoint_id, slip)


@routes.get(r"/endpoints/{id:\d+}/pairing-code")
async def issued(request: web.Request) -> web.StreamResponse:
    """A reload after issuing: back to the room's page, without the code."""
    return see_other(f"/endpoints/{path_id(request)}")


@routes.post(r"/endpoints/{id:\d+}/pairing-code/revoke")
async def revoke_code(request: web.Request) -> web.StreamResponse:
    """Revoke the room's unused code."""
    endpoint_id = EndpointId(path_id(request))
    await services(request).pairing.revoke_code(actor(request), endpoint_id)
    return see_other(f"/endpoints/{endpoint_id}", "code_revoked")


@routes.post(r"/endpoints/{id:\d+}/credential/revoke")
async def revoke_credential(request: web.Request) -> web.StreamResponse:
    """Revoke what the room's machine holds."""
    endpoint_id = EndpointId(path_id(request))
    await services(request).pairing.revoke_credentials(actor(request), endpoint_id)
    return see_other(f"/endpoints/{endpoint_id}", "revoked")


@routes.get("/pairing")
async def choose(request: web.Request) -> web.StreamResponse:
    """Choose the branch."""
    actor(request)
    return await render(
        request, "pairing/choose.html", units=await tree_options(request), errors={}, values={}
    )


@routes.get("/pairing/sheet")
async def sheet_again(request: web.Request) -> web.StreamResponse:
    """A reload of the sheet: codes are shown once."""
    return see_other("/pairing")


@routes.post("/pairing/sheet")
async def sheet(request: web.Request) -> web.StreamResponse:
    """Issue codes for the branch and show the sheet to print."""
    who = actor(request)
    try:
        wanted = await parse_form(request, SheetForm)
        unit = await services(request).org.unit(who, UnitId(wanted.unit_id))
        slips = await services(request).pairing.issue_sheet(who, unit.id, only_unpaired=not wanted.everyone)
    except FORM_ERRORS as error:
        return await render(
            request,
            "pairing/choose.html",
            status=status_of(error),
            units=await tree_options(request),
            errors=field_errors(request, error),
            values={},
        )
    return await render(request, "pairing/sheet.html", unit=unit, slips=slips, hub=hub_address(request))
