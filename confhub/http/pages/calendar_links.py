"""Calendar links: one's own sessions, a unit's or a room's, for other programs; and where its letters go."""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp import web
from pydantic import Field

from confhub.access.rules import allows
from confhub.calendars.contacts import Contact
from confhub.calendars.feeds import Scope
from confhub.http.addresses import hub_address
from confhub.http.context import actor, path_id, peer, services
from confhub.http.forms import FormModel, parse_form, read_form
from confhub.http.redirect import see_other
from confhub.http.refusal import FORM_ERRORS, refusal
from confhub.http.render import render
from confhub.http.seen import labelled, seen_now, version_sent
from confhub.kernel.errors import DomainError
from confhub.kernel.ids import EndpointId, UnitId
from confhub.kernel.permissions import Permission

routes = web.RouteTableDef()

_ANY = r"/{things:units|endpoints}/{id:\d+}/calendar-link"
_OWN = "/profile/calendar-link"


class AddressForm(FormModel):
    """Where letters go, as typed."""

    address: str = Field("", max_length=1_000)


@dataclass(frozen=True, slots=True)
class Place:
    """What a page of links is about."""

    scope: Scope
    here: str
    back: str
    name: str
    may_edit: bool = False
    contact: Contact | None = None


async def _place(request: web.Request) -> Place:
    """By the path. NotFound."""
    who, hub = actor(request), services(request)
    if "things" not in request.match_info:
        return Place(Scope(), _OWN, "/profile", who.name)
    key = path_id(request)
    here = request.path.rpartition("/calendar-link")[0]
    if request.match_info["things"] == "units":
        unit = await hub.org.unit(who, UnitId(key))
        may = allows(who, Permission.UNIT_EDIT, unit.path)
        contact = await hub.contacts.of_unit(who, UnitId(key))
        return Place(Scope(unit_id=UnitId(key)), f"{here}/calendar-link", here, unit.name, may, contact)
    room = await hub.registry.endpoint(who, EndpointId(key))
    may = allows(who, Permission.ENDPOINT_EDIT, room.path)
    contact = await hub.contacts.of_room(who, EndpointId(key))
    return Place(Scope(endpoint_id=EndpointId(key)), f"{here}/calendar-link", here, room.name, may, contact)


async def _show(
    request: web.Request, place: Place, *, link: str = "", error: DomainError | None = None
) -> web.StreamResponse:
    """`link`: made just now, and shown this once."""
    hub, again = services(request), refusal(request, error)
    sent = await read_form(request) if error else None
    address = place.contact.address if place.contact else ""
    return await render(
        request,
        "calendar_link.html",
        status=again.status,
        place=place,
        feed=await hub.feeds.mine(actor(request), place.scope),
        link=link,
        address=sent.get("address") if sent is not None else address,
        can_send=hub.contacts.can_send,
        errors=again.errors,
        seen=seen_now(address, labelled(request, ("E-mail address", address)), sent, error),
    )


@routes.get(_OWN)
@routes.get(_ANY)
async def page(request: web.Request) -> web.StreamResponse:
    """Whether there is a link, and where letters go."""
    return await _show(request, await _place(request))


@routes.post(_OWN)
@routes.post(_ANY)
async def make(request: web.Request) -> web.StreamResponse:
    """A link in place of the one before."""
    place = await _place(request)
    token = await services(request).feeds.make(actor(request), place.scope)
    return await _show(request, place, link=f"{hub_address(request)}/feeds/{token}.ics")


@routes.post(f"{_OWN}/revoke")
@routes.post(f"{_ANY}/revoke")
async def revoke(request: web.Request) -> web.StreamResponse:
    """No link any more."""
    place = await _place(request)
    await services(request).feeds.revoke(actor(request), place.scope)
    return see_other(place.here, "link_revoked")


@routes.post(f"{_ANY}/address")
async def set_address(request: web.Request) -> web.StreamResponse:
    """Where letters go from now on."""
    place, hub, who = await _place(request), services(request), actor(request)
    scope = place.scope
    try:
        typed = await parse_form(request, AddressForm)
        seen = version_sent(await read_form(request))
        if scope.unit_id is not None:
            await hub.contacts.set_unit(who, scope.unit_id, typed.address, seen=seen)
        elif scope.endpoint_id is not None:
            await hub.contacts.set_room(who, scope.endpoint_id, typed.address, seen=seen)
    except FORM_ERRORS as error:
        return await _show(request, await _place(request), error=error)
    return see_other(place.here, "saved")


@routes.get(r"/feeds/{token:[\w-]{16,80}}.ics")
async def feed(request: web.Request) -> web.StreamResponse:
    """The calendar itself, for programs that cannot log in; 304 where they have it already."""
    known = request.if_none_match or ()
    have = next((f'"{one.value}"' for one in known if one.value != "*"), "")
    token = request.match_info["token"]
    found = await services(request).feeds.asked(token, peer(request).address, have)
    headers = {"ETag": found.etag, "Cache-Control": "private, no-cache", "X-Robots-Tag": "noindex"}
    if found.content is None:
        return web.Response(status=304, headers=headers)
    headers["Content-Type"] = "text/calendar; charset=utf-8"
    headers["Content-Disposition"] = 'inline; filename="confhub.ics"'
    return web.Response(body=found.content, headers=headers)
