"""A unit over a period: sums of the rooms' totals, grouped in the database. Inside somebody's transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, case, func, select

from confhub.access.rules import Actor, allows, below, branch_filter
from confhub.checkin.models import RoomTotals
from confhub.db.database import Tx
from confhub.kernel.permissions import Permission
from confhub.org.errors import UnitNotFound
from confhub.org.published import UnitColumns
from confhub.org.store import find_unit
from confhub.org.values import Unit
from confhub.registry.published import RoomColumns
from confhub.reports import roll_up
from confhub.reports.people_errors import PeriodWrong
from confhub.reports.people_model import PeopleFigures
from confhub.reports.period_model import (
    MonthFigures,
    PeriodReport,
    PeriodUnit,
    SessionFigures,
    SilentRoom,
)
from confhub.reports.tree import unit_facts
from confhub.sessions.published import SessionColumns

DAYS_MAX: Final = 5 * 366
"""Five years: 375,000 rooms' totals for 302 rooms and 250 sessions a year."""
SILENT_MAX: Final = 50
"""Rooms named as not reporting; the worst ones first."""

_T = RoomTotals


def _sums() -> list[Any]:
    """The columns of `PeopleFigures` as sums, in its order."""
    sums = {
        "rooms": func.count(),
        "connected": func.sum(case((_T.connected, 1), else_=0)),
        "heads_rooms": func.count(_T.heads),
        "checked_rooms": func.sum(case((_T.checked_in > 0, 1), else_=0)),
        "heads": func.coalesce(func.sum(_T.heads), 0),
        **{
            name: func.sum(getattr(_T, name))
            for name in (
                "expected", "checked_in", "guests", "on_time", "late", "left_early", "with_leave",
                "without_leave", "completed", "person_millis", "unconnected", "unanswered",
                "unconnected_millis", "prompt_millis",
            )
        },
    }  # fmt: skip
    return [column.label(name) for name, column in sums.items()]


def _figures(row: Any) -> PeopleFigures:
    values = row._mapping
    names = [one for one in PeopleFigures.__slots__ if one in values]
    return PeopleFigures(**{name: int(values[name] or 0) for name in names})


@dataclass(frozen=True, slots=True)
class Scope:
    """Which rows: a period, and the branch or branches."""

    where: tuple[ColumnElement[bool], ...]
    unit: Unit | None


async def scope(tx: Tx, actor: Actor, unit_id: int | None, first: date, last: date, zone: ZoneInfo) -> Scope:
    """Raises `PeriodWrong`, `UnitNotFound` (also for a unit outside the actor's branches)."""
    if not 0 <= (last - first).days < DAYS_MAX:
        raise PeriodWrong(field="to", days=DAYS_MAX)
    start, end = _midnight(first, zone), _midnight(last + timedelta(days=1), zone)
    where = [
        _T.started_at >= start,
        _T.started_at < end,
        branch_filter(actor, Permission.REPORT_VIEW, UnitColumns.path),
    ]
    unit = None
    if unit_id is not None:
        unit = await find_unit(tx, unit_id)
        if unit is None or not allows(actor, Permission.REPORT_VIEW, unit.path):
            raise UnitNotFound(field="unit")
        where.append(below(unit.path, UnitColumns.path))
    return Scope(tuple(where), unit)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


async def report(
    tx: Tx, actor: Actor, unit_id: int | None, first: date, last: date, now: datetime, zone: ZoneInfo
) -> PeriodReport:
    """The report over whole days of `zone`. Raises as `scope`."""
    chosen = await scope(tx, actor, unit_id, first, last, zone)
    sessions = await _sessions(tx, chosen, zone)
    units = await _units(tx, actor, chosen)
    top = chosen.unit
    above = []
    if top is not None:
        parts = [int(part) for part in top.path.split("/") if part][:-1]
        found = await unit_facts(tx, parts, actor.language)
        above = [
            (one, found[one].name)
            for one in parts
            if one in found and allows(actor, Permission.REPORT_VIEW, found[one].path)
        ]
    return PeriodReport(
        unit_id=unit_id,
        unit_name=top.name if top is not None else "",
        above=tuple(above),
        first=first,
        last=last,
        timezone=zone.key,
        made_at=now.astimezone(zone),
        sessions_held=len(sessions),
        totals=roll_up.total(one.figures for one in sessions),
        units=units,
        months=_months(sessions),
        sessions=tuple(sessions),
        silent=await _silent(tx, chosen),
    )


async def _sessions(tx: Tx, chosen: Scope, zone: ZoneInfo) -> list[SessionFigures]:
    summed = (
        select(_T.session_id, func.min(_T.started_at).label("started_at"), *_sums())
        .join(*UnitColumns.of(_T.unit_id))
        .where(*chosen.where)
        .group_by(_T.session_id)
        .subquery()
    )
    s = SessionColumns
    rows = await tx.execute(select(s.title, s.kind, summed).join(summed, summed.c.session_id == s.id))
    found = [
        SessionFigures(row.session_id, row.title, row.kind, row.started_at.astimezone(zone), _figures(row))
        for row in rows
    ]
    return sorted(found, key=lambda one: (one.started_at, one.session_id), reverse=True)


def _months(sessions: Iterable[SessionFigures]) -> tuple[MonthFigures, ...]:
    groups: dict[date, list[PeopleFigures]] = defaultdict(list)
    for one in sessions:
        groups[one.started_at.date().replace(day=1)].append(one.figures)
    return tuple(
        MonthFigures(first, len(groups[first]), roll_up.total(groups[first])) for first in sorted(groups)
    )


async def _units(tx: Tx, actor: Actor, chosen: Scope) -> tuple[PeriodUnit, ...]:
    """Figures by the rooms' units, then added up along the tree. `sessions` of a unit: the most that any of
    the units below it had a room in."""
    rows = (
        await tx.execute(
            select(
                _T.unit_id,
                UnitColumns.path,
                func.count(_T.session_id.distinct()).label("sessions"),
                *_sums(),
            )
            .join(*UnitColumns.of(_T.unit_id))
            .where(*chosen.where)
            .group_by(_T.unit_id, UnitColumns.path)
        )
    ).all()
    held: dict[int, int] = defaultdict(int)
    for row in rows:
        for part in row.path.split("/"):
            if part:
                held[int(part)] = max(held[int(part)], row.sessions)
    facts = await unit_facts(tx, sorted(held), actor.language)
    top = chosen.unit.path if chosen.unit is not None else "/"
    found = roll_up.by_unit(
        ((row.unit_id, _figures(row)) for row in rows),
        facts,
        lambda path: path.startswith(top) and allows(actor, Permission.REPORT_VIEW, path),
    )
    return tuple(PeriodUnit(unit, held[unit.unit_id]) for unit in found)


async def _silent(tx: Tx, chosen: Scope) -> tuple[SilentRoom, ...]:
    def missing(condition: Any) -> Any:
        return func.sum(case((condition, 1), else_=0))

    heads = missing(_T.heads.is_(None))
    check_ins = missing(and_(_T.expected > 0, _T.checked_in == 0))
    connection = missing(_T.connected.is_(False))
    worst = (heads + check_ins + connection).label("missing")
    rows = await tx.execute(
        select(
            _T.endpoint_id, RoomColumns.code, RoomColumns.name, UnitColumns.name,
            func.count(), heads, check_ins, connection, worst,
        )
        .join(*UnitColumns.of(_T.unit_id))
        .join(*RoomColumns.of(_T.endpoint_id))
        .where(*chosen.where)
        .group_by(_T.endpoint_id, RoomColumns.code, RoomColumns.name, UnitColumns.name, RoomColumns.sort_key)
        .having(worst > 0)
        .order_by(worst.desc(), RoomColumns.sort_key, _T.endpoint_id)
        .limit(SILENT_MAX)
    )  # fmt: skip
    return tuple(SilentRoom(*row[:8]) for row in rows)
