"""Which layer a received packet belongs to: by description, by rid and mid, or by payload type."""

from __future__ import annotations

from collections.abc import Iterable

from confhub.relay.forward.ends import Layer, Track
from confhub.relay.forward.specs import MID_URI, REPAIRED_RID_URI, RID_URI, Quality
from confhub.relay.wire import rtp

MAX_ANNOUNCED = 1024
"""Ssrcs of one peer's descriptions: a dozen for each of its tracks."""


class Sources:
    """The ssrcs of one publishing peer."""

    def __init__(self) -> None:
        self.layers: dict[int, Layer] = {}  # by ssrc in packets
        self.repairs: dict[int, Layer] = {}  # by retransmission ssrc (RFC 4588)
        self._announced: dict[int, tuple[Track, Quality]] = {}
        self._announced_repairs: dict[int, int] = {}

    def knows(self, ssrc: int) -> bool:
        """Is that ssrc used or announced by the peer?"""
        return ssrc in self.layers or ssrc in self._announced or ssrc in self.repairs

    def learn_spec(self, track: Track) -> None:
        """Take the ssrcs a description announces."""
        spec = track.spec
        if len(self._announced) > MAX_ANNOUNCED:
            return
        if spec.sim_ssrcs:
            for index, ssrc in enumerate(spec.sim_ssrcs[:3]):
                self._announced[ssrc] = (track, Quality(index))
        elif not spec.rids:
            for ssrc in spec.ssrcs[:16]:
                if ssrc not in spec.rtx_ssrcs:
                    self._announced[ssrc] = (track, Quality.HIGH)
        self._announced_repairs.update(spec.rtx_ssrcs)

    def find(
        self, view: rtp.RtpView, elements: rtp.Elements, tracks: Iterable[Track], now_s: float
    ) -> tuple[Layer, bool] | None:
        """(layer, is it a retransmission) of a packet whose ssrc is not in `layers`; None: nobody's."""
        ssrc = view.ssrc
        repaired = self.repairs.get(ssrc) or self.layers.get(self._announced_repairs.get(ssrc, -1))
        if repaired is not None:
            self.repairs[ssrc] = repaired
            return repaired, True
        if ssrc in self._announced:
            track, quality = self._announced[ssrc]
            return self._found(track, ssrc, quality, now_s), False
        for track in tracks:
            values = {track.spec.extmap.get(i): v.decode("ascii", "replace") for i, v in elements}
            match = self._match(track, view, values, now_s)
            if match is not None:
                return match
        return self._by_payload_type(view, tracks, now_s)

    def _match(
        self, track: Track, view: rtp.RtpView, values: dict[str | None, str], now_s: float
    ) -> tuple[Layer, bool] | None:
        """Is the packet of that track, by its mid and rid extensions?"""
        mid = values.get(MID_URI)
        if mid is not None and mid != track.spec.mid:
            return None
        rid, repaired_rid = values.get(RID_URI), values.get(REPAIRED_RID_URI)
        if repaired_rid is not None and repaired_rid in track.spec.rids:
            return self._found_repair(track, view.ssrc, track.quality_of_rid(repaired_rid))
        if track.codec_of(view.pt) is None:
            return None
        if rid is not None and rid in track.spec.rids:
            return self._found(track, view.ssrc, track.quality_of_rid(rid), now_s), False
        if mid is not None and not track.spec.rids:
            return self._found(track, view.ssrc, Quality.HIGH, now_s), False
        return None

    def _by_payload_type(
        self, view: rtp.RtpView, tracks: Iterable[Track], now_s: float
    ) -> tuple[Layer, bool] | None:
        """Last resort: only one track without announced ssrcs may send that payload type."""
        fitting = [
            track
            for track in tracks
            if track.codec_of(view.pt) is not None and not track.spec.ssrcs and not track.spec.rids
        ]
        if len(fitting) != 1 or fitting[0].layers:
            return None
        return self._found(fitting[0], view.ssrc, Quality.HIGH, now_s), False

    def _found(self, track: Track, ssrc: int, quality: Quality, now_s: float) -> Layer:
        layer = self.layers[ssrc] = track.layer(ssrc, quality, now_s)
        return layer

    def _found_repair(self, track: Track, ssrc: int, quality: Quality) -> tuple[Layer, bool] | None:
        for layer in track.layers.values():
            if layer.quality == quality:
                self.repairs[ssrc] = layer
                return layer, True
        return None

    def forget_track(self, track: Track) -> None:
        """It is unpublished."""
        for layer in track.layers.values():
            self.forget_layer(layer)
        self._announced = {s: known for s, known in self._announced.items() if known[0] is not track}
        for ssrc in track.spec.rtx_ssrcs:
            self._announced_repairs.pop(ssrc, None)

    def forget_layer(self, layer: Layer) -> None:
        """Its ssrc means nothing any more."""
        self.layers = {s: known for s, known in self.layers.items() if known is not layer}
        self.repairs = {s: known for s, known in self.repairs.items() if known is not layer}
