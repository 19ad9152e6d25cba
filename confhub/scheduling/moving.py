"""MovingService: a session's hours, changed in the calendar and nothing else of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from confhub.access.rules import Actor
from confhub.kernel.errors import Conflict, Forbidden
from confhub.kernel.ids import SessionId
from confhub.kernel.permissions import Permission
from confhub.kernel.versions import ChangedMeanwhile, version_of
from confhub.scheduling import errors
from confhub.scheduling.calendar import Fixed, fixed_by
from confhub.sessions.service import SessionService
from confhub.sessions.values import SessionDetails, SessionState

_FIXED: Final[dict[SessionState, type[Conflict]]] = {
    SessionState.LOBBY: errors.MovedWhileCalled,
    SessionState.LIVE: errors.MovedWhileCalled,
    SessionState.ENDED: errors.MovedWhenOver,
    SessionState.ARCHIVED: errors.MovedWhenOver,
    SessionState.CANCELLED: errors.MovedWhenCancelled,
}


@dataclass(frozen=True, slots=True)
class Hours:
    """When a session begins, and for how long it is planned."""

    starts_at: datetime
    length_min: int


class MovingService:
    """Moves by way of SessionService, which checks rights, hours and rooms, and marks dates of series."""

    def __init__(self, sessions: SessionService) -> None:
        self._sessions = sessions

    async def move(
        self,
        actor: Actor,
        session_id: SessionId,
        seen: Hours,
        wanted: Hours,
        *,
        sure: bool = False,
        conflict_reason: str = "",
    ) -> SessionDetails:
        """Give the session the hours `wanted`, where it still has those `seen`. SessionUnknown, Forbidden,
        MovedWhileCalled, MovedWhenOver, MovedWhenCancelled, ChangedMeanwhile; unless `sure`, AnnouncedMoves
        where it is no draft; and what `SessionService.update` raises."""
        details = await self._sessions.get(actor, session_id)
        session, form = details.session, details.input
        if session.state in _FIXED:
            raise _FIXED[session.state]
        if fixed_by(session.state, may_edit=session.may_edit) is Fixed.RIGHT:
            raise Forbidden(permission=Permission.SESSION_EDIT.value)
        if Hours(session.starts_at, session.length_min) != seen:
            raise ChangedMeanwhile
        if wanted == seen:
            return details
        if session.state is SessionState.SCHEDULED and not sure:
            raise errors.AnnouncedMoves(rooms=session.endpoints)
        return await self._sessions.update(
            actor,
            session_id,
            replace(form, starts_at=wanted.starts_at, length_min=wanted.length_min),
            seen=version_of(form),
            conflict_reason=conflict_reason,
        )
