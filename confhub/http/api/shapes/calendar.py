"""What the API answers on the calendar."""

from __future__ import annotations

from datetime import date, datetime

from confhub.http.shapes import Answer
from confhub.scheduling.calendar import Fixed
from confhub.scheduling.values import Standing
from confhub.sessions.values import SessionKind, SessionState


class CalendarEntryOut(Answer):
    """A session. `organizer_name`: who planned it. `series_id` and `standing` where it is a date of a series.
    `fixed`: why the asker cannot move it, null where it can be moved: another branch's (right), its rooms are
    being called or live (called), it was held (over)."""

    id: int
    title: str
    kind: SessionKind
    state: SessionState
    starts_at: datetime
    ends_at: datetime
    length_min: int
    unit_id: int
    unit_name: str
    chair_endpoint_id: int | None
    chair_name: str | None
    organizer_id: int | None
    organizer_name: str | None
    series_id: int | None
    standing: Standing | None
    fixed: Fixed | None


class CalendarDayOffOut(Answer):
    """A day off, and what it is called."""

    day: date
    name: str


class CalendarOut(Answer):
    """Sessions by start. `more`: there are more than one answer holds, those that begin later."""

    entries: list[CalendarEntryOut]
    more: bool
    days_off: list[CalendarDayOffOut]


class CalendarRoomOut(Answer):
    """A room, with the minutes that it needs before and after each session."""

    id: int
    name: str
    unit_id: int
    unit_name: str
    setup_min: int
    clear_min: int


class CalendarHoldOut(Answer):
    """A room takes part in a session."""

    endpoint_id: int
    session_id: int


class TimelineOut(Answer):
    """One page of the rooms, by name, how many there are in all, and what is held in those of the page."""

    rooms: list[CalendarRoomOut]
    total: int
    holds: list[CalendarHoldOut]
    entries: list[CalendarEntryOut]
    more: bool
    days_off: list[CalendarDayOffOut]
