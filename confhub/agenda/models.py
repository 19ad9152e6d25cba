"""Tables of agendas: items, the rooms that speak to them, documents, their versions and pieces."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Integer, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from confhub.agenda.limits import ITEM_TITLE_MAX_CHARS, PRESENTER_MAX_CHARS
from confhub.db.base import Base, BigId, UtcDateTime
from confhub.kernel.limits import NAME_MAX_CHARS


class AgendaItemRow(Base):
    """An item; `place` from 0, without gaps."""

    __tablename__ = "agenda_item"
    __table_args__ = (Index("ix_agenda_item_session_id_place", "session_id", "place"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    session_id: Mapped[int] = mapped_column(ForeignKey("session.id", ondelete="CASCADE"))
    place: Mapped[int] = mapped_column(Integer)
    title: Mapped[str] = mapped_column(String(ITEM_TITLE_MAX_CHARS))
    minutes: Mapped[int] = mapped_column(Integer)
    presenter: Mapped[str] = mapped_column(String(PRESENTER_MAX_CHARS))


class SpeakingRoomRow(Base):
    """A room that speaks to an item."""

    __tablename__ = "agenda_item_room"

    item_id: Mapped[int] = mapped_column(
        ForeignKey("agenda_item.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    endpoint_id: Mapped[int] = mapped_column(
        ForeignKey("endpoint.id"), primary_key=True, autoincrement=False, index=True
    )


class DocumentRow(Base):
    """A document of a session, of one item where `item_id` says so; an item that goes leaves its documents
    to the session."""

    __tablename__ = "session_document"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    session_id: Mapped[int] = mapped_column(ForeignKey("session.id", ondelete="CASCADE"), index=True)
    item_id: Mapped[int | None] = mapped_column(ForeignKey("agenda_item.id", ondelete="SET NULL"), index=True)
    title: Mapped[str] = mapped_column(String(NAME_MAX_CHARS))
    readers: Mapped[str] = mapped_column(String(12))


class VersionRow(Base):
    """One file of a document; `number` from 1. `size` in bytes."""

    __tablename__ = "document_version"
    __table_args__ = (UniqueConstraint("document_id", "number"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    document_id: Mapped[int] = mapped_column(ForeignKey("session_document.id", ondelete="CASCADE"))
    number: Mapped[int] = mapped_column(Integer)
    size: Mapped[int] = mapped_column(Integer)
    pages: Mapped[int] = mapped_column(Integer)
    sha256: Mapped[str] = mapped_column(String(64))
    added_at: Mapped[datetime] = mapped_column(UtcDateTime)
    added_by: Mapped[str] = mapped_column(String(NAME_MAX_CHARS))
    """The name at that time, as in the audit trail."""


class PieceRow(Base):
    """A piece of a version's bytes, in order from 0."""

    __tablename__ = "document_piece"

    version_id: Mapped[int] = mapped_column(
        ForeignKey("document_version.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    content: Mapped[bytes] = mapped_column(LargeBinary)
