"""How much one publisher may send: computed from loss and arrival, told by REMB each second."""

from __future__ import annotations

START_BPS = 3_000_000
"""Enough for LiveKit's three 720p layers at once; the first second of a call decides the first impression."""
MIN_BPS = 150_000
"""Below this the lowest layer cannot live; better a few losses."""
MAX_BPS = 20_000_000
"""A 4K screen; more is no conference."""
HIGH_LOSS, LOW_LOSS = 0.10, 0.02
"""As in libwebrtc's loss-based control: above, back off; below, grow."""
QUEUE_S = 0.060
"""Delay above the line's minimum that means a queue is filling."""
BASE_WINDOWS = 30
"""Seconds after which the line's minimum delay is forgotten (clocks drift, routes change)."""


class UplinkEstimator:
    """Feed every packet, ask once a second."""

    def __init__(self) -> None:
        self.bitrate_bps = START_BPS
        self._minima: list[float] = []
        self._lowest: float | None = None
        self._first: float | None = None

    def packet(self, abs_send_time: int, arrival_s: float) -> None:
        """One packet with its sender's 24-bit abs-send-time: follow the delay (offset unknown, modulo 64
        s)."""
        delay_s = (arrival_s - abs_send_time / 262144) % 64.0
        if self._first is None:
            self._first = delay_s
        relative_s = (delay_s - self._first + 32.0) % 64.0 - 32.0
        if self._lowest is None or relative_s < self._lowest:
            self._lowest = relative_s

    def second(self, received_bps: int, loss: float) -> int:
        """End of a second: the rate to tell, from what came and the share lost (0..1)."""
        is_queueing = self._is_queueing()
        rate = self.bitrate_bps
        if loss > HIGH_LOSS:
            rate = int(rate * (1 - 0.5 * loss))
        elif is_queueing:
            rate = min(rate, int(received_bps * 0.85))
        elif loss < LOW_LOSS:
            # grow while the sender uses what it was told, so that an idle line is not taken for a fast one
            rate = max(rate, min(int(rate * 1.08), max(START_BPS, received_bps * 2)))
        self.bitrate_bps = max(MIN_BPS, min(MAX_BPS, rate))
        return self.bitrate_bps

    def _is_queueing(self) -> bool:
        """Was even the quickest packet of this second late, against the last half minute?"""
        lowest, self._lowest = self._lowest, None
        if lowest is None:
            return False
        self._minima.append(lowest)
        del self._minima[:-BASE_WINDOWS]
        return lowest - min(self._minima) > QUEUE_S
