"""The page by which an invited unit answers, without an account and without scripts.

The address is a secret: no other site and no search engine learns of it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from aiohttp import web
from pydantic import Field

from confhub.http.context import peer, services
from confhub.http.forms import FormModel, parse_form, read_form
from confhub.http.pages.phone import HEADERS, LANGUAGES_SHOWN
from confhub.http.pages.sessions_form import house_zone
from confhub.http.refusal import FORM_ERRORS, refusal
from confhub.http.render import render
from confhub.http.shapes import RowId
from confhub.invitations.values import Asked, Choice, Wish
from confhub.kernel.errors import DomainError
from confhub.kernel.local_time import local_moment

routes = web.RouteTableDef()

_LINK = r"/r/{token:[\w-]{16,80}}"
TYPED_MAX = 5_000
"""Characters of a short field: the services' own limits are told first."""
LIST_MAX = 60_000


class AnswerForm(FormModel):
    """The answer as typed."""

    choice: Choice
    comes_at: datetime | None = None
    reason: str = Field("", max_length=TYPED_MAX)
    by_name: str = Field("", max_length=TYPED_MAX)
    delegates: str = Field("", max_length=LIST_MAX)
    without: bool = False
    endpoint_id: RowId | None = None


@routes.get(_LINK)
async def page(request: web.Request) -> web.StreamResponse:
    """What the unit is asked."""
    token = request.match_info["token"]
    services(request).invitations.answers.count(token, peer(request).address)
    return await _show(request, await services(request).invitations.answers.asked(token))


@routes.post(_LINK)
async def answer(request: web.Request) -> web.StreamResponse:
    """The unit's answer from now on."""
    token, answers = request.match_info["token"], services(request).invitations.answers
    answers.count(token, peer(request).address)
    asked = await answers.asked(token)
    try:
        typed = await parse_form(request, AnswerForm)
        comes_at = typed.comes_at and local_moment(typed.comes_at, house_zone(request), "comes_at")
        wish = Wish(
            typed.choice, comes_at, typed.reason, typed.by_name, typed.delegates, typed.without,
            typed.endpoint_id,
        )  # fmt: skip
        asked = await answers.answer(token, wish)
    except FORM_ERRORS as error:
        return await _show(request, asked, error=error)
    return await _show(request, asked, done=True)


async def _show(
    request: web.Request, asked: Asked, *, done: bool = False, error: DomainError | None = None
) -> web.StreamResponse:
    again = refusal(request, error)
    typed: dict[str, Any] = (await read_form(request)).values() if error else {}
    if not typed and asked.answer is not None:
        kept = asked.answer
        typed = {"choice": kept.choice.value, "comes_at": kept.comes_at, "reason": kept.said}
    errors = {"reason" if name == "said" else name: text for name, text in again.errors.items()}
    response = await render(
        request,
        "registering.html",
        status=again.status,
        asked=asked,
        done=done,
        typed=typed,
        errors=errors,
        languages=LANGUAGES_SHOWN,
    )
    response.headers.update(HEADERS)
    return response
