"""Doors that take a file: who may send one is asked before a byte of it is read.

@routes.post("/import")
@takes_file(may_import)
async def preview(request): ...

No other door reads a file: there, a form in parts is refused (`forms.read_form`), and `request.read` is not
called outside this package's readers.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from aiohttp import web
from aiohttp.typedefs import Handler

from confhub.http.forms import UPLOAD

_MAY: Final = "_confhub_may_upload"
May = Callable[[web.Request], Awaitable[None]]
"""Asks the service for the right; raises Unauthenticated, Forbidden, NotFound."""
_Handler = TypeVar("_Handler", bound=Callable[..., object])


def takes_file(may: May) -> Callable[[_Handler], _Handler]:
    """Mark a handler that reads a file of whoever `may` lets through."""

    def mark(handler: _Handler) -> _Handler:
        setattr(handler, _MAY, may)
        return handler

    return mark


def right_of(handler: object) -> May | None:
    """What is asked before the handler's file is read; None where it takes none."""
    return getattr(handler, _MAY, None)


@web.middleware
async def upload_middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Before whoever reads the body: the check of forged requests, too."""
    may = right_of(request.match_info.handler)
    if may is not None:
        await may(request)
        request[UPLOAD] = True
    return await handler(request)


async def read_upload(request: web.Request) -> bytes:
    """A body that is the file itself. Raises 413 where it is over its cap."""
    assert request.get(UPLOAD), "the door is marked `takes_file`"
    return await request.read()
