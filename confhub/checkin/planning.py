"""Use cases of a session's policy, breaks and presence prompts."""

from __future__ import annotations

from confhub.db.database import Database
from confhub.kernel.clock import Clock


class PlanService:
    """How a session is checked in."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock
