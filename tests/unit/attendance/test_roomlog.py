"""What of a room's own log is believed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from confhub.attendance.roomlog import SessionWindow, believed

NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)


def ago(seconds: float) -> datetime:
    return NOW - timedelta(seconds=seconds)


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
