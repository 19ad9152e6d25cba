"""Hours as papers, files and pages write them; a date stands beside them where the day is another one.

Alike in every language. Moments come in the reader's zone.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Final

DASH: Final = "–"
_HOURS: Final = {True: "%H:%M:%S", False: "%H:%M"}
_DAY: Final = "%d/%m/%Y"


def hour(moment: datetime | None, day: date | None = None, *, seconds: bool = True) -> str:
    """`23:25:00`; `00:10:00 29/11/2026` where it is not on `day`. Empty for None."""
    if moment is None:
        return ""
    text = moment.strftime(_HOURS[seconds])
    return text if day is None or moment.date() == day else f"{text} {moment.strftime(_DAY)}"


def span(start: datetime, end: datetime, day: date | None = None, *, seconds: bool = True) -> str:
    """`08:00:00–09:30:00`; with both dates where it crosses midnight, with one where all of it is on another
    day than `day`."""
    if start.date() != end.date():
        return f"{hour(start, date.min, seconds=seconds)} {DASH} {hour(end, date.min, seconds=seconds)}"
    text = f"{hour(start, seconds=seconds)}{DASH}{hour(end, seconds=seconds)}"
    return text if day is None or start.date() == day else f"{text} {start.strftime(_DAY)}"
