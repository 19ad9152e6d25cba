"""When a room has picture and sound: the two rules, pure.

Picture: a complete keyframe was reassembled, and from then to the end no 2 s passed without a complete frame.
Sound: every full 2 s held at least 90 Opus packets (of the 100 that 20 ms packets make).
Both hold for each stream, from its first packet, and only while its source is announced and unmuted: an
empty stage slot is muted, and owes nothing. A freeze is a gap of more than FREEZE_S between two complete
frames of one stream whose picture is due. The compiled twin is in native/receiver.h.
"""

from __future__ import annotations

from dataclasses import dataclass

WINDOW_S = 2.0
MIN_OPUS_PACKETS = 90
FREEZE_S = 1.0
UNREAD_S = 1.0  # packets may wait in a socket for so long: silence is judged that much later


@dataclass(slots=True)
class PictureRule:
    """Fed with frames and the source's presence; `broken(now)` and `ok(now)` are the verdict so far. Times in
    one clock's seconds."""

    since: float = -1.0
    longest_gap_s: float = 0.0
    freezes: int = 0
    freeze_s: float = 0.0
    active: bool = False
    _last: float = -1.0

    def source(self, active: bool, now: float) -> None:
        """The picture's source appeared or unmuted (True), vanished or was muted (False).

        A gap is counted from the moment the source came back: nobody can show what is not sent.
        """
        if active == self.active:
            return
        if not active and self._last >= 0:
            self._gap(now - self._last)
        self.active = active
        self._last = now if active and self.since >= 0 else -1.0

    def frame(self, key: bool, now: float) -> None:
        """A complete frame was reassembled."""
        if self.since < 0:
            if not key:
                return
            self.since = now
        if not self.active:
            return
        if self._last >= 0:
            self._gap(now - self._last)
        self._last = now

    def _gap(self, gap_s: float) -> None:
        self.longest_gap_s = max(self.longest_gap_s, gap_s)
        if gap_s > FREEZE_S:
            self.freezes += 1
            self.freeze_s += gap_s

    def broken(self, now: float) -> bool:
        """Whether the picture, once there, was away for longer than the rule allows."""
        if self.longest_gap_s > WINDOW_S:
            return True
        return self.active and self._last >= 0 and now - UNREAD_S - self._last > WINDOW_S

    def ok(self, now: float) -> bool:
        """Whether there has been picture from its first keyframe to `now`."""
        return self.since >= 0 and not self.broken(now)


@dataclass(slots=True)
class SoundRule:
    """Fed with each Opus packet; `ok(now)` is the verdict over every full window so far."""

    windows: int = 0
    poor_windows: int = 0
    worst: int = -1
    _start: float = -1.0
    _count: int = 0
    _active: bool = False

    def source(self, active: bool, now: float) -> None:
        """The sound's source appeared or unmuted (True), vanished or was muted (False); a window cut short
        by that does not count, and the next begins with the first packet after it."""
        if active == self._active:
            return
        if not active and self._start >= 0:
            self._close(now - UNREAD_S)
        self._active = active
        self._start, self._count = -1.0, 0

    def packet(self, now: float) -> None:
        """An Opus packet was authenticated."""
        if not self._active:
            return
        if self._start < 0:
            self._start = now
        elif now - self._start >= WINDOW_S:
            self._close(now)
        self._count += 1

    def _close(self, now: float) -> None:
        """Judges every window that is full by `now`."""
        while self._start >= 0 and now - self._start >= WINDOW_S:
            self.windows += 1
            self.worst = self._count if self.worst < 0 else min(self.worst, self._count)
            if self._count < MIN_OPUS_PACKETS:
                self.poor_windows += 1
            self._start += WINDOW_S
            self._count = 0

    def settle(self, now: float) -> None:
        """Judges what is full by `now`, packets that were not read yet considered."""
        if self._active:
            self._close(now - UNREAD_S)

    def ok(self, now: float) -> bool:
        """Whether at least one window was full and none was poor; `now` may run
        ahead of the packets that were read by UNREAD_S."""
        self.settle(now)
        return self.windows > 0 and self.poor_windows == 0
