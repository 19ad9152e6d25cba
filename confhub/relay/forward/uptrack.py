"""One published track: its layers, its gate, and the copies that look at it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Container
from typing import Any

from confhub.relay.forward.ends import Copy, Layer, Peer, Receiver
from confhub.relay.forward.layer import UpLayer
from confhub.relay.forward.levels import Meter
from confhub.relay.forward.red import RedStream
from confhub.relay.forward.specs import (
    RID_QUALITY,
    SUPPORTED_CODECS,
    PayloadSpec,
    Quality,
    UpSpec,
)
from confhub.relay.forward.stats import TrackStats
from confhub.relay.forward.svc import SvcStream
from confhub.relay.forward.tap import Tap
from confhub.relay.forward.wanted import Wanted


class UpTrack:
    """One published track. Made by `MediaPeer.publish`."""

    def __init__(self, peer: Peer, spec: UpSpec, owner: Any, is_open: bool) -> None:
        self.peer = peer
        self.owner = owner  # what was given to publish(owner=...): the room's own publication object
        self.is_open = is_open
        self.is_closed = False
        self.layers: dict[int, UpLayer] = {}  # by media ssrc
        self.copies: dict[Copy, None] = {}
        self.meter = Meter()
        self.kept_quality: Quality | None = None  # sent though nobody watches: a source on deck
        self.once_begun: list[
            Callable[[float], None]
        ] = []  # called when waiting copies get their first packet
        self._wanted = Wanted()
        self._stale: list[bool] = []  # which choices were silent at the last look
        self.spec = spec
        self._codecs: dict[int, PayloadSpec] = {}
        self._set_spec(spec)

    # --- for the room ---

    def gate(self, is_open: bool, now_s: float) -> None:
        """Closed: nothing of this track is forwarded from this very packet on, retransmissions included
        (permission withdrawn, muted). Opened again: copies go on, video at the next keyframe, which is asked
        for."""
        if is_open == self.is_open or self.is_closed:
            return
        self.peer.fanout.flush()  # what came before goes before, nothing after
        self.is_open = is_open
        self.meter.clear()
        self.peer.wake(now_s)
        if is_open:
            for layer in self.choices():
                if layer.waiting:
                    layer.ask_keyframe(now_s)
            return
        for layer in self.layers.values():
            layer.forget_packets()
        for down in self.copies:
            down.rest(now_s)

    def attach(self, receiver: Receiver, now_s: float, quality: Quality = Quality.HIGH) -> Tap:
        """Give the track's packets to a receiver without a transport, as to any copy: from the next keyframe
        on, which is asked for (sound: the next packet). `quality` as in `Tap.set_quality`."""
        tap = Tap(receiver, quality)
        tap.point_at(self, now_s)
        return tap

    def update(self, spec: UpSpec, now_s: float) -> None:
        """A re-offer changed payload types, extension ids, ssrcs or rids of the section.
        Raises ValueError if no supported codec is left."""
        before = self.codec_names
        self._set_spec(spec)
        if self.codec_names != before:
            for layer in list(self.layers.values()):
                self._replace(layer, now_s)
        self.peer.learn_spec(self)

    def wanted_quality(self) -> Quality | None:
        """Highest quality any running copy asks for; None: nobody watches (for subscribed_quality_update)."""
        watched: Quality | None = None
        for down in self.copies:
            if down.is_paused or down.is_starved:
                continue
            wish = min(down.quality, down.cap)
            if watched is None or wish > watched:
                watched = wish
            if wish == Quality.HIGH:
                break  # of 302 copies the first one most often
        if self.kept_quality is None or watched is None:
            return watched if self.kept_quality is None else self.kept_quality
        return max(watched, self.kept_quality)

    def asked_quality(self) -> Quality | None:
        """What the publisher is asked for: what is wanted, and for a while what was wanted (`Wanted`)."""
        wanted, told = self.wanted_quality(), self._wanted.told
        return wanted if told is None or (wanted is not None and wanted > told) else told

    def close(self) -> None:
        """Unpublish: copies are left without a source (they stay, may be pointed elsewhere). Idempotent."""
        if self.is_closed:
            return
        self.is_closed = True
        self.is_open = False
        self.once_begun.clear()
        for down in list(self.copies):
            down.leave()
        for layer in self.layers.values():
            layer.forget_packets()  # copies remember the layers they came from; their packets are a megabyte
        self.peer.forget_track(self)

    def stats(self) -> TrackStats:
        """Counters since the start; bitrate over the last second."""
        layers = self.layers.values()
        expected = sum(layer.reception.expected for layer in layers)
        lost = sum(layer.reception.lost for layer in layers)
        return TrackStats(
            packets=sum(layer.reception.packets for layer in layers),
            octets=sum(layer.reception.octets for layer in layers),
            lost=lost,
            loss=max((layer.reception.loss for layer in layers), default=0.0) if expected else 0.0,
            bitrate_bps=sum(layer.reception.bitrate_bps for layer in layers),
            rtt_s=None,
            dropped=0,
            nacks=sum(layer.repair.nacks for layer in layers),
            plis=sum(layer.keyframes.sent for layer in layers),
        )

    # --- for the forwarding ---

    def _set_spec(self, spec: UpSpec) -> None:
        codecs = {p.pt: p for p in spec.payloads if p.name in SUPPORTED_CODECS.get(spec.kind, ())}
        if not codecs:
            raise ValueError("none of the section's codecs is forwarded")
        self.spec = spec
        self._codecs = codecs
        self._repairs = {p.pt: p.apt for p in spec.payloads if p.name == "rtx" and p.apt is not None}

    def codec_of(self, pt: int) -> PayloadSpec | None:
        """The media codec of that payload type."""
        return self._codecs.get(pt)

    def repairs(self, pt: int) -> int | None:
        """For a retransmission payload type: the payload type of what it carries (RFC 4588)."""
        return self._repairs.get(pt)

    @property
    def codecs(self) -> Collection[PayloadSpec]:
        """The media codecs it may send."""
        return self._codecs.values()

    @property
    def codec_names(self) -> set[str]:
        """Names of the media codecs a copy must take; redundancy is removed where it is not wanted."""
        names = {codec.name for codec in self._codecs.values()}
        return names - {"red"} if "opus" in names else names

    def layer(self, ssrc: int, quality: Quality, now_s: float) -> UpLayer:
        """The layer of that ssrc, made when it is first seen."""
        known = self.layers.get(ssrc)
        if known is None:
            for old in [old for old in self.layers.values() if old.quality == quality]:
                self._replace(old, now_s)
            known = self.layers[ssrc] = self._new_layer(ssrc, quality)
        return known

    def _new_layer(self, ssrc: int, quality: Quality) -> UpLayer:
        if self.spec.is_layered:
            return SvcStream(self, ssrc)
        if any(codec.name == "red" for codec in self.codecs):
            return RedStream(self, ssrc)
        return UpLayer(self, ssrc, quality)

    def choices(self) -> list[UpLayer]:
        """Everything a copy may be given of this track, ascending by quality: its simulcast streams, the
        spatial layers of one stream, or the forms of a sound."""
        layers = [choice for stream in self.layers.values() for choice in stream.choices()]
        return sorted(layers, key=lambda layer: layer.quality)

    def quality_of_rid(self, rid: str) -> Quality:
        """By the spec, by LiveKit's names, or by its place in the list."""
        if rid in self.spec.qualities:
            return self.spec.qualities[rid]
        if rid in RID_QUALITY and len(self.spec.rids) != 1:
            return RID_QUALITY[rid]
        if rid in self.spec.rids and len(self.spec.rids) > 1:
            return Quality(min(list(self.spec.rids).index(rid), Quality.HIGH))
        return Quality.HIGH

    def _replace(self, old: UpLayer, now_s: float) -> None:
        """A new ssrc came for the same layer (camera restarted): copies move on to it."""
        for down in self.copies_of(old):
            down.rest(now_s)
        for part in old.choices():
            part.waiting.clear()
        old.forget_packets()
        self.layers.pop(old.ssrc, None)
        self.peer.forget_layer(old)

    def copies_of(self, layer: Layer) -> list[Copy]:
        """Copies that get that layer's packets now."""
        return [down for down in self.copies if down.layer is not None and down.layer.stream is layer]

    def layers_changed(self, now_s: float) -> None:
        """A layer came to life or went silent: every copy chooses again."""
        self.peer.heard_again(now_s)
        for down in self.copies:
            down.choose(now_s)

    def hurry(self, now_s: float) -> None:
        """A stage waits for this track: keyframes are asked for at once where copies wait for them."""
        for layer in self.choices():
            layer.hurry(now_s)

    def tell_begun(self, now_s: float) -> None:
        """Copies that waited have begun."""
        told, self.once_begun = self.once_begun, []
        for call in told:
            call(now_s)

    def best_layer(self, quality: Quality, now_s: float, codecs: Container[str]) -> UpLayer | None:
        """The highest live layer up to that quality, else the lowest live one, else whatever there is; of
        those in one of the codecs (names) the copy takes."""
        layers = [layer for layer in self.choices() if layer.codec is None or layer.codec.name in codecs]
        live = [layer for layer in layers if not layer.is_stale(now_s)] or layers
        fitting = [layer for layer in live if layer.quality <= quality]
        if fitting:
            return fitting[-1]
        return live[0] if live else None

    def tick(self, now_s: float) -> None:
        """Requests of the layers, copies on a silent layer, and the quality wanted."""
        for layer in self.layers.values():
            layer.tick(now_s)
        stale = [layer.is_stale(now_s) for layer in self.choices()]
        if stale != self._stale:
            self._stale = stale
            self.layers_changed(now_s)
        if self._wanted.changed(self.wanted_quality(), now_s):
            self.peer.router.tell_wanted(self, self._wanted.told)
