"""What a session's attendance of people comes to: per person, per room, and whether it is closed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from confhub.attendance.rules import Span
from confhub.kernel.rounding import told


class Status(StrEnum):
    """What became of a person. While the session is not over, absent means not here so far.

    `room_not_connected`: checked in, and at no moment of it was the room connected. `not_expected`: on
    nobody's list (a guest, or taken off it) and without any presence.
    """

    PRESENT = "present"
    LATE = "late"
    LEFT_EARLY = "left_early"
    LATE_LEFT_EARLY = "late_left_early"
    NOT_CONNECTED = "room_not_connected"
    WITH_LEAVE = "absent_with_leave"
    WITHOUT_LEAVE = "absent_without_leave"
    NOT_EXPECTED = "not_expected"

    @property
    def came(self) -> bool:
        return self in _CAME

    @property
    def late(self) -> bool:
        return self in (Status.LATE, Status.LATE_LEFT_EARLY)

    @property
    def left_early(self) -> bool:
        return self in (Status.LEFT_EARLY, Status.LATE_LEFT_EARLY)


_CAME = frozenset({Status.PRESENT, Status.LATE, Status.LEFT_EARLY, Status.LATE_LEFT_EARLY})


class Stretch(NamedTuple):
    """A stretch of time in whole milliseconds after the session's actual start, `start` < `end`."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class PersonFigures:
    """One person's attendance of one session.

    `endpoint_id`: the room on whose list the person stands; all of the person counts there, also minutes
    spent in another room. `unit_id`: the person's unit at the freezing of the list. `ways`: how the person
    checked in, in alphabetical order. `first_at`/`last_at`: when the person first and last was checked in,
    inside live time without breaks. `percent`: of live time
    without breaks, in hundredths (10000 is all of it), rounded down. `prompts`: presence prompts that met the
    person checked in; `confirmed`: those of them that were answered. `spans`: disjoint, ordered, inside live
    time without breaks. `unconnected_millis`: checked in while the room was not connected;
    `prompt_millis`: taken away because a prompt was not answered; neither is part of `millis`.
    """

    attendee_id: int
    endpoint_id: int
    unit_id: int
    expected: bool
    status: Status
    ways: tuple[str, ...]
    first_at: datetime | None
    last_at: datetime | None
    millis: int
    percent: int
    completed: bool
    prompts: int
    confirmed: int
    spans: tuple[Stretch, ...]
    unconnected_millis: int = 0
    prompt_millis: int = 0


@dataclass(frozen=True, slots=True)
class RoomPeople:
    """One room of one session: the four figures apart, and what became of the people on its list.

    `unit_id`: the room's unit when it was chosen. `connected`: did the room connect in live time?
    `heads`: the newest declared number, None: never declared. `checked_in`: people who were checked in at any
    moment of live time, guests included. `guests`: those of them who are not expected. `on_time` to
    `completed` count expected people alone, and so do `unconnected` (checked in, the room never connected)
    and `unanswered` (left a prompt unanswered); whoever was late and left early counts in both.
    `person_millis`, `unconnected_millis`, `prompt_millis`: of all of them, guests included.
    """

    endpoint_id: int
    unit_id: int
    connected: bool
    room_millis: int
    heads: int | None
    expected: int
    checked_in: int
    guests: int
    on_time: int
    late: int
    left_early: int
    with_leave: int
    without_leave: int
    completed: int
    person_millis: int
    unconnected: int = 0
    unanswered: int = 0
    unconnected_millis: int = 0
    prompt_millis: int = 0


@dataclass(frozen=True, slots=True)
class FormerSeal:
    """A closing that was opened again: a report that carries its head is of figures that may differ."""

    head: str
    sealed_at: datetime
    sealed_by: str
    reopened_at: datetime
    reopened_by: str
    reason: str


@dataclass(frozen=True, slots=True)
class SealView:
    """The newest closing of a session's attendance; reopened where `reopened_at` is set."""

    sealed_at: datetime
    sealed_by: str
    head: str
    previous: str
    reopened_at: datetime | None
    reopened_by: str | None
    reopen_reason: str | None
    former: tuple[FormerSeal, ...] = ()
    """All closings that were opened again, oldest first; the newest one is among them where it was."""

    @property
    def stands(self) -> bool:
        return self.reopened_at is None


@dataclass(frozen=True, slots=True)
class SessionPeople:
    """All people and rooms of a session, by person and by room number.

    `live`: actual start to actual end, or to now while live; None before it went live (nobody has minutes
    then). `breaks`: inside live time, disjoint and ordered. `counted_millis`: live time without breaks.
    `rules`: the number of the rules (`checkin.rules`) that they follow.
    """

    session_id: int
    live: Span | None
    ended: bool
    breaks: tuple[Span, ...]
    counted_millis: int
    people: tuple[PersonFigures, ...]
    rooms: Mapping[int, RoomPeople]
    seal: SealView | None
    rules: int

    def moment(self, millis: int) -> datetime:
        """The moment that many milliseconds after the session's start, as it is told. Only once live."""
        assert self.live is not None, "nobody has a moment before the session went live"
        return told(self.live.start + timedelta(milliseconds=millis))

    def span(self, stretch: Stretch) -> Span:
        """A person's stretch as moments."""
        return Span(self.moment(stretch.start), self.moment(stretch.end))
