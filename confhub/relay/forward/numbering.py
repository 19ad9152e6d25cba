"""Sequence numbers of one received stream: unwrapped, and without the gaps of what is not forwarded."""

from __future__ import annotations

from confhub.relay.forward.limits import MAX_JUMP, MAX_MISSING

_PLACES = 2048
"""Packets of a stream whose numbers are remembered; the history is half as long."""
_MASK = _PLACES - 1


class Numbering:
    """raw = the publisher's numbers unwrapped. `Subset` makes them contiguous."""

    __slots__ = ("_bias", "top")

    def __init__(self) -> None:
        self.top = -1  # highest raw number, -1 before the first packet
        self._bias = 0

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


class Subset:
    """Contiguous numbers for those packets of a stream that are forwarded, or belong to one of its layers.

    A number is set aside for each packet that is missing, as nobody knows yet whether it belongs. What comes
    late from before a gap too large for repair has none.
    """

    __slots__ = ("_first", "_next", "_numbers", "_top")

    def __init__(self) -> None:
        self._numbers = [-1] * _PLACES  # by the stream's number; -1: does not belong
        self._first = self._top = -1
        self._next = 0x10000

    def place(self, raw: int, belongs: bool) -> int:
        """The number of a packet, or -1: it has none here. One that does not belong may have a number all the
        same (it came late): something else must fill that place."""
        numbers, top = self._numbers, self._top
        if raw > top:
            missing = raw - top - 1
            if top < 0:
                self._first = raw
            elif missing > MAX_MISSING:
                self._first = raw
                self._next += missing
            else:
                for number in range(top + 1, raw):
                    numbers[number & _MASK] = self._next
                    self._next += 1
            self._top = raw
            if not belongs:
                numbers[raw & _MASK] = -1
                return -1
            numbers[raw & _MASK] = self._next
            self._next += 1
            return self._next - 1
        return self.find(raw)

    def find(self, raw: int) -> int:
        """The number given to, or set aside for, that packet; -1: none."""
        if raw < self._first or raw > self._top or raw <= self._top - _PLACES:
            return -1
        return self._numbers[raw & _MASK]

    def skip(self, end: int) -> None:
        """All that is missing before `end` does not belong: no number is set aside."""
        if self._top < 0 or end <= self._top + 1:
            return
        if end - self._top > MAX_MISSING:
            self._first = end
        else:
            for raw in range(self._top + 1, end):
                self._numbers[raw & _MASK] = -1
        self._top = end - 1
