"""Bodies of requests: how much of one is taken from whom, how long for, and how many at a time.

What a body may be is decided from the route and from who asks, before a byte of it is read. Nobody else in
the hub reads one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar

from aiohttp import ClientError, HttpVersion11, web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.typedefs import Handler
from aiohttp.web_protocol import RequestPayloadError

from confhub.agenda.limits import DOCUMENT_MAX_BYTES
from confhub.http.asking import asker_of
from confhub.http.context import peer
from confhub.http.pool import Pool, PoolFull, Reading
from confhub.kernel.errors import TooMany
from confhub.kernel.guest import network_of
from confhub.kernel.http_server import DOORS
from confhub.kernel.limits import IMPORT_MAX_BYTES


@dataclass(frozen=True, slots=True)
class Bound:
    """What one kind of body may be. `bytes_per_s`: the slowest sender that is waited for, after `grace_s`."""

    name: str
    max_bytes: int
    max_fields: int
    reason: str
    multipart: bool = False
    file: bool = False
    grace_s: float = 10.0
    bytes_per_s: int = 2_000


STRANGER = Bound(
    "stranger", 64 * 1024, 40, "Nobody knows who asks: a log-in or a scanned code has a dozen short fields."
)
FORM = Bound("form", 1024 * 1024, 5_000, "A session of 2,000 chosen rooms has two fields a room, and a note.")
UPLOAD = Bound(
    "upload", IMPORT_MAX_BYTES + 2 * 2**20, 60, "An import file and its form.",
    multipart=True, file=True, bytes_per_s=4_000,
)  # fmt: skip
FILE = Bound(
    "file", IMPORT_MAX_BYTES + 2 * 2**20, 0, "An import file alone, by the API.",
    file=True, bytes_per_s=4_000,
)  # fmt: skip
DOCUMENT_FORM = Bound(
    "document form", DOCUMENT_MAX_BYTES + 2 * 2**20, 60, "A document of a session and its form.",
    multipart=True, file=True, bytes_per_s=4_000,
)  # fmt: skip
DOCUMENT = Bound(
    "document", DOCUMENT_MAX_BYTES + 2 * 2**20, 0, "A document of a session alone, by the API.",
    file=True, bytes_per_s=4_000,
)  # fmt: skip
JSON = Bound("json", 1024 * 1024, 0, "The largest (a tablet's morning without the hub) is about 150 kB.")
WEBHOOK = Bound(
    "webhook", 256 * 1024, 0, "One participant and one track; LiveKit takes 64 kB of metadata at the most."
)
NOTHING = Bound("nothing", 0, 0, "This route takes no body; one that comes is left unread.")

BOUNDS = (STRANGER, FORM, UPLOAD, FILE, DOCUMENT_FORM, DOCUMENT, JSON, WEBHOOK, NOTHING)
"""The table. Who is not known gets `STRANGER` at the most on every route."""

STRANGERS_BYTES, STRANGERS_BYTES_PER_ADDRESS = 32 * 2**20, 4 * 2**20
"""Bodies of people nobody knows, in memory at a time: 500 of the largest, 64 of one address. Honest ones are
there for milliseconds; of those that are not whole the oldest gives way."""
KNOWN_BYTES, KNOWN_BYTES_PER_ASKER = 64 * 2**20, 4 * 2**20
"""Of those who are known: all 302 rooms' tablets at once, with 150 kB each."""
UPLOADS_BYTES, UPLOADS_BYTES_PER_ASKER = 120 * 2**20, 26 * 2**20
"""Files: ten at a time, two of one person."""

HEARD_OUT_BYTES, HEARD_OUT_S = 64 * 2**20, 30.0
"""Of a file that is refused for its size: its sender is a person with the right to send one."""

_BOUND = "_confhub_body_bound"
_Handler = TypeVar("_Handler", bound=Callable[..., object])


class Bodies:
    """What is being read now; one of each hub."""

    def __init__(self) -> None:
        self.strangers = Pool(STRANGERS_BYTES, STRANGERS_BYTES_PER_ADDRESS)
        self.known = Pool(KNOWN_BYTES, KNOWN_BYTES_PER_ASKER)
        self.uploads = Pool(UPLOADS_BYTES, UPLOADS_BYTES_PER_ASKER)
        self.aborted = 0
        """Bodies whose sender went away."""


BODIES: web.AppKey[Bodies] = web.AppKey("bodies", Bodies)
_READING: web.RequestKey[Reading] = web.RequestKey("confhub_body_reading", Reading)
_BODY: web.RequestKey[bytes] = web.RequestKey("confhub_body", bytes)


class TooManyBodies(TooMany):
    """More is being sent at this moment than is taken."""

    code = "too_many_bodies"
    message = "Too much is being sent at this moment."
    remedy = "Try again in a few seconds."


def takes(bound: Bound) -> Callable[[_Handler], _Handler]:
    """State what a handler's body may be."""

    def mark(handler: _Handler) -> _Handler:
        setattr(handler, _BOUND, bound)
        return handler

    return mark


def stated(handler: object) -> Bound:
    """What a handler takes from somebody who is known; a page's form where nothing else is stated."""
    bound = getattr(handler, _BOUND, FORM)
    assert isinstance(bound, Bound), "only `takes` sets it"
    return bound


async def bound_of(request: web.Request) -> Bound:
    """What this body may be. Raises 413 or 415."""
    handler_bound = stated(request.match_info.handler)
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise web.HTTPUnsupportedMediaType()
    if request.content_type.startswith("multipart/") and not handler_bound.multipart:
        raise web.HTTPUnsupportedMediaType()
    length = request.content_length
    if length is not None and length > handler_bound.max_bytes:
        if handler_bound.file and "Expect" not in request.headers:
            await _hear_out(request)
        raise web.HTTPRequestEntityTooLarge(max_size=handler_bound.max_bytes, actual_size=length)
    if await asker_of(request, thorough=length is None or length > STRANGER.max_bytes) is None:
        if length is not None and length > STRANGER.max_bytes:
            raise web.HTTPRequestEntityTooLarge(max_size=STRANGER.max_bytes, actual_size=length)
        return STRANGER if handler_bound.max_bytes else NOTHING
    return handler_bound


async def _hear_out(request: web.Request) -> None:
    """Read a file that is too large and keep nothing of it: whoever sends it, a proxy as well, reads the
    answer when all is sent. The door has asked who it is."""
    doors, left = request.app.get(DOORS), HEARD_OUT_BYTES
    with suppress(TimeoutError, RequestPayloadError, HttpProcessingError, ClientError, ConnectionError):
        async with asyncio.timeout(HEARD_OUT_S):
            while left > 0 and (chunk := await request.content.readany()):
                left -= len(chunk)
                if doors is not None:
                    doors.fed(request.protocol)


async def read_body(request: web.Request) -> bytes:
    """The whole body, read once. Raises as `bound_of`; TooManyBodies, 408, 413, or ConnectionResetError."""
    if _BODY not in request:
        bound = await bound_of(request)
        request[_BODY] = await _read(request, bound) if request.body_exists else b""
    return request[_BODY]


async def _read(request: web.Request, bound: Bound) -> bytes:
    bodies = request.app[BODIES]
    length = request.content_length
    asker: Any = await asker_of(request)
    if asker is None:
        pool, asker = bodies.strangers, network_of(peer(request).address)
    else:
        pool = bodies.uploads if bound.file else bodies.known
    try:
        reading = request[_READING] = pool.take(asker, bound.max_bytes if length is None else length)
    except PoolFull:
        raise TooManyBodies(retry_after_s=5) from None
    try:
        await _ask_for_it(request)
        return await _collect(request, reading, bound)
    except TimeoutError:
        raise web.HTTPRequestTimeout() from None
    except (RequestPayloadError, HttpProcessingError, ClientError, ConnectionError) as error:
        if request.transport is None or request.transport.is_closing():
            bodies.aborted += 1
            raise ConnectionResetError("the sender went away") from None
        raise web.HTTPBadRequest() from error


async def _collect(request: web.Request, reading: Reading, bound: Bound) -> bytes:
    """Chunk by chunk, each later only as long as the slowest pace allows."""
    loop = asyncio.get_running_loop()
    doors = request.app.get(DOORS)
    began = loop.time()
    content = bytearray()
    async with asyncio.timeout_at(began + bound.grace_s) as deadline:
        reading.deadline = deadline
        while chunk := await request.content.readany():
            content += chunk
            if doors is not None:
                doors.fed(request.protocol)
            if len(content) > bound.max_bytes:
                raise web.HTTPRequestEntityTooLarge(max_size=bound.max_bytes, actual_size=len(content))
            if not deadline.expired() and not reading.cut:
                deadline.reschedule(began + bound.grace_s + len(content) / bound.bytes_per_s)
    reading.deadline = None
    return bytes(content)


async def expected(request: web.Request) -> None:
    """`Expect: 100-continue` is answered by the body's reader, when it is known who asks and how much may
    come. Raises 417 for any other expectation. For every route, as its `expect_handler`."""
    if request.headers["Expect"].lower() != "100-continue":
        raise web.HTTPExpectationFailed()


async def _ask_for_it(request: web.Request) -> None:
    """Tell a sender that waits for it that its body is taken."""
    if "Expect" in request.headers and request.version >= HttpVersion11:
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0  # the answer itself has not begun


@web.middleware
async def bodies_middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
    """What a request's body took is given back when the request is over."""
    try:
        return await handler(request)
    finally:
        if _READING in request:
            request[_READING].done()
            request.pop(_BODY, None)


def install(app: web.Application) -> None:
    """Let `app` count what it reads."""
    app[BODIES] = Bodies()
