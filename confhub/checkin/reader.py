"""A session's attendance of people: the derived figures where they stand, else derived anew."""

from __future__ import annotations

from datetime import datetime

from confhub.checkin import derived, deriving
from confhub.checkin.figures import SessionPeople
from confhub.db.database import Tx


async def session_people(tx: Tx, session_id: int, now: datetime) -> SessionPeople | None:
    """The figures of all people and rooms, no rights checked; None for an unknown session."""
    state = await derived.state(tx, session_id)
    if state is None or state.stale:
        return await deriving.compute(tx, session_id, now)
    frame = await deriving.frame_alone(tx, session_id, now)
    return await derived.read(tx, session_id, frame) if frame is not None else None
