"""The media side of one transport: what its peer publishes, and the copies it gets."""

from __future__ import annotations

from typing import Any

from confhub.relay.forward.agenda import NEVER
from confhub.relay.forward.cargo import Cargo
from confhub.relay.forward.congestion import Congestion
from confhub.relay.forward.downtrack import DownTrack
from confhub.relay.forward.ends import House, Layer, Track
from confhub.relay.forward.estimate import UplinkEstimator
from confhub.relay.forward.limits import (
    IDLE_RR_INTERVAL_S,
    JUDGEMENT_INTERVAL_S,
    MAX_COPIES_PER_PEER,
    MAX_TRACKS_PER_PEER,
    RETRANSMIT_BUDGET_PER_TICK,
    RR_INTERVAL_S,
    RR_SOON_S,
    RTCP_DATAGRAM_BYTES,
    SR_INTERVAL_S,
    TICK_S,
)
from confhub.relay.forward.sources import Sources
from confhub.relay.forward.specs import (
    ABS_SEND_TIME_URI,
    DownSpec,
    Quality,
    UpSpec,
)
from confhub.relay.forward.stats import PeerStats
from confhub.relay.forward.uptrack import UpTrack
from confhub.relay.transport.peer import PeerTransport
from confhub.relay.wire import rtcp, rtp


class MediaPeer:
    """The media side of one transport. v1 clients have one for both ways; v0 clients one per connection."""

    def __init__(self, router: House, transport: PeerTransport) -> None:
        self.router = router
        self.transport = transport
        self.path = transport.path
        self.fanout = router.fanout
        self.estimate_bps: int | None = None  # newest REMB from this peer (what it can receive)
        self.is_closed = False
        self.due_s = NEVER  # the router's agenda
        self.tracks: dict[UpTrack, None] = {}
        self.copies: dict[int, DownTrack] = {}
        self.unknown_packets = 0
        self._sources = Sources()
        self._congestion = Congestion()
        self._next_judgement_s = 0.0
        self._abs_time_id = 0
        self._given_ssrcs: set[int] = set()
        self._estimator = UplinkEstimator()
        self._ntp_offset_s: float | None = None  # smallest (arrival - publisher's clock) seen
        self._next_rr_s = 0.0
        self._next_sr_s = 0.0
        self._is_resting = False  # no copy sends, none has sent in the last second
        self._phase = router.rng.random()  # 302 peers that began together are not all due together
        self._budget = RETRANSMIT_BUDGET_PER_TICK
        self._budget_until_s = 0.0

    # --- for the room ---

    def new_ssrc(self) -> int:
        """A fresh ssrc for a DownSpec, never given before on this transport nor used by the peer."""
        while True:
            ssrc = self.router.rng.randrange(1 << 16, 1 << 32)
            if ssrc not in self._given_ssrcs and not self._sources.knows(ssrc):
                self._given_ssrcs.add(ssrc)
                return ssrc

    def publish(self, spec: UpSpec, now_s: float, owner: Any = None, is_open: bool = True) -> UpTrack:
        """Take packets of that section. Raises ValueError if no supported codec is in the spec, or beyond
        MAX_TRACKS_PER_PEER."""
        if len(self.tracks) >= MAX_TRACKS_PER_PEER:
            raise ValueError(f"more than {MAX_TRACKS_PER_PEER} tracks of one peer")
        track = UpTrack(self, spec, owner, is_open)
        self.tracks[track] = None
        self.learn_spec(track)
        self.router.note_publisher(self)
        self.wake(now_s)
        return track

    def subscribe(
        self,
        source: Track | None,
        spec: DownSpec,
        now_s: float,
        quality: Quality = Quality.HIGH,
        *,
        is_held: bool = False,
    ) -> DownTrack:
        """A copy of `source` to this peer. source None: sends start packets only, until `point_at`.
        `is_held`: sends nothing until `release`.
        Raises ValueError if the source's codec is not in spec.payloads, if the ssrc is in use, or beyond
        MAX_COPIES_PER_PEER."""
        if spec.ssrc in self.copies or len(self.copies) >= MAX_COPIES_PER_PEER:
            raise ValueError("the ssrc is in use, or there are too many copies")
        rng = self.router.rng
        first_seq, clock = rng.randrange(1 << 15), rng.randrange(1 << 31)
        down = DownTrack(self, spec, quality, first_seq, clock, is_held=is_held)
        if source is not None and not down.accepts(source):
            raise ValueError("the source's codec was not negotiated with this subscriber")
        self._given_ssrcs.add(spec.ssrc)
        self.copies[spec.ssrc] = down
        down.point_at(source, now_s)
        if self.transport.is_connected:
            down.connected(now_s)
            self.wake(now_s)
        return down

    def stats(self) -> PeerStats:
        """Figures of both ways."""
        path, copies = self.path, self.copies.values()
        if self._is_resting and not self.tracks:
            return PeerStats(
                packets_down=path.packets, octets_down=path.octets, dropped=path.dropped + path.errors
            )
        running = [down for down in copies if down.lane is not None]
        running_or_starved = [down for down in copies if down.lane is not None or down.is_starved]
        pictures = [down for down in running if down.is_video and down.layer is not None]
        ups = [track.stats() for track in self.tracks]
        layers = [layer for track in self.tracks for layer in track.layers.values()]
        jitters_s = [down.jitter_s for down in running]
        jitters_s += [layer.reception.jitter / layer.codec.clock_hz for layer in layers if layer.codec]
        return PeerStats(
            packets_down=path.packets,
            octets_down=path.octets,
            lost_down=sum(max(0, down.report.lost) for down in copies if down.report is not None),
            loss_down=max([self._congestion.loss if pictures else 0.0, *(down.loss for down in running)]),
            bitrate_down_bps=sum(down.bitrate_bps for down in running),
            layer=max((int(down.layer.quality) for down in pictures if down.layer is not None), default=-1),
            steps_missing=max((down.steps_missing for down in running_or_starved), default=0),
            estimate_bps=self.estimate_bps or 0,
            rtt_s=min((down.rtt_s for down in running if down.rtt_s is not None), default=None),
            jitter_s=max(jitters_s, default=0.0),
            dropped=path.dropped + path.errors,
            packets_up=sum(up.packets for up in ups),
            octets_up=sum(up.octets for up in ups),
            lost_up=sum(up.lost for up in ups),
            loss_up=max((up.loss for up in ups), default=0.0),
            bitrate_up_bps=sum(up.bitrate_bps for up in ups),
        )

    def close(self) -> None:
        """All its up- and down-tracks end. Does not close the transport. Idempotent."""
        if self.is_closed:
            return
        self.is_closed = True
        for track in list(self.tracks):
            track.close()
        for down in list(self.copies.values()):
            down.close()
        if self.transport.media is self:
            self.transport.media = None
        self.router.forget_peer(self)

    # --- from the transport (peer.MediaSink) ---

    def knows_source(self, ssrc: int) -> bool:
        """Does it belong to something published?"""
        return self._sources.knows(ssrc)

    def on_connected(self, now_s: float) -> None:
        """Keys exist: every copy begins."""
        for down in self.copies.values():
            down.connected(now_s)
        self.wake(now_s)

    def on_rtp(self, packet: bytes, arrival_s: float) -> None:
        """One RTP packet, decrypted; broken ones are dropped."""
        try:
            view = rtp.parse(packet)
        except rtp.RtpError:
            return
        elements = rtp.extensions(packet, view) if view.extension_at else ()
        layer = self._sources.layers.get(view.ssrc)
        if layer is None:
            found = self._sources.find(view, elements, self.tracks, arrival_s)
            if found is None:
                self.unknown_packets += 1
                return
            layer, is_repair = found
            if is_repair:
                self._unwrap(layer, view, packet, elements, arrival_s)
                return
        if self._abs_time_id and layer.is_video:
            self._follow_delay(elements, arrival_s)
        layer.receive(view, packet, elements, arrival_s)

    def on_rtcp(self, packet: bytes, arrival_s: float) -> None:
        """One compound RTCP packet, decrypted; broken ones are dropped, and those of a resting peer."""
        if self._is_resting and not self.tracks:
            return  # it is sent nothing, so its feedback is about nothing
        try:
            parts = rtcp.parse(packet)
        except rtcp.RtcpError:
            return
        for part in parts:
            match part:
                case rtcp.SenderReport():
                    self._on_sr(part, arrival_s)
                    self._on_reports(part.reports)
                case rtcp.ReceiverReport():
                    self._on_reports(part.reports)
                case rtcp.Nack():
                    if part.ssrc in self.copies:
                        self.copies[part.ssrc].on_nack(part.seqs, arrival_s)
                case rtcp.Pli():
                    self._on_pli((part.ssrc,), arrival_s)
                case rtcp.Fir():
                    self._on_pli(part.ssrcs, arrival_s)
                case rtcp.Remb():
                    self.estimate_bps = part.bitrate_bps
                    self._congestion.estimate(part.bitrate_bps, arrival_s)

    def learn_spec(self, track: Track) -> None:
        """Take the ssrcs and extension ids a description announces."""
        self._sources.learn_spec(track)
        for identifier, uri in track.spec.extmap.items():
            if uri == ABS_SEND_TIME_URI:
                self._abs_time_id = identifier

    def _unwrap(
        self, layer: Layer, view: rtp.RtpView, packet: bytes, elements: rtp.Elements, arrival_s: float
    ) -> None:
        """RFC 4588: the original number is in front of the payload. Probes on this ssrc are empty."""
        pt = layer.track.repairs(view.pt)
        at = view.payload_at
        if pt is None or view.payload_end - at < 2:
            return
        original = view._replace(
            ssrc=layer.ssrc, pt=pt, seq=packet[at] << 8 | packet[at + 1], payload_at=at + 2
        )
        layer.receive(original, packet, elements, arrival_s)

    def forget_track(self, track: Track) -> None:
        """It is unpublished."""
        self.tracks = {known: None for known in self.tracks if known is not track}
        self.router.note_publisher(self)
        self._sources.forget_track(track)

    def forget_layer(self, layer: Layer) -> None:
        """Its ssrc means nothing any more."""
        self._sources.forget_layer(layer)

    def forget_copy(self, ssrc: int) -> None:
        """The copy of that ssrc is unsubscribed."""
        if self.copies.pop(ssrc, None) is not None:
            self.send_rtcp(rtcp.build_rr(1, ()) + rtcp.build_bye((ssrc,)))
            self.path.forget_ssrc(ssrc)

    # --- sending ---

    def send(self, cargo: Cargo, now_s: float) -> None:
        """Give a packet to the fan-out; the burst goes out at its end."""
        if cargo.lanes and self.fanout.queue(cargo):
            self.router.flush_soon(self, len(cargo.lanes), now_s)

    def send_rtcp(self, packet: bytes) -> None:
        """Send a compound packet to this peer, if it is connected."""
        if self.transport.is_connected:
            self.path.send_rtcp(packet)

    def may_retransmit(self, now_s: float) -> bool:
        """Takes one from the budget of TICK_S."""
        if now_s >= self._budget_until_s:
            self._budget_until_s = now_s + TICK_S
            self._budget = RETRANSMIT_BUDGET_PER_TICK
        self._budget -= 1
        return self._budget >= 0

    def report_soon(self, now_s: float) -> None:
        """A copy began or went to another source: its sender report is due."""
        self._is_resting = False
        self.router.report_soon(self, now_s)
        self.router.wake(self, now_s, now_s + JUDGEMENT_INTERVAL_S * self._phase)

    def wake(self, now_s: float) -> None:
        """Something changed: look after this peer soon."""
        self.router.wake(self, now_s)

    def heard_again(self, now_s: float) -> None:
        """A layer of its tracks came to life: its sender is told soon what it may send, and is not left to
        feel its way."""
        due_s = now_s + RR_SOON_S
        self._next_rr_s = min(self._next_rr_s, due_s)
        self.router.wake(self, now_s, due_s)

    def report_now(self, now_s: float) -> None:
        """The sender reports, out of turn."""
        if self.copies and self.transport.is_connected:
            self._next_sr_s = now_s + SR_INTERVAL_S * (0.5 + self.router.rng.random())
            self._report_sending(now_s)

    # --- feedback ---

    def _follow_delay(self, elements: rtp.Elements, arrival_s: float) -> None:
        for identifier, value in elements:
            if identifier == self._abs_time_id and len(value) == 3:
                self._estimator.packet(int.from_bytes(value, "big"), arrival_s)

    def _on_sr(self, report: rtcp.SenderReport, arrival_s: float) -> None:
        layer = self._sources.layers.get(report.ssrc)
        if layer is None:
            return
        layer.reception.sr = (report.ntp, report.rtp, arrival_s)
        offset_s = arrival_s - rtcp.from_ntp(report.ntp)
        if self._ntp_offset_s is None or offset_s < self._ntp_offset_s:
            self._ntp_offset_s = offset_s

    def source_timestamp(self, layer: Layer, now_s: float, clock_hz: int) -> int:
        """The RTP time a layer of this publisher has at clock value `now_s`. By its sender reports and the
        smallest delay seen, so that sound and picture of one publisher stay together; else by arrival."""
        sr = layer.stream.reception.sr
        if sr is None or self._ntp_offset_s is None:
            return layer.top_timestamp + round((now_s - layer.top_arrival_s) * clock_hz)
        publisher_s = now_s - self._ntp_offset_s
        return sr[1] + round((publisher_s - rtcp.from_ntp(sr[0])) * clock_hz)

    def _on_reports(self, reports: tuple[rtcp.ReportBlock, ...]) -> None:
        now = rtcp.to_ntp(self.router.wall()) >> 16 & 0xFFFFFFFF
        for report in reports:
            down = self.copies.get(report.ssrc)
            if down is not None:
                rtt = ((now - report.lsr - report.dlsr) & 0xFFFFFFFF) / 65536 if report.lsr else None
                down.on_report(report, rtt if rtt is not None and rtt < 60.0 else None)

    def _on_pli(self, ssrcs: tuple[int, ...], now_s: float) -> None:
        for ssrc in ssrcs[:32]:
            if ssrc in self.copies:
                self.copies[ssrc].on_pli(now_s)

    # --- by the clock ---

    def repair(self, now_s: float) -> bool:
        """Send the NACKs that are due; True while something is missing."""
        packets = []
        is_missing = False
        for track in self.tracks:
            for layer in track.layers.values():
                if not layer.repair.is_idle:
                    packets.append(layer.repair_due(now_s))
                    is_missing = is_missing or not layer.repair.is_idle
        self._send_compound([packet for packet in packets if packet])
        return is_missing

    def tick(self, now_s: float) -> float:
        """Start packets, requests held back, reports. Gives the clock value at which something is due
        again, NEVER for a peer that is idle until it is woken."""
        due_s = NEVER
        if self.tracks:
            for track in self.tracks:
                track.tick(now_s)
            due_s = now_s + (TICK_S if any(track.is_open for track in self.tracks) else RR_INTERVAL_S)
        if not self.transport.is_connected:
            return due_s
        if self.tracks and now_s >= self._next_rr_s:
            self._report_reception(now_s)
        if self.copies:
            due_s = min(due_s, self._tick_copies(now_s))
        return due_s

    def _tick_copies(self, now_s: float) -> float:
        """Start packets, judgement of the line, sender reports; when the next of them is due."""
        due_s = NEVER
        for down in self.copies.values():
            due_s = min(due_s, down.tick(now_s))
        self._is_resting = due_s == NEVER
        if self._is_resting:
            return due_s  # nothing flows and nothing is to be tried again
        if now_s >= self._next_judgement_s:
            self._next_judgement_s = now_s + JUDGEMENT_INTERVAL_S
            self._congestion.second(self.copies.values(), now_s)
        if now_s >= self._next_sr_s:
            self._next_sr_s = now_s + SR_INTERVAL_S * (0.5 + self.router.rng.random())
            self._report_sending(now_s)
        return min(due_s, self._next_judgement_s, self._next_sr_s)

    def _report_reception(self, now_s: float) -> None:
        """Receiver report, and REMB where the publisher asked for it."""
        layers = [layer for track in self.tracks for layer in track.layers.values()]
        newest_s = max((layer.reception.last_arrival_s for layer in layers), default=now_s)
        is_idle = now_s - newest_s > RR_INTERVAL_S * 2
        self._next_rr_s = now_s + (IDLE_RR_INTERVAL_S if is_idle else RR_INTERVAL_S)
        blocks = [layer.report(now_s) for layer in layers]
        packets = [rtcp.build_rr(1, blocks), rtcp.build_sdes(1, "relay")]
        told = [layer for layer in layers if layer.codec and "goog-remb" in layer.codec.feedback]
        if told:
            video = [layer for layer in told if layer.is_video]
            received_bps = sum(layer.reception.bitrate_bps for layer in layers)
            loss = max((layer.reception.loss for layer in video), default=0.0)
            rate_bps = self._estimator.second(received_bps, loss)
            packets.append(rtcp.build_remb(1, rate_bps, [layer.ssrc for layer in told]))
        self._send_compound(packets)

    def _report_sending(self, now_s: float) -> None:
        """A sender report for every copy that sends."""
        ntp = rtcp.to_ntp(self.router.wall())
        packets = []
        for down in self.copies.values():
            if down.lane is not None and down.packets:
                timestamp = down.timestamp_at(now_s) & 0xFFFFFFFF
                report = rtcp.SenderReport(down.spec.ssrc, ntp, timestamp, down.packets, down.octets)
                packets.append(rtcp.build_sr(report) + rtcp.build_sdes(down.spec.ssrc, down.spec.cname))
        self._send_compound(packets)

    def _send_compound(self, packets: list[bytes]) -> None:
        """Send packets together, in datagrams that fit every line."""
        datagram = b""
        for packet in packets:
            if datagram and len(datagram) + len(packet) > RTCP_DATAGRAM_BYTES:
                self.send_rtcp(datagram)
                datagram = b""
            datagram += packet
        if datagram:
            self.send_rtcp(datagram)
