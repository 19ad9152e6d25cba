"""The queue before SQLite's one writer: who answers somebody goes before what is done in the background."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

PASSED_MAX: Final = 3
"""So often one in the background is passed by others, one after the other; then it is its turn."""


class Turns:
    """`async with turns.turn(later=…)`: one at a time; of a kind in the order in which they came."""

    def __init__(self) -> None:
        self._taken = False
        self._passed = 0
        self._waiting: dict[bool, deque[asyncio.Future[None]]] = {False: deque(), True: deque()}

    @asynccontextmanager
    async def turn(self, *, later: bool) -> AsyncIterator[None]:
        """For the length of the block. `later`: nobody stands at a door for it."""
        if self._taken:
            await self._wait(later)
        self._taken = True
        try:
            yield
        finally:
            self._next()

    async def _wait(self, later: bool) -> None:
        mine: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[later].append(mine)
        try:
            await mine
        except asyncio.CancelledError:
            if mine.done() and not mine.cancelled():
                self._next()  # the turn had come already: it is the next one's
            raise

    def _next(self) -> None:
        """Hand the turn on; it stays taken until there is nobody to take it."""
        while (queue := self._queue()) is not None:
            one = queue.popleft()
            if not one.done():
                one.set_result(None)
                return
        self._taken = False

    def _queue(self) -> deque[asyncio.Future[None]] | None:
        first, behind = self._waiting[False], self._waiting[True]
        if first and behind and self._passed < PASSED_MAX:
            self._passed += 1
            return first
        if behind and (self._passed >= PASSED_MAX or not first):
            self._passed = 0
            return behind
        return first or None
