"""What is told of sessions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from confhub.kernel.events import Event
from confhub.kernel.ids import EndpointId, Identity, SessionId


@dataclass(frozen=True, slots=True)
class SessionChanged(Event):
    """A session was made, changed, or moved on in its life."""

    topic: ClassVar[str] = "session.state"
    session_id: SessionId


@dataclass(frozen=True, slots=True)
class RoomsChosen(Event):
    """Other rooms take part in a session, or may come."""

    topic: ClassVar[str] = "session.choice"
    session_id: SessionId


@dataclass(frozen=True, slots=True)
class RoomsCalled(Event):
    """A room is called to a session; None: all that belong to it."""

    topic: ClassVar[str] = "session.call"
    session_id: SessionId
    endpoint_id: EndpointId | None = None


@dataclass(frozen=True, slots=True)
class RoomOrdered(Event):
    """A room is to do something else than before: floor, mutes, leaving."""

    topic: ClassVar[str] = "session.order"
    endpoint_id: EndpointId


@dataclass(frozen=True, slots=True)
class PresenceChanged(Event):
    """A participant's line on the session's pages changed; a room has both ids. Without any: several."""

    topic: ClassVar[str] = "session.room"
    session_id: SessionId
    endpoint_id: EndpointId | None = None
    identity: Identity | None = None


@dataclass(frozen=True, slots=True)
class FloorChanged(Event):
    """The queue or the stage changed, for that participant or for several."""

    topic: ClassVar[str] = "session.floor"
    session_id: SessionId
    identity: Identity | None = None


@dataclass(frozen=True, slots=True)
class StageStale(Event):
    """What a participant, or everybody (None), holds at the engine may differ from what is stored."""

    topic: ClassVar[str] = "session.restore"
    session_id: SessionId
    identity: Identity | None = None


@dataclass(frozen=True, slots=True)
class ProfileChanged(Event):
    """A room has another bandwidth profile in this session."""

    topic: ClassVar[str] = "session.profile"
    session_id: SessionId
    endpoint_id: EndpointId
