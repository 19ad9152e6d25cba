"""QualityService: the rooms' lines of running sessions, sampled, kept for the session, and shown."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from confhub.access.rules import Actor, allows, branch_filter
from confhub.db.database import Database
from confhub.engine.engine import MediaEngine
from confhub.kernel.clock import Clock
from confhub.kernel.ids import EndpointId, MediaRoom, SessionId
from confhub.kernel.permissions import Permission
from confhub.org.published import UnitColumns
from confhub.sessions import store
from confhub.sessions.errors import NotInSession
from confhub.sessions.models import MeetingSession, RoomQuality, SessionEndpoint
from confhub.sessions.quality_rules import Sample, is_full, minute_of, pack, sample_of, thin, unpack
from confhub.sessions.rules import OPEN
from confhub.sessions.values import SessionView

RECENT = 36
"""Samples of a room held in memory for the live page's small charts: three minutes."""
SERIES_MAX = 400
"""Samples told of one room: more than a chart has places for."""
ROWS_AT_ONCE = 500
"""Rows in one INSERT: 302 rooms' minutes are stored together."""

_Key = tuple[SessionId, EndpointId]


@dataclass(frozen=True, slots=True)
class RoomLine:
    """One room's line now, and its loss of the last minutes (0..1, oldest first)."""

    endpoint_id: EndpointId
    newest: Sample
    losses: tuple[float, ...]


class QualityService:
    """`sample` is the leader's, each SAMPLE_S; the rest answers pages. Samples of the running minute are in
    memory: a hub that is killed loses them, as an attendance loses its last heartbeat."""

    def __init__(self, db: Database, clock: Clock, engine: MediaEngine) -> None:
        self._db, self._clock, self._engine = db, clock, engine
        self._open_minute: datetime | None = None
        self._packed: dict[_Key, bytearray] = {}
        self._recent: defaultdict[_Key, deque[Sample]] = defaultdict(lambda: deque(maxlen=RECENT))

    async def sample(self) -> int:
        """Ask the engine once for all running sessions; gives how many rooms were sampled. Nothing where
        the engine does not tell figures. EngineUnavailable."""
        rooms, endpoints = await self._running()
        if not rooms:
            await self.flush()
            self._recent.clear()
            return 0
        figures = await self._engine.figures(list(rooms))
        now = self._clock.now()
        if self._open_minute != minute_of(now):
            await self.flush()
            self._open_minute = minute_of(now)
        count = 0
        for media_room, rows in figures.items():
            session_id = rooms.get(media_room)
            for row in rows if session_id is not None else ():
                endpoint_id = endpoints.get((session_id, str(row.get("identity"))))
                if endpoint_id is not None and session_id is not None:
                    self._keep((session_id, endpoint_id), sample_of(row, now))
                    count += 1
        self._forget_ended(set(rooms.values()))
        return count

    async def flush(self) -> None:
        """Store the running minute; called at its end and when the hub stops."""
        minute, packed = self._open_minute, self._packed
        self._open_minute, self._packed = None, {}
        if minute is None or not packed:
            return
        values = [
            {"session_id": key[0], "endpoint_id": key[1], "minute_at": minute, "samples": bytes(data)}
            for key, data in packed.items()
        ]
        try:
            async with self._db.transaction() as tx:
                fresh = tx.upsert(RoomQuality).on_conflict_do_nothing()  # a clock set back, or another hub
                for at in range(0, len(values), ROWS_AT_ONCE):
                    await tx.rows(fresh, values[at : at + ROWS_AT_ONCE])
        except BaseException:
            self._open_minute, self._packed = minute, packed
            raise

    async def lines(self, actor: Actor, session_id: SessionId) -> list[RoomLine]:
        """The newest of every room that the actor sees; empty where nothing runs. SessionUnknown."""
        async with self._db.reading() as tx:
            view = await store.visible_view(tx, actor, session_id)
            query = select(SessionEndpoint.endpoint_id).where(SessionEndpoint.session_id == session_id)
            seen = {EndpointId(key) for key in await tx.scalars(_within_branch(query, actor, view))}
        found = [(key[1], recent) for key, recent in self._recent.items() if key[0] == session_id]
        return [
            RoomLine(endpoint_id, recent[-1], tuple(sample.loss_down for sample in recent))
            for endpoint_id, recent in found
            if endpoint_id in seen and recent
        ]

    async def series(self, actor: Actor, session_id: SessionId, endpoint_id: EndpointId) -> list[Sample]:
        """One room over the session, at most SERIES_MAX samples. SessionUnknown, NotInSession."""
        async with self._db.reading() as tx:
            view = await store.visible_view(tx, actor, session_id)
            query = select(SessionEndpoint.endpoint_id).where(
                SessionEndpoint.session_id == session_id, SessionEndpoint.endpoint_id == endpoint_id
            )
            if await tx.scalar(_within_branch(query, actor, view)) is None:
                raise NotInSession(field="endpoint_id")
            rows = await tx.execute(
                select(RoomQuality.minute_at, RoomQuality.samples)
                .where(RoomQuality.session_id == session_id, RoomQuality.endpoint_id == endpoint_id)
                .order_by(RoomQuality.minute_at)
            )
            samples = [sample for minute, packed in rows for sample in unpack(minute, packed)]
        if self._open_minute is not None:
            samples += unpack(self._open_minute, bytes(self._packed.get((session_id, endpoint_id), b"")))
        return thin(samples, SERIES_MAX)

    async def _running(
        self,
    ) -> tuple[dict[MediaRoom, SessionId], Mapping[tuple[SessionId | None, str], EndpointId]]:
        sessions = select(MeetingSession.id, MeetingSession.media_room).where(
            MeetingSession.state.in_([state.value for state in OPEN]), MeetingSession.media_room.is_not(None)
        )
        async with self._db.reading() as tx:
            rooms = {MediaRoom(room): SessionId(key) for key, room in await tx.execute(sessions) if room}
            if not rooms:
                return {}, {}
            query = select(
                SessionEndpoint.session_id, SessionEndpoint.identity, SessionEndpoint.endpoint_id
            ).where(SessionEndpoint.session_id.in_(list(rooms.values())))
            lines = await tx.execute(query)
        return rooms, {(SessionId(s), identity): EndpointId(e) for s, identity, e in lines}

    def _keep(self, key: _Key, sample: Sample) -> None:
        packed = self._packed.setdefault(key, bytearray())
        if not is_full(bytes(packed)):
            packed += pack(sample)
        self._recent[key].append(sample)

    def _forget_ended(self, running: set[SessionId]) -> None:
        for key in [key for key in self._recent if key[0] not in running]:
            del self._recent[key]


def _within_branch(query: Any, actor: Actor, view: SessionView) -> Any:
    """Rooms of the actor's branch alone, unless the whole session is the actor's to see."""
    if allows(actor, Permission.SESSION_VIEW, view.unit_path):
        return query
    return query.join(*UnitColumns.of(SessionEndpoint.unit_id)).where(
        branch_filter(actor, Permission.SESSION_VIEW, UnitColumns.path)
    )
