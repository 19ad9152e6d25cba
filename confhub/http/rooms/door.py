"""The rooms' own door: pairing, media tokens, kiosk tickets, and the WebSocket of the gateway."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from confhub.http.addresses import hub_address, media_url
from confhub.http.api_decorator import Api
from confhub.http.asking import authenticated, bearer
from confhub.http.context import path_id, peer, services
from confhub.http.rooms.gateway import GATEWAY
from confhub.http.rooms.messages import VERSION_MAX_CHARS, iso
from confhub.http.shapes import RowId
from confhub.kernel.errors import TooMany
from confhub.kernel.ids import SessionId
from confhub.kernel.limits import NAME_MAX_CHARS
from confhub.registry.errors import (
    CredentialRevoked,
    CredentialUnknown,
    PairingCodeExpired,
    PairingCodeRevoked,
    PairingCodeUnknown,
    PairingCodeUsed,
    PairingPlacesTaken,
    PairingRequestGone,
    PairingRequestRefused,
    PairingTooFast,
)
from confhub.registry.kiosk import TICKET_TTL_S
from confhub.registry.rules import DEVICE_CODE_MAX_CHARS
from confhub.registry.values import EndpointPrincipal
from confhub.sessions.errors import RemovedFromSession, SessionNotOpen, SessionUnknown

PAIRING_CODE_MAX_CHARS = 60
"""Twelve characters, with what people put between them."""

ENTER_PATH = "/kiosk/enter"
"""Where the kiosk's browser hands in its ticket."""

SCREEN_CODE_PATH = "/pairing"
"""Where people type the code that a machine shows."""

_NOT_PAIRED = (CredentialUnknown, CredentialRevoked)
_NOT_IN = (SessionUnknown, SessionNotOpen, RemovedFromSession)

api = Api("Rooms")


class _In(BaseModel):
    """Unknown members are ignored: rooms may run a newer version than the hub."""

    model_config = ConfigDict(extra="ignore", frozen=True, str_strip_whitespace=True)


class PairIn(_In):
    """A pairing code, and which machine hands it in."""

    code: Annotated[str, Field(min_length=1, max_length=PAIRING_CODE_MAX_CHARS)]
    version: Annotated[str, Field(min_length=1, max_length=VERSION_MAX_CHARS)]
    machine: Annotated[str, Field(max_length=NAME_MAX_CHARS)] = ""


class RoomSelfOut(BaseModel):
    """Who the room is."""

    id: int
    code: str
    name: str
    unit: str
    bandwidth_profile: str


class PairOut(BaseModel):
    """The room's credential, shown this once."""

    endpoint: RoomSelfOut
    credential: str
    hub_time: str


class AskIn(_In):
    """Which machine asks."""

    version: Annotated[str, Field(min_length=1, max_length=VERSION_MAX_CHARS)]
    machine: Annotated[str, Field(max_length=NAME_MAX_CHARS)] = ""


class AskedOut(BaseModel):
    """As in RFC 8628, 3.2: what to show, where it is typed, and how often to ask about it."""

    device_code: str
    user_code: str
    verification_uri: str
    expires_in_s: int
    interval_s: int


class PollIn(_In):
    """The secret of the request."""

    device_code: Annotated[str, Field(min_length=1, max_length=DEVICE_CODE_MAX_CHARS)]


class PollOut(BaseModel):
    """`status` is waiting or paired; the others are there when it is paired, as when a code is handed in."""

    status: Literal["waiting", "paired"]
    endpoint: RoomSelfOut | None = None
    credential: str | None = None
    hub_time: str


class TokenOut(BaseModel):
    """Where to join, and with what."""

    url: str
    token: str
    identity: str
    expires_in_s: int


class TicketIn(_In):
    """Which session the kiosk wants to open."""

    session: RowId


class TicketOut(BaseModel):
    """A single-use ticket; the browser posts it as form field `ticket` to `enter_url`."""

    ticket: str
    enter_url: str
    expires_in_s: int


@api(
    "POST",
    "/api/v1/endpoint/pair",
    summary="Pair a room's machine",
    request=PairIn,
    response=PairOut,
    security="none",
    errors=(PairingCodeUnknown, PairingCodeUsed, PairingCodeExpired, PairingCodeRevoked, TooMany),
    example={"code": "ABCD-EFGH-JKLM", "version": "0.1.0", "machine": "hall-pc"},
)
async def pair(request: web.Request, body: PairIn) -> PairOut:
    """Exchanges a one-time pairing code for the room's own credential."""
    found = services(request)
    principal, credential = await found.pairing.redeem(
        body.code, peer(request).address, body.version, body.machine
    )
    return PairOut(endpoint=_endpoint_out(principal), credential=credential, hub_time=iso(found.clock.now()))


@api(
    "POST",
    "/api/v1/endpoint/pairing-requests",
    summary="Ask to be paired by a code on the screen",
    request=AskIn,
    response=AskedOut,
    security="none",
    errors=(PairingPlacesTaken,),
    example={"version": "0.1.0", "machine": "hall-pc"},
)
async def ask(request: web.Request, body: AskIn) -> AskedOut:
    """Gives a code for the machine's screen, and a secret to ask with whether somebody has typed it."""
    found = services(request)
    asked = await found.asking.ask(peer(request).address, body.version, body.machine)
    return AskedOut(
        device_code=asked.device_code,
        user_code=asked.user_code,
        verification_uri=f"{hub_address(request)}{SCREEN_CODE_PATH}",
        expires_in_s=asked.expires_in_s,
        interval_s=asked.interval_s,
    )


@api(
    "POST",
    "/api/v1/endpoint/pairing-requests/token",
    summary="Whether the code on the screen was typed",
    request=PollIn,
    response=PollOut,
    security="none",
    errors=(PairingTooFast, PairingRequestGone, PairingRequestRefused),
    example={"device_code": "8qzK0v-…"},
)
async def poll(request: web.Request, body: PollIn) -> PollOut:
    """`waiting` while nobody has said which room it is; then `paired`, once, with the room's credential."""
    found = services(request)
    given = await found.asking.poll(body.device_code)
    now = iso(found.clock.now())
    if given is None:
        return PollOut(status="waiting", hub_time=now)
    principal, credential = given
    return PollOut(status="paired", endpoint=_endpoint_out(principal), credential=credential, hub_time=now)


@api(
    "GET",
    "/api/v1/endpoint/ws",
    summary="The room's WebSocket",
    security="endpoint",
    errors=_NOT_PAIRED,
)
async def websocket(request: web.Request) -> web.StreamResponse:
    """Calls, orders and heartbeats of one room; a newer connection of the room closes the older (4009)."""
    credential = bearer(request)
    principal = await authenticated(request)
    if not web.WebSocketResponse().can_prepare(request):
        raise web.HTTPUpgradeRequired(headers={"Upgrade": "websocket"})
    return await request.app[GATEWAY].serve(request, principal, credential)


@api(
    "POST",
    "/api/v1/endpoint/sessions/{id}/token",
    summary="A media token for a room",
    response=TokenOut,
    security="endpoint",
    errors=(*_NOT_PAIRED, *_NOT_IN),
)
async def token(request: web.Request) -> TokenOut:
    """Opens the session's media room to this room for ten minutes."""
    found = services(request)
    principal = await authenticated(request)
    ticket = await found.join.token_for_endpoint(principal, SessionId(path_id(request)))
    return TokenOut(
        url=media_url(found, peer(request)),
        token=ticket.token,
        identity=ticket.identity,
        expires_in_s=ticket.expires_in_s,
    )


@api(
    "POST",
    "/api/v1/endpoint/ticket",
    summary="A ticket for the room's browser",
    request=TicketIn,
    response=TicketOut,
    security="endpoint",
    errors=(*_NOT_PAIRED, *_NOT_IN),
    example={"session": 1},
)
async def ticket(request: web.Request, body: TicketIn) -> TicketOut:
    """Gives a ticket that the kiosk's browser exchanges for its cookie, once, within a minute."""
    found = services(request)
    principal = await authenticated(request)
    session_id = SessionId(body.session)
    await found.join.token_for_endpoint(principal, session_id)  # raises where the room may not enter
    return TicketOut(
        ticket=await found.kiosk.ticket(principal, session_id),
        enter_url=f"{hub_address(request)}{ENTER_PATH}",
        expires_in_s=TICKET_TTL_S,
    )


def _endpoint_out(principal: EndpointPrincipal) -> RoomSelfOut:
    values: dict[str, Any] = {
        "id": principal.endpoint_id,
        "code": principal.code,
        "name": principal.name,
        "unit": principal.unit_name,
        "bandwidth_profile": principal.bandwidth_profile.value,
    }
    return RoomSelfOut(**values)
