"""HandService: what a room or a person does with its own hand and its own place on stage."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from confhub.access.rules import Actor
from confhub.db.database import Database, Tx
from confhub.kernel.clock import Clock
from confhub.kernel.ids import Identity, SessionId
from confhub.registry.values import EndpointPrincipal
from confhub.sessions import floor, people, store
from confhub.sessions.errors import NotInSession, SessionUnknown
from confhub.sessions.models import MeetingSession
from confhub.sessions.people import Participant
from confhub.sessions.stage import StageKeeper
from confhub.sessions.values import FloorEntry, FloorState, MyStanding

Find = Callable[[Tx], Awaitable[Participant]]


class HandService:
    """Needs no right but being in the session: a room by its credential, a person by the identity of its own
    JoinTicket. NotInSession, whether or not there is such a session. Topics as ControlService."""

    def __init__(self, db: Database, clock: Clock, stage: StageKeeper) -> None:
        self._db, self._clock, self._stage = db, clock, stage

    async def raise_hand(self, who: EndpointPrincipal, session_id: SessionId) -> FloorEntry:
        """A room asks for the floor; a hand already up stays where it stands. SessionNotOpen,
        RemovedFromSession, NotInSession."""
        return await self._raise(session_id, lambda tx: people.by_endpoint(tx, session_id, who))

    async def lower_hand(self, who: EndpointPrincipal, session_id: SessionId) -> None:
        """A room takes its hand down; nothing happens where none is up."""
        await self._lower(session_id, lambda tx: people.by_endpoint(tx, session_id, who))

    async def give_back_floor(self, who: EndpointPrincipal, session_id: SessionId) -> None:
        """A room leaves the stage by itself; the chair's place is kept."""
        await self._give_back(session_id, lambda tx: people.by_endpoint(tx, session_id, who))

    async def standing(self, who: EndpointPrincipal, session_id: SessionId) -> MyStanding:
        """What the room may do now."""
        return await self._standing(session_id, lambda tx: people.by_endpoint(tx, session_id, who))

    async def raise_person_hand(self, actor: Actor, session_id: SessionId, identity: Identity) -> FloorEntry:
        """As `raise_hand`, for a person's page; `identity` is the one of its JoinTicket."""
        return await self._raise(session_id, lambda tx: people.by_person(tx, session_id, actor, identity))

    async def lower_person_hand(self, actor: Actor, session_id: SessionId, identity: Identity) -> None:
        """As `lower_hand`, for a person's page."""
        await self._lower(session_id, lambda tx: people.by_person(tx, session_id, actor, identity))

    async def give_back_person_floor(self, actor: Actor, session_id: SessionId, identity: Identity) -> None:
        """As `give_back_floor`, for a person's page."""
        await self._give_back(session_id, lambda tx: people.by_person(tx, session_id, actor, identity))

    async def person_standing(self, actor: Actor, session_id: SessionId, identity: Identity) -> MyStanding:
        """As `standing`, for a person's page."""
        return await self._standing(session_id, lambda tx: people.by_person(tx, session_id, actor, identity))

    async def _raise(self, session_id: SessionId, find: Find) -> FloorEntry:
        async with self._db.transaction() as tx:
            session = await _locked(tx, session_id)
            return await floor.raise_hand(tx, session, await find(tx), self._clock.now())

    async def _lower(self, session_id: SessionId, find: Find) -> None:
        async with self._db.transaction() as tx:
            await _locked(tx, session_id)
            await floor.close_hand(tx, session_id, await find(tx), FloorState.WITHDRAWN, self._clock.now())

    async def _give_back(self, session_id: SessionId, find: Find) -> None:
        async with self._db.transaction() as tx:
            session = await _locked(tx, session_id)
            who = await find(tx)
            taken = await floor.take(tx, session, who, self._clock.now())
        if taken:
            await self._stage.carry_out(session_id, who.identity)

    async def _standing(self, session_id: SessionId, find: Find) -> MyStanding:
        async with self._db.reading() as tx:
            who = await find(tx)
            session = await tx.get_one(MeetingSession, session_id)
            return await floor.standing(tx, session, who)


async def _locked(tx: Tx, session_id: int) -> MeetingSession:
    try:
        return await store.locked_unchecked(tx, session_id)
    except SessionUnknown:  # who is in no session learns of none
        raise NotInSession from None
