"""ControlService: the floor and the stage, mutes, removal, calling again."""

from __future__ import annotations

from confhub.access.rules import Actor
from confhub.db.database import Database
from confhub.engine.engine import MediaEngine
from confhub.engine.types import SPEAKER_SOURCES, Source
from confhub.kernel.clock import Clock
from confhub.kernel.ids import EndpointId, Identity, SessionId
from confhub.registry.values import EndpointPrincipal
from confhub.sessions.values import FloorEntry, MyStanding

SPEAKERS_MAX = 12
"""Speakers on stage at once: more pictures than that no room can show, nor a weak line carry."""


class ControlService:
    """Orders of a control room need SESSION_CONTROL in the session's branch (mute and call again: or in the
    room's own branch). What is ordered is stored first, then carried out at the engine; where the engine is
    away the order stands, and is carried out when it is back. Topics: `session.floor` (key session id),
    `session.room` (key session id, data `endpoint_id`, `identity`), `session.order` (key endpoint id, data
    `endpoint_id`, `message`: gateway's words `floor`, `mute`, `leave`), `session.call`."""

    def __init__(self, db: Database, clock: Clock, engine: MediaEngine) -> None:
        raise NotImplementedError

    async def raise_hand(self, who: EndpointPrincipal, session_id: SessionId) -> FloorEntry:
        """A room asks for the floor; a hand already up stays where it stands. SessionNotOpen,
        RemovedFromSession, NotInSession."""
        raise NotImplementedError

    async def lower_hand(self, who: EndpointPrincipal, session_id: SessionId) -> None:
        """A room takes its hand down; nothing happens where none is up."""
        raise NotImplementedError

    async def give_back_floor(self, who: EndpointPrincipal, session_id: SessionId) -> None:
        """A room leaves the stage by itself; the chair's place is kept."""
        raise NotImplementedError

    async def standing(self, who: EndpointPrincipal, session_id: SessionId) -> MyStanding:
        """What the room may do now."""
        raise NotImplementedError

    async def raise_person_hand(self, actor: Actor, session_id: SessionId, identity: Identity) -> FloorEntry:
        """As `raise_hand`, for a person's page; `identity` is the one of its JoinTicket."""
        raise NotImplementedError

    async def lower_person_hand(self, actor: Actor, session_id: SessionId, identity: Identity) -> None:
        """As `lower_hand`, for a person's page."""
        raise NotImplementedError

    async def give_back_person_floor(self, actor: Actor, session_id: SessionId, identity: Identity) -> None:
        """As `give_back_floor`, for a person's page."""
        raise NotImplementedError

    async def person_standing(self, actor: Actor, session_id: SessionId, identity: Identity) -> MyStanding:
        """As `standing`, for a person's page."""
        raise NotImplementedError

    async def dismiss_hand(self, actor: Actor, session_id: SessionId, identity: Identity) -> None:
        """The control room takes somebody's hand down."""
        raise NotImplementedError

    async def give_floor(
        self,
        actor: Actor,
        session_id: SessionId,
        identity: Identity,
        sources: tuple[Source, ...] = SPEAKER_SOURCES,
    ) -> None:
        """Put a waiting or any connected participant on stage. NotConnected, StageFull, SessionNotOpen."""
        raise NotImplementedError

    async def give_floor_to_next(self, actor: Actor, session_id: SessionId) -> FloorEntry | None:
        """Give the floor to the first waiting hand that is connected; None where there is none."""
        raise NotImplementedError

    async def take_floor(self, actor: Actor, session_id: SessionId, identity: Identity) -> None:
        """Take a speaker off the stage; nothing happens where it is not on it."""
        raise NotImplementedError

    async def mute(
        self, actor: Actor, session_id: SessionId, identity: Identity, source: Source = Source.MICROPHONE
    ) -> None:
        """Mute a source; only the room itself unmutes it. NotOnStage."""
        raise NotImplementedError

    async def remove(self, actor: Actor, session_id: SessionId, identity: Identity) -> None:
        """Send a participant out of the session and refuse it until let in again."""
        raise NotImplementedError

    async def let_in_again(self, actor: Actor, session_id: SessionId, identity: Identity) -> None:
        """Undo `remove`; a room is called again."""
        raise NotImplementedError

    async def call_again(
        self, actor: Actor, session_id: SessionId, endpoint_id: EndpointId | None = None
    ) -> int:
        """Call one room, or every room that is not joined; gives how many were called."""
        raise NotImplementedError
