"""Tables of registration: what a session asks its invited units, by which links, and what they answered."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from confhub.db.base import Base, BigId, UtcDateTime
from confhub.invitations.limits import TEXT_MAX_CHARS
from confhub.kernel.limits import NAME_MAX_CHARS

HASH_CHARS = 64


class RegistrationRow(Base):
    """A session asks its units who comes, until `closes_at`, or its start where that is earlier."""

    __tablename__ = "registration"

    session_id: Mapped[int] = mapped_column(
        ForeignKey("session.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    closes_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)


class RegistrationUnit(Base):
    """A unit was told of it by a letter. No row: not yet, or it has no address."""

    __tablename__ = "registration_unit"

    session_id: Mapped[int] = mapped_column(
        ForeignKey("registration.session_id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), primary_key=True, autoincrement=False)
    told_at: Mapped[datetime] = mapped_column(UtcDateTime)


class RegistrationLink(Base):
    """By which one unit answers for one session, without an account. Only its token's SHA-256 is stored; each
    letter has a link of its own, since none can be read back. Deleted when it is revoked."""

    __tablename__ = "registration_link"
    __table_args__ = (Index("ix_registration_link_session_id_unit_id", "session_id", "unit_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    session_id: Mapped[int] = mapped_column(ForeignKey("registration.session_id", ondelete="CASCADE"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    token_hash: Mapped[str] = mapped_column(String(HASH_CHARS), unique=True)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)


class RegistrationAnswer(Base):
    """What a unit answered; the newest of a session and unit holds, the others stay on record.

    `choice`: see `values.Choice`. `comes_at`: of who comes later. `said`: why absent, or who stands in.
    `people`: how many delegates it names.
    """

    __tablename__ = "registration_answer"
    __table_args__ = (Index("ix_registration_answer_session_id_unit_id", "session_id", "unit_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    session_id: Mapped[int] = mapped_column(ForeignKey("registration.session_id", ondelete="CASCADE"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    choice: Mapped[str] = mapped_column(String(12))
    comes_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    said: Mapped[str] = mapped_column(String(TEXT_MAX_CHARS), default="")
    by_name: Mapped[str] = mapped_column(String(NAME_MAX_CHARS), default="")
    endpoint_id: Mapped[int | None] = mapped_column(ForeignKey("endpoint.id"))
    people: Mapped[int] = mapped_column(default=0)


class RegistrationDelegate(Base):
    """A person whom an answer names, in the answer's order. `name_key`: the name as an identity."""

    __tablename__ = "registration_delegate"

    answer_id: Mapped[int] = mapped_column(
        ForeignKey("registration_answer.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    place: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(String(NAME_MAX_CHARS))
    position: Mapped[str] = mapped_column(String(NAME_MAX_CHARS), default="")
    unit: Mapped[str] = mapped_column(String(NAME_MAX_CHARS), default="")
    name_key: Mapped[str] = mapped_column(String(), index=True)


class SessionReminder(Base):
    """Letters go out so many hours before a session starts. `sent_for`: the start that they were written for,
    or that was too near already."""

    __tablename__ = "session_reminder"

    session_id: Mapped[int] = mapped_column(
        ForeignKey("session.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    hours: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    sent_for: Mapped[datetime | None] = mapped_column(UtcDateTime)
