"""A unit's webhooks: addresses of other systems, what is told to them, and what did not arrive."""

from __future__ import annotations

from typing import Final

from aiohttp import web
from pydantic import Field

from confhub.http.context import actor, path_id, services
from confhub.http.forms import FormModel, parse_form, read_form
from confhub.http.language import translate
from confhub.http.redirect import see_other
from confhub.http.refusal import FORM_ERRORS, refusal
from confhub.http.render import render
from confhub.http.seen import labelled, seen_now, version_sent
from confhub.http.wishes.webhooks import HookFields
from confhub.kernel.errors import DomainError
from confhub.kernel.ids import UnitId
from confhub.webhooks.service import WebhookService, draft_of_hook
from confhub.webhooks.values import Topic

routes = web.RouteTableDef()

_ALL = r"/units/{id:\d+}/webhooks"
_ONE = _ALL + r"/{hook:\d+}"
TOPICS: Final = {
    Topic.SESSION_PLANNED: "Session scheduled",
    Topic.SESSION_CHANGED: "Session changed",
    Topic.SESSION_CANCELLED: "Session cancelled",
    Topic.SESSION_STARTED: "Session started",
    Topic.SESSION_ENDED: "Session ended",
    Topic.SERIES_PLANNED: "Series planned",
    Topic.SERIES_CHANGED: "Series changed",
    Topic.SERIES_ENDED: "Series ended",
    Topic.REPORT_SEALED: "Attendance closed and sealed",
    Topic.REPORT_REOPENED: "Attendance reopened",
}


class HookForm(HookFields, FormModel):
    """A webhook, as typed; a box that is not ticked is not sent."""

    active: bool = Field(default=False)


def _hooks(request: web.Request) -> WebhookService:
    return services(request).webhooks.hooks


def _asked(request: web.Request) -> tuple[UnitId, int]:
    return UnitId(path_id(request)), path_id(request, "hook")


def _topics(request: web.Request) -> list[tuple[str, str]]:
    return [(one.value, translate(request, words)) for one, words in TOPICS.items()]


@routes.get(_ALL)
async def listing(request: web.Request) -> web.StreamResponse:
    """All of the unit, and the form of a new one."""
    return await _list(request)


async def _list(
    request: web.Request, error: DomainError | None = None, secret: str = ""
) -> web.StreamResponse:
    who, unit_id = actor(request), UnitId(path_id(request))
    found = await _hooks(request).list(who, unit_id)
    again = refusal(request, error)
    sent = await read_form(request) if error else None
    return await render(
        request,
        "webhooks/list.html",
        status=again.status,
        unit=await services(request).org.unit(who, unit_id),
        hooks=found,
        topics=_topics(request),
        url=sent.get("url") if sent else "",
        chosen=sent.all("topics") if sent else [one.value for one in Topic],
        errors=again.errors,
        secret=secret,
    )


@routes.post(_ALL)
async def add(request: web.Request) -> web.StreamResponse:
    """A new one; its secret is shown this once."""
    try:
        typed = await parse_form(request, HookForm)
        made = await _hooks(request).add(actor(request), UnitId(path_id(request)), typed.draft())
    except FORM_ERRORS as error:
        return await _list(request, error)
    return await _list(request, secret=made.secret)


@routes.get(_ONE)
async def form(request: web.Request) -> web.StreamResponse:
    """One, to be changed."""
    return await _show(request)


async def _show(request: web.Request, error: DomainError | None = None) -> web.StreamResponse:
    who = actor(request)
    hook = await _hooks(request).get(who, *_asked(request))
    stored = draft_of_hook(hook)
    topics = _topics(request)
    said = ", ".join(words for value, words in topics if value in hook.topics)
    shown = labelled(request, ("Address", hook.url), ("What is told", said), ("Switched on", hook.active))
    sent = await read_form(request) if error else None
    again = refusal(request, error)
    return await render(
        request,
        "webhooks/edit.html",
        status=again.status,
        unit=await services(request).org.unit(who, UnitId(path_id(request))),
        hook=hook,
        topics=topics,
        url=sent.get("url") if sent else hook.url,
        chosen=sent.all("topics") if sent else [one.value for one in hook.topics],
        active=bool(sent.get("active")) if sent else hook.active,
        errors=again.errors,
        seen=seen_now(stored, shown, sent, error),
    )


@routes.post(_ONE)
async def change(request: web.Request) -> web.StreamResponse:
    """Another address, other topics, on or off."""
    try:
        typed = await parse_form(request, HookForm)
        seen = version_sent(await read_form(request))
        await _hooks(request).change(actor(request), *_asked(request), typed.draft(), seen=seen)
    except FORM_ERRORS as error:
        return await _show(request, error)
    return see_other(request.path, "saved")


@routes.post(_ONE + "/rotate")
async def rotate(request: web.Request) -> web.StreamResponse:
    """A new secret, shown this once."""
    made = await _hooks(request).rotate(actor(request), *_asked(request))
    return await _list(request, secret=made.secret)


@routes.post(_ONE + "/test")
async def test(request: web.Request) -> web.StreamResponse:
    """Send something to try it."""
    try:
        await _hooks(request).test(actor(request), *_asked(request))
    except FORM_ERRORS as error:
        return await _list(request, error)
    return see_other(request.path.removesuffix("/test"), "webhook_tried")


@routes.post(_ONE + "/remove")
async def remove(request: web.Request) -> web.StreamResponse:
    """Nothing more goes there."""
    await _hooks(request).remove(actor(request), *_asked(request))
    return see_other(f"/units/{path_id(request)}/webhooks", "deleted")
