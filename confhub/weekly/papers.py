"""WeekPapers: a week's schedule as a file."""

from __future__ import annotations

import asyncio

from confhub.access.rules import Actor
from confhub.db.database import Database
from confhub.files.drawing import drawn_at_once
from confhub.files.names import file_name
from confhub.kernel.clock import Clock
from confhub.kernel.ids import UnitId
from confhub.weekly.drawing import ORDER, Form, Order
from confhub.weekly.errors import SheetsBusy, WeekUnknown
from confhub.weekly.limits import DRAWN_AT_ONCE, DRAWN_WAITING
from confhub.weekly.service import WeeklyService
from confhub.weekly.values import Week

RETRY_S = 5


class WeekPapers:
    """What may be on a paper the service says; files are drawn by another process, some at a time."""

    def __init__(self, db: Database, clock: Clock, timezone: str) -> None:
        """`timezone`: of the house, in which days and hours are."""
        self.weekly = WeeklyService(db, clock, timezone)
        self._timezone = timezone
        self._turn = asyncio.Semaphore(DRAWN_AT_ONCE)
        self._waiting = 0

    async def make(
        self, actor: Actor, unit_id: UnitId, week: str, form: Form, language: str
    ) -> tuple[str, bytes]:
        """(name, content). Raises as `WeeklyService.get`; WeekUnknown also where it is hidden; SheetsBusy."""
        found = await self.weekly.get(actor, unit_id, week)
        if found.hidden:
            raise WeekUnknown
        return await self.draw(found, week, form, language)

    async def draw(self, found: Week, week: str, form: Form, language: str) -> tuple[str, bytes]:
        """(name, content) of a week that was read. SheetsBusy."""
        if self._waiting >= DRAWN_WAITING:
            raise SheetsBusy(retry_after_s=RETRY_S)
        order = ORDER.dump_json(Order(form, language, self._timezone, found))
        self._waiting += 1
        try:
            async with self._turn:
                content = await drawn_at_once("confhub.weekly.drawing", order)
        finally:
            self._waiting -= 1
        return file_name(week.lower(), f"lich cong tac {found.unit_name}", form), content
