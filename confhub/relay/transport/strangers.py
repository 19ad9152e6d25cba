"""Checks from addresses that are nobody's yet: counted by address and in all, so that a flood of them costs
little and finds its end."""

from __future__ import annotations

from collections import Counter

from confhub.kernel.guest import network_of
from confhub.relay.transport import limits


class Strangers:
    """Counts within each second; `clear` begins the next one. Holds STRANGERS_PER_S entries at most."""

    def __init__(self) -> None:
        self._of: Counter[int] = Counter()
        self._in_all = 0

    def clear(self) -> None:
        """A second has passed."""
        if self._in_all:
            self._of.clear()
            self._in_all = 0

    def take(self, host: str) -> bool:
        """One more check from there?"""
        if self._in_all >= limits.STRANGERS_PER_S:
            return False
        network = network_of(host)
        if self._of[network] >= limits.STRANGER_CHECKS_PER_S:
            return False
        self._of[network] += 1
        self._in_all += 1
        return True
