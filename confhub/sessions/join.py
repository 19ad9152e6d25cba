"""JoinService: media tokens for rooms and persons, and which rooms are to be called now."""

from __future__ import annotations

from confhub.access.rules import Actor
from confhub.db.database import Database
from confhub.engine.engine import MediaEngine
from confhub.kernel.clock import Clock
from confhub.kernel.ids import EndpointId, Identity, SessionId
from confhub.registry.values import EndpointPrincipal
from confhub.sessions.values import Call, JoinTicket


class JoinService:
    """A token is minted only while the session is open (lobby or live) and the asker is not removed."""

    def __init__(self, db: Database, clock: Clock, engine: MediaEngine) -> None:
        raise NotImplementedError

    async def token_for_endpoint(self, principal: EndpointPrincipal, session_id: SessionId) -> JoinTicket:
        """SessionUnknown (the room is not in it), SessionNotOpen, RemovedFromSession."""
        raise NotImplementedError

    async def token_for_person(
        self, actor: Actor, session_id: SessionId, identity: Identity | None = None
    ) -> JoinTicket:
        """For a logged-in person with SESSION_JOIN in the session's branch or the branch of one of its rooms.
        `identity`: the one of the same page's earlier ticket, to come back as the same participant; anything
        else is ignored. SessionUnknown, SessionNotOpen, RemovedFromSession, Forbidden."""
        raise NotImplementedError

    async def calls_for(self, principal: EndpointPrincipal) -> list[Call]:
        """The open sessions this room is expected in now, live ones first: told at each reconnect."""
        raise NotImplementedError

    async def calls_of(self, session_id: SessionId, endpoint_id: EndpointId | None = None) -> list[Call]:
        """Whom to call for a session (all its rooms, or one): what the gateway asks on `session.call`.
        Empty where the session is not open."""
        raise NotImplementedError

    async def expected_endpoints(self, session_id: SessionId) -> list[EndpointId]:
        """Every room of the session that is not removed or dropped: whom to tell of its state."""
        raise NotImplementedError
