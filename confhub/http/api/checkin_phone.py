"""The phone's door: no login; a device cookie, a room's code, and a visit of five minutes."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Literal

from aiohttp import web
from pydantic import BaseModel, Field

from confhub.checkin.errors import (
    CodeExpired,
    CodeOnceMore,
    CodeWrong,
    NotOnRoomList,
    PersonUnknown,
    RoomUnknown,
    TooManyCodes,
    TooManyPhones,
    TooManyPhonesAtOnce,
    VisitExpired,
)
from confhub.checkin.phone_errors import CameByOtherPhone, CameWithoutPhone, DeviceTaken
from confhub.checkin.values import Guest, PersonKind, VisitOpened
from confhub.http.api.tablet_batch import GuestIn
from confhub.http.api_decorator import Api
from confhub.http.context import services
from confhub.http.phones import (
    BADGE_MAX_CHARS,
    PICK_MAX_CHARS,
    TICKET_MAX_CHARS,
    WAITED_MAX_MS,
    device_of,
    likeness_of,
    set_device_cookie,
)
from confhub.http.shapes import ApiModel
from confhub.sessions.errors import AttendanceSealed

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
    """Whom this phone checked in before; `id` is good in this visit alone."""

    id: str
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
    """The whole name, with or without accents."""

    visit: Ticket
    q: Annotated[str, Field(max_length=200)]


class FoundOut(BaseModel):
    """Somebody of the room's list with this name; `id` is good in this visit alone. Position and unit only
    where several have this name."""

    id: str
    name: str
    position: str | None
    unit: str


class SearchOut(BaseModel):
    """Up to eight people."""

    people: list[FoundOut]


class PhoneIn(ApiModel):
    """Who it is: one of `attendee` (an `id` of this visit's answers), `badge`, `guest`.

    `waited_ms`: how long ago it was first offered to a hub that did not answer or was busy.
    """

    visit: Ticket
    kind: Literal["in", "out", "confirm"] = "in"
    attendee: Annotated[str, Field(max_length=PICK_MAX_CHARS)] | None = None
    badge: Annotated[str, Field(max_length=BADGE_MAX_CHARS)] | None = None
    guest: GuestIn | None = None
    waited_ms: Annotated[int, Field(ge=0, le=WAITED_MAX_MS)] = 0


class PersonName(BaseModel):
    """Who was checked in; `id` is good in this visit alone."""

    id: str
    name: str


class PhoneOut(BaseModel):
    """Stored, or stored before (`doubled`), or `waiting` for the room where the person still sits."""

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
    errors=(CodeWrong, CodeExpired, CodeOnceMore, RoomUnknown, TooManyCodes, TooManyPhonesAtOnce),
    example={"room": "H44.01.01", "six": "123456"},
)
async def visit(request: web.Request, body: VisitIn) -> web.StreamResponse:
    """Gives a ticket for five minutes, bound to this phone by its cookie."""
    device, cookie = await device_of(request)
    codes, fresh = services(request).codes, cookie is not None
    if body.token:
        opened = await codes.visit_by_token(device, body.token, fresh=fresh)
    else:
        network = (await likeness_of(request)).network
        opened = await codes.visit_by_digits(device, body.room or "", body.six or "", network, fresh=fresh)
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
    """People of this room only, and only by their whole name."""
    codes = services(request).codes
    device, _ = await device_of(request)
    found = await codes.search(await codes.visit_of(device, body.visit), body.q)
    return SearchOut(
        people=[FoundOut(id=p.pick, name=p.name, position=p.position, unit=p.unit) for p in found]
    )


@api(
    "POST",
    "/api/v1/phone/check-in",
    summary="Check oneself in or out",
    request=PhoneIn,
    response=PhoneOut,
    security="none",
    errors=(
        VisitExpired,
        CameByOtherPhone,
        CameWithoutPhone,
        DeviceTaken,
        NotOnRoomList,
        PersonUnknown,
        TooManyPhones,
        AttendanceSealed,
    ),
)
async def check_in(request: web.Request, body: PhoneIn) -> PhoneOut:
    """Answers after the commit. One phone checks in one person in a session."""
    found = services(request)
    device, _ = await device_of(request)
    visit = await found.codes.visit_of(device, body.visit)
    told = await found.checkin.phone(
        visit,
        PersonKind(body.kind),
        attendee=await found.codes.picked(visit, body.attendee) if body.attendee is not None else None,
        badge=body.badge,
        guest=Guest(body.guest.name, body.guest.position) if body.guest is not None else None,
        likeness=await likeness_of(request),
        waited=timedelta(milliseconds=body.waited_ms),
    )
    return PhoneOut(
        result=told.result.value,
        person=PersonName(id=await found.codes.pick(visit, told.attendee or 0), name=told.name),
        at=told.at or found.clock.now(),
    )


def _visit(opened: VisitOpened, now: datetime) -> VisitOut:
    known = opened.known
    return VisitOut(
        visit=opened.ticket,
        session=SessionName(id=opened.visit.session_id, title=opened.session_title),
        endpoint=RoomName(name=opened.endpoint_name),
        does=opened.visit.does.value,
        known=None if known is None else KnownOut(id=known.pick, name=known.name, state=known.state),
        guests=opened.guests,
        hub_time=now,
    )
