"""How hard the hub is pressed: by how late its loop is, and by how much waits to be written."""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum
from typing import Final

from confhub.kernel.lag import LoopLag


class Stress(IntEnum):
    """What gives way: nothing; what can wait; everything but check-ins, rooms and orders."""

    CALM = 0
    BUSY = 1
    STRAINED = 2


BUSY_MEDIAN_S, STRAINED_MEDIAN_S = (0.15, 0.6)
"""Half of all requests wait at least so long for the loop's turn: the first is noticed, the second a
nuisance."""

BUSY_NOW_S, STRAINED_NOW_S = (0.75, 3.0)
"""Something holds the loop at this moment: a burst is answered before the median knows of it."""

BUSY_QUEUE, STRAINED_QUEUE = (0.1, 0.4)
"""Of the check-ins that may wait for the database: 500 and 2,000 of 5,000."""

HELD_BACK_MAX_S: Final = 60.0
"""Work that can wait is put off that long at the most: figures are late then, but come."""


class Load:
    """`queue`: the share of its places that the writer of check-ins has taken, 0 to 1."""

    def __init__(self, lag: LoopLag, queue: Callable[[], float]) -> None:
        self._lag, self._queue = lag, queue

    @property
    def stress(self) -> Stress:
        """At this moment; asked by every request, from the loop."""
        median, now, queue = self._lag.p50_s, self._lag.now_s, self._queue()
        if median >= STRAINED_MEDIAN_S or now >= STRAINED_NOW_S or queue >= STRAINED_QUEUE:
            return Stress.STRAINED
        if median >= BUSY_MEDIAN_S or now >= BUSY_NOW_S or queue >= BUSY_QUEUE:
            return Stress.BUSY
        return Stress.CALM

    @property
    def pressed(self) -> bool:
        """Whether what can wait should."""
        return self.stress is not Stress.CALM
