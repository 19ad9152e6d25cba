"""A mux, a router and clients over loopback for the tests of the media plane."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

import pytest

from confhub.relay.forward.router import MediaPeer, Router
from confhub.relay.transport.mux import UdpMux
from confhub.relay.transport.peer import PeerTransport
from tests.unit.relay.peerkit import Client, Events


@dataclass
class Joined:
    client: Client
    events: Events
    transport: PeerTransport
    peer: MediaPeer


Join = Callable[[], Awaitable[Joined]]


@pytest.fixture
async def mux() -> AsyncIterator[UdpMux]:
    mux = UdpMux(now=time.monotonic)
    await mux.open("127.0.0.1", 0)
    yield mux
    await mux.close()


@pytest.fixture
async def router(mux: UdpMux) -> AsyncIterator[Router]:
    router = Router(now=time.monotonic, wall=time.time)
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
