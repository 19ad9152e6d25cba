"""Reception statistics and repair of one received stream: reports, missing numbers, NACK and keyframe
requests."""

from __future__ import annotations

from collections.abc import Callable

from confhub.relay.forward.limits import (
    KEYFRAME_RETRY_S,
    KEYFRAME_THROTTLE_S,
    MAX_MISSING,
    NACK_INTERVAL_S,
    NACK_MAX_AGE_S,
    NACK_TRIES,
    REPAIR_DELAY_S,
)
from confhub.relay.wire import rtcp


class Reception:
    """Counts what came of one stream. Numbers are raw (unwrapped, the publisher's)."""

    __slots__ = (
        "_base",
        "_expected_before",
        "_jitter",
        "_lost_so_far",
        "_octets_before",
        "_received_before",
        "_reported_s",
        "_transit",
        "bitrate_bps",
        "last_arrival_s",
        "loss",
        "octets",
        "packets",
        "sr",
        "top",
    )

    def __init__(self) -> None:
        self.packets = 0
        self.octets = 0
        self.top = -1
        self.last_arrival_s = -1.0
        self.loss = 0.0  # of the last report interval, 0..1
        self.bitrate_bps = 0
        self.sr: tuple[int, int, float] | None = None  # (ntp, rtp, arrival) of the newest sender report
        self._base = -1
        self._lost_so_far = 0
        self._expected_before = 0
        self._received_before = 0
        self._octets_before = 0
        self._reported_s: float | None = None
        self._transit = 0.0
        self._jitter = 0.0

    def restart(self, raw: int) -> None:
        """Numbers start anew at raw: what is between is not lost."""
        if self._base >= 0:
            self._base += raw - self.top - 1

    def count(self, raw: int, size: int, timestamp: int, clock_hz: int, arrival_s: float) -> None:
        """One packet came."""
        if self._base < 0:
            self._base = raw
        self.packets += 1
        self.octets += size
        self.top = max(self.top, raw)
        transit = arrival_s * clock_hz - timestamp
        step = abs(transit - self._transit)
        if self.last_arrival_s >= 0 and step < 0x7FFFFFFF:
            self._jitter += (step - self._jitter) / 16  # RFC 3550 section 6.4.1
        self._transit = transit
        self.last_arrival_s = arrival_s

    @property
    def jitter(self) -> int:
        """Interarrival jitter in RTP clock units (RFC 3550 section 6.4.1)."""
        return int(self._jitter)

    @property
    def expected(self) -> int:
        """Packets the publisher must have sent."""
        return self.top - self._base + 1 if self._base >= 0 else 0

    @property
    def lost(self) -> int:
        """Missing for good or still on the way."""
        return max(0, self.expected - self.packets)

    def report(self, ssrc: int, now_s: float, interval_s: float, highest_seq: int) -> rtcp.ReportBlock:
        """The block for a receiver report, and the figures since the last one; `interval_s` stands in for
        the time before the first."""
        expected, received = self.expected, self.packets
        due, came = expected - self._expected_before, received - self._received_before
        self.loss = max(0.0, (due - came) / due) if due > 0 else 0.0
        if self._reported_s is not None:
            interval_s = now_s - self._reported_s
        self._reported_s = now_s
        self.bitrate_bps = int((self.octets - self._octets_before) * 8 / max(interval_s, 0.001))
        self._expected_before, self._received_before, self._octets_before = expected, received, self.octets
        lsr = dlsr = 0
        if self.sr is not None:
            lsr = self.sr[0] >> 16 & 0xFFFFFFFF
            dlsr = int((now_s - self.sr[2]) * 65536)
        return rtcp.ReportBlock(
            ssrc, min(255, int(self.loss * 256)), self.lost, highest_seq, int(self._jitter), lsr, dlsr
        )


class Repair:
    """Missing numbers of one stream, asked for again until they come, grow old or become too many."""

    __slots__ = ("_missing", "nacks")

    def __init__(self) -> None:
        self._missing: dict[int, tuple[float, float, int]] = {}  # raw -> (noticed, last asked, tries)
        self.nacks = 0

    @property
    def is_idle(self) -> bool:
        """Is nothing missing?"""
        return not self._missing

    def gap(self, first: int, end: int, now_s: float) -> bool:
        """Numbers first..end-1 are missing. False if they are too many to ask for."""
        if end - first + len(self._missing) > MAX_MISSING:
            self._missing.clear()
            return False
        for raw in range(first, end):
            self._missing[raw] = (now_s, 0.0, 0)
        return True

    def came(self, raw: int) -> None:
        """A late packet came after all."""
        self._missing.pop(raw, None)

    def clear(self) -> None:
        """Forget all."""
        self._missing.clear()

    def due(self, now_s: float) -> tuple[list[int], list[int]]:
        """(numbers to ask for now, ascending; those given up)."""
        wanted: list[int] = []
        given_up: list[int] = []
        for raw, (noticed_s, asked_s, tries) in self._missing.items():
            if now_s - noticed_s > NACK_MAX_AGE_S or tries >= NACK_TRIES:
                given_up.append(raw)
            elif now_s - noticed_s >= REPAIR_DELAY_S * 0.5 and now_s - asked_s >= NACK_INTERVAL_S:
                wanted.append(raw)
        for raw in given_up:
            del self._missing[raw]
        for raw in wanted:
            noticed_s, _, tries = self._missing[raw]
            self._missing[raw] = (noticed_s, now_s, tries + 1)
        self.nacks += len(wanted)
        return sorted(wanted), given_up


class KeyframeRequests:
    """Merges requests for keyframes of one layer: one a KEYFRAME_THROTTLE_S, repeated while it is waited
    for."""

    __slots__ = ("_is_answered", "_is_pending", "_last_s", "_send", "sent")

    def __init__(self, send: Callable[[], None]) -> None:
        self._send = send
        self._last_s = -1e9
        self._is_answered = True
        self._is_pending = False
        self.sent = 0

    def ask(self, now_s: float) -> None:
        """Somebody needs a keyframe."""
        if now_s - self._last_s >= KEYFRAME_THROTTLE_S:
            self._fire(now_s)
        else:
            self._is_pending = True

    def urge(self, now_s: float) -> None:
        """A whole stage waits: ask at once, unless a request is on its way."""
        if self._is_answered or now_s - self._last_s >= KEYFRAME_THROTTLE_S:
            self._fire(now_s)

    def came(self) -> None:
        """A keyframe started: what was asked before is answered."""
        self._is_pending = False
        self._is_answered = True

    def tick(self, now_s: float, is_waited_for: bool) -> None:
        """Send what was held back, and repeat what may have been lost."""
        since_s = now_s - self._last_s
        if (self._is_pending and since_s >= KEYFRAME_THROTTLE_S) or (
            is_waited_for and since_s >= KEYFRAME_RETRY_S
        ):
            self._fire(now_s)

    def _fire(self, now_s: float) -> None:
        self._last_s = now_s
        self._is_pending = False
        self._is_answered = False
        self.sent += 1
        self._send()
