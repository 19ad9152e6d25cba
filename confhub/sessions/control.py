"""ControlService: the control room's orders: the floor, mutes, removal, calling again."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from confhub.access.rules import Actor, allows
from confhub.audit.service import record
from confhub.db.database import Tx
from confhub.engine.types import ALL_SOURCES, SPEAKER_SOURCES, Source
from confhub.kernel.errors import Forbidden
from confhub.kernel.ids import EndpointId, Identity, SessionId
from confhub.kernel.permissions import Permission
from confhub.registry.values import BandwidthProfile
from confhub.sessions import chair, floor, life, owning, people, store
from confhub.sessions.errors import ChairNotRemovable, NotConnected, NotInSession, NotOnStage, SessionUnknown
from confhub.sessions.events import PresenceChanged, ProfileChanged, RoomsCalled, RoomsChosen
from confhub.sessions.hands import HandService
from confhub.sessions.models import MeetingSession, SessionEndpoint, SessionPerson
from confhub.sessions.people import Participant
from confhub.sessions.values import FloorEntry, FloorState, RoomState


class ControlService(HandService):
    """Beside the participants' own hands: orders of a control room. They need SESSION_CONTROL in the
    session's branch (mute and call again: or in the room's own branch). What is ordered is stored first, then
    carried out at the engine; where the engine is away the order stands, and is carried out when it is back.
    Tells `FloorChanged`, `PresenceChanged`, `RoomOrdered`, `RoomsCalled`, `RoomsChosen`, `ProfileChanged`."""

    async def dismiss_hand(self, actor: Actor, session_id: SessionId, identity: Identity) -> None:
        """The control room takes somebody's hand down."""
        async with self._db.transaction() as tx:
            await self._controlled(tx, actor, session_id)
            who = await people.by_identity(tx, session_id, identity)
            await floor.close_hand(tx, session_id, who, FloorState.WITHDRAWN, self._clock.now())

    async def give_floor(
        self,
        actor: Actor,
        session_id: SessionId,
        identity: Identity,
        sources: tuple[Source, ...] | None = None,
    ) -> None:
        """Put a waiting or any connected participant on stage; unless `sources` are named, a room with camera
        and microphone, a person with a screen to share as well. NotConnected, StageFull, SessionNotOpen."""
        async with self._db.transaction() as tx:
            session = await self._controlled(tx, actor, session_id)
            who = await people.by_identity(tx, session_id, identity)
            await self._give(tx, actor, session, who, sources or _usual_sources(who))
        await self._stage.carry_out(session_id, identity)

    async def give_floor_to_next(self, actor: Actor, session_id: SessionId) -> FloorEntry | None:
        """Give the floor to the first waiting hand that is connected; None where there is none."""
        async with self._db.transaction() as tx:
            session = await self._controlled(tx, actor, session_id)
            entry = await self._give_next(tx, actor, session)
        if entry is not None:
            await self._stage.carry_out(session_id, entry.identity)
        return entry

    async def prepare(
        self,
        actor: Actor,
        session_id: SessionId,
        identity: Identity,
        sources: tuple[Source, ...] | None = None,
    ) -> None:
        """Put a connected participant on deck: it publishes ahead, seen by nobody, so that the floor is its
        own within a blink. `take_floor` undoes it. NotConnected, DeckFull, SessionNotOpen."""
        now = self._clock.now()
        async with self._db.transaction() as tx:
            session = await self._controlled(tx, actor, session_id)
            who = await people.by_identity(tx, session_id, identity)
            if await floor.prepare(tx, session, who, sources or _usual_sources(who), now):
                await self._record(tx, actor, "prepare", session, who, now)
        await self._stage.carry_out(session_id, identity)

    async def take_floor(self, actor: Actor, session_id: SessionId, identity: Identity) -> None:
        """Take a speaker off the stage, or off the deck; nothing happens where it is on neither."""
        now = self._clock.now()
        async with self._db.transaction() as tx:
            session = await self._controlled(tx, actor, session_id)
            who = await people.by_identity(tx, session_id, identity)
            if await floor.take(tx, session, who, now):
                await self._record(tx, actor, "take_floor", session, who, now)
        await self._stage.carry_out(session_id, identity)

    async def mute(
        self, actor: Actor, session_id: SessionId, identity: Identity, source: Source = Source.MICROPHONE
    ) -> None:
        """Mute a source; only the room itself unmutes it. NotOnStage."""
        now = self._clock.now()
        async with self._db.transaction() as tx:
            session, who = await self._of_branch(tx, actor, session_id, identity)
            floor.require_open(session)
            if who.identity not in await store.open_grants(tx, session_id):
                raise NotOnStage(field="identity")
            await floor.mute(tx, session, who, source, now)
            await self._record(tx, actor, "mute", session, who, now, source=source)
        await self._stage.carry_out(session_id, identity)

    async def remove(self, actor: Actor, session_id: SessionId, identity: Identity) -> None:
        """Send a participant out of the session and refuse it until let in again; a person with every page
        it has open. ChairNotRemovable."""
        now = self._clock.now()
        async with self._db.transaction() as tx:
            await owning.alone(tx)
            session = await self._controlled(tx, actor, session_id)
            who = await people.by_identity(tx, session_id, identity)
            if isinstance(who.row, SessionEndpoint) and who.row.is_chair:
                raise ChairNotRemovable(field="identity")
            rows = await _rows_together(tx, who)
            for row in rows:
                row.removed_at = row.removed_at or now
                row.mic_on = row.camera_on = False
            await floor.leave_stage(tx, session_id, [row.identity for row in rows], now)
            floor.tell(tx, session_id, who)
            floor.order(tx, who)
            if who.endpoint_id is not None:
                tx.tell(RoomsChosen(session_id))
                await owning.settle(tx, owning.rooms_named([who.endpoint_id]), now)
            await self._record(tx, actor, "remove", session, who, now)
            gone = [Identity(row.identity) for row in rows]
        for each in gone:
            await self._stage.carry_out(session_id, each)

    async def let_in_again(self, actor: Actor, session_id: SessionId, identity: Identity) -> None:
        """Undo `remove`; a room is called again. Nothing happens where it was not removed."""
        now = self._clock.now()
        async with self._db.transaction() as tx:
            await owning.alone(tx)
            session = await self._controlled(tx, actor, session_id)
            who = await people.by_identity(tx, session_id, identity)
            if who.row.removed_at is None:
                return
            for row in await _rows_together(tx, who):
                row.removed_at = None
                if row.state == RoomState.JOINED.value:
                    row.state = RoomState.LEFT.value
            if who.endpoint_id is not None:
                tx.tell(RoomsChosen(session_id))
                await owning.settle(tx, owning.rooms_named([who.endpoint_id]), now)
            floor.tell(tx, session_id, who)
            await self._record(tx, actor, "let_in_again", session, who, now)

    async def call_again(
        self, actor: Actor, session_id: SessionId, endpoint_id: EndpointId | None = None
    ) -> int:
        """Call one room, or every room that is not joined and not in another session; gives how many were
        called. SessionNotOpen; RoomInOtherSession for one that is."""
        now = self._clock.now()
        async with self._db.transaction() as tx:
            if endpoint_id is None:
                session = await self._controlled(tx, actor, session_id)
            else:
                session = await self._of_room(tx, actor, session_id, endpoint_id)
                await owning.require_here(tx, session_id, endpoint_id)
            floor.require_open(session)
            which = owning.rooms_of(session_id) if endpoint_id is None else owning.rooms_named([endpoint_id])
            called = 0
            for where in (await owning.belongings(tx, which)).values():
                if where.claim.session_id == session_id and where.row.state != RoomState.JOINED.value:
                    owning.note_called(where.row, now)
                    key, identity = where.row.endpoint_id, where.row.identity
                    tx.tell(RoomsCalled(session_id, endpoint_id=EndpointId(key)))
                    tx.tell(
                        PresenceChanged(session_id, endpoint_id=EndpointId(key), identity=Identity(identity))
                    )
                    called += 1
            return called

    async def bring_over(self, actor: Actor, session_id: SessionId, endpoint_id: EndpointId) -> None:
        """Move a room here by name, out of the session that it is in. Needs SESSION_CONTROL in the branches
        of both; both control rooms are told. Nothing happens where the room belongs here already.
        SessionNotOpen, NotInSession, Forbidden."""
        now = self._clock.now()
        async with self._db.transaction() as tx:
            await owning.alone(tx)
            target = await self._controlled(tx, actor, session_id)
            floor.require_open(target)
            where = (await owning.belongings(tx, owning.rooms_named([endpoint_id]))).get(endpoint_id)
            row = None if where is None else where.row_in(session_id)
            if where is None or row is None:
                raise NotInSession(field="endpoint_id")
            if where.claim.session_id == session_id:
                return
            source = await self._other_controlled(tx, actor, where.claim.session_id)
            row.placed_at, row.placed_by = now, actor.name
            await owning.settle(tx, owning.rooms_named([endpoint_id]), now)
            for session in (target, source):
                record(
                    tx, actor, "sessions:room:move", "session", session.id, now,
                    path=await store.path_of(tx, session), identity=row.identity,
                    out_of=source.id, into=target.id,
                )  # fmt: skip
            left, identity = where.claim.session_id, Identity(where.row.identity)
        await self._stage.carry_out(left, identity)

    async def replace_chair(self, actor: Actor, session_id: SessionId, endpoint_id: EndpointId) -> None:
        """Let another connected room lead from now on, before or while live; the former chair stays in the
        session as a room like the others. NotInSession, NotConnected, SessionNotOpen."""
        now = self._clock.now()
        async with self._db.transaction() as tx:
            session = await self._controlled(tx, actor, session_id)
            floor.require_open(session)
            row = await tx.get(SessionEndpoint, (session_id, endpoint_id))
            if row is None:
                raise NotInSession(field="endpoint_id")
            who = await people.by_identity(tx, session_id, row.identity)
            if row.is_chair:
                return
            if not who.is_here:
                raise NotConnected(field="endpoint_id")
            before = await chair.replace(tx, session, row)
            changed = await life.seat_chair(tx, session, now)
            await floor.close_hand(tx, session_id, who, FloorState.GRANTED, now)
            for identity in changed:
                found = await people.by_identity(tx, session_id, identity)
                floor.order(tx, found)
                floor.tell(tx, session_id, found)
            await self._record(tx, actor, "replace_chair", session, who, now, before=before)
        for identity in (who.identity, *(each for each in changed if each != who.identity)):
            await self._stage.carry_out(session_id, Identity(identity))

    async def allow_screen(
        self, actor: Actor, session_id: SessionId, identity: Identity, *, allowed: bool
    ) -> None:
        """Stop somebody's shared screen and let it show none, or let it again; its place on stage stays.
        NotOnStage, SessionNotOpen."""
        now = self._clock.now()
        async with self._db.transaction() as tx:
            session = await self._controlled(tx, actor, session_id)
            who = await people.by_identity(tx, session_id, identity)
            if await floor.allow_screen(tx, session, who, allowed=allowed) is None:
                return
            if not allowed:
                who.row.screen_since = None
            what = "allow_screen" if allowed else "stop_screen"
            await self._record(tx, actor, what, session, who, now)
        await self._stage.carry_out(session_id, identity)

    async def set_profile(
        self, actor: Actor, session_id: SessionId, endpoint_id: EndpointId, profile: BandwidthProfile | None
    ) -> None:
        """The bandwidth profile of one room for this session, at once; None: the room's own again.
        NotInSession."""
        now = self._clock.now()
        async with self._db.transaction() as tx:
            session = await self._of_room(tx, actor, session_id, endpoint_id)
            row = await tx.get_one(SessionEndpoint, (session_id, endpoint_id))
            before, row.profile = row.profile, None if profile is None else profile.value
            if row.profile == before:
                return
            tx.tell(ProfileChanged(session_id, endpoint_id=endpoint_id))
            tx.tell(
                PresenceChanged(
                    session_id, endpoint_id=EndpointId(endpoint_id), identity=Identity(row.identity)
                )
            )
            record(
                tx, actor, "sessions:room:profile", "session", session.id, now,
                path=await store.path_of(tx, session), identity=row.identity,
                changes={"profile": [before, row.profile]},
            )  # fmt: skip

    async def _give_next(self, tx: Tx, actor: Actor, session: MeetingSession) -> FloorEntry | None:
        for entry in await store.waiting_hands(tx, session.id):
            try:
                who = await people.by_identity(tx, session.id, entry.identity)
                await self._give(tx, actor, session, who, _usual_sources(who))
            except (NotConnected, NotInSession):
                continue  # it keeps its place until it is back
            return entry
        return None

    async def _give(
        self, tx: Tx, actor: Actor, session: MeetingSession, who: Participant, sources: tuple[Source, ...]
    ) -> None:
        now = self._clock.now()
        await floor.give(tx, session, who, sources, now)
        await self._record(tx, actor, "give_floor", session, who, now, sources=list(sources))

    async def _controlled(self, tx: Tx, actor: Actor, session_id: SessionId) -> MeetingSession:
        return await store.locked(tx, actor, session_id, Permission.SESSION_CONTROL)

    async def _other_controlled(self, tx: Tx, actor: Actor, session_id: SessionId) -> MeetingSession:
        """As `_controlled`; a session that the actor may not even see is Forbidden like one it may."""
        try:
            return await self._controlled(tx, actor, session_id)
        except SessionUnknown:
            raise Forbidden(permission=Permission.SESSION_CONTROL.value) from None

    async def _of_branch(
        self, tx: Tx, actor: Actor, session_id: SessionId, identity: Identity
    ) -> tuple[MeetingSession, Participant]:
        """As `_controlled`, or the participant is a room of a branch the actor controls."""
        session = await store.locked_unchecked(tx, session_id)
        try:
            who = await people.by_identity(tx, session_id, identity)
        except NotInSession:
            await self._controlled(tx, actor, session_id)
            raise
        if who.path is None or not allows(actor, Permission.SESSION_CONTROL, who.path):
            session = await self._controlled(tx, actor, session_id)
        return session, who

    async def _of_room(
        self, tx: Tx, actor: Actor, session_id: SessionId, endpoint_id: EndpointId
    ) -> MeetingSession:
        row = await tx.get(SessionEndpoint, (session_id, endpoint_id))
        if row is None:
            await self._controlled(tx, actor, session_id)
            raise NotInSession(field="endpoint_id")
        return (await self._of_branch(tx, actor, session_id, Identity(row.identity)))[0]

    async def _record(
        self,
        tx: Tx,
        actor: Actor,
        what: str,
        session: MeetingSession,
        who: Participant,
        now: datetime,
        **details: object,
    ) -> None:
        path = await store.path_of(tx, session)
        record(
            tx, actor, f"sessions:floor:{what}", "session", session.id, now,
            path=path, identity=who.identity, name=who.display_name, **details,
        )  # fmt: skip


async def _rows_together(tx: Tx, who: Participant) -> list[SessionEndpoint | SessionPerson]:
    """A room's one row, or all pages of a person's account."""
    if isinstance(who.row, SessionEndpoint):
        return [who.row]
    query = select(SessionPerson).where(
        SessionPerson.session_id == who.row.session_id, SessionPerson.account_id == who.row.account_id
    )
    return list(await tx.scalars(query))


def _usual_sources(who: Participant) -> tuple[Source, ...]:
    """A room's machine has no screen of its own to show; a person's browser has."""
    return ALL_SOURCES if who.endpoint_id is None else SPEAKER_SOURCES
