"""The part of a session's form that says how it comes again."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from aiohttp import web
from pydantic import Field

from confhub.http.context import language, services
from confhub.http.forms import Form, FormModel
from confhub.http.language import translate
from confhub.http.wishes.series import Number
from confhub.i18n.formats import Formats
from confhub.scheduling.days_off import OnDaysOff
from confhub.scheduling.errors import EndMissing
from confhub.scheduling.recurrence import LAST, NTHS, Every, Rule
from confhub.scheduling.words import nth_words, weekday_name

DAY_BY = ("day", "last", "nth")


class RepeatFields(FormModel):
    """How it repeats: not at all without `every`. `by`: in months and years, by its day, on the last day, or
    on the n-th weekday."""

    every: Every | None = None
    interval: Number = 1
    weekdays: list[Number] = Field(default=[], max_length=7)
    by: Literal["day", "last", "nth"] = "day"
    month_day: Number | None = None
    nth: Number = 1
    weekday: Number | None = None
    ends: Literal["never", "until", "count"] = "never"
    until: date | None = None
    count: Number | None = None
    on_days_off: OnDaysOff = OnDaysOff.SKIP

    def rule(self) -> Rule:
        """As the services take it. EndMissing."""
        assert self.every is not None, "asked only where it repeats"
        if self.ends != "never" and getattr(self, self.ends) is None:
            raise EndMissing(field=self.ends)
        monthly = self.every in (Every.MONTH, Every.YEAR)
        nth = self.nth if monthly and self.by == "nth" else None
        return Rule(
            self.every,
            self.interval,
            tuple(self.weekdays) if self.every is Every.WEEK else (),
            month_day=(LAST if self.by == "last" else self.month_day) if monthly and nth is None else None,
            nth=nth,
            weekday=self.weekday if nth is not None else None,
            until=self.until if self.ends == "until" else None,
            count=self.count if self.ends == "count" else None,
        )


def blank_rule() -> dict[str, Any]:
    """Of a session that does not repeat."""
    return {
        "every": "", "interval": 1, "weekdays": [], "by": "day", "month_day": "", "nth": 1, "weekday": "",
        "ends": "never", "until": "", "count": "", "on_days_off": "skip",
    }  # fmt: skip


def stored_rule(rule: Rule, on_days_off: OnDaysOff) -> dict[str, Any]:
    """Of a series that is there."""
    by = "nth" if rule.nth is not None else "last" if rule.month_day == LAST else "day"
    return blank_rule() | {
        "every": rule.every.value,
        "interval": rule.interval,
        "weekdays": list(rule.weekdays),
        "by": by,
        "month_day": rule.month_day if by == "day" and rule.month_day else "",
        "nth": rule.nth or 1,
        "weekday": "" if rule.weekday is None else rule.weekday,
        "ends": "count" if rule.count is not None else "until" if rule.until is not None else "never",
        "until": rule.until or "",
        "count": rule.count or "",
        "on_days_off": on_days_off.value,
    }


def typed_rule(form: Form) -> dict[str, Any]:
    """What came in, whatever it is, to be drawn again."""
    values = {name: form.get(name) for name in blank_rule()}
    return values | {"weekdays": [int(one) for one in form.all("weekdays") if one in tuple("0123456")]}


def rule_choices(request: web.Request) -> dict[str, list[tuple[Any, str]]]:
    """What the part offers, in the reader's words."""

    def _(message: str) -> str:
        return translate(request, message)

    formats = Formats(language(request), services(request).settings.timezone)
    days = [(day, weekday_name(day, formats)) for day in range(7)]
    places = nth_words(_)
    return {
        "every": [
            ("", _("Does not repeat")), ("day", _("By days")), ("week", _("By weeks")),
            ("month", _("By months")), ("year", _("By years")),
        ],
        "by": [
            ("day", _("on a day of the month")), ("last", _("on the last day of the month")),
            ("nth", _("on a weekday of the month")),
        ],
        "nth": [(place, places[place]) for place in NTHS],
        "weekday": [("", _("that of the first date")), *days],
        "weekdays": days,
        "ends": [
            ("never", _("Never")), ("until", _("On a day")),
            ("count", _("After a number of dates")),
        ],
        "on_days_off": [
            ("skip", _("are left out")), ("move", _("are moved to the next working day")),
            ("keep", _("are held all the same")),
        ],
    }  # fmt: skip
