"""aiohttp's server as hub and relay run it: bounded in what it reads ahead, and telling its doors."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from confhub.kernel.doors import Doors

DOORS: web.AppKey[Doors] = web.AppKey("doors")
"""The doors in front of an application, where it is served through some."""

LINE_MAX_BYTES = 8_190
"""A request's line, or one header; what other servers take."""

HEADERS_MAX = 64
"""Browsers send 20, proxies add a few."""

READ_AHEAD_BYTES = 16 * 1024
"""Of a body that no handler has asked for yet."""

LINGER_S = 1.0
"""For the rest of a body that was refused, so that its sender reads the answer before the connection ends."""


def runner_for(
    app: web.Application, shutdown_s: float, *, line_max_bytes: int = LINE_MAX_BYTES, unpack: bool = False
) -> web.AppRunner:
    """A runner for `app`. `unpack`: compressed bodies are unpacked as they are read, else left as sent."""
    return web.AppRunner(
        app,
        access_log=None,
        shutdown_timeout=shutdown_s,
        max_line_size=line_max_bytes,
        max_field_size=line_max_bytes,
        max_headers=HEADERS_MAX,
        read_bufsize=READ_AHEAD_BYTES,
        lingering_time=LINGER_S,
        auto_decompress=unpack,
    )


def know(request: web.BaseRequest, who: str) -> None:
    """Whoever asks was recognized as `who`: no stranger of the same address may push this connection out."""
    if isinstance(request, web.Request) and (doors := request.app.get(DOORS)) is not None:
        doors.know(request.protocol, who)


def guard(doors: Doors, runner: web.AppRunner) -> None:
    """Let the runner's server tell `doors` of every request. Call after its setup, before any connection."""
    server = runner.server
    assert server is not None, "setup comes first"
    handle = server.request_handler

    async def told(request: web.BaseRequest) -> Any:
        doors.began(request.protocol)
        try:
            return await handle(request)
        finally:
            doors.ended(request.protocol)

    server.request_handler = told


async def answered(request: web.Request, response: web.StreamResponse) -> None:
    """The signal `on_response_prepare`: a body that nobody wants is not waited for."""
    if response.status == 101:
        if (doors := request.app.get(DOORS)) is not None:
            doors.upgraded(request.protocol)
    elif not request.content.is_eof():
        response.force_close()
        response.headers["Connection"] = "close"  # the signal comes after aiohttp has decided on that header
