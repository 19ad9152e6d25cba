"""Which other sessions have rooms of a planned one at its hours."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select

from confhub.access.rules import Actor
from confhub.db.database import Tx
from confhub.kernel.ids import SessionId
from confhub.kernel.limits import SESSION_LENGTH_MAX_MIN
from confhub.registry.published import RoomColumns
from confhub.sessions import store
from confhub.sessions.models import MeetingSession, SessionEndpoint
from confhub.sessions.values import SessionState

PLANNED: Final = (SessionState.DRAFT, SessionState.SCHEDULED, SessionState.LOBBY)
"""States in which hours and rooms can still be chosen otherwise."""
HOLDS_ROOMS: Final = (SessionState.SCHEDULED, SessionState.LOBBY, SessionState.LIVE)
"""States in which a session has its rooms at its hours."""


@dataclass(frozen=True, slots=True)
class Overlap:
    """Another session at the same time, and the names of the rooms in both, in Vietnamese order. `session_id`
    and `title` are None where the asker may not see it."""

    session_id: SessionId | None
    title: str | None
    starts_at: datetime
    ends_at: datetime
    rooms: tuple[str, ...]


async def expected_in(tx: Tx, session_id: SessionId) -> set[int]:
    """The rooms that take part in a session that is scheduled."""
    query = select(SessionEndpoint.endpoint_id).where(
        SessionEndpoint.session_id == session_id, SessionEndpoint.expected_until.is_(None)
    )
    return set(await tx.scalars(query))


async def overlaps(
    tx: Tx,
    actor: Actor,
    starts_at: datetime,
    length_min: int,
    endpoint_ids: Collection[int],
    *,
    besides: SessionId | None,
) -> tuple[Overlap, ...]:
    """Sessions other than `besides`, by start. Hours are the planned ones; one that ends as the other begins
    does not overlap it."""
    earliest = starts_at - timedelta(minutes=SESSION_LENGTH_MAX_MIN)
    query = (
        select(MeetingSession, RoomColumns.id, RoomColumns.name)
        .join(SessionEndpoint, SessionEndpoint.session_id == MeetingSession.id)
        .join(*RoomColumns.of(SessionEndpoint.endpoint_id))
        .where(
            MeetingSession.state.in_([state.value for state in HOLDS_ROOMS]),
            MeetingSession.starts_at < starts_at + timedelta(minutes=length_min),
            MeetingSession.starts_at > earliest,
            SessionEndpoint.expected_until.is_(None),
            SessionEndpoint.removed_at.is_(None),
        )
        .order_by(MeetingSession.starts_at, MeetingSession.id, RoomColumns.sort_key)
    )
    others: dict[int, MeetingSession] = {}
    names: defaultdict[int, list[str]] = defaultdict(list)
    wanted = set(endpoint_ids)
    for other, endpoint_id, name in await tx.execute(query):
        if other.id != besides and endpoint_id in wanted and _ends_at(other) > starts_at:
            others[other.id] = other
            names[other.id].append(name)
    shown = store.session_query().with_only_columns(MeetingSession.id).where(store.visible_to(actor))
    visible = set(await tx.scalars(shown.where(MeetingSession.id.in_(others)))) if others else set()
    return tuple(
        Overlap(
            SessionId(key) if key in visible else None,
            other.title if key in visible else None,
            other.starts_at,
            _ends_at(other),
            tuple(names[key]),
        )
        for key, other in others.items()
    )


def _ends_at(session: MeetingSession) -> datetime:
    return session.starts_at + timedelta(minutes=session.length_min)
