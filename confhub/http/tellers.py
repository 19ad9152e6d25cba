"""Who speaks for a room at check-in, at either door: its tablet, or a person with the right."""

from __future__ import annotations

from aiohttp import web

from confhub.checkin.errors import TabletUnknown
from confhub.checkin.values import RoomTeller
from confhub.http.asking import bearer, note_asker
from confhub.http.context import BIGINT_MAX, actor, login_or_none, services, tablet_or_none
from confhub.http.security import check_token
from confhub.kernel.errors import NotFound
from confhub.kernel.ids import EndpointId

CODE_MAX_CHARS = 60
"""Twelve characters, with what people put between them."""


async def room_teller(request: web.Request) -> RoomTeller:
    """Who speaks for a room: a bearer token, else a login with `?endpoint=`, else the tablet's cookie.

    Cookies need the page's token for unsafe methods. Raises TabletUnknown, ForgedRequest, and what the
    service raises for a person.
    """
    found = services(request)
    if token := bearer(request):
        principal = await found.tablets.principal_of(token)
        if principal is None:
            raise TabletUnknown
        note_asker(request, f"tablet {principal.tablet_id}")
        return principal.teller
    check_token(request)
    asked = request.query.get("endpoint", "")
    if asked and login_or_none(request) is not None:
        if not (asked.isascii() and asked.isdigit() and len(asked) <= 19 and 0 < int(asked) <= BIGINT_MAX):
            raise NotFound
        return await found.tablets.teller_for(actor(request), EndpointId(int(asked)))
    principal = tablet_or_none(request)
    if principal is None:
        raise TabletUnknown
    return principal.teller
