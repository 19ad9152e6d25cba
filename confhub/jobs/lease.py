"""The lease: of several hubs on one database, one does the clock's work."""

from __future__ import annotations

import asyncio
import secrets
from datetime import timedelta

from sqlalchemy import delete, or_, update
from sqlalchemy.exc import IntegrityError

from confhub.db.database import Database
from confhub.jobs.models import JobLease
from confhub.kernel.clock import Clock

LEASE = timedelta(seconds=10)
"""A leader that died is followed by another after this long."""

RENEW_S = 3.0
"""A leader that lives writes no oftener than this."""


class Lease:
    """Taken and kept by `hold`, given back by `release`."""

    def __init__(self, db: Database, clock: Clock, name: str) -> None:
        self._db, self._clock, self._name = db, clock, name
        self._holder = secrets.token_hex(8)
        self._renewed_at: float | None = None
        self._asking = asyncio.Lock()

    async def hold(self) -> bool:
        """Whether this hub is the leader now. Jobs that ask at the same time ask the database once."""
        async with self._asking:
            if self._renewed_at is not None and self._clock.monotonic() - self._renewed_at < RENEW_S:
                return True
            asked_at = self._clock.monotonic()
            held = await self._take()
            self._renewed_at = asked_at if held else None
            return held

    async def release(self) -> None:
        """Let another hub lead at once."""
        self._renewed_at = None
        async with self._db.transaction() as tx:
            await tx.execute(
                delete(JobLease).where(JobLease.name == self._name, JobLease.holder == self._holder)
            )

    async def _take(self) -> bool:
        now = self._clock.now()
        renewed = (
            update(JobLease)
            .where(
                JobLease.name == self._name,
                or_(JobLease.holder == self._holder, JobLease.expires_at <= now),
            )
            .values(holder=self._holder, expires_at=now + LEASE)
            .returning(JobLease.name)
        )
        async with self._db.transaction() as tx:
            if (await tx.execute(renewed)).first() is not None:
                return True
            if await tx.get(JobLease, self._name) is not None:
                return False
        try:
            async with self._db.transaction() as tx:
                tx.add(JobLease(name=self._name, holder=self._holder, expires_at=now + LEASE))
        except IntegrityError:
            return False  # another hub was quicker
        return True
