"""Defences of every page: forged requests (CSRF), content policy, framing, sniffing, caching."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable
from functools import lru_cache
from typing import TypeVar
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler

from confhub.http.context import (
    CSRF_COOKIE,
    PEER,
    SERVICES,
    kiosk_or_none,
    login_or_none,
    peer,
    services,
    tablet_or_none,
)
from confhub.http.forms import form_value
from confhub.http.login import set_cookie
from confhub.kernel.errors import Forbidden

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_EXEMPT = "_confhub_csrf_exempt"
_FRESH: web.RequestKey[str] = web.RequestKey("confhub_csrf", str)
_Handler = TypeVar("_Handler", bound=Callable[..., object])


class ForgedRequest(Forbidden):
    """The form was not sent from one of our pages, or from one that is too old."""

    code = "csrf_failed"
    message = "This request did not come from an open page of this service."
    remedy = "Reload the page and send it again."


def csrf_exempt(handler: _Handler) -> _Handler:
    """Mark a handler that no cookie speaks for: bearer credential, webhook signature, one-time ticket."""
    setattr(handler, _EXEMPT, True)
    return handler


@web.middleware
async def csrf_middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Unsafe methods need our own origin and the page's token (synchronizer token, OWASP)."""
    if request.method not in SAFE_METHODS and not _is_exempt(request):
        _check_origin(request)
        sent = request.headers.get("X-CSRF-Token") or await form_value(request, "csrf_token")
        if not hmac.compare_digest(sent.encode(), csrf_token(request).encode()):
            raise ForgedRequest()
    response = await handler(request)
    if request.get(_FRESH) and not response.prepared:
        set_cookie(request, response, CSRF_COOKIE, request[_FRESH])
    return response


def check_token(request: web.Request) -> None:
    """For doors that cookies and bearer tokens share: a cookie speaks with the page's token only."""
    if request.method not in SAFE_METHODS:
        _check_origin(request)
        sent = request.headers.get("X-CSRF-Token", "")
        if not hmac.compare_digest(sent.encode(), csrf_token(request).encode()):
            raise ForgedRequest()


def _is_exempt(request: web.Request) -> bool:
    return (
        bool(getattr(request.match_info.handler, _EXEMPT, False))
        or request.match_info.http_exception is not None
    )


def _check_origin(request: web.Request) -> None:
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None and site not in ("same-origin", "none"):
        raise ForgedRequest()
    origin = request.headers.get("Origin")
    if origin is None:
        return
    public = services(request).settings.public_url
    allowed = {peer(request).origin}
    if public:
        parts = urlsplit(public)
        allowed.add(f"{parts.scheme}://{parts.netloc}")
    if origin not in allowed:
        raise ForgedRequest()


def csrf_token(request: web.Request) -> str:
    """The token a page of this reader carries.

    With a login: the login's own. In a kiosk: its own. For nobody yet (log-in, set-up):
    from a random cookie, which is set with the answer.
    """
    login = login_or_none(request)
    if login is not None:
        return login.csrf
    kiosk = kiosk_or_none(request)
    if kiosk is not None:
        return kiosk.csrf
    tablet = tablet_or_none(request)
    if tablet is not None:
        return tablet.csrf
    cookie = request.cookies.get(CSRF_COOKIE) or request.get(_FRESH)
    if not cookie:
        cookie = request[_FRESH] = secrets.token_urlsafe(24)
    return _derived(cookie)


def _derived(cookie: str) -> str:
    return hashlib.sha256(b"confhub-csrf:" + cookie.encode("utf-8", "surrogateescape")).hexdigest()


async def add_security_headers(request: web.Request, response: web.StreamResponse) -> None:
    """on_response_prepare: what every answer carries. A handler's own header is kept."""
    headers = response.headers
    headers.setdefault("Content-Security-Policy", _content_policy(request))
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("X-Frame-Options", "DENY")
    headers.setdefault("Referrer-Policy", "same-origin")
    headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    headers.setdefault(
        "Permissions-Policy",
        "camera=(self), microphone=(self), display-capture=(self), geolocation=(), payment=(), usb=()",
    )
    found = request.get(PEER)
    if found is not None and found.secure:
        headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    headers.setdefault("Cache-Control", _caching(request))


def _caching(request: web.Request) -> str:
    """Pages are never kept; static files for a year under an address with their digest, else asked for."""
    if not request.path.startswith("/static/"):
        return "no-store"
    return "public, max-age=31536000, immutable" if "v" in request.query else "no-cache"


def _content_policy(request: web.Request) -> str:
    found = request.get(PEER)
    media = request.app[SERVICES].engine.url_for(found.host, secure=found.secure) if found is not None else ""
    return _policy_with(media)


@lru_cache(64)
def _policy_with(media: str) -> str:
    """`media`: the media server's address as this browser reaches it, or nothing."""
    connect = " ".join(["'self'", *_media_sources(media)])
    return (
        "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
        f"font-src 'self'; connect-src {connect}; media-src 'self' blob:; worker-src 'self' blob:; "
        "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )


def _media_sources(address: str) -> list[str]:
    """WebSocket, and HTTP for livekit-client's validation."""
    url = urlsplit(address)
    if not url.netloc or any(character in url.netloc for character in " ;,'"):
        return []
    tls = url.scheme in ("wss", "https")
    return [f"{'wss' if tls else 'ws'}://{url.netloc}", f"{'https' if tls else 'http'}://{url.netloc}"]
