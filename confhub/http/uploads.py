"""Doors that take a file: who may send one is asked before a byte of it is read.

@routes.post("/import")
@takes_file(may_import)
async def preview(request): ...

No other door takes a form in parts, or a body so large (`bodies`).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from aiohttp import web
from aiohttp.typedefs import Handler

from confhub.http.bodies import UPLOAD, Bound, read_body, takes
from confhub.sheets.errors import FileEmpty

_MAY: Final = "_confhub_may_upload"
May = Callable[[web.Request], Awaitable[None]]
"""Asks the service for the right; raises Unauthenticated, Forbidden, NotFound."""
_Handler = TypeVar("_Handler", bound=Callable[..., object])


class NothingInFile(FileEmpty):
    """A file was chosen, and there is nothing in it."""

    message = "The file is empty."
    remedy = "Save it again in the program that made it, with the rows in it, and choose it anew."


def takes_file(may: May, bound: Bound = UPLOAD) -> Callable[[_Handler], _Handler]:
    """Mark a handler that reads a file of whoever `may` lets through, within `bound`."""

    def mark(handler: _Handler) -> _Handler:
        setattr(handler, _MAY, may)
        return takes(bound)(handler)

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
    return await handler(request)


async def read_upload(request: web.Request) -> bytes:
    """A body that is the file itself. Raises 413 where it is over its cap."""
    assert right_of(request.match_info.handler) is not None, "the door is marked `takes_file`"
    return await read_body(request)
