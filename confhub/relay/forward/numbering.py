"""Sequence numbers of one received stream: unwrapped, and without the gaps of dropped probes."""

from __future__ import annotations

from collections import deque

from confhub.relay.forward.limits import MAX_JUMP

_REMEMBERED = 64
"""Dropped probes that a late packet may still be older than."""


_PLACES = 2048
"""Packets of a stream whose numbers are remembered; the history is half as long."""
_MASK = _PLACES - 1


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

    def is_removed(self, raw: int) -> bool:
        """Was that number dropped a short while ago?"""
        return raw in self._removed

    def remove(self, raw: int) -> None:
        """Drop the newest number, so that no gap is left; an older one leaves its gap."""
        if raw == self.top:
            self._removed.append(raw)
            self._count += 1


class Subset:
    """Contiguous numbers for those packets of a stream that belong to one of its layers.

    A number is set aside for each packet that is missing, as nobody knows yet whether it belongs.
    """

    __slots__ = ("_first", "_next", "_numbers", "_top")

    def __init__(self) -> None:
        self._numbers = [-1] * _PLACES  # by the stream's number; -1: does not belong
        self._first = self._top = -1
        self._next = 0x10000

    def place(self, clean: int, belongs: bool) -> int:
        """The number of a packet, or -1: it has none here. One that does not belong may have a number all the
        same (it came late): something else must fill that place."""
        numbers, top = self._numbers, self._top
        if clean > top:
            if top < 0:
                self._first = clean
            else:
                for missing in range(max(top + 1, clean - _PLACES + 1), clean):
                    numbers[missing & _MASK] = self._next
                    self._next += 1
            self._top = clean
            if not belongs:
                numbers[clean & _MASK] = -1
                return -1
            numbers[clean & _MASK] = self._next
            self._next += 1
            return self._next - 1
        if clean < self._first or clean <= top - _PLACES:
            return -1
        return numbers[clean & _MASK]
