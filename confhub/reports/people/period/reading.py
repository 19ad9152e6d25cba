"""A unit over a period: sums of the rooms' totals, grouped in the database by the tree of each session's day.
Inside somebody's transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, case, func, select, true

from confhub.access.rules import Actor, allows
from confhub.checkin.models import RoomTotals
from confhub.db.database import Tx
from confhub.org.errors import UnitNotFound
from confhub.org.store import find_unit
from confhub.registry.values import EndpointKind
from confhub.reports.people import roll_up
from confhub.reports.people.errors import PeriodWrong
from confhub.reports.people.model import PeopleFigures
from confhub.reports.people.period.model import (
    MonthFigures,
    PeriodReport,
    PeriodUnit,
    SessionFigures,
    SilentRoom,
)
from confhub.reports.people.period.tree import RIGHT, Trees, counted_in, prefixes, read_trees, standing
from confhub.reports.session.tree import unit_facts
from confhub.reports.session.units import UnitFacts
from confhub.sessions.published import FrozenRoomColumns, FrozenUnitColumns, SessionColumns

DAYS_MAX: Final = 5 * 366
"""Five years: 375,000 rooms' totals for 302 rooms and 250 sessions a year."""
SILENT_MAX: Final = 50
"""Rooms named as not reporting; the worst ones first."""
_IDS_AT_ONCE: Final = 2_000
"""Ids in one IN list."""

_T = RoomTotals


def _sums(counted: ColumnElement[bool]) -> list[Any]:
    """The columns of `PeopleFigures` as sums, in its order. `counted`: of which lines the room itself is."""
    sums = {
        "rooms": func.sum(case((counted, 1), else_=0)),
        "connected": func.sum(case((and_(_T.connected, counted), 1), else_=0)),
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
    """Which lines: a period, and the branch or branches. `counted`: the condition on those whose room is
    counted as one; `names`: unit → newest facts, as one tree; `seen`: as `Trees.seen`; `top`: the chosen one,
    None for all branches."""

    trees: Trees
    counted: ColumnElement[bool]
    seen: Mapping[int, Sequence[UnitFacts]]
    names: Mapping[int, UnitFacts]
    top: UnitFacts | None
    above: tuple[tuple[int, str], ...]
    """Units above it that the actor may see, top first."""


async def scope(tx: Tx, actor: Actor, unit_id: int | None, first: date, last: date, zone: ZoneInfo) -> Scope:
    """Raises `PeriodWrong`, `UnitNotFound` (also for a unit that neither is nor was in the actor's
    branches)."""
    if not 0 <= (last - first).days < DAYS_MAX:
        raise PeriodWrong(field="to", days=DAYS_MAX)
    start, end = _midnight(first, zone), _midnight(last + timedelta(days=1), zone)
    within = and_(_T.started_at >= start, _T.started_at < end)
    trees, counted = await read_trees(tx, actor, within), await _counted(tx, within)
    seen = trees.seen()
    names = standing(seen)
    if unit_id is None:
        return Scope(trees, counted, seen, names, None, ())
    unit = await find_unit(tx, unit_id)
    if unit is None or not (unit_id in names or allows(actor, RIGHT, unit.path)):
        raise UnitNotFound(field="unit")
    if unit_id not in names:  # nothing was held in it
        ids = [int(part) for part in unit.path.split("/") if part]
        today = await unit_facts(tx, ids, actor.language)
        names = {one: facts for one, facts in today.items() if allows(actor, RIGHT, facts.path)}
    top = names[unit_id]
    ids = [int(path.rstrip("/").rpartition("/")[2]) for path in prefixes(top.path)[:-1]]
    above = tuple((one, names[one].name) for one in ids if one in names)
    return Scope(trees.below(unit_id), counted, seen, names, top, above)


async def _counted(tx: Tx, within: ColumnElement[bool]) -> ColumnElement[bool]:
    """A studio is a source, not a receiving room: its people count, itself does not."""
    r, held = FrozenRoomColumns, select(_T.session_id).where(within).distinct()
    studio = r.kind == EndpointKind.STUDIO.value
    known = select(r.endpoint_id).where(r.session_id.in_(held), studio).distinct()
    studios = sorted(await tx.scalars(known))
    if not studios:
        return true()
    of_day = select(r.endpoint_id).where(
        r.session_id == _T.session_id, r.endpoint_id == _T.endpoint_id, studio
    )
    return ~and_(_T.endpoint_id.in_(studios), of_day.exists())


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


async def report(
    tx: Tx, actor: Actor, unit_id: int | None, first: date, last: date, now: datetime, zone: ZoneInfo
) -> PeriodReport:
    """The report over whole days of `zone`. Raises as `scope`."""
    chosen = await scope(tx, actor, unit_id, first, last, zone)
    sessions = await _sessions(tx, chosen, zone)
    return PeriodReport(
        unit_id=unit_id,
        unit_name=chosen.top.name if chosen.top is not None else "",
        above=chosen.above,
        first=first,
        last=last,
        timezone=zone.key,
        made_at=now.astimezone(zone),
        sessions_held=len(sessions),
        totals=roll_up.total(one.figures for one in sessions),
        units=await _units(tx, chosen),
        months=_months(sessions),
        sessions=tuple(sessions),
        silent=await _silent(tx, chosen),
        named_later=await _named_later(tx, [one.session_id for one in sessions]),
    )


async def _sessions(tx: Tx, chosen: Scope, zone: ZoneInfo) -> list[SessionFigures]:
    summed = (
        select(_T.session_id, func.min(_T.started_at).label("started_at"), *_sums(chosen.counted))
        .where(chosen.trees.lines())
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


async def _named_later(tx: Tx, session_ids: Sequence[int]) -> int:
    """Of how many of the sessions names and tree were written down only after they were over."""
    s, f, found = SessionColumns, FrozenUnitColumns, 0
    for start in range(0, len(session_ids), _IDS_AT_ONCE):
        own = (f.session_id == s.id) & (f.unit_id == s.unit_id)
        query = select(func.count(s.id)).join(*f.on(own))
        among = s.id.in_(session_ids[start : start + _IDS_AT_ONCE])
        found += await tx.scalar(query.where(among, f.frozen_at > s.actual_end)) or 0
    return found


def _months(sessions: Iterable[SessionFigures]) -> tuple[MonthFigures, ...]:
    groups: dict[date, list[PeopleFigures]] = defaultdict(list)
    for one in sessions:
        groups[one.started_at.date().replace(day=1)].append(one.figures)
    return tuple(
        MonthFigures(first, len(groups[first]), roll_up.total(groups[first])) for first in sorted(groups)
    )


async def _units(tx: Tx, chosen: Scope) -> tuple[PeriodUnit, ...]:
    """Figures by the rooms' units and where those stood, then added up along the tree of the day. `sessions`
    of a unit: the most that any of the units in it had a room in."""
    lines: list[tuple[list[int], PeopleFigures]] = []
    held: dict[int, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    columns = (func.count(_T.session_id.distinct()).label("sessions"), *_sums(chosen.counted))
    for part, query in chosen.trees.by_place(columns):
        for row in await tx.execute(query):
            path = row._mapping.get("path") or chosen.trees.stood[row.unit_id][-1].path
            above = counted_in(part, path)
            lines.append((above, _figures(row)))
            for one in above:
                held[one][row.unit_id] += row.sessions
    return tuple(
        PeriodUnit(unit, max(held[unit.unit_id].values()), *_before(unit.unit_id, chosen))
        for unit in roll_up.along(lines, chosen.names)
    )


def _before(unit_id: int, chosen: Scope) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What else the unit was called in the period, and under which units else it stood, oldest first."""
    *earlier, newest = chosen.seen[unit_id]
    names = dict.fromkeys(one.name for one in earlier if one.name != newest.name)
    above = dict.fromkeys(one.parent_id for one in earlier if one.parent_id != newest.parent_id)
    under = [chosen.names[one].name for one in above if one is not None and one in chosen.names]
    return tuple(names), tuple(under)


async def _silent(tx: Tx, chosen: Scope) -> tuple[SilentRoom, ...]:
    """By the names that the rooms had last in the period; of those alike the ones with the lower numbers."""

    def missing(condition: Any) -> Any:
        return func.sum(case((condition, 1), else_=0))

    heads = missing(_T.heads.is_(None))
    check_ins = missing(and_(_T.expected > 0, _T.checked_in == 0))
    connection = missing(and_(_T.connected.is_(False), chosen.counted))
    worst = (heads + check_ins + connection).label("missing")
    query = (
        select(
            _T.endpoint_id, func.max(_T.started_at).label("last"), func.count(), heads, check_ins, connection,
            worst,
        )
        .where(chosen.trees.lines())
        .group_by(_T.endpoint_id)
        .having(worst > 0)
        .order_by(worst.desc(), _T.endpoint_id)
        .limit(SILENT_MAX)
    )  # fmt: skip
    rows = (await tx.execute(query)).all()
    called = await _called(tx, chosen, {row.endpoint_id: row.last for row in rows})
    ordered = sorted(rows, key=lambda row: (-row.missing, called[row.endpoint_id][3], row.endpoint_id))
    return tuple(SilentRoom(row[0], *called[row[0]][:3], *row[2:6]) for row in ordered)


async def _called(
    tx: Tx, chosen: Scope, last: Mapping[int, datetime]
) -> dict[int, tuple[str, str, str, str]]:
    """Room → code, name, unit's name and sort key, as in the session begun then."""
    r = FrozenRoomColumns
    of_day = (r.session_id == _T.session_id) & (r.endpoint_id == _T.endpoint_id)
    query = (
        select(_T.endpoint_id, _T.started_at, _T.unit_id, r.code, r.name, r.sort_key)
        .join(*r.on(of_day))
        .where(chosen.trees.readable(), _T.endpoint_id.in_(list(last)), _T.started_at.in_(set(last.values())))
        .order_by(_T.session_id)
    )
    return {
        row.endpoint_id: (row.code, row.name, chosen.names[row.unit_id].name, row.sort_key)
        for row in await tx.execute(query)
        if row.started_at == last[row.endpoint_id]
    }
