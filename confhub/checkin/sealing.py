"""Use cases of closing, verifying, reopening and rebuilding a session's attendance."""

from __future__ import annotations

from confhub.db.database import Database
from confhub.kernel.clock import Clock


class SealService:
    """The hash chain over everything a session's figures rest on."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock
