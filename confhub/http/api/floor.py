"""The session page's own calls: a media token, where I stand, my hand, leaving the stage."""

from __future__ import annotations

from aiohttp import web
from pydantic import Field

from confhub.http.api.floor_party import PersonParty, RoomParty, concerns, party
from confhub.http.api.shapes.live import StandingOut
from confhub.http.api_decorator import Api
from confhub.http.context import path_id, peer, services
from confhub.http.event_stream import EventStream
from confhub.http.shapes import ApiModel
from confhub.kernel.errors import DomainError
from confhub.kernel.events import Event
from confhub.sessions.errors import NotInSession, RemovedFromSession, SessionNotOpen, SessionUnknown
from confhub.sessions.events import FloorChanged, PresenceChanged, RoomOrdered, SessionChanged
from confhub.sessions.values import MyStanding, SessionState

api = Api("Taking part")
routes = web.RouteTableDef()

IDENTITY_MAX_CHARS = 60
"""As long as the column that holds it."""

_TOPICS = (SessionChanged, FloorChanged, PresenceChanged, RoomOrdered)
_OVER = (SessionState.ENDED, SessionState.ARCHIVED, SessionState.CANCELLED)


class Myself(ApiModel):
    """`identity` of this page's earlier token; a room's kiosk leaves it out."""

    identity: str = Field(default="", max_length=IDENTITY_MAX_CHARS)


class JoinTicketOut(ApiModel):
    """Where to connect, with what. The token is for joining and valid `expires_in_s` seconds."""

    url: str
    token: str
    identity: str
    expires_in_s: int


@api("POST", "/api/v1/sessions/{id}/token", summary="A media token for this page", request=Myself,
     response=JoinTicketOut, errors=(SessionUnknown, SessionNotOpen, RemovedFromSession))  # fmt: skip
async def token(request: web.Request, body: Myself) -> JoinTicketOut:
    """For a person with the right to join, or for the room whose kiosk asks."""
    ticket = await party(request, path_id(request), body.identity).token()
    found = peer(request)
    url = services(request).engine.url_for(found.host, secure=found.secure)
    return JoinTicketOut(
        url=url, token=ticket.token, identity=ticket.identity, expires_in_s=ticket.expires_in_s
    )


@api("GET", "/api/v1/sessions/{id}/standing", summary="What I may do now", query=Myself,
     response=StandingOut, errors=(SessionUnknown, NotInSession))  # fmt: skip
async def standing(request: web.Request, query: Myself) -> StandingOut:
    """The session's state, my hand, my place in the queue, whether I am on stage."""
    return StandingOut.of(await party(request, path_id(request), query.identity).standing())


@api("POST", "/api/v1/sessions/{id}/hand", summary="Ask for the floor", request=Myself,
     response=StandingOut, errors=(SessionUnknown, NotInSession, SessionNotOpen))  # fmt: skip
async def raise_hand(request: web.Request, body: Myself) -> StandingOut:
    """Hands are served in the order of the hub's clock; one that is up stays where it stands."""
    who = party(request, path_id(request), body.identity)
    await who.raise_hand()
    return StandingOut.of(await who.standing())


@api("DELETE", "/api/v1/sessions/{id}/hand", summary="Take my hand down", request=Myself,
     response=StandingOut, errors=(SessionUnknown, NotInSession))  # fmt: skip
async def lower_hand(request: web.Request, body: Myself) -> StandingOut:
    """Nothing happens where none is up."""
    who = party(request, path_id(request), body.identity)
    await who.lower_hand()
    return StandingOut.of(await who.standing())


@api("DELETE", "/api/v1/sessions/{id}/floor/mine", summary="Leave the stage", request=Myself,
     response=StandingOut, errors=(SessionUnknown, NotInSession))  # fmt: skip
async def give_back_floor(request: web.Request, body: Myself) -> StandingOut:
    """Also how an invitation is declined."""
    who = party(request, path_id(request), body.identity)
    await who.give_back()
    return StandingOut.of(await who.standing())


@routes.get("/api/v1/sessions/{id}/standing/events")
async def standing_events(request: web.Request) -> web.StreamResponse:
    """Server-sent events: `standing` at once, and whenever it changed. Ends when the session is over."""
    who = party(request, path_id(request), request.query.get("identity", "")[:IDENTITY_MAX_CHARS])
    hub = services(request)
    stream = EventStream(request)
    with hub.bus.subscribe(*_TOPICS, wanted=lambda event: _touches(event, who)) as changes:
        async with stream:  # who has too many open is refused before anything is read
            told = await who.standing()
            await stream.send("standing", StandingOut.of(told).model_dump_json())
            while told.state not in _OVER and (event := await stream.wait(changes.get())) is not None:
                if not _matters(event, who, told):
                    continue
                try:
                    now = await who.standing()
                except DomainError:
                    break  # the right to look was taken away: the page asks anew and is told why
                if now != told:
                    told = now
                    await stream.send("standing", StandingOut.of(told).model_dump_json())
    return stream.response


def _touches(event: Event, who: RoomParty | PersonParty) -> bool:
    """Whether an event may concern this page at all; kept cheap, each page sees every event."""
    match event:
        case RoomOrdered(endpoint_id):
            return endpoint_id == concerns(who)[1]
        case SessionChanged(key) | FloorChanged(key) | PresenceChanged(key):
            return key == who.session_id
        case _:
            return False


def _matters(event: Event, who: RoomParty | PersonParty, told: MyStanding) -> bool:
    """Whether to ask again: a hand raised somewhere concerns those who wait, a room's news that room."""
    identity, endpoint_id = concerns(who)
    match event:
        case FloorChanged(_, named):
            return named in (None, identity) or told.place is not None
        case PresenceChanged(_, room, named):
            return (named is not None and named == identity) or (room is not None and room == endpoint_id)
        case _:
            return True
