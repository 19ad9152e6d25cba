"""The phone's door: no login; a device cookie, a room's code, and a visit of five minutes."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from aiohttp import web
from pydantic import BaseModel, Field

from confhub.checkin import limits
from confhub.checkin.errors import (
    AttendanceSealed,
    CodeExpired,
    CodeWrong,
    DeviceTaken,
    PersonNotInSession,
    RoomUnknown,
    TooManyCodes,
    VisitExpired,
)
from confhub.checkin.models import PersonKind
from confhub.checkin.values import Guest, VisitOpened
from confhub.http.api.checkin_tablet import BADGE_MAX_CHARS, GuestIn
from confhub.http.api_decorator import Api
from confhub.http.context import services
from confhub.http.login import set_cookie
from confhub.http.shapes import ApiModel, RowId

DEVICE_COOKIE = "confhub_device"
TICKET_MAX_CHARS = 200

api = Api("Check-in phones")

Ticket = Annotated[str, Field(min_length=1, max_length=TICKET_MAX_CHARS)]


class VisitIn(ApiModel):
    """Either `token` out of the QR code's address, or `room` and `six` as typed."""

    token: Annotated[str, Field(max_length=60)] | None = None
    room: Annotated[str, Field(max_length=60)] | None = None
    six: Annotated[str, Field(max_length=40)] | None = None


class SessionName(BaseModel):
    """The session that the room is in."""

    id: int
    title: str


class RoomName(BaseModel):
    """The room whose code was read."""

    name: str


class KnownOut(BaseModel):
    """Whom this phone checked in before."""

    id: int
    name: str
    state: str


class VisitOut(BaseModel):
    """The visit's ticket; `does`: what a tap does now."""

    visit: str
    session: SessionName
    endpoint: RoomName
    does: str
    known: KnownOut | None
    guests: bool
    hub_time: datetime


class SearchIn(ApiModel):
    """Two letters of a name or more."""

    visit: Ticket
    q: Annotated[str, Field(max_length=200)]


class FoundOut(BaseModel):
    """A person of the room's list."""

    id: int
    name: str
    position: str | None
    unit: str


class SearchOut(BaseModel):
    """Up to eight people."""

    people: list[FoundOut]


class PhoneIn(ApiModel):
    """Who it is: one of `attendee`, `badge`, `guest`."""

    visit: Ticket
    kind: Literal["in", "out", "confirm"] = "in"
    attendee: RowId | None = None
    badge: Annotated[str, Field(max_length=BADGE_MAX_CHARS)] | None = None
    guest: GuestIn | None = None


class PersonName(BaseModel):
    """Who was checked in."""

    id: int
    name: str


class PhoneOut(BaseModel):
    """Stored, or stored before (`doubled`)."""

    result: str
    person: PersonName
    at: datetime


@api(
    "POST",
    "/api/v1/phone/visit",
    summary="Hand in a room's code",
    request=VisitIn,
    response=VisitOut,
    security="none",
    errors=(CodeWrong, CodeExpired, RoomUnknown, TooManyCodes),
    example={"room": "H44.01.01", "six": "123456"},
)
async def visit(request: web.Request, body: VisitIn) -> web.StreamResponse:
    """Gives a ticket for five minutes, bound to this phone by its cookie."""
    device, cookie = await device_of(request)
    codes = services(request).codes
    if body.token:
        opened = await codes.visit_by_token(device, body.token)
    else:
        opened = await codes.visit_by_digits(device, body.room or "", body.six or "")
    response = web.Response(
        text=_visit(opened, services(request).clock.now()).model_dump_json(), content_type="application/json"
    )
    if cookie is not None:
        set_device_cookie(request, response, cookie)
    return response


@api(
    "POST",
    "/api/v1/phone/search",
    summary="Find oneself on the room's list",
    request=SearchIn,
    response=SearchOut,
    security="none",
    errors=(VisitExpired,),
)
async def search(request: web.Request, body: SearchIn) -> SearchOut:
    """People of this room only."""
    codes = services(request).codes
    device, _ = await device_of(request)
    found = await codes.search(await codes.visit_of(device, body.visit), body.q)
    return SearchOut(people=[FoundOut(id=p.id, name=p.name, position=p.position, unit=p.unit) for p in found])


@api(
    "POST",
    "/api/v1/phone/check-in",
    summary="Check oneself in or out",
    request=PhoneIn,
    response=PhoneOut,
    security="none",
    errors=(VisitExpired, DeviceTaken, PersonNotInSession, AttendanceSealed),
)
async def check_in(request: web.Request, body: PhoneIn) -> PhoneOut:
    """Answers after the commit. One phone checks in one person in a session."""
    found = services(request)
    device, _ = await device_of(request)
    told = await found.checkin.phone(
        await found.codes.visit_of(device, body.visit),
        PersonKind(body.kind),
        attendee=body.attendee,
        badge=body.badge,
        guest=Guest(body.guest.name, body.guest.position) if body.guest is not None else None,
    )
    return PhoneOut(
        result=told.result.value,
        person=PersonName(id=told.attendee or 0, name=told.name),
        at=told.at or found.clock.now(),
    )


async def device_of(request: web.Request) -> tuple[str, str | None]:
    """(what this phone is called here, the cookie to set where it has none yet)."""
    codes = services(request).codes
    device = await codes.device_of(request.cookies.get(DEVICE_COOKIE, ""))
    if device is not None:
        return device, None
    cookie = await codes.new_device()
    device = await codes.device_of(cookie)
    assert device is not None, "it was made just now"
    return device, cookie


def set_device_cookie(request: web.Request, response: web.StreamResponse, cookie: str) -> None:
    """Let the phone be known for a year."""
    until = services(request).clock.now() + limits.DEVICE_TTL
    set_cookie(request, response, DEVICE_COOKIE, cookie, until=until)


def _visit(opened: VisitOpened, now: datetime) -> VisitOut:
    known = opened.known
    return VisitOut(
        visit=opened.ticket,
        session=SessionName(id=opened.visit.session_id, title=opened.session_title),
        endpoint=RoomName(name=opened.endpoint_name),
        does=opened.visit.does.value,
        known=None if known is None else KnownOut(id=known.id, name=known.name, state=known.state),
        guests=opened.guests,
        hub_time=now,
    )
