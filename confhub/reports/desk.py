"""Use cases of the training officer's desk: what needs attention now."""

from __future__ import annotations

from confhub.db.database import Database
from confhub.kernel.clock import Clock


class DeskService:
    """Reads only, but for reminders."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock
