"""Who has something due, and when: one deadline for a whole room, no work for whoever is idle."""

from __future__ import annotations

import heapq
import itertools
import math
from collections.abc import Iterator
from typing import Generic, Protocol, TypeVar

from confhub.relay.forward.limits import TICK_S

NEVER = math.inf


class Due(Protocol):
    """What stands in an agenda. `due_s` belongs to the agenda: when its turn comes, NEVER if it has none."""

    due_s: float


Item = TypeVar("Item", bound=Due)


class Agenda(Generic[Item]):
    """Turns come on a grid of TICK_S, so that many items share one; none at all while nothing is due.

    `deadline`: when the next turn is, NEVER without one. Then `take` is called, and `rest` when the turn is
    over. All times are of one clock, in seconds.
    """

    def __init__(self) -> None:
        self.deadline = NEVER
        self._heap: list[tuple[float, int, Item]] = []
        self._order = itertools.count()
        self._is_closed = False

    def put(self, item: Item, at_s: float, now_s: float) -> None:
        """The item's turn is at `at_s`, unless it comes earlier anyway."""
        if at_s >= item.due_s or self._is_closed:
            return
        item.due_s = at_s
        heapq.heappush(self._heap, (at_s, next(self._order), item))
        self.arm(at_s, now_s)

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

    def rest(self, now_s: float) -> None:
        """The turn is over: the next one is for the earliest of what is left."""
        self.deadline = NEVER
        if self._heap:
            self.arm(self._heap[0][0], now_s)

    def drop(self, item: Item) -> None:
        """It has no turn any more, and is not kept alive by one."""
        item.due_s = NEVER
        self._heap[:] = [entry for entry in self._heap if entry[2] is not item]
        heapq.heapify(self._heap)

    def arm(self, at_s: float, now_s: float) -> None:
        """Have a turn at the first point of the grid after `at_s`, and after now."""
        if at_s == NEVER or self._is_closed:
            return
        turn_s = (math.floor(max(at_s, now_s) / TICK_S) + 1) * TICK_S
        self.deadline = min(self.deadline, turn_s)

    def close(self) -> None:
        """No turn comes any more."""
        self._is_closed = True
        self._heap.clear()
        self.deadline = NEVER
