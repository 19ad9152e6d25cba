"""Jinja2: one environment per language, and what every page has at hand."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Mapping
from functools import cache, lru_cache, partial
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

import confhub
from confhub.access.rules import allows, allows_anywhere
from confhub.http.context import SERVICES, language, login_or_none, services
from confhub.http.forms import LEFT_OUT
from confhub.http.language import translate
from confhub.http.security import csrf_token
from confhub.i18n.catalogue import LANGUAGES, Catalogue
from confhub.i18n.formats import Formats
from confhub.kernel.guest import has_left
from confhub.kernel.permissions import Permission

ENVIRONMENTS: web.AppKey[dict[str, Environment]] = web.AppKey("environments")
THEME_COOKIE = "confhub_theme"
LANGUAGE_NAMES = {"vi": "Tiếng Việt", "en": "English"}


@cache
def web_dir() -> Path:
    """Where templates, static files and catalogues lie."""
    return Path(str(files("web")))


@lru_cache(maxsize=4)
def make_environments(catalogue: Catalogue, timezone: str) -> dict[str, Environment]:
    """One environment per language; autoescape on, unknown names are errors. A template is compiled once a
    process, however many hubs it holds."""
    return {code: _environment(code, catalogue, timezone) for code in LANGUAGES}


def _environment(code: str, catalogue: Catalogue, timezone: str) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(web_dir() / "templates"),
        autoescape=select_autoescape(default=True),
        extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    formats = Formats(code, timezone)

    def counted(singular: str, plural: str, number: int) -> str:
        text = catalogue.ngettext(code, singular, plural, number)
        return text.replace("%(num)s", formats.number(number))

    environment.install_gettext_callables(  # type: ignore[attr-defined]
        partial(catalogue.gettext, code), counted, newstyle=True
    )
    said = _sayer(partial(catalogue.gettext, code))
    environment.globals.update(
        _=said,
        gettext=said,
        fmt=formats,
        lang=code,
        languages=LANGUAGE_NAMES,
        version=confhub.__version__,
        static=static_url,
        Permission=Permission,
        timezone=timezone,
    )
    return environment


SENTENCES_KEPT = 5_000
"""Twice what the catalogues hold; templates also ask for words that stand in no catalogue."""


def _sayer(translated: Callable[[str], str]) -> Callable[..., Markup]:
    """Jinja's newstyle gettext, which always escapes here, with each sentence looked up once: a page
    of 300 rooms says some 6,000."""
    known: dict[str, Markup] = {}
    plain: dict[str, Markup] = {}

    def said(message: str, /, **variables: Any) -> Markup:
        if not variables and (done := plain.get(message)) is not None:
            return done
        sentence = known.get(message)
        if sentence is None:
            sentence = Markup(translated(message))  # noqa: S704 - our own words, from templates and catalogues
            if len(known) < SENTENCES_KEPT:
                known[message] = sentence
        if variables:
            return sentence % variables
        done = sentence % {}
        if message in known:
            plain[message] = done
        return done

    return said


@cache
def static_url(name: str) -> str:
    """`/static/<name>?v=<digest>`: the address changes with the content, so that it can be cached long. A
    running hub's files do not change."""
    try:
        content = (web_dir() / "static" / name).read_bytes()
    except FileNotFoundError:
        return f"/static/{name}"
    return f"/static/{name}?v={hashlib.sha256(content).hexdigest()[:12]}"


async def render(
    request: web.Request, template: str, /, *, status: int = 200, **context: Any
) -> web.Response:
    """`web/templates/<template>` as HTML in the reader's language.

    Every template has: `lang`, `fmt` (Formats), `_`, `ngettext`, `login` (LoggedIn or None), `actor`,
    `can(permission, path=None)`, `csrf`, `path`, `query(**changes)`, `static(name)`, `now`, `theme`, `done`,
    `in_clear` (an administrator has to know that the hub speaks plain HTTP on a network),
    `left_out` (sentences: why parts of the query string do not count, see `parse_filters`; the page is then
    a 422, except for htmx, which would not draw one), and
    `told(message, params)` for sentences that services hand out.

    Raises ConnectionResetError where nobody is there any more to read the page.
    """
    if status == 200 and request.get(LEFT_OUT) and "HX-Request" not in request.headers:
        status = 422
    if _is_gone(request):
        raise ConnectionResetError("the page's reader went away")
    environment = request.app[ENVIRONMENTS][language(request)]
    page = environment.get_template(template)
    # Never on the loop: a page of a hundred rooms takes a twentieth of a second to draw.
    text = await asyncio.to_thread(page.render, {**_common(request), **context})
    return web.Response(text=text, status=status, content_type="text/html", charset="utf-8")


def _is_gone(request: web.Request) -> bool:
    """Whether nobody would get the answer: a flood of requests whose senders break off draws no pages."""
    transport = request.transport
    return transport is None or transport.is_closing() or has_left(transport.get_extra_info("socket"))


def _common(request: web.Request) -> dict[str, Any]:
    login = login_or_none(request)
    who = login.actor if login else None

    def can(permission: Permission, path: str | None = None) -> bool:
        if who is None:
            return False
        return allows_anywhere(who, permission) if path is None else allows(who, permission, path)

    left_out = request.get(LEFT_OUT, {})

    def query(**changes: object) -> str:
        kept = {key: value for key, value in request.query.items() if key not in ("done", *left_out)}
        kept.update({key: str(value) for key, value in changes.items()})
        return "?" + urlencode({key: value for key, value in kept.items() if value not in ("", "None")})

    def told(message: str, params: Mapping[str, object]) -> str:
        return translate(request, message, **params)

    theme = request.cookies.get(THEME_COOKIE, "auto")
    return {
        "login": login,
        "actor": who,
        "can": can,
        "csrf": csrf_token(request),
        "path": request.path,
        "query": query,
        "told": told,
        "now": services(request).clock.now(),
        "theme": theme if theme in ("light", "dark") else "auto",
        "done": request.query.get("done", ""),
        "left_out": [f"{name}: {told(one.message, one.params)}" for name, one in left_out.items()],
        "in_clear": services(request).settings.plain_on_network and can(Permission.ACCOUNT_EDIT),
    }


def install(app: web.Application) -> None:
    """Make the environments of `app`."""
    found = app[SERVICES]
    app[ENVIRONMENTS] = make_environments(found.catalogue, found.settings.timezone)
