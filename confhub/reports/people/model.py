"""What a report on a session's people holds: frozen values, ready for a page, a file or the terminal."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from typing import Final

from confhub.checkin.figures import SealView
from confhub.checkin.undone import Undone
from confhub.kernel import rounding

MILLIS_PER_MINUTE: Final = 60_000
ALL: Final = 10_000
"""All of live time, in the hundredths of a percent that attendance is counted in."""


class PersonStatus(StrEnum):
    """What became of a person. IN, OUT and AWAITED stand while the session's figures are not settled."""

    PRESENT = "present"
    LATE = "late"
    LEFT_EARLY = "left_early"
    LATE_LEFT_EARLY = "late_left_early"
    NOT_CONNECTED = "room_not_connected"
    WITH_LEAVE = "absent_with_leave"
    WITHOUT_LEAVE = "absent_without_leave"
    NOT_EXPECTED = "not_expected"
    IN = "in"
    OUT = "out"
    AWAITED = "expected"


SETTLED_STATUSES: Final = tuple(PersonStatus)[:8]
LIVE_STATUSES: Final = tuple(PersonStatus)[8:]


@dataclass(frozen=True, slots=True)
class PeopleFigures:
    """The four figures apart, and what became of the people. Sums over rooms, or over rooms and sessions.

    `rooms`: expected ones; `connected`: of those, in live time. `heads`: declared numbers added up, from
    `heads_rooms` rooms that declared one. `checked_in`: in live time, `guests` of them on nobody's list.
    `on_time` to `completed` count expected people; late and left early overlap. `unconnected`: expected
    people checked in at a room that never connected; `unanswered`: those who left a prompt unanswered;
    `unconnected_millis`, `prompt_millis`: what both took of everybody's time. While live, nothing but
    `expected`, `checked_in`, `guests`, `present`, `with_leave` is told of people.
    """

    rooms: int = 0
    connected: int = 0
    heads_rooms: int = 0
    checked_rooms: int = 0
    """Rooms in which somebody was checked in."""
    heads: int = 0
    expected: int = 0
    checked_in: int = 0
    guests: int = 0
    present: int = 0
    """Checked in at this moment; only while live."""
    on_time: int = 0
    late: int = 0
    left_early: int = 0
    with_leave: int = 0
    without_leave: int = 0
    completed: int = 0
    person_millis: int = 0
    unconnected: int = 0
    unanswered: int = 0
    unconnected_millis: int = 0
    prompt_millis: int = 0

    @property
    def attended(self) -> int:
        """Expected people who checked in."""
        return self.checked_in - self.guests

    @property
    def attended_share(self) -> float:
        """0..1 of the expected people; 0 where nobody was."""
        return self.attended / self.expected if self.expected else 0.0

    @property
    def completed_share(self) -> float:
        """0..1 of the expected people."""
        return self.completed / self.expected if self.expected else 0.0

    @property
    def person_hours(self) -> float:
        return self.person_millis / MILLIS_PER_MINUTE / 60

    @property
    def unconnected_hours(self) -> float:
        """Checked in while the room was not connected, with one decimal."""
        return float(rounding.rounded(self.unconnected_millis / MILLIS_PER_MINUTE / 60, 1))

    @property
    def prompt_hours(self) -> float:
        """Taken away by unanswered prompts, with one decimal."""
        return float(rounding.rounded(self.prompt_millis / MILLIS_PER_MINUTE / 60, 1))

    def __add__(self, other: PeopleFigures) -> PeopleFigures:
        return PeopleFigures(*(getattr(self, name) + getattr(other, name) for name in FIGURES))


FIGURES: Final = tuple(one.name for one in fields(PeopleFigures))


@dataclass(frozen=True, slots=True)
class PeopleHeader:
    session_id: int
    title: str
    kind: str
    state: str
    unit_id: int
    unit_name: str
    unit_path: str
    parent_name: str
    """The unit above the organizer; empty at a root."""
    starts_at: datetime
    actual_start: datetime | None
    actual_end: datetime | None
    late_min: int
    left_early_min: int
    complete_percent: int
    by_plan: bool
    """Late and early by plan and start, `late_from` to `early_until`; else by the actual hours alone."""
    late_from: datetime
    early_until: datetime
    unconnected_counts: bool
    prompts: int
    """Presence prompts that have opened."""
    prompts_count: bool
    rules: int
    """By which rules of attendance the figures were reckoned."""
    timezone: str
    made_at: datetime
    settled: bool
    """The session is over and its figures were derived since the last thing that came in."""
    seal: SealView | None
    may_people: bool
    """The asker may read persons in at least one of the session's rooms."""
    whole: bool
    """The asker's branches hold all of the session's rooms."""
    names_at: datetime | None = None
    """Names and units are those of this moment, after the session: those of its day were not kept then."""


@dataclass(frozen=True, slots=True)
class TierFigures:
    tier_id: int
    name: str
    rank: int
    figures: PeopleFigures


@dataclass(frozen=True, slots=True)
class UnitFigures:
    """One unit with everything below it, in the order of the tree; `depth` 0 is a root."""

    unit_id: int
    parent_id: int | None
    name: str
    tier_name: str
    tier_rank: int
    path: str
    depth: int
    figures: PeopleFigures
    leaf: bool
    """No unit below it is in the report."""


@dataclass(frozen=True, slots=True)
class RoomFigures:
    endpoint_id: int
    code: str
    name: str
    unit_id: int
    unit_name: str
    unit_path: str
    tier_name: str
    is_chair: bool
    heads: int | None
    """None: never declared."""
    room_millis: int
    figures: PeopleFigures


@dataclass(frozen=True, slots=True)
class PeopleReport:
    header: PeopleHeader
    totals: PeopleFigures
    tiers: tuple[TierFigures, ...]
    units: tuple[UnitFigures, ...]
    rooms: tuple[RoomFigures, ...]
    """All of the asker's rooms, the chair first, then as the tree is read."""
    undoings: tuple[Undone, ...] = ()
    """What was taken back in these rooms, newest first."""


@dataclass(frozen=True, slots=True)
class PeopleFilter:
    """Which persons: a branch (of the room's unit), a room, a status, a way of check-in, completed or not, a
    text searched without diacritics in code, name and position."""

    unit_id: int | None = None
    endpoint_id: int | None = None
    status: PersonStatus | None = None
    way: str | None = None
    completed: bool | None = None
    text: str = ""
    attendee_id: int | None = None


@dataclass(frozen=True, slots=True)
class CorrectionLine:
    """A correction as the report shows it."""

    action: str
    start: datetime | None
    end: datetime | None
    reason: str
    author: str
    at: datetime
    vouched: bool = False
    """It counts although the room was not connected."""


@dataclass(frozen=True, slots=True)
class RawEvent:
    """One check-in, check-out or confirmation as it came. `at`: when it happened; `received_at`: when the hub
    learned it. `teller`: tablet | account | device (a phone); `teller_name`: the tablet's or the account's,
    empty for a phone and for one that is gone."""

    kind: str
    way: str
    room_code: str
    room_name: str
    at: datetime
    received_at: datetime
    teller: str
    teller_name: str
    undone_at: datetime | None = None
    """When it was taken back; it counts no more."""


@dataclass(frozen=True, slots=True)
class PersonLine:
    """One person of the report, as called on its day. `person_id`: whom a merged entry stands for, as far as
    the report knows. `stretches`: from-to."""

    attendee_id: int
    person_id: int
    code: str | None
    name: str
    """Empty: erased."""
    position: str | None
    unit_name: str
    endpoint_id: int
    room_code: str
    room_name: str
    room_path: str
    expected: bool
    status: PersonStatus
    ways: tuple[str, ...]
    first_at: datetime | None
    last_at: datetime | None
    millis: int
    percent: int
    completed: bool
    prompts: int
    confirmed: int
    stretches: tuple[tuple[datetime, datetime], ...] = ()
    corrections: tuple[CorrectionLine, ...] = ()
    unconnected_millis: int = 0
    """Checked in while the room was not connected."""
    prompt_millis: int = 0
    """Taken away by unanswered prompts."""
    elsewhere: str = ""
    """Other rooms in which the person was checked in, by name."""
    events: tuple[RawEvent, ...] = ()
    """Raw check-ins in the order of `at`; read for one person's own page alone."""

    @property
    def minutes(self) -> float:
        return rounding.minutes(self.millis)

    @property
    def unconnected_minutes(self) -> float:
        return rounding.minutes(self.unconnected_millis)

    @property
    def prompt_minutes(self) -> float:
        return rounding.minutes(self.prompt_millis)

    @property
    def share(self) -> float:
        """0..1 of live time without breaks."""
        return self.percent / ALL


@dataclass(frozen=True, slots=True)
class PersonPage:
    rows: tuple[PersonLine, ...]
    total: int
    page: int
    pages: int


@dataclass(frozen=True, slots=True)
class Moment:
    """At `at`, this many people and rooms were present."""

    at: datetime
    people: int
    rooms: int
