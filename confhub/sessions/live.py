"""LiveService: the live page's whole picture in a handful of queries."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from confhub.access.rules import Actor, allows, branch_filter
from confhub.db.database import Database, Tx
from confhub.i18n.folding import fold
from confhub.kernel.clock import Clock
from confhub.kernel.ids import AccountId, EndpointId, Identity, SessionId, TierId, UnitId
from confhub.kernel.permissions import Permission
from confhub.org.models import TierRow, UnitRow
from confhub.org.store import tiers_by_id
from confhub.org.values import Tier
from confhub.registry import store as registry_store
from confhub.registry.fleet import ONLINE_FOR_S
from confhub.registry.models import EndpointRow, EndpointStatusRow
from confhub.registry.values import BandwidthProfile, EndpointKind
from confhub.sessions import deck, owning, store
from confhub.sessions.errors import SessionUnknown
from confhub.sessions.live_states import Machine, person_state, room_state
from confhub.sessions.models import MeetingSession, SessionEndpoint, SessionPerson, StageGrant
from confhub.sessions.slots import choose
from confhub.sessions.values import (
    ChairView,
    FloorEntry,
    LivePerson,
    LiveRow,
    LiveSnapshot,
    OtherSession,
    RoomState,
    SessionState,
    SessionView,
    Slot,
    StageEntry,
    TierCount,
)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where somebody with a grant or a hand is."""

    endpoint_id: EndpointId | None
    here: bool
    away_since: datetime | None
    screen_since: datetime | None


_NOWHERE = _Place(None, False, None, None)


@dataclass(frozen=True, slots=True)
class _Stage:
    """What hangs on identities rather than on rows. `shown`: who stands in a slot."""

    places: Mapping[str, _Place]
    shown: Collection[str]
    floor: Sequence[FloorEntry]
    hands: Mapping[str, FloorEntry]
    grants: Mapping[str, StageGrant]
    deck: Collection[str]
    mutes: Mapping[str, tuple[str, ...]]


class LiveService:
    """Needs SESSION_VIEW in the session's branch, or in the branch of one of its rooms: then the rows are
    those of the asker's branch alone; the stage and the queue for the floor are everybody's to see."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db, self._clock = db, clock

    async def snapshot(self, actor: Actor, session_id: SessionId) -> LiveSnapshot:
        """Everything the live page shows. SessionUnknown."""
        async with self._db.reading() as tx:
            view = await store.visible_view(tx, actor, session_id)
            stage = await _stage(tx, await tx.get_one(MeetingSession, session_id))
            others = await _others(tx, actor, view) if view.open else {}
            rows = await self._rows(tx, actor, view, stage, others)
            chair = await _chair(tx, view, others, self._online_since())
            people = await self._people(tx, actor, view, stage)
            tiers = (await tiers_by_id(tx)).values()
        return LiveSnapshot(
            at=self._clock.now(),
            session=view,
            chair=chair,
            rows=tuple(rows),
            people=tuple(people),
            floor=tuple(stage.floor),
            stage=tuple(_stage_entries(stage)),
            tiers=tuple(tier_counts(rows, tiers)),
            total=count_rows(None, "", "", rows),
        )

    async def look(self, actor: Actor, session_id: SessionId) -> None:
        """Raise SessionUnknown where `snapshot` would; reads no room."""
        async with self._db.reading() as tx:
            await store.visible_view(tx, actor, session_id)

    async def row(self, actor: Actor, session_id: SessionId, endpoint_id: EndpointId) -> LiveRow | None:
        """One room's row as it is now, None where it is not in the asker's branch."""
        async with self._db.reading() as tx:
            try:
                view = await store.visible_view(tx, actor, session_id)
            except SessionUnknown:
                return None
            stage = await _stage(tx, await tx.get_one(MeetingSession, session_id))
            others = await _others(tx, actor, view) if view.open else {}
            rows = await self._rows(tx, actor, view, stage, others, endpoint_id)
        return rows[0] if rows else None

    async def _rows(
        self,
        tx: Tx,
        actor: Actor,
        view: SessionView,
        stage: _Stage,
        others: Mapping[EndpointId, OtherSession],
        only: EndpointId | None = None,
    ) -> list[LiveRow]:
        query = (
            select(SessionEndpoint, EndpointRow, UnitRow, EndpointStatusRow, registry_store.PAIRED)
            .join(EndpointRow, EndpointRow.id == SessionEndpoint.endpoint_id)
            .join(UnitRow, UnitRow.id == SessionEndpoint.unit_id)
            .join(TierRow, TierRow.id == UnitRow.tier_id)
            .outerjoin(EndpointStatusRow, EndpointStatusRow.endpoint_id == EndpointRow.id)
            .where(SessionEndpoint.session_id == view.id)
            .order_by(TierRow.rank, UnitRow.sort_key, EndpointRow.sort_key, EndpointRow.code)
        )
        if not allows(actor, Permission.SESSION_VIEW, view.unit_path):
            query = query.where(branch_filter(actor, Permission.SESSION_VIEW, UnitRow.path))
        if only is not None:
            query = query.where(SessionEndpoint.endpoint_id == only)
        online_since = self._online_since()
        found = (await tx.execute(query)).all()
        rows = []
        for line in found:
            may_control = view.may_control or allows(actor, Permission.SESSION_CONTROL, line[2].path)
            other = others.get(EndpointId(line[0].endpoint_id))
            machine = _machine(line[3], bool(line[4]), online_since)
            rows.append(_live_row(tuple(line), view.state, stage, machine, other, may_control=may_control))
        return rows

    def _online_since(self) -> datetime:
        """A machine that was heard of later is on."""
        return self._clock.now() - timedelta(seconds=ONLINE_FOR_S)

    async def _people(self, tx: Tx, actor: Actor, view: SessionView, stage: _Stage) -> list[LivePerson]:
        if not allows(actor, Permission.SESSION_VIEW, view.unit_path):
            return []
        query = (
            select(SessionPerson)
            .where(SessionPerson.session_id == view.id, SessionPerson.state != RoomState.EXPECTED.value)
            .order_by(SessionPerson.display_name, SessionPerson.id)
        )
        return [_live_person(row, stage) for row in await tx.scalars(query)]


async def _others(tx: Tx, actor: Actor, view: SessionView) -> dict[EndpointId, OtherSession]:
    """The rooms of this session that belong to another one now, and what the asker may know of that."""
    busy = await owning.elsewhere(tx, view.id)
    wanted = {where.claim.session_id for where in busy.values()}
    if not wanted:
        return {}
    seen = store.session_query().where(MeetingSession.id.in_(wanted), store.visible_to(actor))
    visible = {line[0].id: store.view_of(line, actor) for line in await tx.execute(seen)}
    sessions = {
        row.id: row for row in await tx.scalars(select(MeetingSession).where(MeetingSession.id.in_(wanted)))
    }
    return {
        key: _other(where, sessions[where.claim.session_id], visible.get(where.claim.session_id), view)
        for key, where in busy.items()
    }


def _other(
    where: owning.Belonging, session: MeetingSession, seen: SessionView | None, here: SessionView
) -> OtherSession:
    return OtherSession(
        session_id=None if seen is None else seen.id,
        title=None if seen is None else seen.title,
        state=where.claim.state,
        ends_at=session.starts_at + timedelta(minutes=session.length_min),
        moved_by=where.row.placed_by,
        may_move=here.may_control and seen is not None and seen.may_control,
    )


async def _chair(
    tx: Tx, view: SessionView, others: Mapping[EndpointId, OtherSession], online_since: datetime
) -> ChairView | None:
    query = (
        select(SessionEndpoint, EndpointRow.name, EndpointStatusRow, registry_store.PAIRED)
        .join(EndpointRow, EndpointRow.id == SessionEndpoint.endpoint_id)
        .outerjoin(EndpointStatusRow, EndpointStatusRow.endpoint_id == EndpointRow.id)
        .where(SessionEndpoint.session_id == view.id, SessionEndpoint.is_chair)
    )
    found = (await tx.execute(query)).first()
    if found is None:
        return None
    row, name, status, paired = found
    machine = _machine(status, bool(paired), online_since)
    state, since = room_state(row, view.state, machine, others.get(EndpointId(row.endpoint_id)))
    present = state is RoomState.JOINED and row.silent_since is None
    return ChairView(
        endpoint_id=EndpointId(row.endpoint_id),
        identity=Identity(row.identity),
        name=name,
        present=present,
        state=state,
        silent=row.silent_since is not None,
        since=None if present else row.silent_since or since,
    )


async def _stage(tx: Tx, session: MeetingSession) -> _Stage:
    mutes: defaultdict[str, list[str]] = defaultdict(list)
    for mute in await store.open_mutes(tx, session.id):
        mutes[mute.identity].append(mute.source)
    hands = await store.waiting_hands(tx, session.id)
    grants = await store.open_grants(tx, session.id)
    on_deck = await deck.on_deck(tx, session, grants, hands)
    places = await _places(tx, session.id, {*grants, *(entry.identity for entry in hands)})
    floor = [_with_absence(entry, places.get(entry.identity, _NOWHERE)) for entry in hands]
    screens = {key: place.screen_since for key, place in places.items() if place.screen_since is not None}
    behind = choose(grants.values(), sorted(screens, key=lambda identity: screens[identity]))
    return _Stage(
        places=places,
        shown=frozenset(row.identity for row in behind.values() if row is not None),
        floor=floor,
        hands={entry.identity: entry for entry in floor},
        grants={key: row for key, row in grants.items() if row.slot != Slot.DECK.value},
        deck=on_deck,
        mutes={identity: tuple(sources) for identity, sources in mutes.items()},
    )


async def _places(tx: Tx, session_id: int, identities: Collection[str]) -> dict[str, _Place]:
    """Where these are; rooms on stage are shown to every branch."""
    found: dict[str, _Place] = {}
    if not identities:
        return found
    rooms = select(SessionEndpoint).where(
        SessionEndpoint.session_id == session_id, SessionEndpoint.identity.in_(identities)
    )
    for room in await tx.scalars(rooms):
        found[room.identity] = _place(room, EndpointId(room.endpoint_id))
    persons = select(SessionPerson).where(
        SessionPerson.session_id == session_id, SessionPerson.identity.in_(identities)
    )
    for person in await tx.scalars(persons):
        found[person.identity] = _place(person, None)
    return found


def _place(row: SessionEndpoint | SessionPerson, endpoint_id: EndpointId | None) -> _Place:
    here = row.state == RoomState.JOINED.value and row.silent_since is None
    return _Place(
        endpoint_id=endpoint_id,
        here=here,
        away_since=None if here else row.silent_since or row.last_seen_at,
        screen_since=row.screen_since,
    )


def _with_absence(entry: FloorEntry, place: _Place) -> FloorEntry:
    return entry if place.here else replace(entry, away_since=place.away_since or entry.raised_at)


def _stage_entries(stage: _Stage) -> list[StageEntry]:
    entries = []
    for identity, grant in stage.grants.items():
        place = stage.places.get(identity, _NOWHERE)
        entries.append(
            StageEntry(
                identity=Identity(identity),
                endpoint_id=place.endpoint_id,
                display_name=grant.display_name,
                slot=Slot(grant.slot),
                sources=tuple(grant.sources.split(",")),
                granted_at=grant.granted_at,
                shown=identity in stage.shown,
                connected=place.here,
                away_since=place.away_since,
                sharing=place.screen_since is not None,
                muted=stage.mutes.get(identity, ()),
            )
        )
    return sorted(
        entries, key=lambda entry: (not entry.shown, entry.slot is not Slot.CHAIR, entry.granted_at)
    )


def _machine(status: EndpointStatusRow | None, paired: bool, online_since: datetime) -> Machine:
    if status is None:
        return Machine(paired, False, None)
    online = status.online_since is not None and status.last_seen_at >= online_since
    return Machine(paired, online, status.last_seen_at)


def _live_row(
    line: Sequence[Any],
    session: SessionState,
    stage: _Stage,
    machine: Machine,
    other: OtherSession | None,
    *,
    may_control: bool,
) -> LiveRow:
    row, endpoint, unit = line[:3]
    hand = stage.hands.get(row.identity)
    state, since = room_state(row, session, machine, other)
    return LiveRow(
        endpoint_id=EndpointId(row.endpoint_id),
        identity=Identity(row.identity),
        code=endpoint.code,
        name=endpoint.name,
        kind=EndpointKind(endpoint.kind),
        unit_id=UnitId(unit.id),
        unit_name=unit.name,
        unit_path=unit.path,
        tier_id=TierId(unit.tier_id),
        operator_name=endpoint.operator_name or "",
        operator_phone=endpoint.operator_phone or "",
        is_chair=row.is_chair,
        state=state,
        state_since=since,
        silent_since=row.silent_since if state is RoomState.JOINED else None,
        online=machine.online,
        machine_seen_at=machine.seen_at,
        connected_since=row.connected_since if row.state == RoomState.JOINED.value else None,
        last_seen_at=row.last_seen_at,
        called_at=row.called_at,
        on_stage=row.identity in stage.shown,
        has_floor=row.identity in stage.grants and row.identity not in stage.shown,
        on_deck=row.identity in stage.deck,
        hand_raised_at=None if hand is None else hand.raised_at,
        place=None if hand is None else hand.place,
        mic_on=row.mic_on,
        camera_on=row.camera_on,
        muted=stage.mutes.get(row.identity, ()),
        profile=BandwidthProfile(row.profile or endpoint.bandwidth_profile),
        own_profile=BandwidthProfile(endpoint.bandwidth_profile),
        elsewhere=other,
        moved_by=row.placed_by,
        may_control=may_control,
        search_key=f"{endpoint.search_key} {fold(unit.name)}",
    )


def _live_person(row: SessionPerson, stage: _Stage) -> LivePerson:
    hand = stage.hands.get(row.identity)
    joined = row.state == RoomState.JOINED.value
    return LivePerson(
        identity=Identity(row.identity),
        account_id=AccountId(row.account_id),
        display_name=row.display_name,
        state=person_state(row),
        silent_since=row.silent_since if joined else None,
        connected_since=row.connected_since if joined else None,
        last_seen_at=row.last_seen_at,
        on_stage=row.identity in stage.shown,
        has_floor=row.identity in stage.grants and row.identity not in stage.shown,
        on_deck=row.identity in stage.deck,
        hand_raised_at=None if hand is None else hand.raised_at,
        place=None if hand is None else hand.place,
        mic_on=row.mic_on,
        camera_on=row.camera_on,
        muted=stage.mutes.get(row.identity, ()),
    )


def tier_counts(rows: Sequence[LiveRow], tiers: Iterable[Tier]) -> list[TierCount]:
    """Counts of the tiers that have rooms here, by rank."""
    by_tier: defaultdict[int, list[LiveRow]] = defaultdict(list)
    for row in rows:
        by_tier[row.tier_id].append(row)
    counts = [count_rows(t.id, t.name, t.name_en, by_tier[t.id]) for t in tiers if t.id in by_tier]
    return [count for count in counts if count.expected]


def count_rows(tier_id: TierId | None, name: str, name_en: str, rows: Sequence[LiveRow]) -> TierCount:
    """Counts over rooms; studios are sources, and dropped rooms are not expected: neither is counted."""
    counted = [row for row in rows if row.kind is EndpointKind.ROOM and row.state is not RoomState.DROPPED]
    states = Counter(row.state.value for row in counted)
    return TierCount(
        tier_id=tier_id,
        name=name,
        name_en=name_en,
        expected=len(counted),
        joined=states[RoomState.JOINED.value],
        lost=states[RoomState.LOST.value],
        states=dict(states),
    )
