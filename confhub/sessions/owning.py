"""To which session rooms belong now, read inside a transaction; and calling them there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, select

from confhub.db.database import Tx
from confhub.kernel.ids import EndpointId, SessionId
from confhub.sessions import floor
from confhub.sessions.errors import RoomInOtherSession
from confhub.sessions.events import FloorChanged, PresenceChanged, RoomsCalled
from confhub.sessions.models import MeetingSession, SessionEndpoint
from confhub.sessions.owning_rules import Claim, owner
from confhub.sessions.rules import OPEN
from confhub.sessions.values import RoomState, SessionState

OPEN_STATES = [state.value for state in OPEN]
_ALONE = "sessions.rooms"


@dataclass(frozen=True, slots=True)
class Belonging:
    """A room's open sessions: the one it belongs to, and its rows in all of them."""

    claim: Claim
    session: MeetingSession
    rows: tuple[SessionEndpoint, ...]

    @property
    def row(self) -> SessionEndpoint:
        """The row in the session the room belongs to."""
        return next(row for row in self.rows if row.session_id == self.claim.session_id)

    def row_in(self, session_id: int) -> SessionEndpoint | None:
        """The row in a session that claims the room, in vain or not."""
        return next((row for row in self.rows if row.session_id == session_id), None)


async def alone(tx: Tx) -> None:
    """Until this transaction ends, no other one moves rooms between sessions. Called before a session is
    locked, where `settle` follows: that writes in several, and two would wait for each other's."""
    await tx.alone(_ALONE)
    tx.info[_ALONE] = True


def rooms_of(session_id: int) -> ColumnElement[bool]:
    """For `belongings`: every room that the session knows, dropped and removed ones too."""
    return SessionEndpoint.endpoint_id.in_(
        select(SessionEndpoint.endpoint_id).where(SessionEndpoint.session_id == session_id)
    )


def rooms_named(endpoint_ids: Collection[int]) -> ColumnElement[bool]:
    """For `belongings`: these rooms."""
    return SessionEndpoint.endpoint_id.in_(list(endpoint_ids))


async def belongings(tx: Tx, which: ColumnElement[bool]) -> dict[EndpointId, Belonging]:
    """Where each of these rooms belongs now; a room that no open session expects is not in it."""
    query = (
        select(SessionEndpoint, MeetingSession)
        .join(MeetingSession, MeetingSession.id == SessionEndpoint.session_id)
        .where(
            MeetingSession.state.in_(OPEN_STATES),
            SessionEndpoint.expected_until.is_(None),
            SessionEndpoint.removed_at.is_(None),
            which,
        )
    )
    found: defaultdict[EndpointId, list[tuple[Claim, SessionEndpoint]]] = defaultdict(list)
    sessions: dict[int, MeetingSession] = {}
    for row, session in await tx.execute(query):
        sessions[session.id] = session
        found[EndpointId(row.endpoint_id)].append((_claim(row, session), row))
    result = {}
    for endpoint_id, claims in found.items():
        claim = owner(claim for claim, _ in claims)
        assert claim is not None, "a room is found by a claim"
        result[endpoint_id] = Belonging(claim, sessions[claim.session_id], tuple(row for _, row in claims))
    return result


async def elsewhere(tx: Tx, session_id: int) -> dict[EndpointId, Belonging]:
    """The rooms of this session that belong to another one now."""
    found = await belongings(tx, rooms_of(session_id))
    return {key: where for key, where in found.items() if where.claim.session_id != session_id}


async def require_here(tx: Tx, session_id: int, endpoint_id: int) -> None:
    """RoomInOtherSession unless the room belongs to this session, or to none."""
    where = (await belongings(tx, rooms_named([endpoint_id]))).get(EndpointId(endpoint_id))
    if where is not None and where.claim.session_id != session_id:
        raise RoomInOtherSession


async def settle(tx: Tx, which: ColumnElement[bool], now: datetime) -> None:
    """After claims changed: call every one of these rooms that is not there yet to where it belongs, and
    take its hand and its place on stage away in the sessions that it left. Every session concerned is told.
    """
    assert _ALONE in tx.info, "rooms are moved by one transaction at a time"
    await tx.flush()
    called: set[int] = set()
    concerned: set[int] = set()
    leaving: defaultdict[int, list[str]] = defaultdict(list)
    for where in (await belongings(tx, which)).values():
        if where.row.state != RoomState.JOINED.value:
            note_called(where.row, now)
            called.add(where.row.session_id)
        for row in where.rows:
            if len(where.rows) > 1:
                concerned.add(row.session_id)
            if row is not where.row and not row.is_chair:  # the chair's place is kept for it
                leaving[row.session_id].append(row.identity)
    for session_id, identities in leaving.items():
        await floor.leave_stage(tx, session_id, identities, now)
    for session_id in sorted(called):
        tx.tell(RoomsCalled(SessionId(session_id)))
    for session_id in sorted(concerned):
        tx.tell(PresenceChanged(SessionId(session_id)))
        tx.tell(FloorChanged(SessionId(session_id)))


def note_called(row: SessionEndpoint, now: datetime) -> None:
    """The room is called to this session now."""
    row.called_at = now
    if row.state in (RoomState.EXPECTED.value, RoomState.LEFT.value):
        row.state = RoomState.CALLED.value


def _claim(row: SessionEndpoint, session: MeetingSession) -> Claim:
    return Claim(
        SessionId(session.id),
        SessionState(session.state),
        session.starts_at,
        session.actual_start,
        row.placed_at,
    )
