"""Clockwork: what happens by itself at its hour."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import Protocol

import structlog
from sqlalchemy import or_, select

from confhub.access.rules import SYSTEM
from confhub.db.database import Database
from confhub.engine.engine import MediaEngine
from confhub.engine.types import EngineParticipant
from confhub.jobs.hearing import HEARING_S, Hearing
from confhub.jobs.recurring import Work, contained
from confhub.kernel.clock import Clock
from confhub.kernel.errors import Conflict
from confhub.kernel.ids import MediaRoom, SessionId
from confhub.sessions import opening
from confhub.sessions.models import MeetingSession
from confhub.sessions.profiles import ProfileKeeper
from confhub.sessions.rules import LOBBY_MAX_MIN, OPEN, Step, due_step
from confhub.sessions.service import SessionService
from confhub.sessions.stage import StageKeeper
from confhub.sessions.values import SessionState

log = structlog.get_logger(__name__)

TICK_S = HEARING_S
RECONCILE_S = 15.0
"""As often as a room's heartbeat: what is stored is at most this old."""

MOVED, COMPARED, HEARD = "sessions by the clock", "rooms against the media server", "who is heard"
"""The works' names."""

CLOCKWORK = "clockwork"
"""The lease under which one hub moves sessions."""

_MOVING = [
    state.value
    for state in (SessionState.SCHEDULED, SessionState.LOBBY, SessionState.LIVE, SessionState.ENDED)
]

_PLANNED = SessionState.SCHEDULED.value
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
    """Sessions by the clock: what the runner of recurring work calls. Nothing here asks who leads."""

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
    ) -> None:
        """`profiles`: what lines may carry, put right at each reconciliation."""
        self._db, self._clock, self._engine = db, clock, engine
        self._sessions, self._stage, self._attendance = sessions, stage, attendance
        self._profiles = profiles
        self._hearing = Hearing(db, engine)

    def works(self) -> list[Work]:
        """Reconciling and hearing go beside moving, so that an engine that is slow to answer delays no start
        and no end, and a long look at everybody no look at who is lost."""
        return [
            Work(MOVED, TICK_S, self.move_due, CLOCKWORK),
            Work(COMPARED, RECONCILE_S, self.reconcile, CLOCKWORK),
            Work(HEARD, HEARING_S, self.hear, CLOCKWORK, otherwise=self._hearing.forget),
        ]

    async def move_due(self) -> None:
        """Open lobbies, start, end and archive what is due."""
        for session_id, step in await self._due():
            await contained(f"session {step.value}", partial(self._move, session_id, step))

    async def reconcile(self) -> None:
        """Compare every open session with its media room: presence, grants, mutes, removals."""
        for session_id, media_room in await self._open():
            await contained("reconcile", partial(self._follow, session_id, media_room))
        await contained("close media rooms", self._close_leftovers)

    async def reopen(self) -> None:
        """The engine began anew: nobody gets into a session's room until it has heard who is to stay out."""
        for session_id, _ in await self._open():
            await contained("reopen", partial(opening.open_room, self._db, self._engine, session_id))

    async def hear(self) -> None:
        """Note who of the open sessions is not heard any more, and who is heard again."""
        await self._hearing.listen(await self._open())

    async def _due(self) -> list[tuple[SessionId, Step]]:
        now = self._clock.now()
        soon = MeetingSession.starts_at <= now + timedelta(minutes=LOBBY_MAX_MIN)
        query = (
            select(MeetingSession)
            .where(MeetingSession.state.in_(_MOVING), or_(MeetingSession.state != _PLANNED, soon))
            .order_by(MeetingSession.starts_at)
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
