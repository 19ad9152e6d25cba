"""A session that is being planned, once or as a series: saved, and while it is filled in, who has its rooms
and when they are free."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, time
from typing import Any, Final

from aiohttp import web

from confhub.http.context import actor, path_id, services
from confhub.http.forms import check_fields, read_form
from confhub.http.pages.series_rule import RepeatFields
from confhub.http.pages.sessions_form import SessionForm, draw, house_zone, saved, typed
from confhub.http.redirect import see_other
from confhub.http.refusal import FORM_ERRORS, refusal
from confhub.http.render import render
from confhub.http.series_words import reader, said
from confhub.kernel.errors import DomainError, ValidationErrors
from confhub.kernel.ids import SessionId
from confhub.scheduling.limits import SEARCH_MAX_DAYS
from confhub.scheduling.values import SeriesId, SeriesInput

routes = web.RouteTableDef()

OPENS: Final = time(7, 30)
CLOSES: Final = time(17)
"""The hours between which offices look for a time."""
QUIET: Final = frozenset({"title", "include_units", "chair_endpoint_id"})
"""Missing in every form at first: nothing is said of it while it is filled in."""


class PlanForm(RepeatFields, SessionForm):
    """A session's form, with how it comes again."""

    def series(self, request: web.Request) -> SeriesInput:
        """As the service takes it. EndMissing."""
        return SeriesInput(self.wanted(house_zone(request)), self.rule(), self.on_days_off)


@routes.post("/sessions/new")
async def create(request: web.Request) -> web.StreamResponse:
    """A draft, scheduled at once where that button was pressed; or a series, whose dates are scheduled."""
    who, hub = actor(request), services(request)
    form = await read_form(request)
    try:
        sent = check_fields(form, PlanForm)
        if sent.every is not None:
            made = await hub.series.create(who, sent.series(request), reason=sent.conflict_reason)
            return see_other(f"/series/{made.series.id}", "planned")
        details = await hub.sessions.create(who, sent.wanted(house_zone(request)))
    except FORM_ERRORS as error:
        return await draw(request, None, typed(form), refusal(request, error), error)
    return await saved(request, details, "added", sent.conflict_reason)


@routes.post(r"/sessions/{at:new|\d+}/overlaps")
async def overlapping(request: web.Request) -> web.StreamResponse:
    """What to say beside the form while it is filled in: of a series all that it would be; of a session who
    has its rooms, and nothing as long as it cannot be read."""
    who, hub, session_id = actor(request), services(request), _session_id(request)
    try:
        sent = check_fields(await read_form(request), PlanForm)
    except FORM_ERRORS as error:
        return await _unread(request, error)
    if sent.every is not None and session_id is None:
        return await preview(request, lambda: sent.series(request))
    try:
        wanted = sent.wanted(house_zone(request))
        found = await hub.sessions.would_overlap(who, wanted, session_id)
        single = await hub.asks.single(who, wanted, besides=session_id)
    except FORM_ERRORS:
        return await render(request, "sessions/overlaps.html", overlaps=(), single=None)
    return await render(request, "sessions/overlaps.html", overlaps=found, single=single)


async def _unread(request: web.Request, error: DomainError) -> web.StreamResponse:
    """Of a form that repeats it is said what is wrong with its repetition."""
    each = error.errors if isinstance(error, ValidationErrors) else [error]
    own = [one for one in each if (one.field or "").partition(".")[0] in RepeatFields.model_fields]
    if not own:
        return await render(request, "sessions/overlaps.html", overlaps=(), single=None)
    problems = refusal(request, ValidationErrors(own)).errors
    return await render(request, "series/preview.html", found=None, problems=problems, sentence="")


async def preview(
    request: web.Request,
    wanted: Callable[[], SeriesInput],
    series_id: SeriesId | None = None,
    since: datetime | None = None,
) -> web.StreamResponse:
    """What a series would be, beside its form; of one that is changed, its dates from `since` on."""
    found, words, problems = None, "", {}
    try:
        asked = wanted()
        found = await services(request).asks.preview(reader(request), asked, besides=series_id, half=True)
        words = said(request, found.rule, asked.on_days_off)
        missing = [one for one in found.missing if one.field not in QUIET]
        problems = refusal(request, ValidationErrors(missing)).errors if missing else {}
    except FORM_ERRORS as error:
        problems = refusal(request, error).errors
    by_date: dict[int, list[Any]] = {}
    for one in found.conflicts if found else ():
        by_date.setdefault(one.key, []).append(one)
    return await render(
        request, "series/preview.html", found=found, sentence=words, problems=problems, by_date=by_date,
        since=since or services(request).clock.now(),
    )  # fmt: skip


@routes.post(r"/sessions/{at:new|\d+}/free")
async def free(request: web.Request) -> web.StreamResponse:
    """When all rooms of the form are free: the next windows, or the hours that suit all dates of a series."""
    who, hub, session_id = actor(request), services(request), _session_id(request)

    async def ask() -> dict[str, Any]:
        sent = check_fields(await read_form(request), PlanForm)
        if sent.every is not None and session_id is None:
            return await hours(request, sent.series(request))
        wanted = sent.wanted(house_zone(request))
        found = await hub.asks.free(
            who, wanted, search_days=SEARCH_MAX_DAYS, opens=OPENS, closes=CLOSES, besides=session_id
        )
        return {"windows": found, "hours": None}

    return await offered(request, ask)


async def hours(request: web.Request, wanted: SeriesInput, besides: SeriesId | None = None) -> dict[str, Any]:
    """The hours that suit most dates of a series."""
    asks = services(request).asks
    found = await asks.hours(actor(request), wanted, opens=OPENS, closes=CLOSES, besides=besides)
    return {"windows": None, "hours": found, "first": wanted.session.starts_at}


async def offered(request: web.Request, ask: Callable[[], Awaitable[dict[str, Any]]]) -> web.StreamResponse:
    """What was found, or why it cannot be looked for."""
    try:
        found = await ask()
    except FORM_ERRORS as error:
        found = {"windows": None, "hours": None, "problem": refusal(request, error).problem}
    return await render(request, "series/free.html", opens=OPENS, closes=CLOSES, **found)


def _session_id(request: web.Request) -> SessionId | None:
    at = request.match_info["at"]
    return None if at == "new" else SessionId(path_id(request, "at"))
