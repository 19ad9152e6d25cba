"""Sessions: the list, one session's page, and the steps of its life."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

from aiohttp import web

from confhub.access.rules import allows
from confhub.http.context import actor, path_id, services
from confhub.http.forms import FormModel, parse_filters, parse_form
from confhub.http.pages.choices import tree_options
from confhub.http.pages.sessions_form import house_zone
from confhub.http.pages.sessions_rooms import by_branch
from confhub.http.paging import Paged, Searched
from confhub.http.redirect import see_other
from confhub.http.refusal import FORM_ERRORS, refusal
from confhub.http.render import render
from confhub.http.shapes import RowId
from confhub.http.wishes.sessions import CancelFields
from confhub.kernel.errors import DomainError, NotFound
from confhub.kernel.ids import SessionId, UnitId
from confhub.kernel.limits import PAGE_SIZE
from confhub.kernel.local_time import local_moment
from confhub.kernel.paging import offset_of, page_count
from confhub.kernel.permissions import Permission
from confhub.sessions.values import SessionDetails, SessionKind, SessionState, SessionView

routes = web.RouteTableDef()

Tab = Literal["upcoming", "running", "past"]
TABS: dict[Tab, tuple[SessionState, ...]] = {
    "running": (SessionState.LOBBY, SessionState.LIVE),
    "upcoming": (SessionState.DRAFT, SessionState.SCHEDULED),
    "past": (SessionState.ENDED, SessionState.ARCHIVED, SessionState.CANCELLED),
}
"""What each tab of the list shows."""

LIFE = (
    SessionState.DRAFT,
    SessionState.SCHEDULED,
    SessionState.LOBBY,
    SessionState.LIVE,
    SessionState.ENDED,
    SessionState.ARCHIVED,
)
"""The stepper's stations; a cancelled session leaves it."""

STEPS = {
    "schedule": "scheduled",
    "cancel": "cancelled",
    "open-lobby": "saved",
    "start": "started",
    "end": "ended",
    "archive": "saved",
}
"""Step in the address → the note shown afterwards."""


class ListQuery(Searched, Paged, FormModel):
    """Filters of the list."""

    tab: Tab | None = None
    kind: SessionKind | None = None
    unit_id: RowId | None = None


@routes.get("/sessions")
async def listing(request: web.Request) -> web.StreamResponse:
    """The tab with what runs now, if anything does; else what comes."""
    wanted = parse_filters(request, ListQuery)
    counts = {tab: (await _listed(request, tab))[1] for tab in TABS}
    tab: Tab = wanted.tab or ("running" if counts["running"] else "upcoming")
    sessions, total = await _listed(request, tab, wanted)
    return await render(
        request,
        "sessions/list.html",
        sessions=sessions,
        series=await services(request).series.of_sessions(actor(request), [one.id for one in sessions]),
        total=total,
        page=wanted.page,
        pages=page_count(total, PAGE_SIZE),
        tab=tab,
        counts=counts,
        wanted=wanted,
        filtered=bool(wanted.search or wanted.kind or wanted.unit_id),
        units=await tree_options(request),
    )


async def _listed(
    request: web.Request, tab: Tab, wanted: ListQuery | None = None
) -> tuple[list[SessionView], int]:
    """A tab's page as the filters want it; without them its first line, and how many there are."""
    page = await services(request).sessions.list(
        actor(request),
        states=TABS[tab],
        text=wanted.search if wanted else "",
        kind=wanted.kind if wanted else None,
        unit_id=UnitId(wanted.unit_id) if wanted and wanted.unit_id else None,
        offset=offset_of(wanted.page, PAGE_SIZE) if wanted else 0,
        limit=PAGE_SIZE if wanted else 1,
        newest_first=tab == "past",
    )
    return list(page.sessions), page.total


async def show(
    request: web.Request, details: SessionDetails, *, problem: str = "", status: int = 200
) -> web.StreamResponse:
    """One session's page; `problem` says why a step was refused."""
    hub, who = services(request), actor(request)
    session = details.session
    expected = await hub.live.snapshot(who, session.id)
    return await render(
        request,
        "sessions/detail.html",
        session=session,
        changes=details.changes,
        reason=next((change.reason for change in reversed(details.changes) if change.reason), ""),
        snapshot=expected,
        overlaps=await hub.sessions.overlaps(who, session.id) if session.may_edit else (),
        single=None,
        series=(await hub.series.of_sessions(who, [session.id])).get(session.id),
        branches=by_branch(expected.rows, await hub.org.tree(who)),
        life=LIFE,
        reached=_reached(details),
        problem=problem,
        may_report=allows(who, Permission.REPORT_VIEW, session.unit_path),
        may_join=allows(who, Permission.SESSION_JOIN, session.unit_path),
        overrun=timedelta(minutes=session.overrun_min),
        lobby_at=session.starts_at - timedelta(minutes=session.lobby_min),
        copy_at=_next_week(request, session.starts_at),
        status=status,
    )


def _reached(details: SessionDetails) -> dict[SessionState, datetime]:
    """State → when the session first came to it."""
    found: dict[SessionState, datetime] = {}
    for change in details.changes:
        found.setdefault(change.state, change.at)
    return found


def _next_week(request: web.Request, starts_at: datetime) -> datetime:
    """The same hour, the first week that lies ahead."""
    local = starts_at.astimezone(house_zone(request))
    now = services(request).clock.now()
    while local <= now:
        local += timedelta(weeks=max(1, (now - local).days // 7))
    return local


@routes.get(r"/sessions/{id:\d+}")
async def detail(request: web.Request) -> web.StreamResponse:
    """One session."""
    session_id = SessionId(path_id(request))
    return await show(request, await services(request).sessions.get(actor(request), session_id))


class CancelForm(CancelFields, FormModel):
    """Why, as typed."""


class CopyForm(FormModel):
    """When the copy begins, in the house's zone."""

    starts_at: datetime


@routes.post(r"/sessions/{id:\d+}/copy")
async def copy(request: web.Request) -> web.StreamResponse:
    """A new draft like this one, opened in its form."""
    who, hub = actor(request), services(request)
    session_id = SessionId(path_id(request))
    try:
        typed = (await parse_form(request, CopyForm)).starts_at
        starts_at = local_moment(typed, house_zone(request), "starts_at")
        made = await hub.templates.copy(who, session_id, starts_at)
    except FORM_ERRORS as error:
        return await refused(request, session_id, error)
    return see_other(f"/sessions/{made.session.id}/edit", "copied")


@routes.post(r"/sessions/{id:\d+}/{step:schedule|cancel|open-lobby|start|end|archive}")
async def step(request: web.Request) -> web.StreamResponse:
    """Move the session on."""
    who, hub = actor(request), services(request)
    session_id, name = SessionId(path_id(request)), request.match_info["step"]
    if name not in STEPS:
        raise NotFound()
    try:
        if name == "cancel":
            await hub.sessions.cancel(who, session_id, (await parse_form(request, CancelForm)).reason)
        else:
            await getattr(hub.sessions, name.replace("-", "_"))(who, session_id)
    except FORM_ERRORS as error:
        return await refused(request, session_id, error)
    return see_other(f"/sessions/{session_id}", STEPS[name])


async def refused(request: web.Request, session_id: SessionId, error: DomainError) -> web.StreamResponse:
    """The session's page, saying what stood against the step."""
    details = await services(request).sessions.get(actor(request), session_id)
    again = refusal(request, error)
    return await show(request, details, problem=again.problem, status=again.status)
