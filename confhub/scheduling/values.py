"""What goes in and out of scheduling: frozen, never a database row."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import NewType

from confhub.kernel.ids import SessionId, UnitId
from confhub.scheduling.days_off import OnDaysOff
from confhub.scheduling.recurrence import Rule
from confhub.sessions.values import SessionInput, SessionState

SeriesId = NewType("SeriesId", int)


class Standing(StrEnum):
    """How a date stands to its series. IN_LINE: as the series has it. EDITED: changed by itself. SKIPPED: by
    hand. DAY_OFF: left out by the series' rule, as it falls on one. GIVEN_BACK: held on a day off after all.
    """

    IN_LINE = "in_line"
    EDITED = "edited"
    SKIPPED = "skipped"
    DAY_OFF = "day_off"
    GIVEN_BACK = "given_back"


@dataclass(frozen=True, slots=True)
class SeriesInput:
    """A series' form. `session`: as each of its sessions shall be; the day of its `starts_at`, in the house's
    zone, is the first on which one may be, and its hour that of all."""

    session: SessionInput
    rule: Rule
    on_days_off: OnDaysOff = OnDaysOff.SKIP


@dataclass(frozen=True, slots=True)
class SeriesView:
    """A series. `rrule`: its rule's value by RFC 5545, `rule` the same taken apart. The rule is counted from
    `first_day`. `made_until`: every date up to that day is a session; what lies further is made later, up to
    18 months ahead. `stopped`: the code of what keeps dates from being made. `dates`: of those made, how many
    are still to come and not left out; `next_at`: the first of them. `organizer`: who planned it."""

    id: SeriesId
    uid: str
    unit_id: UnitId
    unit_name: str
    unit_path: str
    title: str
    rule: Rule
    rrule: str
    first_day: date
    zone: str
    on_days_off: OnDaysOff
    made_until: date
    finished: bool
    stopped: str | None
    previous_id: SeriesId | None
    ended_at: datetime | None
    created_at: datetime
    dates: int
    next_at: datetime | None
    organizer: str | None
    may_edit: bool


@dataclass(frozen=True, slots=True)
class Occurrence:
    """A date. `day`: by the rule; `starts_at`: by the session, which may have been moved, else by the rule.
    `state` is its session's, None where there is none. `fixed`: its rooms are or were called, or its hour is
    past: no edit of the series touches it. `waits`: its rooms were taken when it was made, so it is a draft.
    `day_off`: what the day off is called on which the rule has it. `sealed`: its attendance is closed."""

    day: date
    starts_at: datetime
    session_id: SessionId | None
    standing: Standing
    state: SessionState | None
    fixed: bool
    waits: bool
    day_off: str | None
    sealed: bool


@dataclass(frozen=True, slots=True)
class Belonging:
    """A session is the date `day` of a series."""

    series_id: SeriesId
    title: str
    day: date
    standing: Standing


@dataclass(frozen=True, slots=True)
class SeriesDetails:
    """A series with its form, as it is shown again, and its dates in order."""

    series: SeriesView
    input: SeriesInput
    occurrences: tuple[Occurrence, ...]


@dataclass(frozen=True, slots=True)
class SeriesPage:
    """One page of the list, and how many there are in all."""

    series: tuple[SeriesView, ...]
    total: int
