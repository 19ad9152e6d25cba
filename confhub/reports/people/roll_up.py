"""From rooms and their people to tiers and branches: sums only. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence

from confhub.reports.people.model import FIGURES, PeopleFigures, RoomFigures, TierFigures, UnitFigures
from confhub.reports.session.units import UnitFacts, tree_order


def total(figures: Iterable[PeopleFigures]) -> PeopleFigures:
    """All of them added up."""
    rows = [tuple(getattr(one, name) for name in FIGURES) for one in figures]
    return PeopleFigures(*map(sum, zip(*rows, strict=True))) if rows else PeopleFigures()


def by_tier(rooms: Sequence[RoomFigures], units: Mapping[int, UnitFacts]) -> tuple[TierFigures, ...]:
    """By the tier of the rooms' units, top first."""
    groups: dict[int, list[PeopleFigures]] = defaultdict(list)
    for room in rooms:
        groups[units[room.unit_id].tier_id].append(room.figures)
    tiers = {unit.tier_id: unit for unit in units.values()}
    found = (
        TierFigures(tier_id, tiers[tier_id].tier_name, tiers[tier_id].tier_rank, total(group))
        for tier_id, group in groups.items()
    )
    return tuple(sorted(found, key=lambda tier: (tier.rank, tier.tier_id)))


def by_unit(
    lines: Iterable[tuple[int, PeopleFigures]],
    units: Mapping[int, UnitFacts],
    visible: Callable[[str], bool],
) -> tuple[UnitFigures, ...]:
    """(unit id, its own figures) → every visible unit with everything below it, as a tree is read."""

    def above(unit_id: int) -> list[int]:
        ids = [int(part) for part in units[unit_id].path.split("/") if part]
        return [one for one in ids if one in units and visible(units[one].path)]

    return along([(above(unit_id), figures) for unit_id, figures in lines], units)


def along(
    lines: Iterable[tuple[Iterable[int], PeopleFigures]], units: Mapping[int, UnitFacts]
) -> tuple[UnitFigures, ...]:
    """(units that figures count in, those figures) → each of these units, as the tree of `units` is read."""
    groups: dict[int, list[PeopleFigures]] = defaultdict(list)
    for counted_in, figures in lines:
        for unit_id in counted_in:
            groups[unit_id].append(figures)
    order = tree_order(units)
    found = sorted((units[unit_id] for unit_id in groups), key=lambda unit: order(unit.path))
    parents = {unit.parent_id for unit in found}
    return tuple(
        UnitFigures(
            unit.id,
            unit.parent_id if unit.parent_id in groups else None,
            unit.name,
            unit.tier_name,
            unit.tier_rank,
            unit.path,
            sum(int(part) in groups for part in unit.path.split("/") if part) - 1,
            total(groups[unit.id]),
            unit.id not in parents,
        )
        for unit in found
    )


def districts(units: Sequence[UnitFigures]) -> list[UnitFigures]:
    """The units worth a place in a chart: those right below the top that have a branch of their own; where
    there are none, those below the top, and where the top stands alone, the top itself."""
    top = min((unit.depth for unit in units), default=0)
    below = [unit for unit in units if unit.depth == top + 1]
    return [unit for unit in below if not unit.leaf] or below or [unit for unit in units if unit.depth == top]


def with_rest(units: Sequence[UnitFigures], rooms: Iterable[RoomFigures], name: str) -> list[UnitFigures]:
    """`districts`, and what lies in none of them (the hall, the departments) added up under `name`."""
    found = districts(units)
    rest = [room.figures for room in rooms if not any(room.unit_path.startswith(one.path) for one in found)]
    return [*found, UnitFigures(0, None, name, "", 0, "", 0, total(rest), leaf=True)] if rest else found
