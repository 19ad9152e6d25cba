"""Use cases of certificates: issue, print, revoke, verify."""

from __future__ import annotations

from confhub.db.database import Database
from confhub.kernel.clock import Clock


class CertificateService:
    """Certificates."""

    def __init__(self, db: Database, clock: Clock, timezone: str = "Asia/Ho_Chi_Minh") -> None:
        self._db = db
        self._clock = clock
        self._timezone = timezone
