"""The media side of one transport: what its peer publishes, and the copies it gets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from confhub.relay.forward.cargo import Cargo
from confhub.relay.forward.downtrack import DownTrack
from confhub.relay.forward.estimate import UplinkEstimator
from confhub.relay.forward.layer import UpLayer
from confhub.relay.forward.limits import (
    MAX_COPIES_PER_PEER,
    MAX_TRACKS_PER_PEER,
    RETRANSMIT_BUDGET_PER_TICK,
    RR_INTERVAL_S,
    RTCP_DATAGRAM_BYTES,
    SR_INTERVAL_S,
)
from confhub.relay.forward.specs import (
    ABS_SEND_TIME_URI,
    MID_URI,
    REPAIRED_RID_URI,
    RID_URI,
    DownSpec,
    Quality,
    UpSpec,
)
from confhub.relay.forward.uptrack import UpTrack
from confhub.relay.transport.peer import PeerTransport
from confhub.relay.wire import rtcp, rtp

if TYPE_CHECKING:
    from confhub.relay.forward.router import Router


class MediaPeer:
    """The media side of one transport. v1 clients have one for both ways; v0 clients one per connection."""

    def __init__(self, router: Router, transport: PeerTransport) -> None:
        self.router = router
        self.transport = transport
        self.path = transport.path
        self.fanout = router.fanout
        self.estimate_bps: int | None = None  # newest REMB from this peer (what it can receive)
        self.is_closed = False
        self.tracks: dict[UpTrack, None] = {}
        self.copies: dict[int, DownTrack] = {}
        self.unknown_packets = 0
        self._layers: dict[int, UpLayer] = {}  # by ssrc in packets
        self._repairs: dict[int, UpLayer] = {}  # by retransmission ssrc
        self._announced: dict[int, tuple[UpTrack, Quality]] = {}  # ssrcs of the descriptions
        self._announced_repairs: dict[int, int] = {}
        self._abs_time_id = 0
        self._given_ssrcs: set[int] = set()
        self._estimator = UplinkEstimator()
        self._ntp_offset_s: float | None = None  # smallest (arrival - publisher's clock) seen
        self._next_rr_s = 0.0
        self._next_sr_s = 0.0
        self._retransmit_budget = RETRANSMIT_BUDGET_PER_TICK

    # --- for the room ---

    def new_ssrc(self) -> int:
        """A fresh ssrc for a DownSpec, never given before on this transport nor used by the peer."""
        while True:
            ssrc = self.router.rng.randrange(1 << 16, 1 << 32)
            if ssrc not in self._given_ssrcs and ssrc not in self._layers and ssrc not in self._announced:
                self._given_ssrcs.add(ssrc)
                return ssrc

    def publish(self, spec: UpSpec, owner: Any = None, is_open: bool = True) -> UpTrack:
        """Take packets of that section. Raises ValueError if no supported codec is in the spec, or beyond
        MAX_TRACKS_PER_PEER."""
        if len(self.tracks) >= MAX_TRACKS_PER_PEER:
            raise ValueError(f"more than {MAX_TRACKS_PER_PEER} tracks of one peer")
        track = UpTrack(self, spec, owner, is_open)
        self.tracks[track] = None
        self.learn_spec(track)
        return track

    def subscribe(self, source: UpTrack | None, spec: DownSpec, quality: Quality = Quality.HIGH) -> DownTrack:
        """A copy of `source` to this peer. source None: sends start packets only, until `point_at`.
        Raises ValueError if the source's codec is not in spec.payloads, if the ssrc is in use, or beyond
        MAX_COPIES_PER_PEER."""
        if spec.ssrc in self.copies or len(self.copies) >= MAX_COPIES_PER_PEER:
            raise ValueError("the ssrc is in use, or there are too many copies")
        rng = self.router.rng
        down = DownTrack(self, spec, quality, rng.randrange(1 << 15), rng.randrange(1 << 31))
        if source is not None and not down.accepts(source):
            raise ValueError("the source's codec was not negotiated with this subscriber")
        self._given_ssrcs.add(spec.ssrc)
        self.copies[spec.ssrc] = down
        down.point_at(source)
        if self.transport.is_connected:
            down.connected(self.router.now())
        return down

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

    def on_connected(self) -> None:
        """Keys exist: every copy begins."""
        now_s = self.router.now()
        for down in self.copies.values():
            down.connected(now_s)

    def on_rtp(self, packet: bytes, arrival_s: float) -> None:
        """One RTP packet, decrypted; broken ones are dropped."""
        try:
            view = rtp.parse(packet)
        except rtp.RtpError:
            return
        layer = self._layers.get(view.ssrc)
        if layer is None:
            repaired = self._repairs.get(view.ssrc)
            if repaired is None:
                found = self._learn(view, packet)
                if found is None:
                    self.unknown_packets += 1
                    return
                layer, is_repair = found
            else:
                layer, is_repair = repaired, True
            if is_repair:
                self._unwrap(layer, view, packet, arrival_s)
                return
        if self._abs_time_id and layer.is_video:
            self._follow_delay(view, packet, arrival_s)
        layer.receive(view, packet, arrival_s)

    def on_rtcp(self, packet: bytes, arrival_s: float) -> None:
        """One compound RTCP packet, decrypted; broken ones are dropped."""
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
                        self.copies[part.ssrc].on_nack(part.seqs)
                case rtcp.Pli():
                    self._on_pli((part.ssrc,), arrival_s)
                case rtcp.Fir():
                    self._on_pli(part.ssrcs, arrival_s)
                case rtcp.Remb():
                    self.estimate_bps = part.bitrate_bps

    # --- finding the layer of a packet ---

    def learn_spec(self, track: UpTrack) -> None:
        """Take the ssrcs and extension ids a description announces."""
        spec = track.spec
        if spec.sim_ssrcs:
            for index, ssrc in enumerate(spec.sim_ssrcs[:3]):
                self._announced[ssrc] = (track, Quality(index))
        elif not spec.rids:
            for ssrc in spec.ssrcs:
                if ssrc not in spec.rtx_ssrcs:
                    self._announced[ssrc] = (track, Quality.HIGH)
        self._announced_repairs.update(spec.rtx_ssrcs)
        for identifier, uri in spec.extmap.items():
            if uri == ABS_SEND_TIME_URI:
                self._abs_time_id = identifier

    def _learn(self, view: rtp.RtpView, packet: bytes) -> tuple[UpLayer, bool] | None:
        """(layer, is it a retransmission) of an unknown ssrc: by description, by rid and mid, by payload
        type."""
        ssrc = view.ssrc
        media = self._layers.get(self._announced_repairs.get(ssrc, -1))
        if media is not None:
            self._repairs[ssrc] = media
            return media, True
        if ssrc in self._announced:
            track, quality = self._announced[ssrc]
            return self._found(track, ssrc, quality), False
        found = rtp.extensions(packet, view) if view.extension_at else []
        for track in self.tracks:
            values = {track.spec.extmap.get(i): v.decode("ascii", "replace") for i, v in found}
            mid = values.get(MID_URI)
            if mid is not None and mid != track.spec.mid:
                continue
            rid, repaired_rid = values.get(RID_URI), values.get(REPAIRED_RID_URI)
            if repaired_rid is not None and repaired_rid in track.spec.rids:
                return self._found_repair(track, ssrc, track.quality_of_rid(repaired_rid))
            if rid is not None and rid in track.spec.rids:
                return self._found(track, ssrc, track.quality_of_rid(rid)), False
            if mid is not None and not track.spec.rids and track.codec_of(view.pt) is not None:
                return self._found(track, ssrc, Quality.HIGH), False
        return self._by_payload_type(view)

    def _by_payload_type(self, view: rtp.RtpView) -> tuple[UpLayer, bool] | None:
        """Last resort: only one track without announced ssrcs may send that payload type."""
        fitting = [
            track
            for track in self.tracks
            if track.codec_of(view.pt) is not None and not track.spec.ssrcs and not track.spec.rids
        ]
        if len(fitting) != 1 or fitting[0].layers:
            return None
        return self._found(fitting[0], view.ssrc, Quality.HIGH), False

    def _found(self, track: UpTrack, ssrc: int, quality: Quality) -> UpLayer:
        layer = self._layers[ssrc] = track.layer(ssrc, quality)
        return layer

    def _found_repair(self, track: UpTrack, ssrc: int, quality: Quality) -> tuple[UpLayer, bool] | None:
        for layer in track.layers.values():
            if layer.quality == quality:
                self._repairs[ssrc] = layer
                return layer, True
        return None

    def _unwrap(self, layer: UpLayer, view: rtp.RtpView, packet: bytes, arrival_s: float) -> None:
        """RFC 4588: the original number is in front of the payload. Probes on this ssrc are empty."""
        pt = layer.track.repairs(view.pt)
        at = view.payload_at
        if pt is None or view.payload_end - at < 2:
            return
        original = view._replace(
            ssrc=layer.ssrc, pt=pt, seq=packet[at] << 8 | packet[at + 1], payload_at=at + 2
        )
        layer.receive(original, packet, arrival_s)

    def forget_track(self, track: UpTrack) -> None:
        """It is unpublished."""
        self.tracks.pop(track, None)
        for layer in track.layers.values():
            self.forget_layer(layer)
        self._announced = {s: known for s, known in self._announced.items() if known[0] is not track}
        for ssrc in track.spec.rtx_ssrcs:
            self._announced_repairs.pop(ssrc, None)

    def forget_layer(self, layer: UpLayer) -> None:
        """Its ssrc means nothing any more."""
        self._layers = {s: known for s, known in self._layers.items() if known is not layer}
        self._repairs = {s: known for s, known in self._repairs.items() if known is not layer}

    def forget_copy(self, down: DownTrack) -> None:
        """It is unsubscribed."""
        if self.copies.pop(down.spec.ssrc, None) is not None:
            self.send_rtcp(rtcp.build_rr(1, ()) + rtcp.build_bye((down.spec.ssrc,)))

    # --- sending ---

    def send(self, cargo: Cargo) -> None:
        """Give a packet to the fan-out; the burst goes out at its end."""
        if cargo.lanes and self.fanout.queue(cargo):
            self.transport.defer(self.fanout.flush)

    def send_rtcp(self, packet: bytes) -> None:
        """Send a compound packet to this peer, if it is connected."""
        if self.transport.is_connected:
            self.path.send_rtcp(packet)

    def may_retransmit(self) -> bool:
        """Takes one from the budget of this tick."""
        self._retransmit_budget -= 1
        return self._retransmit_budget >= 0

    def report_soon(self) -> None:
        """A copy began or went to another source: its sender report is due."""
        self._next_sr_s = 0.0

    # --- feedback ---

    def _follow_delay(self, view: rtp.RtpView, packet: bytes, arrival_s: float) -> None:
        for identifier, value in rtp.extensions(packet, view):
            if identifier == self._abs_time_id and len(value) == 3:
                self._estimator.packet(int.from_bytes(value, "big"), arrival_s)

    def _on_sr(self, report: rtcp.SenderReport, arrival_s: float) -> None:
        layer = self._layers.get(report.ssrc)
        if layer is None:
            return
        layer.reception.sr = (report.ntp, report.rtp, arrival_s)
        offset_s = arrival_s - rtcp.from_ntp(report.ntp)
        if self._ntp_offset_s is None or offset_s < self._ntp_offset_s:
            self._ntp_offset_s = offset_s

    def source_timestamp(self, layer: UpLayer, now_s: float, clock_hz: int) -> int:
        """The RTP time a layer of this publisher has at clock value `now_s`. By its sender reports and the
        smallest delay seen, so that sound and picture of one publisher stay together; else by arrival."""
        sr = layer.reception.sr
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

    def tick(self, now_s: float) -> None:
        """Start packets, requests held back, reports."""
        self._retransmit_budget = RETRANSMIT_BUDGET_PER_TICK
        for track in self.tracks:
            track.tick(now_s)
        if not self.transport.is_connected:
            return
        for down in self.copies.values():
            down.tick(now_s)
        if self.tracks and now_s >= self._next_rr_s:
            self._next_rr_s = now_s + RR_INTERVAL_S
            self._report_reception(now_s)
        if self.copies and now_s >= self._next_sr_s:
            self._next_sr_s = now_s + SR_INTERVAL_S
            self._report_sending(now_s)

    def _report_reception(self, now_s: float) -> None:
        """Receiver report, and REMB where the publisher asked for it."""
        layers = [layer for track in self.tracks for layer in track.layers.values()]
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
        """A sender report for every copy that has sent something."""
        ntp = rtcp.to_ntp(self.router.wall())
        packets = []
        for down in self.copies.values():
            if down.packets:
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
