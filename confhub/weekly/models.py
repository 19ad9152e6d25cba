"""Tables of weekly schedules."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

from sqlalchemy import JSON, Date, ForeignKey, Index, String, Time
from sqlalchemy.orm import Mapped, mapped_column

from confhub.db.base import Base, BigId, UtcDateTime
from confhub.kernel.limits import NAME_MAX_CHARS
from confhub.weekly.limits import CONTENT_MAX_CHARS, TEXT_MAX_CHARS


class ScheduleRow(Base):
    """A unit's week, from its Monday. draft → approved → published, and back to a draft; no row: a draft.

    `reach`: whose sessions come in. `told`: the lines as they were approved, which changes are told against.
    Names are those of the day.
    """

    __tablename__ = "weekly_schedule"

    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), primary_key=True, autoincrement=False)
    monday: Mapped[date] = mapped_column(Date, primary_key=True)
    reach: Mapped[str] = mapped_column(String(10))
    state: Mapped[str] = mapped_column(String(10))
    approved_name: Mapped[str] = mapped_column(String(NAME_MAX_CHARS), default="")
    approved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    published_name: Mapped[str] = mapped_column(String(NAME_MAX_CHARS), default="")
    published_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    told: Mapped[list[dict[str, Any]] | None] = mapped_column(JSON(none_as_null=True))


class EntryRow(Base):
    """What a unit does besides sessions. Hours are the house's. `removed_at`: taken out after the week was
    approved, so that the paper can say when."""

    __tablename__ = "weekly_entry"
    __table_args__ = (Index("ix_weekly_entry_unit_id_day", "unit_id", "day"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    day: Mapped[date] = mapped_column(Date)
    begins: Mapped[time] = mapped_column(Time)
    ends: Mapped[time | None] = mapped_column(Time)
    content: Mapped[str] = mapped_column(String(CONTENT_MAX_CHARS))
    place: Mapped[str] = mapped_column(String(TEXT_MAX_CHARS))
    chair: Mapped[str] = mapped_column(String(TEXT_MAX_CHARS))
    participants: Mapped[str] = mapped_column(String(TEXT_MAX_CHARS))
    prepared_by: Mapped[str] = mapped_column(String(TEXT_MAX_CHARS))
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    removed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class NoteRow(Base):
    """What a unit's schedule says of a session in place of what follows from it; empty: what follows."""

    __tablename__ = "weekly_session_note"

    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), primary_key=True, autoincrement=False)
    session_id: Mapped[int] = mapped_column(
        ForeignKey("session.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    place: Mapped[str] = mapped_column(String(TEXT_MAX_CHARS))
    chair: Mapped[str] = mapped_column(String(TEXT_MAX_CHARS))
    participants: Mapped[str] = mapped_column(String(TEXT_MAX_CHARS))
    prepared_by: Mapped[str] = mapped_column(String(TEXT_MAX_CHARS))
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
