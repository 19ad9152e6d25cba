"""What check-in holds of a person: shown on the record, exported, erased by `people.holding.Holder`."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import delete, exists, func, literal, or_, select

from confhub.audit import marks
from confhub.audit.erasing import redact
from confhub.checkin import sayings
from confhub.checkin.models import (
    CheckinDevice,
    CheckinMove,
    CheckinUndo,
    Correction,
    PersonEvent,
    PersonPresence,
    PhoneTrace,
    UndoneEvent,
)
from confhub.checkin.undone import PHONE
from confhub.db.database import Tx
from confhub.people.holding import lines
from confhub.registry.published import RoomColumns
from confhub.rosters.published import ListedColumns
from confhub.sessions.published import FrozenRoomColumns, SessionColumns
from confhub.sessions.values import SessionState

SESSIONS_SHOWN: Final = 50
"""Sessions on a person's record, newest first; all of them stand in the export."""


@dataclass(frozen=True, slots=True)
class AttendedSession:
    """A session that a person was expected in or came to. `status` is empty before figures are there."""

    session_id: int
    title: str
    starts_at: datetime
    room_name: str
    status: str
    minutes: int
    percent: float
    completed: bool


async def sessions_of(tx: Tx, ids: list[int]) -> tuple[AttendedSession, ...]:
    """The newest sessions of a person with these entries."""
    listed, presence, session = ListedColumns, PersonPresence, SessionColumns
    room_name, of_day = _called(listed.session_id, listed.endpoint_id)
    query = (
        select(
            session.id, session.title, session.starts_at,
            room_name, presence.status, presence.millis,
            presence.percent, presence.completed,
        )
        .select_from(listed.rows())
        .join(*session.of(listed.session_id))
        .join(*RoomColumns.of(listed.endpoint_id))
        .outerjoin(*of_day)
        .outerjoin(
            presence,
            (presence.session_id == listed.session_id) & (presence.attendee_id == listed.attendee_id),
        )
        .where(
            listed.attendee_id.in_(ids),
            or_(listed.removed_at.is_(None), presence.attendee_id.is_not(None)),
            session.state != SessionState.CANCELLED.value,
        )
        .order_by(session.starts_at.desc(), session.id.desc())
        .limit(SESSIONS_SHOWN)
    )  # fmt: skip
    found = (await tx.execute(query)).all()
    derived = {number for number, _, _, _, status, *_ in found if status}  # of two entries of one, one has it
    return tuple(
        AttendedSession(
            number,
            title,
            at,
            room,
            status or "",
            (millis or 0) // 60_000,
            (percent or 0) / 10_000,
            bool(done),
        )
        for number, title, at, room, status, millis, percent, done in found
        if status or number not in derived
    )


def _called(session_id: Any, endpoint_id: Any) -> tuple[Any, Any]:
    """A room's name on the session's day: the column, and what joins it from outside."""
    frozen = FrozenRoomColumns
    own = (frozen.session_id == session_id) & (frozen.endpoint_id == endpoint_id)
    return func.coalesce(frozen.name, RoomColumns.name), frozen.on(own)


class CheckinHolder:
    """Presence in sessions, check-ins and corrections."""

    async def export(self, tx: Tx, attendee_id: int) -> dict[str, list[dict[str, Any]]]:
        """Every line, with the names of rooms and sessions."""
        session, room, listed = SessionColumns, RoomColumns, ListedColumns
        event, presence, fixed = PersonEvent, PersonPresence, Correction
        listed_in, of_list = _called(listed.session_id, listed.endpoint_id)
        came_to, of_event = _called(event.session_id, event.endpoint_id)
        queries: dict[str, Any] = {
            "sessions": select(
                session.id.label("session_id"), session.title, session.starts_at, listed_in.label("room"),
                listed.origin, presence.status, presence.millis, presence.percent,
                presence.completed, presence.first_at, presence.last_at, presence.spans,
            )
            .select_from(listed.rows())
            .join(*session.of(listed.session_id))
            .join(*room.of(listed.endpoint_id))
            .outerjoin(*of_list)
            .outerjoin(
                presence,
                (presence.session_id == listed.session_id) & (presence.attendee_id == listed.attendee_id),
            )
            .where(listed.attendee_id == attendee_id)
            .order_by(session.starts_at),
            "check_ins": select(
                event.session_id, came_to.label("room"), event.kind, event.way, event.at, event.received_at,
                CheckinUndo.at.label("taken_back_at"),
            )
            .join(*room.of(event.endpoint_id))
            .outerjoin(*of_event)
            .outerjoin(UndoneEvent, UndoneEvent.event_id == event.id)
            .outerjoin(CheckinUndo, CheckinUndo.id == UndoneEvent.undo_id)
            .where(event.attendee_id == attendee_id)
            .order_by(event.id),
            "corrections": select(
                fixed.session_id, fixed.action, fixed.value, fixed.reason, fixed.author_name, fixed.at
            )
            .where(fixed.attendee_id == attendee_id)
            .order_by(fixed.id),
        }  # fmt: skip
        return {subject: await lines(tx, query) for subject, query in queries.items()}

    async def called(self, tx: Tx, attendee_ids: Collection[int]) -> list[str]:
        """Check-in calls nobody by a name."""
        return []

    async def erase(self, tx: Tx, attendee_id: int, now: datetime) -> None:
        """Free texts and the marks of phones go; what figures and seals rest on stays. A seal holds reasons
        of corrections, undoings and reopenings, and keys of events, by their hashes (`checkin.chain`), which
        stand for them now. Before the names on lists go: what was typed is searched for them."""
        await sayings.forget(tx, attendee_id)
        devices = delete(CheckinDevice).where(CheckinDevice.attendee_id == attendee_id)
        await tx.execute(devices.execution_options(synchronize_session=False))
        keys = select(PersonEvent.key).where(PersonEvent.attendee_id == attendee_id)
        await _erase_phones(tx, keys)
        traces = delete(PhoneTrace).where(PhoneTrace.key.in_(keys))
        await tx.execute(traces.execution_options(synchronize_session=False))
        for event in await tx.scalars(select(PersonEvent).where(PersonEvent.attendee_id == attendee_id)):
            event.key = marks.mark(event.key)
        for move in await tx.scalars(select(CheckinMove).where(CheckinMove.attendee_id == attendee_id)):
            move.key = marks.mark(move.key)
        for fixed in await tx.scalars(select(Correction).where(Correction.attendee_id == attendee_id)):
            await redact(tx, [fixed.reason])
            fixed.reason = marks.mark(fixed.reason)
        told = select(UndoneEvent.undo_id).join(PersonEvent, PersonEvent.id == UndoneEvent.event_id)
        undoings = select(CheckinUndo).where(
            CheckinUndo.id.in_(told.where(PersonEvent.attendee_id == attendee_id))
        )
        await _erase_reasons(tx, undoings)
        await tx.flush()


async def _erase_phones(tx: Tx, keys: Any) -> None:
    """Why phones of the person were taken back."""
    u, t = CheckinUndo, PhoneTrace
    theirs = exists().where(
        t.key.in_(keys), t.session_id == u.session_id, u.source == literal(f"{PHONE}:").concat(t.device)
    )
    await _erase_reasons(tx, select(u).where(theirs))


async def _erase_reasons(tx: Tx, undoings: Any) -> None:
    for undo in await tx.scalars(undoings):
        await redact(tx, [undo.reason])
        undo.reason = marks.mark(undo.reason)
