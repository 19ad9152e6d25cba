"""Use cases of reports on people: a session, a course, a unit over a period."""

from __future__ import annotations

from confhub.db.database import Database
from confhub.kernel.clock import Clock


class PeopleReportService:
    """Reads only."""

    def __init__(self, db: Database, clock: Clock, timezone: str = "Asia/Ho_Chi_Minh") -> None:
        self._db = db
        self._clock = clock
        self._timezone = timezone
