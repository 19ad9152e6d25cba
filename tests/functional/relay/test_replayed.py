"""A recorded session replayed into a running relay, truncated, bits flipped: the others hear no break."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import sys
from collections.abc import AsyncIterator

import aiohttp
import pytest

from fuzz.recording import DATAGRAM, SIGNAL, Record, damaged, load
from tests.functional.relay.clients import KEY, SECRET, Person, frequency_of, token
from tests.functional.relay.signal import Signal

COPIES = 12
SEED = 4
PAUSE_EVERY = 64


@pytest.fixture
async def ports() -> AsyncIterator[tuple[int, int]]:
    """(TCP, UDP) of a relay process that ends as it should."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "confhub.relay", "--port", "0", "--udp-port", "0", "--log-level", "error",
        env=os.environ | {"LIVEKIT_KEYS": f"{KEY}: {SECRET}"},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    ready = json.loads(await asyncio.wait_for(process.stdout.readline(), 20))
    yield ready["port"], ready["udp_port"]
    process.terminate()
    _, told = await asyncio.wait_for(process.communicate(), 20)
    assert process.returncode == 0
    assert b"Traceback" not in told, told.decode()


async def test_the_others_go_on_while_a_damaged_session_is_replayed(ports: tuple[int, int]) -> None:
    port, udp_port = ports
    records = load()
    anna, binh = Person("anna"), Person("binh")
    try:
        for person in (anna, binh):
            await person.connect(f"ws://127.0.0.1:{port}", token(person.identity), single=True)
        await anna.sound(440)
        track = await binh.track("audio", "anna")
        await asyncio.gather(
            replay_datagrams([r for r in records if r.kind == DATAGRAM], udp_port),
            replay_signalling([r for r in records if r.kind == SIGNAL], port),
        )
        assert abs(await frequency_of(track) - 440) <= 3
        assert binh.heard.all("disconnected") == anna.heard.all("disconnected") == []
    finally:
        for person in (anna, binh):
            await person.leave()


async def replay_datagrams(records: list[Record], udp_port: int) -> None:
    """From an address of its own, that nobody has checked."""
    loop = asyncio.get_running_loop()
    address = ("127.0.0.1", udp_port)
    transport, _ = await loop.create_datagram_endpoint(asyncio.DatagramProtocol, remote_addr=address)
    for number, record in enumerate(damaged(records, random.Random(SEED), COPIES)):
        transport.sendto(record.data)
        if number % PAUSE_EVERY == 0:
            await asyncio.sleep(0.002)
    transport.close()


async def replay_signalling(records: list[Record], port: int) -> None:
    """As a client of the same room; whenever it is cut it joins again."""
    frames = iter(list(damaged(records, random.Random(SEED), COPIES)))
    sent = 0
    async with aiohttp.ClientSession() as http:
        while sent < COPIES * len(records):
            async with Signal(http, port, token("hostile"), v0=sent % 2 == 0) as hostile:
                await hostile.expect("join")
                reader = asyncio.ensure_future(hostile.closed())
                with contextlib.suppress(ConnectionError):
                    for record in frames:
                        sent += 1
                        await hostile.socket.send_bytes(record.data)
                        await asyncio.sleep(0)
                        if reader.done():
                            break
                reader.cancel()
                await asyncio.gather(reader, return_exceptions=True)
