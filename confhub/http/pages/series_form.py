"""The form of a series that is there: all its dates, or those from one on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from aiohttp import web

from confhub.http.context import actor, services
from confhub.http.forms import Form, FormModel, check_fields, parse_filters, read_form
from confhub.http.language import translate
from confhub.http.pages.series import series_id
from confhub.http.pages.series_rule import stored_rule
from confhub.http.pages.sessions_form import CHOICES, SessionForm, draw, house_zone, typed
from confhub.http.pages.sessions_plan import PlanForm, hours, offered, preview
from confhub.http.redirect import see_other
from confhub.http.refusal import FORM_ERRORS, NOT_REFUSED, Refusal, refusal
from confhub.http.seen import labelled, seen_now, version_sent
from confhub.http.series_words import said
from confhub.kernel.errors import DomainError, Forbidden
from confhub.scheduling.errors import RepetitionMissing, SeriesEnded
from confhub.scheduling.values import Occurrence, SeriesDetails, SeriesInput, Standing

routes = web.RouteTableDef()


class ScopeQuery(FormModel):
    """`from_day`: only the dates from that one on."""

    from_day: date | None = None


@dataclass(frozen=True, slots=True)
class WillChange:
    """What saving will do: dates changed, and dates that stay as they are, by why. `split`: an older part of
    the series stays, and a new one goes on."""

    changed: int
    edited: int
    left_out: int
    fixed: int
    first: date | None
    split: bool


def will_change(dates: tuple[Occurrence, ...], from_day: date | None) -> WillChange:
    """Of all dates, or those from one on."""
    meant = [one for one in dates if from_day is None or one.day >= from_day]
    free = [one for one in meant if not one.fixed]
    line = [one for one in free if one.standing in (Standing.IN_LINE, Standing.GIVEN_BACK)]
    first = free[0].day if free else None
    return WillChange(
        changed=len(line),
        edited=sum(one.standing is Standing.EDITED for one in free),
        left_out=sum(one.standing is Standing.SKIPPED for one in free),
        fixed=sum(one.fixed for one in meant),
        first=first,
        split=from_day is not None and any(first is not None and one.day < first for one in dates),
    )


def stored_form(request: web.Request, details: SeriesDetails, from_day: date | None) -> dict[str, Any]:
    """The values of a series that is there; of those from a day on, what is left of a number of dates."""
    session, rule = details.input.session, stored_rule(details.input.rule, details.input.on_days_off)
    starts_at = session.starts_at.astimezone(house_zone(request))
    if from_day is not None and rule["count"]:
        rule["count"] -= sum(one.day < from_day for one in details.occurrences)
    values = {name: getattr(session, name) for name in SessionForm.model_fields if hasattr(session, name)}
    return (
        values
        | {
            "kind": str(session.kind),
            "chair_endpoint_id": session.chair_endpoint_id or "",
            "start_date": (from_day or starts_at.date()).isoformat(),
            "start_time": starts_at.strftime("%H:%M"),
            "conflict_reason": "",
            **{name: list(getattr(session.participants, name)) for name in CHOICES},
        }
        | rule
    )


async def _draw(
    request: web.Request,
    details: SeriesDetails,
    values: dict[str, Any],
    refused: Refusal = NOT_REFUSED,
    error: DomainError | None = None,
    sent: Form | None = None,
) -> web.StreamResponse:
    series, from_day = details.series, _from_day(request)
    shown = labelled(
        request,
        ("Title", series.title),
        ("Repetition", said(request, series.rule, series.on_days_off)),
        ("Organizing unit", series.unit_name),
        ("Start", details.input.session.starts_at),
        ("Length in minutes", details.input.session.length_min),
    )
    page = {
        "heading": translate(request, "Change this and following dates")
        if from_day
        else translate(request, "Change all dates"),
        "title": series.title,
        "address": f"/series/{series.id}",
        "scope": f"?from_day={from_day.isoformat()}" if from_day else "",
        "from_day": from_day,
        "will": will_change(details.occurrences, from_day),
        "seen": seen_now(details.input, shown, sent, error),
    }
    return await draw(request, None, values, refused, error, page)


def _from_day(request: web.Request) -> date | None:
    return parse_filters(request, ScopeQuery).from_day


@routes.get(r"/series/{id:\d+}/edit")
async def edit(request: web.Request) -> web.StreamResponse:
    """The form, and what saving it will change."""
    details = await services(request).series.get(actor(request), series_id(request))
    if not details.series.may_edit:
        raise Forbidden()
    if details.series.ended_at is not None:
        raise SeriesEnded
    return await _draw(request, details, stored_form(request, details, _from_day(request)))


@routes.post(r"/series/{id:\d+}/edit")
async def update(request: web.Request) -> web.StreamResponse:
    """Change it; where a new series goes on, its page is shown."""
    who, service = actor(request), services(request).series
    details, form = await service.get(who, series_id(request)), await read_form(request)
    try:
        sent = check_fields(form, PlanForm)
        found = await service.update(
            who, details.series.id, _wanted(request, sent), from_day=_from_day(request),
            seen=version_sent(form), reason=sent.conflict_reason,
        )  # fmt: skip
    except FORM_ERRORS as error:
        return await _draw(request, details, typed(form), refusal(request, error), error, form)
    return see_other(f"/series/{found.series.id}", "saved")


@routes.post(r"/series/{id:\d+}/overlaps")
async def overlapping(request: web.Request) -> web.StreamResponse:
    """What it would be, while its form is filled in."""
    form, from_day = await read_form(request), _from_day(request)
    since = datetime.combine(from_day, time(), house_zone(request)) if from_day else None
    now = services(request).clock.now()
    return await preview(
        request,
        lambda: _wanted(request, check_fields(form, PlanForm)),
        series_id(request),
        max(since, now) if since else None,
    )


@routes.post(r"/series/{id:\d+}/free")
async def free(request: web.Request) -> web.StreamResponse:
    """The hours that suit most of its dates."""
    form = await read_form(request)

    async def ask() -> dict[str, Any]:
        return await hours(request, _wanted(request, check_fields(form, PlanForm)), series_id(request))

    return await offered(request, ask)


def _wanted(request: web.Request, sent: PlanForm) -> SeriesInput:
    if sent.every is None:
        raise RepetitionMissing(field="every")
    return sent.series(request)
