"""The choice of language."""

from __future__ import annotations

from datetime import timedelta

from aiohttp import web

from confhub.http.context import LANGUAGE_COOKIE, services
from confhub.http.forms import read_form
from confhub.http.login import set_cookie
from confhub.http.redirect import local_path
from confhub.i18n.catalogue import LANGUAGES

routes = web.RouteTableDef()

_COOKIE_LIFE = timedelta(days=365)


@routes.post("/language")
async def choose_language(request: web.Request) -> web.StreamResponse:
    """Remember the reader's language in a cookie, and go back to the page."""
    form = await read_form(request)
    chosen = form.get("language")
    response = web.Response(status=303, headers={"Location": local_path(form.get("back"))})
    if chosen in LANGUAGES:
        set_cookie(
            request, response, LANGUAGE_COOKIE, chosen, until=services(request).clock.now() + _COOKIE_LIFE
        )
    return response
