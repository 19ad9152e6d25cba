"""StageKeeper: makes the engine follow the stored grants, mutes and removals."""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import structlog
from sqlalchemy import ColumnElement, select

from confhub.accounts.events import AccountChanged, LoggedOut
from confhub.db.database import Database
from confhub.engine.engine import MediaEngine
from confhub.engine.errors import EngineUnavailable
from confhub.engine.types import EngineParticipant
from confhub.kernel.clock import Clock
from confhub.kernel.errors import DomainError
from confhub.kernel.events import Bus, Event, Overflow, Subscription
from confhub.kernel.ids import Identity, MediaRoom, SessionId
from confhub.registry.events import MachineRevoked
from confhub.sessions import absence
from confhub.sessions.carrying import Carrier, refuse
from confhub.sessions.events import FloorChanged, PresenceChanged, StageStale
from confhub.sessions.models import MeetingSession, MuteOrder, SessionEndpoint, SessionPerson
from confhub.sessions.rules import OPEN
from confhub.sessions.slots import SlotKeeper, Stage, read_stage, sharing
from confhub.sessions.stage_rules import (
    Action,
    Lift,
    Mute,
    MuteAgain,
    PutOn,
    Remove,
    TakeOff,
    Truth,
    differences,
    is_replaced,
    wanted_of,
)
from confhub.sessions.truth import read_truth

log = structlog.get_logger(__name__)

TRACKS_MAX_CHARS = 400
"""Sids of muted tracks kept with a mute: some twenty re-publications; the oldest are forgotten first."""

BATCH_S, BATCH_MAX = 0.15, 500
"""What comes within this time is one look into the database, up to so many events: 302 rooms that join
within seconds cost seven looks a second, and the chair waits no longer than a blink for its grant."""

Wishes = dict[SessionId, set[Identity] | None]
"""Whose standing is to be looked at, by session; None: everybody's."""


@dataclass(frozen=True, slots=True)
class _Picture:
    media_room: MediaRoom
    truth: Truth


class StageKeeper:
    """The database is the truth; this carries it to the engine, and lifts mutes that rooms undid. One order
    at a time goes out for a session, each after reading the truth anew: the last word is the last wish."""

    def __init__(self, db: Database, clock: Clock, engine: MediaEngine, bus: Bus) -> None:
        self._db, self._clock, self._engine, self._bus = db, clock, engine, bus
        self._carrier = Carrier(engine)
        self._slots = SlotKeeper(engine)
        self._locks: defaultdict[int, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._decks: dict[SessionId, frozenset[str]] = {}  # who was let publish ahead

    async def run(self) -> None:
        """Listen until cancelled. One task, owned by app."""
        topics = (StageStale, FloorChanged, MachineRevoked, AccountChanged, LoggedOut)
        with self._bus.subscribe(*topics) as subscription:
            while True:
                events = await _batch(subscription)
                try:
                    await self._attend(await self._wishes(events))
                    await self._tend({e.session_id for e in events if isinstance(e, FloorChanged)})
                    await self._replace([e for e in events if isinstance(e, MachineRevoked)])
                    await self._log_out([e for e in events if isinstance(e, LoggedOut)])
                except DomainError as error:
                    log.warning("stage not restored now", reason=error.code)
                except Exception:  # containment: one event's fault; the clockwork repairs
                    log.exception("stage not restored")

    async def carry_out(self, session_id: SessionId, identity: Identity) -> None:
        """Make one participant's standing at the engine what the database says now, whoever stands in a slot
        first of all. Never raises for an engine that is away: `repair` does it later."""
        async with self._locks[session_id]:
            stage = await self._stage(session_id)
            if stage is not None and stage.holds(identity):
                await self._slots.settle_or_wait(stage)
            picture = await self._picture(session_id)
            if picture is not None:
                await self._do(session_id, picture, wanted_of(identity, picture.truth))
                await self._settle(session_id, picture)

    async def restore(self, session_id: SessionId, identities: Iterable[Identity]) -> None:
        """Give grants, mutes and slots back to participants that just joined, and send out who is not
        welcome."""
        identities = list(identities)
        async with self._locks[session_id]:
            picture = await self._picture(session_id)
            if picture is None:
                return
            for identity in identities:
                actions = wanted_of(identity, picture.truth)
                if actions != [TakeOff(identity)]:  # who holds no grant joined without one
                    await self._do(session_id, picture, actions)
            self._slots.forget_who(picture.media_room, identities)
            await self._settle(session_id, picture)

    async def repair(
        self, session_id: SessionId, participants: Sequence[EngineParticipant] | None = None
    ) -> None:
        """Compare everybody in the media room with the stored grants, and put right what differs.
        `participants`: a list asked for just now. EngineUnavailable where it must be asked for and cannot."""
        await absence.retire(self._db, session_id, self._clock.now())
        async with self._locks[session_id]:
            picture = await self._picture(session_id)
            if picture is None:
                return
            if participants is None:
                participants = await self._engine.participants(picture.media_room)
                picture = await self._picture(session_id)  # the list first, the truth after it
                if picture is None:
                    return
            actions = differences(participants, picture.truth, self._clock.now())
            if actions:
                log.info("stage differs", session=session_id, actions=len(actions))
            await self._do(session_id, picture, actions)
            self._decks[session_id] = picture.truth.deck
            await self._slots.compare(picture.media_room)
            await self._settle(session_id, picture)

    async def _wishes(self, events: Sequence[Event]) -> Wishes:
        wishes: Wishes = {}
        for event in events:
            match event:
                case Overflow():
                    return dict.fromkeys(await self._open_sessions())
                case AccountChanged(account_id) | LoggedOut(account_id):  # closed, or with other rights
                    for session_id, identity in await self._pages_of(account_id):
                        _wish(wishes, session_id, identity)
                case MachineRevoked(endpoint_id):
                    for session_id, identity in await self._places_of(endpoint_id):
                        _wish(wishes, session_id, identity)
                case StageStale(session_id, identity_or_all):
                    _wish(wishes, session_id, identity_or_all)
        return wishes

    async def _attend(self, wishes: Wishes) -> None:
        for session_id, identities in wishes.items():
            if identities is None:  # the engine began anew, and has forgotten whom to refuse
                picture = await self._picture(session_id)
                if picture is not None:
                    await refuse(self._engine, picture.media_room, picture.truth.refused_since)
                await self.repair(session_id)
            else:
                await self.restore(session_id, sorted(identities))

    async def _tend(self, sessions: Iterable[SessionId]) -> None:
        """The queue moved: others are next."""
        for session_id in sessions:
            async with self._locks[session_id]:
                picture = await self._picture(session_id)
                if picture is not None:
                    await self._settle(session_id, picture)

    async def _settle(self, session_id: SessionId, picture: _Picture) -> None:
        """Slots first, then who may publish ahead."""
        stage = await self._stage(session_id)
        if stage is not None:
            await self._slots.settle_or_wait(stage)
        before, now = self._decks.get(session_id, frozenset()), picture.truth.deck
        self._decks[session_id] = now
        for identity in sorted(before ^ now):
            await self._do(session_id, picture, wanted_of(Identity(identity), picture.truth))

    async def _replace(self, events: Sequence[MachineRevoked]) -> None:
        """Send the old machines of rooms that were paired anew out of the running sessions, and have their
        tokens refused. Where the new one has come in already, the engine has sent out the old one for it."""
        places: defaultdict[SessionId, set[Identity]] = defaultdict(set)
        for event in events:
            for session_id, identity in await self._places_of(event.endpoint_id):
                places[session_id].add(identity)
        for session_id, identities in places.items():
            async with self._locks[session_id]:
                picture = await self._picture(session_id)
                wanted = identities & (picture.truth.replaced_at.keys() if picture else set())
                if picture is None or not wanted:
                    continue
                present = await self._engine.participants(picture.media_room)
                there = {who.identity: who for who in present}
                for identity in sorted(wanted):
                    who = there.get(identity)
                    if who is None or is_replaced(who, picture.truth):
                        await self._do(session_id, picture, [Remove(identity)])

    async def _log_out(self, events: Sequence[LoggedOut]) -> None:
        """Send the pages of accounts out whose every login ended, and have their tokens refused: whoever logs
        in again gets a new one."""
        for event in events:
            for session_id, identity in await self._pages_of(event.account_id):
                async with self._locks[session_id]:
                    picture = await self._picture(session_id)
                    if picture is not None:
                        await self._do(session_id, picture, [Remove(identity)])

    async def _do(self, session_id: SessionId, picture: _Picture, actions: Sequence[Action]) -> None:
        room = picture.media_room
        for action in actions:
            match action:
                case Remove(identity):
                    truth = picture.truth
                    since = truth.refused_since.get(identity) or truth.replaced_at.get(identity)
                    await self._carrier.remove(room, identity, since or self._clock.now())
                case PutOn(identity, sources):
                    await self._carrier.put_on_stage(room, identity, sources)
                case TakeOff(identity):
                    await self._carrier.take_off_stage(room, identity)
                case MuteAgain(identity, mute):
                    tracks = await self._carrier.mute(room, identity, mute.source, mute.tracks)
                    await self._note_tracks(mute, tracks)
                case Lift(identity, mute):
                    await self._lift(session_id, identity, mute)

    async def _note_tracks(self, mute: Mute, tracks: Sequence[str]) -> None:
        new = [sid for sid in tracks if sid not in mute.tracks]
        if not new:
            return
        async with self._db.transaction() as tx:
            row = await tx.get(MuteOrder, mute.id)
            if row is not None:
                row.tracks = _joined(_split(row.tracks) + new)

    async def _lift(self, session_id: SessionId, identity: Identity, mute: Mute) -> None:
        async with self._db.transaction() as tx:
            row = await tx.get(MuteOrder, mute.id)
            if row is not None and row.lifted_at is None:
                row.lifted_at = self._clock.now()
                tx.tell(PresenceChanged(session_id, identity=identity))

    async def _open_sessions(self) -> list[SessionId]:
        query = select(MeetingSession.id).where(MeetingSession.state.in_([state.value for state in OPEN]))
        async with self._db.reading() as tx:
            return [SessionId(key) for key in await tx.scalars(query)]

    async def _places_of(self, endpoint_id: int) -> list[tuple[SessionId, Identity]]:
        return await self._open_places(SessionEndpoint, SessionEndpoint.endpoint_id == endpoint_id)

    async def _pages_of(self, account_id: int) -> list[tuple[SessionId, Identity]]:
        return await self._open_places(SessionPerson, SessionPerson.account_id == account_id)

    async def _open_places(
        self, table: type[SessionEndpoint | SessionPerson], whose: ColumnElement[bool]
    ) -> list[tuple[SessionId, Identity]]:
        """Where in open sessions the rows of `table` that are `whose` stand."""
        query = (
            select(table.session_id, table.identity)
            .join(MeetingSession, MeetingSession.id == table.session_id)
            .where(whose, MeetingSession.state.in_([state.value for state in OPEN]))
        )
        async with self._db.reading() as tx:
            return [(SessionId(key), Identity(identity)) for key, identity in await tx.execute(query)]

    async def _picture(self, session_id: SessionId) -> _Picture | None:
        async with self._db.reading() as tx:
            session = await tx.get(MeetingSession, session_id)
            if session is None or session.media_room is None or session.state not in OPEN:
                self._forget(session_id, session)
                return None
            truth = await read_truth(tx, session, slots=self._has_slots())
            return _Picture(MediaRoom(session.media_room), truth)

    async def _stage(self, session_id: SessionId) -> Stage | None:
        async with self._db.reading() as tx:
            return await read_stage(tx, session_id, await sharing(tx, session_id))

    def _has_slots(self) -> bool:
        try:
            return self._engine.capabilities.slots
        except EngineUnavailable:
            return False

    def _forget(self, session_id: SessionId, session: MeetingSession | None) -> None:
        self._decks.pop(session_id, None)
        if session is not None and session.media_room is not None:
            self._slots.forget(MediaRoom(session.media_room))


async def _batch(subscription: Subscription) -> list[Event]:
    """The next event, and all that follow within BATCH_S."""
    events = [await subscription.get()]
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(BATCH_S):
            while len(events) < BATCH_MAX:
                events.append(await subscription.get())
    return events


def _wish(wishes: Wishes, session_id: SessionId, identity: Identity | None) -> None:
    if identity is None:
        wishes[session_id] = None
        return
    wanted = wishes.setdefault(session_id, set())
    if wanted is not None:
        wanted.add(identity)


def _split(tracks: str) -> list[str]:
    return tracks.split(",") if tracks else []


def _joined(tracks: list[str]) -> str:
    while len(",".join(tracks)) > TRACKS_MAX_CHARS:
        tracks = tracks[1:]
    return ",".join(tracks)
