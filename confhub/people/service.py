"""Use cases of the register of people."""

from __future__ import annotations

from confhub.db.database import Database
from confhub.kernel.clock import Clock


class PeopleService:
    """Attendees by branch of the tree."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock
