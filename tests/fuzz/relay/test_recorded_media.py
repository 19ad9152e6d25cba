"""A peer with its own keys sends a recorded session's media and data, damaged: the others lose nothing."""

from __future__ import annotations

import asyncio
import random
import time

from confhub.relay.forward.specs import PayloadSpec, UpSpec
from confhub.relay.transport.mux import UdpMux
from confhub.relay.wire import rtp
from fuzz.recording import RTCP, RTP, SCTP, Record, damaged, load
from tests.unit.relay.driving import driven
from tests.unit.relay.peerkit import Client, Events
from tests.unit.relay.streams import UP_EXTENSIONS, VIDEO_FEEDBACK, Stream, audio_down, audio_up, video_down

COPIES = 3
PACKETS = 50


async def test_damaged_media_and_data_of_a_peer_cost_that_peer_alone() -> None:
    mux = UdpMux(now=time.monotonic)
    await mux.open("127.0.0.1", 0)
    router = driven(mux)
    names = ("speaker", "listener", "hostile")
    events = {name: Events() for name in names}
    transports = {name: mux.new_transport(events[name]) for name in names}
    peers = {name: router.add_peer(transports[name]) for name in names}
    clients = {name: Client() for name in names}
    for name in names:
        await clients[name].connect(mux, transports[name])
        await events[name].until("connected")
    transports["hostile"].enable_data()
    good = peers["speaker"].publish(audio_up(), time.monotonic())
    records = load()
    bad = peers["hostile"].publish(_recorded(records), time.monotonic())
    peers["listener"].subscribe(good, audio_down(peers["listener"].new_ssrc()), time.monotonic())
    peers["listener"].subscribe(bad, video_down(peers["listener"].new_ssrc()), time.monotonic())
    stream = Stream(1111, 111)
    for kinds in ((RTP, RTCP), (SCTP,)):
        assert transports["hostile"].state == "connected"
        damage = damaged([r for r in records if r.kind in kinds], random.Random(1), COPIES)
        for number, record in enumerate(damage):
            await _send(clients["hostile"], record)
            if number % 20 == 0:
                clients["speaker"].send_rtp(stream.packet(b"sound %d" % number))
                await asyncio.sleep(0)
    start = len(clients["listener"].payloads())
    for number in range(PACKETS):
        clients["speaker"].send_rtp(stream.packet(b"after %d" % number))
    await clients["listener"].until(lambda: b"after 49" in clients["listener"].payloads())
    heard = clients["listener"].payloads()[start:]
    assert [payload for payload in heard if payload.startswith(b"after")] == [
        b"after %d" % number for number in range(PACKETS)
    ]
    assert transports["listener"].state == transports["speaker"].state == "connected"
    for client in clients.values():
        await client.close()
    router.close()
    await mux.close()


def _recorded(records: list[Record]) -> UpSpec:
    """A track of the sources that the recording's video has."""
    views = [rtp.parse(record.data) for record in records if record.kind == RTP]
    types = {view.pt for view in views}
    ssrcs = sorted({view.ssrc for view in views})[:3]
    payloads = [PayloadSpec(pt, "vp8", 90000, VIDEO_FEEDBACK) for pt in sorted(types)]
    return UpSpec("TR_bad", "video", "1", payloads, UP_EXTENSIONS, ssrcs=ssrcs)


async def _send(client: Client, record: Record) -> None:
    if len(record.data) < 12 or client.dtls.state != "connected":
        return
    if record.kind == SCTP:
        await client.dtls._send_data(record.data)
        return
    packet = bytearray(record.data)
    packet[0] = 0x80 | packet[0] & 0x3F  # libsrtp seals nothing else
    if record.kind == RTCP:
        client.send_rtcp(bytes(packet))
    else:
        _send_rtp(client, packet)


def _send_rtp(client: Client, packet: bytearray) -> None:
    """As SRTP, where libsrtp can find the header's end; what it refuses to seal is sent in clear."""
    try:
        client.send_rtp(bytes(packet))
    except Exception as error:
        if type(error).__module__ != "pylibsrtp":
            raise
        client.send_raw(bytes(packet))
