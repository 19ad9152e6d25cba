"""The sentences for the pages' JavaScript, and the choice of language and theme."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta

from aiohttp import web

from confhub.http.context import LANGUAGE_COOKIE, services
from confhub.http.forms import read_form
from confhub.http.login import set_cookie
from confhub.i18n.catalogue import LANGUAGES

routes = web.RouteTableDef()

_COOKIE_LIFE = timedelta(days=365)


@routes.get("/static-i18n/{language}.json")
async def sentences(request: web.Request) -> web.StreamResponse:
    """English sentence → translation, for `_()` in web/static/js/base/i18n.js."""
    language = request.match_info["language"]
    if language not in LANGUAGES:
        raise web.HTTPNotFound()
    text = json.dumps(services(request).catalogue.sentences(language), ensure_ascii=False)
    response = web.json_response(text=text, headers={"Cache-Control": "no-cache"})
    response.etag = hashlib.sha256(text.encode()).hexdigest()[:16]
    return response


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


def local_path(text: str) -> str:
    """`text` where it is a path of this host, else `/`: nobody is sent elsewhere."""
    safe = (
        text.startswith("/")
        and not text.startswith(("//", "/\\"))
        and text.isprintable()
        and len(text) < 2000
    )
    return text if safe and "\\" not in text else "/"
