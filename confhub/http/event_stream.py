"""Server-sent events (HTML standard, 9.2): batches of changes to one open page."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

from confhub.http.context import services
from confhub.http.turns import STREAM_TURNS, named
from confhub.kernel.events import Event, Subscription


class OpenStreams(dict[asyncio.Task[Any], web.Request]):
    """The tasks that serve a stream now, each with what was asked."""


STREAMS: web.AppKey[OpenStreams] = web.AppKey("event_streams", OpenStreams)

KEEPALIVE_S = 15.0
"""Silence after which a comment is sent, so that proxies keep the line open."""
GATHER_S = 0.4
"""Changes of this long are sent as one batch: 302 rooms joining are a few messages, not 302."""
LIFE_S = 600.0
"""A stream ends after ten minutes; the browser opens it again, and rights are checked anew."""


class EventStream:
    """One page's stream."""

    def __init__(self, response: web.StreamResponse, until: float, now: Any) -> None:
        self.response = response
        self._until = until
        self._now = now

    async def send(self, event: str, data: Any) -> None:
        """Send one event with JSON data."""
        text = json.dumps(data, ensure_ascii=False, default=str, separators=(",", ":"))
        await self.response.write(f"event: {event}\ndata: {text}\n\n".encode())

    async def batches(
        self, subscription: Subscription, gather_s: float = GATHER_S
    ) -> AsyncIterator[list[Event]]:
        """Batches of events until the stream's life is over; keeps the line alive in between."""
        while (left := self._until - self._now()) > 0:
            try:
                # not wait_for: on Python 3.11 it swallows a cancellation that comes with the event
                async with asyncio.timeout(min(KEEPALIVE_S, left)):
                    batch = [await subscription.get()]
            except TimeoutError:
                await self.response.write(b": still here\n\n")
                continue
            await _gather(subscription, batch, gather_s)
            yield batch


async def _gather(subscription: Subscription, batch: list[Event], gather_s: float) -> None:
    """Add to `batch` what comes within `gather_s`."""
    try:
        async with asyncio.timeout(gather_s):
            while True:
                batch.append(await subscription.get())
    except TimeoutError:
        return


@asynccontextmanager
async def event_stream(request: web.Request) -> AsyncIterator[EventStream]:
    """A stream for the length of the block; ends quietly when the browser leaves or the hub stops."""
    clock = services(request).clock
    response = web.StreamResponse(
        headers={"Content-Type": "text/event-stream; charset=utf-8", "X-Accel-Buffering": "no"}
    )
    task = asyncio.current_task()
    assert task is not None, "a handler runs in a task"
    streams = request.app[STREAMS]
    with request.app[STREAM_TURNS].turn(await named(request)):
        streams[task] = request
        try:
            await response.prepare(request)
            await response.write(b"retry: 2000\n\n")
            yield EventStream(response, clock.monotonic() + LIFE_S, clock.monotonic)
        except ConnectionError:
            return
        finally:
            streams.pop(task, None)


async def close_streams(app: web.Application) -> None:
    """on_shutdown: end every open stream, so that the hub stops at once."""
    streams = app[STREAMS]
    for task in tuple(streams):
        task.cancel()


def install(app: web.Application) -> None:
    """Let `app` keep and close its streams."""
    app[STREAMS] = OpenStreams()
    app.on_shutdown.append(close_streams)
