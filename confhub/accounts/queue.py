"""The queue before the password check: bounded, and fair between those who wait in it.

Who waits is told apart by lane (a known device, else an address). Lanes take turns, so that one lane with a
hundred waiting holds up another's one by a single check; what is over the bounds is sent away at once.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from confhub.kernel.errors import TooMany

LANE_MAX: Final = 320
"""302 rooms behind one address log in together."""

WAITING_MAX: Final = 640
"""About 20 seconds of checks. Beyond it the longest lane gives way."""

RETRY_AFTER_S: Final = 10


class LoginsWaiting(TooMany):
    """Too many wait for their password check. `retry_after_s` says when to come back."""

    code = "logins_waiting"
    message = "Too many people are logging in at this moment."


class FairQueue:
    """`async with queue.turn(lane)`: one of `at_once` places, given to the lanes in turn."""

    def __init__(self, at_once: int, lane_max: int = LANE_MAX, waiting_max: int = WAITING_MAX) -> None:
        self._free = at_once
        self._lane_max, self._waiting_max = lane_max, waiting_max
        self._lanes: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()
        self._waiting = 0

    @asynccontextmanager
    async def turn(self, lane: str) -> AsyncIterator[None]:
        """A place for the length of the block. Raises `LoginsWaiting` at once where there is no room."""
        if self._free > 0:
            self._free -= 1
        else:
            await self._wait(lane)
        try:
            yield
        finally:
            self._next()

    async def _wait(self, lane: str) -> None:
        length = len(self._lanes.get(lane, ()))
        if length >= self._lane_max:
            raise LoginsWaiting(retry_after_s=RETRY_AFTER_S)
        if self._waiting >= self._waiting_max:
            self._shed(length)
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._lanes.setdefault(lane, deque()).append(place)
        self._waiting += 1
        try:
            await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled() and place.exception() is None:
                self._next()  # the turn had come: it is the next one's
            else:
                self._leave(lane, place)
            raise

    def _shed(self, length: int) -> None:
        """Send the last of the longest lane away; that is whoever comes, where its lane is as long."""
        longest = max(self._lanes, key=lambda lane: len(self._lanes[lane]))
        if len(self._lanes[longest]) <= length + 1:
            raise LoginsWaiting(retry_after_s=RETRY_AFTER_S)
        place = self._lanes[longest][-1]
        self._leave(longest, place)
        place.set_exception(LoginsWaiting(retry_after_s=RETRY_AFTER_S))

    def _leave(self, lane: str, place: asyncio.Future[None]) -> None:
        waiting = self._lanes.get(lane)
        if waiting is None or place not in waiting:
            return
        waiting.remove(place)
        self._waiting -= 1
        if not waiting:
            del self._lanes[lane]

    def _next(self) -> None:
        if not self._lanes:
            self._free += 1
            return
        lane, waiting = next(iter(self._lanes.items()))
        place = waiting.popleft()
        self._waiting -= 1
        if waiting:
            self._lanes.move_to_end(lane)
        else:
            del self._lanes[lane]
        place.set_result(None)
