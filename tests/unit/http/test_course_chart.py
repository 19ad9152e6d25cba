"""The bars of a course's chart: all units, or those with most people and the rest as one."""

from __future__ import annotations

import pytest

from confhub.http.pages.courses import BARS_MAX, bars
from confhub.kernel.ids import UnitId
from confhub.training.values import UnitCompletion


@pytest.mark.parametrize("many", [1, BARS_MAX, BARS_MAX + 1, 76])
def test_every_person_is_in_one_bar_and_there_are_never_too_many(many: int) -> None:
    units = [UnitCompletion(UnitId(n), f"Đơn vị {n}", 100 + n * 7 % 31, n) for n in range(1, many + 1)]
    made = bars(units)
    names = [name for name, _, _ in made["chart"]]
    rest = made["rest"] or (0, 0, 0)
    assert names == sorted(names, key=lambda name: int(name.split()[-1]))
    assert len(names) + bool(rest[0]) <= BARS_MAX
    assert len(names) + rest[0] == many
    assert sum(people for _, _, people in made["chart"]) + rest[2] == sum(unit.people for unit in units)
    assert sum(done for _, done, _ in made["chart"]) + rest[1] == sum(unit.completed for unit in units)
    left_out = [unit.people for unit in units if unit.name not in names]
    assert max(left_out, default=0) <= min(people for _, _, people in made["chart"])
