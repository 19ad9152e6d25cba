"""Sums over tiers and branches, and people present over time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from confhub.attendance.rules import Span
from confhub.reports.people import roll_up
from confhub.reports.people.curve import POINTS_MAX, present, spread
from confhub.reports.people.model import FIGURES, PeopleFigures
from confhub.reports.session.units import UnitFacts

UNITS = {
    1: UnitFacts(1, None, "Tỉnh", "/1/", "a", 1, "Tỉnh", 1),
    2: UnitFacts(2, 1, "Huyện A", "/1/2/", "a", 2, "Huyện", 2),
    3: UnitFacts(3, 1, "Huyện B", "/1/3/", "b", 2, "Huyện", 2),
    4: UnitFacts(4, 2, "Xã", "/1/2/4/", "a", 3, "Xã", 3),
}
FIGURE = st.builds(
    PeopleFigures, **{name: st.integers(0, 1000) for name in FIGURES}  # type: ignore[arg-type]
)  # fmt: skip


@given(st.lists(st.tuples(st.sampled_from(sorted(UNITS)), FIGURE)))
def test_every_branch_is_the_sum_of_what_lies_below(lines: list[tuple[int, PeopleFigures]]) -> None:
    found = roll_up.by_unit(lines, UNITS, lambda _path: True)
    for unit in found:
        below = [figures for number, figures in lines if UNITS[number].path.startswith(unit.path)]
        assert unit.figures == roll_up.total(below)
    if lines:
        assert found[0].figures == roll_up.total(figures for _, figures in lines)


def test_units_that_are_not_seen_leave_the_branch_below_as_roots() -> None:
    lines = [(1, PeopleFigures(rooms=1)), (4, PeopleFigures(rooms=2))]
    found = roll_up.by_unit(lines, UNITS, lambda path: path.startswith("/1/2/"))
    assert [(unit.unit_id, unit.parent_id, unit.depth, unit.leaf) for unit in found] == [
        (2, None, 0, False),
        (4, 2, 1, True),
    ]


def test_nothing_adds_up_to_nothing() -> None:
    assert roll_up.total([]) == PeopleFigures()
    assert PeopleFigures().attended_share == PeopleFigures().completed_share == 0.0


SPAN = st.tuples(st.integers(0, 900), st.integers(1, 300)).map(lambda pair: (pair[0], sum(pair)))


@given(
    st.lists(st.lists(SPAN, min_size=1, max_size=1), max_size=30),
    st.lists(st.integers(0, 1300), max_size=40),
)
def test_the_curve_counts_who_is_there_at_each_moment(
    people: list[list[tuple[int, int]]], marks: list[int]
) -> None:
    texts = [",".join(f"{first}-{last}" for first, last in spans) for spans in people]
    ordered = sorted(set(marks))
    expected = [sum(first <= mark <= last for spans in people for first, last in spans) for mark in ordered]
    assert present(texts, ordered) == expected


def test_moments_run_from_start_to_end_and_are_never_too_many() -> None:
    start = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
    for length in (timedelta(milliseconds=5), timedelta(seconds=3), timedelta(hours=9)):
        found = spread(Span(start, start + length))
        assert (found[0], found[-1]) == (start, start + length)
        assert 2 <= len(found) <= POINTS_MAX
