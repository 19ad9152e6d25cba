"""Tablets of rooms: a code for one room, the printable sheet of a branch, taking one out."""

from __future__ import annotations

from aiohttp import web

from confhub.http.addresses import hub_address
from confhub.http.context import actor, path_id, services
from confhub.http.forms import FormModel, parse_form
from confhub.http.pages.choices import tree_options
from confhub.http.pages.endpoints import show_endpoint
from confhub.http.redirect import see_other
from confhub.http.refusal import FORM_ERRORS, refusal
from confhub.http.render import render
from confhub.http.shapes import RowId
from confhub.kernel.ids import EndpointId, UnitId

routes = web.RouteTableDef()


class SheetForm(FormModel):
    """Which branch's rooms get codes."""

    unit_id: RowId


@routes.post(r"/endpoints/{id:\d+}/tablet-code")
async def issue(request: web.Request) -> web.StreamResponse:
    """Issue a code and show it, this once, on the room's page."""
    who, endpoint_id = actor(request), EndpointId(path_id(request))
    slip = await services(request).tablets.issue(who, endpoint_id)
    return await show_endpoint(request, who, endpoint_id, tablet_slip=slip)


@routes.get(r"/endpoints/{id:\d+}/tablet-code")
async def issued(request: web.Request) -> web.StreamResponse:
    """A reload after issuing: back to the room's page, without the code."""
    return see_other(f"/endpoints/{path_id(request)}")


@routes.post(r"/tablets/{id:\d+}/revoke")
async def revoke(request: web.Request) -> web.StreamResponse:
    """Its token, or its waiting code, stops at once."""
    endpoint_id = await services(request).tablets.revoke(actor(request), path_id(request))
    return see_other(f"/endpoints/{endpoint_id}", "saved")


@routes.get("/tablets/sheet")
async def choose(request: web.Request) -> web.StreamResponse:
    """Choose the branch."""
    actor(request)
    return await render(
        request, "pairing/tablets_choose.html", units=await tree_options(request), errors={}, values={}
    )


@routes.post("/tablets/sheet")
async def sheet(request: web.Request) -> web.StreamResponse:
    """Issue a code for every room of the branch and show the sheet to print."""
    who = actor(request)
    try:
        wanted = await parse_form(request, SheetForm)
        unit = await services(request).org.unit(who, UnitId(wanted.unit_id))
        slips = await services(request).tablets.issue_sheet(who, unit.id)
    except FORM_ERRORS as error:
        again = refusal(request, error)
        return await render(
            request,
            "pairing/tablets_choose.html",
            status=again.status,
            units=await tree_options(request),
            errors=again.errors,
            values={},
        )
    return await render(
        request, "pairing/tablets_sheet.html", unit=unit, slips=slips, hub=hub_address(request)
    )
