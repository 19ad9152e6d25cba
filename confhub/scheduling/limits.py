"""Caps of series and of bookings, each with its reason."""

from __future__ import annotations

INTERVAL_MAX = 99
"""Every 99 years is a slip of the hand already."""

COUNT_MAX = 1_000
"""Dates of a series that is counted: four years of working days; what goes on longer has no end or a date."""

UNTIL_MAX_YEARS = 20
"""An end further away is a mistyped year; what has no end says so."""

MADE_AHEAD_MONTHS = 18
"""So far ahead a series' dates are sessions; what lies further is made later."""

ROWS_AT_ONCE = 20_000
"""Places of rooms that one transaction makes, so that other writers wait for a second or two at the most:
52 dates of 302 rooms are 15,704. The job makes what is left."""

DATES_AT_ONCE = 104
"""Dates that one transaction makes: two years of weeks."""

OWN_DAYS_MAX = 200
"""Extra days of a unit: some ten a year."""

BUFFER_MAX_MIN = 240
"""Setting a room up takes half a day at the most."""

WINDOWS_MAX = 20
"""Free windows in one answer: more are not read."""

SEARCH_MAX_DAYS = 62
"""How far ahead free windows are looked for: two months."""

ASKED_ROOMS_MAX = 5_000
"""Rooms that one question about conflicts names: every room of the largest province, twice."""

CONFLICTS_SHOWN_MAX = 200
"""Conflicts in one answer, the first ones; how many there are in all is said."""

CALENDAR_MAX_DAYS = 62
"""Days in one answer of the calendar: a month's view shows six weeks, the list two months at the most."""

CALENDAR_ENTRIES_MAX = 10_000
"""Sessions in one answer of the calendar: twice what the busiest month is reckoned with."""

CALENDAR_ROOMS_MAX = 100
"""Rooms of one page of the timeline: more rows are not looked through."""

CALENDAR_FIRST_YEAR, CALENDAR_LAST_YEAR = 2000, 2099
"""Beyond is a mistyped year; lunar New Year is known for these."""
