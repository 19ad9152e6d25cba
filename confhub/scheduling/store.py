"""Reading series inside somebody's transaction: who may see them, and how rows become views."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, func, select

from confhub.access.rules import Actor, allows, branch_filter
from confhub.accounts.published import AccountColumns
from confhub.db.database import Tx
from confhub.kernel.errors import Forbidden
from confhub.kernel.ids import UnitId
from confhub.kernel.permissions import Permission
from confhub.org.published import UnitColumns
from confhub.scheduling.days_off import OnDaysOff
from confhub.scheduling.errors import SeriesUnknown
from confhub.scheduling.limits import UNTIL_MAX_YEARS
from confhub.scheduling.models import OccurrenceRow, SeriesRow
from confhub.scheduling.occurrences import rule_of
from confhub.scheduling.recurrence import days
from confhub.scheduling.values import Belonging, SeriesId, SeriesView, Standing
from confhub.sessions.overlaps import PLANNED
from confhub.sessions.published import SessionColumns


def series_query(now: datetime) -> Select[Any]:
    """Selects (series, unit's name, unit's path, organizer's name, dates to come, the next one)."""
    s, o = SessionColumns, OccurrenceRow
    coming = (
        select(o.series_id, func.count().label("dates"), func.min(s.starts_at).label("next_at"))
        .join(*s.of(o.session_id))
        .where(s.starts_at > now, s.state.in_([state.value for state in PLANNED]))
        .group_by(o.series_id)
        .subquery()
    )
    return (
        select(
            SeriesRow,
            UnitColumns.name,
            UnitColumns.path,
            AccountColumns.display_name,
            func.coalesce(coming.c.dates, 0),
            coming.c.next_at,
        )
        .join(*UnitColumns.of(SeriesRow.unit_id))
        .outerjoin(*AccountColumns.of(SeriesRow.created_by))
        .outerjoin(coming, coming.c.series_id == SeriesRow.id)
    )


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """The condition on `series_query`: series of the actor's branches."""
    return branch_filter(actor, Permission.SESSION_VIEW, UnitColumns.path)


def view_of(found: Row[Any] | Sequence[Any], actor: Actor) -> SeriesView:
    """One line of `series_query` as this actor sees it."""
    row, unit_name, unit_path, organizer, dates, next_at = tuple(found)
    rule = rule_of(row)
    return SeriesView(
        id=SeriesId(row.id),
        uid=row.uid,
        unit_id=UnitId(row.unit_id),
        unit_name=unit_name,
        unit_path=unit_path,
        title=row.title,
        rule=rule,
        rrule=row.rule,
        first_day=row.first_day,
        zone=row.zone,
        on_days_off=OnDaysOff(row.on_days_off),
        made_until=row.made_until,
        finished=row.ended_at is not None or _all_made(row),
        stopped=row.stopped,
        previous_id=None if row.previous_id is None else SeriesId(row.previous_id),
        ended_at=row.ended_at,
        created_at=row.created_at,
        dates=dates,
        next_at=next_at,
        organizer=organizer,
        may_edit=allows(actor, Permission.SESSION_EDIT, unit_path),
    )


def _all_made(row: SeriesRow) -> bool:
    rule = rule_of(row)
    if rule.until is None and rule.count is None:
        return False
    far: date = row.first_day + timedelta(days=366 * UNTIL_MAX_YEARS)
    return all(day <= row.made_until for day in days(rule, row.first_day, far))


async def visible_view(tx: Tx, actor: Actor, series_id: int, now: datetime) -> SeriesView:
    """The series as the actor sees it; SeriesUnknown."""
    query = series_query(now).where(SeriesRow.id == series_id, visible_to(actor))
    found = (await tx.execute(query)).one_or_none()
    if found is None:
        raise SeriesUnknown
    return view_of(found, actor)


async def belonging(tx: Tx, actor: Actor, session_ids: Collection[int]) -> dict[int, Belonging]:
    """Which of these sessions are dates of series that the actor may see."""
    o = OccurrenceRow
    query = (
        select(o.session_id, o.series_id, SeriesRow.title, o.day, o.standing)
        .join(SeriesRow, SeriesRow.id == o.series_id)
        .join(*UnitColumns.of(SeriesRow.unit_id))
        .where(o.session_id.in_(session_ids), visible_to(actor))
    )
    return {
        key: Belonging(SeriesId(series_id), title, day, Standing(standing))
        for key, series_id, title, day, standing in await tx.execute(query)
        if key is not None
    }


async def locked(tx: Tx, actor: Actor, series_id: int) -> SeriesRow:
    """The series' row, locked for this transaction. SeriesUnknown where the actor may not see it, Forbidden
    where it may see but not edit."""
    row = (
        await tx.scalars(select(SeriesRow).where(SeriesRow.id == series_id).with_for_update())
    ).one_or_none()
    path = "/" if row is None else await path_of(tx, row)
    if row is None or not allows(actor, Permission.SESSION_VIEW, path):
        raise SeriesUnknown
    if not allows(actor, Permission.SESSION_EDIT, path):
        raise Forbidden(permission=Permission.SESSION_EDIT.value)
    return row


async def path_of(tx: Tx, row: SeriesRow) -> str:
    """The path of the series' branch."""
    return await tx.scalar(select(UnitColumns.path).where(UnitColumns.id == row.unit_id)) or "/"
