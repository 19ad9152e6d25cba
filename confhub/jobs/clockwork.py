"""Clockwork: what happens by itself at its hour."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import Protocol

import structlog
from sqlalchemy import select

from confhub.access.rules import SYSTEM
from confhub.db.database import Database
from confhub.engine.engine import MediaEngine
from confhub.engine.types import EngineParticipant
from confhub.jobs.hearing import HEARING_S, Hearing
from confhub.jobs.lease import Lease
from confhub.jobs.sweeping import every_sweep
from confhub.kernel.clock import Clock
from confhub.kernel.errors import Conflict, DomainError
from confhub.kernel.ids import MediaRoom, SessionId
from confhub.sessions import opening
from confhub.sessions.models import MeetingSession
from confhub.sessions.profiles import ProfileKeeper
from confhub.sessions.rules import OPEN, Step, due_step
from confhub.sessions.service import SessionService
from confhub.sessions.stage import StageKeeper
from confhub.sessions.values import SessionState

log = structlog.get_logger(__name__)

TICK_S = HEARING_S
RECONCILE_S = 15.0
"""As often as a room's heartbeat: what is stored is at most this old."""

SWEEP_S = 600.0
"""Expired tickets and logins are refused anyway; sweeping only keeps tables small."""

_MOVING = [
    state.value
    for state in (SessionState.SCHEDULED, SessionState.LOBBY, SessionState.LIVE, SessionState.ENDED)
]

_OVER = [SessionState.ENDED.value, SessionState.CANCELLED.value]

CLOSING = timedelta(hours=24)
"""So long after its end a session's media room is looked for: over any outage of the engine."""

LEFTOVERS_MAX = 200
"""Sessions that end within a day; one question to the engine holds all their names."""


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
        profiles: ProfileKeeper | None = None,
        sweeps: Mapping[str, Callable[[], Awaitable[object]]] | None = None,
    ) -> None:
        """`profiles`: what lines may carry, put right at each reconciliation. `sweeps`: named coroutine
        functions that the leader runs every ten minutes beside `every_sweep`."""
        self._db, self._clock, self._engine = db, clock, engine
        self._sessions, self._stage, self._attendance = sessions, stage, attendance
        self._profiles = profiles
        self._sweeps = {**every_sweep(db, clock), **(sweeps or {})}
        self._hearing = Hearing(db, engine)
        self._lease = Lease(db, clock, "clockwork")
        self._last: dict[str, float] = {}

    async def run(self) -> None:
        """Tick each second until cancelled. Reconciling and hearing go beside it, so that an engine that is
        slow to answer delays no start and no end, and a long look at everybody no look at who is lost."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._every_second(self.tick))
                group.create_task(self._every_second(self._look))
                group.create_task(self._every_second(self.hear))
        finally:
            with contextlib.suppress(Exception):
                await self._lease.release()

    async def tick(self) -> None:
        """One round: take or keep the lease; the leader opens lobbies, starts and ends, archives, sweeps."""
        if not await self._lease.hold():
            return
        for session_id, step in await self._due():
            await self._contained(f"session {step.value}", partial(self._move, session_id, step))
        if self._is_time("sweep", SWEEP_S):
            for name, sweep in self._sweeps.items():
                await self._contained(f"sweep {name}", sweep)

    async def reconcile(self) -> None:
        """Compare every open session with its media room: presence, grants, mutes, removals."""
        for session_id, media_room in await self._open():
            await self._contained("reconcile", partial(self._follow, session_id, media_room))
        await self._contained("close media rooms", self._close_leftovers)

    async def reopen(self) -> None:
        """The engine began anew: nobody gets into a session's room until it has heard who is to stay out."""
        for session_id, _ in await self._open():
            await self._contained("reopen", partial(opening.open_room, self._db, self._engine, session_id))

    async def hear(self) -> None:
        """Note who of the open sessions is not heard any more, and who is heard again."""
        if await self._lease.hold():
            await self._hearing.listen(await self._open())
        else:
            self._hearing.forget()

    async def _look(self) -> None:
        if await self._lease.hold() and self._is_time("reconcile", RECONCILE_S):
            await self.reconcile()

    async def _every_second(self, job: Callable[[], Awaitable[None]]) -> None:
        while True:
            started = self._clock.monotonic()
            await self._contained("clockwork", job)
            await asyncio.sleep(max(0.05, TICK_S - (self._clock.monotonic() - started)))

    async def _contained(self, what: str, job: Callable[[], Awaitable[object]]) -> None:
        try:
            await job()
        except DomainError as error:
            log.warning("job put off", job=what, reason=error.code)
        except Exception:  # containment: one job's fault costs that job's round only
            log.exception("job failed", job=what)

    async def _due(self) -> list[tuple[SessionId, Step]]:
        now = self._clock.now()
        query = (
            select(MeetingSession).where(MeetingSession.state.in_(_MOVING)).order_by(MeetingSession.starts_at)
        )
        async with self._db.reading() as tx:
            rows = list(await tx.scalars(query))
        due = []
        for row in rows:
            step = due_step(
                SessionState(row.state),
                now,
                starts_at=row.starts_at,
                length_min=row.length_min,
                lobby_min=row.lobby_min,
                auto_start=row.auto_start,
                auto_end=row.auto_end,
                overrun_min=row.overrun_min,
                state_since=row.state_since,
            )
            if step is not None:
                due.append((SessionId(row.id), step))
        return due

    async def _move(self, session_id: SessionId, step: Step) -> None:
        with contextlib.suppress(Conflict):  # somebody moved it by hand a moment ago
            await self._sessions.move(SYSTEM, session_id, step)

    async def _open(self) -> list[tuple[SessionId, MediaRoom]]:
        query = select(MeetingSession.id, MeetingSession.media_room).where(
            MeetingSession.state.in_([state.value for state in OPEN]), MeetingSession.media_room.is_not(None)
        )
        async with self._db.reading() as tx:
            return [(SessionId(key), MediaRoom(room)) for key, room in await tx.execute(query) if room]

    async def _follow(self, session_id: SessionId, media_room: MediaRoom) -> None:
        await opening.open_room(self._db, self._engine, session_id)
        participants = await self._engine.participants(media_room)
        await self._stage.repair(session_id, participants)
        await self._attendance.reconcile(session_id, participants)
        if self._profiles is not None:
            await self._profiles.repair(session_id, participants)

    async def _close_leftovers(self) -> None:
        """A session may end while the engine is away, and a token not ten minutes old makes its room anew."""
        query = (
            select(MeetingSession.media_room)
            .where(
                MeetingSession.state.in_(_OVER),
                MeetingSession.media_room.is_not(None),
                MeetingSession.state_since > self._clock.now() - CLOSING,
            )
            .order_by(MeetingSession.state_since.desc())
            .limit(LEFTOVERS_MAX)
        )
        async with self._db.reading() as tx:
            names = [MediaRoom(name) for name in await tx.scalars(query) if name]
        if names:
            for room in await self._engine.rooms(names):
                log.info("media room closed after its session", media_room=room.media_room)
                await self._engine.close_room(room.media_room)

    def _is_time(self, job: str, every_s: float) -> bool:
        now = self._clock.monotonic()
        if job in self._last and now - self._last[job] < every_s:
            return False
        self._last[job] = now
        return True
