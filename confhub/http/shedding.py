"""What gives way when the hub is pressed: 503 with Retry-After, at once and before anything costs.

First what can wait (live pages, reports, feeds, lists), then ordinary pages, last check-ins, and those only
where their places are full: the newest is asked to come back, those that are being stored are stored. Rooms,
orders of the chair, log-ins and files of pages are never turned away.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from enum import IntEnum
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler

from confhub.http.context import LANGUAGE, services
from confhub.http.language import choose
from confhub.kernel.errors import Unavailable
from confhub.kernel.load import Stress


class Rank(IntEnum):
    """What a request is worth; the lowest goes first."""

    WAITS = 0
    ORDINARY = 1
    CHECKIN = 2
    VITAL = 3


_READ: Final = frozenset({"GET"})
_SENT: Final = frozenset({"POST"})

RANKS: Final[tuple[tuple[Rank, frozenset[str], re.Pattern[str]], ...]] = (
    (
        Rank.VITAL,
        _READ,
        re.compile(r"/healthz|/metrics|/static.*|/api/v1/time|/login.*|/tablet.*"),
    ),
    (Rank.CHECKIN, _READ | _SENT, re.compile(r"/c(/.*)?|/api/v1/phone/.*")),
    (
        Rank.CHECKIN,
        _READ,
        re.compile(r"/api/v1/(endpoint|tablet)/sessions/[^/]+/code|/api/v1/sessions/[^/]+/room-code"),
    ),
    (Rank.CHECKIN, _SENT, re.compile(r"/api/v1/tablet/.*")),
    (Rank.VITAL, _READ | _SENT, re.compile(r"/api/v1/endpoint/.*|/engine/.*|/kiosk.*")),
    (Rank.VITAL, _READ, re.compile(r"/sessions/[^/]+/room|/api/v1/sessions/[^/]+/standing.*")),
    (
        Rank.WAITS,
        _READ,
        re.compile(
            r"/(api/v1/)?sessions/[^/]+/"
            r"(live|events|people.*|report.*|quality|rooms/.*|checkin|attendance/verify)"
        ),
    ),
    (
        Rank.WAITS,
        _READ,
        re.compile(
            r"/(api/v1/)?(reports|courses|certificates|audit|fleet|desk|people|learning|privacy|verify|feeds)"
            r"(/.*|\.\w+)?"
        ),
    ),
    (
        Rank.WAITS,
        _SENT,
        re.compile(
            r"/reports.*|/(people/)?import.*|/(sessions|series)/[^/]+/(overlaps|free|people/(files|verify).*)"
        ),
    ),
    (Rank.ORDINARY, _READ, re.compile(r".*")),
)
"""Rank, methods, path as it is routed; the first that fits. What fits none is an order to do something:
vital."""

PLACES: Final = {Rank.WAITS: 64, Rank.ORDINARY: 256, Rank.CHECKIN: 800}
"""How many of a rank are served at a time. Check-ins: all 302 rooms' tablets at once, and 500 phones."""

RETRY_S: Final = {Rank.WAITS: (8, 20), Rank.ORDINARY: (5, 12), Rank.CHECKIN: (2, 6)}
"""When to come back: between these, so that not all come in the same instant."""

_STREAMS = re.compile(r".*/events")
"""They stay for minutes and have places of their own."""


class HubPressed(Unavailable):
    """The hub has more to do than it can, and this can wait."""

    code = "hub_busy"
    message = "The hub is very busy at this moment."
    remedy = "Try again in {retry_after_s} seconds; what you entered on a tablet or phone is kept."


class Shedder:
    """What is being served now, and what was turned away; one of each hub."""

    def __init__(self) -> None:
        self.now: Counter[Rank] = Counter()
        self.shed: Counter[Rank] = Counter()
        self._ranks: dict[tuple[str, str], Rank] = {}

    def rank_of(self, request: web.Request) -> Rank:
        """By the route, so that no path makes the memory grow."""
        resource = request.match_info.route.resource
        key = (request.method, resource.canonical if resource is not None else "")
        if key not in self._ranks:
            self._ranks[key] = rank_of(*key)
        return self._ranks[key]

    def turn_away(self, rank: Rank, stress: Stress) -> bool:
        """Whether a request of this rank has to come back."""
        if rank is Rank.VITAL:
            return False
        pressed = rank is not Rank.CHECKIN and rank < stress
        return pressed or self.now[rank] >= PLACES[rank]


def rank_of(method: str, path: str) -> Rank:
    """The rank of a routed path."""
    method = "GET" if method == "HEAD" else method
    for rank, methods, paths in RANKS:
        if method in methods and paths.fullmatch(path):
            return rank
    return Rank.VITAL


SHEDDER: web.AppKey[Shedder] = web.AppKey("shedder", Shedder)


@web.middleware
async def shedding_middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Serve it, or say at once when to come back."""
    shedder = request.app[SHEDDER]
    rank = shedder.rank_of(request)
    if shedder.turn_away(rank, services(request).load.stress):
        shedder.shed[rank] += 1
        request[LANGUAGE] = choose(request)
        raise HubPressed(retry_after_s=random.randint(*RETRY_S[rank]))  # noqa: S311 - spreads load, no secret
    if _STREAMS.fullmatch(request.path):
        return await handler(request)
    shedder.now[rank] += 1
    try:
        return await handler(request)
    finally:
        shedder.now[rank] -= 1


def install(app: web.Application) -> None:
    """Give the application its shedder."""
    app[SHEDDER] = Shedder()
