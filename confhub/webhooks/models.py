"""The table of webhooks."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from confhub.db.base import Base, BigId, UtcDateTime
from confhub.webhooks.limits import URL_MAX_CHARS


class HookRow(Base):
    """Where a unit's branch is told of. Secrets stand here as they are: they sign what is sent.

    `since`: what happened before is not told. `looked_at`: up to there the audit trail was looked through.
    `old_secret` signs as well until `old_until`.
    """

    __tablename__ = "webhook"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    url: Mapped[str] = mapped_column(String(URL_MAX_CHARS))
    topics: Mapped[list[str]] = mapped_column(JSON)
    active: Mapped[bool]
    secret: Mapped[str] = mapped_column(String(80))
    old_secret: Mapped[str] = mapped_column(String(80), default="")
    old_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    since: Mapped[datetime] = mapped_column(UtcDateTime)
    looked_at: Mapped[datetime] = mapped_column(UtcDateTime)
