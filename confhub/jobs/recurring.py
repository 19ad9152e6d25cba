"""Recurring work: how it is declared, and the one runner of it all."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final

import structlog

from confhub.db.database import Database
from confhub.jobs.lease import Lease
from confhub.kernel.clock import Clock
from confhub.kernel.errors import DomainError
from confhub.kernel.load import HELD_BACK_MAX_S

log = structlog.get_logger(__name__)

HELD_S: Final = 0.5
"""How soon it is asked again whether the hub is still pressed."""
PAUSE_MAX_S: Final = 0.5
"""After work that takes longer than its period; a twentieth of the period, where that is less."""
STANDBY_S: Final = 5.0
"""How soon a hub whose lease another one holds looks whether it is free: then it begins at once."""


@dataclass(frozen=True, slots=True)
class Work:
    """Something that is done again and again. It does little at a time and says by itself what is due.

    `lease`: of several hubs on one database the one that holds it does the work; None: each hub does.
    `can_wait`: it is put off while the hub is pressed, up to `HELD_BACK_MAX_S`. `otherwise`: what a hub does
    in its place whose lease another one holds. `at_end`: what is left to be done as the hub stops.
    """

    name: str
    every_s: float
    do: Callable[[], Awaitable[object]]
    lease: str | None
    can_wait: bool = False
    otherwise: Callable[[], object] | None = None
    at_end: Callable[[], Awaitable[object]] | None = None


class Recurring:
    """Owned by app: `run` until cancelled. Work that fails is logged and done again; it stops no other."""

    def __init__(
        self, db: Database, clock: Clock, works: Sequence[Work], pressed: Callable[[], bool] = lambda: False
    ) -> None:
        """`pressed`: whether what can wait should."""
        assert len({work.name for work in works}) == len(works), "two works of one name"
        self._clock, self._works, self._pressed = clock, tuple(works), pressed
        self._leases = {name: Lease(db, clock, name) for name in {work.lease for work in works} if name}
        self._next: dict[str, float] = {}

    async def run(self) -> None:
        """Each work has a task of its own, so that none that is slow delays another one."""
        try:
            async with asyncio.TaskGroup() as group:
                for work in self._works:
                    group.create_task(self._again(work), name=work.name)
        finally:
            for work in self._works:
                if work.at_end is not None:
                    await contained(work.name, work.at_end)
            for lease in self._leases.values():
                with contextlib.suppress(Exception):
                    await lease.release()

    async def turn(self, *names: str) -> None:
        """All works whose time has come, or those of these names, one after the other, however pressed the
        hub is: for those who move the clock by hand."""
        for work in self._works:
            if (not names or work.name in names) and self._wait_s(work) <= 0:
                await self._once(work)

    async def _again(self, work: Work) -> None:
        pause_s = min(PAUSE_MAX_S, work.every_s / 20)
        due = self._clock.monotonic()
        while True:
            if work.can_wait and self._pressed() and self._clock.monotonic() - due < HELD_BACK_MAX_S:
                await asyncio.sleep(HELD_S)
                continue
            await self._once(work)
            await asyncio.sleep(max(pause_s, self._wait_s(work)))
            due = self._clock.monotonic()

    async def _once(self, work: Work) -> None:
        self._next[work.name] = self._clock.monotonic() + work.every_s
        await contained(work.name, lambda: self._as_leader(work))

    async def _as_leader(self, work: Work) -> None:
        if work.lease is None or await self._leases[work.lease].hold():
            await work.do()
            return
        self._next[work.name] = self._clock.monotonic() + min(work.every_s, STANDBY_S)
        if work.otherwise is not None:
            work.otherwise()

    def _wait_s(self, work: Work) -> float:
        """Until its time has come."""
        return self._next.get(work.name, 0.0) - self._clock.monotonic()


async def contained(what: str, do: Callable[[], Awaitable[object]]) -> None:
    """Do it; one fault costs this round only."""
    try:
        await do()
    except DomainError as error:
        log.warning("work put off", work=what, reason=error.code)
    except Exception:  # containment: a later round may do better
        log.exception("work failed", work=what)
