"""`Api`: declares an operation once: its route, its shapes, its words in the OpenAPI document.

api = Api("Units")

@api("POST", "/api/v1/units", summary="Add a unit", request=NewUnit, response=UnitOut, status=201)
async def create(request: web.Request, body: NewUnit) -> UnitOut: ...
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from pydantic import BaseModel, ValidationError

from confhub.http import bodies
from confhub.http.context import actor, services
from confhub.http.forms import load_json, parse_query
from confhub.http.security import csrf_exempt
from confhub.http.seen import ETAG
from confhub.http.shapes import clean, shape_error
from confhub.http.uploads import May, takes_file
from confhub.idempotency.service import Answered
from confhub.kernel.errors import DomainError, Invalid

IDEMPOTENCY_KEY = "Idempotency-Key"
"""The header (draft-ietf-httpapi-idempotency-key-header)."""


class BrokenJson(Invalid):
    """The body is no JSON object in UTF-8."""

    code = "broken_json"
    message = "The body is not valid JSON in UTF-8."
    remedy = "Send a JSON object with Content-Type: application/json."


@dataclass(frozen=True, slots=True)
class Operation:
    """What the OpenAPI document says of one operation."""

    method: str
    path: str
    summary: str
    tag: str
    name: str
    description: str = ""
    request: type[BaseModel] | None = None
    response: type[BaseModel] | None = None
    query: type[BaseModel] | None = None
    status: int = 200
    errors: tuple[type[DomainError], ...] = ()
    example: dict[str, Any] | None = None
    security: str = "login"
    """login (cookie + X-CSRF-Token) | endpoint (bearer credential) | tablet (see checkin_tablet) | none"""
    content_type: str = "application/json"
    repeatable: bool = False
    """Takes an Idempotency-Key: sent twice, it is carried out once."""

    @property
    def body(self) -> bodies.Bound:
        """What its body may be, where it is no file."""
        return bodies.JSON if self.request is not None else bodies.NOTHING


@dataclass(slots=True)
class Api:
    """One subject's operations. Its `routes` are served by `confhub.http.operations`."""

    tag: str
    routes: web.RouteTableDef = field(default_factory=web.RouteTableDef)
    operations: list[Operation] = field(default_factory=list)

    def __call__(
        self,
        method: str,
        path: str,
        *,
        summary: str,
        request: type[BaseModel] | None = None,
        response: type[BaseModel] | None = None,
        query: type[BaseModel] | None = None,
        status: int = 200,
        errors: tuple[type[DomainError], ...] = (),
        example: dict[str, Any] | None = None,
        security: str = "login",
        content_type: str = "application/json",
        upload: May | None = None,
        bound: bodies.Bound = bodies.FILE,
        repeatable: bool = False,
    ) -> Callable[[Callable[..., Awaitable[Any]]], Callable[..., Awaitable[Any]]]:
        """Serve `method path` with the decorated handler.

        The handler gets the request, then `body=` (a `request` model) and `query=` (a `query` model) where
        declared. It returns a `response` model, None (204), or a finished `web.StreamResponse`.
        `upload`: the body is a file within `bound`, read by `uploads.read_upload` from whoever this lets
        through.
        `repeatable`: takes an Idempotency-Key.
        With `security` other than "login" the CSRF check is off: no cookie speaks there.
        """

        def decorate(handler: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
            operation = Operation(
                method.upper(),
                path,
                summary,
                self.tag,
                f"{self.tag.lower().replace(' ', '_')}_{handler.__name__}",
                " ".join((handler.__doc__ or "").split()),
                request,
                response,
                query,
                status,
                errors,
                example,
                security,
                content_type,
                repeatable,
            )
            self.operations.append(operation)

            async def door(incoming: web.Request) -> web.StreamResponse:
                return await _serve(operation, handler, incoming)

            door.__name__ = handler.__name__
            if upload is not None:
                takes_file(upload, bound)(door)
            else:
                bodies.takes(operation.body)(door)
            self.routes.route(operation.method, path)(door if security == "login" else csrf_exempt(door))
            return handler

        return decorate


async def _serve(
    operation: Operation, handler: Callable[..., Awaitable[Any]], request: web.Request
) -> web.StreamResponse:
    key = request.headers.get(IDEMPOTENCY_KEY) if operation.repeatable else None
    if key is None:
        return await _answered(operation, handler, request)
    return await _once(operation, handler, request, key)


async def _once(
    operation: Operation, handler: Callable[..., Awaitable[Any]], request: web.Request, key: str
) -> web.StreamResponse:
    """As `_answered`, or what was answered to the same key before. What is refused frees the key; where
    nobody knows whether it was carried out, it stays taken."""
    who, keys = actor(request), services(request).idempotency
    body = await bodies.read_body(request) if operation.request is not None else b""
    before = await keys.begin(who, key, f"{request.method} {request.path_qs}\n".encode() + body)
    if before is not None:
        headers = {"ETag": before.etag} if before.etag else None
        return web.Response(
            text=before.text, status=before.status, content_type=operation.content_type, headers=headers
        )
    try:
        answer = await _answered(operation, handler, request)
    except DomainError:
        await keys.refused(who, key)
        raise
    assert isinstance(answer, web.Response), "what can be repeated answers with a model"
    await keys.done(who, key, Answered(answer.status, answer.text or "", answer.headers.get("ETag", "")))
    return answer


async def _answered(
    operation: Operation, handler: Callable[..., Awaitable[Any]], request: web.Request
) -> web.StreamResponse:
    arguments: dict[str, Any] = {}
    if operation.request is not None:
        arguments["body"] = await read_body(request, operation.request)
    if operation.query is not None:
        arguments["query"] = parse_query(request, operation.query)
    answer = await handler(request, **arguments)
    if isinstance(answer, web.StreamResponse):
        return answer
    if answer is None:
        return web.Response(status=204)
    assert isinstance(answer, BaseModel), "an API handler answers with its response model"
    headers = {"ETag": f'"{incoming_version}"'} if (incoming_version := request.get(ETAG)) else None
    return web.Response(
        text=answer.model_dump_json(),
        status=operation.status,
        content_type=operation.content_type,
        headers=headers,
    )


async def read_body(request: web.Request, model: type[BaseModel]) -> BaseModel:
    """The JSON body as `model`. Raises `BrokenJson`, `Invalid`, `ValidationErrors`, or 413."""
    body = await bodies.read_body(request)
    try:
        value = load_json(body)
    except ValueError:
        raise BrokenJson() from None
    if not isinstance(value, dict):
        raise BrokenJson()
    try:
        clean(value)
        return model.model_validate_json(body, strict=True)
    except ValidationError as error:
        raise shape_error(error) from None
