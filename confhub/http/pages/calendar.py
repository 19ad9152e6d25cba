"""The calendar's page: the frame, its filters; what is held comes by the API."""

from __future__ import annotations

from datetime import date
from typing import Literal

from aiohttp import web
from pydantic import Field

from confhub.access.rules import allows_anywhere, require_anywhere
from confhub.http.context import actor, services
from confhub.http.forms import FormModel, parse_filters
from confhub.http.pages.choices import today, tree_options
from confhub.http.pages.sessions_tree import entry_of, roots
from confhub.http.paging import PAGE_MAX
from confhub.http.render import render
from confhub.http.shapes import RowId
from confhub.kernel.ids import AccountId
from confhub.kernel.permissions import Permission

routes = web.RouteTableDef()


class CalendarQuery(FormModel):
    """What the address says; the page's script reads it as well."""

    view: Literal["day", "week", "month", "list", "rooms"] | None = None
    day: date | None = Field(None, alias="date")
    unit_id: RowId | None = None
    endpoint_id: RowId | None = None
    organizer_id: RowId | None = None
    page: int = Field(default=1, ge=1, le=PAGE_MAX)


@routes.get("/calendar")
async def calendar(request: web.Request) -> web.StreamResponse:
    """For whoever may view sessions somewhere."""
    who, hub = actor(request), services(request)
    require_anywhere(who, Permission.SESSION_VIEW)
    wanted = parse_filters(request, CalendarQuery)
    rooms = await hub.registry.under(who, roots(await hub.org.tree(who)))
    person = wanted.organizer_id
    name = None if person is None else await hub.calendar.organizer(who, AccountId(person))
    may_plan = allows_anywhere(who, Permission.SESSION_EDIT)
    return await render(
        request,
        "calendar/calendar.html",
        wanted=wanted,
        units=await tree_options(request),
        may_plan=may_plan,
        config={
            "today": today(request).isoformat(),
            "may_plan": may_plan,
            "rooms": [entry_of(room) for room in rooms],
            "person": None if name is None else [person, name],
        },
    )
