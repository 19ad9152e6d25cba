"""Series: their rules, as both doors ask for them."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import BaseModel, Field

from confhub.scheduling.days_off import OnDaysOff
from confhub.scheduling.recurrence import Every, Rule

NUMBER_MAX = 10_000_000
"""A shape's cap only; the services know the real bounds and name them."""

Number = Annotated[int, Field(ge=-NUMBER_MAX, le=NUMBER_MAX)]


class RuleFields(BaseModel):
    """Every `interval` days, weeks, months or years. `weekdays`, of weeks: 0 is Monday. `month_day`, of
    months and years: 1 to 31, or -1, the last; or `nth` (1 to 4, or -1, the last) and `weekday`. `month`, of
    years. What is left out comes from the first day. It ends with the day `until`, after `count` dates, or
    not at all."""

    every: Every
    interval: Number = 1
    weekdays: list[Number] = Field(default=[], max_length=7)
    month_day: Number | None = None
    nth: Number | None = None
    weekday: Number | None = None
    month: Number | None = None
    until: date | None = None
    count: Number | None = None

    def rule(self) -> Rule:
        """As the services take it."""
        return Rule(
            self.every, self.interval, tuple(self.weekdays), self.month_day, self.nth, self.weekday,
            self.month, self.until, self.count,
        )  # fmt: skip


class OnDaysOffField(BaseModel):
    """What becomes of dates that fall on a day off."""

    on_days_off: OnDaysOff = OnDaysOff.SKIP
