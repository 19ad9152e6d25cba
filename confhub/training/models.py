"""Tables of courses, certificates, and what a learning record store is told."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Boolean, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from confhub.db.base import Base, BigId, SearchKey, UtcDateTime
from confhub.kernel.limits import NAME_MAX_CHARS

COURSE_ID = "course.id"
ATTENDEE_ID = "attendee.id"


class CourseRow(Base):
    """Training sessions with a completion rule; `unit_id` is the organizer's branch.

    `measure`: minutes | percent; `scope`: each (of every session) | all (together). `threshold` in that
    measure. `grace_min`: minutes that may be missing in each session and still count as there. `state`:
    open | closed.
    """

    __tablename__ = "course"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    title: Mapped[str] = mapped_column(String(NAME_MAX_CHARS))
    search_key: Mapped[str] = mapped_column(SearchKey)
    description: Mapped[str] = mapped_column(Text, default="")
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    state: Mapped[str] = mapped_column(String(10), default="open")
    measure: Mapped[str] = mapped_column(String(10))
    scope: Mapped[str] = mapped_column(String(10))
    threshold: Mapped[int]
    grace_min: Mapped[int]
    number_pattern: Mapped[str] = mapped_column(String(60))
    """How its certificates are numbered, as in `training.numbering`."""
    issue_place: Mapped[str] = mapped_column(String(NAME_MAX_CHARS), default="")
    """The place in front of a certificate's date."""
    signer_name: Mapped[str] = mapped_column(String(NAME_MAX_CHARS), default="")
    signer_position: Mapped[str] = mapped_column(String(NAME_MAX_CHARS), default="")
    created_by: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="SET NULL"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class CourseState(Base):
    """What the derived progress of a course was made from; another fingerprint: it is made anew."""

    __tablename__ = "course_state"

    course_id: Mapped[int] = mapped_column(
        ForeignKey(COURSE_ID, ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    fingerprint: Mapped[str] = mapped_column(String(64))
    derived_at: Mapped[datetime] = mapped_column(UtcDateTime)


class CoursePerson(Base):
    """Derived: one participant's progress, merged entries united. Written by `training.deriving` alone.

    `state`: completed | going | missing | too_late. `share`: hundredths of a percent over all sessions.
    `cells`: for each
    regular session in the course's order `status millis share session`, joined by semicolons.
    """

    __tablename__ = "course_person"
    __table_args__ = (
        Index("ix_course_person_attendee_id", "attendee_id"),
        {"sqlite_with_rowid": False},
    )

    course_id: Mapped[int] = mapped_column(
        ForeignKey(COURSE_ID, ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    attendee_id: Mapped[int] = mapped_column(ForeignKey(ATTENDEE_ID), primary_key=True, autoincrement=False)
    state: Mapped[str] = mapped_column(String(10))
    millis: Mapped[int] = mapped_column(BigId)
    share: Mapped[int]
    cells: Mapped[str] = mapped_column(Text)


class CertificateSeries(Base):
    """The last number of a series: a pattern with the year filled in and the running number left out."""

    __tablename__ = "certificate_series"

    series: Mapped[str] = mapped_column(String(80), primary_key=True)
    last: Mapped[int]


class CertificateRow(Base):
    """A certificate as it was issued. `name` … are kept as printed; an erased person's are emptied.

    `token`: the secret part of its verification address.
    """

    __tablename__ = "certificate"
    __table_args__ = (Index("ix_certificate_course_id_attendee_id", "course_id", "attendee_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    course_id: Mapped[int] = mapped_column(ForeignKey(COURSE_ID))
    attendee_id: Mapped[int] = mapped_column(ForeignKey(ATTENDEE_ID), index=True)
    number: Mapped[str] = mapped_column(String(60), unique=True)
    token: Mapped[str] = mapped_column(String(40), unique=True)
    printed: Mapped[dict[str, Any]] = mapped_column(JSON)
    issued_at: Mapped[datetime] = mapped_column(UtcDateTime)
    issued_by: Mapped[str] = mapped_column(String(NAME_MAX_CHARS))
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revoked_by: Mapped[str | None] = mapped_column(String(NAME_MAX_CHARS))
    revoke_reason: Mapped[str | None] = mapped_column(String(500))


class LearningStatement(Base):
    """An xAPI statement for the learning record store, whither it goes as a parcel of the post. `id` is the
    statement's own and the parcel's key, made from what it says, so that the same is never stated twice."""

    __tablename__ = "learning_statement"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    verb: Mapped[str] = mapped_column(String(20))
    attendee_id: Mapped[int] = mapped_column(ForeignKey(ATTENDEE_ID), index=True)
    body: Mapped[dict[str, Any]] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    subject: Mapped[str] = mapped_column(String(60), index=True)
    """What it is about: `session:12` or `course:3`."""
    voided: Mapped[bool] = mapped_column(Boolean, default=False)
    """Another statement took it back, because the attendance was put right after it."""


class LearningMark(Base):
    """How far a session's or a course's statements were made: with another mark they are made anew."""

    __tablename__ = "learning_mark"

    subject: Mapped[str] = mapped_column(String(60), primary_key=True)
    mark: Mapped[str] = mapped_column(String(80))
