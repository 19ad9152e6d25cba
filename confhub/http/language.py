"""Which language a reader gets: cookie, then account, then Accept-Language, then the hub's default."""

from __future__ import annotations

from aiohttp import web
from aiohttp.typedefs import Handler

from confhub.http.context import LANGUAGE, LANGUAGE_COOKIE, language, login_or_none, services
from confhub.i18n.catalogue import LANGUAGES

_HEADER_MAX_CHARS = 200
"""Longer Accept-Language headers are cut: no browser sends more than a dozen languages."""


@web.middleware
async def language_middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Choose the language before anything is said."""
    request[LANGUAGE] = choose(request)
    return await handler(request)


def choose(request: web.Request) -> str:
    """By what is known of the reader so far; before the login was read, nobody is logged in."""
    login = login_or_none(request)
    for candidate in (
        request.cookies.get(LANGUAGE_COOKIE),
        login.actor.language if login else None,
        _accepted(request.headers.get("Accept-Language", "")),
    ):
        if candidate in LANGUAGES:
            return candidate
    return services(request).settings.default_language


def _accepted(header: str) -> str | None:
    """The best of our languages in an Accept-Language header (RFC 9110, 12.5.4), or None."""
    best: tuple[float, str] | None = None
    for part in header[:_HEADER_MAX_CHARS].split(","):
        tag, _, parameters = part.strip().partition(";")
        code = tag.strip().split("-")[0].lower()
        if code not in LANGUAGES:
            continue
        quality = _quality(parameters)
        if quality > 0 and (best is None or quality > best[0]):
            best = (quality, code)
    return best[1] if best else None


def _quality(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        quality = float(value)
    except ValueError:
        return 0.0
    return quality if 0.0 <= quality <= 1.0 else 0.0


def translate(request: web.Request, message: str, /, **params: object) -> str:
    """The sentence in the reader's language, its {parameters} filled in."""
    text = services(request).catalogue.gettext(language(request), message)
    return text.format(**params) if params else text
