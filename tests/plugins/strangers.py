"""The hub behind its real doors, on a real socket, and people who mean it no good."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import pytest
from aiohttp import ClientSession, CookieJar, web

from confhub.app import bind
from confhub.http.app import build_app
from confhub.http.bodies import BODIES, Bodies
from confhub.http.context import Services
from confhub.http.serving import serving
from confhub.kernel.doors import DoorCaps, Doors
from tests.plugins.website import Reader


@dataclass
class Hub:
    """One running hub."""

    app: web.Application
    doors: Doors
    port: int

    @property
    def bodies(self) -> Bodies:
        return self.app[BODIES]


class Line:
    """One raw connection; `end` waits until the hub has closed it and gives what it said."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    def say(self, text: str | bytes) -> None:
        self.writer.write(text.encode() if isinstance(text, str) else text)

    async def answer(self) -> tuple[int, bytes]:
        """Status and head of the next answer."""
        async with asyncio.timeout(20):
            head = await self.reader.readuntil(b"\r\n\r\n")
        return int(head.split()[1]), head

    async def end(self) -> bytes:
        try:
            async with asyncio.timeout(20):
                return await self.reader.read()
        except ConnectionError:
            return b""

    def drop(self) -> None:
        self.writer.transport.abort()


@pytest.fixture
async def hub_with(services: Services) -> AsyncIterator[Callable[..., Any]]:
    """A hub with these caps at its doors."""
    async with AsyncExitStack() as stack:

        async def start(**caps: Any) -> Hub:
            listener = bind("127.0.0.1", 0)
            stack.callback(listener.close)
            app = build_app(services)
            doors = await stack.enter_async_context(
                serving(app, [(listener, caps.pop("context", None))], _doors(caps))
            )
            return Hub(app, doors, listener.getsockname()[1])

        yield start


def _doors(caps: dict[str, Any]) -> Doors:
    proxy = caps.pop("proxy", None)
    return Doors(DoorCaps(**caps), proxy=proxy)


@pytest.fixture
async def hub(hub_with: Callable[..., Any]) -> Hub:
    made: Hub = await hub_with()
    return made


@pytest.fixture
async def lines() -> AsyncIterator[Callable[..., Any]]:
    """Opens raw connections, dropped at the end; `source` is an address of 127.0.0.0/8."""
    opened: list[Line] = []

    async def line(hub: Hub, source: str = "127.0.0.1") -> Line:
        made = Line(*await asyncio.open_connection("127.0.0.1", hub.port, local_addr=(source, 0)))
        opened.append(made)
        return made

    yield line
    for one in opened:
        one.drop()


@pytest.fixture
async def reader_of() -> AsyncIterator[Callable[[Hub], Any]]:
    """Honest people with browsers."""
    async with AsyncExitStack() as stack:

        async def make(hub: Hub) -> Reader:
            session: Any = await stack.enter_async_context(
                ClientSession(f"http://127.0.0.1:{hub.port}", cookie_jar=CookieJar(unsafe=True))
            )
            return Reader(session, headers={"Accept-Language": "en"})

        yield make


async def until(true: Callable[[], bool]) -> None:
    """Wait for what the loop still has to do."""
    async with asyncio.timeout(20):
        while not true():  # noqa: ASYNC110 - only the loop's own turns are waited for
            await asyncio.sleep(0.001)
