"""Check-in for officers: live figures, rooms' tablets."""

from __future__ import annotations

from datetime import datetime

from aiohttp import web
from pydantic import BaseModel, RootModel

from confhub.checkin.errors import TabletNotFound
from confhub.checkin.values import LiveTotals
from confhub.http.api_decorator import Api
from confhub.http.context import actor, path_id, services
from confhub.kernel.errors import Forbidden
from confhub.kernel.ids import EndpointId, SessionId
from confhub.registry.errors import EndpointNotFound
from confhub.sessions.errors import SessionUnknown

api = Api("Check-in")


class TotalsOut(RootModel[LiveTotals]):
    """Live figures by room and tier, within the asker's branches."""


class SlipOut(BaseModel):
    """A tablet's code, shown this once."""

    code: str
    expires_at: datetime


@api(
    "GET",
    "/api/v1/sessions/{id}/checkin",
    summary="Live check-in figures",
    response=TotalsOut,
    errors=(SessionUnknown, Forbidden),
)
async def totals(request: web.Request) -> TotalsOut:
    """Expected, present, came, heads and connection of each room."""
    found = await services(request).checkin.totals(actor(request), SessionId(path_id(request)))
    return TotalsOut(found)


@api(
    "POST",
    "/api/v1/endpoints/{id}/tablet-code",
    summary="A code for one more tablet of the room",
    response=SlipOut,
    status=201,
    errors=(EndpointNotFound, Forbidden),
)
async def issue(request: web.Request) -> SlipOut:
    """The code is valid for a day, once."""
    slip = await services(request).tablets.issue(actor(request), EndpointId(path_id(request)))
    return SlipOut(code=slip.code, expires_at=slip.expires_at)


@api(
    "DELETE",
    "/api/v1/tablets/{id}",
    summary="Take a tablet out",
    errors=(TabletNotFound, Forbidden),
)
async def revoke(request: web.Request) -> None:
    """Its token stops at once."""
    await services(request).tablets.revoke(actor(request), path_id(request))
