"""A week's schedule as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from typing import Final

from confhub.kernel.ids import SessionId, UnitId
from confhub.org.papers import BLANK, Letterhead


class WeekState(StrEnum):
    """How far a week's schedule is."""

    DRAFT = "draft"
    APPROVED = "approved"
    PUBLISHED = "published"


class Reach(StrEnum):
    """Whose sessions come in: those that the unit organizes, or in which a room of it takes part; or the same
    of its whole branch."""

    UNIT = "unit"
    BRANCH = "branch"


class Mark(StrEnum):
    """What happened to a line since the schedule was approved. CANCELLED, AWAY: a session was cancelled, or
    moved to another week (or concerns the unit no more); REMOVED: an entry was taken out."""

    ADDED = "added"
    CHANGED = "changed"
    CANCELLED = "cancelled"
    AWAY = "away"
    REMOVED = "removed"


GONE: Final = frozenset({Mark.CANCELLED, Mark.AWAY, Mark.REMOVED})
"""Marks of lines that hold no more."""

TEXTS: Final = ("place", "chair", "participants", "prepared_by")
"""What both entries and notes on sessions say."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line, in the house's hours: an own entry (`entry_id`) or a session. `rooms`: how many take part;
    shown where nobody wrote who the participants are."""

    day: date
    begins: time
    ends: time | None
    content: str
    place: str
    chair: str
    participants: str
    prepared_by: str
    rooms: int = 0
    entry_id: int | None = None
    session_id: int | None = None

    @property
    def key(self) -> tuple[int, int]:
        """Which line it is, wherever it stands."""
        return (self.session_id or 0, self.entry_id or 0)


@dataclass(frozen=True, slots=True)
class MarkedLine:
    """A line and what changed. `was`: what was approved, with CHANGED. `at`: when, where that is known."""

    line: Line
    mark: Mark | None = None
    was: Line | None = None
    at: datetime | None = None

    @property
    def gone(self) -> bool:
        """Whether it holds no more."""
        return self.mark in GONE


@dataclass(frozen=True, slots=True)
class Day:
    """A day, its holiday's name, and its lines by their hours."""

    day: date
    off: str
    lines: tuple[MarkedLine, ...]


@dataclass(frozen=True, slots=True)
class Week:
    """A unit's week. `hidden`: not published, and the reader may not see drafts. `more`: there are more
    sessions than a schedule holds. `version`: of its lines, for who approves what they saw."""

    unit_id: UnitId
    unit_name: str
    monday: date
    state: WeekState
    reach: Reach
    approved_name: str
    approved_at: datetime | None
    published_name: str
    published_at: datetime | None
    days: tuple[Day, ...]
    more: bool
    hidden: bool
    may_edit: bool
    may_approve: bool
    version: str
    letterhead: Letterhead = BLANK

    @property
    def year(self) -> int:
        """The year that the week counts to (ISO 8601)."""
        return self.monday.isocalendar().year

    @property
    def number(self) -> int:
        """The week's number (ISO 8601)."""
        return self.monday.isocalendar().week

    @property
    def count(self) -> int:
        """How many lines there are."""
        return sum(len(one.lines) for one in self.days)

    @property
    def changed(self) -> bool:
        """Whether anything changed since it was approved."""
        return any(line.mark for one in self.days for line in one.lines)


@dataclass(frozen=True, slots=True)
class NoteDraft:
    """Texts of a session in a schedule; empty: what follows from the session."""

    place: str = ""
    chair: str = ""
    participants: str = ""
    prepared_by: str = ""


@dataclass(frozen=True, slots=True)
class EntryDraft:
    """An own entry, as typed."""

    day: date
    begins: time
    content: str
    ends: time | None = None
    place: str = ""
    chair: str = ""
    participants: str = ""
    prepared_by: str = ""


@dataclass(frozen=True, slots=True)
class SessionNote:
    """A session in a schedule: what it says by itself, and what is written in its place."""

    session_id: SessionId
    title: str
    plain: Line
    note: NoteDraft
