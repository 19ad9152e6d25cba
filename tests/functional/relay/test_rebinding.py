"""A router that forgets its table: a client's packets come from another port, and nobody tells the client."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from livekit import rtc

from confhub.relay.service.server import Relay
from tests.functional.relay.clients import frequency_of
from tests.functional.relay.ways import UDP_ONLY
from tests.plugins.relay import Join


class Router(asyncio.DatagramProtocol):
    """Address translation for UDP: each client has a port towards the relay, until `forget`."""

    def __init__(self, relay_port: int) -> None:
        self._relay = ("127.0.0.1", relay_port)
        self._inside: asyncio.DatagramTransport | None = None
        self._outside: dict[Any, asyncio.DatagramTransport] = {}
        self._opening: set[asyncio.Task[None]] = set()
        self.port = 0

    async def open(self) -> None:
        loop = asyncio.get_running_loop()
        self._inside, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=("127.0.0.1", 0))
        self.port = self._inside.get_extra_info("sockname")[1]

    def forget(self) -> None:
        for outside in self._outside.values():
            outside.close()
        self._outside.clear()

    async def close(self) -> None:
        await asyncio.gather(*self._opening)
        self.forget()
        assert self._inside is not None
        self._inside.close()

    def datagram_received(self, data: bytes, addr: Any) -> None:
        outside = self._outside.get(addr)
        if outside is not None:
            outside.sendto(data)
        elif len(self._opening) < 8:
            task = asyncio.create_task(self._add(addr, data))
            self._opening.add(task)
            task.add_done_callback(self._opening.discard)

    async def _add(self, client: Any, first: bytes) -> None:
        inside = self._inside
        assert inside is not None

        class Back(asyncio.DatagramProtocol):
            def datagram_received(self, data: bytes, addr: Any) -> None:
                inside.sendto(data, client)

        loop = asyncio.get_running_loop()
        outside, _ = await loop.create_datagram_endpoint(Back, remote_addr=self._relay)
        self._outside.setdefault(client, outside)
        if self._outside[client] is not outside:
            outside.close()
        self._outside[client].sendto(first)


@pytest.fixture
async def router(relay: Relay, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Router]:
    """Stands between every client and the relay: the only candidate that they are told."""
    router = Router(relay.udp_port)
    await router.open()
    told = relay.mux.candidates()
    udp = [replace(candidate, port=router.port) for candidate in told if candidate.protocol == "udp"]
    monkeypatch.setattr(relay.mux, "candidates", lambda: list(udp))
    yield router
    await router.close()


async def _audible_again(track: rtc.RemoteTrack, since_s: float) -> float:
    """Seconds from then until the tone has come back after a silence, or has never stopped for 3 s."""
    stream = rtc.AudioStream(track, sample_rate=48_000, num_channels=1)
    heard_s = since_s
    back_s = 0.0
    try:
        async for event in stream:
            now_s = time.monotonic()
            if np.abs(np.frombuffer(event.frame.data, np.int16)).mean() > 300:
                if now_s - heard_s > 0.1:
                    back_s = now_s - since_s
                heard_s = now_s
                if now_s - since_s > max(3.0, back_s + 1.0):
                    return back_s
    finally:
        await stream.aclose()
    raise AssertionError("the track ended")


@UDP_ONLY
async def test_after_a_rebinding_sound_goes_on_both_ways_without_a_rejoin(
    join: Join, router: Router, relay: Relay
) -> None:
    anna, binh = await join("anna"), await join("binh")
    await anna.sound(440)
    await binh.sound(660)
    tracks = [await binh.track("audio", "anna"), await anna.track("audio", "binh")]
    for track in tracks:
        await frequency_of(track)
    before = {transport.remote_address for transport in relay.mux._transports}
    router.forget()
    since_s = time.monotonic()
    gaps_s = await asyncio.gather(*(_audible_again(track, since_s) for track in tracks))
    assert before.isdisjoint({transport.remote_address for transport in relay.mux._transports})
    assert max(gaps_s) < 5
    for person in (anna, binh):
        assert len(person.heard.all("track")) == 1
        assert not person.heard.all("disconnected")
