"""What each step of a session's life does to its rows; inside the step's own transaction."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select, update

from confhub.access.rules import Actor
from confhub.audit.service import record
from confhub.db.database import Tx
from confhub.engine.types import ALL_SOURCES
from confhub.kernel.ids import SessionId, media_room_name
from confhub.kernel.rounding import whole_millisecond
from confhub.registry.published import RoomColumns
from confhub.sessions import errors, floor, freezing, owning, store
from confhub.sessions.events import SessionChanged
from confhub.sessions.models import (
    MeetingSession,
    SessionChange,
    SessionEndpoint,
    SessionPerson,
    StageGrant,
)
from confhub.sessions.rules import OPEN, REACHED, TRANSITIONS, Step, next_state
from confhub.sessions.values import RoomState, SessionState, Slot


async def take_step(
    tx: Tx, actor: Actor, session: MeetingSession, step: Step, now: datetime, path: str, reason: str = ""
) -> None:
    """Move `session` along; WrongState. The change is dated, audited with its `reason`, and told."""
    state = next_state(SessionState(session.state), step)
    if state in OPEN and session.media_room is None:
        session.media_room = media_room_name(SessionId(session.id))
    if state is SessionState.LIVE:
        session.actual_start = whole_millisecond(now)  # attendance is counted in these from here
    if state in (SessionState.ENDED, SessionState.CANCELLED):
        if state is SessionState.ENDED:
            session.actual_end = whole_millisecond(now)
        await _close(tx, session, now)
    note_state(tx, actor, session, state, now, reason)
    said = {"reason": reason} if reason else {}
    record(tx, actor, f"sessions:session:{step.value}", "session", session.id, now, path=path, **said)
    tx.tell(SessionChanged(SessionId(session.id)))
    if state in OPEN:
        await tx.flush()
        await freezing.freeze(tx, session.id, now)
        await seat_chair(tx, session, now)
    if state in OPEN or state in (SessionState.ENDED, SessionState.CANCELLED):
        await owning.settle(tx, owning.rooms_of(session.id), now)


_STANDS: Final[dict[SessionState, type[errors.WrongState]]] = {
    SessionState.DRAFT: errors.IsDraft,
    SessionState.SCHEDULED: errors.IsScheduled,
    SessionState.LOBBY: errors.LobbyIsOpen,
    SessionState.LIVE: errors.IsLive,
    SessionState.ENDED: errors.IsEnded,
    SessionState.ARCHIVED: errors.IsArchived,
    SessionState.CANCELLED: errors.IsCancelled,
}


async def is_wanted(tx: Tx, session: MeetingSession, step: Step, zone: ZoneInfo) -> bool:
    """Whether `step` is to be taken; not where somebody, or the clock, has just taken it: whoever asks for
    the same has it. Raises WrongState, with who did what when, where it leads nowhere."""
    state = SessionState(session.state)
    if state is REACHED[step]:
        return False
    if (state, step) in TRANSITIONS:
        return True
    c = SessionChange
    newest = select(c.actor_name, c.at).where(c.session_id == session.id).order_by(c.id.desc()).limit(1)
    by, at = (await tx.execute(newest)).one()
    raise _STANDS[state](
        state=state.value, step=step.value, by=by, at=f"{at.astimezone(zone):%d/%m/%Y %H:%M:%S}"
    )


def note_state(
    tx: Tx, actor: Actor, session: MeetingSession, state: SessionState, now: datetime, reason: str = ""
) -> None:
    """Write the state with its hour, its author, and why."""
    session.state = state.value
    session.state_since = now
    tx.add(
        SessionChange(
            session_id=session.id,
            state=state.value,
            at=now,
            actor_id=actor.account_id,
            actor_name=actor.name,
            reason=reason,
        )
    )


async def seat_chair(tx: Tx, session: MeetingSession, now: datetime) -> list[str]:
    """Give the chair its grant while the session is open, and take it from a former chair; gives the
    identities whose grants changed."""
    grants = await store.open_grants(tx, session.id)
    chair = await tx.scalar(
        select(SessionEndpoint.identity).where(
            SessionEndpoint.session_id == session.id,
            SessionEndpoint.endpoint_id == session.chair_endpoint_id,
        )
    )
    changed: list[str] = []
    for identity, grant in grants.items():
        if (grant.slot == Slot.CHAIR.value) != (identity == chair):
            grant.withdrawn_at = now
            changed.append(identity)
    await tx.flush()
    if chair is not None and (chair not in grants or chair in changed):
        tx.add(
            StageGrant(
                session_id=session.id,
                identity=chair,
                display_name=await _endpoint_name(tx, session.chair_endpoint_id),
                slot=Slot.CHAIR.value,
                sources=",".join(ALL_SOURCES),
                granted_at=now,
            )
        )
        changed.append(chair)
    return changed


async def _endpoint_name(tx: Tx, endpoint_id: int | None) -> str:
    return await tx.scalar(select(RoomColumns.name).where(RoomColumns.id == endpoint_id)) or ""


async def _close(tx: Tx, session: MeetingSession, now: datetime) -> None:
    await floor.leave_stage(tx, session.id, None, now)
    for table in (SessionEndpoint, SessionPerson):
        await tx.execute(
            update(table)
            .where(
                table.session_id == session.id,
                or_(table.state == RoomState.JOINED.value, table.state == RoomState.LOST.value),
            )
            .values(state=RoomState.LEFT.value, mic_on=False, camera_on=False)
        )
