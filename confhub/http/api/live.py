"""The control room: the live picture, its events, and the orders given from it."""

from __future__ import annotations

from typing import Literal

from aiohttp import web
from pydantic import Field

from confhub.engine.types import Source
from confhub.http.api.floor import IDENTITY_MAX_CHARS
from confhub.http.api.live_feed import feed_of
from confhub.http.api.shapes.live import FloorEntryOut, LiveOut
from confhub.http.api_decorator import Api
from confhub.http.context import actor, path_id, services
from confhub.http.event_stream import EventStream
from confhub.http.shapes import ApiModel, RowId
from confhub.kernel.errors import NotFound
from confhub.kernel.ids import EndpointId, Identity, SessionId
from confhub.sessions.errors import (
    ChairNotRemovable,
    DeckFull,
    NotConnected,
    NotInSession,
    NotOnStage,
    RoomInOtherSession,
    SessionNotOpen,
    SessionUnknown,
    StageFull,
)

api = Api("Control room")
routes = web.RouteTableDef()


class NextOut(ApiModel):
    """Whose turn it was; null where no hand was up."""

    given_to: FloorEntryOut | None


class MuteWish(ApiModel):
    """Which source to mute."""

    source: Literal["microphone", "camera", "screen_share"] = "microphone"


class CallWish(ApiModel):
    """One room, or (null) every room that has not joined."""

    endpoint_id: RowId | None = None


class ChairWish(ApiModel):
    """Which room is to lead."""

    endpoint_id: RowId


class Called(ApiModel):
    """How many rooms were called."""

    called: int = Field(ge=0)


def _session(request: web.Request) -> SessionId:
    return SessionId(path_id(request))


def _identity(request: web.Request) -> Identity:
    text = request.match_info["identity"]
    if not (0 < len(text) <= IDENTITY_MAX_CHARS and text.isprintable()):
        raise NotFound()
    return Identity(text)


@api("GET", "/api/v1/sessions/{id}/live", summary="The live picture", response=LiveOut,
     errors=(SessionUnknown,))  # fmt: skip
async def live(request: web.Request) -> LiveOut:
    """The same as the first event of the stream."""
    return LiveOut.of(await services(request).live.snapshot(actor(request), _session(request)))


@routes.get("/api/v1/sessions/{id}/events")
async def events(request: web.Request) -> web.StreamResponse:
    """Server-sent events: `snapshot` first, then `delta` for what changed; after a break a snapshot again."""
    who, session_id = actor(request), _session(request)
    stream = EventStream(request)
    async with stream, feed_of(request, who, session_id) as feed:  # who has too many open costs nothing more
        if await feed.after(None) is None:
            await services(request).live.look(who, session_id)  # refused before the stream begins
        else:
            seen, line = feed.now, feed.whole()
            await stream.send("snapshot", line)
            while seen is not None and await stream.wait(feed.after(seen)) is not None:
                told, seen = feed.told(seen), feed.now
                if told is not None:
                    await stream.send("delta", told)
    return stream.response


@api("PUT", "/api/v1/sessions/{id}/stage/{identity}", summary="Give the floor",
     errors=(SessionUnknown, NotInSession, NotConnected, StageFull, SessionNotOpen))  # fmt: skip
async def give_floor(request: web.Request) -> None:
    """The participant is invited to the stage; a room whose rule says so opens its devices by itself."""
    await services(request).control.give_floor(actor(request), _session(request), _identity(request))


@api("PUT", "/api/v1/sessions/{id}/deck/{identity}", summary="Prepare somebody to speak",
     errors=(SessionUnknown, NotInSession, NotConnected, DeckFull, SessionNotOpen))  # fmt: skip
async def prepare(request: web.Request) -> None:
    """The participant opens its devices ahead, seen and heard by nobody; the floor then is its at once.
    Taking the floor back undoes it."""
    await services(request).control.prepare(actor(request), _session(request), _identity(request))


@api("DELETE", "/api/v1/sessions/{id}/stage/{identity}", summary="Take the floor back",
     errors=(SessionUnknown, NotInSession))  # fmt: skip
async def take_floor(request: web.Request) -> None:
    """From that moment nothing of the participant is forwarded."""
    await services(request).control.take_floor(actor(request), _session(request), _identity(request))


@api("POST", "/api/v1/sessions/{id}/stage/next", summary="Give the floor to the next hand", response=NextOut,
     errors=(SessionUnknown, StageFull, SessionNotOpen))  # fmt: skip
async def give_floor_to_next(request: web.Request) -> NextOut:
    """The first waiting hand whose participant is connected."""
    given = await services(request).control.give_floor_to_next(actor(request), _session(request))
    return NextOut(given_to=FloorEntryOut.of(given) if given is not None else None)


@api("DELETE", "/api/v1/sessions/{id}/hands/{identity}", summary="Take somebody's hand down",
     errors=(SessionUnknown, NotInSession))  # fmt: skip
async def dismiss_hand(request: web.Request) -> None:
    """The request for the floor is put aside."""
    await services(request).control.dismiss_hand(actor(request), _session(request), _identity(request))


@api("POST", "/api/v1/sessions/{id}/participants/{identity}/mute", summary="Mute a source", request=MuteWish,
     errors=(SessionUnknown, NotInSession, NotOnStage))  # fmt: skip
async def mute(request: web.Request, body: MuteWish) -> None:
    """Only the participant itself opens it again."""
    await services(request).control.mute(
        actor(request), _session(request), _identity(request), Source(body.source)
    )


@api("POST", "/api/v1/sessions/{id}/participants/{identity}/remove", summary="Remove from the session",
     errors=(SessionUnknown, NotInSession, ChairNotRemovable))  # fmt: skip
async def remove(request: web.Request) -> None:
    """Out at once, and refused until let in again."""
    await services(request).control.remove(actor(request), _session(request), _identity(request))


@api("POST", "/api/v1/sessions/{id}/participants/{identity}/let-in", summary="Let in again",
     errors=(SessionUnknown, NotInSession))  # fmt: skip
async def let_in_again(request: web.Request) -> None:
    """Undoes the removal; a room is called again."""
    await services(request).control.let_in_again(actor(request), _session(request), _identity(request))


@api("PUT", "/api/v1/sessions/{id}/chair", summary="Let another room lead", request=ChairWish,
     errors=(SessionUnknown, NotInSession, NotConnected, SessionNotOpen))  # fmt: skip
async def replace_chair(request: web.Request, body: ChairWish) -> None:
    """At once, while live too; the former chair stays in the session."""
    endpoint_id = EndpointId(body.endpoint_id)
    await services(request).control.replace_chair(actor(request), _session(request), endpoint_id)


@api("DELETE", "/api/v1/sessions/{id}/participants/{identity}/screen", summary="Stop a shared screen",
     errors=(SessionUnknown, NotInSession, NotOnStage, SessionNotOpen))  # fmt: skip
async def stop_screen(request: web.Request) -> None:
    """The participant keeps the floor, and shows no screen until it is let again."""
    await services(request).control.allow_screen(
        actor(request), _session(request), _identity(request), allowed=False
    )


@api("PUT", "/api/v1/sessions/{id}/participants/{identity}/screen", summary="Let a screen be shared again",
     errors=(SessionUnknown, NotInSession, NotOnStage, SessionNotOpen))  # fmt: skip
async def allow_screen(request: web.Request) -> None:
    """Whoever has the floor may share a screen besides."""
    await services(request).control.allow_screen(
        actor(request), _session(request), _identity(request), allowed=True
    )


@api("POST", "/api/v1/sessions/{id}/rooms/{endpoint}/bring-over", summary="Bring a room over by name",
     errors=(SessionUnknown, NotInSession, SessionNotOpen))  # fmt: skip
async def bring_over(request: web.Request) -> None:
    """Out of the session that the room is in, into this one; needs the right to control both."""
    endpoint_id = EndpointId(path_id(request, "endpoint"))
    await services(request).control.bring_over(actor(request), _session(request), endpoint_id)


@api("POST", "/api/v1/sessions/{id}/call", summary="Call again", request=CallWish, response=Called,
     errors=(SessionUnknown, NotInSession, SessionNotOpen, RoomInOtherSession))  # fmt: skip
async def call_again(request: web.Request, body: CallWish) -> Called:
    """One room, or every room that has not joined."""
    endpoint_id = None if body.endpoint_id is None else EndpointId(body.endpoint_id)
    count = await services(request).control.call_again(actor(request), _session(request), endpoint_id)
    return Called(called=count)
