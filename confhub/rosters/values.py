"""What the services of rosters hand out: frozen, never a database row."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from confhub.db.database import Tx
from confhub.kernel.ids import AttendeeId, EndpointId, SessionId, UnitId

CourseAsked = Callable[[Tx, int], Awaitable[tuple[str, str] | None]]
"""A course's title and its unit's path by its id, None where there is none. The program hands in
`training.store.title_and_path`; lists themselves know no course."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Which list is meant: a session's, a course's, or (neither) the standing one."""

    session_id: int | None = None
    course_id: int | None = None

    @property
    def kind(self) -> str:
        """session | course | standing."""
        return "session" if self.session_id else "course" if self.course_id else "standing"


STANDING = Scope()


@dataclass(frozen=True, slots=True)
class ListedPerson:
    """A person on a room's list. `origin`: where the place comes from: standing | course | session, or after
    the freezing roster | officer | guest. `leave`: the state of a notice of absence, where there is one."""

    id: AttendeeId
    code: str | None
    name: str
    position: str | None
    unit_id: UnitId
    unit_name: str
    origin: str
    added_at: datetime
    removed_at: datetime | None = None
    leave: str | None = None


@dataclass(frozen=True, slots=True)
class RoomRoster:
    """One page of a room's list. `may_edit`: the reader may change it (and it is not closed)."""

    endpoint_id: EndpointId
    room_code: str
    room_name: str
    unit_name: str
    scope: Scope
    title: str
    """The session's or course's; empty for the standing list."""
    frozen_at: datetime | None
    sealed: bool
    may_edit: bool
    rows: list[ListedPerson]
    total: int
    page: int
    size: int


@dataclass(frozen=True, slots=True)
class RoomCount:
    """How many are on a room's list for a session or course; `standing` is its standing list's number."""

    endpoint_id: EndpointId
    code: str
    name: str
    unit_name: str
    people: int
    standing: int
    guests: int = 0
    added: int = 0
    removed: int = 0
    may_edit: bool = False


@dataclass(frozen=True, slots=True)
class RosterCounts:
    """The rooms of a session or course with their numbers, by Vietnamese order of their names."""

    scope: Scope
    title: str
    starts_at: datetime | None
    state: str | None
    frozen_at: datetime | None
    sealed: bool
    rooms: tuple[RoomCount, ...]

    @property
    def people(self) -> int:
        """All who are expected in these rooms."""
        return sum(room.people for room in self.rooms)

    @property
    def without(self) -> int:
        """Rooms where nobody is expected."""
        return sum(1 for room in self.rooms if not room.people)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A person who could be put on a list; `room` is where they stand in it now, if anywhere."""

    id: AttendeeId
    code: str | None
    name: str
    position: str | None
    unit_name: str
    room: str | None


@dataclass(frozen=True, slots=True)
class Absence:
    """A notice of absence. `state`: pending | approved | refused | withdrawn."""

    id: int
    session_id: SessionId
    attendee_id: AttendeeId
    code: str | None
    name: str
    position: str | None
    unit_id: UnitId
    unit_name: str
    reason: str
    entered_at: datetime
    entered_by: str
    state: str
    decided_at: datetime | None
    decided_by: str | None
    note: str | None
    may_decide: bool
    may_withdraw: bool


@dataclass(frozen=True, slots=True)
class AbsencePage:
    """One page of a session's notices; `counts` by state, over all that the reader may see."""

    session_id: SessionId
    title: str
    starts_at: datetime
    sealed: bool
    may_enter: bool
    rows: list[Absence]
    counts: Mapping[str, int]
    total: int
    page: int
    size: int
