"""Tables of others' calendars: feeds, addresses, and what was told to whom."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from confhub.db.base import Base, BigId, UtcDateTime

ADDRESS_MAX_CHARS = 254
HASH_CHARS = 64


class FeedRow(Base):
    """A calendar that somebody subscribes to, without logging in. Only its token's SHA-256 is stored.

    `kind`: the sessions that `account_id` planned, or those of a unit's branch, or of a room; what it shows
    is bounded by what the account may see when it is asked. Deleted when it is revoked.
    """

    __tablename__ = "calendar_feed"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    kind: Mapped[str] = mapped_column(String(10))
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"), index=True)
    endpoint_id: Mapped[int | None] = mapped_column(ForeignKey("endpoint.id"), index=True)
    token_hash: Mapped[str] = mapped_column(String(HASH_CHARS), unique=True)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ContactRow(Base):
    """Where letters to a room go, or those to a unit's rooms that have no address of their own."""

    __tablename__ = "contact_address"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"), unique=True)
    endpoint_id: Mapped[int | None] = mapped_column(ForeignKey("endpoint.id"), unique=True)
    address: Mapped[str] = mapped_column(String(ADDRESS_MAX_CHARS))


class InvitationRow(Base):
    """What an address was told of a session, or of a series, by letters.

    `told`: the picture (`pictures`), None where it was told that all is cancelled. `sequence` rises with each
    letter. `over_at`: when the last known date is over; None where a rule goes on.
    """

    __tablename__ = "invitation"
    __table_args__ = (UniqueConstraint("session_id", "address"), UniqueConstraint("series_id", "address"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    session_id: Mapped[int | None] = mapped_column(ForeignKey("session.id", ondelete="CASCADE"))
    series_id: Mapped[int | None] = mapped_column(ForeignKey("series.id"))
    address: Mapped[str] = mapped_column(String(ADDRESS_MAX_CHARS))
    sequence: Mapped[int]
    told: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    over_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)


class LetterMark(Base):
    """A session's state, hours or rooms changed: its letters are looked at. Written in the transaction that
    changes it, again and again if need be, and deleted by who has looked."""

    __tablename__ = "letter_mark"
    __table_args__ = (Index("ix_letter_mark_session_id", "session_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    session_id: Mapped[int] = mapped_column(ForeignKey("session.id", ondelete="CASCADE"))
