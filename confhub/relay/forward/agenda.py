"""Who has something due, and when: one timer for a whole room, no work for whoever is idle."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import math
from collections.abc import Callable, Iterator
from typing import Generic, Protocol, TypeVar

from confhub.relay.forward.limits import TICK_S

NEVER = math.inf


class Due(Protocol):
    """What stands in an agenda. `due_s` belongs to the agenda: when its turn comes, NEVER if it has none."""

    due_s: float


Item = TypeVar("Item", bound=Due)


class Agenda(Generic[Item]):
    """Turns come on a grid of TICK_S, so that many items share one wake-up; none at all while nothing is
    due. `now`: seconds of the clock that due times are given in."""

    def __init__(self, now: Callable[[], float], run: Callable[[], None]) -> None:
        self._now = now
        self._run_turn = run
        self._heap: list[tuple[float, int, Item]] = []
        self._order = itertools.count()
        self._timer: asyncio.TimerHandle | None = None
        self._timer_s = NEVER
        self._is_closed = False

    def put(self, item: Item, at_s: float) -> None:
        """The item's turn is at `at_s`, unless it comes earlier anyway."""
        if at_s >= item.due_s or self._is_closed:
            return
        item.due_s = at_s
        heapq.heappush(self._heap, (at_s, next(self._order), item))
        self.arm(at_s)

    def take(self, now_s: float) -> Iterator[Item]:
        """Items whose turn has come, each with `due_s` NEVER; what is put meanwhile waits for the next
        turn unless it is due, too."""
        heap = self._heap
        for _ in range(len(heap)):
            if not heap or heap[0][0] > now_s:
                return
            at_s, _, item = heapq.heappop(heap)
            if item.due_s == at_s:
                item.due_s = NEVER
                yield item

    def drop(self, item: Item) -> None:
        """It has no turn any more, and is not kept alive by one."""
        item.due_s = NEVER
        self._heap[:] = [entry for entry in self._heap if entry[2] is not item]
        heapq.heapify(self._heap)

    def arm(self, at_s: float) -> None:
        """Have a turn at the first point of the grid not before `at_s`."""
        if at_s == NEVER or self._is_closed:
            return
        now_s = self._now()
        turn_s = (math.floor(max(at_s, now_s) / TICK_S) + 1) * TICK_S
        if turn_s >= self._timer_s:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer_s = turn_s
        self._timer = asyncio.get_running_loop().call_later(turn_s - now_s, self._turn)

    def close(self) -> None:
        """No turn comes any more."""
        self._is_closed = True
        self._heap.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _turn(self) -> None:
        self._timer = None
        self._timer_s = NEVER
        self._run_turn()
        if self._heap:
            self.arm(self._heap[0][0])
