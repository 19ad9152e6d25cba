"""Calendars read by implementations that are not ours."""

from __future__ import annotations

from datetime import datetime, timedelta

import icalendar
import recurring_ical_events
from ical.calendar_stream import IcsCalendarStream

from tests.plugins.scheduling import HANOI

Shown = list[tuple[datetime, datetime, str]]
"""Begin, end and title, in order."""

SINCE = datetime(2026, 1, 1, tzinfo=HANOI)
YEARS = timedelta(days=4 * 366)


def by_icalendar(written: bytes) -> Shown:
    """By `icalendar` and `recurring-ical-events`."""
    read = recurring_ical_events.of(icalendar.Calendar.from_ical(written)).between(SINCE, SINCE + YEARS)
    return sorted((one.start, one.end, str(one["SUMMARY"])) for one in read)


def by_ical(written: bytes) -> Shown:
    """By `ical`."""
    timeline = IcsCalendarStream.calendar_from_ics(written.decode()).timeline_tz(HANOI)
    read = timeline.overlapping(SINCE, SINCE + YEARS)
    return sorted((one.dtstart, one.dtend, one.summary) for one in read)
