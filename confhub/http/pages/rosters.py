"""Lists of people: all rooms of a session or a course, and one room's list."""

from __future__ import annotations

from typing import Literal

from aiohttp import web
from pydantic import Field

from confhub.http.context import actor, path_id, services
from confhub.http.forms import FormModel, parse_filters, parse_form, read_form
from confhub.http.paging import Paged, Searched, cut
from confhub.http.redirect import see_other
from confhub.http.refusal import FORM_ERRORS, refusal
from confhub.http.render import render
from confhub.http.shapes import RowId
from confhub.http.wishes.rosters import ListOf
from confhub.i18n.folding import fold
from confhub.kernel.errors import DomainError
from confhub.kernel.limits import NAME_MAX_CHARS
from confhub.kernel.paging import page_count
from confhub.rosters.limits import PEOPLE_AT_ONCE
from confhub.rosters.values import RosterCounts, Scope

routes = web.RouteTableDef()

PAGE_ROWS = 100


class RoomsQuery(Searched, Paged, FormModel):
    """Filters of the rooms. `empty`: those without anybody only."""

    empty: bool = False


class RoomQuery(ListOf, Searched, Paged, FormModel):
    """Which list of the room; `search` in it, `q` for people to put on it."""

    q: str = Field("", max_length=NAME_MAX_CHARS)


class ChangeForm(ListOf, FormModel):
    """Which list, and who."""

    people: list[RowId] = Field(default_factory=list, max_length=PEOPLE_AT_ONCE)
    to: RowId | None = None


@routes.get(r"/{of:sessions|courses}/{id:\d+}/rosters")
async def rooms(request: web.Request) -> web.StreamResponse:
    """Every room with the number of people on its list."""
    number = path_id(request)
    of_session = request.match_info["of"] == "sessions"
    scope = Scope(session_id=number) if of_session else Scope(course_id=number)
    wanted = parse_filters(request, RoomsQuery)
    found = await services(request).rosters.counts(actor(request), scope)
    shown = cut(matching(found, wanted), wanted.page, PAGE_ROWS)
    return await render(
        request,
        "rosters/rooms.html",
        found=found,
        rooms=shown.rows,
        total=shown.total,
        page=shown.number,
        pages=shown.pages,
        wanted=wanted,
        of=f"{'session' if of_session else 'course'}={number}",
        back=f"/{request.match_info['of']}/{number}",
    )


def matching(found: RosterCounts, wanted: RoomsQuery) -> list[object]:
    """The rooms that fit the filters."""
    words = fold(wanted.search).split()
    return [
        room
        for room in found.rooms
        if not (wanted.empty and room.people)
        and all(word in fold(f"{room.code} {room.name} {room.unit_name}") for word in words)
    ]


async def show(
    request: web.Request, wanted: RoomQuery, error: DomainError | None = None
) -> web.StreamResponse:
    """One room's list."""
    who, endpoint_id, found = actor(request), path_id(request), services(request).rosters
    roster = await found.room(
        who, endpoint_id, wanted.scope, words=wanted.search, page=wanted.page, size=PAGE_ROWS
    )
    candidates = []
    if roster.may_edit and wanted.q.strip():
        candidates = await found.candidates(who, endpoint_id, wanted.scope, wanted.q)
    others = []
    if roster.may_edit and (wanted.session or wanted.course):
        counts = await found.counts(who, wanted.scope)
        others = [
            (r.endpoint_id, r.name) for r in counts.rooms if r.may_edit and r.endpoint_id != endpoint_id
        ]
    again = refusal(request, error)
    return await render(
        request,
        "rosters/room.html",
        status=again.status,
        problem=again.problem,
        roster=roster,
        candidates=candidates,
        others=others,
        wanted=wanted,
        pages=page_count(roster.total, PAGE_ROWS),
    )


@routes.get(r"/endpoints/{id:\d+}/roster")
async def room(request: web.Request) -> web.StreamResponse:
    """The room's standing list, or its list for a session or a course."""
    return await show(request, parse_filters(request, RoomQuery, vital=("session", "course")))


@routes.post(r"/endpoints/{id:\d+}/roster/{what:add|remove|move|copy}")
async def change(request: web.Request) -> web.StreamResponse:
    """Put people on the list, take them off, move them, or take the standing list over."""
    who, endpoint_id, found = actor(request), path_id(request), services(request).rosters
    what: Literal["add", "remove", "move", "copy"] = request.match_info["what"]  # type: ignore[assignment]
    scope = Scope()
    try:
        form = await parse_form(request, ChangeForm)
        scope = form.scope
        if what == "add":
            await found.add(who, endpoint_id, form.people, scope)
        elif what == "remove":
            await found.remove(who, endpoint_id, form.people, scope)
        elif what == "move":
            await found.move(who, endpoint_id, form.people, form.to or endpoint_id, scope)
        else:
            await found.copy_standing(who, endpoint_id, scope)
    except FORM_ERRORS as error:
        sent = (await read_form(request)).values()
        kept = {name: sent[name] for name in ("session", "course") if sent.get(name, "").isdigit()}
        return await show(request, RoomQuery.model_validate(kept), error)
    of = f"?session={scope.session_id}" if scope.session_id else ""
    of = f"?course={scope.course_id}" if scope.course_id else of
    return see_other(f"/endpoints/{endpoint_id}/roster{of}", "saved")
