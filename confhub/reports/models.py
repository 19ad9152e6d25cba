"""The table of scheduled reports; each that goes out is a parcel of the post."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from confhub.db.base import Base, BigId, UtcDateTime


class ReportSchedule(Base):
    """A report that goes out by e-mail, seen with the rights of the account that asked for it.

    `what`: session (after each one that ends in the branch) | unit (a period). `every`: session | week |
    month.
    """

    __tablename__ = "report_schedule"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), index=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    what: Mapped[str] = mapped_column(String(10))
    every: Mapped[str] = mapped_column(String(10))
    formats: Mapped[str] = mapped_column(String(20))
    language: Mapped[str] = mapped_column(String(10))
    recipients: Mapped[list[Any]] = mapped_column(JSON)
    next_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    paused_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
