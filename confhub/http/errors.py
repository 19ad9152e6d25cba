"""Domain error → HTTP, in one place: a page for people, `{"error": …}` for programs. Never a traceback."""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from typing import Any

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler
from sqlalchemy.exc import DataError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from confhub.accounts.errors import PasswordMustChange
from confhub.http.context import login_or_none, services
from confhub.http.language import translate
from confhub.http.login import login_location
from confhub.http.render import render
from confhub.kernel.errors import (
    Conflict,
    DomainError,
    Forbidden,
    Gone,
    Invalid,
    NotFound,
    TooMany,
    Unauthenticated,
    Unavailable,
    ValidationErrors,
)
from confhub.kernel.versions import ChangedMeanwhile

log = structlog.get_logger("confhub.http")

STATUS: tuple[tuple[type[DomainError], int], ...] = (
    (ValidationErrors, 422),
    (Invalid, 422),
    (NotFound, 404),
    (Forbidden, 403),
    (Unauthenticated, 401),
    (ChangedMeanwhile, 412),
    (Conflict, 409),
    (Gone, 410),
    (TooMany, 429),
    (Unavailable, 503),
)
"""Kind → status; the first that fits."""

TITLES: dict[int, tuple[str, str]] = {
    400: ("The request was not understood", "Go back, reload the page and try again."),
    401: ("You are not logged in", "Log in and try again."),
    403: ("You do not have access", "Ask an administrator of this branch."),
    404: ("There is no such page", "It may have been moved or removed, or it is outside your branch."),
    405: ("This cannot be done here", "Go back, reload the page and try again."),
    408: ("The request did not arrive in time", "Look at the connection and send it again."),
    409: ("Something changed in the meantime", "Reload the page and look again."),
    410: ("This has expired", "Ask for a new one."),
    412: ("Something changed in the meantime", "Reload the page and look again."),
    413: ("This is too large", "Send a shorter text or list, or a smaller file; an import may have 10 MB."),
    415: ("The data was not sent correctly", "Go back, reload the page and try again."),
    422: ("Some fields need attention", "Go back, correct them and send again."),
    429: ("Too many attempts", "Wait a little and try again."),
    500: (
        "Something went wrong on our side",
        "It was written to the log; tell the operator the number below.",
    ),
    503: (
        "A service that is needed does not answer",
        "Try again in a moment; if the problem remains, tell the operator.",
    ),
}
"""Status → title and remedy of its page (message ids)."""

_CODES = {
    404: "not_found",
    405: "method_not_allowed",
    408: "too_slow",
    413: "too_large",
    415: "unsupported_media_type",
    500: "internal",
}


_NOTED = {
    "csrf_failed": "http:request:forge",
    "pairing_code_unknown": "registry:pairing:fail",
    "screen_code_unknown": "registry:pairing:fail",
    "credential_unknown": "registry:credential:fail",
    "ticket_invalid": "registry:kiosk:fail",
    "tablet_code_unknown": "checkin:tablet:fail",
    "tablet_unknown": "checkin:tablet:fail",
}
"""Refusals of whoever shows a wrong code or none → the audit trail's action."""


_USUAL_RETRY_S = {429: 60, 503: 3}
"""When to come back, where the error does not say."""


def status_of(error: DomainError) -> int:
    """The HTTP status of a domain error."""
    return next((status for kind, status in STATUS if isinstance(error, kind)), 400)


def words(request: web.Request, error: DomainError) -> tuple[str, str]:
    """(message, remedy) in the reader's language."""
    return translate(request, error.message, **error.params), (
        translate(request, error.remedy, **error.params) if error.remedy else ""
    )


def field_errors(request: web.Request, error: DomainError) -> dict[str, str]:
    """Field → sentence, for drawing a form again; what concerns no field stands under an empty name."""
    _note(request, error)
    each = error.errors if isinstance(error, ValidationErrors) else [error]
    found: dict[str, str] = {}
    for one in each:
        found.setdefault(one.field or "", " ".join(part for part in words(request, one) if part))
    return found


def error_json(request: web.Request, error: DomainError) -> dict[str, Any]:
    """The body of an API error; with several fields at fault, `errors` lists them all."""
    body: dict[str, Any] = {"error": _one(request, error)}
    if isinstance(error, ValidationErrors) and error.errors:
        each = [_one(request, one) for one in error.errors]
        body["error"] = {**each[0], "code": error.code} if len(each) > 1 else each[0]
        body["errors"] = each
    return body


def _one(request: web.Request, error: DomainError) -> dict[str, Any]:
    message, remedy = words(request, error)
    return {"code": error.code, "message": message, "field": error.field, "remedy": remedy or None}


def wants_json(request: web.Request) -> bool:
    """Whether a program asks: an API path, or an Accept header that names JSON and no HTML."""
    accept = request.headers.get("Accept", "")
    return request.path.startswith("/api/") or ("application/json" in accept and "text/html" not in accept)


@web.middleware
async def error_middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer every error in the reader's language and form."""
    try:
        return await _answered(request, handler)
    except ConnectionResetError:  # who asked has gone; counted where bodies are read, told to nobody
        return web.Response(status=499)


async def _answered(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except DomainError as error:
        return await _domain_answer(request, error)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        return await _status_answer(request, error.status, headers=_kept(error))
    except (OperationalError, PoolTimeout, ConnectionRefusedError) as error:
        log.error("database does not answer", path=request.path, error=type(error).__name__)
        return await _domain_answer(request, Unavailable())
    except (DataError, UnicodeError) as error:
        log.warning("a value the database cannot hold", path=request.path, error=type(error).__name__)
        return await _domain_answer(request, Invalid())
    except ConnectionResetError:
        raise
    except Exception:  # noqa: BLE001 - containment of one request; logged with its number
        number = f"{id(request) & 0xFFFFFF:06x}"
        log.error(  # format_exc() shows no local variables, which may hold passwords
            "request failed", path=request.path, number=number, traceback=traceback.format_exc()
        )
        return await _status_answer(request, 500, number=number)


def _kept(error: web.HTTPException) -> Mapping[str, str]:
    return {name: value for name, value in error.headers.items() if name in ("Allow", "Retry-After")}


def retry_headers(error: DomainError) -> dict[str, str]:
    """When to come back, where it is a matter of time."""
    usual = _USUAL_RETRY_S.get(status_of(error))
    if usual is None:
        return {}
    return {"Retry-After": str(error.params.get("retry_after_s", usual))}


def _note(request: web.Request, error: DomainError) -> None:
    """Forged and throttled requests are counted in the audit trail, by door and address."""
    action = "http:request:throttle" if status_of(error) == 429 else _NOTED.get(error.code)
    if action is not None:
        resource = request.match_info.route.resource
        services(request).refusals.note(action, "door", resource.canonical if resource is not None else "")


async def _domain_answer(request: web.Request, error: DomainError) -> web.StreamResponse:
    status = status_of(error)
    _note(request, error)
    headers = retry_headers(error)
    if wants_json(request):
        return web.json_response(error_json(request, error), status=status, headers=headers)
    if isinstance(error, PasswordMustChange):
        if request.headers.get("HX-Request"):
            return web.Response(status=204, headers={"HX-Redirect": "/first-password"})
        return web.Response(status=303, headers={"Location": "/first-password"})
    if isinstance(error, Unauthenticated) and login_or_none(request) is None:
        raise_to = login_location(request)
        if request.headers.get("HX-Request"):
            return web.Response(status=204, headers={"HX-Redirect": raise_to})
        return web.Response(status=303, headers={"Location": raise_to})
    if status == 503 and request.method == "GET":
        headers["Refresh"] = headers["Retry-After"]
    message, remedy = words(request, error)
    return await _page(request, status, message, remedy, headers=headers)


async def _status_answer(
    request: web.Request, status: int, *, number: str | None = None, headers: Mapping[str, str] | None = None
) -> web.StreamResponse:
    title, remedy = TITLES.get(status, TITLES[400])
    title, remedy = translate(request, title), translate(request, remedy)
    if wants_json(request):
        code = _CODES.get(status, "error")
        error = {"code": code, "message": title, "field": None, "remedy": remedy}
        if number:
            error["number"] = number
        return web.json_response({"error": error}, status=status, headers=headers)
    return await _page(request, status, title, remedy, number=number, headers=headers)


async def _page(
    request: web.Request,
    status: int,
    message: str,
    remedy: str,
    *,
    number: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> web.StreamResponse:
    response = await render(
        request, "error.html", status=status, code=status, message=message, remedy=remedy, number=number
    )
    response.headers.update(headers or {})
    return response
