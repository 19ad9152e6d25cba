"""Units and rooms as a report names them, and the order in which a tree is read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class UnitFacts:
    """A unit as a report names it."""

    id: int
    parent_id: int | None
    name: str
    path: str
    sort_key: str
    tier_id: int
    tier_name: str
    tier_rank: int


@dataclass(frozen=True, slots=True)
class RoomFacts:
    """A room as a report names it."""

    endpoint_id: int
    code: str
    name: str
    sort_key: str
    unit: UnitFacts
    is_chair: bool
    counted: bool


def tree_order(units: Mapping[int, UnitFacts]) -> Callable[[str], tuple[tuple[str, int], ...]]:
    """The sort key of a unit's path: the units from the root down, each in Vietnamese order."""

    def key(path: str) -> tuple[tuple[str, int], ...]:
        ids = [int(part) for part in path.split("/") if part]
        return tuple((units[i].sort_key if i in units else "", i) for i in ids)

    return key
