"""Where the media server tells what happened: `POST /engine/webhook`, signed as LiveKit signs."""

from __future__ import annotations

import structlog
from aiohttp import web

from confhub.http.context import services
from confhub.http.errors import error_json, status_of
from confhub.http.security import csrf_exempt
from confhub.kernel.errors import DomainError

WEBHOOK_PATH = "/engine/webhook"

WEBHOOK_MAX_BYTES = 256 * 1024
"""A webhook holds one participant and one track; the largest metadata that LiveKit takes is 64 kB."""

routes = web.RouteTableDef()

_log = structlog.get_logger(__name__)


@routes.post(WEBHOOK_PATH)
@csrf_exempt
async def webhook(request: web.Request) -> web.StreamResponse:
    """200 once the event is committed; 403 for a wrong signature; 503 asks the sender to come again."""
    if request.content_length is not None and request.content_length > WEBHOOK_MAX_BYTES:
        raise web.HTTPRequestEntityTooLarge(max_size=WEBHOOK_MAX_BYTES, actual_size=request.content_length)
    found = services(request)
    try:
        body = await request.read()
        if len(body) > WEBHOOK_MAX_BYTES:
            raise web.HTTPRequestEntityTooLarge(max_size=WEBHOOK_MAX_BYTES, actual_size=len(body))
        event = found.engine.receive_webhook(body, request.headers.get("Authorization", ""))
        await found.attendance.observe(event)
    except DomainError as error:
        _log.warning("webhook.refused", code=error.code)
        return web.json_response(error_json(request, error), status=status_of(error))
    return web.Response(status=200)
