"""Typed hours: what a zone's clocks skip or show twice is asked about; midnight is crossed."""

from __future__ import annotations

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest

from confhub.kernel.local_time import HourSkipped, HourTwice, during, local_moment, on_day

BERLIN, HANOI = ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Ho_Chi_Minh")


def test_an_hour_that_is_skipped_is_asked_about() -> None:
    with pytest.raises(HourSkipped) as refused:
        local_moment(datetime(2026, 3, 29, 2, 30), BERLIN, "start_time")  # noqa: DTZ001 - as typed
    assert refused.value.field == "start_time"
    words = "there is no 02:30 in Europe/Berlin. Choose another hour, such as 01:30 or 03:30."
    assert words in str(refused.value)


def test_an_hour_that_comes_twice_is_asked_about_and_answered_by_its_offset() -> None:
    typed = datetime(2026, 10, 25, 2, 30)  # noqa: DTZ001 - as typed
    with pytest.raises(HourTwice) as refused:
        local_moment(typed, BERLIN)
    answers = refused.value.params["first"], refused.value.params["second"]
    meant = [local_moment(datetime.fromisoformat(str(one)), BERLIN).astimezone(UTC) for one in answers]
    assert [one.hour for one in meant] == [0, 1]
    answer = time.fromisoformat("02:30+01:00")
    assert on_day(typed.date(), answer, BERLIN).astimezone(UTC) == meant[1]


def test_other_hours_of_those_days_and_of_zones_without_summer_time_stand() -> None:
    for hour in (1, 3, 12):
        assert local_moment(datetime(2026, 10, 25, hour, 30), BERLIN).hour == hour  # noqa: DTZ001
    assert local_moment(datetime(2026, 3, 29, 2, 30), HANOI).isoformat()[11:] == "02:30:00+07:00"  # noqa: DTZ001


@pytest.mark.parametrize(
    ("hour", "meant"),
    [("21:50", "28T21:50"), ("22:00", "28T22:00"), ("23:25", "28T23:25"), ("00:10", "29T00:10"),
     ("01:00", "29T01:00"), ("01:05", "29T01:05")],
)  # fmt: skip
def test_an_hour_of_a_session_over_midnight_is_the_one_in_it(hour: str, meant: str) -> None:
    start = datetime(2026, 11, 28, 22, tzinfo=HANOI)
    found = during(time.fromisoformat(hour), start, datetime(2026, 11, 29, 1, tzinfo=HANOI), HANOI)
    assert f"{found:%dT%H:%M}" == meant


def test_an_hour_of_a_session_within_a_day_is_of_that_day() -> None:
    start, end = datetime(2026, 11, 28, 8, tzinfo=HANOI), datetime(2026, 11, 28, 10, tzinfo=HANOI)
    for hour in ("00:10", "07:55", "23:00"):
        assert during(time.fromisoformat(hour), start, end, HANOI).day == 28
