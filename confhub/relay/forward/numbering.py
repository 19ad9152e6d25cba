"""Sequence numbers of one received stream: unwrapped, and without the gaps of dropped probes."""

from __future__ import annotations

from collections import deque

from confhub.relay.forward.limits import MAX_JUMP

_REMEMBERED = 64
"""Dropped probes that a late packet may still be older than."""


class Numbering:
    """raw = the publisher's numbers unwrapped; clean = raw without the numbers of removed packets."""

    __slots__ = ("_bias", "_count", "_removed", "top")

    def __init__(self) -> None:
        self.top = -1  # highest raw number, -1 before the first packet
        self._bias = 0
        self._count = 0
        self._removed: deque[int] = deque(maxlen=_REMEMBERED)

    def extend(self, seq: int) -> tuple[int, bool]:
        """(raw number of that 16-bit number, did the numbers start anew). The caller sets `top`."""
        if self.top < 0:
            return seq + 0x10000, False  # room for packets older than the first
        delta = (seq + self._bias - self.top) & 0xFFFF
        if delta >= 0x8000:
            delta -= 0x10000
        if -MAX_JUMP <= delta <= MAX_JUMP:
            return self.top + delta, False
        self._bias += 1 - delta
        return self.top + 1, True

    def wire(self, raw: int) -> int:
        """The publisher's 16-bit number of a raw number since the last start."""
        return (raw - self._bias) & 0xFFFF

    def clean(self, raw: int) -> int:
        """The contiguous number."""
        removed = self._removed
        if not removed or raw > removed[-1]:
            return raw - self._count
        return raw - self._count + sum(1 for gone in removed if gone >= raw)

    def remove(self, raw: int) -> None:
        """Drop the newest number, so that no gap is left; an older one leaves its gap."""
        if raw == self.top:
            self._removed.append(raw)
            self._count += 1
