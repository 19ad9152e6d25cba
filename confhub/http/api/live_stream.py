"""Waiting for news on a server-sent stream: with signs of life, and an end before rights grow old."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from contextlib import suppress
from types import TracebackType
from typing import Self, TypeVar

from aiohttp import web

from confhub.http.context import services
from confhub.http.event_stream import KEEPALIVE_S, LIFE_S, STREAMS
from confhub.http.turns import STREAM_TURNS, named

_T = TypeVar("_T")


class NewsStream:
    """One reader's stream, inside `async with`. A reader that went away ends the block quietly; a hub that
    stops ends it at once."""

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

    async def send(self, name: str, json_text: str) -> None:
        """One event; `json_text` is one line of JSON. Waits while the reader is slow."""
        assert "\n" not in json_text, "a frame's data is one line"
        if not self.response.prepared:
            await self.response.prepare(self._request)
            await self.response.write(b"retry: 1000\n\n")
        await self.response.write(f"event: {name}\ndata: {json_text}\n\n".encode())

    async def wait(self, news: Awaitable[_T]) -> _T | None:
        """After a first `send`: the next news, or None when the stream has lived long enough: the browser
        opens it again, and its
        rights are checked anew."""
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
