"""The queue before a client's WebSocket: what was sent is known to be read by a ping's answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from confhub.relay.service.link import SocketLink

pytestmark = pytest.mark.sockets


class Door:
    """One WebSocket of the relay's side, with its link."""

    def __init__(self) -> None:
        self.link: asyncio.Future[SocketLink] = asyncio.get_running_loop().create_future()
        self.read: list[str] = []

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(autoping=False)
        await socket.prepare(request)
        link = SocketLink(socket)
        writer = asyncio.create_task(link.run())
        self.link.set_result(link)
        async for message in socket:
            if message.type is aiohttp.WSMsgType.PONG:
                link.ponged(message.data)
        link.close()
        await writer
        return socket


@pytest.fixture
async def door() -> Door:
    return Door()


@pytest.fixture
async def client(door: Door) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    """A client that answers pings when it is told to."""
    app = web.Application()
    app.router.add_get("/", door.serve)
    async with TestClient(TestServer(app)) as http, http.ws_connect("/", autoping=False) as socket:
        yield socket


async def _next(client: aiohttp.ClientWebSocketResponse) -> tuple[aiohttp.WSMsgType, bytes]:
    message = await client.receive()
    return message.type, message.data


async def test_what_was_sent_is_read_when_the_ping_behind_it_is_answered(
    door: Door, client: aiohttp.ClientWebSocketResponse
) -> None:
    link, done = await door.link, asyncio.Event()
    link.send(b"one")
    link.when_read(lambda: door.read.append("one"))
    link.send(b"two")
    link.when_read(done.set)
    assert await _next(client) == (aiohttp.WSMsgType.BINARY, b"one")
    kind, first = await _next(client)
    assert kind is aiohttp.WSMsgType.PING
    assert await _next(client) == (aiohttp.WSMsgType.BINARY, b"two")
    _, second = await _next(client)
    assert door.read == []
    await client.pong(b"")  # a heartbeat's
    await client.pong(second)
    await done.wait()
    assert door.read == ["one"]
    await client.pong(first)
    await client.pong(second)
    await client.close()
    assert door.read == ["one"]


async def test_nobody_waits_for_a_client_that_has_gone(
    door: Door, client: aiohttp.ClientWebSocketResponse
) -> None:
    link, done = await door.link, asyncio.Event()
    link.when_read(done.set)
    await client.close()
    await done.wait()
    late = asyncio.Event()
    link.when_read(late.set)
    assert late.is_set()
