"""ICE over TCP: the same life of a peer over a connection, and what a connection may cost."""

import asyncio
import errno
import os
import time

import pytest

from confhub.kernel.ports import free_port
from confhub.relay.transport import limits
from confhub.relay.transport.mux import UdpMux
from confhub.relay.transport.peer import PeerTransport
from confhub.relay.wire.framing import MAX_FRAME_BYTES
from confhub.relay.wire.rtp import is_rtcp
from fuzz.binding import binding_request
from tests.unit.relay.peerkit import Client, Events
from tests.unit.relay.tcpkit import TcpClient

pytestmark = pytest.mark.sockets


@pytest.fixture
async def tcp_mux(mux: UdpMux) -> UdpMux:
    mux.open_tcp(None)
    return mux


async def connect(mux: UdpMux) -> tuple[TcpClient, PeerTransport, Events]:
    client, events = TcpClient(), Events()
    transport = mux.new_transport(events)
    await client.connect(mux, transport)
    await events.until("connected")
    return client, transport, events


async def gone(mux: UdpMux, client: TcpClient) -> None:
    """Wait until the relay has noticed that a client's connection ended."""
    heard = asyncio.Event()
    ended = mux.line_ended
    mux.line_ended = lambda address: (ended(address), heard.set())[0]  # type: ignore[method-assign]
    try:
        if ("127.0.0.1", client.local_port, "tcp") in mux.tcp.lines:
            await asyncio.wait_for(heard.wait(), 30)
    finally:
        mux.line_ended = ended  # type: ignore[method-assign]


async def refused(mux: UdpMux) -> None:
    """A connection that is reset before a word is said."""
    stranger = TcpClient()
    try:
        await stranger.open(mux)
    except ConnectionError:
        return
    async with asyncio.timeout(5):
        await stranger.ended.wait()
    await stranger.cut()


def rtp_packet(number: int, size: int = 1000) -> bytes:
    return b"\x80\x60" + number.to_bytes(2, "big") + bytes(4) + b"\0\0\0\x07" + bytes(size)


async def test_tcp_candidates_are_passive_and_come_after_every_udp_one(tcp_mux: UdpMux) -> None:
    told = tcp_mux.candidates()
    kinds = [(c.protocol, c.tcptype, c.port) for c in told]
    assert kinds == [("udp", "", tcp_mux.port), ("tcp", "passive", tcp_mux.tcp.port)]
    assert told[0].priority > told[1].priority


async def test_udps_number_is_taken_where_nobody_has_it() -> None:
    mux = UdpMux(now=time.monotonic)
    port = free_port()
    await mux.open("127.0.0.1", port)
    mux.open_tcp(None)
    assert mux.port == mux.tcp.port == port
    await mux.close()


async def test_checks_handshake_and_media_go_over_a_connection(tcp_mux: UdpMux) -> None:
    client, transport, _ = await connect(tcp_mux)
    assert transport.remote_address == ("127.0.0.1", client.local_port)
    heard: list[bytes] = []

    class Sink:
        def on_rtp(self, packet: bytes, arrival_s: float) -> None:
            heard.append(packet)
            transport.path.send_rtcp(b"\x80\xc9\0\1\0\0\0\7")  # an empty receiver report

        def on_rtcp(self, packet: bytes, arrival_s: float) -> None: ...

        def knows_source(self, ssrc: int) -> bool:
            return True

        def on_connected(self, now_s: float) -> None: ...

    transport.media = Sink()
    client.send_rtp(rtp_packet(1))
    await client.until(lambda: bool(client.rtcp))
    assert heard == [rtp_packet(1)]
    await client.close()


async def test_a_peer_that_moves_from_tcp_to_udp_goes_on(tcp_mux: UdpMux) -> None:
    client, transport, _ = await connect(tcp_mux)
    over_udp = Client()
    await over_udp.open(tcp_mux)
    await over_udp.check(transport.ice_ufrag, transport.ice_pwd)
    assert transport.remote_address != ("127.0.0.1", client.local_port)
    transport.path.send_rtcp(b"\x80\xc9\0\1\0\0\0\7")
    over_udp.dtls = client.dtls  # the same keys
    await over_udp.until(lambda: bool(over_udp.rtcp))
    await over_udp.close()
    await client.cut()


async def test_when_a_connection_ends_the_address_checked_last_takes_over(tcp_mux: UdpMux) -> None:
    client, transport, _ = await connect(tcp_mux)
    second = TcpClient()
    await second.open(tcp_mux)
    second.send_raw(  # in reserve: not nominated
        binding_request(os.urandom(12), f"{transport.ice_ufrag}:x", transport.ice_pwd.encode())
    )
    await second.until(lambda: bool(second.stun_answers))
    assert transport.remote_address == ("127.0.0.1", client.local_port)
    await client.cut()
    await gone(tcp_mux, client)
    assert transport.remote_address == ("127.0.0.1", second.local_port)
    await second.cut()
    await gone(tcp_mux, second)
    assert transport.remote_address is None
    assert transport.path.sendto(b"x", None) == 0  # goes nowhere, harms nobody


async def test_a_reader_that_stops_loses_media_and_then_its_line_while_others_go_on(tcp_mux: UdpMux) -> None:
    slow, transport, _ = await connect(tcp_mux)
    other, healthy, _ = await connect(tcp_mux)
    slow.may_read.clear()
    packet = transport.path._session.protect(rtp_packet(1))  # type: ignore[union-attr]
    line = transport.path.sendto.__self__  # type: ignore[attr-defined]
    sent = 0
    while not line.dropped:
        try:
            sent += transport.path.sendto(packet, transport.path.address)
        except BlockingIOError:
            break
        if sent % (64 * len(packet)) == 0:
            healthy.path.send_rtcp(b"\x80\xc9\0\1\0\0\0\7")
            await asyncio.sleep(0)
    assert limits.TCP_MEDIA_QUEUE_BYTES < sent < 8 * 1024 * 1024
    transport.path.send_raw(b"\x14" + bytes(100))  # control still has room
    assert line.dropped == 1
    for _ in range(2_000):
        transport.path.send_raw(b"\x14" + bytes(100))
    assert transport.remote_address is None
    assert tcp_mux.tcp.refused["reads too slowly"] == 1
    healthy.path.send_rtcp(b"\x80\xc9\0\1\0\0\0\7")
    await other.until(lambda: bool(other.rtcp))
    slow.may_read.set()
    await slow.ended.wait()
    for client in (slow, other):
        await client.cut()


async def test_control_overtakes_the_media_that_waits(tcp_mux: UdpMux) -> None:
    client, transport, _ = await connect(tcp_mux)
    for number in range(60):
        protected = transport.path._session.protect(rtp_packet(number))  # type: ignore[union-attr]
        transport.path.send_raw(protected)
    transport.path.send_rtcp(b"\x80\xc9\0\1\0\0\0\7")
    await client.until(lambda: len(client.rtp) == 60)
    assert is_rtcp(client.datagrams[0])
    assert [int.from_bytes(packet[2:4], "big") for packet in client.rtp] == list(range(60))
    await client.close()


@pytest.mark.parametrize(
    ("stream", "reason"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", "frames"),
        ((MAX_FRAME_BYTES + 1).to_bytes(2, "big"), "frames"),
        (b"\x00\x64" + bytes(100), "talks without a check"),
        (b"\x00\x00", "talks without a check"),
    ],
    ids=["HTTP", "a frame too large", "noise", "empty frames"],
)
async def test_a_stranger_that_talks_is_cut(tcp_mux: UdpMux, stream: bytes, reason: str) -> None:
    good, transport, _ = await connect(tcp_mux)
    stranger = TcpClient()
    await stranger.open(tcp_mux)
    stranger.send_stream(stream * (2 * limits.TCP_UNOWNED_BYTES // len(stream)))
    async with asyncio.timeout(5):
        await stranger.ended.wait()
    assert tcp_mux.tcp.refused == {reason: 1}
    transport.path.send_rtcp(b"\x80\xc9\0\1\0\0\0\7")
    await good.until(lambda: bool(good.rtcp))
    await stranger.cut()
    await good.close()


async def test_silent_strangers_of_one_address_find_a_cap_and_an_end(
    tcp_mux: UdpMux, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "MAX_TCP_WAITING_PER_ADDRESS", 3)
    strangers = [TcpClient() for _ in range(3)]
    for stranger in strangers:
        await stranger.open(tcp_mux)
    for _ in range(2):
        await refused(tcp_mux)
    assert tcp_mux.tcp.refused["connections of one address without a check"] == 2
    assert len(tcp_mux.tcp.lines) == 3
    tcp_mux.tcp.sweep(tcp_mux.now() + limits.TCP_FIRST_CHECK_S + 1)
    assert not tcp_mux.tcp.lines
    assert not tcp_mux.tcp.waiting
    client, _, _ = await connect(tcp_mux)  # there is room again
    assert not tcp_mux.tcp.waiting
    await client.close()
    for stranger in strangers:
        await stranger.cut()


@pytest.mark.parametrize(
    ("cap", "reason"),
    [("MAX_TCP_LINES", "connections in all"), ("MAX_TCP_WAITING", "connections without a check")],
)
async def test_connections_have_a_cap_in_all(
    tcp_mux: UdpMux, monkeypatch: pytest.MonkeyPatch, cap: str, reason: str
) -> None:
    monkeypatch.setattr(limits, cap, 2)
    strangers = [TcpClient() for _ in range(2)]
    for stranger in strangers:
        await stranger.open(tcp_mux)
    await refused(tcp_mux)
    assert tcp_mux.tcp.refused == {reason: 1}
    for stranger in strangers:
        await stranger.cut()


async def test_a_line_goes_some_time_after_its_transport(tcp_mux: UdpMux) -> None:
    client, transport, _ = await connect(tcp_mux)
    transport.close()
    await client.until(lambda: client.is_told_goodbye)
    now_s = tcp_mux.now()
    tcp_mux.tcp.sweep(now_s)
    assert len(tcp_mux.tcp.lines) == 1
    tcp_mux.tcp.sweep(now_s + limits.TCP_FIRST_CHECK_S + 1)
    await client.ended.wait()
    assert not tcp_mux.tcp.lines
    await client.cut()


async def test_with_any_port_another_number_is_taken_where_udps_is_in_use() -> None:
    mux, server = await with_tcp_in_use()
    with pytest.raises(OSError):
        mux.open_tcp(mux.port)
    mux.open_tcp(None)
    assert mux.tcp.port not in (0, mux.port)
    server.close()
    await server.wait_closed()
    await mux.close()


async def with_tcp_in_use() -> tuple[UdpMux, asyncio.Server]:
    """A mux, and somebody else at the TCP port of its number: whichever number both find free."""
    while True:
        mux = UdpMux(now=time.monotonic)
        await mux.open("127.0.0.1", 0)
        try:
            return mux, await asyncio.start_server(lambda r, w: None, "127.0.0.1", mux.port)
        except OSError as error:
            await mux.close()
            if error.errno != errno.EADDRINUSE:
                raise
