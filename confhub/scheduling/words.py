"""A series in words: its rule, its end and its holidays as one sentence."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

from babel.dates import format_date, get_day_names

from confhub.i18n.catalogue import Translate
from confhub.i18n.formats import Formats
from confhub.scheduling.days_off import OnDaysOff
from confhub.scheduling.recurrence import LAST, Every, Rule

_LEAP_YEAR: Final = 2024
_MONTH: Final = {"vi": "'tháng' M", "en": "MMMM"}
_DAY_AND_MONTH: Final = {"vi": "'ngày' d 'tháng' M", "en": "d MMMM"}


def sentence(rule: Rule, how: OnDaysOff, translate: Translate, formats: Formats) -> str:
    """`Every 2 weeks on Tuesday, until 31 Dec 2026; public holidays are left out.`: of a fitting rule
    that has dates, in the language of `translate` and `formats`."""
    parts = [_repeats(rule, translate, formats)]
    if remark := _remark(rule, translate):
        parts.append(remark)
    if rule.count is not None:
        parts.append(
            translate("once only") if rule.count == 1 else translate("{count} dates").format(count=rule.count)
        )
    elif rule.until is not None:
        parts.append(translate("until {day}").format(day=formats.date(rule.until)))
    else:
        parts.append(translate("without an end"))
    said = ", ".join(parts)
    if how is OnDaysOff.SKIP:
        said = f"{said}; {translate('public holidays are left out')}"
    elif how is OnDaysOff.MOVE:
        said = f"{said}; {translate('public holidays are moved to the next working day')}"
    return f"{said}."


def _repeats(rule: Rule, translate: Translate, formats: Formats) -> str:
    n, one = rule.interval, rule.interval == 1
    match rule.every:
        case Every.DAY:
            return translate("Every day") if one else translate("Every {n} days").format(n=n)
        case Every.WEEK:
            text = translate("Every week on {days}") if one else translate("Every {n} weeks on {days}")
            return text.format(n=n, days=_listed(rule.weekdays, translate, formats))
        case Every.MONTH:
            text = translate("Every month on {day}") if one else translate("Every {n} months on {day}")
            return text.format(n=n, day=_in_month(rule, translate, formats))
        case Every.YEAR:
            text = translate("Every year on {day}") if one else translate("Every {n} years on {day}")
            return text.format(n=n, day=_in_year(rule, translate, formats))


def _listed(weekdays: Sequence[int], translate: Translate, formats: Formats) -> str:
    names = [weekday_name(day, formats) for day in weekdays]
    if len(names) == 1:
        return names[0]
    return translate("{all} and {last}").format(all=", ".join(names[:-1]), last=names[-1])


def weekday_name(day: int, formats: Formats) -> str:
    """`Tuesday` for 1."""
    return str(get_day_names("wide", locale=formats.language)[day])


def nth_words(translate: Translate) -> dict[int, str]:
    """A weekday's place in its month, as it stands in sentences."""
    return {
        1: translate("first"),
        2: translate("second"),
        3: translate("third"),
        4: translate("fourth"),
        LAST: translate("last"),
    }


def _in_month(rule: Rule, translate: Translate, formats: Formats) -> str:
    if rule.nth is not None and rule.weekday is not None:
        said = translate("the {nth} {weekday}")
        return said.format(nth=nth_words(translate)[rule.nth], weekday=weekday_name(rule.weekday, formats))
    if rule.month_day == LAST:
        return translate("its last day")
    return translate("day {number}").format(number=rule.month_day)


def _in_year(rule: Rule, translate: Translate, formats: Formats) -> str:
    assert rule.month is not None, "a fitting rule of years has its month"
    language = formats.language
    month = format_date(date(_LEAP_YEAR, rule.month, 1), _MONTH[language], language)
    if rule.nth is not None and rule.weekday is not None:
        return translate("the {nth} {weekday} of {month}").format(
            nth=nth_words(translate)[rule.nth], weekday=weekday_name(rule.weekday, formats), month=month
        )
    if rule.month_day is None or rule.month_day == LAST:
        return translate("the last day of {month}").format(month=month)
    return format_date(date(_LEAP_YEAR, rule.month, rule.month_day), _DAY_AND_MONTH[language], language)


def _remark(rule: Rule, translate: Translate) -> str:
    """What is easily overlooked: months and years that have no such day."""
    day = rule.month_day
    if rule.every is Every.MONTH and day is not None and day >= 29:
        return translate("only in months that have a day {number}").format(number=day)
    if rule.every is Every.YEAR and (rule.month, day) == (2, 29):
        return translate("only in leap years")
    return ""
