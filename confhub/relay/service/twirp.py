"""Twirp over aiohttp: one POST per method, protobuf or JSON, errors as Twirp's JSON with its statuses."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from google.protobuf import json_format
from google.protobuf.message import DecodeError, Message

from confhub.kernel.http_server import know
from confhub.relay.room import limits
from confhub.relay.room.rooms import Rooms
from confhub.relay.service import absent, access
from confhub.relay.wire.tokens import Grants, TokenError

log = logging.getLogger(__name__)

_STATUSES = {
    "invalid_argument": 400,
    "malformed": 400,
    "out_of_range": 400,
    "unauthenticated": 401,
    "deadline_exceeded": 408,
    "permission_denied": 403,
    "not_found": 404,
    "bad_route": 404,
    "already_exists": 409,
    "failed_precondition": 412,
    "resource_exhausted": 429,
    "unimplemented": 501,
    "unavailable": 503,
    "internal": 500,
}


class TwirpError(Exception):
    """A refused call: Twirp's code and English words."""

    def __init__(self, code: str, message: str) -> None:
        assert code in _STATUSES, "only Twirp's own codes"
        super().__init__(message)
        self.code = code
        self.message = message

    def response(self) -> web.Response:
        """Twirp's error body under its status."""
        return _json({"code": self.code, "msg": self.message}, _STATUSES[self.code])


def denied() -> TwirpError:
    """LiveKit answers every lack of a grant so."""
    return TwirpError("unauthenticated", "permissions denied")


def _json(value: Mapping[str, Any], status: int = 200) -> web.Response:
    """The content type without a charset, to the letter: livekit-server-sdk for Node reads a code and a text
    from nothing else."""
    return web.Response(
        status=status, body=json.dumps(value).encode(), headers={"Content-Type": "application/json"}
    )


Answer = Message | Mapping[str, Any]


@dataclass(frozen=True)
class Call:
    """One method: its request message (None: any JSON object) and what answers it."""

    request: type[Message] | None
    answer: Callable[[Grants, Any], Answer | Awaitable[Answer]]


Methods = Mapping[str, Call]


def handler(
    rooms: Rooms, services: Mapping[str, Methods]
) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """The aiohttp handler of `/twirp/{service}/{method}`."""

    async def serve(request: web.Request) -> web.StreamResponse:
        try:
            return await _serve(rooms, services, request)
        except TwirpError as error:
            return error.response()
        except Exception:
            log.exception("%s failed", request.path)
            return TwirpError("internal", "internal error").response()

    return serve


async def _serve(rooms: Rooms, services: Mapping[str, Methods], request: web.Request) -> web.StreamResponse:
    methods = services.get(request.match_info["service"])
    call = methods.get(request.match_info["method"]) if methods is not None else None
    if call is None:
        raise _unknown(request)
    try:
        grants = access.check(request, rooms)
    except TokenError as error:
        raise TwirpError("unauthenticated", error.message) from error
    know(request, "who holds the key")
    content_type = request.content_type
    if content_type not in ("application/protobuf", "application/json"):
        raise TwirpError("bad_route", f"unexpected Content-Type: {content_type!r}")
    try:
        async with asyncio.timeout(limits.TWIRP_BODY_S):
            body = await request.read()
    except TimeoutError as error:
        raise TwirpError("deadline_exceeded", "the request body did not arrive in time") from error
    except web.HTTPRequestEntityTooLarge as error:
        raise TwirpError("resource_exhausted", "the request body is too large") from error
    answer = call.answer(grants, _parse(call, body, content_type))
    if isinstance(answer, Awaitable):
        answer = await answer
    return _respond(answer, content_type)


def _unknown(request: web.Request) -> TwirpError:
    what = absent.of_service(request.match_info["service"], request.match_info["method"])
    if what is None:
        return TwirpError("bad_route", f"no handler for path {request.path!r}")
    return TwirpError("unimplemented", absent.sentence(what))


def _parse(call: Call, body: bytes, content_type: str) -> Any:
    try:
        if call.request is None:
            value = json.loads(body or b"{}")
            if not isinstance(value, dict):
                raise TwirpError("malformed", "the body is not a JSON object")
            return value
        if content_type == "application/protobuf":
            return call.request.FromString(body)
        return json_format.Parse(body.decode(), call.request(), ignore_unknown_fields=True)
    except (DecodeError, json_format.ParseError, UnicodeDecodeError, ValueError, RecursionError) as error:
        raise TwirpError("malformed", "the request cannot be decoded") from error


def _respond(answer: Message | Mapping[str, Any], content_type: str) -> web.Response:
    if not isinstance(answer, Message):
        return _json(answer)
    if content_type == "application/protobuf":
        return web.Response(body=answer.SerializeToString(), content_type=content_type)
    return _json(
        json_format.MessageToDict(
            answer, preserving_proto_field_name=True, always_print_fields_with_no_presence=True
        )
    )
