"""Use cases of attendance: what is reported is stored as it comes, and told to live presence."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import structlog
from sqlalchemy import bindparam, func, select

from confhub.attendance import store
from confhub.attendance.errors import AttendanceBusy, RoomClockUnmeasured
from confhub.attendance.roomlog import LogEntry, LogReceipt, SessionWindow, believed
from confhub.attendance.store import NewEvent, NewMark
from confhub.attendance.values import CONNECTION_MAX_CHARS, Kind, Source
from confhub.db.database import Database, Tx
from confhub.db.writer import GroupWriter
from confhub.engine.types import EngineEvent, EngineParticipant, EventKind
from confhub.kernel.clock import Clock
from confhub.kernel.ids import EndpointId, MediaRoom, SessionId
from confhub.kernel.roundtrip import RoundTrip, offset_of
from confhub.registry.values import EndpointPrincipal
from confhub.sessions import presence
from confhub.sessions.facts import sealed_among
from confhub.sessions.models import MeetingSession, SessionChange, SessionEndpoint
from confhub.sessions.presence import SessionRef
from confhub.sessions.values import SessionState

__all__ = ["AttendanceService", "LogEntry", "LogReceipt"]

LOG_WINDOW_S, LOG_PACE_S = 0.25, 1.0
"""Heartbeats come 20 a second from 302 rooms and are in no hurry: one commit a second instead."""

LIST_AGE: Final = presence.JUST_JOINED
"""A list of participants is at most this old when it is written down."""

_EVENT_ID_MAX_CHARS: Final = 60
"""LiveKit's event ids have about 15 characters."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Batch:
    """One room's log as it arrived."""

    endpoint_id: EndpointId
    entries: tuple[LogEntry, ...]
    received_at: datetime


class AttendanceService:
    """Owns two tasks that write what was collected in one transaction: `await start()`, `await close()`.

    Without `start()` each call commits by itself.
    """

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock
        self._events: GroupWriter[EngineEvent, bool] = GroupWriter(
            db, self._write_events, name="attendance", busy=AttendanceBusy
        )
        self._logs: GroupWriter[_Batch, LogReceipt] = GroupWriter(
            db, self._write_logs, LOG_WINDOW_S, pace_s=LOG_PACE_S, name="room-log", busy=AttendanceBusy
        )

    async def start(self) -> None:
        """Start the writers (group commit)."""
        await self._events.start()
        await self._logs.start()

    async def close(self) -> None:
        """Write what is waiting, and stop."""
        await self._events.close()
        await self._logs.close()

    # -- webhooks ----------------------------------------------------------------------------------

    async def observe(self, event: EngineEvent) -> bool:
        """Store one webhook's event and apply it to live presence; returns after the commit.

        False if its media room is no session's or the attendance is closed (both logged), or the event was
        known. Raises AttendanceBusy.
        """
        return await self._events.submit(event)

    async def _write_events(self, tx: Tx, events: Sequence[EngineEvent]) -> list[bool]:
        received_at = self._clock.now()
        sessions = {room: await presence.session_of(tx, room) for room in {e.media_room for e in events}}
        for room in (room for room, found in sessions.items() if found is None):
            _log.warning("attendance.unknown_media_room", media_room=room)
        endpoints = await _endpoints(
            tx,
            [ref.id for ref in sessions.values() if ref is not None],
            [event.identity for event in events if event.identity is not None],
        )
        sealed = await sealed_among(tx, [ref.id for ref in sessions.values() if ref is not None])
        made: list[list[NewEvent]] = []
        for event in events:
            ref = sessions[event.media_room]
            if ref is not None and ref.id in sealed:
                _log.info("attendance.sealed", session=ref.id)
                ref = sessions[event.media_room] = None
            endpoint_id = endpoints.get((ref.id, event.identity)) if ref and event.identity else None
            made.append(_from_webhook(event, ref.id, endpoint_id, received_at) if ref and endpoint_id else [])
        new = await store.add_events(tx, [one for group in made for one in group])
        results: list[bool] = []
        for event, group in zip(events, made, strict=True):
            ref = sessions[event.media_room]
            known = bool(group) and not any(one.key in new for one in group)
            if ref is not None and not known:
                await presence.apply(tx, ref, event)
            new.difference_update(one.key for one in group)
            results.append(ref is not None and not known)
        return results

    # -- the room's own log ------------------------------------------------------------------------

    async def observe_room_log(
        self,
        principal: EndpointPrincipal,
        entries: Sequence[LogEntry],
        *,
        sent_at: datetime | None = None,
        trip: RoundTrip | None = None,
    ) -> LogReceipt:
        """Store a room's own log; returns after the commit. Idempotent by (endpoint, seq, connection, event).

        `trip`: the room's quickest round trip to the hub; `sent_at`: its clock when it sent the batch, if it
        said so; see `roomlog` for clocks and for what is refused. Raises AttendanceBusy, RoomClockUnmeasured:
        nothing is acknowledged then.
        """
        if not entries:
            return LogReceipt(0, 0, 0, 0)
        received_at = self._clock.now()
        offset = offset_of(trip, received_at, sent_at)
        if offset is None:
            raise RoomClockUnmeasured
        if offset:
            _log.info(
                "attendance.room_clock_corrected", endpoint=principal.code, offset_s=offset.total_seconds()
            )
        corrected = tuple(
            LogEntry(e.seq, e.at + offset, e.event, e.session_id, e.connection) for e in entries
        )
        return await self._logs.submit(_Batch(principal.endpoint_id, corrected, received_at))

    async def _write_logs(self, tx: Tx, batches: Sequence[_Batch]) -> list[LogReceipt]:
        windows = await _windows(tx, batches)
        good: list[list[LogEntry]] = [
            [
                entry
                for entry in batch.entries
                if (window := windows.get((batch.endpoint_id, entry.session_id))) is not None
                and believed(entry.at, batch.received_at, window)
                and len(entry.connection) <= CONNECTION_MAX_CHARS
            ]
            for batch in batches
        ]
        events: list[list[NewEvent]] = []
        marks: list[NewMark] = []
        for batch, entries in zip(batches, good, strict=True):
            events.append([_from_room(batch, e) for e in entries if e.event is not Kind.PRESENT])
            marks += [
                NewMark(e.session_id, batch.endpoint_id, Source.ROOM, e.connection, e.at)
                for e in entries
                if e.event is Kind.PRESENT
            ]
        new = await store.add_events(tx, [one for group in events for one in group])
        await store.add_marks(tx, marks)
        await _heard(tx, marks)
        receipts: list[LogReceipt] = []
        for batch, entries, group in zip(batches, good, events, strict=True):
            doubled = sum(one.key not in new for one in group)
            receipts.append(
                LogReceipt(
                    log_through=max(entry.seq for entry in batch.entries),
                    stored=len(entries) - doubled,
                    doubled=doubled,
                    refused=len(batch.entries) - len(entries),
                )
            )
        return receipts

    # -- reconciliation ----------------------------------------------------------------------------

    async def reconcile(self, session_id: SessionId, participants: Sequence[EngineParticipant]) -> None:
        """Store that these participants, and no others, are in the session's media room now.

        Writes a mark per connection, the joins and leaves that webhooks missed, and applies both to live
        presence. Call each 15 s while lobby or live, and once right before the media room closes. An
        unknown session is ignored with a log.
        """
        now = self._clock.now()
        async with self._db.transaction() as tx:
            ref = await _session_ref(tx, session_id)
            if ref is None:
                _log.warning("attendance.unknown_session", session=session_id)
                return
            endpoints = await _endpoints(tx, [session_id], [p.identity for p in participants])
            here = {p.sid: (endpoints.get((session_id, p.identity)), p) for p in participants}
            rooms = {sid: (endpoint, p) for sid, (endpoint, p) in here.items() if endpoint is not None}
            known_open = await store.open_connections(tx, session_id)
            joined = await store.joined_connections(tx, session_id, list(rooms))
            missed = [
                _reconciled(session_id, endpoint, sid, Kind.JOINED, min(p.joined_at, now), now)
                for sid, (endpoint, p) in rooms.items()
                if sid not in joined
            ]
            missed += await self._missed_leaves(tx, session_id, known_open, rooms.keys(), now)
            await store.add_events(tx, missed)
            await store.add_marks(
                tx,
                (
                    NewMark(session_id, endpoint, Source.RECONCILE, sid, min(p.last_seen or now, now))
                    for sid, (endpoint, p) in rooms.items()
                    if p.last_seen is not None or p.connected
                ),
            )
            await store.add_observation(tx, session_id, now)
            await presence.reconcile(tx, ref, participants, now)

    async def _missed_leaves(
        self,
        tx: Tx,
        session_id: SessionId,
        known_open: dict[str, tuple[EndpointId, datetime]],
        here: Iterable[str],
        now: datetime,
    ) -> list[NewEvent]:
        """Leaves of connections that are open by the books and not in the room: at their newest mark.

        One that joined a moment ago may have come while the list was on its way, and waits for the next.
        """
        listed = set(here)
        gone = {
            sid: (endpoint, at)
            for sid, (endpoint, at) in known_open.items()
            if sid not in listed and at <= now - LIST_AGE
        }
        marks = await store.last_marks(
            tx, session_id, list(gone), [endpoint for endpoint, _ in gone.values()]
        )
        return [
            _reconciled(session_id, endpoint, sid, Kind.LEFT, max(at, marks.get(sid, at)), now)
            for sid, (endpoint, at) in gone.items()
        ]


def _from_webhook(
    event: EngineEvent, session_id: SessionId, endpoint_id: EndpointId, received_at: datetime
) -> list[NewEvent]:
    """The stored events of one webhook. A leave also tells when its connection began."""
    if event.kind not in (EventKind.JOINED, EventKind.LEFT, EventKind.ABORTED) or not event.connection:
        return []
    connection = event.connection[:CONNECTION_MAX_CHARS]

    def new(kind: Kind, told: datetime) -> NewEvent:
        at = min(told, received_at)  # nobody tells of it before it happened
        key = f"relay:{event.id[:_EVENT_ID_MAX_CHARS]}:{connection}:{kind}"
        return NewEvent(key, session_id, endpoint_id, Source.RELAY, kind, at, received_at, connection)

    if event.kind is EventKind.JOINED:
        return [new(Kind.JOINED, event.joined_at or event.at)]
    begun = [new(Kind.JOINED, event.joined_at)] if event.joined_at is not None else []
    if event.last_seen is not None:
        return [*begun, new(Kind.LEFT, event.last_seen)]
    return [*begun, new(Kind.LEFT if event.kind is EventKind.LEFT else Kind.LOST, event.at)]


def _from_room(batch: _Batch, entry: LogEntry) -> NewEvent:
    return NewEvent(
        f"room:{batch.endpoint_id}:{entry.seq}:{entry.connection}:{entry.event}",
        entry.session_id,
        batch.endpoint_id,
        Source.ROOM,
        entry.event,
        entry.at,
        batch.received_at,
        entry.connection,
        entry.seq,
    )


def _reconciled(
    session_id: SessionId, endpoint_id: EndpointId, sid: str, kind: Kind, at: datetime, now: datetime
) -> NewEvent:
    key = f"reconcile:{session_id}:{sid}:{kind}"
    return NewEvent(key, session_id, endpoint_id, Source.RECONCILE, kind, at, now, sid)


async def _endpoints(
    tx: Tx, session_ids: Sequence[SessionId], identities: Sequence[str]
) -> dict[tuple[SessionId, str], EndpointId]:
    """(session, media identity) → endpoint id, for the rooms among these identities."""
    if not session_ids or not identities:
        return {}
    e = SessionEndpoint
    rows = await tx.execute(
        select(e.session_id, e.identity, e.endpoint_id).where(
            e.session_id.in_(session_ids), e.identity.in_(set(identities))
        )
    )
    return {(SessionId(sid), identity): EndpointId(endpoint) for sid, identity, endpoint in rows}


async def _session_ref(tx: Tx, session_id: SessionId) -> SessionRef | None:
    media_room = await tx.scalar(select(MeetingSession.media_room).where(MeetingSession.id == session_id))
    return await presence.session_of(tx, MediaRoom(media_room)) if media_room else None


def _windows_query() -> Any:
    s, c, e = MeetingSession, SessionChange, SessionEndpoint
    opened = (
        select(c.session_id, func.min(c.at).label("at"))
        .where(c.state.in_([SessionState.LOBBY.value, SessionState.LIVE.value]))
        .group_by(c.session_id)
        .subquery()
    )
    return (
        select(e.endpoint_id, s.id, opened.c.at, s.actual_end)
        .join(s, s.id == e.session_id)
        .join(opened, opened.c.session_id == s.id, isouter=True)
        .where(s.id.in_(bindparam("sessions", expanding=True)), s.sealed_at.is_(None))
        .where(e.endpoint_id.in_(bindparam("rooms", expanding=True)))
        .with_for_update(read=True, of=s)
    )


_WINDOWS: Final = _windows_query()


async def _windows(tx: Tx, batches: Sequence[_Batch]) -> dict[tuple[EndpointId, SessionId], SessionWindow]:
    """When each named session was open, for the rooms that belong to it; others are missing, and so are
    sessions whose attendance is closed. Nobody closes one before this transaction ends."""
    wanted = {entry.session_id for batch in batches for entry in batch.entries}
    asked = {"sessions": list(wanted), "rooms": list({batch.endpoint_id for batch in batches})}
    rows = await tx.rows(_WINDOWS, asked)
    return {
        (EndpointId(endpoint), SessionId(session)): SessionWindow(opened_at, ended)
        for endpoint, session, opened_at, ended in rows
    }


async def _heard(tx: Tx, marks: Sequence[NewMark]) -> None:
    """Tell live presence the newest mark of each room."""
    newest: dict[tuple[SessionId, EndpointId], datetime] = {}
    for mark in marks:
        key = (mark.session_id, mark.endpoint_id)
        newest[key] = max(newest.get(key, mark.at), mark.at)
    await presence.heard(tx, newest)
