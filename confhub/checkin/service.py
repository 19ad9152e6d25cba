"""Use cases of checking in."""

from __future__ import annotations

from confhub.db.database import Database
from confhub.kernel.clock import Clock


class CheckinService:
    """Stores what tablets, phones and files tell; one owner of the group writer."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock
