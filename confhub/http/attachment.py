"""Files that a door hands out: their name, their kind, and whether a browser keeps or shows them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

from aiohttp import web

from confhub.files.names import MEDIA_TYPES

_KINDS: Final = {**MEDIA_TYPES, "csv": "text/csv; charset=utf-8"}
"""End of a name → what Content-Type says."""


def attached(name: str, content: bytes, *, shown: bool = False) -> web.Response:
    """`content` as a file called `name`, to be kept, or `shown` in the browser."""
    return web.Response(body=content, headers=_headers(name, "inline" if shown else "attachment"))


def attached_file(name: str, path: Path) -> web.FileResponse:
    """What lies at `path`, as a file called `name`."""
    return web.FileResponse(path, headers=_headers(name, "attachment"))


async def attached_stream(
    request: web.Request, name: str, size: int, pieces: AsyncIterator[bytes]
) -> web.StreamResponse:
    """`pieces` of `size` bytes together, as a file called `name`. Where they end early the connection is cut:
    half a file is not taken for a whole one."""
    answer = web.StreamResponse(headers=_headers(name, "attachment"))
    answer.content_length = size
    await answer.prepare(request)
    async for piece in pieces:
        await answer.write(piece)
        size -= len(piece)
    if size and request.transport is not None:
        request.transport.abort()
    return answer


def _headers(name: str, disposition: str) -> dict[str, str]:
    return {
        "Content-Disposition": f'{disposition}; filename="{name}"',
        "Content-Type": _KINDS[name.rpartition(".")[2]],
    }
