"""A room's line, with the faults that a drill puts on it: loss, jitter, death; seeded, both ways.

The compiled twin (native/burst.h) draws the same numbers from the same seed.
"""

from __future__ import annotations

from typing import Literal, Protocol

Way = Literal["down", "up"]
_MASK = (1 << 64) - 1


class Line(Protocol):
    """What both twins are. A way without a fault counts nothing, so that `counts` tell the rate applied."""

    def set(self, way: Way, loss: float, jitter_s: float, dead: bool) -> None:
        """The faults of one way from now on; `loss` is a probability."""

    def fate(self, way: Way) -> float:
        """Of the next datagram: seconds to hold it back, -1 when it is lost."""

    @property
    def dead(self) -> bool:
        """Whether nothing passes one way at least."""

    def counts(self) -> tuple[int, int, int, int, int]:
        """Datagrams so far: down dropped, down passed, up dropped, up passed, delayed."""


class PyLine:
    """See Line; `seed` has 64 bits."""

    def __init__(self, seed: int) -> None:
        self._state = seed & _MASK
        self._faults: dict[Way, tuple[float, float, bool]] = {}
        self._dropped = {"down": 0, "up": 0}
        self._passed = {"down": 0, "up": 0}
        self._delayed = 0

    def set(self, way: Way, loss: float, jitter_s: float, dead: bool) -> None:
        """See Line."""
        if loss > 0 or jitter_s > 0 or dead:
            self._faults[way] = (loss, jitter_s, dead)
        else:
            self._faults.pop(way, None)

    def fate(self, way: Way) -> float:
        """See Line."""
        faults = self._faults.get(way)
        if faults is None:
            return 0.0
        loss, jitter_s, dead = faults
        if dead or (loss > 0 and self._chance() < loss):
            self._dropped[way] += 1
            return -1.0
        self._passed[way] += 1
        if jitter_s <= 0:
            return 0.0
        self._delayed += 1
        return self._chance() * jitter_s

    def _chance(self) -> float:
        """splitmix64 in [0, 1)."""
        self._state = (self._state + 0x9E3779B97F4A7C15) & _MASK
        z = self._state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK
        return ((z ^ (z >> 31)) >> 11) / (1 << 53)

    @property
    def dead(self) -> bool:
        """See Line."""
        return any(dead for _, _, dead in self._faults.values())

    def counts(self) -> tuple[int, int, int, int, int]:
        """See Line."""
        down, up = self._passed["down"], self._passed["up"]
        return self._dropped["down"], down, self._dropped["up"], up, self._delayed
