"""What is kept of files: how their columns are read."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from confhub.db.base import Base, BigId, Path, UtcDateTime
from confhub.kernel.limits import NAME_MAX_CHARS


class RememberedColumns(Base):
    """What the columns of a branch's files mean, as somebody said for a heading like this one.

    `kind`: people | units. `headings`: a hash over the heading's texts. `fields`: column (from 0, as text) →
    field, or "" for one that is not read.
    """

    __tablename__ = "remembered_columns"
    __table_args__ = (UniqueConstraint("branch", "kind", "headings"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    branch: Mapped[str] = mapped_column(Path)
    kind: Mapped[str] = mapped_column(String(10))
    headings: Mapped[str] = mapped_column(String(64))
    fields: Mapped[dict[str, Any]] = mapped_column(JSON)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    actor_name: Mapped[str] = mapped_column(String(NAME_MAX_CHARS))
