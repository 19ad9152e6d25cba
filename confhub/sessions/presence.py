"""What the media server tells about presence, written into the session's rows: called by attendance within
its own transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import bindparam, or_, select, update

from confhub.db.base import UtcDateTime
from confhub.db.database import Tx
from confhub.engine.types import EngineEvent, EngineParticipant, EventKind, Source
from confhub.kernel.ids import EndpointId, Identity, MediaRoom, SessionId
from confhub.sessions.events import FloorChanged, PresenceChanged, StageStale
from confhub.sessions.models import MeetingSession, SessionEndpoint, SessionPerson
from confhub.sessions.rules import OPEN
from confhub.sessions.values import RoomState, SessionState

Present = SessionEndpoint | SessionPerson

JUST_JOINED = timedelta(seconds=3)
"""A list of participants is at most this old when it is written down."""


@dataclass(frozen=True, slots=True)
class SessionRef:
    """The session behind a media room."""

    id: SessionId
    state: SessionState
    media_room: MediaRoom
    actual_start: datetime | None
    actual_end: datetime | None


async def session_of(tx: Tx, media_room: MediaRoom) -> SessionRef | None:
    """The session whose media room this is, in whatever state."""
    row = (
        await tx.scalars(select(MeetingSession).where(MeetingSession.media_room == media_room))
    ).one_or_none()
    if row is None:
        return None
    return SessionRef(
        SessionId(row.id), SessionState(row.state), media_room, row.actual_start, row.actual_end
    )


async def endpoint_of(tx: Tx, session_id: SessionId, identity: str) -> EndpointId | None:
    """The endpoint of this session with that media identity; None for persons and strangers."""
    found = await tx.scalar(
        select(SessionEndpoint.endpoint_id).where(
            SessionEndpoint.session_id == session_id, SessionEndpoint.identity == identity
        )
    )
    return None if found is None else EndpointId(found)


async def apply(tx: Tx, session: SessionRef, event: EngineEvent) -> None:
    """Write one event into the session's rows and tell the pages (PresenceChanged). Doubled, late and
    reordered events change nothing: a `left` counts only for the connection that is on record, an older
    `joined` not at all. A new connection or a new room instance tells StageStale, on which the
    StageKeeper gives grants and mutes back."""
    if session.state not in OPEN and event.kind is not EventKind.LEFT:
        return
    await _note_instance(tx, session, event)
    if event.identity is None or event.connection is None:
        return
    row = await _row_of(tx, session.id, event.identity)
    if row is None:
        if event.kind is EventKind.JOINED:
            _restore(tx, session.id, event.identity)  # a stranger: the StageKeeper sends it out
        return
    handler = _HANDLERS.get(event.kind)
    if handler is not None and handler(tx, session, row, event):
        _tell(tx, session.id, row)


async def reconcile(
    tx: Tx, session: SessionRef, participants: Sequence[EngineParticipant], at: datetime
) -> None:
    """Make the rows follow what ListParticipants says at `at`: who is not in it any more is lost."""
    present = {str(who.identity): who for who in participants if who.connected}
    for row in await _rows_of(tx, session.id):
        who = present.get(row.identity)
        changed = _lose(row, at) if who is None else _follow(row, who, at)
        if changed:
            _tell(tx, session.id, row)


_SEEN_AT: Final = bindparam("seen_at", type_=UtcDateTime)
_HEARD: Final = (
    update(SessionEndpoint.__table__)  # type: ignore[arg-type]
    .where(
        SessionEndpoint.session_id == bindparam("session"),
        SessionEndpoint.endpoint_id == bindparam("room"),
        or_(SessionEndpoint.last_seen_at.is_(None), SessionEndpoint.last_seen_at < _SEEN_AT),
    )
    .values(last_seen_at=_SEEN_AT)
)


async def heard(tx: Tx, rooms: Mapping[tuple[SessionId, EndpointId], datetime]) -> None:
    """The rooms' own heartbeats say when they were in their sessions: `last_seen_at` moves forward."""
    if rooms:
        in_order = sorted(rooms.items())  # two hubs that lock the same rows do so in the same order
        await tx.rows(_HEARD, [{"session": of, "room": room, "seen_at": at} for (of, room), at in in_order])


async def note_silence(tx: Tx, session_id: SessionId, silent: Mapping[Identity, datetime]) -> None:
    """Who is joined but not heard any more, and since when; everybody else is heard."""
    for row in await _rows_of(tx, session_id):
        since = silent.get(Identity(row.identity)) if row.state == RoomState.JOINED.value else None
        if (row.silent_since is None) != (since is None):
            row.silent_since = since
            _tell(tx, session_id, row)
            tx.tell(FloorChanged(session_id))  # whoever is silent is not next to speak


async def _note_instance(tx: Tx, session: SessionRef, event: EngineEvent) -> None:
    if not event.instance or session.state not in OPEN:
        return
    if event.kind not in (EventKind.STARTED, EventKind.JOINED):
        return  # a late word of an older instance is no news
    row = await tx.get(MeetingSession, session.id)
    if row is not None and row.media_instance != event.instance:
        row.media_instance = event.instance
        tx.tell(StageStale(session.id))


async def _rows_of(tx: Tx, session_id: int) -> list[Present]:
    rooms = await tx.scalars(select(SessionEndpoint).where(SessionEndpoint.session_id == session_id))
    people = await tx.scalars(select(SessionPerson).where(SessionPerson.session_id == session_id))
    return [*rooms, *people]


async def _row_of(tx: Tx, session_id: int, identity: str) -> Present | None:
    rooms = select(SessionEndpoint).where(
        SessionEndpoint.session_id == session_id, SessionEndpoint.identity == identity
    )
    people = select(SessionPerson).where(
        SessionPerson.session_id == session_id, SessionPerson.identity == identity
    )
    return (await tx.scalars(rooms)).one_or_none() or (await tx.scalars(people)).one_or_none()


def _joined(tx: Tx, session: SessionRef, row: Present, event: EngineEvent) -> bool:
    since = event.joined_at or event.at
    if row.connection == event.connection and row.state in (RoomState.JOINED, RoomState.LEFT, RoomState.LOST):
        return False
    if row.connected_since is not None and row.connected_since > since:
        return False
    row.connection = event.connection
    row.connected_since = since
    row.last_seen_at = max(filter(None, (row.last_seen_at, event.last_seen, since)))
    row.state = RoomState.JOINED.value
    _nothing_open(row)
    _restore(tx, session.id, row.identity)
    return True


def _left(_tx: Tx, _session: SessionRef, row: Present, event: EngineEvent) -> bool:
    if row.connection != event.connection or row.state not in (RoomState.JOINED, RoomState.LOST):
        return False
    row.state = RoomState.LEFT.value if event.kind is EventKind.LEFT else RoomState.LOST.value
    if event.last_seen is not None:
        row.last_seen_at = event.last_seen
    _nothing_open(row)
    return True


def _track(tx: Tx, session: SessionRef, row: Present, event: EngineEvent) -> bool:
    if event.track is None or row.connection != event.connection:
        return False
    published = event.kind is EventKind.TRACK_PUBLISHED
    if event.track.source is Source.SCREEN_SHARE:
        tx.tell(StageStale(SessionId(session.id), identity=Identity(row.identity)))
        row.screen_since = event.at if published else None
        return True
    if published:
        _restore(tx, session.id, row.identity)  # a mute in force holds for a track published anew
    return _set_source(row, event.track.source, published and not event.track.muted)


_HANDLERS = {
    EventKind.JOINED: _joined,
    EventKind.LEFT: _left,
    EventKind.ABORTED: _left,
    EventKind.TRACK_PUBLISHED: _track,
    EventKind.TRACK_UNPUBLISHED: _track,
}


def _lose(row: Present, at: datetime) -> bool:
    if row.state != RoomState.JOINED.value:
        return False
    if row.connected_since is not None and row.connected_since > at - JUST_JOINED:
        return False  # it may have come while the list was on its way
    row.state = RoomState.LOST.value
    _nothing_open(row)
    return True


def _follow(row: Present, who: EngineParticipant, at: datetime) -> bool:
    seen = who.last_seen or at
    changed = row.state != RoomState.JOINED.value or row.connection != who.sid
    if changed:
        row.state = RoomState.JOINED.value
        row.connection = who.sid
        row.connected_since = who.joined_at
    if row.last_seen_at is None or seen > row.last_seen_at:
        row.last_seen_at = seen
    open_sources = {track.source for track in who.tracks if not track.muted}
    for source in (Source.MICROPHONE, Source.CAMERA):
        changed |= _set_source(row, source, source in open_sources)
    shares = any(track.source is Source.SCREEN_SHARE for track in who.tracks)
    if shares != (row.screen_since is not None):
        row.screen_since = at if shares else None
        changed = True
    return changed


def _nothing_open(row: Present) -> None:
    row.mic_on = row.camera_on = False
    row.silent_since = row.screen_since = None


def _set_source(row: Present, source: Source | None, on: bool) -> bool:
    name = {Source.MICROPHONE: "mic_on", Source.CAMERA: "camera_on"}.get(source) if source else None
    if name is None or getattr(row, name) == on:
        return False
    setattr(row, name, on)
    return True


def _restore(tx: Tx, session_id: int, identity: str) -> None:
    tx.tell(StageStale(SessionId(session_id), identity=Identity(identity)))


def _tell(tx: Tx, session_id: int, row: Present) -> None:
    endpoint_id = EndpointId(row.endpoint_id) if isinstance(row, SessionEndpoint) else None
    tx.tell(PresenceChanged(SessionId(session_id), endpoint_id=endpoint_id, identity=Identity(row.identity)))
