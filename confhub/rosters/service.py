"""Use cases of rosters."""

from __future__ import annotations

from confhub.db.database import Database
from confhub.kernel.clock import Clock


class RosterService:
    """Who is expected in which room."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock
