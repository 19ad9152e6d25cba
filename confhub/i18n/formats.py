"""Dates, times and numbers as a reader writes them, in the zone of the service."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime, format_time, format_timedelta
from babel.numbers import format_decimal

from confhub.i18n import hours
from confhub.kernel import rounding

_DATE = {"vi": "dd/MM/yyyy", "en": "d MMM yyyy"}
_DATE_TIME = {"vi": "HH:mm, dd/MM/yyyy", "en": "d MMM yyyy, HH:mm"}
_TIME = {"vi": "HH:mm", "en": "HH:mm"}
_TIME_SECONDS = {"vi": "HH:mm:ss", "en": "HH:mm:ss"}
_LONG_DATE = {"vi": "EEEE, 'ngày' d 'tháng' M 'năm' yyyy", "en": "EEEE, d MMMM yyyy"}
_WEEKDAY_DATE = {"vi": "EEEE, dd/MM/yyyy", "en": "EEEE, d MMM yyyy"}

_KEPT = 5_000
"""Figures kept as they were written: tables of 302 rooms show the same ones every five seconds."""


class Formats:
    """How one language writes moments and figures; moments are shown in `timezone`."""

    def __init__(self, language: str, timezone: str) -> None:
        self.language = language
        self.zone = ZoneInfo(timezone)

    def date(self, value: dt.datetime | dt.date | None) -> str:
        """`22/11/2026`; an empty string for None."""
        return "" if value is None else format_date(self._local(value), _DATE[self.language], self.language)

    def long_date(self, value: dt.datetime | dt.date) -> str:
        """`Chủ Nhật, ngày 22 tháng 11 năm 2026`."""
        return format_date(self._local(value), _LONG_DATE[self.language], self.language)

    def weekday_date(self, value: dt.datetime | dt.date) -> str:
        """`Thứ Hai, 22/11/2026`."""
        return format_date(self._local(value), _WEEKDAY_DATE[self.language], self.language)

    def local_day(self, value: dt.datetime | dt.date) -> dt.date:
        """The day in the service's zone."""
        return self._local(value)

    def datetime(self, value: dt.datetime | None) -> str:
        """`08:30, 22/11/2026`; an empty string for None."""
        if value is None:
            return ""
        return format_datetime(value, _DATE_TIME[self.language], tzinfo=self.zone, locale=self.language)

    def time(self, value: dt.datetime | None, seconds: bool = False) -> str:
        """`08:30`, or `08:30:05`; an empty string for None."""
        if value is None:
            return ""
        pattern = (_TIME_SECONDS if seconds else _TIME)[self.language]
        return format_time(value.astimezone(self.zone), pattern, tzinfo=self.zone, locale=self.language)

    def number(self, value: float) -> str:
        """`1.234,5` in Vietnamese, `1,234.5` in English; no zero is negative."""
        return _number(value + 0, self.language)

    def percent(self, share: float) -> str:
        """`97,50 %` of a share between 0 and 1, two decimals, rounded as everywhere (`kernel.rounding`)."""
        return f"{self.decimal(rounding.percent(share), 2)}{' %' if self.language == 'vi' else '%'}"

    def decimal(self, value: Decimal | float, digits: int) -> str:
        """`1.234,50`: as `number`, with exactly that many decimals, halves up."""
        exact = value if isinstance(value, Decimal) else rounding.rounded(value, digits)
        return _decimal(exact + 0, digits, self.language)

    def stretch(self, start: dt.datetime, end: dt.datetime | None, day: dt.datetime | None = None) -> str:
        """`08:00:00–09:30:00`, with dates where it is not all on the day of `day` (None: the day of `start`);
        without an end it is still going on."""
        start = start.astimezone(self.zone)
        on = (start if day is None else day.astimezone(self.zone)).date()
        if end is None:
            return f"{hours.hour(start, on)}{hours.DASH}"
        return hours.span(start, end.astimezone(self.zone), on)

    def hour(self, value: dt.datetime | None, day: dt.datetime | None, seconds: bool = True) -> str:
        """`08:30:05`, with its date where it is not on the day of `day`; an empty string for None."""
        if value is None:
            return ""
        on = day.astimezone(self.zone).date() if day is not None else None
        return hours.hour(value.astimezone(self.zone), on, seconds=seconds)

    def ago(self, then: dt.datetime | None, now: dt.datetime) -> str:
        """`3 phút trước`; an empty string for None."""
        if then is None:
            return ""
        return format_timedelta(then - now, add_direction=True, granularity="second", locale=self.language)

    def span(self, length: dt.timedelta) -> str:
        """`3 giờ`: the length in its largest unit."""
        return format_timedelta(length, locale=self.language, threshold=1.5)

    def moment_input(self, value: object) -> str:
        """What a field for day and time shows, `22/11/2026 08:00` in the service's zone; what is no moment
        stays as it was typed."""
        if isinstance(value, dt.datetime):
            return value.astimezone(self.zone).strftime("%d/%m/%Y %H:%M")
        return str(value or "")

    def date_input(self, value: object) -> str:
        """What a date field shows, `22/11/2026` in both languages; what is no date stays as it was typed."""
        if isinstance(value, dt.date):
            return value.strftime("%d/%m/%Y")
        try:
            return dt.date.fromisoformat(str(value or "")).strftime("%d/%m/%Y")
        except ValueError:
            return str(value or "")

    def _local(self, value: dt.datetime | dt.date) -> dt.date:
        return value.astimezone(self.zone).date() if isinstance(value, dt.datetime) else value


@lru_cache(_KEPT)
def _number(value: float, language: str) -> str:
    return format_decimal(value, locale=language)


@lru_cache(_KEPT)
def _decimal(value: Decimal, digits: int, language: str) -> str:
    return format_decimal(value, f"#,##0.{'0' * digits}", locale=language)
