"""What was refused at the doors: failed logins, throttled ones, forged requests. Counted, then written down.

A flood must not fill the trail: what is alike (action, subject, address) is one row a minute with its count,
and past a cap of kinds the rest is counted together. A crash loses at most that minute.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import structlog
from sqlalchemy.exc import SQLAlchemyError

from confhub.access.rules import Actor
from confhub.audit.service import asked_from, record
from confhub.db.database import Database
from confhub.kernel.clock import Clock

log = structlog.get_logger(__name__)

WRITE_EVERY_S: Final = 60.0

KINDS_MAX: Final = 200
"""Rows a minute, whatever comes: about 50 MB a day of a flood from ever new addresses."""

_NOBODY: Final = Actor(None, "", "vi")


@dataclass(slots=True)
class _Count:
    first_at: datetime
    count: int = 0


class Refusals:
    """`note` at any time; `run` writes every minute, `write` at once."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db, self._clock = db, clock
        self._counts: dict[tuple[str, str, str, str], _Count] = {}

    def note(self, action: str, subject: str, subject_id: int | str = "") -> None:
        """Somebody at the present request's address was refused `action`. Never what was typed."""
        key = (action, subject, str(subject_id)[:80], asked_from.get())
        if key not in self._counts and len(self._counts) >= KINDS_MAX:
            key = (action, subject, "", "*")
        self._counts.setdefault(key, _Count(self._clock.now())).count += 1

    async def run(self) -> None:
        """Write what was noted, every minute, until cancelled."""
        while True:
            await asyncio.sleep(WRITE_EVERY_S)
            try:
                await self.write()
            except (SQLAlchemyError, OSError) as error:  # the counts stay for the next minute
                log.warning("refusals not written", error=type(error).__name__)

    async def write(self) -> None:
        """One row for each kind that was noted."""
        if not self._counts:
            return
        taken, self._counts = self._counts, {}
        here = asked_from.set("")
        try:
            async with self._db.transaction() as tx:
                for (action, subject, subject_id, address), one in taken.items():
                    asked_from.set(address)
                    record(tx, _NOBODY, action, subject, subject_id, one.first_at, count=one.count)
        except BaseException:
            for key, one in taken.items():
                self._counts.setdefault(key, _Count(one.first_at)).count += one.count
            raise
        finally:
            asked_from.reset(here)
