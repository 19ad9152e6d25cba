"""The audit trail's table: append-only."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from confhub.db.base import Base, BigId, Path, UtcDateTime


class AuditRow(Base):
    """One change. `actor_id` names no foreign key: the trail outlives the account."""

    __tablename__ = "audit_entry"
    __table_args__ = (
        Index("ix_audit_entry_subject_subject_id", "subject", "subject_id"),
        Index("ix_audit_entry_actor_name_id", "actor_name", "id"),
        Index("ix_audit_entry_actor_id_id", "actor_id", "id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    actor_id: Mapped[int | None] = mapped_column(BigId)
    actor_name: Mapped[str] = mapped_column(String(200))
    action: Mapped[str] = mapped_column(String(60))
    subject: Mapped[str] = mapped_column(String(40))
    subject_id: Mapped[str] = mapped_column(String(80))
    path: Mapped[str] = mapped_column(Path, index=True)
    address: Mapped[str] = mapped_column(String(64), server_default="")
    """Where the request came from; empty for what the hub does by itself."""
    details: Mapped[dict[str, Any]] = mapped_column(JSON)
