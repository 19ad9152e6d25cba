"""What other subjects may know of a session: its state, its hours, its seal and its rooms."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from confhub.db.database import Tx
from confhub.sessions.errors import AttendanceSealed, SessionCancelled, SessionUnknown
from confhub.sessions.models import MeetingSession, SessionEndpoint
from confhub.sessions.values import SessionState


@dataclass(frozen=True, slots=True)
class SessionFacts:
    """A session as it stands in the transaction that asked. `sealed_at`: when its attendance was closed."""

    state: SessionState
    sealed_at: datetime | None

    def require_unsealed(self) -> None:
        """Raises `AttendanceSealed`, `SessionCancelled` where nothing in its attendance may change."""
        if self.sealed_at is not None:
            raise AttendanceSealed
        if self.state is SessionState.CANCELLED:
            raise SessionCancelled


async def session_facts(tx: Tx, session_id: int, *, lock: bool = False) -> SessionFacts:
    """The session's facts; with `lock`, nobody changes it until the transaction ends. Rights are the caller's
    matter. Raises `SessionUnknown`."""
    s = MeetingSession
    query = select(s.state, s.sealed_at).where(s.id == session_id)
    row = (await tx.execute(query.with_for_update() if lock else query)).one_or_none()
    if row is None:
        raise SessionUnknown
    return SessionFacts(SessionState(row[0]), row[1])


async def is_sealed(tx: Tx, session_id: int) -> bool:
    """Whether the session's attendance is closed; False where there is no such session."""
    sealed = select(MeetingSession.sealed_at).where(MeetingSession.id == session_id)
    return await tx.scalar(sealed) is not None


async def sealed_among(tx: Tx, session_ids: Iterable[int]) -> set[int]:
    """Those whose attendance is closed. Nobody closes one of the others before this transaction ends."""
    s = MeetingSession
    query = select(s.id, s.sealed_at).where(s.id.in_(set(session_ids))).with_for_update(read=True, of=s)
    return {session_id for session_id, at in await tx.execute(query) if at is not None}


async def has_room(tx: Tx, session_id: int, endpoint_id: int) -> bool:
    """Whether the room takes part in the session, or once did."""
    s = SessionEndpoint
    query = select(s.endpoint_id).where(s.session_id == session_id, s.endpoint_id == endpoint_id)
    return await tx.scalar(query) is not None
