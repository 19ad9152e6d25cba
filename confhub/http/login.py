"""The login cookie: read on the way in, written at log-in, taken away at log-out."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from urllib.parse import quote

from aiohttp import web
from aiohttp.typedefs import Handler

from confhub.accounts.errors import PasswordMustChange
from confhub.accounts.origins import KNOWN_FOR
from confhub.accounts.values import LoginTicket
from confhub.http.asking import asker_of
from confhub.http.context import (
    DEVICE_COOKIE,
    KIOSK,
    KIOSK_COOKIE,
    LOGIN,
    LOGIN_COOKIE,
    TABLET,
    TABLET_COOKIE,
    peer,
    services,
)
from confhub.kernel.http_server import know

_BEFORE_OWN_PASSWORD: Final = frozenset(
    {"/first-password", "/logout", "/language", "/api/v1/me", "/api/v1/me/password"}
)
"""What is open to somebody whose password was chosen by somebody else."""

_TOKEN_MAX_CHARS = 200
"""Our own tokens are shorter; anything longer was not made here and is not looked up."""


@web.middleware
async def login_middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Find out who is logged in, and which room's browser this is. An unknown cookie is the same as none."""
    request[LOGIN] = request[KIOSK] = request[TABLET] = None
    if not request.path.startswith(("/static/", "/api/v1/endpoint/", "/api/v1/phone/", "/api/v1/time")):
        if token := _token(request, LOGIN_COOKIE):
            request[LOGIN] = await services(request).accounts.actor_of(token)
        if token := _token(request, KIOSK_COOKIE):
            request[KIOSK] = await services(request).kiosk.principal_of(token)
        if token := _token(request, TABLET_COOKIE):
            request[TABLET] = await services(request).tablets.principal_of(token)
        if (who := await asker_of(request)) is not None:
            know(request, who)
        login = request[LOGIN]
        if login is not None and login.must_change and not _open_before_own_password(request.path):
            raise PasswordMustChange()
    return await handler(request)


def _open_before_own_password(path: str) -> bool:
    return path in _BEFORE_OWN_PASSWORD


def _token(request: web.Request, name: str) -> str:
    token = request.cookies.get(name, "")
    return token if token.isascii() and token.isprintable() and len(token) <= _TOKEN_MAX_CHARS else ""


def set_login_cookie(request: web.Request, response: web.StreamResponse, token: str, until: datetime) -> None:
    """Give the browser its login. HttpOnly, SameSite=Lax, Secure where the browser speaks HTTPS."""
    set_cookie(request, response, LOGIN_COOKIE, token, until=until)


def set_logged_in(request: web.Request, response: web.StreamResponse, ticket: LoginTicket) -> None:
    """Give the browser its login, and the cookie by which it is known at the next one."""
    set_login_cookie(request, response, ticket.token, ticket.expires_at)
    until = services(request).clock.now() + KNOWN_FOR
    set_cookie(request, response, DEVICE_COOKIE, ticket.device, until=until)


def device_of(request: web.Request) -> str:
    """The cookie by which this browser is known; empty where it is not."""
    return _token(request, DEVICE_COOKIE)


def set_cookie(
    request: web.Request,
    response: web.StreamResponse,
    name: str,
    value: str,
    *,
    until: datetime | None = None,
    http_only: bool = True,
) -> None:
    """Set one of our cookies for the whole host; without `until` it ends with the browser."""
    max_age = None
    if until is not None:
        max_age = max(0, int((until - services(request).clock.now()).total_seconds()))
    response.set_cookie(
        name,
        value,
        max_age=max_age,
        path="/",
        httponly=http_only,
        samesite="Lax",
        secure=peer(request).secure,
    )


def drop_cookie(request: web.Request, response: web.StreamResponse, name: str) -> None:
    """Take a cookie away."""
    response.del_cookie(name, path="/", httponly=True, samesite="Lax", secure=peer(request).secure)


def login_location(request: web.Request) -> str:
    """Where somebody who has to log in first is sent; a GET page is come back to."""
    target = request.headers.get("HX-Current-URL", "") and "/"
    target = target or (request.path_qs if request.method == "GET" else "/")
    return "/login" if target == "/" else "/login?next=" + quote(target, safe="")
