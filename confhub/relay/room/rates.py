"""Token buckets: how often a peer may ask for something."""

from __future__ import annotations

from confhub.relay.room import limits


class Bucket:
    """`rate_per_s` sustained, `burst` at once. Time comes in as an argument."""

    def __init__(self, rate_per_s: float, burst: float) -> None:
        self._rate_per_s = rate_per_s
        self._burst = burst
        self._level = burst
        self._at_s: float | None = None
        self.refused = 0

    @classmethod
    def for_data(cls) -> Bucket:
        return cls(limits.DATA_MESSAGES_PER_S, limits.DATA_BURST)

    @classmethod
    def for_signals(cls) -> Bucket:
        return cls(limits.SIGNAL_MESSAGES_PER_S, limits.SIGNAL_BURST)

    @classmethod
    def for_joins(cls) -> Bucket:
        return cls(limits.JOINS_PER_S, limits.JOINS_BURST)

    def take(self, now_s: float, cost: float = 1.0) -> bool:
        """One more? False counts as refused. What costs more than is left is taken on credit."""
        if self._at_s is not None:
            self._level = min(self._burst, self._level + (now_s - self._at_s) * self._rate_per_s)
        self._at_s = now_s
        if self._level < 1:
            self.refused += 1
            return False
        self._level -= cost
        return True
