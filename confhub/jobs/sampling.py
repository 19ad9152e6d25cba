"""Sampler: looks at the rooms' lines of running sessions every few seconds, on one hub at a time."""

from __future__ import annotations

import asyncio
import contextlib

import structlog

from confhub.db.database import Database
from confhub.jobs.lease import Lease
from confhub.kernel.clock import Clock
from confhub.kernel.errors import DomainError
from confhub.sessions.quality import QualityService
from confhub.sessions.quality_rules import SAMPLE_S

log = structlog.get_logger(__name__)


class Sampler:
    """Owned by app: `run` until cancelled; what is in memory then is stored."""

    def __init__(self, db: Database, clock: Clock, quality: QualityService) -> None:
        self._clock, self._quality = clock, quality
        self._lease = Lease(db, clock, "sampling")

    async def run(self) -> None:
        """One question to the engine each SAMPLE_S while sessions run; a fault costs that look only."""
        try:
            while True:
                started = self._clock.monotonic()
                try:
                    if await self._lease.hold():
                        await self._quality.sample()
                except DomainError as error:
                    log.warning("lines not sampled now", reason=error.code)
                except Exception:  # containment: a later look may do better
                    log.exception("lines not sampled")
                await asyncio.sleep(max(0.5, SAMPLE_S - (self._clock.monotonic() - started)))
        finally:
            with contextlib.suppress(Exception):
                await self._quality.flush()
                await self._lease.release()
