"""The first page: today's sessions, rooms online, what needs attention."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from aiohttp import web

from confhub.access.rules import ROOT_PATH, Actor, allows, allows_anywhere
from confhub.http.context import actor, services
from confhub.http.pages.choices import today
from confhub.http.pages.standing import words_of
from confhub.http.render import render
from confhub.kernel.permissions import Permission
from confhub.registry.values import FleetFilter, FleetRow, FleetSummary
from confhub.scheduling.values import SeriesId
from confhub.sessions.values import SessionState, SessionView

routes = web.RouteTableDef()

_ATTENTION_ROWS = 6
"""Rooms named on the dashboard; the fleet page has them all."""
_SESSIONS = 12


@routes.get("/")
async def home(request: web.Request) -> web.StreamResponse:
    """The dashboard, with figures as they are now."""
    who = actor(request)
    today, coming = await _sessions(request, who)
    fleet, silent = await _rooms(request, who)
    return await render(
        request,
        "home.html",
        today=today,
        coming=coming,
        live=[session for session in today if session.state is SessionState.LIVE],
        fleet=fleet,
        silent=silent[:_ATTENTION_ROWS],
        silent_total=len(silent),
        left_out=await _left_out(request, who),
        unused=await _unused(request, who),
        steps=await _steps(request, who, fleet),
    )


async def _unused(request: web.Request, who: Actor) -> list[tuple[SeriesId, str, list[str]]]:
    """(series, title, rooms) of the reader's own series whose rooms never come."""
    if not allows_anywhere(who, Permission.SESSION_EDIT):
        return []
    found: dict[SeriesId, tuple[str, list[str]]] = {}
    for one in await services(request).series.unused(who):
        found.setdefault(one.series_id, (one.title, []))[1].append(one.room_name)
    return [(key, title, rooms) for key, (title, rooms) in found.items()]


async def _steps(
    request: web.Request, who: Actor, fleet: FleetSummary | None
) -> list[tuple[str, bool]] | None:
    """(step, whether it is done) of a new hub's first day; None once the first session was planned."""
    if fleet is None or not allows(who, Permission.UNIT_EDIT, ROOT_PATH):
        return None
    found = services(request)
    if (await found.sessions.list(who, limit=1)).total:
        return None
    units = await found.org.tree(who)
    return [
        ("tree", bool(units)),
        ("rooms", fleet.total > 0),
        ("pair", fleet.paired > 0),
        ("plan", False),
    ]


async def _left_out(request: web.Request, who: Actor) -> str:
    """What to tell of rooms that no session of today can invite; empty where there is none."""
    if not allows_anywhere(who, Permission.ENDPOINT_VIEW):
        return ""
    day = today(request)
    return words_of(request, await services(request).registry.standing(who, day), day)


async def _sessions(
    request: web.Request, who: Actor
) -> tuple[tuple[SessionView, ...], tuple[SessionView, ...]]:
    """(today's and those that still run, the next ones after today)."""
    if not allows_anywhere(who, Permission.SESSION_VIEW):
        return (), ()
    found = services(request)
    zone = ZoneInfo(found.settings.timezone)
    local = found.clock.now().astimezone(zone)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    tomorrow = midnight + dt.timedelta(days=1)
    shown = found.sessions
    running = await shown.list(
        who, states=(SessionState.LIVE, SessionState.LOBBY), limit=_SESSIONS, newest_first=False
    )
    of_today = await shown.list(who, since=midnight, until=tomorrow, limit=_SESSIONS, newest_first=False)
    after = await shown.list(
        who,
        since=tomorrow,
        states=(SessionState.SCHEDULED, SessionState.DRAFT),
        limit=_SESSIONS,
        newest_first=False,
    )
    known = {session.id: session for session in (*running.sessions, *of_today.sessions)}
    return tuple(sorted(known.values(), key=lambda session: session.starts_at)), after.sessions


async def _rooms(request: web.Request, who: Actor) -> tuple[FleetSummary | None, list[FleetRow]]:
    """(counts, rooms whose machine is paired and silent)."""
    if not allows_anywhere(who, Permission.ENDPOINT_VIEW):
        return None, []
    fleet = services(request).fleet
    offline = await fleet.list(who, FleetFilter(online=False))
    return await fleet.summary(who), [row for row in offline if row.endpoint.paired]
