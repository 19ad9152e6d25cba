"""A router whose packets go nowhere: everything a copy was sent is kept, per subscriber."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, field
from typing import NamedTuple

from confhub.relay.forward.cargo import Cargo
from confhub.relay.forward.lane import Lane
from confhub.relay.forward.router import MediaPeer
from confhub.relay.transport.mux import UdpMux
from confhub.relay.transport.peer import PeerTransport
from tests.unit.relay.driving import undriven
from tests.unit.relay.peerkit import Events

_mux = UdpMux(now=time.monotonic)


class Sent(NamedTuple):
    """One packet as its subscriber got it. `seq` and `timestamp` are unwrapped."""

    seq: int
    timestamp: int
    marker: bool
    pt: int
    payload: bytes
    frame_number: int


class Recorder:
    """A fan-out that keeps what it is given, by ssrc."""

    def __init__(self) -> None:
        self.sent: dict[int, list[Sent]] = {}
        self._burst: list[Cargo] = []

    def queue(self, cargo: Cargo) -> bool:
        self._burst.append(cargo)
        return len(self._burst) == 1

    def flush(self) -> None:
        burst, self._burst = self._burst, []
        for cargo in burst:
            for lane in cargo.lanes:
                self.send(cargo, lane)

    def send(self, cargo: Cargo, lane: Lane) -> None:
        cargo.abs_time = max(cargo.abs_time, 0)
        lane.packets += 1
        payload = cargo.tail(lane.edit._replace(abs_time_id=0, level_id=0, descriptor_id=0))[1]
        frame = (cargo.frame_number + lane.edit.frame_number_add) & 0xFFFF
        sent = Sent(
            cargo.seq + lane.seq_add,
            cargo.timestamp + lane.timestamp_add,
            bool(cargo.marker),
            lane.pt,
            payload,
            frame,
        )
        self.sent.setdefault(lane.ssrc, []).append(sent)

    def send_padding(self, lane: Lane, seq: int, timestamp: int) -> None:
        lane.packets += 1


@dataclass
class Offline:
    """Router, recorder and a clock that stands until it is moved."""

    now_s: float = 1000.0
    recorder: Recorder = field(default_factory=Recorder)
    _transports: list[PeerTransport] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.router = undriven(self.recorder, rng=random.Random(1))

    def peer(self) -> MediaPeer:
        transport = _mux.new_transport(Events())
        self._transports.append(transport)
        transport.state = "connected"
        return self.router.add_peer(transport)

    def close(self) -> None:
        """The router ends, and the mux forgets the peers."""
        self.router.close()
        for transport in self._transports:
            _mux.forget(transport)

    def feed(self, peer: MediaPeer, packet: bytes) -> None:
        """One packet from a publisher, 10 ms after the one before."""
        self.now_s += 0.01
        peer.on_rtp(packet, self.now_s)
        self.recorder.flush()

    def got(self, ssrc: int) -> list[Sent]:
        return self.recorder.sent.get(ssrc, [])
