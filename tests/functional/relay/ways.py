"""The ways from a client to the relay that its tests can take: UDP, ICE-TCP where UDP is lost, coturn.

`CONFHUB_TEST_WAY=tcp pytest tests/functional/relay` runs a whole folder over one of them.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from confhub.relay import native
from confhub.relay.service.server import Relay, Settings
from tests.functional.relay import coturn

WAYS = ("udp", "tcp", "turn")
DEFAULT_WAY = os.environ.get("CONFHUB_TEST_WAY", "udp")
UDP_ONLY = pytest.mark.skipif(DEFAULT_WAY != "udp", reason="its clients, or what it is about, speak UDP")
TWINS = ("python", "compiled") if native.fanout is not None else ("python",)


@asynccontextmanager
async def relay_over(settings: Settings, way: str, folder: Path, twin: str = "auto") -> AsyncIterator[Relay]:
    """A running relay that clients can reach by that way alone; over coturn, clients must ask for relayed
    candidates only."""
    async with AsyncExitStack() as stack:
        if way == "turn":
            settings = replace(settings, turn=await stack.enter_async_context(coturn.running(folder)))
        chosen = native._asked
        native.choose(twin)
        stack.callback(native.choose, chosen)
        relay = Relay(settings)
        await relay.start()
        stack.push_async_callback(relay.stop)
        if way == "tcp":
            lose_udp(relay)
        yield relay


def lose_udp(relay: Relay) -> None:
    """As in a network that swallows UDP: datagrams come, nobody reads them."""
    loop = asyncio.get_running_loop()
    for sock in relay.mux._sockets:
        loop.remove_reader(sock)
