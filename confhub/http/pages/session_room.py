"""The session page: stage, devices, hand. For a logged-in person, or for the room whose kiosk it is."""

from __future__ import annotations

from aiohttp import web

from confhub.access.rules import SYSTEM, allows
from confhub.http.context import actor, kiosk_or_none, path_id, services
from confhub.http.render import render
from confhub.kernel.ids import SessionId, endpoint_identity
from confhub.kernel.permissions import Permission
from confhub.registry.values import BandwidthProfile
from confhub.sessions.values import SessionView

routes = web.RouteTableDef()


@routes.get(r"/sessions/{id:\d+}/room")
async def room(request: web.Request) -> web.StreamResponse:
    """A room's cookie for this session speaks before a login."""
    session_id = SessionId(path_id(request))
    kiosk = kiosk_or_none(request)
    if kiosk is not None and kiosk.session_id == session_id:
        session = (await services(request).sessions.get(SYSTEM, session_id)).session
        return await _page(request, session, "kiosk", kiosk.endpoint.name, kiosk.endpoint.bandwidth_profile)
    who = actor(request)
    session = (await services(request).sessions.get(who, session_id)).session
    return await _page(request, session, "person", who.name, BandwidthProfile.FULL)


async def _page(
    request: web.Request, session: SessionView, mode: str, name: str, profile: BandwidthProfile
) -> web.StreamResponse:
    chair = await _chair_identity(request, session)
    kiosk = kiosk_or_none(request)
    return await render(
        request,
        "room/room.html",
        session=session,
        mode=mode,
        name=name,
        is_chair=mode == "kiosk" and kiosk is not None and endpoint_identity(kiosk.endpoint.code) == chair,
        may_control=mode == "person"
        and allows(actor(request), Permission.SESSION_CONTROL, session.unit_path),
        config={
            "session": session.id,
            "state": session.state.value,
            "mode": mode,
            "chair": chair,
            "profile": profile.value,
        },
    )


async def _chair_identity(request: web.Request, session: SessionView) -> str:
    """The chair's media identity; empty while no chair was chosen."""
    if session.chair_endpoint_id is None:
        return ""
    chair = await services(request).registry.endpoint(SYSTEM, session.chair_endpoint_id)
    return endpoint_identity(chair.code)
