"""Rules by which sessions come again: a part of RFC 5545's RRULE, and the days that it gives."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from itertools import islice
from typing import Final, Literal

from dateutil import rrule

from confhub.kernel.errors import DomainError
from confhub.scheduling import errors
from confhub.scheduling.limits import COUNT_MAX, INTERVAL_MAX, UNTIL_MAX_YEARS

WEEKDAYS: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
NTHS: Final = (1, 2, 3, 4, -1)
"""Of weekdays in a month; there is not always a fifth one."""
LAST: Final = -1
_DAY = timedelta(days=1)
_TEXT_MAX_CHARS: Final = 300


class Every(StrEnum):
    """What is counted from one date to the next."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


_FREQ: Final = {Every.DAY: "DAILY", Every.WEEK: "WEEKLY", Every.MONTH: "MONTHLY", Every.YEAR: "YEARLY"}
_EVERY: Final = {name: every for every, name in _FREQ.items()}
_ENGINE: Final[dict[Every, Literal[0, 1, 2, 3]]] = {
    Every.DAY: rrule.DAILY,
    Every.WEEK: rrule.WEEKLY,
    Every.MONTH: rrule.MONTHLY,
    Every.YEAR: rrule.YEARLY,
}


@dataclass(frozen=True, slots=True)
class Rule:
    """Every `interval` days, weeks, months or years.

    `weekdays`, of weeks: 0 is Monday. `month_day`, of months and years: 1 to 31, or LAST; a month that has no
    such day has no date. Or `nth` and `weekday` in the month: the first to the fourth, or LAST. `month`, of
    years: 1 to 12. It ends with the day `until`, after `count` dates, or not at all.
    """

    every: Every
    interval: int = 1
    weekdays: tuple[int, ...] = ()
    month_day: int | None = None
    nth: int | None = None
    weekday: int | None = None
    month: int | None = None
    until: date | None = None
    count: int | None = None


def fitting(rule: Rule, first: date) -> Rule:
    """The rule, with what it leaves open taken from its first day, without what is of no use to its kind."""
    weekdays = tuple(sorted(set(rule.weekdays))) or (first.weekday(),)
    monthly = rule.every in (Every.MONTH, Every.YEAR)
    by_weekday = monthly and rule.nth is not None
    return Rule(
        every=rule.every,
        interval=rule.interval,
        weekdays=weekdays if rule.every is Every.WEEK else (),
        month_day=(rule.month_day or first.day) if monthly and not by_weekday else None,
        nth=rule.nth if by_weekday else None,
        weekday=(first.weekday() if rule.weekday is None else rule.weekday) if by_weekday else None,
        month=(rule.month or first.month) if rule.every is Every.YEAR else None,
        until=rule.until,
        count=rule.count,
    )


def faults(rule: Rule, first: date) -> list[DomainError]:
    """What is wrong with a fitting rule that begins on `first` or later; `field` names the attribute."""
    found: list[DomainError] = []
    if not 1 <= rule.interval <= INTERVAL_MAX:
        found.append(errors.IntervalOutOfRange(field="interval", max_count=INTERVAL_MAX))
    if any(not 0 <= day <= 6 for day in rule.weekdays):
        found.append(errors.WeekdayUnknown(field="weekdays"))
    if rule.weekday is not None and not 0 <= rule.weekday <= 6:
        found.append(errors.WeekdayUnknown(field="weekday"))
    if rule.nth is not None and rule.nth not in NTHS:
        found.append(errors.NthUnknown(field="nth"))
    if rule.month_day is not None and rule.month_day != LAST and not 1 <= rule.month_day <= 31:
        found.append(errors.MonthDayOutOfRange(field="month_day"))
    if rule.month is not None and not 1 <= rule.month <= 12:
        found.append(errors.MonthOutOfRange(field="month"))
    found += _end_faults(rule, first)
    if not found and next(days(rule, first, _latest(first)), None) is None:
        found.append(errors.RuleGivesNoDate(field="every"))
    return found


def _end_faults(rule: Rule, first: date) -> list[DomainError]:
    if rule.until is not None and rule.count is not None:
        return [errors.UntilAndCount(field="until")]
    if rule.count is not None and not 1 <= rule.count <= COUNT_MAX:
        return [errors.CountOutOfRange(field="count", count=rule.count, max_count=COUNT_MAX)]
    if rule.until is not None and rule.until < first:
        return [errors.UntilBeforeStart(field="until")]
    if rule.until is not None and rule.until > _latest(first):
        return [errors.UntilTooFar(field="until", years=UNTIL_MAX_YEARS)]
    return []


def _latest(first: date) -> date:
    return date.fromordinal(min(first.toordinal() + UNTIL_MAX_YEARS * 366, date.max.toordinal()))


def days(rule: Rule, first: date, last: date) -> Iterator[date]:
    """The days of a fitting, faultless rule from `first` to `last`, both included, in order.

    What is counted (weeks, months) is counted from `first`, and `count` from the first date on: `first` is
    the day that the series begins with, or one before it in the same week, month or year.
    """
    until = min(last, rule.until) if rule.until is not None else last
    found = rrule.rrule(
        _ENGINE[rule.every],
        dtstart=datetime.combine(first, time()),
        interval=rule.interval,
        count=rule.count,
        until=None if rule.count is not None else datetime.combine(until, time()),
        bymonth=rule.month,
        bymonthday=rule.month_day,
        byweekday=_weekdays(rule),
    )
    for moment in found:
        if moment.date() > until:
            return
        yield moment.date()


def _weekdays(rule: Rule) -> list[rrule.weekday] | None:
    if rule.nth is not None and rule.weekday is not None:
        return [rrule.weekday(rule.weekday, rule.nth)]
    return [rrule.weekday(day) for day in rule.weekdays] or None


def first_day(rule: Rule, from_day: date) -> date | None:
    """The first day on or after `from_day` that the rule gives: a series' DTSTART, which RFC 5545 wants to be
    one of its dates. None where there is none."""
    return next(islice(days(rule, from_day, _latest(from_day)), 1), None)


def rrule_text(rule: Rule, hour: time, zone: tzinfo) -> str:
    """The rule as an RRULE's value; UNTIL is the last date's beginning in UTC, as RFC 5545 (3.3.10) wants it
    beside a DTSTART with a zone."""
    parts = [f"FREQ={_FREQ[rule.every]}"]
    if rule.interval != 1:
        parts.append(f"INTERVAL={rule.interval}")
    if rule.count is not None:
        parts.append(f"COUNT={rule.count}")
    if rule.until is not None:
        end = datetime.combine(rule.until, hour, zone).astimezone(UTC)
        parts.append(f"UNTIL={end:%Y%m%dT%H%M%SZ}")
    if rule.month is not None:
        parts.append(f"BYMONTH={rule.month}")
    if rule.month_day is not None:
        parts.append(f"BYMONTHDAY={rule.month_day}")
    if rule.nth is not None and rule.weekday is not None:
        parts.append(f"BYDAY={rule.nth}{WEEKDAYS[rule.weekday]}")
    if rule.weekdays:
        parts.append("BYDAY=" + ",".join(WEEKDAYS[day] for day in rule.weekdays))
    return ";".join(parts)


_BY_DAY = re.compile(r"([+-]?\d{1,2})?(MO|TU|WE|TH|FR|SA|SU)")
_NUMBER = re.compile(r"[+-]?\d{1,9}")


def read_rrule(text: str, first: date, hour: time, zone: tzinfo) -> Rule:
    """The rule in an RRULE's value, of a series whose first session begins at `hour` of `first` in `zone`.

    Gives a fitting rule, which may still have `faults`. Raises RuleUnreadable, RuleUnsupported.
    """
    parts = _parts(text)
    every = _EVERY.get(parts.pop("FREQ", ""))
    if every is None:
        raise errors.RuleUnsupported(field="rrule", part="FREQ")
    if parts.pop("WKST", "MO") != "MO":
        raise errors.RuleUnsupported(field="rrule", part="WKST")
    until = _until(parts.pop("UNTIL", None), hour, zone)
    interval = _number(parts, "INTERVAL")
    count = _number(parts, "COUNT")
    nth, weekdays = _by_day(parts.pop("BYDAY", ""), every)
    month_day = _number(parts, "BYMONTHDAY")
    month = _number(parts, "BYMONTH")
    left = next(iter(parts), None) or _misplaced(every, month_day, month, bool(weekdays), nth)
    if left:
        raise errors.RuleUnsupported(field="rrule", part=left)
    return fitting(
        Rule(
            every=every,
            interval=1 if interval is None else interval,
            weekdays=weekdays if nth is None else (),
            month_day=month_day,
            nth=nth,
            weekday=weekdays[0] if nth is not None else None,
            month=month,
            until=until,
            count=count,
        ),
        first,
    )


def _misplaced(every: Every, month_day: int | None, month: int | None, by_day: bool, nth: int | None) -> str:
    """The name of a part that has no meaning here beside the others; empty for none."""
    monthly = every in (Every.MONTH, Every.YEAR)
    if month_day is not None and (not monthly or nth is not None):
        return "BYMONTHDAY"
    if month is not None and every is not Every.YEAR:
        return "BYMONTH"
    if month is None and every is Every.YEAR and (month_day is not None or nth is not None):
        return "BYDAY" if nth is not None else "BYMONTHDAY"
    if by_day and (every is Every.DAY or (monthly and nth is None)):
        return "BYDAY"
    return ""


def _parts(text: str) -> dict[str, str]:
    if len(text) > _TEXT_MAX_CHARS:
        raise errors.RuleUnreadable(field="rrule")
    parts: dict[str, str] = {}
    for part in text.strip().upper().removeprefix("RRULE:").split(";"):
        name, sign, value = part.partition("=")
        if not sign or not value or name in parts:
            raise errors.RuleUnreadable(field="rrule")
        parts[name] = value
    return parts


def _number(parts: dict[str, str], name: str) -> int | None:
    value = parts.pop(name, None)
    if value is None:
        return None
    if not _NUMBER.fullmatch(value):
        part = name if "," in value else None
        raise (
            errors.RuleUnsupported(field="rrule", part=part) if part else errors.RuleUnreadable(field="rrule")
        )
    return int(value)


def _by_day(value: str, every: Every) -> tuple[int | None, tuple[int, ...]]:
    """The place in the month, None for every such day, and the weekdays."""
    if not value:
        return None, ()
    found = [_BY_DAY.fullmatch(part) for part in value.split(",")]
    if not all(found):
        raise errors.RuleUnreadable(field="rrule")
    weekdays = tuple(WEEKDAYS.index(match[2]) for match in found if match)
    places = [int(match[1]) for match in found if match and match[1]]
    if not places:
        return None, weekdays
    if len(found) > 1 or every not in (Every.MONTH, Every.YEAR):
        raise errors.RuleUnsupported(field="rrule", part="BYDAY")
    return places[0], weekdays


def _until(value: str | None, hour: time, zone: tzinfo) -> date | None:
    """The last day on which a session that begins at `hour` still begins by then."""
    if value is None:
        return None
    for form in ("%Y%m%d", "%Y%m%dT%H%M%S", "%Y%m%dT%H%M%SZ"):
        try:
            end = datetime.strptime(value, form)  # noqa: DTZ007 - the zone is put in below
        except ValueError:
            continue
        if form == "%Y%m%d":
            return end.date()
        try:
            local = end.replace(tzinfo=UTC).astimezone(zone) if value.endswith("Z") else end
        except OverflowError:  # year 1 or 9999: whichever side, too far to be meant
            return end.date()
        whole = local.timetz().replace(tzinfo=None) >= hour
        return local.date() if whole or local.date() == date.min else local.date() - _DAY
    raise errors.RuleUnreadable(field="rrule")
