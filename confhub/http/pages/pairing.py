"""Pairing: a code for one room, the code on its screen, the printable sheet of a branch, revoking."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import web
from pydantic import Field

from confhub.access.rules import Actor
from confhub.http.addresses import hub_address
from confhub.http.context import actor, path_id, peer, services
from confhub.http.forms import FormModel, parse_form, read_form
from confhub.http.pages.choices import tree_options
from confhub.http.pages.endpoints import ScreenCode, show_endpoint
from confhub.http.redirect import see_other
from confhub.http.refusal import FORM_ERRORS, refusal
from confhub.http.render import render
from confhub.http.shapes import RowId
from confhub.kernel.errors import Conflict, DomainError, Invalid, TooMany, ValidationErrors
from confhub.kernel.ids import EndpointId, UnitId
from confhub.registry.errors import ScreenCodeUnknown
from confhub.registry.rules import SCREEN_CODE_MAX_CHARS

routes = web.RouteTableDef()

_CODE_ERRORS = (Invalid, ValidationErrors, Conflict, TooMany, ScreenCodeUnknown)
"""What is said at the field of a code; a room elsewhere gets the page of its own."""


class SheetForm(FormModel):
    """Which branch's rooms get codes."""

    unit_id: RowId
    everyone: bool = False


class ScreenCodeForm(FormModel):
    """The code on a room's screen."""

    code: str = Field(min_length=1, max_length=SCREEN_CODE_MAX_CHARS)


class RoomScreenCodeForm(ScreenCodeForm):
    """The same, and which room it is."""

    endpoint_id: RowId


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


@routes.post(r"/endpoints/{id:\d+}/screen-code")
async def screen_code(request: web.Request) -> web.StreamResponse:
    """Somebody typed the code on the room's screen: ask whether that machine is this room's."""
    who, endpoint_id = actor(request), EndpointId(path_id(request))
    try:
        typed = await parse_form(request, ScreenCodeForm)
        waiting = await services(request).asking.find(who, endpoint_id, typed.code, peer(request).address)
    except _CODE_ERRORS as error:
        return await _code_again(request, who, endpoint_id, error)
    return await show_endpoint(request, who, endpoint_id, screen=ScreenCode(waiting.user_code, "", waiting))


@routes.get(r"/endpoints/{id:\d+}/screen-code{answer:(/approve|/refuse)?}")
async def screen_code_again(request: web.Request) -> web.StreamResponse:
    """A reload of the question: back to the room's page."""
    return see_other(f"/endpoints/{path_id(request)}")


@routes.post(r"/endpoints/{id:\d+}/screen-code/approve")
async def approve_machine(request: web.Request) -> web.StreamResponse:
    """Yes, it is this room's."""
    return await _answer(request, services(request).asking.approve, "machine_approved")


@routes.post(r"/endpoints/{id:\d+}/screen-code/refuse")
async def refuse_machine(request: web.Request) -> web.StreamResponse:
    """No: that machine is not ours."""
    return await _answer(request, services(request).asking.refuse, "machine_refused")


async def _answer(
    request: web.Request, give: Callable[[Actor, EndpointId, str, str], Awaitable[object]], told: str
) -> web.StreamResponse:
    who, endpoint_id = actor(request), EndpointId(path_id(request))
    try:
        typed = await parse_form(request, ScreenCodeForm)
        await give(who, endpoint_id, typed.code, peer(request).address)
    except _CODE_ERRORS as error:
        return await _code_again(request, who, endpoint_id, error)
    return see_other(f"/endpoints/{endpoint_id}", told)


async def _code_again(
    request: web.Request, who: Actor, endpoint_id: EndpointId, error: DomainError
) -> web.StreamResponse:
    again = refusal(request, error)
    said = next(iter(again.errors.values()), "")
    shown = ScreenCode((await read_form(request)).get("code"), said)
    return await show_endpoint(request, who, endpoint_id, screen=shown, status=again.status)


async def _choose(
    request: web.Request, errors: dict[str, str], values: dict[str, str], status: int = 200
) -> web.StreamResponse:
    return await render(
        request,
        "pairing/choose.html",
        status=status,
        units=await tree_options(request),
        rooms=[
            (room.id, f"{room.name} · {room.code} · {room.unit_name}")
            for room in await services(request).asking.choices(actor(request))
        ],
        errors=errors,
        values=values,
    )


@routes.get("/pairing")
async def choose(request: web.Request) -> web.StreamResponse:
    """Type the code of a screen, or choose the branch whose sheet is printed."""
    return await _choose(request, {}, {})


@routes.post("/pairing/screen-code")
async def screen_code_of(request: web.Request) -> web.StreamResponse:
    """A code and its room: the question stands on the room's page."""
    who = actor(request)
    try:
        typed = await parse_form(request, RoomScreenCodeForm)
        endpoint_id = EndpointId(typed.endpoint_id)
        waiting = await services(request).asking.find(who, endpoint_id, typed.code, peer(request).address)
    except _CODE_ERRORS as error:
        values = dict((await read_form(request)).values())
        again = refusal(request, error)
        errors = again.errors
        if general := errors.pop("", ""):
            errors["screen"] = general
        return await _choose(request, errors, values, again.status)
    return await show_endpoint(request, who, endpoint_id, screen=ScreenCode(waiting.user_code, "", waiting))


@routes.get("/pairing/screen-code")
async def screen_code_of_again(request: web.Request) -> web.StreamResponse:
    """A reload of the question."""
    return see_other("/pairing")


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
        again = refusal(request, error)
        return await _choose(request, again.errors, {}, again.status)
    return await render(request, "pairing/sheet.html", unit=unit, slips=slips, hub=hub_address(request))
