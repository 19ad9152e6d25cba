"""Dates of series, inside somebody's transaction: how the form is kept, and how its dates stand to it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any, cast
from zoneinfo import ZoneInfo

from sqlalchemy import Table, select, update

from confhub.db.database import Tx
from confhub.kernel.ids import EndpointId, UnitId
from confhub.org.published import UnitColumns
from confhub.scheduling.asked import one_of
from confhub.scheduling.days_off import DaysOff, OnDaysOff, planned
from confhub.scheduling.models import DayOffRow, OccurrenceRow, SeriesRow
from confhub.scheduling.recurrence import Rule, days, read_rrule
from confhub.scheduling.values import SeriesInput, Standing
from confhub.sessions.values import PLAIN_FIELDS, Participants, SessionInput

_CHOICES = ("include_units", "exclude_endpoints", "include_endpoints")
_OCCURRENCE = cast(Table, OccurrenceRow.__table__)


def form_of(wanted: SessionInput) -> dict[str, Any]:
    """The session's fields that a series, or a template, keeps together."""
    chosen = wanted.participants
    return {
        "kind": wanted.kind,
        "chair_endpoint_id": wanted.chair_endpoint_id,
        **{name: getattr(wanted, name) for name in PLAIN_FIELDS},
        **{name: sorted(getattr(chosen, name)) for name in _CHOICES},
    }


def session_of(series: SeriesRow, starts_at: datetime) -> SessionInput:
    """The form of a session of the series at that hour."""
    return session_like(series.form, UnitId(series.unit_id), series.title, starts_at)


def session_like(kept: Mapping[str, Any], unit_id: UnitId, title: str, starts_at: datetime) -> SessionInput:
    """The form of a session by what `form_of` gave."""
    chair = kept["chair_endpoint_id"]
    return SessionInput(
        title=title,
        kind=kept["kind"],
        unit_id=unit_id,
        starts_at=starts_at,
        chair_endpoint_id=None if chair is None else EndpointId(chair),
        participants=Participants(*(tuple(kept[name]) for name in _CHOICES)),
        **{name: kept[name] for name in PLAIN_FIELDS},
    )


def zone_of(series: SeriesRow) -> ZoneInfo:
    """In which its hours are written."""
    return ZoneInfo(series.zone)


def rule_of(series: SeriesRow) -> Rule:
    """Its rule."""
    return read_rrule(series.rule, series.first_day, series.hour, zone_of(series))


def input_of(series: SeriesRow) -> SeriesInput:
    """The series as its form shows it."""
    first = starts_on(series, series.first_day)
    return SeriesInput(session_of(series, first), rule_of(series), OnDaysOff(series.on_days_off))


def starts_on(series: SeriesRow, day: date) -> datetime:
    """When the series' session begins on a day. RFC 5545 (3.3.5) has an hour that the clocks skip mean what
    it would be without that, and one that comes twice the first."""
    return datetime.combine(day, series.hour, zone_of(series)).astimezone(UTC)


def held(series: SeriesRow, off: DaysOff, last: date) -> dict[date, date | None]:
    """Day by the rule → day on which it is held, None where it is left out; up to `last`."""
    found = planned(days(rule_of(series), series.first_day, last), off, OnDaysOff(series.on_days_off))
    return {one.original: one.day for one in found}


async def days_off(tx: Tx, unit_id: int) -> DaysOff:
    """The days off of a unit: those of the units above it count; the nearest one's name is taken."""
    path = await tx.scalar(select(UnitColumns.path).where(UnitColumns.id == unit_id)) or "/"
    above = [int(part) for part in path.split("/") if part]
    query = select(DayOffRow.unit_id, DayOffRow.day, DayOffRow.name).where(DayOffRow.unit_id.in_(above))
    rows = sorted(await tx.rows(query), key=lambda row: above.index(row[0]))
    return DaysOff({day: name for _, day, name in rows})


async def note_cancelled(tx: Tx, session_ids: Collection[int]) -> None:
    """These sessions were cancelled: as dates of their series they are skipped."""
    if session_ids:
        o = _OCCURRENCE.c
        await tx.rows(
            update(_OCCURRENCE)
            .where(one_of(tx, o.session_id, session_ids))
            .values(standing=Standing.SKIPPED.value)
        )


async def note_edited(tx: Tx, session_id: int, wanted: SessionInput) -> None:
    """A session's form was saved: where it is a date of a series, it is edited, or in line again."""
    query = (
        select(OccurrenceRow, SeriesRow)
        .join(SeriesRow, SeriesRow.id == OccurrenceRow.series_id)
        .where(OccurrenceRow.session_id == session_id)
    )
    found = (await tx.execute(query)).one_or_none()
    if found is None:
        return
    row, series = found
    day = held(series, await days_off(tx, series.unit_id), row.day).get(row.day) or row.day
    same = form_of(wanted) == series.form and replace(wanted, title=wanted.title.strip()) == replace(
        session_of(series, starts_on(series, day)), participants=wanted.participants
    )
    if not same:
        row.standing = Standing.EDITED.value
    elif row.standing == Standing.EDITED.value:
        row.standing = Standing.IN_LINE.value
