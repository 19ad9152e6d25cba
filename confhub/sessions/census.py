"""CensusService: how many sessions there are, by state; for the metrics, which no person's right bounds."""

from __future__ import annotations

from sqlalchemy import func, select

from confhub.db.database import Database
from confhub.sessions.models import MeetingSession
from confhub.sessions.values import SessionState


class CensusService:
    """Counts only; who asks is checked by a token of its own at the door."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def sessions(self) -> dict[str, int]:
        """State -> sessions, every state named."""
        query = select(MeetingSession.state, func.count()).group_by(MeetingSession.state)
        async with self._db.reading() as tx:
            found: dict[str, int] = dict((await tx.execute(query)).all())
        return {state.value: found.get(state.value, 0) for state in SessionState}
