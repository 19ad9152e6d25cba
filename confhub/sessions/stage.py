"""StageKeeper: makes the engine follow the stored grants, mutes and removals."""

from __future__ import annotations

from collections.abc import Sequence

from confhub.db.database import Database
from confhub.engine.engine import MediaEngine
from confhub.engine.types import EngineParticipant
from confhub.kernel.clock import Clock
from confhub.kernel.events import EventBus
from confhub.kernel.ids import Identity, SessionId


class StageKeeper:
    """The database is the truth; this carries it to the engine, and lifts mutes that rooms undid."""

    def __init__(self, db: Database, clock: Clock, engine: MediaEngine, bus: EventBus) -> None:
        raise NotImplementedError

    async def run(self) -> None:
        """Listen to `session.restore` and `endpoint.revoked` until cancelled. One task, owned by app."""
        raise NotImplementedError

    async def restore(self, session_id: SessionId, identity: Identity) -> None:
        """Apply one participant's grant, mutes or removal, e.g. just after it joined."""
        raise NotImplementedError

    async def repair(self, session_id: SessionId, participants: Sequence[EngineParticipant]) -> None:
        """Compare everybody in the media room with the stored grants, and put right what differs."""
        raise NotImplementedError
