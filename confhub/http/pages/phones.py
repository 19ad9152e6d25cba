"""The phones that count for a person in a session, as the person's page in its report lists them."""

from __future__ import annotations

from aiohttp import web

from confhub.checkin.phones import HeldPhone
from confhub.http.context import actor, services
from confhub.kernel.ids import AttendeeId, SessionId
from confhub.sessions.errors import SessionUnknown


async def phones_of(request: web.Request, session_id: SessionId, person: AttendeeId) -> list[HeldPhone]:
    """Those that the reader may take back; nobody may in a session whose day alone they may read of."""
    try:
        return await services(request).phones.of_person(actor(request), session_id, person)
    except SessionUnknown:
        return []
