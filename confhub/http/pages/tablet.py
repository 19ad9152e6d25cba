"""The room operator's tablet: typed in once by a code, then the room's sessions and their lists of people."""

from __future__ import annotations

from datetime import timedelta

from aiohttp import web
from pydantic import Field

from confhub.access.rules import allows, allows_anywhere
from confhub.checkin.values import RoomTeller
from confhub.http.context import (
    TABLET_COOKIE,
    actor,
    login_or_none,
    path_id,
    peer,
    services,
    tablet_or_none,
)
from confhub.http.forms import FormModel, parse_form, parse_query, read_form
from confhub.http.login import drop_cookie, set_cookie
from confhub.http.redirect import see_other
from confhub.http.refusal import FORM_ERRORS, refusal
from confhub.http.render import render, web_dir
from confhub.http.tellers import CODE_MAX_CHARS, room_teller
from confhub.kernel.ids import SessionId
from confhub.kernel.limits import NAME_MAX_CHARS
from confhub.kernel.permissions import Permission
from confhub.registry.values import Endpoint

routes = web.RouteTableDef()

COOKIE_FOR = timedelta(days=365)
"""Renewed at every visit of the first page; the hub takes a tablet out by revoking it."""


class EnterForm(FormModel):
    """The code from the room's page, and what this tablet is called."""

    code: str = Field(min_length=1, max_length=CODE_MAX_CHARS)
    name: str = Field("", max_length=NAME_MAX_CHARS)


class RoomQuery(FormModel):
    """`q`: the room that a logged-in person looks for."""

    q: str = Field("", max_length=NAME_MAX_CHARS)


@routes.get("/tablet")
async def first(request: web.Request) -> web.StreamResponse:
    """The room's sessions; without a room yet, the form for the tablet's code and a person's rooms."""
    if not _speaks(request):
        return await _enter_page(request, {}, {})
    teller, as_person = await _teller(request)
    response = await render(
        request,
        "tablet/sessions.html",
        endpoint_name=teller.name,
        endpoint_code=teller.code,
        as_person=as_person,
        config={"endpoint": teller.endpoint_id, "as_person": as_person},
    )
    if not as_person and (tablet := tablet_or_none(request)) is not None:
        await services(request).tablets.seen(tablet)
        _keep_cookie(request, response, request.cookies[TABLET_COOKIE])
    return response


@routes.post("/tablet")
async def enter(request: web.Request) -> web.StreamResponse:
    """Hand in the code; the answer carries the tablet's cookie."""
    try:
        typed = await parse_form(request, EnterForm)
        token, _ = await services(request).tablets.enter(typed.code, typed.name, peer(request).address)
    except FORM_ERRORS as error:
        values = (await read_form(request)).values()
        again = refusal(request, error)
        return await _enter_page(
            request, values, again.errors, status=again.status
        )  # fmt: skip
    response = see_other("/tablet")
    _keep_cookie(request, response, token)
    return response


@routes.post("/tablet/leave")
async def leave(request: web.Request) -> web.StreamResponse:
    """This browser is the room's tablet no longer, and its token opens nothing any more."""
    if (tablet := tablet_or_none(request)) is not None:
        await services(request).tablets.leave(tablet)
    response = see_other("/tablet")
    drop_cookie(request, response, TABLET_COOKIE)
    return response


@routes.get(r"/tablet/sessions/{id:\d+}")
async def session(request: web.Request) -> web.StreamResponse:
    """One session's list; the page fills itself from the API, and from its own memory without the hub."""
    if not _speaks(request):
        return see_other("/tablet")
    teller, as_person = await _teller(request)
    session_id = SessionId(path_id(request))
    sheet = await services(request).checkin.sheet(teller, session_id)
    return await render(
        request,
        "tablet/session.html",
        title=sheet.session.title,
        endpoint_name=teller.name,
        endpoint_code=teller.code,
        back=f"/tablet?endpoint={teller.endpoint_id}" if as_person else "/tablet",
        config={
            "session": session_id,
            "endpoint": teller.endpoint_id,
            "room": teller.code,
            "as_person": as_person,
        },
    )


@routes.get("/tablet/sw.js")
async def service_worker(_: web.Request) -> web.StreamResponse:
    """The service worker, where its scope (`/tablet` and below) lets it stand; browsers ask for it anew."""
    return web.FileResponse(
        web_dir() / "static" / "js" / "tablet" / "sw.js",
        headers={
            "Content-Type": "text/javascript; charset=utf-8",
            "Service-Worker-Allowed": "/tablet",
            "Cache-Control": "no-cache",
        },
    )


def _as_person(request: web.Request) -> bool:
    return bool(request.query.get("endpoint")) and login_or_none(request) is not None


def _speaks(request: web.Request) -> bool:
    """Whether a room is known: the tablet's own, or the one that a person acts for."""
    return _as_person(request) or tablet_or_none(request) is not None


async def _teller(request: web.Request) -> tuple[RoomTeller, bool]:
    return await room_teller(request), _as_person(request)


async def _enter_page(
    request: web.Request, values: dict[str, str], errors: dict[str, str], status: int = 200
) -> web.StreamResponse:
    query = parse_query(request, RoomQuery).q
    login = login_or_none(request)
    chooses = login is not None and allows_anywhere(login.actor, Permission.CHECKIN_RUN)
    rooms: list[Endpoint] = []
    if chooses:
        who = actor(request)
        found = await services(request).registry.endpoints(who, search=query)
        rooms = [room for room in found.rows if allows(who, Permission.CHECKIN_RUN, room.path)]
    return await render(
        request, "tablet/enter.html", status=status, values=values, errors=errors, chooses=chooses,
        rooms=rooms, q=query,
    )  # fmt: skip


def _keep_cookie(request: web.Request, response: web.StreamResponse, token: str) -> None:
    set_cookie(request, response, TABLET_COOKIE, token, until=services(request).clock.now() + COOKIE_FOR)
