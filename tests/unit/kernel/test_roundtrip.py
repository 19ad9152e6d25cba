"""How far a device's clock is off is judged from round trips, never from how long something took."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from confhub.kernel.roundtrip import DOUBT_MAX, RoundTrip, offset_of

NOW = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)


def s(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)


def trip(wrong_s: float, there_s: float, back_s: float, ago_s: float = 60, work_s: float = 0.0) -> RoundTrip:
    """A round trip of a device whose clock is `wrong_s` ahead of the hub's."""
    left = NOW - s(ago_s)
    received = left + s(there_s)
    answered = received + s(work_s)
    return RoundTrip(left + s(wrong_s), received, answered, answered + s(back_s) + s(wrong_s))


@given(st.floats(-40_000, 40_000), st.floats(0, 5), st.floats(0, 5), st.floats(0, 3), st.floats(0, 600))
def test_what_a_round_trip_tells_is_never_further_off_than_half_of_it(
    wrong_s: float, there_s: float, back_s: float, work_s: float, delivery_s: float
) -> None:
    found = trip(wrong_s, there_s, back_s, work_s=work_s)
    sent = NOW - s(delivery_s) + s(wrong_s)  # a batch that was under way for minutes
    offset = offset_of(found, NOW, sent)
    assert offset is not None
    assert abs(offset + s(wrong_s)) <= found.doubt(NOW) * 2 + s(0.001)
    if there_s + back_s < 0.1:
        assert abs(offset + s(wrong_s)) < s(0.11)


@given(st.floats(0, 3_600))
def test_a_right_clock_is_left_alone_however_long_its_batch_was_under_way(way_s: float) -> None:
    assert offset_of(trip(0, 0.02, 0.05), NOW, NOW - s(way_s)) == s(0)


@pytest.mark.parametrize("there_s", [0.0, 9.0])
def test_a_slow_round_trip_proves_a_clock_wrong_only_beyond_its_doubt(there_s: float) -> None:
    assert offset_of(trip(3, there_s, 0), NOW, None) == (s(-3) if not there_s else s(0))


@pytest.mark.parametrize(
    ("late_s", "offset"),
    [(0, s(0)), (14, s(0)), (-1.9, s(0)), (16, None), (77, None), (-2.1, None), (7 * 3600, None)],
)
def test_without_a_round_trip_nothing_is_guessed(late_s: float, offset: timedelta | None) -> None:
    assert offset_of(None, NOW, NOW - s(late_s)) == offset
    assert offset_of(None, NOW, None) == s(0)


@pytest.mark.parametrize(
    "broken",
    [
        trip(0, 20, 20),  # leaves 20 s in doubt
        trip(0, 0, 0, ago_s=30 * 86_400),  # the quartz has gone on since
        trip(0, 0, 0, ago_s=-60),  # the hub never said that
        RoundTrip(NOW, NOW, NOW, NOW - s(1)),  # the device's clock was set meanwhile
        RoundTrip(NOW, NOW, NOW - s(1), NOW),
    ],
)
def test_a_round_trip_that_proves_nothing_is_none(broken: RoundTrip) -> None:
    assert not broken.proves(NOW)
    assert offset_of(broken, NOW, NOW - s(77)) is None
    assert offset_of(broken, NOW, NOW - s(1)) == s(0)


def test_doubt_grows_with_age() -> None:
    fresh, old = trip(0, 0.2, 0.2), trip(0, 0.2, 0.2, ago_s=86_400)
    assert fresh.doubt(NOW) < s(0.25) < old.doubt(NOW) < DOUBT_MAX
