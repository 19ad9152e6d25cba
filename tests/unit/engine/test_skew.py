"""How far the engine's clock is from the hub's, judged from the `Date` of its answers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from confhub.engine.skew import KEPT, Skew

START = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
HALF_S = timedelta(seconds=0.5)


def ask(skew: Skew, second: float, ahead_s: float, way_s: float = 0.02) -> None:
    """A question at `second` by the hub's clock; the engine's is `ahead_s` before it."""
    asked = START + timedelta(seconds=second)
    written = asked + timedelta(seconds=way_s / 2 + ahead_s)
    skew.note(
        asked, format_datetime(written.replace(microsecond=0), usegmt=True), asked + timedelta(seconds=way_s)
    )


@pytest.mark.parametrize("ahead_s", [90.0, -90.0, 3600.4, 2.7, -1.9])
def test_a_clock_that_is_wrong_is_known_to_half_a_second(ahead_s: float) -> None:
    skew = Skew()
    ask(skew, 0.3, ahead_s)
    assert abs(skew.offset + timedelta(seconds=ahead_s)) <= HALF_S + timedelta(seconds=0.02)
    before = abs(skew.offset + timedelta(seconds=ahead_s))
    for one in range(1, KEPT):
        ask(skew, one * 15.37, ahead_s)
    assert abs(skew.offset + timedelta(seconds=ahead_s)) <= before


@pytest.mark.parametrize("ahead_s", [0.0, 0.2, -0.2])
def test_a_clock_that_is_right_is_let_be(ahead_s: float) -> None:
    skew = Skew()
    for one in range(5):
        ask(skew, one * 15.0 + 0.5, ahead_s)
        assert skew.offset == timedelta(0)


def test_the_offset_stands_while_the_answers_allow_it() -> None:
    skew = Skew()
    ask(skew, 0.5, 90)
    first = skew.offset
    for one in range(1, 4):
        ask(skew, one * 15.0 + 0.5, 90)
    assert skew.offset == first


def test_a_slow_answer_moves_nothing_that_quick_ones_told() -> None:
    skew = Skew()
    ask(skew, 0, 90)
    known = skew.offset
    ask(skew, 10, 90, way_s=5)
    assert skew.offset == known


def test_a_clock_that_is_set_is_known_at_the_next_answer() -> None:
    skew = Skew()
    for one in range(10):
        ask(skew, one * 15.0, 90)
    ask(skew, 151, 0)
    assert skew.offset == timedelta(0)
    ask(skew, 160, -30)
    assert abs(skew.offset - timedelta(seconds=30)) <= HALF_S + timedelta(seconds=0.02)


@pytest.mark.parametrize(
    "date", ["", "yesterday", "Sun, 22 Nov 2026 01:00:00", "Sun, 99 Nov 2026 01:00:00 GMT"]
)
def test_an_answer_without_a_date_that_can_be_read_tells_nothing(date: str) -> None:
    skew = Skew()
    skew.note(START, date, START)
    assert skew.offset == timedelta(0)
