"""Server-sent events (HTML standard, 9.2): their one writer, with signs of life, and an end before rights
grow old."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable
from contextlib import suppress
from types import TracebackType
from typing import Any, Self, TypeVar

from aiohttp import web

from confhub.http.context import services
from confhub.http.turns import STREAM_TURNS, named
from confhub.kernel.events import Event, Subscription

_T = TypeVar("_T")


class OpenStreams(dict[asyncio.Task[Any], web.Request]):
    """The tasks that serve a stream now, each with what was asked."""


STREAMS: web.AppKey[OpenStreams] = web.AppKey("event_streams", OpenStreams)

KEEPALIVE_S = 15.0
"""Silence after which a comment is sent, so that proxies keep the line open."""
GATHER_S = 0.4
"""Changes of this long are sent as one batch: 302 rooms joining are a few messages, not 302."""
LIFE_S = 600.0
"""A stream ends after ten minutes; the browser opens it again, and rights are checked anew."""
RETRY_MS = 1000
"""When a browser opens a broken stream again."""


class EventStream:
    """One reader's stream, inside `async with`. It begins with the first `send`: what is refused before is
    an ordinary answer. A reader that went away ends the block quietly; a hub that stops ends it at once."""

    def __init__(self, request: web.Request) -> None:
        self._request = request
        self._clock = services(request).clock
        self._until = self._clock.monotonic() + LIFE_S
        self.response = web.StreamResponse(
            headers={"Content-Type": "text/event-stream; charset=utf-8", "X-Accel-Buffering": "no"}
        )

    async def __aenter__(self) -> Self:
        task = asyncio.current_task()
        assert task is not None, "a handler runs in a task"
        self._turn = self._request.app[STREAM_TURNS].turn(await named(self._request))
        self._turn.__enter__()
        self._task = task
        self._request.app[STREAMS][task] = self._request
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        self._request.app[STREAMS].pop(self._task, None)
        self._turn.__exit__(None, None, None)
        if kind is None and self.response.prepared:
            with suppress(ConnectionError):
                await self.response.write_eof()
        return isinstance(error, ConnectionError)

    async def send(self, name: str, line: str) -> None:
        """One event; `line` is JSON on one line (`json_line`). Waits while the reader is slow."""
        assert "\n" not in line, "a frame's data is one line"
        if not self.response.prepared:
            await self.response.prepare(self._request)
            await self.response.write(f"retry: {RETRY_MS}\n\n".encode())
        await self.response.write(f"event: {name}\ndata: {line}\n\n".encode())

    async def wait(self, news: Awaitable[_T]) -> _T | None:
        """After a first `send`: the next news, or None when the stream has lived long enough."""
        waiting = asyncio.ensure_future(news)
        try:
            while (left := self._until - self._clock.monotonic()) > 0:
                done, _ = await asyncio.wait({waiting}, timeout=min(KEEPALIVE_S, left))
                if done:
                    return waiting.result()
                await self.response.write(b": still here\n\n")
            return None
        finally:
            waiting.cancel()

    async def batches(
        self, subscription: Subscription, gather_s: float = GATHER_S
    ) -> AsyncIterator[list[Event]]:
        """Batches of events until the stream has lived long enough."""
        while (event := await self.wait(subscription.get())) is not None:
            yield await _gathered(subscription, event, gather_s)


async def _gathered(subscription: Subscription, first: Event, gather_s: float) -> list[Event]:
    """`first`, and what comes within `gather_s`."""
    batch = [first]
    try:
        async with asyncio.timeout(gather_s):
            while True:
                batch.append(await subscription.get())
    except TimeoutError:
        return batch


def json_line(value: Any) -> str:
    """Compact JSON on one line."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


async def close_streams(app: web.Application) -> None:
    """on_shutdown: end every open stream, so that the hub stops at once."""
    streams = app[STREAMS]
    for task in tuple(streams):
        task.cancel()


def install(app: web.Application) -> None:
    """Let `app` keep and close its streams."""
    app[STREAMS] = OpenStreams()
    app.on_shutdown.append(close_streams)
