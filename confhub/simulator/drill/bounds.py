"""A bound of a drill, and what it is measured by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


def percentile(values: Sequence[float], percent: float) -> float:
    """The nearest rank's value; nan of nothing."""
    ordered = sorted(values)
    if not ordered:
        return float("nan")
    rank = max(1, -(-len(ordered) * percent // 100))
    return ordered[int(rank) - 1]


@dataclass(frozen=True, slots=True)
class Bound:
    """One statement that holds or does not. `value` is for a person. `timing`: of how fast something was,
    which says nothing beside busy programs; `void`: so it was."""

    name: str
    held: bool
    value: str
    timing: bool = False
    void: bool = False

    @property
    def missed(self) -> bool:
        """Whether it counts against the drill."""
        return not self.held and not self.void
