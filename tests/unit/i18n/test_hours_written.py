"""Hours on papers and pages: with dates where the day is another one."""

from __future__ import annotations

from datetime import UTC, date, datetime

from confhub.i18n import hours
from confhub.i18n.formats import Formats

DAY = date(2026, 11, 28)
EVENING = datetime(2026, 11, 28, 23, 50)  # noqa: DTZ001 - a reader's clock
NIGHT = datetime(2026, 11, 29, 0, 10)  # noqa: DTZ001


def test_a_stretch_within_the_day_is_two_hours() -> None:
    assert hours.span(EVENING, EVENING.replace(minute=55), DAY) == "23:50:00–23:55:00"
    assert hours.hour(EVENING, DAY, seconds=False) == "23:50"


def test_a_stretch_over_midnight_has_both_dates() -> None:
    assert hours.span(EVENING, NIGHT, DAY) == "23:50:00 28/11/2026 – 00:10:00 29/11/2026"


def test_a_stretch_wholly_on_another_day_has_its_date() -> None:
    assert hours.span(NIGHT, NIGHT.replace(minute=20), DAY) == "00:10:00–00:20:00 29/11/2026"
    assert hours.hour(NIGHT, DAY) == "00:10:00 29/11/2026"


def test_days_are_those_of_the_reader_s_zone() -> None:
    fmt = Formats("vi", "Asia/Ho_Chi_Minh")
    start, end = datetime(2026, 11, 28, 16, 50, tzinfo=UTC), datetime(2026, 11, 28, 17, 10, tzinfo=UTC)
    assert fmt.stretch(start, end) == "23:50:00 28/11/2026 – 00:10:00 29/11/2026"
    assert fmt.stretch(start, None) == "23:50:00–"
    assert fmt.hour(end, start, seconds=False) == "00:10 29/11/2026"
