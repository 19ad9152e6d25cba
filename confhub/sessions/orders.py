"""What a room is to do now, derived from what is stored; and what of it the room does not know yet.

Nothing else makes an order for a room: a word that was lost, a room that comes back and a hub that was
started again differ in nothing but what the room knows.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select

from confhub.db.database import Tx
from confhub.kernel.ids import EndpointId, SessionId
from confhub.sessions import owning
from confhub.sessions.models import MeetingSession, MuteOrder, SessionEndpoint, StageGrant
from confhub.sessions.rules import OPEN, OVER
from confhub.sessions.values import Call, RoomState, SessionKind, SessionState, Slot

_NOT_COME = (RoomState.EXPECTED.value, RoomState.CALLED.value)


@dataclass(frozen=True, slots=True)
class Floor:
    """The room's place on stage: the grant, None where it has none, and what it may publish."""

    grant_id: int | None = None
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Standing:
    """What is stored of a room. `call`: to the session that it belongs to, made at `called_at`; `missing`:
    the room has not come there yet. `states`: of the open sessions that expect it, and of those asked after.
    `mutes`: those in force, their source by their id. `accept`: it takes the floor by itself."""

    states: Mapping[SessionId, SessionState] = field(default_factory=dict)
    call: Call | None = None
    called_at: datetime | None = None
    missing: bool = False
    floor: Floor = Floor()
    accept: bool = False
    mutes: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StateOrder:
    """The session moved on."""

    session_id: SessionId
    state: SessionState


@dataclass(frozen=True, slots=True)
class LeaveOrder:
    """Leave the media room; `reason`: ended, cancelled or removed."""

    session_id: SessionId
    reason: str


@dataclass(frozen=True, slots=True)
class JoinOrder:
    """Join that session; the token is minted as the order goes out."""

    call: Call


@dataclass(frozen=True, slots=True)
class FloorOrder:
    """The room may publish these sources by that grant, or is on stage no longer (None)."""

    session_id: SessionId
    grant_id: int | None
    sources: tuple[str, ...]
    accept: bool


@dataclass(frozen=True, slots=True)
class SilenceOrder:
    """The source was muted; only the room unmutes it. That it did is stored some time later: a room that
    comes back meanwhile knows by `mute_id` that it heard of this mute before, and lets it be."""

    session_id: SessionId
    mute_id: int
    source: str


Order = StateOrder | LeaveOrder | JoinOrder | FloorOrder | SilenceOrder


class Known:
    """What one room knows, on one connection: `news` is what it does not, and is known from then on."""

    def __init__(self, session_id: SessionId | None) -> None:
        """`session_id`: where the room says it is as it connects. Whether it is on stage there, it may have
        learned from a connection before; what it was told there counts for nothing."""
        self.session_id = session_id
        """Where the room is, or was sent."""
        self._called: tuple[SessionId, datetime | None] | None = None
        self._states: dict[SessionId, SessionState] | None = None
        self._floor: Floor | None = None if session_id is not None else Floor()
        self._mutes: frozenset[int] = frozenset()

    @property
    def looked_at(self) -> bool:
        """Whether the room was told anything on this connection."""
        return self._states is not None

    def forget_call(self) -> None:
        """The call could not be made: it is made at the next look."""
        self._called = None

    def news(self, now: Standing, moved: Collection[SessionId] = ()) -> list[Order]:
        """The difference, in the order in which the room is to hear it. `moved`: sessions that were told of;
        of others the room hears while they are open, or as long as it is there."""
        return [*self._state_news(now, moved), *self._call_news(now), *self._stage_news(now)]

    def _state_news(self, now: Standing, moved: Collection[SessionId]) -> list[Order]:
        first = self._states is None  # the call that follows says the state of its session
        known = self._states or {}
        states = {
            key: state
            for key, state in now.states.items()
            if state in OPEN or key in known or key in moved or key == self.session_id
        }
        news = [] if first else [key for key, state in states.items() if known.get(key) != state]
        self._states = {key: state for key, state in {**known, **states}.items() if state not in OVER}
        return [StateOrder(key, states[key]) for key in news]

    def _call_news(self, now: Standing) -> list[Order]:
        news: list[Order] = []
        here, wanted = self.session_id, now.call
        if here is not None and (wanted is None or wanted.session_id != here):
            state = now.states.get(here)
            if state is None or state in OVER:  # else the call alone takes it elsewhere
                news.append(LeaveOrder(here, _reason(state)))
            self.session_id, self._called = None, None
            self._floor, self._mutes = Floor(), frozenset()
        if wanted is not None and self._called != (wanted.session_id, now.called_at):
            self.session_id, self._called = wanted.session_id, (wanted.session_id, now.called_at)
            news.append(JoinOrder(wanted))
        return news

    def _stage_news(self, now: Standing) -> list[Order]:
        if now.call is None:
            return []
        news: list[Order] = []
        if now.floor != self._floor:
            floor = now.floor
            news.append(FloorOrder(now.call.session_id, floor.grant_id, floor.sources, now.accept))
        untold = sorted(now.mutes.keys() - self._mutes)
        news += [SilenceOrder(now.call.session_id, key, now.mutes[key]) for key in untold]
        self._floor, self._mutes = now.floor, frozenset(now.mutes)
        return news


def _reason(state: SessionState | None) -> str:
    if state is None:
        return "removed"
    return "cancelled" if state is SessionState.CANCELLED else "ended"


async def standings(
    tx: Tx, rooms: Collection[EndpointId], sessions: Collection[SessionId] = ()
) -> dict[EndpointId, Standing]:
    """What each of these rooms is to do now. `sessions`: whose state is wanted though they are not open. As
    many queries for 302 rooms as for one."""
    belongings = await owning.belongings(tx, owning.rooms_named(rooms))
    states = await _states(tx, rooms, sessions)
    wanted = {where.claim.session_id for where in belongings.values()}
    floors, mutes = await _floors(tx, wanted), await _mutes(tx, wanted)
    result = {}
    for room in rooms:
        where, told = belongings.get(room), states.get(room, {})
        if where is None:
            result[room] = Standing(told)
            continue
        session, key = where.session, (where.claim.session_id, where.row.identity)
        result[room] = Standing(
            states=told,
            call=_call(session, room),
            called_at=where.row.called_at,
            missing=where.row.state in _NOT_COME,
            floor=floors.get(key, Floor()),
            accept=session.floor_auto_accept,
            mutes=mutes.get(key, {}),
        )
    return result


async def _states(
    tx: Tx, rooms: Collection[EndpointId], sessions: Collection[SessionId]
) -> dict[EndpointId, dict[SessionId, SessionState]]:
    query = (
        select(SessionEndpoint.endpoint_id, MeetingSession.id, MeetingSession.state)
        .join(MeetingSession, MeetingSession.id == SessionEndpoint.session_id)
        .where(
            MeetingSession.state.in_(owning.OPEN_STATES) | MeetingSession.id.in_(sessions),
            SessionEndpoint.expected_until.is_(None),
            SessionEndpoint.removed_at.is_(None),
            owning.rooms_named(rooms),
        )
        .order_by(MeetingSession.id)
    )
    found: dict[EndpointId, dict[SessionId, SessionState]] = {}
    for room, session_id, state in await tx.execute(query):
        found.setdefault(EndpointId(room), {})[SessionId(session_id)] = SessionState(state)
    return found


async def _floors(tx: Tx, sessions: Collection[SessionId]) -> dict[tuple[int, str], Floor]:
    query = select(StageGrant).where(
        StageGrant.session_id.in_(sessions),
        StageGrant.withdrawn_at.is_(None),
        StageGrant.slot != Slot.DECK.value,
    )
    return {
        (row.session_id, row.identity): Floor(row.id, tuple(row.sources.split(",")))
        for row in await tx.scalars(query.order_by(StageGrant.id))
    }


async def _mutes(tx: Tx, sessions: Collection[SessionId]) -> dict[tuple[int, str], dict[int, str]]:
    query = select(MuteOrder).where(MuteOrder.session_id.in_(sessions), MuteOrder.lifted_at.is_(None))
    found: dict[tuple[int, str], dict[int, str]] = {}
    for row in await tx.scalars(query.order_by(MuteOrder.id)):
        found.setdefault((row.session_id, row.identity), {})[row.id] = row.source
    return found


def _call(session: MeetingSession, room: EndpointId) -> Call:
    return Call(
        SessionId(session.id),
        room,
        session.title,
        SessionKind(session.kind),
        SessionState(session.state),
        session.starts_at,
    )
