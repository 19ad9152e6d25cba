"""The floor inside a transaction: hands up and down, places on stage given and taken."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import select, update

from confhub.db.base import as_written
from confhub.db.database import Tx
from confhub.engine.types import Source
from confhub.kernel.ids import Identity, SessionId
from confhub.sessions import deck, store
from confhub.sessions.errors import (
    DeckFull,
    NotConnected,
    NotOnStage,
    RemovedFromSession,
    SessionNotOpen,
    SessionOver,
    StageFull,
)
from confhub.sessions.events import FloorChanged, PresenceChanged, RoomOrdered
from confhub.sessions.models import FloorRequest, MeetingSession, MuteOrder, StageGrant
from confhub.sessions.people import Participant
from confhub.sessions.rules import OPEN, OVER
from confhub.sessions.values import FloorEntry, FloorState, MyStanding, SessionState, Slot

SPEAKERS_MAX = 12
"""Speakers on stage at once: more pictures than that no room can show, nor a weak line carry."""


def require_open(session: MeetingSession) -> None:
    """SessionNotOpen unless in lobby or live."""
    if session.state in OVER:
        raise SessionOver
    if session.state not in OPEN:
        raise SessionNotOpen(lobby_min=session.lobby_min)


async def raise_hand(tx: Tx, session: MeetingSession, who: Participant, now: datetime) -> FloorEntry:
    """The participant's place in the queue; a hand already up stays where it stands."""
    require_open(session)
    if who.row.removed_at is not None:
        raise RemovedFromSession
    entry = await _waiting(tx, session.id, who.identity)
    if entry is None:
        tx.add(
            FloorRequest(
                session_id=session.id,
                identity=who.identity,
                endpoint_id=who.endpoint_id,
                display_name=who.display_name,
                raised_at=now,
                state=FloorState.WAITING.value,
            )
        )
        await tx.flush()
        entry = await _waiting(tx, session.id, who.identity)
        tell(tx, session.id, who)
    assert entry is not None, "it was written just now"
    return entry


async def close_hand(tx: Tx, session_id: int, who: Participant, state: FloorState, now: datetime) -> None:
    """Take a waiting hand down, for the reason in `state`; nothing happens where none is up."""
    query = select(FloorRequest).where(
        FloorRequest.session_id == session_id,
        FloorRequest.identity == who.identity,
        FloorRequest.state == as_written(FloorState.WAITING.value),
    )
    row = (await tx.scalars(query)).one_or_none()
    if row is not None:
        row.state = state.value
        row.closed_at = now
        tell(tx, session_id, who)


async def give(
    tx: Tx, session: MeetingSession, who: Participant, sources: Sequence[Source], now: datetime
) -> None:
    """A place on stage as speaker; the hand counts as served. NotConnected, StageFull, SessionNotOpen."""
    require_open(session)
    if not who.is_here:
        raise NotConnected(field="identity")
    grants = await store.open_grants(tx, session.id)
    text = ",".join(source for source in Source if source in set(sources))
    present = grants.get(who.identity)
    speakers = [row for row in grants.values() if row.slot == Slot.SPEAKER.value]
    newest = max(speakers, key=lambda row: (row.granted_at, row.id), default=None)
    if present is None or present.slot == Slot.DECK.value:
        if len(speakers) >= SPEAKERS_MAX:
            raise StageFull(max_count=SPEAKERS_MAX)
        await _seat(tx, session.id, who, Slot.SPEAKER, text, now, instead_of=present)
    elif present is newest:
        present.sources = text
    elif present.slot == Slot.SPEAKER.value:  # back into the slot, where the newest one stands
        await _seat(tx, session.id, who, Slot.SPEAKER, text, now, instead_of=present)
    await close_hand(tx, session.id, who, FloorState.GRANTED, now)
    tell(tx, session.id, who)
    order(tx, who)


async def prepare(
    tx: Tx, session: MeetingSession, who: Participant, sources: Sequence[Source], now: datetime
) -> bool:
    """Put a connected participant on deck; whether it was not there or on stage already. NotConnected,
    DeckFull, SessionNotOpen."""
    require_open(session)
    if not who.is_here:
        raise NotConnected(field="identity")
    grants = await store.open_grants(tx, session.id)
    if who.identity in grants:
        return False
    if sum(row.slot == Slot.DECK.value for row in grants.values()) >= deck.PREPARED_MAX:
        raise DeckFull(max_count=deck.PREPARED_MAX)
    text = ",".join(source for source in Source if source in set(sources))
    await _seat(tx, session.id, who, Slot.DECK, text, now)
    tell(tx, session.id, who)
    return True


async def take(tx: Tx, session: MeetingSession, who: Participant, now: datetime) -> bool:
    """Take a speaker's place back, or one on deck; the chair keeps its own. Whether there was one to take."""
    grant = (await store.open_grants(tx, session.id)).get(who.identity)
    if grant is None or grant.slot == Slot.CHAIR.value:
        return False
    grant.withdrawn_at = now
    for mute in await store.open_mutes(tx, session.id):
        if mute.identity == who.identity:
            mute.lifted_at = now
    tell(tx, session.id, who)
    order(tx, who)
    return True


async def allow_screen(
    tx: Tx, session: MeetingSession, who: Participant, *, allowed: bool
) -> tuple[Source, ...] | None:
    """Let somebody on stage show a screen, or no longer, without touching its place; what it may publish
    then, None where nothing changed. NotOnStage, SessionNotOpen."""
    require_open(session)
    grant = (await store.open_grants(tx, session.id)).get(who.identity)
    if grant is None:
        raise NotOnStage(field="identity")
    before = set(grant.sources.split(","))
    screen = {Source.SCREEN_SHARE.value, Source.SCREEN_SHARE_AUDIO.value}
    wanted = before | screen if allowed else before - screen
    if wanted == before or not wanted:
        return None
    sources = tuple(source for source in Source if source.value in wanted)
    grant.sources = ",".join(sources)
    tell(tx, session.id, who)
    order(tx, who)
    return sources


async def mute(tx: Tx, session: MeetingSession, who: Participant, source: Source, now: datetime) -> None:
    """Note the mute; one in force already is renewed."""
    for present in await store.open_mutes(tx, session.id):
        if present.identity == who.identity and present.source == source.value:
            present.lifted_at = now
    await tx.flush()
    if source is Source.MICROPHONE:
        who.row.mic_on = False
    elif source is Source.CAMERA:
        who.row.camera_on = False
    tx.add(
        MuteOrder(session_id=session.id, identity=who.identity, source=source.value, muted_at=now, tracks="")
    )
    tell(tx, session.id, who)
    order(tx, who)


async def standing(tx: Tx, session: MeetingSession, who: Participant) -> MyStanding:
    """What the participant may do now."""
    entry = await _waiting(tx, session.id, who.identity)
    grants = await store.open_grants(tx, session.id)
    grant = grants.get(who.identity)
    mutes = await store.open_mutes(tx, session.id)
    return MyStanding(
        session=SessionId(session.id),
        state=SessionState(session.state),
        identity=who.identity,
        removed=who.row.removed_at is not None,
        hand_raised_at=None if entry is None else entry.raised_at,
        place=None if entry is None else entry.place,
        on_stage=grant is not None and grant.slot != Slot.DECK.value,
        on_deck=who.identity in await deck.on_deck(tx, session, grants),
        sources=() if grant is None else tuple(grant.sources.split(",")),
        auto_accept=session.floor_auto_accept,
        muted=tuple(mute.source for mute in mutes if mute.identity == who.identity),
    )


async def leave_stage(tx: Tx, session_id: int, identities: Collection[str] | None, now: datetime) -> None:
    """Withdraw grants, take down hands and lift mutes: of these participants, or everybody's (None)."""
    for table, closed, values in (
        (StageGrant, StageGrant.withdrawn_at, {"withdrawn_at": now}),
        (MuteOrder, MuteOrder.lifted_at, {"lifted_at": now}),
        (FloorRequest, FloorRequest.closed_at, {"closed_at": now, "state": FloorState.DONE.value}),
    ):
        statement = update(table).where(table.session_id == session_id, closed.is_(None))
        if identities is not None:
            statement = statement.where(table.identity.in_(identities))
        await tx.execute(statement.values(**values))


def tell(tx: Tx, session_id: int, who: Participant) -> None:
    """Pages of the session look again."""
    tx.tell(FloorChanged(SessionId(session_id), identity=who.identity))
    tx.tell(PresenceChanged(SessionId(session_id), endpoint_id=who.endpoint_id, identity=who.identity))


def order(tx: Tx, who: Participant) -> None:
    """The room's machine is to do something else; persons' pages ask for their standing instead."""
    if who.endpoint_id is not None:
        tx.tell(RoomOrdered(who.endpoint_id))


async def _waiting(tx: Tx, session_id: int, identity: Identity) -> FloorEntry | None:
    hands = await store.waiting_hands(tx, session_id)
    return next((entry for entry in hands if entry.identity == identity), None)


async def _seat(
    tx: Tx,
    session_id: int,
    who: Participant,
    slot: Slot,
    sources: str,
    now: datetime,
    *,
    instead_of: StageGrant | None = None,
) -> None:
    """A new place; the one before is over."""
    if instead_of is not None:
        instead_of.withdrawn_at = now
        await tx.flush()
    tx.add(
        StageGrant(
            session_id=session_id,
            identity=who.identity,
            display_name=who.display_name,
            slot=slot.value,
            sources=sources,
            granted_at=now,
        )
    )
