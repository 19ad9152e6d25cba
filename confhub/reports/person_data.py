"""What the layers above the register hold of a person: shown on the record, exported, erased."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Select, delete, exists, func, literal, or_, select, update

from confhub.access.rules import Actor, allows
from confhub.audit.erasing import ERASED, redact
from confhub.checkin import erasing
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
from confhub.checkin.sources import PHONE
from confhub.db.database import Database, Tx
from confhub.kernel.clock import Clock
from confhub.kernel.permissions import Permission
from confhub.people import store
from confhub.people.holding import entries_of
from confhub.people.looks import LookBook
from confhub.registry.published import RoomColumns
from confhub.reports import sayings
from confhub.rosters.freezing import NAMES
from confhub.rosters.models import AbsenceNotice, FrozenPerson, RosterEntry, SessionAttendee
from confhub.sessions.published import FrozenRoomColumns, SessionColumns
from confhub.sessions.values import SessionState
from confhub.training import printing
from confhub.training.models import CertificateRow, CoursePerson, CourseRow, LearningStatement

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


@dataclass(frozen=True, slots=True)
class HeldCertificate:
    """A certificate of a person."""

    id: int
    number: str
    course_id: int
    course_title: str
    issued_at: datetime
    revoked: bool


@dataclass(frozen=True, slots=True)
class PersonHistory:
    """`room_name`: where the person is expected unless a session or course says otherwise."""

    room_name: str
    sessions: tuple[AttendedSession, ...]
    certificates: tuple[HeldCertificate, ...]


def attended() -> Select[int, datetime]:
    """(attendee id, start of a session that they belonged to): what retention counts from."""
    return select(SessionAttendee.attendee_id, SessionColumns.starts_at).join(
        *SessionColumns.of(SessionAttendee.session_id)
    )


class HistoryService:
    """The sessions and certificates of one person, for their record."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._looks = LookBook(db, clock)

    async def of(self, actor: Actor, attendee_id: int) -> PersonHistory | None:
        """None for those who may read the record and not the reports. Raises `PersonNotFound`."""
        async with self._db.reading() as tx:
            person = await store.visible_person(tx, actor, attendee_id)
            if not allows(actor, Permission.REPORT_PEOPLE, person.unit_path):
                return None
            ids = await entries_of(tx, attendee_id)
            rooms = await tx.scalars(
                select(RoomColumns.name)
                .join(RosterEntry, RosterEntry.endpoint_id == RoomColumns.id)
                .where(
                    RosterEntry.attendee_id.in_(ids),
                    RosterEntry.session_id.is_(None),
                    RosterEntry.course_id.is_(None),
                )
                .order_by(RoomColumns.sort_key)
            )
            found = PersonHistory(
                " · ".join(dict.fromkeys(rooms)), await _sessions(tx, ids), await _certificates(tx, ids)
            )
        await self._looks.told(actor, "history", [attendee_id])
        return found


async def _sessions(tx: Tx, ids: list[int]) -> tuple[AttendedSession, ...]:
    listed, presence, session = SessionAttendee, PersonPresence, SessionColumns
    room_name, of_day = _called(listed.session_id, listed.endpoint_id)
    query = (
        select(
            session.id, session.title, session.starts_at,
            room_name, presence.status, presence.millis,
            presence.percent, presence.completed,
        )
        .select_from(listed)
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


async def _certificates(tx: Tx, ids: list[int]) -> tuple[HeldCertificate, ...]:
    one = CertificateRow
    query = (
        select(one.id, one.number, one.course_id, CourseRow.title, one.issued_at, one.revoked_at)
        .join(CourseRow, CourseRow.id == one.course_id)
        .where(one.attendee_id.in_(ids))
        .order_by(one.id.desc())
        .limit(SESSIONS_SHOWN)
    )
    return tuple(
        HeldCertificate(number_id, number, course, title, at, revoked is not None)
        for number_id, number, course, title, at, revoked in await tx.execute(query)
    )


def _called(session_id: Any, endpoint_id: Any) -> tuple[Any, Any]:
    """A room's name on the session's day: the column, and what joins it from outside."""
    frozen = FrozenRoomColumns
    own = (frozen.session_id == session_id) & (frozen.endpoint_id == endpoint_id)
    return func.coalesce(frozen.name, RoomColumns.name), frozen.on(own)


class AttendanceHolder:
    """Lists, check-ins, corrections and notices of absence; the seam is `people.holding.Holder`."""

    async def export(self, tx: Tx, attendee_id: int) -> dict[str, list[dict[str, Any]]]:
        """Every line, with the names of rooms and sessions."""
        session, room = SessionColumns, RoomColumns
        event, presence, notice, fixed = PersonEvent, PersonPresence, AbsenceNotice, Correction
        listed_in, of_list = _called(SessionAttendee.session_id, SessionAttendee.endpoint_id)
        came_to, of_event = _called(event.session_id, event.endpoint_id)
        queries: dict[str, Any] = {
            "rosters": select(
                room.name.label("room"), RosterEntry.session_id, RosterEntry.course_id, RosterEntry.excluded,
                RosterEntry.created_at,
            ).join(*room.of(RosterEntry.endpoint_id)).where(RosterEntry.attendee_id == attendee_id),
            "sessions": select(
                session.id.label("session_id"), session.title, session.starts_at, listed_in.label("room"),
                SessionAttendee.origin, presence.status, presence.millis, presence.percent,
                presence.completed, presence.first_at, presence.last_at, presence.spans,
            )
            .select_from(SessionAttendee)
            .join(*session.of(SessionAttendee.session_id))
            .join(*room.of(SessionAttendee.endpoint_id))
            .outerjoin(*of_list)
            .outerjoin(
                presence,
                (presence.session_id == SessionAttendee.session_id)
                & (presence.attendee_id == SessionAttendee.attendee_id),
            )
            .where(SessionAttendee.attendee_id == attendee_id)
            .order_by(session.starts_at),
            "names_on_lists": select(FrozenPerson.code, FrozenPerson.name, FrozenPerson.position)
            .where(FrozenPerson.attendee_id == attendee_id)
            .order_by(FrozenPerson.id),
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
            "absences": select(
                notice.session_id, notice.reason, notice.state, notice.entered_at, notice.entered_by,
                notice.decided_at, notice.decided_by, notice.note,
            )
            .where(notice.attendee_id == attendee_id)
            .order_by(notice.id),
        }  # fmt: skip
        return {subject: await _lines(tx, query) for subject, query in queries.items()}

    async def called(self, tx: Tx, attendee_ids: Collection[int]) -> list[str]:
        """Names as of the days of their sessions."""
        f = FrozenPerson
        return list(await tx.scalars(select(f.name).where(f.attendee_id.in_(attendee_ids)).distinct()))

    async def erase(self, tx: Tx, attendee_id: int, now: datetime) -> None:
        """Free texts and the marks of phones go; what figures and seals rest on stays. A seal holds reasons
        of corrections, undoings and reopenings, and keys of events, by their hashes (`checkin.chain`), which
        stand for them now."""
        await sayings.forget(tx, attendee_id)
        notices = update(AbsenceNotice).where(AbsenceNotice.attendee_id == attendee_id)
        await tx.execute(notices.values(reason="", note=None).execution_options(synchronize_session=False))
        devices = delete(CheckinDevice).where(CheckinDevice.attendee_id == attendee_id)
        await tx.execute(devices.execution_options(synchronize_session=False))
        for one in await tx.scalars(select(FrozenPerson).where(FrozenPerson.attendee_id == attendee_id)):
            one.mark = one.mark or erasing.mark_of_person(one.salt, [getattr(one, name) for name in NAMES])
            one.code, one.name, one.position, one.sort_key, one.search_key = None, "", None, "~", ""
            one.salt = ""
        keys = select(PersonEvent.key).where(PersonEvent.attendee_id == attendee_id)
        await _erase_phones(tx, keys)
        traces = delete(PhoneTrace).where(PhoneTrace.key.in_(keys))
        await tx.execute(traces.execution_options(synchronize_session=False))
        for event in await tx.scalars(select(PersonEvent).where(PersonEvent.attendee_id == attendee_id)):
            event.key = erasing.mark(event.key)
        for move in await tx.scalars(select(CheckinMove).where(CheckinMove.attendee_id == attendee_id)):
            move.key = erasing.mark(move.key)
        for fixed in await tx.scalars(select(Correction).where(Correction.attendee_id == attendee_id)):
            await redact(tx, [fixed.reason])
            fixed.reason = erasing.mark(fixed.reason)
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
        undo.reason = erasing.mark(undo.reason)


class TrainingHolder:
    """Courses, certificates, and statements that wait for the learning record store."""

    async def export(self, tx: Tx, attendee_id: int) -> dict[str, list[dict[str, Any]]]:
        """Progress by course, certificates as printed, statements as sent."""
        person, paper, said = CoursePerson, CertificateRow, LearningStatement
        queries: dict[str, Any] = {
            "courses": select(
                person.course_id, CourseRow.title, person.state, person.millis, person.share
            )
            .join(CourseRow, CourseRow.id == person.course_id)
            .where(person.attendee_id == attendee_id),
            "certificates": select(
                paper.course_id, paper.number, paper.printed, paper.issued_at, paper.issued_by,
                paper.revoked_at, paper.revoke_reason,
            )
            .where(paper.attendee_id == attendee_id)
            .order_by(paper.id),
            "learning_statements": select(said.id, said.verb, said.body, said.sent_at)
            .where(said.attendee_id == attendee_id)
            .order_by(said.created_at),
        }  # fmt: skip
        return {subject: await _lines(tx, query) for subject, query in queries.items()}

    async def called(self, tx: Tx, attendee_ids: Collection[int]) -> list[str]:
        """Names as they were printed on certificates."""
        printed = CertificateRow.printed["name"].as_string()
        return list(await tx.scalars(select(printed).where(CertificateRow.attendee_id.in_(attendee_ids))))

    async def erase(self, tx: Tx, attendee_id: int, now: datetime) -> None:
        """Certificates stay as numbers; statements that have not left are never sent."""
        for row in await tx.scalars(select(CertificateRow).where(CertificateRow.attendee_id == attendee_id)):
            row.printed = printing.without_person(row.printed)
            if row.revoke_reason:
                await redact(tx, [row.revoke_reason])
                row.revoke_reason = ERASED
        waiting = delete(LearningStatement).where(
            LearningStatement.attendee_id == attendee_id, LearningStatement.sent_at.is_(None)
        )
        await tx.execute(waiting.execution_options(synchronize_session=False))
        sent = update(LearningStatement).where(LearningStatement.attendee_id == attendee_id)
        await tx.execute(
            sent.where(LearningStatement.sent_at.is_not(None))
            .values(body={}, error="")
            .execution_options(synchronize_session=False)
        )
        await tx.flush()


async def _lines(tx: Tx, query: Any) -> list[dict[str, Any]]:
    return [dict(row) for row in (await tx.execute(query)).mappings()]
