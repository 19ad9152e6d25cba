"""The table of what leaves the hub."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from confhub.db.base import Base, BigId, UtcDateTime
from confhub.kernel.limits import NAME_MAX_CHARS


class Outbox(Base):
    """A parcel on its way. waiting (`due_at` is set) → sent (`done_at`) | given up (`given_up_at`).

    `kind` says who carries it; `key`, within the kind, what it is: the same is never put in twice. `due_at`:
    when it is tried next. `leased_until`: until then one hub, `holder`, has it in hand; it stays set where
    that hub died over it, so that whoever asks knows that it may have left.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        UniqueConstraint("kind", "key"),
        Index("ix_outbox_kind_due_at", "kind", "due_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    key: Mapped[str] = mapped_column(String(80))
    about: Mapped[str] = mapped_column(String(60), index=True)
    """What caused it: `session:12`, `schedule:3`."""
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"), index=True)
    """Whose officers read of it; None: those of the whole house."""
    address: Mapped[str] = mapped_column(Text)
    """Who still has to get it, with commas between them; empty where the kind itself knows."""
    title: Mapped[str] = mapped_column(String(NAME_MAX_CHARS), default="")
    """What it is called in a list; of letters, their subject once they were made."""
    payload: Mapped[dict[str, Any]] = mapped_column(JSON)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    attempts: Mapped[int] = mapped_column(default=0)
    forgiven: Mapped[int] = mapped_column(default=0)
    """Of the attempts, those that bring it no nearer to being given up."""
    last_error: Mapped[str] = mapped_column(String(300), default="")
    """Why it did not go, in words."""
    holder: Mapped[str] = mapped_column(String(32), default="")
    leased_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    given_up_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
