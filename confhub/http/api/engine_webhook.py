"""Where the media server tells what happened: `POST /engine/webhook`, signed as LiveKit signs."""

from __future__ import annotations

import structlog
from aiohttp import web

from confhub.http.asking import WEBHOOK_PATH, asker_of
from confhub.http.bodies import WEBHOOK, read_body, takes
from confhub.http.context import services
from confhub.http.errors import error_json, status_of
from confhub.http.security import csrf_exempt
from confhub.kernel.errors import DomainError

routes = web.RouteTableDef()

_log = structlog.get_logger(__name__)


@routes.post(WEBHOOK_PATH)
@csrf_exempt
@takes(WEBHOOK)
async def webhook(request: web.Request) -> web.StreamResponse:
    """200 once the event is committed; 403 for a wrong signature; 503 asks the sender to come again."""
    found = services(request)
    try:
        await asker_of(request, thorough=True)  # the media server's connection is not a stranger's
        body = await read_body(request)
        event = found.engine.receive_webhook(body, request.headers.get("Authorization", ""))
        await found.attendance.observe(event)
    except DomainError as error:
        _log.warning("webhook.refused", code=error.code)
        return web.json_response(error_json(request, error), status=status_of(error))
    return web.Response(status=200)
