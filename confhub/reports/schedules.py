"""Use cases of scheduled reports."""

from __future__ import annotations

from confhub.db.database import Database
from confhub.kernel.clock import Clock


class ScheduleService:
    """Reports that go out by e-mail."""

    def __init__(self, db: Database, clock: Clock, mail_url: str | None = None, mail_from: str = "") -> None:
        self._db = db
        self._clock = clock
        self._mail_url, self._mail_from = mail_url, mail_from
