"""Dates, times and numbers as a reader writes them, in the zone of the service."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime, format_time, format_timedelta
from babel.numbers import format_decimal, format_percent

_DATE = {"vi": "dd/MM/yyyy", "en": "d MMM yyyy"}
_DATE_TIME = {"vi": "HH:mm, dd/MM/yyyy", "en": "d MMM yyyy, HH:mm"}
_TIME = {"vi": "HH:mm", "en": "HH:mm"}
_TIME_SECONDS = {"vi": "HH:mm:ss", "en": "HH:mm:ss"}
_LONG_DATE = {"vi": "EEEE, 'ngày' d 'tháng' M 'năm' yyyy", "en": "EEEE, d MMMM yyyy"}


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
        """`1.234,5` in Vietnamese, `1,234.5` in English."""
        return format_decimal(value, locale=self.language)

    def percent(self, share: float) -> str:
        """`97,5 %` of a share between 0 and 1, one decimal."""
        return format_percent(share, "#,##0.0 %" if self.language == "vi" else "#,##0.0%", self.language)

    def ago(self, then: dt.datetime | None, now: dt.datetime) -> str:
        """`3 phút trước`; an empty string for None."""
        if then is None:
            return ""
        return format_timedelta(then - now, add_direction=True, granularity="second", locale=self.language)

    def span(self, length: dt.timedelta) -> str:
        """`3 giờ`: the length in its largest unit."""
        return format_timedelta(length, locale=self.language, threshold=1.5)

    def local_input(self, value: dt.datetime | None) -> str:
        """The value of `<input type="datetime-local">`, minutes, in the service's zone."""
        return "" if value is None else value.astimezone(self.zone).strftime("%Y-%m-%dT%H:%M")

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
