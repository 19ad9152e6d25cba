"""The relay as DTLS client, of a peer that answered `passive`: its ClientHello goes nowhere unproven."""

from __future__ import annotations

import asyncio
import os

import pytest
from aiortc import RTCSctpCapabilities, RTCSctpTransport
from aiortc.rtcdtlstransport import RTCDtlsFingerprint, RTCDtlsParameters

from confhub.relay.transport import limits, peer
from confhub.relay.transport.mux import UdpMux
from confhub.relay.transport.peer import PeerTransport
from fuzz.binding import binding_request
from tests.unit.relay.peerkit import DEADLINE_S, Client, Events

pytestmark = pytest.mark.sockets


class Server(Client):
    """A client that is the DTLS server. `hellos` counts the datagrams of the relay's handshake."""

    def __init__(self) -> None:
        super().__init__()
        self.dtls._set_role("server")
        self.hellos = 0
        self.losing = 0  # so many of the relay's handshake datagrams are lost from now on

    def datagram_received(self, data: bytes, addr: object) -> None:
        if 20 <= data[0] < 64:
            self.hellos += 1
            if self.losing:
                self.losing -= 1
                return
        super().datagram_received(data, addr)

    def handshake(self, transport: PeerTransport) -> asyncio.Task[None]:
        fingerprints = [RTCDtlsFingerprint(a, v) for a, v in transport.fingerprints]
        return asyncio.create_task(self.dtls.start(RTCDtlsParameters(fingerprints=fingerprints)))


def _start(transport: PeerTransport, client: Client) -> None:
    transport.know_remote("tester", client.ice_pwd)
    transport.start(client.fingerprints, "client")


@pytest.mark.parametrize("is_early", [True, False], ids=["answer before check", "check before answer"])
async def test_a_peer_that_is_the_server_gets_keys_and_channels(mux: UdpMux, is_early: bool) -> None:
    events, client = Events(), Server()
    transport = mux.new_transport(events)
    await client.open(mux)
    if is_early:
        _start(transport, client)
    await client.check(transport.ice_ufrag, transport.ice_pwd)
    if not is_early:
        _start(transport, client)
    transport.enable_data(5000, create=("_reliable",))
    async with asyncio.timeout(0.9):  # OpenSSL would repeat its flight after a second
        await client.handshake(transport)
    await events.until("connected")
    assert client.stun_checks
    sctp = RTCSctpTransport(client.dtls)
    channels: asyncio.Queue[int] = asyncio.Queue()
    sctp.on("datachannel", lambda channel: channels.put_nowait(channel.id))
    await sctp.start(RTCSctpCapabilities(maxMessageSize=65536), 5000)
    async with asyncio.timeout(DEADLINE_S):
        assert await channels.get() % 2 == 0  # a DTLS client's numbers are even (RFC 8832, 6)
    await sctp.stop()
    await client.close()


@pytest.mark.parametrize("lost", ["our check", "our hello"])
async def test_what_is_lost_is_sent_again(mux: UdpMux, lost: str) -> None:
    events, client = Events(), Server()
    transport = mux.new_transport(events)
    await client.open(mux)
    client.is_answering = lost != "our check"
    client.losing = 1 if lost == "our hello" else 0
    handshake = client.handshake(transport)
    _start(transport, client)
    await client.check(transport.ice_ufrag, transport.ice_pwd)
    await client.until(lambda: bool(client.stun_checks))
    client.is_answering = True
    await events.until("connected")
    await handshake
    await client.close()


async def test_who_answers_no_check_gets_no_hello_and_a_few_checks(
    mux: UdpMux, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A forged source costs a stranger no more than it costs with a peer that is the DTLS client."""
    monkeypatch.setattr(peer, "HANDSHAKE_DEADLINE_S", 2.0)
    events, client = Events(), Server()
    transport = mux.new_transport(events)
    client.is_answering = False
    await client.open(mux)
    _start(transport, client)
    await client.check(transport.ice_ufrag, transport.ice_pwd)
    await events.until("closed", "handshake")
    assert client.hellos == 0
    assert 2 <= len(client.stun_checks) <= 5  # after 0, 0.25, 0.75, 1.75 s
    await client.close()


async def test_a_move_before_the_keys_is_proven_too(mux: UdpMux) -> None:
    events, client, forged = Events(), Server(), Server()
    transport = mux.new_transport(events)
    forged.is_answering = False
    await client.open(mux)
    await forged.open(mux)
    _start(transport, client)
    await client.check(transport.ice_ufrag, transport.ice_pwd)
    await client.until(lambda: client.hellos > 0)
    await forged.check(transport.ice_ufrag, transport.ice_pwd)
    await client.handshake(transport)
    await events.until("connected")
    assert forged.hellos == 0
    await forged.close()
    await client.close()


async def test_a_server_that_never_answers_is_given_up_at_the_same_deadline(
    mux: UdpMux, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(peer, "HANDSHAKE_DEADLINE_S", 2.0)
    events, client = Events(), Server()
    transport = mux.new_transport(events)
    await client.open(mux)
    _start(transport, client)
    await client.check(transport.ice_ufrag, transport.ice_pwd)
    await events.until("closed", "handshake")
    assert 1 <= client.hellos <= 3  # after 0 and 1 s
    await client.close()


async def test_a_flood_of_a_server_ends_its_transport(mux: UdpMux) -> None:
    events, client = Events(), Server()
    transport = mux.new_transport(events)
    await client.open(mux)
    _start(transport, client)
    await client.check(transport.ice_ufrag, transport.ice_pwd)
    await client.until(lambda: client.hellos > 0)
    for _ in range(limits.HANDSHAKE_DATAGRAMS + 5):
        client.send_raw(b"\x16\xfe\xff" + bytes(8) + b"\0\x40\x02" + os.urandom(63))
    await events.until("closed", "handshake")
    await client.close()


async def test_a_connection_needs_no_proof(mux: UdpMux) -> None:
    """Over TCP an address cannot be forged: the hello goes with the first check."""
    events = Events()
    transport = mux.new_transport(events)
    transport.know_remote("tester", "a-password-of-24-characters")
    sent: asyncio.Queue[bytes] = asyncio.Queue()
    address = ("127.0.0.1", 9, "tcp")

    def send(data: bytes, to: object) -> int:
        sent.put_nowait(bytes(data))
        return len(data)

    transport.start([("sha-256", "AB")], "client")
    request = binding_request(os.urandom(12), f"{transport.ice_ufrag}:tester", transport.ice_pwd.encode())
    mux.take([request], address, send)
    async with asyncio.timeout(DEADLINE_S):
        kinds = [(await sent.get())[0], (await sent.get())[0]]
    assert kinds == [1, 22]  # the answer to the check, then the handshake
