"""From rooms and their figures to a report: rows, totals, roll-ups, chart. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta, tzinfo
from typing import Final

from confhub.attendance.rules import Figures, Span, present_over_time
from confhub.i18n.folding import fold
from confhub.kernel.rounding import percent, rounded
from confhub.reports.rooms.model import (
    ArrivalPoint,
    BranchTotals,
    Interval,
    ReportFilter,
    RoomRow,
    Status,
    TierTotals,
    Totals,
)
from confhub.reports.session.units import RoomFacts, UnitFacts, tree_order

ARRIVAL_POINTS_MAX: Final = 240
"""More points than a chart has pixels to spare for."""

_SEVERAL: Final = 2


def statuses(figures: Figures) -> tuple[Status, ...]:
    """A room's flags; none before the session went live."""
    if figures.expected is None:
        return ()
    if not figures.came:
        return (Status.NEVER_CAME,)
    flags = []
    if figures.late:
        flags.append(Status.LATE)
    if figures.left_early:
        flags.append(Status.LEFT_EARLY)
    return tuple(flags) or (Status.ON_TIME,)


def row(room: RoomFacts, figures: Figures, zone: tzinfo) -> RoomRow:
    """One room's line, in the report's zone."""

    def local(moment: datetime | None) -> datetime | None:
        return moment.astimezone(zone) if moment is not None else None

    expected = figures.expected
    return RoomRow(
        endpoint_id=room.endpoint_id,
        code=room.code,
        name=room.name,
        unit_id=room.unit.id,
        unit_name=room.unit.name,
        unit_path=room.unit.path,
        tier_id=room.unit.tier_id,
        tier_name=room.unit.tier_name,
        is_chair=room.is_chair,
        counted=room.counted,
        expected_from=local(expected.start if expected else None),
        expected_until=local(expected.end if expected else None),
        first=local(figures.first),
        last=local(figures.last),
        minutes=float(rounded(figures.seconds / 60, 2)),
        percent=float(percent(figures.percent / 100)),
        statuses=statuses(figures),
        interruptions=max(0, len(figures.spans) - 1),
        intervals=tuple(Interval(s.start.astimezone(zone), s.end.astimezone(zone)) for s in figures.spans),
    )


def totals(rows: Iterable[RoomRow]) -> Totals:
    """Sums over the counted rows."""
    counted = [one for one in rows if one.counted]
    flags = {status: sum(one.has(status) for one in counted) for status in Status}
    came = sum(bool(one.intervals) for one in counted)
    return Totals(
        expected=len(counted),
        connected=came,
        on_time=flags[Status.ON_TIME],
        late=flags[Status.LATE],
        left_early=flags[Status.LEFT_EARLY],
        never_came=flags[Status.NEVER_CAME],
        minutes=float(rounded(sum(one.minutes for one in counted), 2)),
        percent=_mean(counted),
    )


def _mean(rows: Sequence[RoomRow]) -> float:
    return float(percent(sum(one.percent for one in rows) / len(rows) / 100)) if rows else 0.0


def by_tier(rows: Sequence[RoomRow], units: Mapping[int, UnitFacts]) -> tuple[TierTotals, ...]:
    """Roll-up by the tier of the rooms' units, top first."""
    groups: dict[int, list[RoomRow]] = defaultdict(list)
    for one in rows:
        if one.counted:
            groups[one.tier_id].append(one)
    tiers = {unit.tier_id: unit for unit in units.values()}
    return tuple(
        sorted(
            (
                TierTotals(tier_id, tiers[tier_id].tier_name, tiers[tier_id].tier_rank, totals(group))
                for tier_id, group in groups.items()
            ),
            key=lambda tier: (tier.rank, tier.tier_id),
        )
    )


def by_branch(
    rows: Sequence[RoomRow], units: Mapping[int, UnitFacts], visible: Callable[[str], bool]
) -> tuple[BranchTotals, ...]:
    """Roll-up by unit, each with everything below it, as a tree is read; only units in visible branches."""
    groups: dict[int, list[RoomRow]] = defaultdict(list)
    for one in rows:
        if one.counted:
            for part in one.unit_path.split("/"):
                if part and int(part) in units and visible(units[int(part)].path):
                    groups[int(part)].append(one)
    order = tree_order(units)
    found = sorted((units[unit_id] for unit_id in groups), key=lambda unit: order(unit.path))
    shown = {unit.id for unit in found}
    return tuple(
        BranchTotals(
            unit.id,
            unit.parent_id if unit.parent_id in shown else None,
            unit.name,
            unit.tier_name,
            unit.path,
            sum(int(part) in shown for part in unit.path.split("/") if part) - 1,
            totals(groups[unit.id]),
        )
        for unit in found
    )


def arrivals(rows: Sequence[RoomRow], live: Span | None, zone: tzinfo) -> tuple[ArrivalPoint, ...]:
    """Counted rooms present over live time, at most `ARRIVAL_POINTS_MAX` evenly spaced points."""
    if live is None:
        return ()
    points = max(_SEVERAL, min(ARRIVAL_POINTS_MAX, int(live.seconds) + 1))
    step = (live.end - live.start) / (points - 1)
    moments = [live.start + i * step for i in range(points - 1)] + [live.end]
    spans = [[Span(i.start, i.end) for i in one.intervals] for one in rows if one.counted]
    counts = present_over_time(spans, moments)
    return tuple(
        ArrivalPoint(moment.astimezone(zone), count) for moment, count in zip(moments, counts, strict=True)
    )


def matching(rows: Sequence[RoomRow], wanted: ReportFilter, branch: str | None) -> list[RoomRow]:
    """The rows that pass the filter; `branch`: the path of `wanted.unit_id`."""
    words = fold(wanted.text).split()
    return [
        one
        for one in rows
        if (branch is None or one.unit_path.startswith(branch))
        and (wanted.status is None or one.has(wanted.status))
        and (not words or _holds(one, words))
    ]


def _holds(one: RoomRow, words: Sequence[str]) -> bool:
    text = fold(f"{one.code} {one.name} {one.unit_name}")
    return all(word in text for word in words)


def live_minutes(live: Span | None) -> float:
    """Live time in minutes."""
    return float(rounded((live.end - live.start) / timedelta(minutes=1), 2)) if live else 0.0
