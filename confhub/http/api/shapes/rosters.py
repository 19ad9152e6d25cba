"""What the API answers on lists of people and notices of absence."""

from __future__ import annotations

from datetime import datetime

from confhub.http.shapes import Answer


class RosterCountOut(Answer):
    """How many are on a room's list for a session or course; `standing` is its standing list's number."""

    endpoint_id: int
    code: str
    name: str
    unit_name: str
    people: int
    standing: int
    guests: int
    added: int
    removed: int
    may_edit: bool


class ListScopeOut(Answer):
    """Which list is meant: a session's, a course's, or (neither) the standing one."""

    session_id: int | None
    course_id: int | None


class RosterCountsOut(Answer):
    """The rooms of a session or course with their numbers, by Vietnamese order of their names."""

    scope: ListScopeOut
    title: str
    starts_at: datetime | None
    state: str | None
    frozen_at: datetime | None
    sealed: bool
    rooms: list[RosterCountOut]


class ListedPersonOut(Answer):
    """A person on a room's list. `origin`: where the place comes from: standing | course | session, or after
    the freezing roster | officer | guest. `leave`: the state of a notice of absence, where there is one."""

    id: int
    code: str | None
    name: str
    position: str | None
    unit_id: int
    unit_name: str
    origin: str
    added_at: datetime
    removed_at: datetime | None
    leave: str | None


class RoomRosterOut(Answer):
    """One page of a room's list. `may_edit`: the reader may change it (and it is not closed)."""

    endpoint_id: int
    room_code: str
    room_name: str
    unit_name: str
    scope: ListScopeOut
    title: str
    """The session's or course's; empty for the standing list."""
    frozen_at: datetime | None
    sealed: bool
    may_edit: bool
    rows: list[ListedPersonOut]
    total: int
    page: int
    size: int


class AbsenceOut(Answer):
    """A notice of absence. `state`: pending | approved | refused | withdrawn."""

    id: int
    session_id: int
    attendee_id: int
    code: str | None
    name: str
    position: str | None
    unit_id: int
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


class AbsencePageOut(Answer):
    """One page of a session's notices; `counts` by state, over all that the reader may see."""

    session_id: int
    title: str
    starts_at: datetime
    sealed: bool
    may_enter: bool
    rows: list[AbsenceOut]
    counts: dict[str, int]
    total: int
    page: int
    size: int
