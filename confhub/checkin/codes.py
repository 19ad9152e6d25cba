"""Use cases of the rooms' codes: what a screen shows, and what a phone hands in."""

from __future__ import annotations

from confhub.db.database import Database
from confhub.kernel.clock import Clock


class CodeService:
    """QR codes and six digits of rooms."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock
