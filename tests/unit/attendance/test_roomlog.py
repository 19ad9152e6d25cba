"""What of a room's own log is believed, and how a wrong clock is put right."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from confhub.attendance.models import Kind
from confhub.attendance.roomlog import LogEntry, SessionWindow, believed, clock_offset
from confhub.kernel.ids import SessionId

NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)


def ago(seconds: float) -> datetime:
    return NOW - timedelta(seconds=seconds)


def entry(seconds_ago: float) -> LogEntry:
    return LogEntry(1, ago(seconds_ago), Kind.PRESENT, SessionId(1), "c")


def test_a_room_clock_that_is_wrong_is_put_right_by_when_the_room_sent() -> None:
    assert clock_offset([entry(500)], NOW, ago(300)) == timedelta(seconds=300)
    assert clock_offset([entry(-300)], NOW, ago(-300)) == timedelta(seconds=-300)


@pytest.mark.parametrize("off_s", [0, 1.9, -1.9, 2.0])
def test_up_to_two_seconds_are_left_alone(off_s: float) -> None:
    assert clock_offset([entry(0)], NOW, ago(off_s)) == timedelta(0)


def test_without_the_rooms_time_only_the_future_proves_a_wrong_clock() -> None:
    assert clock_offset([entry(3600), entry(-60)], NOW, None) == timedelta(seconds=-60)
    assert clock_offset([entry(3600)], NOW, None) == timedelta(0)
    assert clock_offset([], NOW, None) == timedelta(0)


WINDOW = SessionWindow(opened=ago(1000), ended=ago(700))


@pytest.mark.parametrize(
    ("seconds_ago", "window", "expected"),
    [
        (900, WINDOW, True),
        (1059, WINDOW, True),
        (1061, WINDOW, False),
        (150, WINDOW, True),
        (90, WINDOW, False),
        (0, SessionWindow(ago(1000), None), True),
        (-3, SessionWindow(ago(1000), None), False),
        (900, SessionWindow(None, None), False),
    ],
)
def test_an_entry_counts_within_its_sessions_time(
    seconds_ago: float, window: SessionWindow, expected: bool
) -> None:
    assert believed(ago(seconds_ago), NOW, window) is expected
