"""Series: the list, one with its dates, and what is done with single dates."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any

from aiohttp import web
from pydantic import Field

from confhub.http.context import actor, path_id, services
from confhub.http.forms import FormModel, parse_filters, parse_form
from confhub.http.pages.choices import tree_options
from confhub.http.paging import Paged, Searched
from confhub.http.redirect import see_other
from confhub.http.refusal import FORM_ERRORS, refusal
from confhub.http.render import render
from confhub.http.series_words import reader, said
from confhub.http.shapes import RowId
from confhub.http.wishes.sessions import REASON_MAX_CHARS
from confhub.kernel.errors import DomainError, NotFound
from confhub.kernel.ids import UnitId
from confhub.kernel.limits import PAGE_SIZE
from confhub.kernel.paging import offset_of, page_count
from confhub.scheduling.errors import ReasonNeeded
from confhub.scheduling.service import SeriesService
from confhub.scheduling.values import SeriesDetails, SeriesId

routes = web.RouteTableDef()


DONE = {"skip": "skipped", "give_back": "given_back", "put_back": "put_back"}
"""Step → the note shown afterwards."""


class SeriesQuery(Searched, Paged, FormModel):
    """Filters of the list."""

    unit_id: RowId | None = None


class ReasonForm(FormModel):
    """Why a date or all are cancelled, or why rooms are booked that another session has."""

    reason: str = Field("", max_length=REASON_MAX_CHARS)
    conflict_reason: str = Field("", max_length=REASON_MAX_CHARS)


def series_id(request: web.Request) -> SeriesId:
    """The one in the address."""
    return SeriesId(path_id(request))


@routes.get("/series")
async def listing(request: web.Request) -> web.StreamResponse:
    """Those with a coming date first."""
    wanted = parse_filters(request, SeriesQuery)
    page = await services(request).series.list(
        actor(request),
        text=wanted.search,
        unit_id=UnitId(wanted.unit_id) if wanted.unit_id else None,
        offset=offset_of(wanted.page, PAGE_SIZE),
        limit=PAGE_SIZE,
    )
    return await render(
        request,
        "series/list.html",
        rows=[(one, said(request, one.rule, one.on_days_off)) for one in page.series],
        total=page.total,
        page=wanted.page,
        pages=page_count(page.total, PAGE_SIZE),
        wanted=wanted,
        filtered=bool(wanted.search or wanted.unit_id),
        units=await tree_options(request),
    )


async def show(
    request: web.Request, details: SeriesDetails, error: DomainError | None = None
) -> web.StreamResponse:
    """One series; `error`: what stood against a step; one that needs a reason is sent again with it."""
    again, series = refusal(request, error), details.series
    now = services(request).clock.now()
    dates = [(one, one.starts_at <= now) for one in details.occurrences]
    return await render(
        request,
        "series/detail.html",
        series=series,
        form=details.input.session,
        sentence=said(request, series.rule, series.on_days_off),
        coming=[one for one, past in dates if not past],
        past=[one for one, past in reversed(dates) if past],
        unused=await services(request).series.unused(actor(request), series.id),
        may_change=series.may_edit and series.ended_at is None,
        problem=again.problem,
        resend=request.path if isinstance(error, ReasonNeeded) else None,
        status=again.status,
    )


@routes.get(r"/series/{id:\d+}")
async def detail(request: web.Request) -> web.StreamResponse:
    """One series and its dates."""
    return await show(request, await services(request).series.get(reader(request), series_id(request)))


@routes.post(r"/series/{id:\d+}/end")
async def end(request: web.Request) -> web.StreamResponse:
    """No more dates; those to come are cancelled."""

    async def step(series: SeriesService, sent: ReasonForm) -> SeriesDetails:
        return await series.end(actor(request), series_id(request), reason=sent.reason)

    return await _carried_out(request, step, "series_ended")


@routes.post(r"/series/{id:\d+}/dates/{day}/{step:skip|give-back|put-back}")
async def on_date(request: web.Request) -> web.StreamResponse:
    """Leave a date out, give it back, or put it back into line."""
    who, name, day = actor(request), request.match_info["step"].replace("-", "_"), _day(request)

    async def step(series: SeriesService, sent: ReasonForm) -> SeriesDetails:
        call: Callable[..., Awaitable[SeriesDetails]] = getattr(series, name)
        reason = sent.reason if name == "skip" else sent.conflict_reason
        return await call(who, series_id(request), day, reason=reason)

    return await _carried_out(request, step, DONE[name])


async def _carried_out(
    request: web.Request, step: Callable[[SeriesService, Any], Awaitable[SeriesDetails]], done: str
) -> web.StreamResponse:
    service = services(request).series
    try:
        await step(service, await parse_form(request, ReasonForm))
    except FORM_ERRORS as error:
        return await show(request, await service.get(reader(request), series_id(request)), error)
    return see_other(f"/series/{series_id(request)}", done)


def _day(request: web.Request) -> date:
    try:
        return date.fromisoformat(request.match_info["day"])
    except ValueError:
        raise NotFound from None
