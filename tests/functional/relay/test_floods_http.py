"""Connections to the signalling port that ask for nothing: they find a cap and an end, and others get in."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest

from confhub.relay.room import limits
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
        ("HTTP_CONNECTIONS", "HTTP connections in all"),
        ("HTTP_WAITING", "HTTP connections without a request"),
        ("HTTP_WAITING_PER_ADDRESS", "HTTP connections of one address without a request"),
    ],
)
async def test_silent_connections_find_a_cap(
    relay: Relay, monkeypatch: pytest.MonkeyPatch, cap: str, reason: str
) -> None:
    monkeypatch.setattr(limits, cap, 3)
    doors = [await asyncio.open_connection("127.0.0.1", relay.port) for _ in range(5)]
    assert all([await _ended(reader) for reader, _ in doors[3:]])
    assert relay.doors.refused == {reason: 2}
    for _, writer in doors[:3]:
        writer.close()
        await writer.wait_closed()
    for _, writer in doors[3:]:
        writer.transport.abort()
    async with aiohttp.ClientSession() as http, Signal(http, relay.port, token("anna")) as anna:
        await anna.expect("join")


async def test_who_asks_for_nothing_is_cut_and_who_has_joined_is_not(
    relay: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "FIRST_REQUEST_S", 0.3)
    async with aiohttp.ClientSession() as http, Signal(http, relay.port, token("anna")) as anna:
        await anna.expect("join")
        reader, writer = await asyncio.open_connection("127.0.0.1", relay.port)
        writer.write(b"GET /rtc/v1 HTTP/1.1\r\nX-Slow: ")  # and never the rest
        assert await _ended(reader)
        writer.transport.abort()
        assert relay.doors.refused == {"no HTTP request": 1}
        await anna.settle()
