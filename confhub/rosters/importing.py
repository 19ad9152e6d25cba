"""Use cases of importing people: preview a file, then apply exactly what was previewed."""

from __future__ import annotations

from confhub.db.database import Database
from confhub.kernel.clock import Clock


class PeopleImportService:
    """People, and with them standing rosters, from CSV and XLSX."""

    def __init__(self, db: Database, clock: Clock, timezone: str = "Asia/Ho_Chi_Minh") -> None:
        self._db = db
        self._clock = clock
        self._timezone = timezone
