"""Floods from strangers and from participants, while two others go on hearing each other without a gap."""

from __future__ import annotations

import asyncio
import os
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import numpy as np
import pytest
from livekit import rtc

from confhub.relay.room import limits as room_limits
from confhub.relay.service.server import Relay
from confhub.relay.transport import limits
from fuzz.binding import binding_request
from tests.functional.relay.clients import Person, frequency_of, token
from tests.functional.relay.signal import Signal
from tests.functional.relay.ways import UDP_ONLY
from tests.plugins.relay import Join

pytestmark = pytest.mark.alone

GAP_S = 0.5
"""Of sound; two busy cores that also run the clients need some of it by themselves."""


@asynccontextmanager
async def undisturbed(listener: Person, speaker: str) -> AsyncIterator[None]:
    """The speaker is heard all through the block."""
    track = await listener.track("audio", speaker)
    await frequency_of(track)
    gaps: list[float] = []
    listening = asyncio.create_task(_listen(track, gaps))
    yield
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)
    assert gaps, "nothing was heard"
    assert max(gaps) < GAP_S
    assert abs(await frequency_of(track) - 440) <= 3


async def _listen(track: rtc.RemoteTrack, gaps: list[float]) -> None:
    stream = rtc.AudioStream(track, sample_rate=48_000, num_channels=1)
    heard_s = time.monotonic()
    try:
        async for event in stream:
            now_s = time.monotonic()
            if np.abs(np.frombuffer(event.frame.data, np.int16)).mean() > 300:
                gaps.append(now_s - heard_s)
                heard_s = now_s
    finally:
        await stream.aclose()


@UDP_ONLY
async def test_a_flood_of_strangers_checks_costs_no_answer(join: Join, relay: Relay) -> None:
    anna, binh = await join("anna"), await join("binh")
    await anna.sound(440)
    with socket.socket(type=socket.SOCK_DGRAM) as flooder:
        flooder.setblocking(False)
        flooder.connect(("127.0.0.1", relay.udp_port))
        checks = [binding_request(os.urandom(12), f"{n:012}:x", b"guessed") for n in range(100)]
        async with undisturbed(binh, "anna"):
            for _ in range(100):
                for check in checks:
                    flooder.send(check)
                await asyncio.sleep(0.02)
        assert relay.mux.floods["strangers' checks"] > limits.STRANGER_CHECKS_PER_S
        try:
            answer = flooder.recv(2_000)
        except BlockingIOError:
            answer = b""
        assert answer == b""
    chi = await join("chi")  # who comes from the same address waits a second at most
    assert abs(await frequency_of(await chi.track("audio", "anna")) - 440) <= 3


async def test_a_flood_of_joins_is_refused_with_words(join: Join, relay: Relay) -> None:
    anna, binh = await join("anna"), await join("binh")
    await anna.sound(440)
    refused: list[int] = []
    async with aiohttp.ClientSession() as http, undisturbed(binh, "anna"):
        for _ in range(room_limits.JOINS_BURST + 30):
            try:
                async with Signal(http, relay.port, token("mallory")) as mallory:
                    await mallory.expect("join")
            except aiohttp.WSServerHandshakeError as error:
                refused.append(error.status)
        async with Signal(http, relay.port, token("chi")) as chi:
            await chi.expect("join")
    assert len(refused) >= 15
    assert set(refused) == {429}


async def test_a_flood_of_data_is_lost_to_its_sender_alone(join: Join, relay: Relay) -> None:
    anna, binh, mallory = await join("anna"), await join("binh"), await join("mallory")
    await anna.sound(440)
    async with undisturbed(binh, "anna"):
        began_s = time.monotonic()
        sent = 0
        while time.monotonic() - began_s < 2:
            await asyncio.gather(*(mallory.me.publish_data(b"x" * 50, reliable=False) for _ in range(100)))
            sent += 100
    got = len(binh.heard.all("data"))
    assert got <= room_limits.DATA_BURST + 3 * room_limits.DATA_MESSAGES_PER_S
    await anna.me.publish_data(b"still here", reliable=True)
    await binh.heard.event("data", lambda packet: packet.data == b"still here")
