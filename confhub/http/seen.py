"""What a form showed when it was opened: its version goes with it, and what changed since is told.

A page's form carries two hidden fields (`ui.seen_fields`); a program sends the ETag it was given in If-Match.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from aiohttp import web

from confhub.http.context import language, services
from confhub.http.forms import Form
from confhub.http.language import translate
from confhub.i18n.formats import Formats
from confhub.kernel.errors import DomainError, ValidationErrors
from confhub.kernel.versions import VERSION_CHARS, ChangedMeanwhile, version_of

Shown = Sequence[tuple[str, str]]
"""(what it is called, what it says) of every entry of a form, in the reader's language."""

ETAG: web.RequestKey[str] = web.RequestKey("confhub_etag", str)
"""Request key: the version of what an API handler answers with; the door makes it the ETag."""


@dataclass(frozen=True, slots=True)
class Change:
    """One entry that somebody else changed."""

    label: str
    was: str
    now: str


@dataclass(frozen=True, slots=True)
class Seen:
    """The version that a form shows. `changes`: what became different since it was opened before."""

    version: str
    shown: Shown
    stale: bool = False
    changes: tuple[Change, ...] = ()

    @property
    def text(self) -> str:
        """`shown` for the hidden field."""
        return json.dumps([list(pair) for pair in self.shown], ensure_ascii=False)


def seen_now(
    values: object, shown: Shown, form: Form | None = None, error: DomainError | None = None
) -> Seen:
    """The version for a form that is drawn. Drawn again with an `error`, it keeps the version that was sent,
    so that nobody's change slips through; after `ChangedMeanwhile` it is today's, with what changed."""
    now = Seen(version_of(values), shown)
    if form is None:
        return now
    before = _read(form.get("seen"))
    each = error.errors if isinstance(error, ValidationErrors) else [error]
    if any(isinstance(one, ChangedMeanwhile) for one in each):
        return replace(now, stale=True, changes=tuple(_changes(before, dict(shown))))
    return Seen(version_sent(form) or now.version, list(before.items()) or shown)


def labelled(request: web.Request, *pairs: tuple[str, object]) -> list[tuple[str, str]]:
    """(label, value) in the reader's language; dates as this language writes them."""
    fmt = Formats(language(request), services(request).settings.timezone)

    def text(value: object) -> str:
        if isinstance(value, bool):
            return translate(request, "yes") if value else translate(request, "no")
        if isinstance(value, datetime):
            return fmt.datetime(value)
        return fmt.date(value) if isinstance(value, date) else "" if value is None else str(value)

    return [(translate(request, label), text(value)) for label, value in pairs]


def version_sent(form: Form) -> str | None:
    """The version that came with a form; None where it carries none."""
    return form.get("version")[:VERSION_CHARS] or None


def if_match(request: web.Request) -> str | None:
    """The version a program names in If-Match (RFC 9110, 13.1.1); None for none, or for `*`."""
    text = request.headers.get("If-Match", "").strip()
    if text in ("", "*"):
        return None
    return text.removeprefix("W/").strip('"')[:100]


def tell_version(request: web.Request, *values: object) -> None:
    """Let the answer carry the version of `values` as its ETag."""
    request[ETAG] = version_of(*values)


def _read(text: str) -> dict[str, str]:
    try:
        return {str(label): str(value) for label, value in json.loads(text)}
    except (ValueError, TypeError, RecursionError):
        return {}


def _changes(before: dict[str, str], now: dict[str, str]) -> list[Change]:
    return [
        Change(label, before.get(label, ""), now.get(label, ""))
        for label in dict.fromkeys((*before, *now))
        if before and before.get(label, "") != now.get(label, "")
    ]
