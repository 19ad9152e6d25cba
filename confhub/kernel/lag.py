"""How late the event loop is: one small object that watches it and can be asked at any moment."""

from __future__ import annotations

import asyncio
from bisect import bisect_left, insort
from collections import deque
from typing import Final

TICK_S: Final = 0.02
"""Between two looks; a look costs some 15 µs."""

WINDOW_S: Final = 10.0
"""What `p50_s`, `p99_s` and `worst_s` look back on: long enough for a percentile, short enough to shed by."""

BUCKETS_S: Final = (
    0.001, 0.002, 0.005, 0.01, 0.02, 0.03, 0.04, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.5, 1.0, 2.0, 5.0,
)  # fmt: skip
"""Upper bounds of the histogram that monitoring reads; one more holds what is beyond."""

_TICKS: Final = round(WINDOW_S / TICK_S)


class LoopLag:
    """Seconds that something due on the loop had to wait until its turn, seen every `TICK_S`.

    A loop held for 200 ms is not one look of 200 ms: what fell due meanwhile waited 200, 180, 160 … ms,
    and so it is counted, one look per tick that passed. The percentiles are those of arrivals at any moment.
    `run` is the one who looks; until it runs, and where nothing was seen yet, every figure is 0.
    """

    def __init__(self) -> None:
        self._seen: deque[float] = deque()
        self._sorted: list[float] = []
        self._due_s: float | None = None
        self._last_s = 0.0
        self.counts = [0] * (len(BUCKETS_S) + 1)
        """Looks by bucket since the start: at most `BUCKETS_S[i]`; the last: beyond all of them."""
        self.sum_s = 0.0
        """All looks' seconds together, since the start."""

    async def run(self) -> None:
        """For ever: look."""
        loop = asyncio.get_running_loop()
        due = loop.time() + TICK_S
        try:
            while True:
                self._due_s = due
                await asyncio.sleep(due - loop.time())
                now = loop.time()
                self.note(now - due)
                due = max(due, now) + TICK_S
        finally:
            self._due_s = None

    def note(self, late_s: float) -> None:
        """A look that came so late, and those that it kept from being taken."""
        late_s = self._last_s = max(0.0, late_s)
        for missed in range(min(_TICKS, int(late_s / TICK_S) + 1)):
            waited = late_s - missed * TICK_S
            if len(self._seen) == _TICKS:
                del self._sorted[bisect_left(self._sorted, self._seen.popleft())]
            self._seen.append(waited)
            insort(self._sorted, waited)
            self.counts[bisect_left(BUCKETS_S, waited)] += 1
            self.sum_s += waited

    @property
    def now_s(self) -> float:
        """How late the loop is at this moment: the last look, or the one that is due and did not come yet.

        Asked from the loop itself, e.g. by a request that was just taken up.
        """
        if self._due_s is None:
            return self._last_s
        return max(self._last_s, asyncio.get_running_loop().time() - self._due_s)

    @property
    def p50_s(self) -> float:
        """The median of the last `WINDOW_S` seconds."""
        return self.quantile_s(0.5)

    @property
    def p99_s(self) -> float:
        """The 99th percentile of the last `WINDOW_S` seconds."""
        return self.quantile_s(0.99)

    @property
    def worst_s(self) -> float:
        """The longest of the last `WINDOW_S` seconds."""
        return self.quantile_s(1.0)

    def quantile_s(self, share: float) -> float:
        """The loop was at most so late in `share` (0 to 1) of the last `WINDOW_S` seconds. Costs nothing, so
        that every request may ask."""
        if not self._sorted:
            return 0.0
        return self._sorted[min(len(self._sorted) - 1, int(share * len(self._sorted)))]
