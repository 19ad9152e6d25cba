"""Clockwork: what happens by itself at its hour."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Protocol

from confhub.db.database import Database
from confhub.engine.engine import MediaEngine
from confhub.engine.types import EngineParticipant
from confhub.kernel.clock import Clock
from confhub.kernel.ids import SessionId
from confhub.sessions.service import SessionService
from confhub.sessions.stage import StageKeeper


class Reconciler(Protocol):
    """The part of AttendanceService that the clockwork needs."""

    async def reconcile(self, session_id: SessionId, participants: Sequence[EngineParticipant]) -> object:
        """Make stored presence follow what ListParticipants says."""
        ...


class Clockwork:
    """Owned by app: `run` until cancelled. A job that fails is logged and tried again; it stops no other."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        engine: MediaEngine,
        sessions: SessionService,
        stage: StageKeeper,
        attendance: Reconciler,
        *,
        sweeps: Mapping[str, Callable[[], Awaitable[object]]] | None = None,
    ) -> None:
        """`sweeps`: named coroutine functions run every ten minutes by the leader (expired logins, tickets)."""
        raise NotImplementedError

    async def run(self) -> None:
        """Tick each second until cancelled."""
        raise NotImplementedError

    async def tick(self) -> None:
        """One round: take or keep the lease; the leader opens lobbies, starts and ends, reconciles."""
        raise NotImplementedError
