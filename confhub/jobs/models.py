"""The lease by which one of several hubs is the clock's servant."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from confhub.db.base import Base, UtcDateTime


class JobLease(Base):
    """Who may do the jobs named `name`, until `expires_at`."""

    __tablename__ = "job_lease"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    holder: Mapped[str] = mapped_column(String(80))
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
