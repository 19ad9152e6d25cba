"""Days off: the public holidays of Viet Nam, lunar New Year included, and a unit's own; and what a series
does with dates that fall on one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from holidays import HolidayBase, country_holidays

_DAY = timedelta(days=1)
_SATURDAY: Final = 5
_LANGUAGES: Final = {"vi": "vi", "en": "en_US"}


class OnDaysOff(StrEnum):
    """What becomes of a date that falls on a day off: held all the same, left out, or moved to the next
    working day before the series' next date; left out as well where there is none."""

    KEEP = "keep"
    SKIP = "skip"
    MOVE = "move"


@dataclass(frozen=True, slots=True)
class DaysOff:
    """The public holidays, and `own` days with their names."""

    own: Mapping[date, str] = field(default_factory=dict)

    def name(self, day: date, language: str = "vi") -> str | None:
        """What the day off is called; None for other days. `language`: vi or en; own days have one name."""
        if day in self.own:
            return self.own[day]
        found: str | None = _NATIONAL[language].get(day)
        return found

    def __contains__(self, day: date) -> bool:
        return day in self.own or day in _NATIONAL["vi"]


def _holidays(language: str) -> HolidayBase:
    """Reckons a year when it is first asked for; what it says in that language is read now."""
    found = country_holidays("VN", language=language)
    found.get(date(2026, 1, 1))
    return found


_NATIONAL: Final = {language: _holidays(name) for language, name in _LANGUAGES.items()}


@dataclass(frozen=True, slots=True)
class Planned:
    """A date of a series: `original` by the rule, `day` on which it is held, None where it is left out."""

    original: date
    day: date | None


def planned(dates: Iterable[date], off: DaysOff, how: OnDaysOff) -> Iterator[Planned]:
    """The rule's dates, in order, as they are held; at the last one, moving ends after a fortnight."""
    coming = iter(dates)
    here = next(coming, None)
    while here is not None:
        after = next(coming, None)
        if how is OnDaysOff.KEEP or here not in off:
            yield Planned(here, here)
        elif how is OnDaysOff.SKIP:
            yield Planned(here, None)
        else:
            yield Planned(here, _moved(here, after, off))
        here = after


MOVED_MAX_DAYS: Final = 14
"""Lunar New Year with its weekends takes nine days."""


def _moved(day: date, before: date | None, off: DaysOff) -> date | None:
    for days in range(1, MOVED_MAX_DAYS + 1):
        found = day + days * _DAY
        if before is not None and found >= before:
            return None
        if found.weekday() < _SATURDAY and found not in off:
            return found
    return None
