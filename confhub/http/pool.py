"""Pool: so many bytes of bodies at a time, in all and of one asker. Where it is full, the oldest that is not
whole yet gives way."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Hashable

READING_MIN_BYTES = 1024
"""What a reading counts at least: its task and buffers."""

GIVES_WAY_S = 1.0
"""An honest small body is whole before that; one that is not may be cut for a newer one."""


class PoolFull(Exception):
    """No room, and nothing that could give way."""


class Reading:
    """One body's share. `deadline` stands while it is being read."""

    def __init__(self, pool: Pool, asker: Hashable, size: int, began: float) -> None:
        self._pool = pool
        self.asker = asker
        self.size = size
        self.began = began
        self.deadline: asyncio.Timeout | None = None
        self.cut = False

    def done(self) -> None:
        """Give the share back. Idempotent."""
        self._pool.give_back(self)


class Pool:
    """Shares of `most` bytes in all, `most_each` of one asker."""

    def __init__(self, most: int, most_each: int) -> None:
        self.most = most
        self.most_each = most_each
        self.bytes = 0
        self.gave_way = 0
        self._of: Counter[Hashable] = Counter()
        self._readings: dict[Reading, None] = {}  # the oldest first

    def __len__(self) -> int:
        return len(self._readings)

    def take(self, asker: Hashable, size: int) -> Reading:
        """A share for a body of `size` bytes. Raises PoolFull."""
        size = max(size, READING_MIN_BYTES)
        now = asyncio.get_running_loop().time()
        if self._of[asker] + size > self.most_each:
            self._make_room(self._of[asker] + size - self.most_each, now, asker)
        if self.bytes + size > self.most:
            self._make_room(self.bytes + size - self.most, now, None)
        reading = Reading(self, asker, size, now)
        self._readings[reading] = None
        self._of[asker] += size
        self.bytes += size
        return reading

    def give_back(self, reading: Reading) -> None:
        """Idempotent."""
        if reading not in self._readings:
            return
        del self._readings[reading]
        self.bytes -= reading.size
        self._of[reading.asker] -= reading.size
        if self._of[reading.asker] <= 0:
            del self._of[reading.asker]

    def _make_room(self, needed: int, now: float, asker: Hashable | None) -> None:
        """Cut the oldest of `asker` (None: of anybody) that are not whole, until `needed` bytes are free."""
        cuttable: list[Reading] = []
        for reading in self._readings:
            if needed <= 0 or now - reading.began < GIVES_WAY_S:
                break
            if reading.deadline is not None and (asker is None or reading.asker == asker):
                cuttable.append(reading)
                needed -= reading.size
        if needed > 0:
            raise PoolFull
        for reading in cuttable:
            assert reading.deadline is not None, "chosen so"
            reading.cut = True
            self.gave_way += 1
            reading.deadline.reschedule(now)
            self.give_back(reading)
