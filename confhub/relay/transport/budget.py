"""Budgets of one peer or of strangers: how much of something is taken in a second, the rest is dropped."""

from __future__ import annotations


class Budget:
    """`rate_per_s` sustained, `burst` at once. Time comes in as an argument."""

    __slots__ = ("_at_s", "_burst", "_level", "_rate_per_s")

    def __init__(self, rate_per_s: float, burst: float) -> None:
        self._rate_per_s = rate_per_s
        self._burst = burst
        self._level = burst
        self._at_s = 0.0

    def take(self, now_s: float) -> bool:
        """One more?"""
        if now_s != self._at_s:
            self._level = min(self._burst, self._level + (now_s - self._at_s) * self._rate_per_s)
            self._at_s = now_s
        if self._level < 1:
            return False
        self._level -= 1
        return True

    def has_left(self, now_s: float) -> bool:
        """Would one more be taken?"""
        return self._level + (now_s - self._at_s) * self._rate_per_s >= 1
