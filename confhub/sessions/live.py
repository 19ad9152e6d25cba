"""LiveService: the live page's whole picture in a handful of queries."""

from __future__ import annotations

from confhub.access.rules import Actor
from confhub.db.database import Database
from confhub.kernel.clock import Clock
from confhub.kernel.ids import EndpointId, SessionId
from confhub.sessions.values import LiveRow, LiveSnapshot


class LiveService:
    """Needs SESSION_VIEW in the session's branch, or in the branch of one of its rooms: then the rows are
    those of the asker's branch alone."""

    def __init__(self, db: Database, clock: Clock) -> None:
        raise NotImplementedError

    async def snapshot(self, actor: Actor, session_id: SessionId) -> LiveSnapshot:
        """Everything the live page shows. SessionUnknown."""
        raise NotImplementedError

    async def row(self, actor: Actor, session_id: SessionId, endpoint_id: EndpointId) -> LiveRow | None:
        """One room's row as it is now, None where it is not in the asker's branch."""
        raise NotImplementedError
