"""The table of idempotency keys."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from confhub.db.base import Base, UtcDateTime

HASH_CHARS = 64


class KeyRow(Base):
    """A key that an account sent, by its SHA-256, and of what request. `status` None: it is not answered
    yet. `etag`: that of the answer, empty where it had none."""

    __tablename__ = "idempotency_key"

    account_id: Mapped[int] = mapped_column(
        ForeignKey("account.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    key_hash: Mapped[str] = mapped_column(String(HASH_CHARS), primary_key=True)
    request_hash: Mapped[str] = mapped_column(String(HASH_CHARS))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    status: Mapped[int | None]
    answer: Mapped[str] = mapped_column(Text, default="")
    etag: Mapped[str] = mapped_column(String(100), default="")
