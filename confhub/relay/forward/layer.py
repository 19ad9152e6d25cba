"""One received stream of a published track: the whole of it, or one simulcast layer."""

from __future__ import annotations

from collections.abc import Sequence

from confhub.relay.forward import pictures
from confhub.relay.forward.cargo import Cargo
from confhub.relay.forward.ends import Copy, Layer, LayerTap, Track
from confhub.relay.forward.history import History
from confhub.relay.forward.lane import Edit, Lane
from confhub.relay.forward.limits import (
    AUDIO_HISTORY,
    LAYER_STALE_S,
    MAX_PAYLOAD_BYTES,
    RR_INTERVAL_S,
    VIDEO_HISTORY,
)
from confhub.relay.forward.numbering import Numbering, Subset
from confhub.relay.forward.pictures import Edge, Picture
from confhub.relay.forward.reception import KeyframeRequests, Reception, Repair
from confhub.relay.forward.specs import (
    AUDIO_LEVEL_URI,
    DEPENDENCY_DESCRIPTOR_URI,
    VIDEO_ORIENTATION_URI,
    PayloadSpec,
    Quality,
)
from confhub.relay.wire import rtcp
from confhub.relay.wire.rtp import Elements, RtpView

SOUND = Picture()
LEFT_OUT = Picture(spatial_id=255)
"""Of no layer: a place that is filled, but not with picture."""


class UpLayer:
    """States: silent -> live -> silent... Lanes get every packet; waiting copies become lanes at a
    keyframe."""

    def __init__(self, track: Track, ssrc: int, quality: Quality) -> None:
        self.track = track
        self.stream: Layer = self  # what receives; one that stands for a part of a stream names that stream
        self.ssrc = ssrc
        self.quality = quality
        self.is_video = track.spec.kind == "video"
        self.reception = Reception()
        self.repair = Repair()
        self.keyframes = KeyframeRequests(self._send_pli)
        self.history = History(VIDEO_HISTORY if self.is_video else AUDIO_HISTORY)
        self.numbering = Numbering()
        self._numbers = Subset()
        self._edge = Edge()
        self.waiting: dict[Copy, None] = {}
        self._lanes: dict[Lane, None] = {}  # those that get packets, and
        self._taps: tuple[LayerTap, ...] = ()
        self._all_lanes: tuple[Lane, ...] | None = ()  # the same for the fan-out; None: to be made anew
        self.codec: PayloadSpec | None = None
        self.top_seq = -1  # newest clean number forwarded
        self.top_timestamp = 0
        self.top_arrival_s = 0.0
        self.top_cargo: Cargo | None = None
        self._uses_nack = False
        self._has_descriptor = False
        self._read: pictures.Reader | None = None

    def choices(self) -> Sequence[UpLayer]:
        """What a copy may take of this stream, ascending by quality: the whole of it, or its parts."""
        return (self,)

    # --- packets ---

    def receive(self, view: RtpView, data: bytes, elements: Elements, arrival_s: float) -> None:
        """One packet of this stream, in clear, and its header extensions."""
        codec = self.track.codec_of(view.pt)
        if codec is None:
            return
        if codec is not self.codec:
            self._use_codec(codec)
        numbering = self.numbering
        raw, is_new_start = numbering.extend(view.seq)
        if is_new_start:
            self._restart(raw, arrival_s)
        previous = numbering.top
        is_newest = raw > previous
        was_silent = self.is_stale(arrival_s)
        self.reception.count(raw, len(data), view.timestamp, codec.clock_hz, arrival_s)
        cargo, picture = self._open(view, data, elements)
        if is_newest:
            numbering.top = raw
            if 0 <= previous < raw - 1 and self._uses_nack:
                if self._edge.is_padding_before(view, cargo, picture):
                    self._numbers.skip(raw)
                else:
                    self._gap(previous + 1, raw, arrival_s)
            self._edge.note(view, cargo)
        else:
            self.repair.came(raw)
        if was_silent and cargo.payload:
            self.track.layers_changed(arrival_s)
        cargo.seq = self._numbers.place(raw, picture is not None)
        if cargo.seq < 0:
            return
        if picture is None:
            self._fill(cargo.seq)
            return
        self._deliver(cargo, picture, is_newest, arrival_s)

    def _open(self, view: RtpView, data: bytes, elements: Elements) -> tuple[Cargo, Picture | None]:
        """The packet and what it is; None: a probe, or nothing of that codec. It is not forwarded."""
        cargo = Cargo(-1, view.timestamp, view.marker, data[view.payload_at : view.payload_end])
        if elements:
            self._read_extensions(elements, cargo)
        if not 0 < len(cargo.payload) <= MAX_PAYLOAD_BYTES:
            return cargo, None
        return cargo, self._read(cargo) if self._read is not None else SOUND

    def _fill(self, seq: int) -> None:
        """The number was set aside for a packet that is not forwarded, or never comes: receivers would wait
        for it, so they get a packet without a payload."""
        if self.is_video and seq >= 0:
            self._deliver(Cargo(seq, self.top_timestamp, 0, b""), LEFT_OUT, False, self.top_arrival_s)

    def _deliver(self, cargo: Cargo, picture: Picture, is_newest: bool, arrival_s: float) -> None:
        """Keep the packet and give it to every copy."""
        if not self.track.is_open or not self.history.put(cargo):
            return
        if picture.is_key:
            self.keyframes.came()
        if is_newest and self.waiting and (picture.is_key or not self.is_video):
            self._take_over(cargo, arrival_s)
        self._spread(cargo, is_newest, arrival_s)

    def _spread(self, cargo: Cargo, is_newest: bool, arrival_s: float) -> None:
        if is_newest:
            self.top_seq, self.top_timestamp, self.top_arrival_s = cargo.seq, cargo.timestamp, arrival_s
            self.top_cargo = cargo
            cargo.lanes = self.lanes
        else:
            if cargo.seq > self.top_seq:  # what came after it was left out
                self.top_seq = cargo.seq
            cargo.lanes = tuple(lane for lane in self.lanes if lane.first_seq <= cargo.seq)
        self.track.peer.send(cargo, arrival_s)
        for tap in self._taps:
            tap.give(cargo, arrival_s)

    def _read_extensions(self, elements: Elements, cargo: Cargo) -> None:
        uris = self.track.spec.extmap
        for identifier, value in elements:
            uri = uris.get(identifier)
            if uri == AUDIO_LEVEL_URI and not self.is_video:
                cargo.level = value[:1]
                self.track.meter.heard(value[0] & 0x7F if value else 127)
            elif uri == VIDEO_ORIENTATION_URI:
                cargo.orientation = value[:1]
            elif uri == DEPENDENCY_DESCRIPTOR_URI and self._has_descriptor:
                cargo.descriptor = value

    def _take_over(self, cargo: Cargo, arrival_s: float) -> None:
        """Copies that waited for this packet get it as their first from here."""
        waiting, self.waiting = self.waiting, {}
        for down in waiting:
            down.begin(self, cargo, arrival_s)
        self.track.tell_begun(arrival_s)

    def _use_codec(self, codec: PayloadSpec) -> None:
        if self.is_video and (self.codec is None or codec.name != self.codec.name):
            self._read = pictures.reader(codec.name)
        self.codec = codec
        self._has_descriptor = codec.name == "av1"
        self._uses_nack = "nack" in codec.feedback

    def _restart(self, raw: int, now_s: float) -> None:
        """The publisher began a new number space: copies continue theirs from the next picture on."""
        self.reception.restart(raw)
        self.repair.clear()
        for lane_owner in self.track.copies_of(self):
            lane_owner.rest(now_s)

    # --- repair ---

    def _gap(self, first: int, end: int, now_s: float) -> None:
        if self.repair.gap(first, end, now_s):
            self.track.peer.router.hurry(now_s)
        elif self.is_video:
            self.keyframes.ask(now_s)

    def repair_due(self, now_s: float) -> bytes:
        """The NACK to send now, or nothing."""
        wanted, given_up = self.repair.due(now_s)
        for raw in given_up:
            self._fill(self._numbers.find(raw))
        if given_up and self.is_video and any(part.is_taken for part in self.choices()):
            self.keyframes.ask(now_s)
        if not wanted:
            return b""
        return rtcp.build_nack(1, self.ssrc, [self.numbering.wire(raw) for raw in wanted])

    def forget_packets(self) -> None:
        """Nothing sent before can be asked for again."""
        self.history.clear()

    def ask_keyframe(self, now_s: float) -> None:
        """A subscriber cannot go on without one."""
        if self.is_video and self.track.is_open:
            self.keyframes.ask(now_s)

    def _send_pli(self) -> None:
        self.track.peer.send_rtcp(rtcp.build_pli(1, self.ssrc))

    def report(self, now_s: float) -> rtcp.ReportBlock:
        """The block for the publisher's receiver report."""
        top = self.reception.top
        highest = (top & ~0xFFFF) - 0x10000 | self.numbering.wire(top) if top >= 0 else 0
        return self.reception.report(self.ssrc, now_s, RR_INTERVAL_S, highest)

    # --- copies ---

    def is_stale(self, now_s: float) -> bool:
        """Has nothing come for a while?"""
        arrival_s = self.reception.last_arrival_s
        return arrival_s < 0 or now_s - arrival_s > LAYER_STALE_S

    @property
    def lanes(self) -> tuple[Lane, ...]:
        """Of the copies that get its packets; one object until one of them changes. 302 copies that come or
        go together cost one making of it."""
        if self._all_lanes is None:
            self._all_lanes = tuple(self._lanes)
        return self._all_lanes

    def add_lane(self, lane: Lane) -> None:
        """From the packet being handled on."""
        self._lanes[lane] = None
        self._all_lanes = None

    def drop_lane(self, lane: Lane) -> None:
        """Not any more, from the next packet on."""
        if lane in self._lanes:
            del self._lanes[lane]
            self._all_lanes = None

    def add_tap(self, tap: LayerTap) -> None:
        """From the packet being handled on."""
        self._taps = (*self._taps, tap)

    def drop_tap(self, tap: LayerTap) -> None:
        """Not any more, from the next packet on."""
        self._taps = tuple(known for known in self._taps if known is not tap)

    @property
    def is_taken(self) -> bool:
        """Does anybody get its packets?"""
        return bool(self._lanes or self._taps)

    def any_edit(self) -> Edit | None:
        """How one of the present copies differs from this layer."""
        return next(iter(self._lanes)).edit if self._lanes else None

    def wait(self, down: Copy, now_s: float) -> None:
        """That copy wants to begin here at the next picture (audio: next packet)."""
        self.waiting[down] = None
        self.ask_keyframe(now_s)

    def hurry(self, now_s: float) -> None:
        """A stage waits for the next picture: ask although one was asked for, and came, a moment ago."""
        if self.is_video and self.track.is_open and self.waiting:
            self.keyframes.urge(now_s)

    def tick(self, now_s: float) -> None:
        """Keyframe requests held back or lost."""
        if self.is_video and self.track.is_open:
            self.keyframes.tick(now_s, bool(self.waiting))
