"""One subscriber's copy of a track: its own ssrc, number and time space, whatever the source behind it."""

from __future__ import annotations

from collections import deque
from collections.abc import Container

from confhub.relay.forward.agenda import NEVER
from confhub.relay.forward.cargo import Cargo
from confhub.relay.forward.ends import Layer, Peer, Track
from confhub.relay.forward.following import Follower
from confhub.relay.forward.lane import Edit, Lane, intern_edit
from confhub.relay.forward.limits import (
    BITRATE_INTERVAL_S,
    MAX_LANES_KEPT,
    MAX_NACK_ANSWERS,
    PLI_BURST,
    PLI_PER_S,
    START_PACKET_PACES_S,
    START_PACKETS_S,
)
from confhub.relay.forward.naming import NO_MID, extension_ids, mid_of
from confhub.relay.forward.specs import DownSpec, PayloadSpec, Quality
from confhub.relay.forward.stats import TrackStats
from confhub.relay.transport.budget import Budget
from confhub.relay.transport.path import SendPath
from confhub.relay.wire import opus, rtcp

VIDEO_CLOCK_HZ = 90000
"""Of every video codec's RTP time, and of no sound's."""


class DownTrack(Follower):
    """One subscriber's copy. Made by `MediaPeer.subscribe`; sends as soon as the transport is connected, and
    where it is held, not before `release`.

    It has a lane while it runs, see `Follower`.
    """

    def __init__(
        self,
        peer: Peer,
        spec: DownSpec,
        quality: Quality,
        first_seq: int,
        clock: int,
        *,
        is_held: bool = False,
    ) -> None:
        super().__init__(quality)
        self.peer = peer
        self.spec = spec
        self._is_held = is_held
        self.lane: Lane | None = None
        self._codecs = {payload.name: payload for payload in spec.payloads}
        self._extensions = extension_ids(spec)
        self._mid = mid_of(spec)  # written until the subscriber reports on this ssrc
        self._is_known = False  # it does
        self._lanes: deque[tuple[Lane, Layer]] = deque(maxlen=MAX_LANES_KEPT)  # ended ones, oldest first
        self._out = first_seq  # highest unwrapped number used, before the running lane
        self._out_timestamp = (
            clock  # RTP time and clock value of the last packet sent before the running lane
        )
        self._out_at_s = -1.0
        self._clock_hz = next((p.clock_hz for p in spec.payloads if p.name != "rtx"), 90000)
        self.is_video = self._clock_hz == VIDEO_CLOCK_HZ
        self._picture_id = self._tl0 = self._keyidx = self._frame_number = -1  # last ones sent
        self._start_until_s = self._next_start_s = -1.0
        self._sent_packets = self._sent_octets = 0
        self._bitrate_mark = (0.0, 0)
        self.bitrate_bps = 0
        self.report: rtcp.ReportBlock | None = None
        self.rtt_s: float | None = None
        self.nacks = self.plis = 0
        self._pli_budget = Budget(PLI_PER_S, PLI_BURST)

    # --- for the room ---

    def release(self, now_s: float) -> None:
        """The subscriber is ready for this copy: it begins. Idempotent."""
        if self._is_held:
            self._is_held = False
            if not self.is_closed and self.peer.transport.is_connected:
                self.connected(now_s)
                self.peer.wake(now_s)

    def update(self, spec: DownSpec, now_s: float) -> None:
        """A renegotiation changed payload types or extension ids (the ssrc must stay)."""
        assert spec.ssrc == self.spec.ssrc, "a copy keeps its ssrc"
        extensions = extension_ids(spec)
        is_same = extensions == self._extensions
        self.spec, self._extensions = spec, extensions
        self._mid = NO_MID if self._is_known else mid_of(spec)
        self._codecs = {payload.name: payload for payload in spec.payloads}
        codec = self.layer.codec if self.layer is not None else None
        payload = self._codecs.get(codec.name) if codec is not None else None
        if self.lane is not None and not (is_same and payload is not None and payload.pt == self.lane.pt):
            self.rest(now_s)

    def close(self) -> None:
        """Unsubscribe; an RTCP BYE is sent. Idempotent."""
        if self.is_closed:
            return
        self.is_closed = True
        lanes = [lane for lane, _ in self._lanes]
        if self.lane is not None:
            lanes.append(self.lane)
        self.leave()
        for lane in lanes:
            lane.path = _NOWHERE  # a packet still in the burst must not use the ssrc after its state is freed
        self._lanes.clear()
        self.peer.forget_copy(self.spec.ssrc)

    def stats(self) -> TrackStats:
        """Counters since the start; bitrate over the last second or so."""
        report, path = self.report, self.peer.path
        return TrackStats(
            packets=self.packets,
            octets=self.octets,
            lost=max(0, report.lost) if report else 0,
            loss=self.loss,
            bitrate_bps=self.bitrate_bps,
            rtt_s=self.rtt_s,
            dropped=path.dropped + path.errors,
            nacks=self.nacks,
            plis=self.plis,
        )

    # --- choosing where packets come from ---

    def takes(self, codec: str) -> bool:
        """Did the subscriber negotiate that codec (lower-case name)?"""
        return codec in self._codecs

    def accepts(self, source: Track) -> bool:
        """Can this subscriber decode every codec the source may send?"""
        return source.codec_names <= self._codecs.keys()

    def _taken_codecs(self) -> Container[str]:
        return self._codecs

    def set_cap(self, cap: Quality, now_s: float) -> None:
        """The line's limit changed; `quality` stays what the subscriber asked for."""
        if cap != self.cap:
            self.cap = cap
            self.choose(now_s)

    def set_starved(self, is_starved: bool, now_s: float) -> None:
        """The line can take no picture at all, or may be tried again; the subscriber is told."""
        if is_starved == self.is_starved or self.is_closed:
            return
        self.is_starved = is_starved
        if is_starved:
            self._stop_waiting()
            self._end()
        else:
            self.choose(now_s)
        self.peer.router.tell_starved(self)

    def begin(self, layer: Layer, cargo: Cargo, arrival_s: float) -> None:
        """`cargo` is the first packet of this copy from `layer` (called by the layer while handling it)."""
        self.target = None
        payload = self._codecs.get(layer.codec.name) if layer.codec is not None else None
        if payload is None or self._is_held or not self.peer.transport.is_connected:
            return  # asked again by `connected`
        before = self.lane if self.layer is not None and self.layer.stream is layer.stream else None
        self._end()
        self._start_until_s = -1.0
        if before is not None:  # another part of one stream: numbers in its payload and its time go on
            edit, timestamp_add = before.edit, before.timestamp_add
        else:
            edit = Edit(*self._extensions, *self._running_numbers(layer, cargo), *self._mid)
            edit = intern_edit(edit)
            timestamp_add = self._next_timestamp(arrival_s) - cargo.timestamp
        lane = Lane(
            self.peer.path,
            self.spec.ssrc,
            payload.pt,
            edit,
            cargo.seq,
            self._out + 1 - cargo.seq,
            timestamp_add,
        )
        self.layer, self.lane = layer, lane
        layer.add_lane(lane)
        self.peer.report_soon(arrival_s)

    def _running_numbers(self, layer: Layer, cargo: Cargo) -> tuple[int, int, int, int]:
        """What to add to picture id, TL0PICIDX, KEYIDX and AV1's frame number so that they go on by one. A
        copy that has sent no picture yet counts as the others do: equal edits are cheaper to send."""
        picture = tl0 = keyidx = frame = 0
        known = layer.any_edit() if self._picture_id < 0 and self._frame_number < 0 else None
        if known is not None:
            return known.picture_id_add, known.tl0_add, known.keyidx_add, known.frame_number_add
        numbers = cargo.numbers
        if numbers is not None and self._picture_id >= 0:
            picture = (self._picture_id + 1 - numbers.picture_id) & 0x7FFF
            tl0 = (self._tl0 + 1 - numbers.tl0) & 0xFF
            keyidx = (self._keyidx + 1 - numbers.keyidx) & 0x1F
        if cargo.descriptor and self._frame_number >= 0:
            frame = (self._frame_number + 1 - cargo.frame_number) & 0xFFFF
        return picture, tl0, keyidx, frame

    def _next_timestamp(self, now_s: float) -> int:
        """RTP time goes on by the wall clock, by one tick at least."""
        if self._out_at_s < 0:
            return self._out_timestamp
        return self._out_timestamp + max(1, round((now_s - self._out_at_s) * self._clock_hz))

    def _end(self) -> None:
        """Remember where the numbers stand."""
        lane, layer = self.lane, self.layer
        self.lane = self.layer = None
        if lane is None or layer is None:
            return
        self.peer.fanout.flush()  # its last packets are counted before it ends
        layer.drop_lane(lane)
        lane.last_out = max(self._out, layer.top_seq + lane.seq_add)
        self._sent_packets += lane.packets
        self._sent_octets += lane.octets
        if layer.top_seq >= lane.first_seq:
            self._out = lane.last_out
            self._out_timestamp = layer.top_timestamp + lane.timestamp_add
            self._out_at_s = layer.top_arrival_s
            self._remember_numbers(layer.top_cargo, lane.edit)
        self._lanes.append((lane, layer))

    def _remember_numbers(self, cargo: Cargo | None, edit: Edit) -> None:
        if cargo is None:
            return
        if cargo.numbers is not None:
            self._picture_id = (cargo.numbers.picture_id + edit.picture_id_add) & 0x7FFF
            self._tl0 = (cargo.numbers.tl0 + edit.tl0_add) & 0xFF
            self._keyidx = (cargo.numbers.keyidx + edit.keyidx_add) & 0x1F
        if cargo.descriptor:
            self._frame_number = (cargo.frame_number + edit.frame_number_add) & 0xFFFF

    # --- before there is media ---

    def connected(self, now_s: float) -> None:
        """The transport can send: begin, with start packets until media comes. A held one goes on waiting."""
        if self._is_held:
            return
        self._next_start_s = now_s
        self._start_until_s = now_s + START_PACKETS_S
        self.choose(now_s)

    def tick(self, now_s: float) -> float:
        """A start packet, if nothing was ever sent; the bitrate. Gives the clock value at which this copy is
        due again, NEVER while it rests."""
        is_busy = self.lane is not None or self.bitrate_bps or self.is_starved
        due_s = now_s + BITRATE_INTERVAL_S if is_busy else NEVER
        if self._next_start_s <= now_s < self._start_until_s and self.lane is None and not self.is_paused:
            quick, slow = START_PACKET_PACES_S
            is_early = now_s < self._start_until_s - START_PACKETS_S + 2 * quick
            self._next_start_s = now_s + (quick * 0.5 if is_early else slow)
            self._send_start_packet(now_s)
            due_s = self._next_start_s
        since_s, octets = now_s - self._bitrate_mark[0], self.octets
        if since_s >= BITRATE_INTERVAL_S:
            self.bitrate_bps = int((octets - self._bitrate_mark[1]) * 8 / since_s)
            self._bitrate_mark = (now_s, octets)
        return due_s

    def _send_start_packet(self, now_s: float) -> None:
        """Opus silence, or padding, as pion reports a track at its first packet only."""
        payload = self._start_payload()
        if payload is None:
            return
        timestamp = self._next_timestamp(now_s)
        self._out += 1
        self._out_timestamp, self._out_at_s = timestamp, now_s
        edit = intern_edit(Edit(0, 0, 0, 0, 0, 0, 0, 0, *self._mid))
        lane = Lane(self.peer.path, self.spec.ssrc, payload.pt, edit, 0, 0, 0)
        if payload.name == "opus":
            self.peer.fanout.send(Cargo(self._out, timestamp, 0, opus.SILENCE), lane)
        else:
            self.peer.fanout.send_padding(lane, self._out, timestamp)
        self._sent_packets += lane.packets
        self._sent_octets += lane.octets

    def _start_payload(self) -> PayloadSpec | None:
        names = self.source.codec_names if self.source is not None else self._codecs.keys()
        return next((p for p in self.spec.payloads if p.name in names and p.name not in ("rtx", "red")), None)

    # --- feedback ---

    def on_nack(self, seqs: tuple[int, ...], now_s: float) -> None:
        """Answer from the histories of the layers these numbers came from."""
        for seq in seqs[:MAX_NACK_ANSWERS]:
            self.nacks += 1
            found = self._lane_of(seq)
            if found is None or not self.peer.may_retransmit(now_s):
                continue
            lane, layer, out = found
            cargo = layer.history.get(out - lane.seq_add)
            if cargo is not None and layer.track.is_open:
                self.peer.fanout.send(cargo, lane)

    def _lane_of(self, seq: int) -> tuple[Lane, Layer, int] | None:
        """(lane, layer, unwrapped number) a 16-bit number was sent with."""
        top = self.top_out
        out = top - ((top - seq) & 0xFFFF)
        if (
            self.lane is not None
            and self.layer is not None
            and out >= self.lane.first_seq + self.lane.seq_add
        ):
            return self.lane, self.layer, out
        for lane, layer in reversed(self._lanes):
            if lane.first_seq + lane.seq_add <= out <= lane.last_out:
                return lane, layer, out
        return None

    def on_pli(self, now_s: float) -> None:
        """The subscriber lost the picture."""
        self.plis += 1
        if not self._pli_budget.take(now_s):
            return
        for layer in (self.layer, self.target):
            if layer is not None:
                layer.ask_keyframe(now_s)

    def on_report(self, report: rtcp.ReportBlock, rtt_s: float | None) -> None:
        """The subscriber's reception of this copy."""
        self.report = report
        if rtt_s is not None:
            self.rtt_s = rtt_s
        if not self._is_known and self.packets:
            self._be_known()

    def _be_known(self) -> None:
        """The subscriber knows where this ssrc belongs: the section is no longer named, from the next packet.
        What was sent with the name is sent again with it: the same number must be the same bytes."""
        lane, layer = self.lane, self.layer
        if lane is not None and layer is not None and lane.edit.mid_id:
            if layer.top_seq < lane.first_seq:
                return
            self._end()
            edit = intern_edit(lane.edit._replace(mid_id=0, mid=b""))
            follower = Lane(
                lane.path, lane.ssrc, lane.pt, edit, layer.top_seq + 1, lane.seq_add, lane.timestamp_add
            )
            self.layer, self.lane = layer, follower
            layer.add_lane(follower)
        self._is_known, self._mid = True, NO_MID

    # --- figures ---

    @property
    def loss(self) -> float:
        """Share lost in the subscriber's last report, 0..1."""
        return self.report.fraction_lost / 256 if self.report is not None else 0.0

    @property
    def steps_missing(self) -> int:
        """How many layers the line holds it below what was asked for; 3 while no picture goes at all."""
        return 3 if self.is_starved else max(0, self.quality - self.cap)

    @property
    def jitter_s(self) -> float:
        """Of the subscriber's last report."""
        return self.report.jitter / self._clock_hz if self.report is not None else 0.0

    @property
    def top_out(self) -> int:
        """Highest unwrapped number sent."""
        if self.lane is not None and self.layer is not None and self.layer.top_seq >= self.lane.first_seq:
            return self.layer.top_seq + self.lane.seq_add
        return self._out

    @property
    def packets(self) -> int:
        """Sent since the start, retransmissions included."""
        return self._sent_packets + (self.lane.packets if self.lane is not None else 0)

    @property
    def octets(self) -> int:
        """Sent since the start, with RTP headers."""
        return self._sent_octets + (self.lane.octets if self.lane is not None else 0)

    def timestamp_at(self, now_s: float) -> int:
        """This copy's RTP time at a moment, by the source's sender reports where there are any."""
        if self.lane is None or self.layer is None:
            return self._next_timestamp(now_s)
        layer = self.layer
        source = layer.track.peer.source_timestamp(layer, now_s, self._clock_hz)
        return source + self.lane.timestamp_add


_NOWHERE = SendPath()
