"""When it is tried again, and when it is given up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from confhub.post.rules import AWAY_LONGEST, WAITS, back_then, next_try

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def test_tries_come_ever_later_and_end() -> None:
    waits = [next_try(counted, NOW) for counted in range(1, len(WAITS) + 1)]
    assert waits == sorted(one for one in waits if one is not None)
    assert next_try(len(WAITS) + 1, NOW) is None


def test_a_receiver_that_is_away_is_asked_at_least_each_hour_for_ever() -> None:
    waits = [back_then(attempts, 0, NOW) for attempts in (1, 2, 3, 4, 5, 100)]
    assert waits == sorted(waits)
    assert waits[0] == NOW + WAITS[0]
    assert waits[-1] == NOW + AWAY_LONGEST


def test_what_a_receiver_asks_for_is_kept_up_to_an_hour() -> None:
    assert back_then(1, 600, NOW) == NOW + timedelta(minutes=10)
    assert back_then(1, 86_400, NOW) == NOW + AWAY_LONGEST
