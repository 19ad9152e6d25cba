"""One stream that holds several spatial layers (VP9, AV1): to copies, each quality of it is a layer.

The stream receives, repairs and asks for keyframes; its parts number, keep and forward what belongs to them.
"""

from __future__ import annotations

from collections.abc import Sequence

from confhub.relay.forward.cargo import Cargo
from confhub.relay.forward.ends import Copy, Layer, Track
from confhub.relay.forward.lane import Lane
from confhub.relay.forward.layer import LEFT_OUT, UpLayer
from confhub.relay.forward.limits import NACK_MAX_AGE_S, RR_INTERVAL_S
from confhub.relay.forward.numbering import Subset
from confhub.relay.forward.pictures import Picture
from confhub.relay.forward.specs import PayloadSpec, Quality
from confhub.relay.wire import rtcp

_MAX_PARTS = len(Quality)


class SvcStream(UpLayer):
    """The stream. Copies take its `choices`, never itself."""

    def __init__(self, track: Track, ssrc: int) -> None:
        super().__init__(track, ssrc, Quality.HIGH)
        self.is_starting = False  # a keyframe's first packet is being handled
        self.parts: list[SpatialLayer] = []
        self._grow(max(1, track.spec.spatial_layers))

    def choices(self) -> Sequence[UpLayer]:
        """Its qualities. The highest one holds everything, whatever the encoder leaves out for a while."""
        return self.parts

    def _grow(self, count: int) -> None:
        """There are that many spatial layers; there are never fewer again."""
        for spatial_id in range(len(self.parts), min(count, _MAX_PARTS)):
            self.parts.append(SpatialLayer(self, spatial_id))
        for part in self.parts:
            part.quality = Quality(Quality.HIGH - (len(self.parts) - 1 - part.spatial_id))

    def _use_codec(self, codec: PayloadSpec) -> None:
        super()._use_codec(codec)
        for part in self.parts:
            part.codec = codec

    def _deliver(self, cargo: Cargo, picture: Picture, is_newest: bool, arrival_s: float) -> None:
        if picture.spatial_layers > len(self.parts) < _MAX_PARTS:
            self._grow_at(picture, arrival_s)
        copies = [(part, own) for part in self.parts if (own := part.take(cargo, picture)) is not None]
        if not self.track.is_open:
            return
        if picture.is_key:
            self.keyframes.came()
        if is_newest and picture.is_start:
            for part, own in copies:  # all of them first: a copy must not get one packet from two parts
                part.admit(own, picture, arrival_s)
        for part, own in copies:
            if part.history.put(own):
                part.spread(own, is_newest, arrival_s)

    def _grow_at(self, picture: Picture, now_s: float) -> None:
        self._grow(picture.spatial_layers)
        for part in self.parts:
            part.codec = self.codec
        self.is_starting = picture.is_key
        self.track.layers_changed(now_s)
        self.is_starting = False

    def forget_packets(self) -> None:
        """Nothing sent before can be asked for again."""
        for part in self.parts:
            part.history.clear()

    def report(self, now_s: float) -> rtcp.ReportBlock:
        """The block for the publisher's receiver report; the bitrate of each part is measured with it."""
        for part in self.parts:
            part.reception.report(self.ssrc, now_s, RR_INTERVAL_S, 0)
        return super().report(now_s)

    def tick(self, now_s: float) -> None:
        """Keyframe requests held back or lost."""
        if self.track.is_open:
            self.keyframes.tick(now_s, any(part.is_waited_for for part in self.parts))


class SpatialLayer(UpLayer):
    """The packets of a stream up to one spatial id, with numbers of their own."""

    def __init__(self, stream: SvcStream, spatial_id: int) -> None:
        super().__init__(stream.track, stream.ssrc, Quality.HIGH)
        self.stream: Layer = stream
        self.spatial_id = spatial_id
        self.keyframes = stream.keyframes
        self._svc = stream
        self._subset = Subset()
        self._kept_until_s = -1.0  # copies that went elsewhere may still ask for what comes late

    @property
    def _is_top(self) -> bool:
        return self._svc.parts[-1] is self

    def take(self, cargo: Cargo, picture: Picture) -> Cargo | None:
        """The packet as it is numbered and marked here; None: it is not part of this layer, or nobody takes
        it."""
        top = self._is_top
        belongs = picture.spatial_id <= self.spatial_id or (top and picture is not LEFT_OUT)
        seq = self._subset.place(cargo.seq, belongs)
        if seq < 0:
            return None
        if belongs:
            self.reception.octets += len(cargo.payload)
        if not self.is_taken and not self.waiting and self._svc.reception.last_arrival_s > self._kept_until_s:
            return None
        if not belongs:
            return Cargo(seq, cargo.timestamp, 0, b"")
        ends = picture.is_frame_end and picture.spatial_id == self.spatial_id and not top
        own = Cargo(seq, cargo.timestamp, 0x80 if ends else cargo.marker, cargo.payload, cargo.numbers)
        own.orientation = cargo.orientation
        own.descriptor, own.frame_number = cargo.descriptor, cargo.frame_number
        return own

    def drop_lane(self, lane: Lane) -> None:
        """Not any more, from the next packet on."""
        super().drop_lane(lane)
        self._kept_until_s = self._svc.reception.last_arrival_s + NACK_MAX_AGE_S

    def admit(self, own: Cargo, picture: Picture, arrival_s: float) -> None:
        """Waiting copies begin at a keyframe; those that come down from a higher part, at any picture."""
        if not self.waiting:
            return
        if picture.is_key:
            self._take_over(own, arrival_s)
            return
        for down in [down for down in self.waiting if self._comes_down(down)]:
            del self.waiting[down]
            down.begin(self, own, arrival_s)

    def spread(self, own: Cargo, is_newest: bool, arrival_s: float) -> None:
        """To the copies."""
        self._spread(own, is_newest, arrival_s)

    def _comes_down(self, down: Copy) -> bool:
        layer = down.layer
        return (
            isinstance(layer, SpatialLayer)
            and layer.stream is self.stream
            and layer.spatial_id > self.spatial_id
        )

    @property
    def is_waited_for(self) -> bool:
        """Does a copy wait here for a keyframe?"""
        return any(not self._comes_down(down) for down in self.waiting)

    def wait(self, down: Copy, now_s: float) -> None:
        """That copy wants to begin here: at the next keyframe, or at the next picture if it comes from
        above."""
        self.waiting[down] = None
        if not self._svc.is_starting and not self._comes_down(down):
            self.ask_keyframe(now_s)

    def is_stale(self, now_s: float) -> bool:
        """Has nothing come for a while?"""
        return self._svc.is_stale(now_s)
