"""The door of a room's own browser: a single-use ticket becomes an HttpOnly cookie."""

from __future__ import annotations

from datetime import timedelta

from aiohttp import web

from confhub.http.context import KIOSK_COOKIE, services
from confhub.http.forms import read_form
from confhub.http.login import set_cookie
from confhub.http.redirect import see_other
from confhub.http.security import csrf_exempt
from confhub.registry.kiosk import LOGIN_TTL_S

routes = web.RouteTableDef()


@routes.post("/kiosk/enter")
@csrf_exempt
async def enter(request: web.Request) -> web.StreamResponse:
    """The agent's local page posts `ticket` here, from Origin null; the ticket itself is the proof.

    A ticket that is unknown, used or older than 60 s is answered as such; no cookie is set then.
    """
    ticket = (await read_form(request)).get("ticket")
    token, session_id = await services(request).kiosk.enter(ticket)
    response = see_other(f"/sessions/{session_id}/room")
    until = services(request).clock.now() + timedelta(seconds=LOGIN_TTL_S)
    set_cookie(request, response, KIOSK_COOKIE, token, until=until)
    return response
