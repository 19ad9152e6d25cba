"""The table of templates."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from confhub.db.base import Base, BigId, UtcDateTime
from confhub.kernel.limits import NAME_MAX_CHARS


class TemplateRow(Base):
    """A session without its hour. `form`: as a series keeps it (`series.form`); `agenda`: [title, minutes,
    presenter, [rooms]] of each item, in order."""

    __tablename__ = "session_template"
    __table_args__ = (UniqueConstraint("unit_id", "name"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    name: Mapped[str] = mapped_column(String(NAME_MAX_CHARS))
    title: Mapped[str] = mapped_column(String(NAME_MAX_CHARS))
    form: Mapped[dict[str, Any]] = mapped_column(JSON)
    agenda: Mapped[list[Any]] = mapped_column(JSON)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    made_by: Mapped[str] = mapped_column(String(NAME_MAX_CHARS))
    """The name at that time, as in the audit trail."""
