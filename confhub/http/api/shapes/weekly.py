"""What the API answers on weekly schedules."""

from __future__ import annotations

from datetime import date, datetime, time

from confhub.http.shapes import Answer
from confhub.weekly.values import Mark, Reach, WeekState


class WeekLineOut(Answer):
    """A line: an own entry (`entry_id`) or a session. Hours are the house's. `rooms`: how many take part."""

    day: date
    begins: time
    ends: time | None
    content: str
    place: str
    chair: str
    participants: str
    prepared_by: str
    rooms: int
    entry_id: int | None
    session_id: int | None


class MarkedLineOut(Answer):
    """A line, and what changed since it was approved: added, changed (`was`: what was approved), cancelled,
    away (moved to another week), removed. `at`: when, where that is known."""

    line: WeekLineOut
    mark: Mark | None
    was: WeekLineOut | None
    at: datetime | None


class WeekDayOut(Answer):
    """A day, its holiday's name, and its lines by their hours."""

    day: date
    off: str
    lines: list[MarkedLineOut]


class WeekOut(Answer):
    """A unit's week (ISO 8601). `hidden`: not published, and the asker may not see drafts. `more`: there are
    more sessions than a schedule holds. `version`: of its lines, for approving what was read."""

    unit_id: int
    unit_name: str
    year: int
    number: int
    monday: date
    state: WeekState
    reach: Reach
    approved_name: str
    approved_at: datetime | None
    published_name: str
    published_at: datetime | None
    days: list[WeekDayOut]
    more: bool
    hidden: bool
    may_edit: bool
    may_approve: bool
    version: str


class WeekEntryOut(Answer):
    """An own entry."""

    day: date
    begins: time
    ends: time | None
    content: str
    place: str
    chair: str
    participants: str
    prepared_by: str


class WeekNoteOut(Answer):
    """Texts of a session in a schedule; empty: what follows from the session."""

    place: str
    chair: str
    participants: str
    prepared_by: str


class WeekEntryAdded(Answer):
    """The new entry's number."""

    entry_id: int


class WeekCopied(Answer):
    """How many entries were copied."""

    count: int
