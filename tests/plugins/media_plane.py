"""A mux, a router and clients over loopback for the tests of the media plane."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

import pytest

from confhub.relay import native
from confhub.relay.forward.fanout_py import PyFanOut
from confhub.relay.forward.router import MediaPeer, Router
from confhub.relay.transport.mux import UdpMux
from confhub.relay.transport.peer import PeerTransport
from tests.unit.relay.driving import driven
from tests.unit.relay.peerkit import Client, Events


@dataclass
class Joined:
    client: Client
    events: Events
    transport: PeerTransport
    peer: MediaPeer


Join = Callable[[], Awaitable[Joined]]
FANOUTS = [pytest.param(PyFanOut, id="python")]
if native.fanout is not None:
    FANOUTS.append(pytest.param(native.fanout.FanOut, id="compiled"))


@pytest.fixture
async def mux() -> AsyncIterator[UdpMux]:
    mux = UdpMux(now=time.monotonic)
    await mux.open("127.0.0.1", 0)
    yield mux
    await mux.close()


@pytest.fixture(params=FANOUTS)
async def router(mux: UdpMux, request: pytest.FixtureRequest) -> AsyncIterator[Router]:
    """With either fan-out: whatever a subscriber gets is the same."""
    router = driven(mux, request.param(time.monotonic))
    yield router
    router.close()


@pytest.fixture
async def join(mux: UdpMux, router: Router) -> AsyncIterator[Join]:
    """Makes connected peers; they are closed at the end."""
    clients: list[Client] = []

    async def make() -> Joined:
        events = Events()
        transport = mux.new_transport(events)
        peer = router.add_peer(transport)
        client = Client()
        clients.append(client)
        await client.connect(mux, transport)
        await events.until("connected")
        return Joined(client, events, transport, peer)

    yield make
    for client in clients:
        await client.close()
