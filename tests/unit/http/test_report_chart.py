"""The bars of a session's report: every room stands in exactly one of them."""

from __future__ import annotations

from typing import Any, cast

import pytest

from confhub.http.pages.report import bars
from confhub.reports.rooms.model import BranchTotals, SessionReport, TierTotals, Totals


def totals(expected: int, connected: int, percent: float) -> Totals:
    return Totals(expected, connected, connected, 0, 0, expected - connected, 0.0, percent)


def branch(unit_id: int, parent: int | None, depth: int, own: Totals) -> BranchTotals:
    return BranchTotals(unit_id, parent, f"Đơn vị {unit_id}", "", f"/{unit_id}/", depth, own)


def report(branches: list[BranchTotals], tiers: list[TierTotals], own: Totals) -> SessionReport:
    parts: dict[str, Any] = {"branches": tuple(branches), "tiers": tuple(tiers), "totals": own}
    return SessionReport(header=cast(Any, None), rows=(), arrivals=(), **parts)


def test_the_hall_and_the_departments_stand_in_a_bar_of_their_own() -> None:
    found = bars(
        report(
            [
                branch(1, None, 0, totals(7, 6, 80.0)),
                branch(2, 1, 1, totals(3, 3, 100.0)),
                branch(3, 2, 2, totals(2, 2, 100.0)),
                branch(4, 1, 1, totals(1, 1, 60.0)),
                branch(5, 1, 1, totals(2, 1, 50.0)),
            ],
            [],
            totals(7, 6, 80.0),
        ),
        "Đơn vị khác",
    )
    assert [name for name, *_ in found] == ["Đơn vị 2", "Đơn vị khác"]
    assert sum(connected for _, connected, _, _ in found) == 6
    assert sum(absent for _, _, absent, _ in found) == 1
    assert found[1][3] == pytest.approx((7 * 80 - 3 * 100) / 4)


def test_a_tree_of_two_tiers_has_a_bar_for_each_tier() -> None:
    tiers = [TierTotals(1, "Tỉnh", 1, totals(1, 1, 100.0)), TierTotals(2, "Xã", 2, totals(148, 140, 90.0))]
    branches = [branch(1, None, 0, totals(149, 141, 90.1))]
    branches += [branch(n, 1, 1, totals(1, 1, 90.0)) for n in range(2, 150)]
    found = bars(report(branches, tiers, totals(149, 141, 90.1)), "Đơn vị khác")
    assert [(name, connected, absent) for name, connected, absent, _ in found] == [
        ("Tỉnh", 1, 0),
        ("Xã", 140, 8),
    ]
