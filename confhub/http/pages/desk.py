"""The training officer's desk: sessions that need attention, one session's rooms, reminders."""

from __future__ import annotations

from aiohttp import web
from pydantic import Field

from confhub.checkin.errors import MoveDecided
from confhub.desk.errors import NothingToRemind
from confhub.desk.rules import Need, Phase
from confhub.desk.values import DeskRoom, DeskSession
from confhub.http.context import actor, path_id, services
from confhub.http.errors import words
from confhub.http.forms import FormModel, parse_filters, parse_form
from confhub.http.paging import Paged, Searched, cut
from confhub.http.redirect import see_other
from confhub.http.render import render
from confhub.http.shapes import RowId
from confhub.i18n.folding import fold
from confhub.kernel.ids import EndpointId, SessionId

routes = web.RouteTableDef()

PAGE_ROWS = 100
"""Rooms on one page of the list: the whole of a province on four."""


class DeskQuery(Searched, Paged, FormModel):
    """Filters of a session's rooms. `problem`: why the last reminder was not sent."""

    need: Need | None = None
    every: bool = False
    """All rooms, those in order as well."""
    problem: bool = False


class RemindForm(FormModel):
    """Which rooms; none: all that owe something."""

    endpoint: list[RowId] = Field(default_factory=list, max_length=2_000)


class MoveForm(FormModel):
    """Whether the person may go."""

    grant: bool = False


@routes.get("/desk")
async def overview(request: web.Request) -> web.StreamResponse:
    """Sessions that run first, then those to be closed, then those to come."""
    found = await services(request).desk.overview(actor(request))
    order = {Phase.LIVE: 0, Phase.LOBBY: 1, Phase.OVER: 2, Phase.AHEAD: 3}
    ahead = sorted((s for s in found if s.phase is Phase.AHEAD), key=lambda s: s.starts_at)
    others = sorted((s for s in found if s.phase is not Phase.AHEAD), key=lambda s: order[s.phase])
    again = "HX-Request" in request.headers  # the list alone is drawn again, every ten seconds
    lost = () if again else await services(request).certificates.told(actor(request))
    return await render(request, "desk/desk.html", sessions=[*others, *ahead], lost=lost)


@routes.get(r"/desk/sessions/{id:\d+}")
async def session(request: web.Request) -> web.StreamResponse:
    """One session's rooms and what each of them owes."""
    wanted = parse_filters(request, DeskQuery)
    found = await services(request).desk.session(actor(request), SessionId(path_id(request)))
    shown = cut(matching(found, wanted), wanted.page, PAGE_ROWS)
    return await render(
        request,
        "desk/session.html",
        session=found,
        rooms=shown.rows,
        total=shown.total,
        page=shown.number,
        pages=shown.pages,
        wanted=wanted,
        problem=words(request, NothingToRemind())[0] if wanted.problem else "",
        moves=await services(request).moves.of_session(actor(request), found.id),
    )


def matching(session: DeskSession, wanted: DeskQuery) -> list[DeskRoom]:
    """The rooms that fit the filters; without a filter those that owe something, the gravest first."""
    words = fold(wanted.search).split()
    rooms = [
        room
        for room in session.rooms
        if (wanted.need is None or wanted.need in room.needs)
        and (wanted.every or wanted.need is not None or words or room.needs)
        and all(word in fold(f"{room.code} {room.name} {room.unit_name}") for word in words)
    ]
    if wanted.need is None and not wanted.every:
        order = list(Need)
        rooms.sort(key=lambda room: min((order.index(need) for need in room.needs), default=len(order)))
    return rooms


@routes.post(r"/desk/sessions/{id:\d+}/moves/{move:\d+}")
async def answer_move(request: web.Request) -> web.StreamResponse:
    """Say for a room whether somebody may go to the one that asks."""
    session_id, move_id = SessionId(path_id(request)), path_id(request, "move")
    typed = await parse_form(request, MoveForm)
    try:
        await services(request).moves.answer(actor(request), session_id, move_id, grant=typed.grant)
    except MoveDecided:  # the room was quicker: the page shows what stands
        return see_other(f"/desk/sessions/{session_id}")
    return see_other(f"/desk/sessions/{session_id}", "saved")


@routes.post(r"/desk/sessions/{id:\d+}/remind")
async def remind(request: web.Request) -> web.StreamResponse:
    """Remind the chosen rooms, or all that owe something."""
    session_id = SessionId(path_id(request))
    typed = await parse_form(request, RemindForm)
    chosen = [EndpointId(one) for one in typed.endpoint] or None
    try:
        await services(request).desk.remind(actor(request), session_id, chosen)
    except NothingToRemind:
        return see_other(f"/desk/sessions/{session_id}?problem=1")
    return see_other(f"/desk/sessions/{session_id}", "reminded")
