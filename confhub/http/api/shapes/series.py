"""What the API answers on series, bookings and days off."""

from __future__ import annotations

from datetime import date, datetime

from confhub.http.api.shapes.sessions import ParticipantsOut
from confhub.http.shapes import Answer, Answers
from confhub.scheduling.bookings import OnConflict
from confhub.scheduling.days_off import OnDaysOff
from confhub.scheduling.recurrence import Every
from confhub.scheduling.values import Standing
from confhub.sessions.values import SessionKind, SessionState


class SeriesRuleOut(Answer):
    """A rule, whole: what was left open is said."""

    every: Every
    interval: int
    weekdays: list[int]
    month_day: int | None
    nth: int | None
    weekday: int | None
    month: int | None
    until: date | None
    count: int | None


class SeriesViewOut(Answer):
    """A series. `rrule`: its rule by RFC 5545. The rule is counted from `first_day`. `made_until`: every date
    up to that day is a session; what lies further is made later, up to 18 months ahead; `finished`: nothing
    does. `stopped`: the code of what keeps dates from being made. `dates`: how many are still to come;
    `next_at`: the first of them."""

    id: int
    uid: str
    unit_id: int
    unit_name: str
    title: str
    rule: SeriesRuleOut
    rrule: str
    first_day: date
    zone: str
    on_days_off: OnDaysOff
    made_until: date
    finished: bool
    stopped: str | None
    previous_id: int | None
    ended_at: datetime | None
    created_at: datetime
    dates: int
    next_at: datetime | None
    may_edit: bool


class SeriesSaidOut(SeriesViewOut):
    """With its rule in words, in the reader's language."""

    sentence: str


class SeriesPageOut(Answer):
    """One page of the list, and how many there are in all."""

    series: list[SeriesSaidOut]
    total: int


class OccurrenceOut(Answer):
    """A date. `day`: by the rule; `starts_at`: by the session, which may have been moved, else by the rule.
    `fixed`: its rooms are or were called, or its hour is past: no edit of the series touches it. `waits`: its
    rooms were taken when it was made, so it is a draft. `day_off`: what the day off on `day` is called."""

    day: date
    starts_at: datetime
    session_id: int | None
    standing: Standing
    state: SessionState | None
    fixed: bool
    waits: bool
    day_off: str | None


class SeriesSessionOut(Answer):
    """As each session of the series shall be."""

    title: str
    kind: SessionKind
    unit_id: int
    starts_at: datetime
    length_min: int
    chair_endpoint_id: int | None
    participants: ParticipantsOut
    lobby_min: int
    late_min: int
    left_early_min: int
    by_plan: bool
    auto_start: bool
    auto_end: bool
    overrun_min: int
    floor_auto_accept: bool


class SeriesDetailsOut(Answer):
    """A series with the form of its sessions, and its dates in order."""

    series: SeriesSaidOut
    session: SeriesSessionOut
    occurrences: list[OccurrenceOut]


class ConflictOut(Answer):
    """At the date number `key`, counted from 0, another session has `rooms` of the rooms, `room_name` among
    them, the last one cleared at `until`. `session_id`, `title` and `contact`, who planned it, are null where
    the asker may not see it; `unit_name` is the unit to ask."""

    key: int
    starts_at: datetime
    until: datetime
    session_id: int | None
    title: str | None
    unit_name: str
    contact: str | None
    room_name: str
    rooms: int


class SeriesPreviewDateOut(Answer):
    """`day` by the rule; `starts_at` is null where it is left out for the `day_off`."""

    day: date
    starts_at: datetime | None
    day_off: str | None


class SeriesPreviewViewOut(Answer):
    """What a series would be within the next 18 months, and the first conflicts."""

    rule: SeriesRuleOut
    rrule: str
    dates: list[SeriesPreviewDateOut]
    conflicts: list[ConflictOut]
    dates_in_conflict: int


class SeriesPreviewOut(SeriesPreviewViewOut):
    """With its rule in words, in the reader's language."""

    sentence: str


class FreeWindowOut(Answer):
    """All rooms are free from `starts_at` to `ends_at`."""

    starts_at: datetime
    ends_at: datetime


class FreeWindowsOut(Answer):
    """The first windows, in order."""

    windows: list[FreeWindowOut]


class UnitBookingOut(Answer):
    """The unit's own rule, null where it has none, and the one that holds for its rooms."""

    own: OnConflict | None
    in_force: OnConflict


class OwnDayOut(Answer):
    """A day off and its name."""

    day: date
    name: str


class OwnDaysOut(Answers[OwnDayOut]):
    """The unit's own days off, in order."""


class BuffersOut(Answer):
    """Minutes that the room needs before and after each session."""

    setup_min: int
    clear_min: int
