"""Use cases of tablets: issue a code, hand it in, revoke."""

from __future__ import annotations

from confhub.db.database import Database
from confhub.kernel.clock import Clock


class TabletService:
    """Tablets of rooms."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock
