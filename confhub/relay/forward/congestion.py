"""A subscriber's line is full: lower simulcast layers for a while, by its reports and its REMB."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from confhub.relay.forward.specs import Quality

if TYPE_CHECKING:
    from confhub.relay.forward.downtrack import DownTrack

HEAVY_LOSS = 0.10
"""Of a video copy: repair costs more than a lower layer."""
LIGHT_LOSS = 0.03
REMB_MARGIN = 0.9
"""A receiver whose queue grows tells 0.85 of what it gets (libwebrtc)."""
REMB_FALL = 0.95
"""A step down of this much is meant; an estimate that merely trails what is sent rises by 8 % a second, since
receivers never tell much more than they were sent before."""
REMB_FRESH_S = 2.0
MIN_SENT_BPS = 100_000
"""Below, an estimate says nothing: receivers know only what they were sent."""
SETTLE_S = 2.0
"""After a step down the queue must drain before the next judgement."""
FIRST_BACKOFF_S, MAX_BACKOFF_S = 8.0, 64.0
"""Until a higher layer is tried again; doubled each time it fails."""


class Congestion:
    """One peer's judgement. Steps: free -> capped -> tried again -> free or capped for longer."""

    def __init__(self) -> None:
        self._settled_s = 0.0
        self._raise_s = 0.0
        self._backoff_s = FIRST_BACKOFF_S
        self._estimate_bps = 0
        self._fell_s = -REMB_FRESH_S

    def estimate(self, estimate_bps: int, now_s: float) -> None:
        """A REMB came."""
        if estimate_bps < REMB_FALL * self._estimate_bps:
            self._fell_s = now_s
        self._estimate_bps = estimate_bps

    def second(self, copies: Collection[DownTrack], now_s: float) -> None:
        """Judge once a second; caps or frees one copy at a time."""
        running = [down for down in copies if down.layer is not None and down.layer.is_video]
        if not running:
            return
        if now_s >= self._settled_s and self._is_full(running, now_s):
            self._lower(running, now_s)
        elif now_s >= self._raise_s:
            self._higher(running, now_s)

    def _is_full(self, running: list[DownTrack], now_s: float) -> bool:
        sent_bps = sum(down.bitrate_bps for down in running)
        has_fallen = now_s - self._fell_s < REMB_FRESH_S and sent_bps > MIN_SENT_BPS
        if has_fallen and self._estimate_bps < REMB_MARGIN * sent_bps:
            return True
        return any(down.loss > HEAVY_LOSS for down in running)

    def _lower(self, running: list[DownTrack], now_s: float) -> None:
        """The copy that sends most goes one layer down, if it has one."""
        for down in sorted(running, key=lambda down: -down.bitrate_bps):
            layer = down.layer
            if layer is not None and any(o.quality < layer.quality for o in layer.track.choices()):
                down.set_cap(Quality(layer.quality - 1))
                for judged in running:
                    judged.report = None  # the next judgement needs reports of what is sent now
                self._settled_s = now_s + SETTLE_S
                self._raise_s = now_s + self._backoff_s
                self._backoff_s = min(self._backoff_s * 2, MAX_BACKOFF_S)
                return

    def _higher(self, running: list[DownTrack], now_s: float) -> None:
        """One capped copy may go one layer up, if nothing is lost."""
        capped = [down for down in running if down.cap < Quality.HIGH]
        if not capped:
            self._backoff_s = FIRST_BACKOFF_S
        elif all(down.loss < LIGHT_LOSS for down in running):
            down = min(capped, key=lambda down: down.cap)
            down.set_cap(Quality(down.cap + 1))
            self._settled_s = now_s + SETTLE_S
            self._raise_s = now_s + self._backoff_s
