"""Whose turn it is: the one timer of the media loop, for all that hand out when they are due."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import logging
from collections.abc import Callable
from typing import Protocol

logger = logging.getLogger(__name__)
NEVER = float("inf")


class Timed(Protocol):
    """Has no clock and no timer of its own."""

    @property
    def deadline(self) -> float:
        """When its turn is due, in seconds of the loop's clock; infinity while nothing is."""

    def turn(self, now_s: float) -> None:
        """Do what is due."""


class Turns:
    """`now`: the clock that deadlines are given in."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._due: dict[Timed, float] = {}  # as it was asked for last
        self._heap: list[tuple[float, int, Timed]] = []
        self._order = itertools.count()
        self._timer: asyncio.TimerHandle | None = None
        self._timer_s = NEVER

    def look(self, timed: Timed) -> None:
        """Its deadline may be earlier than it was. Needs a running loop where it is due at all."""
        at_s = timed.deadline
        if at_s < self._due.get(timed, NEVER):
            self._due[timed] = at_s
            heapq.heappush(self._heap, (at_s, next(self._order), timed))
            self._arm()

    def drop(self, timed: Timed) -> None:
        """It has no turn any more, and is not kept alive by one."""
        if self._due.pop(timed, None) is not None:
            self._heap = [entry for entry in self._heap if entry[2] is not timed]
            heapq.heapify(self._heap)

    def _arm(self) -> None:
        at_s = self._heap[0][0] if self._heap else NEVER
        if at_s >= self._timer_s:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer_s = at_s
        self._timer = asyncio.get_running_loop().call_later(max(0.0, at_s - self._now()), self._run)

    def _run(self) -> None:
        """Each that is due has one turn, however soon it wants the next: sockets are read in between."""
        now_s = max(self._now(), self._timer_s)  # a timer may be early by its clock's grain
        self._timer, self._timer_s = None, NEVER
        due: list[Timed] = []
        while self._heap and self._heap[0][0] <= now_s:
            at_s, _, timed = heapq.heappop(self._heap)
            if self._due.get(timed) == at_s:
                del self._due[timed]
                due.append(timed)
        for timed in due:
            try:
                if timed.deadline <= now_s:
                    timed.turn(now_s)
            except Exception:  # containment of one room
                logger.exception("a turn ended in a fault")
            self.look(timed)
        self._arm()
