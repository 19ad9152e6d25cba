"""Who is gone for good: hands come down, and persons lose the floor; a room keeps it, and comes back."""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog
from sqlalchemy import ColumnElement, func, or_, select

from confhub.db.base import as_written
from confhub.db.database import Database, Tx
from confhub.sessions import floor, people, store
from confhub.sessions.models import FloorRequest, SessionEndpoint, SessionPerson, StageGrant
from confhub.sessions.values import FloorState, RoomState

log = structlog.get_logger(__name__)

ABSENT = timedelta(seconds=60)
"""Who was gone for so long has left; a page's reload, or a line that fails, takes less."""


async def retire(db: Database, session_id: int, now: datetime) -> None:
    """Take down the hands of all who are gone for ABSENT, and take the floor back from such persons."""
    async with db.reading() as tx:
        identities = await _gone(tx, session_id, now)
    if not identities:
        return
    async with db.transaction() as tx:
        session = await store.locked_unchecked(tx, session_id)
        for identity in await _gone(tx, session_id, now):
            who = await people.by_identity(tx, session_id, identity)
            if who.endpoint_id is None:
                await floor.take(tx, session, who, now)
            await floor.close_hand(tx, session_id, who, FloorState.WITHDRAWN, now)
            log.info("absent from the session", session=session_id, identity=identity)


async def _gone(tx: Tx, session_id: int, now: datetime) -> list[str]:
    waiting = select(FloorRequest.identity).where(
        FloorRequest.session_id == session_id, FloorRequest.state == as_written(FloorState.WAITING.value)
    )
    speaking = select(StageGrant.identity).where(
        StageGrant.session_id == session_id, StageGrant.withdrawn_at.is_(None)
    )
    rooms = select(SessionEndpoint.identity).where(
        SessionEndpoint.session_id == session_id,
        SessionEndpoint.expected_until.is_(None),
        SessionEndpoint.identity.in_(waiting),
        _long_away(SessionEndpoint, SessionEndpoint.called_at, now),
    )
    persons = select(SessionPerson.identity).where(
        SessionPerson.session_id == session_id,
        or_(SessionPerson.identity.in_(waiting), SessionPerson.identity.in_(speaking)),
        _long_away(SessionPerson, SessionPerson.created_at, now),
    )
    return [*await tx.scalars(rooms), *await tx.scalars(persons)]


def _long_away(
    table: type[SessionEndpoint] | type[SessionPerson], before: object, now: datetime
) -> ColumnElement[bool]:
    """`before`: since when it counts where it was never seen."""
    seen = func.coalesce(table.silent_since, table.last_seen_at, before)
    away = or_(table.state != RoomState.JOINED.value, table.silent_since.is_not(None))
    return away & (seen < now - ABSENT)
