"""Small writes that many ask for at the same time, in one transaction: who comes while it waits for its turn
goes along. A flood of them stands in the queue of the one writer once, not a hundred times before others.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from confhub.db.database import Database, Tx

Item = TypeVar("Item")


class Together(Generic[Item]):
    """Hands what waits to `write(tx, items)`, in order; what cannot fail for one item alone: a `GroupWriter`
    tries each by itself. Nothing to start, nothing to close: a task lives while something waits."""

    def __init__(self, db: Database, write: Callable[[Tx, Sequence[Item]], Awaitable[None]]) -> None:
        self._db, self._write = db, write
        self._waiting: list[tuple[Item, asyncio.Future[None]]] = []
        self._task: asyncio.Task[None] | None = None

    def submit(self, item: Item) -> asyncio.Future[None]:
        """Done once the item is committed, which it is also where nobody waits for that; raises what `write`
        raised."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, done))
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="written-together")
        return done

    async def _run(self) -> None:
        try:
            while self._waiting:
                await self._commit()
        finally:
            self._task = None

    async def _commit(self) -> None:
        group: list[tuple[Item, asyncio.Future[None]]] = []
        try:
            async with self._db.transaction(later=True) as tx:
                group, self._waiting = self._waiting, []
                await self._write(tx, [item for item, _ in group])
        except BaseException as error:
            if not group:  # there was no transaction to be had
                group, self._waiting = self._waiting, []
            for _, done in group:
                if isinstance(error, Exception) and not done.done():
                    done.set_exception(error)
                else:
                    done.cancel()
            if not isinstance(error, Exception):
                raise
            return
        for _, done in group:
            if not done.done():
                done.set_result(None)
