"""Use cases of notices of absence."""

from __future__ import annotations

from confhub.db.database import Database
from confhub.kernel.clock import Clock


class AbsenceService:
    """Entered ahead, approved by the unit's officer."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock
