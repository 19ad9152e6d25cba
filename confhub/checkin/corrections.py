"""Use cases of corrections."""

from __future__ import annotations

from confhub.db.database import Database
from confhub.kernel.clock import Clock


class CorrectionService:
    """Append-only, with author, reason and the old value."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock
