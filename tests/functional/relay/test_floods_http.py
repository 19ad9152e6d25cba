"""Connections to the signalling port that ask for nothing: they find a cap and an end, and others get in."""

from __future__ import annotations

import asyncio
import dataclasses

import aiohttp
import pytest

from confhub.relay.service.server import Relay
from tests.functional.relay.clients import token
from tests.functional.relay.signal import Signal


async def _ended(reader: asyncio.StreamReader) -> bool:
    try:
        async with asyncio.timeout(5):
            return await reader.read() == b""
    except ConnectionError:
        return True


@pytest.mark.parametrize(
    ("cap", "reason"),
    [
        ("connections", "idle connections cut for a newer one"),
        ("strangers_per_address", "idle connections cut for a newer one of the same address"),
    ],
)
async def test_silent_connections_give_way_and_whoever_comes_joins(
    relay: Relay, cap: str, reason: str
) -> None:
    relay.doors.caps = dataclasses.replace(relay.doors.caps, **{cap: 3})
    doors = [await asyncio.open_connection("127.0.0.1", relay.port) for _ in range(5)]
    assert all([await _ended(reader) for reader, _ in doors[:2]])
    assert relay.doors.refused[reason] == 2
    async with aiohttp.ClientSession() as http, Signal(http, relay.port, token("anna")) as anna:
        await anna.expect("join")
        for _ in range(3):
            doors.append(await asyncio.open_connection("127.0.0.1", relay.port))
        await anna.settle()
    for _, writer in doors:
        writer.transport.abort()


async def test_who_asks_for_nothing_is_cut_and_who_has_joined_is_not(relay: Relay) -> None:
    relay.doors.caps = dataclasses.replace(relay.doors.caps, first_request_s=0.3, idle_s=0.3, sweep_s=0.05)
    async with aiohttp.ClientSession() as http, Signal(http, relay.port, token("anna")) as anna:
        await anna.expect("join")
        reader, writer = await asyncio.open_connection("127.0.0.1", relay.port)
        writer.write(b"GET /rtc/v1 HTTP/1.1\r\nX-Slow: ")  # and never the rest
        assert await _ended(reader)
        writer.transport.abort()
        assert relay.doors.refused == {"no whole request in time": 1}
        await anna.settle()
