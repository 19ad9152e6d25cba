"""Tables of rosters and of notices of absence."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Boolean, ForeignKey, Index, String, false, text
from sqlalchemy.orm import Mapped, mapped_column

from confhub.db.base import Base, BigId, SearchKey, SortKey, UtcDateTime, unix_now
from confhub.kernel.limits import CODE_MAX_CHARS, NAME_MAX_CHARS

ATTENDEE_ID = "attendee.id"
COURSE_ID = "course.id"
ENDPOINT_ID = "endpoint.id"
SESSION_ID = "session.id"

STANDING_ENTRY = "session_id IS NULL AND course_id IS NULL"
COURSE_ENTRY = "course_id IS NOT NULL"
SESSION_ENTRY = "session_id IS NOT NULL"


class RosterEntry(Base):
    """A person expected in a room: always (no session, no course), for a course, or for one session.

    In each of the three a person has one room. `course_id` names no foreign key: courses live above.
    `excluded`: a session's or course's entry that takes a person off, who would else be expected by a wider
    list; it names the room that the person was taken off from.
    """

    __tablename__ = "roster_entry"
    __table_args__ = (
        Index(
            "uq_roster_entry_standing",
            "attendee_id",
            unique=True,
            sqlite_where=text(STANDING_ENTRY),
            postgresql_where=text(STANDING_ENTRY),
        ),
        Index(
            "uq_roster_entry_course",
            "course_id",
            "attendee_id",
            unique=True,
            sqlite_where=text(COURSE_ENTRY),
            postgresql_where=text(COURSE_ENTRY),
        ),
        Index(
            "uq_roster_entry_session",
            "session_id",
            "attendee_id",
            unique=True,
            sqlite_where=text(SESSION_ENTRY),
            postgresql_where=text(SESSION_ENTRY),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    attendee_id: Mapped[int] = mapped_column(ForeignKey(ATTENDEE_ID), index=True)
    endpoint_id: Mapped[int] = mapped_column(ForeignKey(ENDPOINT_ID), index=True)
    session_id: Mapped[int | None] = mapped_column(ForeignKey(SESSION_ID))
    course_id: Mapped[int | None] = mapped_column(BigId)
    excluded: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class CourseSession(Base):
    """A session of a course: the course's list counts in it. The courses themselves are training's, which
    writes this; `makes_up_for`: whoever missed that one may come to this one instead."""

    __tablename__ = "course_session"

    course_id: Mapped[int] = mapped_column(ForeignKey(COURSE_ID, ondelete="CASCADE"), primary_key=True)
    session_id: Mapped[int] = mapped_column(ForeignKey(SESSION_ID), primary_key=True, index=True)
    makes_up_for: Mapped[int | None] = mapped_column(ForeignKey(SESSION_ID))
    place: Mapped[int]


class SessionAttendee(Base):
    """A person of a session, frozen when its lobby opens; guests and late additions come after.

    `origin`: roster | guest | officer. `removed_at`: taken off after the freezing, not expected any more.
    `state` is live presence as check-in tells it, for pages: expected | in | out; no attendance's truth.
    """

    __tablename__ = "session_attendee"
    __table_args__ = (
        Index("ix_session_attendee_session_id_endpoint_id_state", "session_id", "endpoint_id", "state"),
        Index("ix_session_attendee_session_id_visits_endpoint_id", "session_id", "visits_endpoint_id"),
        {"sqlite_with_rowid": False},
    )

    session_id: Mapped[int] = mapped_column(ForeignKey(SESSION_ID), primary_key=True, autoincrement=False)
    attendee_id: Mapped[int] = mapped_column(
        ForeignKey(ATTENDEE_ID), primary_key=True, autoincrement=False, index=True
    )
    endpoint_id: Mapped[int] = mapped_column(ForeignKey(ENDPOINT_ID))
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    """The person's unit at the freezing: a report on 2021 shows the units of 2021."""
    origin: Mapped[str] = mapped_column(String(10))
    added_at: Mapped[datetime] = mapped_column(UtcDateTime)
    removed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    state: Mapped[str] = mapped_column(String(10), default="expected")
    state_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When the newest event that `state` follows happened."""
    visits_endpoint_id: Mapped[int | None] = mapped_column(BigId)
    """The room where the person is checked in now, if it is another one than that of the list."""
    frozen_id: Mapped[int | None] = mapped_column(BigId)
    """The `FrozenPerson` that was put on the list. No foreign key: SQLite would have to copy the table."""
    touched: Mapped[int] = mapped_column(BigId, default=unix_now(), onupdate=unix_now(), server_default="0")
    """When this was written last, in Unix seconds by the database's clock: what a tablet's list asks by.
    An upsert sets it by itself."""


class SessionRoster(Base):
    """The session's list was frozen then."""

    __tablename__ = "session_roster"

    session_id: Mapped[int] = mapped_column(ForeignKey(SESSION_ID), primary_key=True, autoincrement=False)
    frozen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    people: Mapped[int]


class FrozenPerson(Base):
    """A person as one or more sessions' lists had them. Written once, never changed; erased with the person.

    Sessions whose person did not change in between share a row. `salt`: random, part of what `mark` hashes.
    `mark`: empty while the person is there; once erased, what a seal holds in the place of code, name,
    position and keys (`audit.marks`), which are empty then, as the salt is.
    """

    __tablename__ = "frozen_person"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    attendee_id: Mapped[int] = mapped_column(ForeignKey(ATTENDEE_ID), index=True)
    code: Mapped[str | None] = mapped_column(String(CODE_MAX_CHARS))
    name: Mapped[str] = mapped_column(String(NAME_MAX_CHARS))
    position: Mapped[str | None] = mapped_column(String(NAME_MAX_CHARS))
    sort_key: Mapped[str] = mapped_column(SortKey)
    search_key: Mapped[str] = mapped_column(SearchKey)
    salt: Mapped[str] = mapped_column(String(32))
    mark: Mapped[str] = mapped_column(String(65), default="")


class AbsenceNotice(Base):
    """Somebody will not come, with the reason; approved or refused by the unit's officer.

    `state`: pending | approved | refused | withdrawn. One that is not withdrawn per person and session.
    """

    __tablename__ = "absence_notice"
    __table_args__ = (
        Index(
            "uq_absence_notice_open",
            "session_id",
            "attendee_id",
            unique=True,
            sqlite_where=text("state <> 'withdrawn'"),
            postgresql_where=text("state <> 'withdrawn'"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    session_id: Mapped[int] = mapped_column(ForeignKey(SESSION_ID))
    attendee_id: Mapped[int] = mapped_column(ForeignKey(ATTENDEE_ID), index=True)
    reason: Mapped[str] = mapped_column(String(500))
    entered_at: Mapped[datetime] = mapped_column(UtcDateTime)
    entered_by: Mapped[str] = mapped_column(String(NAME_MAX_CHARS))
    state: Mapped[str] = mapped_column(String(10), default="pending")
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by: Mapped[str | None] = mapped_column(String(NAME_MAX_CHARS))
    note: Mapped[str | None] = mapped_column(String(500))


class UnitMoveRow(Base):
    """What was moved from one unit to another at once. `moved`: kind → ids (`rosters.unit_moves`)."""

    __tablename__ = "unit_move"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    from_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    to_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    actor_name: Mapped[str] = mapped_column(String(NAME_MAX_CHARS))
    moved: Mapped[dict[str, Any]] = mapped_column(JSON)
    undone_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
