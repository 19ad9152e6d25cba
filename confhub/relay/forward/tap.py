"""A place at a track without a transport: packets go to a receiver instead of a line."""

from __future__ import annotations

import logging
from collections.abc import Callable, Container

from confhub.relay.forward.cargo import Cargo
from confhub.relay.forward.ends import Layer, Packet, Receiver, Track
from confhub.relay.forward.following import Follower
from confhub.relay.forward.specs import Quality

logger = logging.getLogger(__name__)


class Tap(Follower):
    """One receiver's place. Made by `UpTrack.attach`; ends with `close`, with its track, or at the receiver's
    own error."""

    def __init__(self, receiver: Receiver, quality: Quality) -> None:
        super().__init__(quality)
        self._receiver = receiver
        self._first = 0  # the layer's number of the first packet
        self._seq_add = self._timestamp_add = 0  # to the layer's numbers and times
        self._top = -1  # highest number given
        self._timestamp = 0  # of that packet
        self._arrival_s = 0.0

    def close(self) -> None:
        """Detach; the receiver is not called any more. Idempotent."""
        if not self.is_closed:
            self.is_closed = True
            super().leave()

    def leave(self) -> None:
        """As any copy; its source's end is the receiver's end."""
        super().leave()
        if not self.is_closed:
            self.is_closed = True
            self._call(self._receiver.ended)

    def accepts(self, source: Track) -> bool:
        """Whatever is published."""
        return True

    def _taken_codecs(self) -> Container[str]:
        """What every copy must take: plain sound rather than redundant sound."""
        return self.source.codec_names if self.source is not None else ()

    def begin(self, layer: Layer, cargo: Cargo, arrival_s: float) -> None:
        """The first packet from there: numbers go on by one, time by the clock."""
        is_part = self.layer is not None and self.layer.stream is layer.stream
        self._end()
        self.target = None
        self.layer = layer
        self._first, self._seq_add = cargo.seq, self._top + 1 - cargo.seq
        if self._top >= 0 and not is_part and layer.codec is not None:
            passed = max(1, round((arrival_s - self._arrival_s) * layer.codec.clock_hz))
            self._timestamp_add = self._timestamp + passed - cargo.timestamp
        layer.add_tap(self)

    def _end(self) -> None:
        layer, self.layer = self.layer, None
        if layer is not None:
            layer.drop_tap(self)

    def give(self, cargo: Cargo, arrival_s: float) -> None:
        """A packet is forwarded."""
        layer = self.layer
        if layer is None or layer.codec is None or cargo.seq < self._first:
            return
        seq = cargo.seq + self._seq_add
        timestamp = (cargo.timestamp + self._timestamp_add) & 0xFFFFFFFF
        if seq > self._top:
            self._top, self._timestamp, self._arrival_s = seq, timestamp, arrival_s
        packet = Packet(seq, timestamp, bool(cargo.marker), cargo.payload, layer.codec, arrival_s)
        self._call(lambda: self._receiver.received(packet))

    def _call(self, call: Callable[[], None]) -> None:
        try:
            call()
        except Exception:  # containment of one receiver
            logger.exception("a receiver of a track is detached at its error")
            self.close()
