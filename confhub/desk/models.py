"""The table of the desk: what rooms were reminded of."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from confhub.db.base import Base, BigId, UtcDateTime
from confhub.kernel.limits import NAME_MAX_CHARS


class RoomReminder(Base):
    """A room was reminded of something from the training officer's desk; its tablet shows it until put away.

    `what`: head_count | roster | check_in | absences | prompt.
    """

    __tablename__ = "room_reminder"
    __table_args__ = (Index("ix_room_reminder_session_id_endpoint_id", "session_id", "endpoint_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    session_id: Mapped[int] = mapped_column(ForeignKey("session.id"))
    endpoint_id: Mapped[int] = mapped_column(ForeignKey("endpoint.id"))
    what: Mapped[str] = mapped_column(String(20))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    by: Mapped[str] = mapped_column(String(NAME_MAX_CHARS))
    seen_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
