"""Weeks by ISO 8601, checks of entries, and what changed against what was approved. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Any, Final

from confhub.org.rules import Checks, clean_optional, clean_text
from confhub.scheduling.limits import CALENDAR_FIRST_YEAR, CALENDAR_LAST_YEAR
from confhub.weekly.errors import DayOutside, EndsBefore, WeekUnknown
from confhub.weekly.limits import CONTENT_MAX_CHARS, TEXT_MAX_CHARS
from confhub.weekly.values import TEXTS, EntryDraft, Line, Mark, MarkedLine, NoteDraft

_WEEK = re.compile(r"([0-9]{4})-W([0-9]{2})")
_NOON: Final = time(12)
DAYS: Final = 7


def monday_of(text: str) -> date:
    """The Monday of `2026-W49`. WeekUnknown."""
    found = _WEEK.fullmatch(text)
    if found is None or not CALENDAR_FIRST_YEAR <= int(found[1]) <= CALENDAR_LAST_YEAR:
        raise WeekUnknown
    try:
        return date.fromisocalendar(int(found[1]), int(found[2]), 1)
    except ValueError:
        raise WeekUnknown from None


def week_name(day: date) -> str:
    """`2026-W49` of any day in it."""
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02d}"


def is_morning(begins: time) -> bool:
    """Which half of the day it stands in."""
    return begins < _NOON


def clean_entry(draft: EntryDraft, monday: date) -> EntryDraft:
    """The entry with clean texts. Raises what is wrong with a field: DayOutside, EndsBefore, and as texts
    do."""
    checks = Checks()
    content = checks.take(lambda: clean_text(draft.content, "content", CONTENT_MAX_CHARS), "")
    texts: dict[str, Any] = {name: checks.take(partial(_text, draft, name), "") for name in TEXTS}
    checks.take(lambda: _check_hours(draft, monday), None)
    checks.finish()
    return replace(draft, content=content, **texts)


def clean_note(draft: NoteDraft) -> NoteDraft:
    """The note with clean texts; raises as texts do."""
    checks = Checks()
    texts = {name: checks.take(partial(_text, draft, name), "") for name in TEXTS}
    checks.finish()
    return NoteDraft(**texts)


def _text(draft: EntryDraft | NoteDraft, name: str) -> str:
    return clean_optional(getattr(draft, name), name, TEXT_MAX_CHARS) or ""


def _check_hours(draft: EntryDraft, monday: date) -> None:
    last = monday + timedelta(days=DAYS - 1)
    if not monday <= draft.day <= last:
        raise DayOutside(field="day", first=f"{monday:%d/%m/%Y}", last=f"{last:%d/%m/%Y}")
    if draft.ends is not None and draft.ends <= draft.begins:
        raise EndsBefore(field="ends")


def marked(
    now: Iterable[Line],
    told: Sequence[Line] | None,
    ends: Mapping[tuple[int, int], Mark],
    when: Mapping[tuple[int, int], datetime],
) -> list[MarkedLine]:
    """Lines by their hours, each with what changed against `told`; None: nothing was approved. `ends`: why a
    line that was told is there no more. `when`: the last change of each line, where it is known."""
    if told is None:
        return sorted((MarkedLine(one) for one in now), key=_place)
    before = {one.key: one for one in told}
    found: list[MarkedLine] = []
    for line in now:
        was = before.pop(line.key, None)
        if was is None:
            found.append(MarkedLine(line, Mark.ADDED, None, when.get(line.key)))
        elif was != line:
            found.append(MarkedLine(line, Mark.CHANGED, was, when.get(line.key)))
        else:
            found.append(MarkedLine(line))
    for key, line in before.items():
        found.append(MarkedLine(line, ends.get(key, Mark.REMOVED), None, when.get(key)))
    return sorted(found, key=_place)


def _place(one: MarkedLine) -> tuple[date, time, tuple[int, int]]:
    return (one.line.day, one.line.begins, one.line.key)
