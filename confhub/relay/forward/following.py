"""Following a published track from layer to layer and from source to source, at a picture's beginning."""

from __future__ import annotations

from collections.abc import Container

from confhub.relay.forward.cargo import Cargo
from confhub.relay.forward.ends import Layer, Track
from confhub.relay.forward.specs import Quality


class Follower:
    """What all copies have in common; subclasses say what is done with the packets.

    States: resting -> waiting (in a layer's `waiting`) -> running; running and waiting at once while it goes
    from one layer or source to another.
    """

    def __init__(self, quality: Quality) -> None:
        self.quality = quality
        self.cap = Quality.HIGH  # what the subscriber's line can take
        self.is_paused = False
        self.is_starved = False  # the line cannot take any picture
        self.is_closed = False
        self.source: Track | None = None
        self.layer: Layer | None = None  # whose packets it gets
        self.target: Layer | None = None  # whose next picture it waits for

    # --- what differs ---

    def accepts(self, source: Track) -> bool:
        """Can it take every codec the source may send?"""
        raise NotImplementedError

    def begin(self, layer: Layer, cargo: Cargo, arrival_s: float) -> None:
        """`cargo` is its first packet from `layer` (called by the layer while handling it)."""
        raise NotImplementedError

    def _taken_codecs(self) -> Container[str]:
        """Names of the codecs it takes."""
        raise NotImplementedError

    def _end(self) -> None:
        """No packet of the present layer any more; `layer` is None then."""
        raise NotImplementedError

    # --- what is taken ---

    def pause(self) -> None:
        """Subscriber disabled the track (track_setting.disabled) or has no permission. Nothing is sent."""
        self.is_paused = True
        self._stop_waiting()
        self._end()

    def resume(self, now_s: float) -> None:
        """Go on, contiguous; video at the next keyframe, which is asked for."""
        if self.is_paused and not self.is_closed:
            self.is_paused = False
            self.choose(now_s)

    def set_quality(self, quality: Quality, now_s: float) -> None:
        """Highest simulcast layer wanted; the nearest lower one with media stands in. Switched at a
        keyframe."""
        if quality != self.quality:
            self.quality = quality
            self.choose(now_s)

    def point_at(self, source: Track | None, now_s: float, quality: Quality | None = None) -> None:
        """Take another source of the same kind and codec (a stage slot's switch), at its next keyframe; until
        then the old one goes on while it is open. `quality` as in `set_quality`. Raises ValueError for a
        codec not negotiated here."""
        if source is self.source:
            if quality is not None:
                self.set_quality(quality, now_s)
            return
        if source is not None and not self.accepts(source):
            raise ValueError("the source's codec was not negotiated with this subscriber")
        if quality is not None:
            self.quality = quality
        if source is None:
            self.leave()
            return
        self._let_go()
        self.source = source
        if not source.is_open:
            self._end()  # muted: there is no next keyframe to wait for
        source.copies[self] = None
        self.choose(now_s)

    def leave(self) -> None:
        """Take no source any more. Nothing is sent until `point_at`."""
        self._let_go()
        self._end()

    def choose(self, now_s: float) -> None:
        """Find the layer for the quality wanted, and wait for its next picture if it is another one."""
        if self.is_paused or self.is_starved or self.is_closed or self.source is None:
            return
        best = self.source.best_layer(min(self.quality, self.cap), now_s, self._taken_codecs())
        if best is None:
            return
        if best is self.layer:
            self._stop_waiting()
        elif best is not self.target:
            self._stop_waiting()
            self.target = best
            best.wait(self, now_s)

    def rest(self, now_s: float) -> None:
        """The source fell silent or changed: end, and wait for the next picture from where it is best."""
        self._end()
        self.choose(now_s)

    def _let_go(self) -> None:
        if self.source is not None:
            self.source.copies.pop(self, None)
        self._stop_waiting()
        self.source = None

    def _stop_waiting(self) -> None:
        if self.target is not None:
            self.target.waiting.pop(self, None)
            self.target = None
