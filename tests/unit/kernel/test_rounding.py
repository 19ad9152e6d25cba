"""One rounding for pages, files and the terminal."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from confhub.i18n.formats import Formats
from confhub.kernel.rounding import minutes, percent, rounded, told, whole_millisecond


@pytest.mark.parametrize(
    ("part", "whole", "shown"),
    [
        (109, 400, "27.25"), (1, 8, "12.50"), (1, 800, "0.13"), (3, 800, "0.38"), (2, 3, "66.67"),
        (0, 5, "0.00"), (5, 5, "100.00"), (39_999, 40_000, "99.99"), (1, 1_000_000, "0.01"), (7, 6, "116.67"),
    ],
)  # fmt: skip
def test_halves_go_up_and_all_is_told_of_all_alone(part: int, whole: int, shown: str) -> None:
    assert str(percent(part / whole)) == shown


def test_both_languages_write_the_same_figure() -> None:
    vi, en = Formats("vi", "Asia/Ho_Chi_Minh"), Formats("en", "Asia/Ho_Chi_Minh")
    assert (vi.percent(109 / 400), en.percent(109 / 400)) == ("27,25 %", "27.25%")
    assert (vi.decimal(1234.25, 1), en.decimal(1234.25, 1)) == ("1.234,3", "1,234.3")


def test_minutes_are_rounded_from_milliseconds_once() -> None:
    assert [minutes(one) for one in (3_000, 2_999, 9_000, 3_600_000)] == [0.1, 0.0, 0.2, 60.0]
    assert rounded(0.285, 2) == Decimal("0.29")


def test_what_was_counted_from_a_start_between_two_milliseconds_is_told_as_it_happened() -> None:
    happened = datetime(2026, 3, 2, 16, 25, tzinfo=UTC)
    counted = happened.replace(minute=24, second=59, microsecond=999_700)
    assert told(counted) == happened
    assert told(happened) == happened
    assert whole_millisecond(counted).microsecond == 999_000
