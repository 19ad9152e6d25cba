"""A phone that checks in, at either door: its cookie, what else is known of it, and how much it sends."""

from __future__ import annotations

from aiohttp import web

from confhub.checkin import limits
from confhub.checkin.values import Likeness
from confhub.http.context import DEVICE_COOKIE, peer, services
from confhub.http.login import set_cookie

BADGE_MAX_CHARS = 64
"""Sixteen characters, with what a scanner or a person puts between them."""
TICKET_MAX_CHARS = 200
PICK_MAX_CHARS = 60
WAITED_MAX_MS = 10 * 60 * 1000
"""Longer than a visit lasts."""

_BROWSER = ("User-Agent", "Accept-Language", "Sec-CH-UA", "Sec-CH-UA-Platform", "Sec-CH-UA-Model")
"""What browsers tell of themselves without being asked; many phones tell the same."""


async def likeness_of(request: web.Request) -> Likeness:
    """What is known of this phone beside its cookie: where it is, and what kind of browser it has."""
    kind = "|".join(request.headers.get(name, "")[:300] for name in _BROWSER)
    return await services(request).codes.likeness(peer(request).address, kind)


async def device_of(request: web.Request) -> tuple[str, str | None]:
    """(what this phone is called here, the cookie to set where it has none yet)."""
    codes = services(request).codes
    device = await codes.device_of(request.cookies.get(DEVICE_COOKIE, ""))
    if device is not None:
        return device, None
    cookie = await codes.new_device()
    device = await codes.device_of(cookie)
    assert device is not None, "it was made just now"
    return device, cookie


def set_device_cookie(request: web.Request, response: web.StreamResponse, cookie: str) -> None:
    """Let the phone be known for a year."""
    until = services(request).clock.now() + limits.DEVICE_TTL
    set_cookie(request, response, DEVICE_COOKIE, cookie, until=until)
