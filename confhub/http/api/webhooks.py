"""Webhooks by API: addresses of other systems that are told what happens in a branch."""

from __future__ import annotations

from aiohttp import web

from confhub.http.api.shapes.webhooks import HookMade, HookOut, HooksOut
from confhub.http.api_decorator import Api
from confhub.http.context import actor, path_id, services
from confhub.http.seen import if_match, tell_version
from confhub.http.shapes import ApiModel
from confhub.http.wishes.webhooks import HookFields
from confhub.kernel.errors import NotFound
from confhub.kernel.ids import UnitId
from confhub.kernel.versions import ChangedMeanwhile
from confhub.webhooks.errors import HookOff, HookUnknown, TooManyHooks
from confhub.webhooks.service import WebhookService, draft_of_hook

api = Api("Webhooks")

ALL = "/api/v1/units/{id}/webhooks"
ONE = f"{ALL}/{{hook}}"


class HookIn(HookFields, ApiModel):
    """A webhook, all of it."""


def _hooks(request: web.Request) -> WebhookService:
    return services(request).webhooks.hooks


def _asked(request: web.Request) -> tuple[UnitId, int]:
    return UnitId(path_id(request)), path_id(request, "hook")


@api("GET", ALL, summary="A unit's webhooks", response=HooksOut, errors=(NotFound,))
async def listing(request: web.Request) -> HooksOut:
    """With what did not arrive so far."""
    return HooksOut.of(await _hooks(request).list(actor(request), UnitId(path_id(request))))


@api("POST", ALL, summary="Add a webhook", request=HookIn, response=HookMade, status=201,
     errors=(NotFound, TooManyHooks))  # fmt: skip
async def add(request: web.Request, body: HookIn) -> HookMade:
    """What happens in the unit's branch from now on is posted there, signed as Standard Webhooks has it:
    `{"type", "timestamp", "data"}` with ids alone. The secret is shown this once."""
    return HookMade.of(await _hooks(request).add(actor(request), UnitId(path_id(request)), body.draft()))


@api("GET", ONE, summary="A webhook", response=HookOut, errors=(NotFound, HookUnknown))
async def one(request: web.Request) -> HookOut:
    """With its version as ETag."""
    found = await _hooks(request).get(actor(request), *_asked(request))
    tell_version(request, draft_of_hook(found))
    return HookOut.of(found)


@api("PUT", ONE, summary="Change a webhook", request=HookIn,
     errors=(NotFound, HookUnknown, ChangedMeanwhile))  # fmt: skip
async def change(request: web.Request, body: HookIn) -> None:
    """Switched off, what waits is given up, and what happens meanwhile is not told. If-Match with the ETag of
    what was read: 412 where it has changed."""
    await _hooks(request).change(actor(request), *_asked(request), body.draft(), seen=if_match(request))


@api("POST", f"{ONE}/rotate", summary="Give a webhook a new secret", response=HookMade,
     errors=(NotFound, HookUnknown))  # fmt: skip
async def rotate(request: web.Request) -> HookMade:
    """For a day the secret before signs as well."""
    return HookMade.of(await _hooks(request).rotate(actor(request), *_asked(request)))


@api("POST", f"{ONE}/test", summary="Try a webhook", errors=(NotFound, HookUnknown, HookOff))
async def test(request: web.Request) -> None:
    """Posts `webhook.test` there, by the way that all goes."""
    await _hooks(request).test(actor(request), *_asked(request))


@api("DELETE", ONE, summary="Remove a webhook", errors=(NotFound, HookUnknown))
async def remove(request: web.Request) -> None:
    """Nothing more goes there; what waits is forgotten."""
    await _hooks(request).remove(actor(request), *_asked(request))
