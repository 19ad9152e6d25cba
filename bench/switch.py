"""`python -m bench switch`: from PointSlot to the first packet of the new source at each of 302 rooms.

A room of the relay's own code with real keys and sockets, in this process: two sources of 720p at 25 pictures
a second take turns behind the speaker slot. The times are the kernel's, on each room's own socket, for the
first packet whose decrypted payload is the new source's. The sources' encoder answers a PLI with its next
picture, so that up to 40 ms of the time are theirs; the relay's own share is told apart: from that picture's
first packet on.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import socket
import statistics
import struct
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from livekit.protocol import models
from pylibsrtp import Policy, Session

from bench import machine
from confhub.relay import native
from confhub.relay.forward.router import MediaPeer
from confhub.relay.forward.specs import ABS_SEND_TIME_URI, DownSpec, PayloadSpec, UpSpec
from confhub.relay.room import people
from confhub.relay.room.participant import Host, Participant, State
from confhub.relay.room.permission import Permission
from confhub.relay.room.room import Room, RoomOptions
from confhub.relay.room.stage.slot import Slot
from confhub.relay.room.tracks import publishing, subscribing
from confhub.relay.room.tracks.publication import Publication
from confhub.relay.transport.mux import UdpMux
from confhub.relay.wire import rtcp, rtp
from confhub.relay.wire.tokens import Grants

ROOMS = 302
BOUND_MS = 250.0
PICTURE_S = 0.04
PACKETS, KEY_PACKETS = 9, 60
"""Of 1,160 B a picture and a keyframe: 215 packets and 2 Mbit/s."""
GUARD_S = 0.3
_NANOSECONDS = 35  # SO_TIMESTAMPNS
_FEEDBACK = ("nack", "nack pli", "ccm fir", "goog-remb")


def _key() -> tuple[bytes, Session]:
    key = os.urandom(28)
    profile = Policy.SRTP_PROFILE_AEAD_AES_128_GCM
    policy = Policy(key=key, ssrc_type=Policy.SSRC_ANY_OUTBOUND, srtp_profile=profile)
    policy.allow_repeat_tx = True
    policy.window_size = 1024
    return key, Session(policy)


class _Quiet:
    """RoomEvents and TransportEvents that nobody hears."""

    def emit(self, *_: object) -> None:
        """Nothing."""

    on_connected = on_data_channel = on_data = on_lost = on_closed = emit


@dataclass
class Viewer:
    """A room's socket and key. `came`: (kernel's time in ns, the source's mark) of each media packet."""

    receiver: socket.socket
    opener: Session
    came: list[tuple[int, int]] = field(default_factory=list)

    def empty(self) -> None:
        """Read and decrypt what came."""
        while True:
            try:
                data, ancillary, _, _ = self.receiver.recvmsg(2048, 64)
            except BlockingIOError:
                return
            if rtp.is_rtcp(data):
                continue
            seconds, rest = struct.unpack("qq", ancillary[0][2][:16])
            packet = self.opener.unprotect(data)
            view = rtp.parse(packet)
            if view.payload_end - view.payload_at > 7:
                self.came.append((seconds * 10**9 + rest, packet[view.payload_end - 1]))


class Source:
    """A room on deck: its encoder, whose packets go straight into the relay's forwarding."""

    def __init__(self, peer: MediaPeer, mark: int) -> None:
        self.mark, self._peer = mark, peer
        self._body = bytes((mark,)) * 1153
        self._seq, self._timestamp, self._picture, self._tl0, self._key = 100 * mark, 7 * mark, mark, 0, 0
        self._is_asked = True
        self.key_at_ns = 0
        peer.send_rtcp = self._hear  # type: ignore[method-assign]

    def _hear(self, packet: bytes) -> None:
        if any(isinstance(part, (rtcp.Pli, rtcp.Fir)) for part in rtcp.parse(packet)):
            self._is_asked = True

    def picture(self) -> None:
        """The next picture, a keyframe where one was asked for."""
        is_key, self._is_asked = self._is_asked, False
        self._picture, self._tl0 = (self._picture + 1) & 0x7FFF, (self._tl0 + 1) & 0xFF
        self._key = (self._key + is_key) & 0x1F
        self._timestamp += 3600
        if is_key:
            self.key_at_ns = time.time_ns()
        count = KEY_PACKETS if is_key else PACKETS
        for index in range(count):
            numbers = (0x80 | self._picture >> 8, self._picture & 0xFF, self._tl0, self._key)
            head = bytes((0x80 | 0x10 * (index == 0), 0xF0, *numbers, 0 if is_key else 1))
            packet = rtp.build(
                pt=96,
                seq=self._seq & 0xFFFF,
                timestamp=self._timestamp & 0xFFFFFFFF,
                ssrc=self.mark,
                payload=head + self._body,
                marker=index == count - 1,
            )
            self._seq += 1
            self._peer.on_rtp(packet, time.monotonic())


class Hall:
    """The room with its viewers and two sources."""

    def __init__(self, rooms: int) -> None:
        quiet = _Quiet()
        self._mux = UdpMux(now=time.monotonic)
        host = Host(
            now=time.monotonic, wall=time.time, mux=self._mux, events=quiet, keys={}, instance="RI_bench"
        )
        self._quiet = quiet
        self._sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._sender.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 8 << 20)
        self._sender.setblocking(False)
        self.room = Room(host, "bench", RoomOptions())
        slot = self.room.slots.get("speaker")
        assert slot is not None, "every room has one"
        self.slot: Slot = slot
        self.viewers = [self._view(number) for number in range(rooms)]
        self.sources = [self._deck(mark) for mark in (1, 2)]

    def _enter(self, identity: str) -> tuple[Participant, MediaPeer]:
        grants = Grants(key="", identity=identity, attributes={"confhub.view": "stage"}, can_publish=False)
        who = Participant(grants, models.ClientInfo(), 0)
        self.room.admit(who)
        who.state = State.ACTIVE
        transport = self._mux.new_transport(self._quiet)
        transport.state = "connected"
        return who, self.room.router.add_peer(transport)

    def _view(self, number: int) -> Viewer:
        who, peer = self._enter(f"room:{number}")
        receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        receiver.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        receiver.setsockopt(socket.SOL_SOCKET, _NANOSECONDS, 1)
        receiver.setblocking(False)
        receiver.bind(("127.0.0.1", 0))
        key, session = _key()
        peer.path.use_session(session)
        peer.path.address = receiver.getsockname()
        peer.path.sendto = self._sender.sendto
        subscribing.reconcile_viewer(who)
        subscription = who.subscriptions[self.slot.picture.sid]
        payload = PayloadSpec(120, "vp8", 90000, _FEEDBACK)
        spec = DownSpec(peer.new_ssrc(), [payload], {3: ABS_SEND_TIME_URI}, "bench")
        subscription.down = peer.subscribe(self.slot.picture.source_for(who), spec, time.monotonic())
        profile = Policy.SRTP_PROFILE_AEAD_AES_128_GCM
        opener = Session(Policy(key=key, ssrc_type=Policy.SSRC_ANY_INBOUND, srtp_profile=profile))
        return Viewer(receiver, opener)

    def _deck(self, mark: int) -> Source:
        who, peer = self._enter(f"room:source{mark}")
        people.set_permission(who, Permission(can_publish=True))
        info = models.TrackInfo(sid=f"TR_{mark}", type=models.TrackType.VIDEO)
        info.source = models.TrackSource.CAMERA
        info.codecs.append(models.SimulcastCodecInfo())
        publication = Publication(who, info, ["camera"])
        spec = UpSpec(info.sid, "video", "1", [PayloadSpec(96, "vp8", 90000, _FEEDBACK)], {}, ssrcs=[mark])
        up = peer.publish(spec, time.monotonic(), publication)
        publishing.attach(who, publication, up, "1", "video/VP8")
        return Source(peer, mark)

    async def switch(self, source: Source, wait_s: float) -> tuple[list[float], list[float]]:
        """Milliseconds a room, from the order and from the keyframe's first packet."""
        for viewer in self.viewers:
            viewer.empty()
            viewer.came.clear()
        await self._pictures(wait_s)
        asked_ns = time.time_ns()
        self.slot.point(f"room:source{source.mark}", time.monotonic())
        await self._pictures(GUARD_S)
        for viewer in self.viewers:
            viewer.empty()
        first = [
            next((at for at, mark in viewer.came if mark == source.mark), None) for viewer in self.viewers
        ]
        found = [at for at in first if at is not None]
        if len(found) < len(first):
            raise RuntimeError(f"{len(first) - len(found)} rooms saw no switch")
        return [(at - asked_ns) / 1e6 for at in found], [(at - source.key_at_ns) / 1e6 for at in found]

    async def _pictures(self, seconds: float) -> None:
        """Both encoders run on at their pace; buffers hold what comes meanwhile."""
        end_s = time.monotonic() + seconds
        while time.monotonic() < end_s:
            for source in self.sources:
                source.picture()
            await asyncio.sleep(PICTURE_S)

    def close(self) -> None:
        """Sockets and timers end."""
        self.room.slots.close()
        self.room.announcer.close()
        self.room.router.close()
        for viewer in self.viewers:
            viewer.receiver.close()
        self._sender.close()


async def measure(switches: int, rooms: int) -> dict[str, float]:
    """p50, p95 and the worst, in ms."""
    hall = Hall(rooms)
    rng = random.Random(1)
    asked: list[float] = []
    own: list[float] = []
    try:
        for number in range(switches + 1):
            times, shares = await hall.switch(hall.sources[number % 2], rng.uniform(0.05, 0.1))
            if number:  # the very first one has nobody before it
                asked += times
                own += shares
    finally:
        hall.close()
    spread = statistics.quantiles(asked, n=100)
    share = statistics.quantiles(own, n=100)
    return {
        "switch_p50_ms": spread[49],
        "switch_p95_ms": spread[94],
        "switch_max_ms": max(asked),
        "relay_p50_ms": share[49],
        "relay_p95_ms": share[94],
    }


def run(out: Path | None, *, quick: bool) -> int:
    """Both twins; 1 where p95 misses the bound."""
    figures: dict[str, dict[str, float]] = {}
    for kind in ("compiled", "python") if native.fanout is not None else ("python",):
        native.choose(kind)
        figures[kind] = asyncio.run(measure(10 if quick else 40, ROOMS))
        told = ", ".join(f"{name} {value:.1f}" for name, value in figures[kind].items())
        sys.stdout.write(f"switch, {ROOMS} rooms, {kind}: {told}\n")
    if out is not None:
        text = json.dumps({**figures, "rooms": ROOMS}, indent=2)
        (out / "switch.json").write_text(text + "\n", encoding="ascii")
    return int(any(found["switch_p95_ms"] > BOUND_MS for found in figures.values()))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    sys.stdout.write(f"On {machine.describe()}\n")
    sys.exit(run(None, quick=parser.parse_args().quick))
