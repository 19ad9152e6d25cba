"""Data channels both ways, whoever opened them, and what a hostile peer does to them."""

import asyncio
import struct

import google_crc32c
import pytest
from aiortc import (
    RTCDataChannel,
    RTCDataChannelParameters,
    RTCPeerConnection,
    RTCSctpCapabilities,
    RTCSctpTransport,
    RTCSessionDescription,
)

from confhub.relay.transport.limits import MAX_LOSSY_BUFFERED_BYTES, MAX_MESSAGE_BYTES
from confhub.relay.transport.mux import UdpMux
from confhub.relay.wire import sdp
from tests.plugins.media_plane import Join
from tests.unit.relay.peerkit import DEADLINE_S, Events

pytestmark = pytest.mark.sockets


async def test_a_client_channel_is_used_both_ways_by_an_unmodified_peer_connection(mux: UdpMux) -> None:
    events = Events()
    transport = mux.new_transport(events)
    connection = RTCPeerConnection()
    channel = connection.createDataChannel("_reliable")
    answers: list[object] = []
    channel.on("message", answers.append)
    channel.on("open", lambda: channel.send(b"hello"))
    await connection.setLocalDescription(await connection.createOffer())
    offer = sdp.parse(connection.localDescription.sdp)
    section = offer.sections[0]
    transport.start(section.fingerprints)
    transport.enable_data(section.sctp_port or 5000)
    section.ice_ufrag, section.ice_pwd = transport.ice_ufrag, transport.ice_pwd
    section.fingerprints, section.setup = transport.fingerprints, "passive"
    section.candidates, section.end_of_candidates = mux.candidates(), True
    offer.ice_lite = True
    await connection.setRemoteDescription(RTCSessionDescription(sdp.serialize(offer), "answer"))
    await events.until("data", "_reliable", b"hello")
    assert transport.send_data("_reliable", b"welcome")
    await events.until("channel", "_reliable")
    assert transport.has_channel("_reliable")
    assert not transport.has_channel("_lossy")
    channel.send("text")
    await events.until("data", "_reliable", b"text")
    await connection.close()
    await events.until("closed", "peer")
    assert answers == [b"welcome"]


async def test_channels_opened_by_the_server_reach_the_client(join: Join) -> None:
    joined = await join()
    sctp = RTCSctpTransport(joined.client.dtls)
    seen: dict[str, RTCDataChannel] = {}
    sctp.on("datachannel", lambda channel: seen.update({channel.label: channel}))
    joined.transport.enable_data(5000, create=("_reliable", "_lossy"))
    await sctp.start(RTCSctpCapabilities(maxMessageSize=65536), 5000)
    await joined.events.until("channel", "_reliable")
    await joined.events.until("channel", "_lossy")
    assert seen["_reliable"].ordered
    assert (seen["_lossy"].ordered, seen["_lossy"].maxRetransmits) == (False, 0)
    seen["_lossy"].send(b"quick")
    await joined.events.until("data", "_lossy", b"quick")
    await sctp.stop()


async def test_what_a_slow_peer_does_not_take_is_dropped(join: Join) -> None:
    joined = await join()
    sctp = RTCSctpTransport(joined.client.dtls)
    joined.transport.enable_data(5000, create=("_lossy",))
    await sctp.start(RTCSctpCapabilities(maxMessageSize=65536), 5000)
    await joined.events.until("channel", "_lossy")
    message = bytes(16 * 1024)
    taken = sum(joined.transport.send_data("_lossy", message) for _ in range(100))
    assert taken == MAX_LOSSY_BUFFERED_BYTES // len(message)
    assert not joined.transport.send_data("_lossy", bytes(MAX_MESSAGE_BYTES + 1))
    assert not joined.transport.send_data("_unknown", b"x")
    await sctp.stop()


async def test_a_bundled_init_and_a_second_open_are_survived(join: Join) -> None:
    joined = await join()
    sctp = RTCSctpTransport(joined.client.dtls)
    joined.transport.enable_data(5000)
    await sctp.start(RTCSctpCapabilities(maxMessageSize=65536), 5000)
    channel = RTCDataChannel(sctp, RTCDataChannelParameters(label="_reliable"))
    is_open = asyncio.Event()
    channel.on("open", is_open.set)
    await asyncio.wait_for(is_open.wait(), DEADLINE_S)
    init = struct.pack("!BBHIIHHI", 1, 0, 20, 1, 100000, 5, 5, 1)
    packet = struct.pack("!HHII", 5000, 5000, 0, 0) + init + init
    packet = packet[:8] + struct.pack("<I", _crc32c(packet)) + packet[12:]
    await joined.client.dtls._send_data(packet)
    opening = struct.pack("!BBHLHH", 3, 0, 0, 0, 1, 0) + b"x"
    await sctp._send(channel.id, 50, opening)
    channel.send(b"still here")
    await joined.events.until("data", "_reliable", b"still here")
    assert joined.transport.state == "connected"
    await sctp.stop()


def _crc32c(data: bytes) -> int:
    """SCTP's checksum (RFC 9260 appendix A)."""
    return int(google_crc32c.value(data))
