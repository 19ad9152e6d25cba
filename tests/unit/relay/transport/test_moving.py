"""Media follows a peer to another address, and nobody can point it at a stranger."""

import os
from collections.abc import AsyncIterator

import pytest

from confhub.relay.transport import limits
from confhub.relay.transport.mux import UdpMux
from confhub.relay.transport.peer import PeerTransport
from confhub.relay.wire import stun
from fuzz.binding import binding_request
from tests.unit.relay.peerkit import Client, Events

pytestmark = pytest.mark.sockets

REPORT = b"\x80\xc9\0\1\0\0\0\7"


class Clock:
    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def mux(clock: Clock) -> AsyncIterator[UdpMux]:
    mux = UdpMux(now=clock)
    await mux.open("127.0.0.1", 0)
    yield mux
    await mux.close()


@pytest.fixture
async def peer(mux: UdpMux) -> AsyncIterator[tuple[Client, PeerTransport]]:
    """A connected peer whose own credentials the relay knows, as from its description."""
    client, events = Client(), Events()
    transport = mux.new_transport(events)
    transport.know_remote("peer", client.ice_pwd)
    await client.connect(mux, transport)
    await events.until("connected")
    yield client, transport
    await client.close()


async def second_socket(client: Client, mux: UdpMux) -> Client:
    """Another socket of the same peer, or of somebody who forges its source."""
    other = Client()
    other.dtls, other.ice_pwd = client.dtls, client.ice_pwd
    await other.open(mux)
    return other


def shut(client: Client) -> None:
    assert client._socket is not None
    client._socket.close()


async def test_a_new_address_gets_media_when_it_has_answered(
    mux: UdpMux, peer: tuple[Client, PeerTransport]
) -> None:
    client, transport = peer
    other = await second_socket(client, mux)
    await other.check(transport.ice_ufrag, transport.ice_pwd)
    await other.until(lambda: bool(other.stun_checks))
    await other.check(transport.ice_ufrag, transport.ice_pwd)  # behind the answer on the same socket
    transport.path.send_rtcp(REPORT)
    await other.until(lambda: bool(other.rtcp))
    assert not client.rtcp
    shut(other)


async def test_our_check_is_one_a_full_agent_answers(mux: UdpMux, peer: tuple[Client, PeerTransport]) -> None:
    client, transport = peer
    other = await second_socket(client, mux)
    await other.check(transport.ice_ufrag, transport.ice_pwd)
    await other.until(lambda: bool(other.stun_checks))
    asked = stun.parse(other.stun_checks[0])
    assert asked.username == f"peer:{transport.ice_ufrag}"
    assert stun.check_integrity(asked, client.ice_pwd.encode())
    assert asked.ice_controlled
    shut(other)


@pytest.mark.parametrize("forgery", ["silent", "wrong password", "wrong transaction"])
async def test_a_forged_source_gets_no_media_and_little_else(
    mux: UdpMux, clock: Clock, peer: tuple[Client, PeerTransport], forgery: str
) -> None:
    client, transport = peer
    victim = await second_socket(client, mux)
    victim.is_answering = False
    got: list[bytes] = []
    sent = 0
    for _ in range(40):
        request = binding_request(
            os.urandom(12), f"{transport.ice_ufrag}:peer", transport.ice_pwd.encode(), use_candidate=True
        )
        victim.send_raw(request)
        sent += len(request)
        await victim.until(lambda: bool(victim.stun_answers and victim.stun_checks))
        got += victim.stun_answers
        victim.stun_answers.clear()
        clock.now_s += 0.1
        transaction = victim.stun_checks[0][8:20]
        if forgery == "wrong password":
            victim.send_raw(stun.build_success(transaction, ("127.0.0.1", 9), b"guessed"))
        elif forgery == "wrong transaction":
            victim.send_raw(stun.build_success(os.urandom(12), ("127.0.0.1", 9), client.ice_pwd.encode()))
        transport.path.send_rtcp(REPORT)
    await client.until(lambda: len(client.rtcp) == 40)
    assert not victim.rtcp
    assert not victim.datagrams
    assert sum(map(len, got)) < sent
    assert len(victim.stun_checks) <= 1 + 40 * 0.1 / limits.PROOF_INTERVAL_S
    shut(victim)


async def test_media_from_elsewhere_moves_the_path_before_the_next_nomination(
    mux: UdpMux, clock: Clock, peer: tuple[Client, PeerTransport]
) -> None:
    client, transport = peer
    other = await second_socket(client, mux)
    other.send_raw(  # a check in reserve, without a nomination
        binding_request(os.urandom(12), f"{transport.ice_ufrag}:peer", transport.ice_pwd.encode())
    )
    await other.until(lambda: bool(other.stun_answers))
    packet = b"\x80\x60\0\1" + bytes(4) + b"\0\0\0\x07" + bytes(20)
    clock.now_s += limits.SILENT_PATH_S / 2
    other.send_rtp(packet)
    await other.check_answered(transport)
    assert not other.stun_checks  # the old path may still be alive
    clock.now_s += limits.SILENT_PATH_S
    other.send_rtp(packet.replace(b"\0\1", b"\0\2", 1))
    await other.until(lambda: bool(other.stun_checks))
    await other.check_answered(transport)
    transport.path.send_rtcp(REPORT)
    await other.until(lambda: bool(other.rtcp))
    shut(other)


async def test_who_moves_in_the_middle_of_the_handshake_has_to_prove_where(mux: UdpMux) -> None:
    client, events = Client(), Events()
    transport = mux.new_transport(events)
    transport.know_remote("peer", client.ice_pwd)
    victim = await second_socket(client, mux)
    victim.is_answering = False
    await victim.check(transport.ice_ufrag, transport.ice_pwd)
    transport._send_dtls(b"\x16flight")  # as after a forged ClientHello
    await client.connect(mux, transport)
    await events.until("connected")
    transport.path.send_rtcp(REPORT)
    await client.until(lambda: bool(client.rtcp))
    assert transport.remote_address != victim._socket.get_extra_info("sockname")  # type: ignore[union-attr]
    assert not victim.datagrams
    shut(victim)
    await client.close()


async def test_nobody_takes_over_the_address_of_a_peer_that_is_there(
    mux: UdpMux, clock: Clock, peer: tuple[Client, PeerTransport]
) -> None:
    client, transport = peer
    thief = mux.new_transport(Events())
    forged = binding_request(
        os.urandom(12), f"{thief.ice_ufrag}:x", thief.ice_pwd.encode(), use_candidate=True
    )
    client.stun_answers.clear()
    client.send_raw(forged)  # the same source as the peer's own packets
    await client.check_answered(transport)
    assert thief.remote_address is None
    assert len(client.stun_answers) == 1
    clock.now_s += limits.ADDRESS_HELD_S + 1  # the peer has gone; its router gave the port to somebody else
    client.send_raw(forged)
    await client.until(lambda: len(client.stun_answers) == 2)
    assert thief.remote_address is not None
