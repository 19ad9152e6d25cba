"""Servants: small recurring jobs of the leader, each at its own pace; one that fails stops no other."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Collection, Mapping

import structlog

from confhub.db.database import Database
from confhub.jobs.lease import Lease
from confhub.kernel.clock import Clock
from confhub.kernel.errors import DomainError
from confhub.kernel.load import HELD_BACK_MAX_S

log = structlog.get_logger(__name__)

TICK_S = 0.5

Job = tuple[float, Callable[[], Awaitable[object]]]
"""Seconds between two runs, and what is run. It does little at a time and says by itself what is due."""


class Servants:
    """Owned by app: `run` until cancelled. On one hub at a time, by lease."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        jobs: Mapping[str, Job],
        can_wait: Collection[str] = (),
        pressed: Callable[[], bool] = lambda: False,
    ) -> None:
        """`can_wait`: jobs that are put off while the hub is `pressed`, up to `HELD_BACK_MAX_S`."""
        self._clock, self._jobs = clock, dict(jobs)
        self._can_wait, self._pressed = frozenset(can_wait), pressed
        self._lease = Lease(db, clock, "servants")

    async def run(self) -> None:
        """Each job has a task of its own, so that a report that is sent delays no roster."""
        try:
            async with asyncio.TaskGroup() as group:
                for name, (every_s, job) in self._jobs.items():
                    group.create_task(self._every(name, every_s, job))
        finally:
            with contextlib.suppress(Exception):
                await self._lease.release()

    async def _every(self, name: str, every_s: float, job: Callable[[], Awaitable[object]]) -> None:
        due = self._clock.monotonic()
        while True:
            started = self._clock.monotonic()
            if name in self._can_wait and self._pressed() and started - due < HELD_BACK_MAX_S:
                await asyncio.sleep(TICK_S)
                continue
            due = started + every_s
            try:
                if await self._lease.hold():
                    await job()
            except DomainError as error:
                log.warning("job put off", job=name, reason=error.code)
            except Exception:  # containment: one job's fault costs that job's round only
                log.exception("job failed", job=name)
            await asyncio.sleep(max(TICK_S, every_s - (self._clock.monotonic() - started)))
