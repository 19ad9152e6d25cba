"""Printed badges: of a branch, of a room's standing list, of people ticked in the list."""

from __future__ import annotations

from aiohttp import web
from pydantic import Field

from confhub.access.rules import allows, require_anywhere
from confhub.http.attachment import attached
from confhub.http.context import actor, services
from confhub.http.forms import FormModel, parse_form
from confhub.http.language import translate
from confhub.http.pages.choices import unit_options
from confhub.http.refusal import FORM_ERRORS, refusal
from confhub.http.render import render
from confhub.http.shapes import RowId
from confhub.kernel.errors import DomainError
from confhub.kernel.ids import UnitId
from confhub.kernel.limits import PAGE_SIZE_MAX
from confhub.kernel.permissions import Permission
from confhub.people import badge_pdf
from confhub.people.limits import BADGES_MAX, CHOSEN_MAX
from confhub.registry.values import Endpoint
from confhub.rosters.values import STANDING

routes = web.RouteTableDef()


class BadgeForm(FormModel):
    """Whose badges: one of the three."""

    unit_id: RowId | None = None
    endpoint_id: RowId | None = None
    person: list[RowId] = Field(default_factory=list, max_length=CHOSEN_MAX)


async def _rooms(request: web.Request) -> list[Endpoint]:
    who, found, page = actor(request), [], 1
    while True:
        part = await services(request).registry.endpoints(who, page=page, size=PAGE_SIZE_MAX)
        found += part.rows
        if len(found) >= part.total or not part.rows:
            return found
        page += 1


async def _choose(request: web.Request, error: DomainError | None = None) -> web.StreamResponse:
    who = actor(request)
    require_anywhere(who, Permission.PERSON_EDIT)
    units = [
        unit
        for unit in await services(request).org.tree(who)
        if allows(who, Permission.PERSON_EDIT, unit.path)
    ]
    again = refusal(request, error)
    return await render(
        request,
        "people/badges.html",
        status=again.status,
        units=unit_options(request, units),
        rooms=[(room.id, f"{room.name} ({room.code})") for room in await _rooms(request)],
        errors=again.errors,
        limit=BADGES_MAX,
    )


@routes.get("/people/badges")
async def choose(request: web.Request) -> web.StreamResponse:
    """Choose a branch or a room."""
    return await _choose(request)


async def _of_room(request: web.Request, endpoint_id: int) -> tuple[int, ...]:
    found: list[int] = []
    page = 1
    while len(found) <= BADGES_MAX:
        room = await services(request).rosters.room(
            actor(request), endpoint_id, STANDING, page=page, size=PAGE_SIZE_MAX
        )
        found += [one.id for one in room.rows]
        if not room.rows or len(found) >= room.total:
            break
        page += 1
    return tuple(found)


@routes.post("/people/badges")
async def sheet(request: web.Request) -> web.StreamResponse:
    """The PDF, to be printed and cut."""
    who = actor(request)
    try:
        wanted = await parse_form(request, BadgeForm)
        chosen = tuple(wanted.person)
        if wanted.endpoint_id is not None:
            chosen = await _of_room(request, wanted.endpoint_id)
        unit_id = UnitId(wanted.unit_id) if wanted.unit_id and not chosen else None
        people = await services(request).people.for_badges(who, unit_id=unit_id, chosen=chosen)
    except FORM_ERRORS as error:
        return await _choose(request, error)
    drawn = await badge_pdf.sheet(people, translate(request, "Badges"))
    return attached("badges.pdf", drawn, shown=True)
