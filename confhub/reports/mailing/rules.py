"""When a scheduled report is due, which period it is about, and to whom it may go. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from typing import Final

from confhub.kernel.errors import Invalid

AT: Final = time(7, 0)
"""Local time at which weekly and monthly reports go out: before the working day."""
RECIPIENTS_MAX: Final = 20
"""A report is for the heads of units; a list of more is a mailing list's business."""
ADDRESS_MAX_CHARS: Final = 254
"""RFC 5321, 4.5.3.1.3."""
_ADDRESS = re.compile(r"[^\s@,;<>\"()\[\]\\]+@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?")


class Every(StrEnum):
    """How often: after each session, or at the beginning of a week or month, about the one before."""

    SESSION = "session"
    WEEK = "week"
    MONTH = "month"


class Format(StrEnum):
    """Which files are attached."""

    PDF = "pdf"
    XLSX = "xlsx"
    CSV = "csv"


class RecipientsInvalid(Invalid):
    """Something in the list is no e-mail address."""

    code = "recipients_invalid"
    message = '"{value}" is not an e-mail address.'
    remedy = "Write addresses such as name@example.vn, one per line or separated by commas."


class RecipientsCount(Invalid):
    """None, or too many."""

    code = "recipients_count"
    message = "A report needs at least one recipient and can have at most {limit}."
    remedy = "Use a mailing list's address for more."


class FormatsMissing(Invalid):
    """Nothing would be attached."""

    code = "formats_missing"
    message = "Choose at least one file format."


@dataclass(frozen=True, slots=True)
class Period:
    """Whole local days, both ends counted. `key` names it: `2026-W48`, `2026-11`."""

    first: date
    last: date
    key: str


def clean_recipients(text: str) -> list[str]:
    """Addresses out of what was typed, each once. Raises RecipientsInvalid, RecipientsCount."""
    found = list(dict.fromkeys(part for part in re.split(r"[\s,;]+", text) if part))
    for address in found:
        if len(address) > ADDRESS_MAX_CHARS or not _ADDRESS.fullmatch(address) or ".." in address:
            raise RecipientsInvalid(field="recipients", value=address[:60])
    if not 1 <= len(found) <= RECIPIENTS_MAX:
        raise RecipientsCount(field="recipients", limit=RECIPIENTS_MAX)
    return found


def clean_formats(formats: Iterable[Format]) -> tuple[Format, ...]:
    """In one order, each once. Raises FormatsMissing (`formats`)."""
    chosen = set(formats)
    if not chosen:
        raise FormatsMissing(field="formats")
    return tuple(one for one in Format if one in chosen)


def next_at(every: Every, now: datetime, zone: tzinfo) -> datetime | None:
    """The next moment after `now` (aware); None for reports that follow sessions."""
    if every is Every.SESSION:
        return None
    today = now.astimezone(zone).date()
    if every is Every.WEEK:
        day = today - timedelta(days=today.weekday())
        step = [day, day + timedelta(days=7)]
    else:
        day = today.replace(day=1)
        step = [day, (day + timedelta(days=32)).replace(day=1)]
    return next(at for one in step if (at := datetime.combine(one, AT, zone)) > now)


def period_before(every: Every, at: datetime, zone: tzinfo) -> Period:
    """The whole week (Monday to Sunday) or month before the one that `at` lies in."""
    today = at.astimezone(zone).date()
    if every is Every.WEEK:
        first = today - timedelta(days=today.weekday() + 7)
        year, week, _ = first.isocalendar()
        return Period(first, first + timedelta(days=6), f"{year}-W{week:02}")
    assert every is Every.MONTH, "a report that follows sessions has no period"
    last = today.replace(day=1) - timedelta(days=1)
    return Period(last.replace(day=1), last, f"{last:%Y-%m}")


def period_named(every: Every, key: str) -> Period:
    """The period of such a key."""
    if every is Every.WEEK:
        year, _, week = key.partition("-W")
        first = date.fromisocalendar(int(year), int(week), 1)
        return Period(first, first + timedelta(days=6), key)
    first = date.fromisoformat(f"{key}-01")
    return Period(first, (first + timedelta(days=32)).replace(day=1) - timedelta(days=1), key)
