"""Group commit: what arrives within a few milliseconds is written in one transaction.

302 rooms that join at once would otherwise wait for 302 synchronous commits, one after the other.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Final, Generic, TypeVar

import structlog

from confhub.db.database import Database, Tx
from confhub.kernel.errors import DomainError, Unavailable

WINDOW_S: Final = 0.02
"""How long the first item of a group waits for others; far below what a person or a webhook notices."""

ENOUGH: Final = 50
"""Items that are worth a transaction: once so many wait, the window is over."""

WAITING_MAX: Final = 5_000
"""Items not yet written: a dozen for each of 302 rooms. Beyond, the sender is told to come back."""

GROUP_MAX: Final = 1_000
"""Weight of the items in one transaction, so that other writers are not kept waiting for seconds."""

Item = TypeVar("Item")
Result = TypeVar("Result")

_log = structlog.get_logger(__name__)


class GroupWriter(Generic[Item, Result]):
    """Hands items in groups to `write(tx, items) -> results`, each in order; one task, owned here.

    `write` answers one result per item. If it fails for a group, each item is tried by itself, so that
    one bad item costs nobody else. Who comes after a pause waits for `window_s`; while many come, groups
    begin `pace_s` apart, as a group costs much the same whatever its size. `name` stands in the log, `busy`
    is raised when too many wait, `weigh` says how many rows an item is worth; a group may be over `GROUP_MAX`
    by one item.
    """

    def __init__(
        self,
        db: Database,
        write: Callable[[Tx, Sequence[Item]], Awaitable[Sequence[Result]]],
        window_s: float = WINDOW_S,
        *,
        pace_s: float = 0.0,
        name: str,
        busy: type[Unavailable] = Unavailable,
        weigh: Callable[[Item], int] = lambda _item: 1,
    ) -> None:
        self._db = db
        self._write = write
        self._window_s, self._pace_s = window_s, pace_s
        self._begun_at = float("-inf")
        self._name, self._busy, self._weigh = name, busy, weigh
        self._waiting: asyncio.Queue[tuple[Item, asyncio.Future[Result]]] = asyncio.Queue(WAITING_MAX)
        self._enough = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    @property
    def filling(self) -> float:
        """The share of the places that is taken, 0 to 1."""
        return self._waiting.qsize() / WAITING_MAX

    async def start(self) -> None:
        """Start collecting."""
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name=f"{self._name}-writer")

    async def close(self) -> None:
        """Write what waits, then stop. Later submissions are written one by one."""
        task, self._task = self._task, None
        if task is None:
            return
        await self._waiting.join()
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    async def submit(self, item: Item) -> Result:
        """Return once the item is committed; raises what `write` raised, `busy` when full."""
        if self._task is None:
            return await self._alone(item)
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        try:
            self._waiting.put_nowait((item, future))
        except asyncio.QueueFull:
            raise self._busy from None
        if self._waiting.qsize() >= ENOUGH:
            self._enough.set()
        return await future

    async def _run(self) -> None:
        while True:
            group = [await self._waiting.get()]
            await self._others()
            weight = self._weigh(group[0][0])
            while weight < GROUP_MAX and not self._waiting.empty():
                group.append(self._waiting.get_nowait())
                weight += self._weigh(group[-1][0])
            try:
                await self._commit(group)
            finally:
                for _ in group:
                    self._waiting.task_done()

    async def _others(self) -> None:
        """Until the window is over, or enough wait."""
        now = asyncio.get_running_loop().time
        if self._waiting.qsize() < ENOUGH:
            self._enough.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout_at(max(now() + self._window_s, self._begun_at + self._pace_s)):
                    await self._enough.wait()
        self._begun_at = now()

    async def _commit(self, group: list[tuple[Item, asyncio.Future[Result]]]) -> None:
        try:
            async with self._db.transaction(later=True) as tx:
                results = await self._write(tx, [item for item, _ in group])
        except Exception:  # noqa: BLE001 - contained: each item is tried alone, and told its own failure
            _log.warning("group_failed", writer=self._name, items=len(group), exc_info=True)
            for item, future in group:
                await self._settle_alone(item, future)
            return
        for (_, future), result in zip(group, results, strict=True):
            if not future.done():
                future.set_result(result)

    async def _settle_alone(self, item: Item, future: asyncio.Future[Result]) -> None:
        try:
            result = await self._alone(item)
        except Exception as error:  # noqa: BLE001 - handed to the one who submitted the item
            if not isinstance(error, DomainError):
                _log.error("item_failed", writer=self._name, exc_info=True)
            if not future.done():
                future.set_exception(error)
            return
        if not future.done():
            future.set_result(result)

    async def _alone(self, item: Item) -> Result:
        async with self._db.transaction(later=True) as tx:
            (result,) = await self._write(tx, [item])
        return result
