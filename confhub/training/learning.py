"""Use cases of the learning record store: what it is told, with retry and without doubles."""

from __future__ import annotations

from confhub.db.database import Database
from confhub.kernel.clock import Clock


class LearningService:
    """xAPI statements."""

    def __init__(
        self, db: Database, clock: Clock, url: str | None = None, key: str = "", secret: str = ""
    ) -> None:
        self._db = db
        self._clock = clock
        self._url, self._key, self._secret = url, key, secret
