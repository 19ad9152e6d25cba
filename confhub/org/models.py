"""Tables of the tree: tiers and units."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Date, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from confhub.db.base import Base, BigId, Path, SearchKey, SortKey
from confhub.kernel.limits import CODE_MAX_CHARS, NAME_MAX_CHARS


class TierRow(Base):
    """A tier of administration. `code` is what import files call it, e.g. `district`."""

    __tablename__ = "tier"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    code: Mapped[str] = mapped_column(String(CODE_MAX_CHARS), unique=True)
    name: Mapped[str] = mapped_column(String(NAME_MAX_CHARS))
    name_en: Mapped[str] = mapped_column(String(NAME_MAX_CHARS))
    rank: Mapped[int]


class UnitRow(Base):
    """A node of the tree. `path` holds the ids from the root to itself: `/1/14/203/`."""

    __tablename__ = "unit"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    code: Mapped[str] = mapped_column(String(CODE_MAX_CHARS), unique=True)
    name: Mapped[str] = mapped_column(String(NAME_MAX_CHARS))
    tier_id: Mapped[int] = mapped_column(ForeignKey("tier.id"), index=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"), index=True)
    path: Mapped[str] = mapped_column(Path, index=True)
    valid_from: Mapped[date | None] = mapped_column(Date)
    valid_to: Mapped[date | None] = mapped_column(Date)
    sort_key: Mapped[str] = mapped_column(SortKey)
    search_key: Mapped[str] = mapped_column(SearchKey)


class UnitPaperRow(Base):
    """What a unit says of its official papers (`papers.PaperSettings`); NULL: nothing."""

    __tablename__ = "unit_paper"

    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id", ondelete="CASCADE"), primary_key=True)
    agency: Mapped[str | None] = mapped_column(String(NAME_MAX_CHARS))
    parent: Mapped[str | None] = mapped_column(String(NAME_MAX_CHARS))
    symbol: Mapped[str | None] = mapped_column(String(CODE_MAX_CHARS))
    place: Mapped[str | None] = mapped_column(String(NAME_MAX_CHARS))
    office: Mapped[str | None] = mapped_column(String(NAME_MAX_CHARS))
    signer: Mapped[str | None] = mapped_column(String(NAME_MAX_CHARS))
    addressee: Mapped[str | None] = mapped_column(String(NAME_MAX_CHARS))
