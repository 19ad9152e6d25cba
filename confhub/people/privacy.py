"""Use cases of personal data: who looked, export, erasure, retention."""

from __future__ import annotations

from confhub.db.database import Database
from confhub.kernel.clock import Clock


class PrivacyService:
    """What law 91/2025/QH15 asks of whoever keeps people."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock
