"""What the media server tells about presence, written into the session's rows: called by attendance within
its own transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from confhub.db.database import Tx
from confhub.engine.types import EngineEvent, EngineParticipant
from confhub.kernel.ids import EndpointId, MediaRoom, SessionId
from confhub.sessions.values import SessionState


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
    raise NotImplementedError


async def endpoint_of(tx: Tx, session_id: SessionId, identity: str) -> EndpointId | None:
    """The endpoint of this session with that media identity; None for persons and strangers."""
    raise NotImplementedError


async def apply(tx: Tx, session: SessionRef, event: EngineEvent) -> None:
    """Write one event into the session's rows and tell the pages (`session.room`). Doubled, late and
    reordered events change nothing: a `left` counts only for the connection that is on record, an older
    `joined` not at all. A new connection or a new room instance tells `session.restore`, on which the
    StageKeeper gives grants and mutes back."""
    raise NotImplementedError


async def reconcile(
    tx: Tx, session: SessionRef, participants: Sequence[EngineParticipant], at: datetime
) -> None:
    """Make the rows follow what ListParticipants says at `at`: who is not in it any more is lost."""
    raise NotImplementedError


async def heard(tx: Tx, session_id: SessionId, endpoint_id: EndpointId, at: datetime) -> None:
    """The room's own heartbeat says it is in the session: its `last_seen_at` moves forward."""
    raise NotImplementedError
