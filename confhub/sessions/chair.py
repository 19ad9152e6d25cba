"""Another room leads: what changes in the rows of a running session."""

from __future__ import annotations

from sqlalchemy import delete, select

from confhub.db.database import Tx
from confhub.sessions import store
from confhub.sessions.models import MeetingSession, SessionChoice, SessionEndpoint


async def replace(tx: Tx, session: MeetingSession, row: SessionEndpoint) -> int | None:
    """Make `row` the chair; gives the endpoint that was it. A chair takes part without being chosen: the
    former one is chosen by name from now on, or the next edit of the session would drop it."""
    before = session.chair_endpoint_id
    session.chair_endpoint_id = row.endpoint_id
    rows = select(SessionEndpoint).where(SessionEndpoint.session_id == session.id, SessionEndpoint.is_chair)
    for former in await tx.scalars(rows):
        former.is_chair = False
    row.is_chair = True
    if before is not None:
        await tx.execute(
            delete(SessionChoice).where(
                SessionChoice.session_id == session.id, SessionChoice.endpoint_id == before
            )
        )
        tx.add(SessionChoice(session_id=session.id, endpoint_id=before, mode=store.INCLUDE))
    await tx.flush()
    return before
