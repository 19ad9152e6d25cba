"""Tables of scheduling: series and their dates, days off, and who has which room when."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Date,
    ForeignKey,
    Index,
    Integer,
    String,
    Time,
    literal_column,
)
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column

from confhub.db.base import Base, BigId, UtcDateTime
from confhub.kernel.limits import NAME_MAX_CHARS

SESSION_ID = "session.id"
ENDPOINT_ID = "endpoint.id"
UNIT_ID = "unit.id"
SERIES_ID = "series.id"


class SeriesRow(Base):
    """A series: its rule, and the form that its sessions are made by.

    `unit_id` is the organizer's branch. The rule is counted from `first_day`, sessions begin at `hour`, both
    in `zone`. `form`: the session's fields but unit, title and hours, by their names in `SessionInput`.
    Every date up to `made_until` is there. `stopped`: the code of what keeps the job from making more.
    """

    __tablename__ = "series"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    uid: Mapped[str] = mapped_column(String(60), unique=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey(UNIT_ID), index=True)
    title: Mapped[str] = mapped_column(String(NAME_MAX_CHARS))
    search_key: Mapped[str] = mapped_column(String(400))
    rule: Mapped[str] = mapped_column(String(300))
    first_day: Mapped[date] = mapped_column(Date)
    hour: Mapped[time] = mapped_column(Time)
    zone: Mapped[str] = mapped_column(String(60))
    on_days_off: Mapped[str] = mapped_column(String(10))
    form: Mapped[dict[str, Any]] = mapped_column(JSON)
    made_until: Mapped[date] = mapped_column(Date)
    look_on: Mapped[date] = mapped_column(Date, index=True)
    """The day on which the job looks again for dates to make."""
    stopped: Mapped[str | None] = mapped_column(String(60))
    previous_id: Mapped[int | None] = mapped_column(ForeignKey(SERIES_ID))
    """The series that this one goes on with, from its first day."""
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """Somebody ended it: no dates are made any more."""
    created_by: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="SET NULL"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class OccurrenceRow(Base):
    """A date of a series by its rule, and the session that it became; None where there is none."""

    __tablename__ = "series_occurrence"

    series_id: Mapped[int] = mapped_column(ForeignKey(SERIES_ID), primary_key=True, autoincrement=False)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    """By the rule: RFC 5545's RECURRENCE-ID."""
    session_id: Mapped[int | None] = mapped_column(ForeignKey(SESSION_ID, ondelete="SET NULL"), unique=True)
    standing: Mapped[str] = mapped_column(String(12))


class DayOffRow(Base):
    """A day off of a unit and of everything below it, besides the public holidays."""

    __tablename__ = "unit_day_off"

    unit_id: Mapped[int] = mapped_column(ForeignKey(UNIT_ID), primary_key=True, autoincrement=False)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    name: Mapped[str] = mapped_column(String(NAME_MAX_CHARS))


class BookingRule(Base):
    """What happens where a room of the unit, or of a unit below it without a rule, is wanted twice."""

    __tablename__ = "booking_rule"

    unit_id: Mapped[int] = mapped_column(ForeignKey(UNIT_ID), primary_key=True, autoincrement=False)
    on_conflict: Mapped[str] = mapped_column(String(10))


class RoomBuffer(Base):
    """Minutes that a room needs before and after each session."""

    __tablename__ = "room_buffer"

    endpoint_id: Mapped[int] = mapped_column(ForeignKey(ENDPOINT_ID), primary_key=True, autoincrement=False)
    setup_min: Mapped[int] = mapped_column(Integer)
    clear_min: Mapped[int] = mapped_column(Integer)


class Booking(Base):
    """A room is had by a session that is scheduled, in its lobby or live: from setting up to clearing, in
    seconds since 1970. `exclusive`: by the rule of its unit no other such booking of the room may touch it;
    PostgreSQL holds that by itself, over ranges that lie room after room on one line of numbers: with the
    room beside the hours an insert takes ten times as long, and by GiST twice as long as by SP-GiST. SQLite
    has one writer, who looks before."""

    __tablename__ = "room_booking"
    __table_args__ = (
        Index("ix_room_booking_from_s", "from_s", "until_s", "endpoint_id", "session_id"),
        ExcludeConstraint(
            (literal_column("int8range((endpoint_id << 36) + from_s, (endpoint_id << 36) + until_s)"), "&&"),
            name="room_booking_exclusive",
            using="spgist",
            where=literal_column("exclusive"),
        ).ddl_if(dialect="postgresql"),
        {"sqlite_with_rowid": False},
    )

    session_id: Mapped[int] = mapped_column(
        ForeignKey(SESSION_ID, ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    endpoint_id: Mapped[int] = mapped_column(ForeignKey(ENDPOINT_ID), primary_key=True, autoincrement=False)
    from_s: Mapped[int] = mapped_column(BigInteger)
    until_s: Mapped[int] = mapped_column(BigInteger)
    exclusive: Mapped[bool] = mapped_column(Boolean)
