"""The code on a room's screen: for the room's machine, its kiosk, and a tablet."""

from __future__ import annotations

from datetime import datetime

from aiohttp import web
from pydantic import BaseModel

from confhub.checkin.values import OpenPrompt, RoomCode
from confhub.http.api_decorator import Api
from confhub.http.asking import authenticated
from confhub.http.context import kiosk_or_none, path_id, peer, services
from confhub.kernel.errors import Unauthenticated
from confhub.kernel.ids import EndpointId, SessionId
from confhub.registry.errors import CredentialRevoked, CredentialUnknown
from confhub.sessions.errors import RoomNotInSession

api = Api("Check-in screens")


class PromptOut(BaseModel):
    """A presence prompt that is open now."""

    open: bool
    closes_at: datetime


class ReminderOut(BaseModel):
    """What the training officer reminds the room of; `what`: head_count | roster | check_in |
    absences | prompt."""

    id: int
    what: str
    at: datetime
    by: str


class CodeOut(BaseModel):
    """What the screen shows now: `url` as a QR code that it draws; `room` is typed along with the six digits.
    Ask again after `next_in_ms`."""

    url: str
    six: str
    room: str
    period_s: int
    valid_until: datetime
    next_in_ms: int
    prompt: PromptOut | None
    hub_time: datetime
    reminders: list[ReminderOut]


@api(
    "GET",
    "/api/v1/endpoint/sessions/{id}/code",
    summary="The room's code, for its machine",
    response=CodeOut,
    security="endpoint",
    errors=(CredentialUnknown, CredentialRevoked, RoomNotInSession),
)
async def machine_code(request: web.Request) -> CodeOut:
    """The QR code and the six digits of this moment."""
    principal = await authenticated(request)
    return await room_code(request, principal.endpoint_id, principal.code)


@api(
    "GET",
    "/api/v1/sessions/{id}/room-code",
    summary="The room's code, for its kiosk",
    response=CodeOut,
    errors=(RoomNotInSession,),
)
async def kiosk_code(request: web.Request) -> CodeOut:
    """With the kiosk's cookie: the QR code and the six digits of this moment."""
    kiosk = kiosk_or_none(request)
    if kiosk is None:
        raise Unauthenticated
    session_id = SessionId(path_id(request))
    if kiosk.session_id != session_id:
        raise RoomNotInSession(field="id")
    return await room_code(request, kiosk.endpoint.endpoint_id, kiosk.endpoint.code)


def public_url(request: web.Request) -> str:
    """Where phones reach the hub."""
    return services(request).settings.public_url or peer(request).origin


def prompt_out(prompt: OpenPrompt | None) -> PromptOut | None:
    """A prompt as the doors tell it."""
    return None if prompt is None else PromptOut(open=True, closes_at=prompt.closes_at)


async def reminders_of(
    request: web.Request, session_id: SessionId, endpoint_id: EndpointId
) -> list[ReminderOut]:
    """What the room has not put away."""
    found = await services(request).desk.of_room(session_id, endpoint_id)
    return [ReminderOut(id=one.id, what=one.what, at=one.at, by=one.by) for one in found]


async def room_code(request: web.Request, endpoint_id: EndpointId, room: str) -> CodeOut:
    """The code of the session that the path names, as the doors tell it."""
    session_id = SessionId(path_id(request))
    code: RoomCode = await services(request).codes.code(endpoint_id, session_id, public_url(request))
    return CodeOut(
        url=code.url, six=code.six, room=room, period_s=code.period_s,
        valid_until=code.valid_until, next_in_ms=code.next_in_ms, prompt=prompt_out(code.prompt),
        hub_time=code.hub_time, reminders=await reminders_of(request, session_id, endpoint_id),
    )  # fmt: skip
