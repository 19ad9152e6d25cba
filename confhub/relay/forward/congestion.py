"""A subscriber's line is full or bad: lower layers for a while, then none, by its requests for repair, its
reports, its REMB and its delay. Sound is not touched: picture makes way for it."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from confhub.relay.forward.specs import Quality

if TYPE_CHECKING:
    from confhub.relay.forward.downtrack import DownTrack

HEAVY_LOSS = 0.07
"""Of the picture, smoothed: repair then costs more than a lower layer; 5 % is repaired without a word."""
LIGHT_LOSS = 0.03
HOPELESS_LOSS = 0.30
"""At the lowest layer: every picture is broken, and what sound needs is wasted on it."""
SMOOTHING = 0.5
"""Of a second's loss in the figure judged: two bad seconds make it bad, three good ones make it good."""
MIN_PACKETS = 20
"""Fewer sent say nothing about a share."""
REMB_MARGIN = 0.9
"""A receiver whose queue grows tells 0.85 of what it gets (libwebrtc)."""
REMB_FALL = 0.95
"""A step down of this much is meant; an estimate that merely trails what is sent rises by 8 % a second, since
receivers never tell much more than they were sent before."""
REMB_HOPELESS = 0.5
"""At the lowest layer: less than half of it fits."""
REMB_FRESH_S = 2.0
MIN_SENT_BPS = 100_000
"""Below, an estimate says nothing: receivers know only what they were sent."""
DELAY_S = 0.4
"""Round trip above the least one seen: a queue that long is heard in a conversation."""
SETTLE_S = 2.0
"""After a step the queue must drain, and reports of the new rate must come, before the next judgement."""
PAUSES_S = (4.0, 6.0, 8.0, 8.0, 8.0, 20.0)
"""Until a higher layer is tried again, by how often trying has failed in a row. Short, since a line that is
good again shall show it within 15 s; only one that has failed time after time is left alone for longer."""
FAILED_WITHIN_S = 6.0
"""A step down this soon after one up means that the step up was wrong."""


class Congestion:
    """One peer's judgement: free -> capped -> (capped lower ->) starved, and the same way back."""

    def __init__(self) -> None:
        self.loss = 0.0  # share of the picture's packets lost on the way, smoothed, 0..1
        self._sent_before = self._asked_before = 0
        self._estimate_bps = 0
        self._fell_s = -REMB_FRESH_S
        self._least_rtt_s: float | None = None
        self._settled_s = 0.0
        self._raise_s = 0.0
        self._raised_s = -FAILED_WITHIN_S
        self._failures = 0

    @property
    def estimate_bps(self) -> int:
        """The newest REMB, 0 before the first."""
        return self._estimate_bps

    def estimate(self, estimate_bps: int, now_s: float) -> None:
        """A REMB came."""
        if estimate_bps < REMB_FALL * self._estimate_bps:
            self._fell_s = now_s
        self._estimate_bps = estimate_bps

    def second(self, copies: Collection[DownTrack], now_s: float) -> None:
        """Judge once a second; caps, starves or frees one copy at a time."""
        pictures = [down for down in copies if down.is_video and not down.is_paused]
        running = [down for down in pictures if down.layer is not None]
        limited = [down for down in pictures if down.is_starved or down.cap < Quality.HIGH]
        if not running and not limited:
            return
        self._measure(running)
        if now_s < self._settled_s:
            return
        if running and self._is_full(copies, running, now_s):
            self._lower(running, now_s)
        elif limited and now_s >= self._raise_s and self.loss < LIGHT_LOSS:
            self._higher(limited, now_s)
        elif not limited and now_s - self._raised_s > FAILED_WITHIN_S:
            self._failures = 0

    def _measure(self, running: list[DownTrack]) -> None:
        """By what is asked for again: a packet that was repaired counts as received in a report."""
        reported = max((down.loss for down in running), default=0.0)
        sent = sum(down.packets for down in running)
        asked = sum(down.nacks for down in running)
        if not 0 <= sent - self._sent_before < MIN_PACKETS:
            came = max(1, sent - self._sent_before)
            share = min(1.0, max(0, asked - self._asked_before) / came)
            self._sent_before, self._asked_before = sent, asked
            self.loss += (max(share, reported) - self.loss) * SMOOTHING
        elif not running:
            self.loss *= 1 - SMOOTHING  # nothing is sent: only trying tells

    def _is_full(self, copies: Collection[DownTrack], running: list[DownTrack], now_s: float) -> bool:
        sent_bps = sum(down.bitrate_bps for down in running)
        return (
            self.loss > HEAVY_LOSS
            or self._has_less_than(REMB_MARGIN, sent_bps, now_s)
            or self._is_delayed(copies)
        )

    def _has_less_than(self, share: float, sent_bps: int, now_s: float) -> bool:
        """Did the estimate just fall below that share of what is sent?"""
        has_fallen = now_s - self._fell_s < REMB_FRESH_S and sent_bps > MIN_SENT_BPS
        return has_fallen and self._estimate_bps < share * sent_bps

    def _is_delayed(self, copies: Collection[DownTrack]) -> bool:
        times_s = [down.rtt_s for down in copies if down.rtt_s is not None and down.layer is not None]
        if not times_s:
            return False
        newest_s = min(times_s)
        if self._least_rtt_s is None or newest_s < self._least_rtt_s:
            self._least_rtt_s = newest_s
        return newest_s > self._least_rtt_s + DELAY_S

    def _lower(self, running: list[DownTrack], now_s: float) -> None:
        """The copy that sends most goes one layer down; where none has a lower one, a picture may pause."""
        for down in sorted(running, key=lambda down: -down.bitrate_bps):
            layer = down.layer
            if layer is not None and any(o.quality < layer.quality for o in layer.track.choices()):
                down.set_cap(Quality(layer.quality - 1), now_s)
                self._stepped_down(running, now_s)
                return
        sent_bps = sum(down.bitrate_bps for down in running)
        if self.loss > HOPELESS_LOSS or self._has_less_than(REMB_HOPELESS, sent_bps, now_s):
            max(running, key=lambda down: down.bitrate_bps).set_starved(True, now_s)
            self._stepped_down(running, now_s)

    def _stepped_down(self, running: list[DownTrack], now_s: float) -> None:
        for judged in running:
            judged.report = None  # the next judgement needs reports of what is sent now
        self._failures = self._failures + 1 if now_s - self._raised_s < FAILED_WITHIN_S else 0
        self._settled_s = now_s + SETTLE_S
        self._raise_s = now_s + PAUSES_S[min(self._failures, len(PAUSES_S) - 1)]

    def _higher(self, limited: list[DownTrack], now_s: float) -> None:
        """One picture comes back, or goes one layer up."""
        down = min(limited, key=lambda down: (not down.is_starved, down.cap))
        if down.is_starved:
            down.set_starved(False, now_s)
        else:
            down.set_cap(Quality(down.cap + 1), now_s)
        self._raised_s = now_s
        self._settled_s = now_s + SETTLE_S
        self._raise_s = now_s + SETTLE_S
