"""The control room's page. Its rooms come by server-sent events; this serves the frame around them."""

from __future__ import annotations

from aiohttp import web

from confhub.access.rules import allows
from confhub.http.context import actor, language, path_id, services
from confhub.http.render import render
from confhub.kernel.ids import SessionId
from confhub.kernel.permissions import Permission

routes = web.RouteTableDef()


@routes.get(r"/sessions/{id:\d+}/live")
async def live(request: web.Request) -> web.StreamResponse:
    """For whoever may view the session; orders are offered only to who may give them."""
    who, hub = actor(request), services(request)
    details = await hub.sessions.get(who, SessionId(path_id(request)))
    session = details.session
    units = await hub.org.tree(who)
    return await render(
        request,
        "live/live.html",
        session=session,
        may_join=allows(who, Permission.SESSION_JOIN, session.unit_path),
        may_report=allows(who, Permission.REPORT_VIEW, session.unit_path),
        config={
            "session": session.id,
            "language": language(request),
            "may_control": session.may_control,
            "units": [[unit.id, unit.parent_id, unit.name] for unit in units],
        },
    )
