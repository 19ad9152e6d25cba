"""On deck: who is let publish ahead, standing in no slot yet, so that the floor is theirs within a blink."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import select

from confhub.db.database import Tx
from confhub.kernel.ids import Identity
from confhub.sessions import store
from confhub.sessions.models import MeetingSession, SessionEndpoint, SessionPerson, StageGrant
from confhub.sessions.values import FloorEntry, RoomState, Slot

NEXT_HANDS = 2
"""Of the queue: who speaks next, and who would if that one is away. More would only load lines upwards."""

PREPARED_MAX = 4
"""Put on deck by the control room at one time: each sends its picture up, though nobody sees it."""

_LOOKED_AT = 50
"""Of the queue, for the first ones that are connected."""


async def on_deck(
    tx: Tx,
    session: MeetingSession,
    grants: Mapping[str, StageGrant],
    queue: Sequence[FloorEntry] | None = None,
) -> list[Identity]:
    """Whom the control room put there, and the next connected hands where rooms take the floor by
    themselves. `queue`: the waiting hands, where they are known already."""
    found = [Identity(key) for key, row in grants.items() if row.slot == Slot.DECK.value]
    if not session.floor_auto_accept:
        return found
    if queue is None:
        queue = await store.waiting_hands(tx, session.id)
    hands = [entry.identity for entry in queue if entry.identity not in grants][:_LOOKED_AT]
    if not hands:
        return found
    joined: set[str] = set()
    for table in (SessionEndpoint, SessionPerson):
        query = select(table.identity).where(
            table.session_id == session.id,
            table.identity.in_(hands),
            table.state == RoomState.JOINED.value,
            table.silent_since.is_(None),
            table.removed_at.is_(None),
        )
        joined |= set(await tx.scalars(query))
    return found + [identity for identity in hands if identity in joined][:NEXT_HANDS]
