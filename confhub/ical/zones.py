"""VTIMEZONE: a zone's hours for calendars that know none by name.

Viet Nam has been at +07:00 since 1975, and no rule of the years before is carried along: what a library
writes for it begins in 1970 with +08:00 and says that it holds until 2038. A zone whose clocks never change
from 1980 on is one STANDARD part without an end; any other is written out change by change.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

_SINCE: Final = 1980
_UNTIL: Final = 2100
"""Changes of zones with summer time are written out so far."""
_DAY: Final = timedelta(days=1)


@lru_cache(maxsize=16)
def zone_lines(name: str) -> tuple[str, ...]:
    """The lines of the zone's VTIMEZONE, unfolded."""
    zone = ZoneInfo(name)
    begins = datetime(_SINCE, 1, 1, tzinfo=UTC).astimezone(zone)
    lines = ["BEGIN:VTIMEZONE", f"TZID:{name}", *_part(begins, begins, "19700101T000000")]
    for before, after in _changes(zone):
        moment = before.replace(tzinfo=None) + timedelta(seconds=1)
        lines += _part(before, after, f"{moment:%Y%m%dT%H%M%S}")
    return (*lines, "END:VTIMEZONE")


def _part(before: datetime, after: datetime, starts: str) -> list[str]:
    kind = "DAYLIGHT" if after.dst() else "STANDARD"
    return [
        f"BEGIN:{kind}",
        f"DTSTART:{starts}",
        f"TZOFFSETFROM:{_offset(before)}",
        f"TZOFFSETTO:{_offset(after)}",
        f"TZNAME:{after:%Z}",
        f"END:{kind}",
    ]


def _changes(zone: ZoneInfo) -> list[tuple[datetime, datetime]]:
    """The last second before each change of the clocks, and the first after it."""
    found = []
    at, end = datetime(_SINCE, 1, 1, tzinfo=UTC), datetime(_UNTIL, 1, 1, tzinfo=UTC)
    while at < end:
        if at.astimezone(zone).utcoffset() != (at + _DAY).astimezone(zone).utcoffset():
            low, high = 0, 86_400
            while high - low > 1:
                middle = (low + high) // 2
                same = (at + timedelta(seconds=middle)).astimezone(zone).utcoffset()
                low, high = (middle, high) if same == at.astimezone(zone).utcoffset() else (low, middle)
            found.append(
                (
                    (at + timedelta(seconds=low)).astimezone(zone),
                    (at + timedelta(seconds=high)).astimezone(zone),
                )
            )
        at += _DAY
    return found


def _offset(at: datetime) -> str:
    total = int((at.utcoffset() or timedelta()).total_seconds())
    sign, minutes = ("-" if total < 0 else "+"), abs(total) // 60
    return f"{sign}{minutes // 60:02}{minutes % 60:02}"
