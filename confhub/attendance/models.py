"""Tables of attendance. Append-only: rows are inserted, never changed and never deleted."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from confhub.attendance.values import CONNECTION_MAX_CHARS
from confhub.db.base import Base, BigId, UtcDateTime


class AttendanceEvent(Base):
    """One join or leave, as it came. `at` is when it happened, `received_at` when the hub learned it.

    `key` makes deliveries idempotent: the same event again has the same key.
    """

    __tablename__ = "attendance_event"
    __table_args__ = (Index("ix_attendance_event_session_endpoint", "session_id", "endpoint_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    session_id: Mapped[int] = mapped_column(ForeignKey("session.id"))
    endpoint_id: Mapped[int] = mapped_column(ForeignKey("endpoint.id"))
    source: Mapped[str] = mapped_column(String(10))
    kind: Mapped[str] = mapped_column(String(10))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    connection: Mapped[str] = mapped_column(String(CONNECTION_MAX_CHARS))
    seq: Mapped[int | None] = mapped_column(BigId, default=None)
    key: Mapped[str] = mapped_column(String(200), unique=True)


class PresenceMark(Base):
    """A room was known present at `at`: one narrow row per connection and quarter of a minute.

    302 rooms give 72,000 rows an hour from each of the two sources; the table is its own index, so a
    mark costs about 60 bytes, and doubled marks are the same row.
    """

    __tablename__ = "attendance_mark"
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012 - SQLAlchemy's own attribute

    session_id: Mapped[int] = mapped_column(ForeignKey("session.id"), primary_key=True, autoincrement=False)
    endpoint_id: Mapped[int] = mapped_column(ForeignKey("endpoint.id"), primary_key=True, autoincrement=False)
    source: Mapped[str] = mapped_column(String(10), primary_key=True)
    connection: Mapped[str] = mapped_column(String(CONNECTION_MAX_CHARS), primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime, primary_key=True)


class Observation(Base):
    """The hub looked into the session's media room at `at`: between two close ones it was watching."""

    __tablename__ = "attendance_observation"

    session_id: Mapped[int] = mapped_column(ForeignKey("session.id"), primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(UtcDateTime, primary_key=True)
