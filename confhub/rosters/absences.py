"""Use cases of notices of absence: enter ahead, decide, withdraw, list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, func, or_, select

from confhub.access.rules import Actor, allows, allows_anywhere, below, branch_filter
from confhub.audit.service import record
from confhub.db.base import as_written
from confhub.db.database import Database, Tx
from confhub.kernel.clock import Clock
from confhub.kernel.errors import Forbidden
from confhub.kernel.ids import AttendeeId, SessionId, UnitId
from confhub.kernel.limits import PAGE_SIZE, PAGE_SIZE_MAX
from confhub.kernel.paging import offset_of
from confhub.kernel.permissions import Permission
from confhub.org.published import UnitColumns
from confhub.org.rules import clean_optional, clean_text
from confhub.org.store import visible_unit
from confhub.people.errors import PersonNotFound
from confhub.people.looks import LookBook
from confhub.people.models import AttendeeRow
from confhub.people.store import matches, resolve
from confhub.registry.published import RoomColumns
from confhub.rosters import store
from confhub.rosters.errors import (
    AbsenceNotFound,
    AbsenceThere,
    AbsenceWithdrawn,
    NobodyNamed,
    NotExpected,
    TooManyNamed,
)
from confhub.rosters.limits import NOTICES_AT_ONCE, REASON_MAX_CHARS
from confhub.rosters.models import AbsenceNotice
from confhub.rosters.reading import listed
from confhub.rosters.values import Absence, AbsencePage, Candidate, Scope
from confhub.sessions.facts import session_facts
from confhub.sessions.store import visible_view

ENTERING = (Permission.ROSTER_EDIT, Permission.CHECKIN_RUN)
"""Either is enough to enter a notice."""

PENDING, APPROVED, REFUSED, WITHDRAWN = "pending", "approved", "refused", "withdrawn"


@dataclass(frozen=True, slots=True)
class _Found:
    """A notice with whom it is about."""

    row: AbsenceNotice
    person: AttendeeRow
    unit_name: str
    path: str


class AbsenceService:
    """Notices of absence, until the session's attendance is closed.

    Entering needs `ROSTER_EDIT` or `CHECKIN_RUN`, deciding `ABSENCE_DECIDE`, both at the person's unit (a
    room's operator enters them for the people of the room, too).
    """

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock
        self._looks = LookBook(db, clock)

    async def page(
        self,
        actor: Actor,
        session_id: int,
        *,
        state: str | None = None,
        unit_id: int | None = None,
        words: str = "",
        page: int = 1,
        size: int = PAGE_SIZE,
    ) -> AbsencePage:
        """One page of the session's notices in the actor's branches, those to be decided first.

        Raises `SessionUnknown`, `UnitNotFound`.
        """
        size, page = min(max(size, 1), PAGE_SIZE_MAX), min(max(page, 1), 10**6)
        async with self._db.reading() as tx:
            view = await visible_view(tx, actor, session_id)
            session = await session_facts(tx, session_id)
            n = AbsenceNotice
            query = _query(session_id).where(
                branch_filter(actor, Permission.PERSON_VIEW, UnitColumns.path),
                *matches(words, with_unit=True),
            )
            if unit_id is not None:
                branch = (await visible_unit(tx, actor, UnitId(unit_id))).path
                query = query.where(below(branch, UnitColumns.path))
            by_state = query.with_only_columns(n.state, func.count(), maintain_column_froms=True)
            counts = {row[0]: row[1] for row in await tx.execute(by_state.group_by(n.state))}
            if state is not None:
                query = query.where(n.state == state)
            ordered = query.order_by(n.state != PENDING, AttendeeRow.sort_key, n.id)
            lines = await tx.execute(ordered.offset(offset_of(page, size)).limit(size))
            sealed = session.sealed_at is not None
            rows = [_shown(actor, _Found(*line), sealed) for line in lines]
        about = f"session {session_id}"
        await self._looks.told(actor, "absences", [one.attendee_id for one in rows], detail=about)
        return AbsencePage(
            session_id=SessionId(session_id),
            title=view.title,
            starts_at=view.starts_at,
            sealed=sealed,
            may_enter=not sealed
            and view.state.value != "cancelled"
            and any(allows_anywhere(actor, permission) for permission in ENTERING),
            rows=rows,
            counts=counts,
            total=sum(counts.values()) if state is None else counts.get(state, 0),
            page=page,
            size=size,
        )

    async def candidates(self, actor: Actor, session_id: int, words: str, limit: int = 20) -> list[Candidate]:
        """People expected in the session, of the actor's branches, without a notice, who fit the words."""
        async with self._db.reading() as tx:
            await visible_view(tx, actor, session_id)
            found = listed(Scope(session_id), await store.is_frozen(tx, session_id))
            n = AbsenceNotice
            told = select(n.attendee_id).where(n.session_id == session_id, n.state != as_written(WITHDRAWN))
            query = (
                select(
                    AttendeeRow.id, AttendeeRow.code, AttendeeRow.name, AttendeeRow.position,
                    UnitColumns.name, RoomColumns.name,
                )
                .select_from(found)
                .join(AttendeeRow, AttendeeRow.id == found.c.attendee_id)
                .join(*UnitColumns.of(AttendeeRow.unit_id))
                .join(*RoomColumns.of(found.c.endpoint_id))
                .where(found.c.removed_at.is_(None), found.c.origin != store.GUEST)
                .where(AttendeeRow.id.not_in(told), _enterable(actor), *matches(words, with_unit=True))
                .order_by(AttendeeRow.sort_key, AttendeeRow.id)
                .limit(min(max(limit, 1), PAGE_SIZE))
            )  # fmt: skip
            rows = (await tx.execute(query)).all()
        await self._looks.told(actor, "search", [row[0] for row in rows], detail=f"session {session_id}")
        return [Candidate(AttendeeId(r[0]), r[1], r[2], r[3], r[4], r[5]) for r in rows]

    async def enter(
        self, actor: Actor, session_id: int, attendee_id: int, reason: str, *, approve: bool = False
    ) -> int:
        """A notice that the person will not come; its number. `approve`: decided at once, by right.

        Raises `SessionUnknown`, `PersonNotFound`, `NotExpected`, `AbsenceThere`, `AttendanceSealed`,
        `Forbidden`, and what is wrong with the reason.
        """
        reason = clean_text(reason, "reason", REASON_MAX_CHARS)
        async with self._db.transaction() as tx:
            await visible_view(tx, actor, session_id)
            await _open(tx, session_id)
            kept = (await resolve(tx, (attendee_id,)))[attendee_id]
            found = (
                await tx.execute(
                    select(AttendeeRow, UnitColumns.path)
                    .join(*UnitColumns.of(AttendeeRow.unit_id))
                    .where(AttendeeRow.id == kept)
                )
            ).one_or_none()
            if found is None:
                raise PersonNotFound(field="attendee_id")
            person, path = found
            room_path = await _expected_at(tx, session_id, {kept, attendee_id})
            if not any(
                allows(actor, permission, at)
                for permission in ENTERING
                for at in (path, room_path)
                if at is not None
            ):
                if allows(actor, Permission.PERSON_VIEW, path):
                    raise Forbidden(permission=ENTERING[0].value)
                raise PersonNotFound(field="attendee_id")
            if room_path is None:
                raise NotExpected(field="attendee_id", name=person.name)
            if await _has_notice(tx, session_id, {kept, attendee_id}):
                raise AbsenceThere(field="attendee_id", name=person.name)
            if approve and not allows(actor, Permission.ABSENCE_DECIDE, path):
                raise Forbidden(permission=Permission.ABSENCE_DECIDE.value)
            now = self._clock.now()
            row = AbsenceNotice(
                session_id=session_id, attendee_id=kept, reason=reason, entered_at=now, entered_by=actor.name,
                state=APPROVED if approve else PENDING, decided_at=now if approve else None,
                decided_by=actor.name if approve else None,
            )  # fmt: skip
            tx.add(row)
            await tx.flush()
            await store.touch(tx, session_id, {kept})
            record(
                tx, actor, "rosters:absence:enter", "absence", row.id, now, path=path, session_id=session_id,
                attendee_id=kept, approved=approve,
            )  # fmt: skip
            return row.id

    async def decide(
        self, actor: Actor, session_id: int, notice_ids: Sequence[int], *, approve: bool, note: str = ""
    ) -> int:
        """Approve or refuse notices of one session, all or none; how many changed. May be decided anew.

        Raises `AbsenceNotFound`, `AbsenceWithdrawn`, `AttendanceSealed`, `Forbidden`.
        """
        wanted = sorted(set(notice_ids))
        if not wanted:
            raise NobodyNamed(field="notices")
        if len(wanted) > NOTICES_AT_ONCE:
            raise TooManyNamed(field="notices", limit=NOTICES_AT_ONCE)
        told = clean_optional(note, "note", REASON_MAX_CHARS)
        state = APPROVED if approve else REFUSED
        changed: set[int] = set()
        async with self._db.transaction() as tx:
            await visible_view(tx, actor, session_id)
            await _open(tx, session_id)
            now = self._clock.now()
            for found in await _notices(tx, actor, session_id, wanted):
                if not allows(actor, Permission.ABSENCE_DECIDE, found.path):
                    raise Forbidden(permission=Permission.ABSENCE_DECIDE.value)
                row = found.row
                if row.state == WITHDRAWN:
                    raise AbsenceWithdrawn
                if row.state == state and row.note == told:
                    continue
                record(
                    tx, actor, f"rosters:absence:{'approve' if approve else 'refuse'}", "absence", row.id,
                    now,
                    path=found.path, session_id=session_id, attendee_id=row.attendee_id, before=row.state,
                )  # fmt: skip
                row.state, row.note, row.decided_at, row.decided_by = state, told, now, actor.name
                changed.add(row.attendee_id)
            await store.touch(tx, session_id, changed)
        return len(changed)

    async def withdraw(self, actor: Actor, session_id: int, notice_id: int) -> None:
        """Take a notice back: whoever may enter or decide it. Does nothing to one that was withdrawn.

        Raises `AbsenceNotFound`, `AttendanceSealed`, `Forbidden`.
        """
        async with self._db.transaction() as tx:
            await visible_view(tx, actor, session_id)
            await _open(tx, session_id)
            found = (await _notices(tx, actor, session_id, [notice_id]))[0]
            if not _may_withdraw(actor, found.path):
                raise Forbidden(permission=ENTERING[0].value)
            row = found.row
            if row.state == WITHDRAWN:
                return
            now = self._clock.now()
            record(
                tx, actor, "rosters:absence:withdraw", "absence", row.id, now, path=found.path,
                session_id=session_id, attendee_id=row.attendee_id, before=row.state,
            )  # fmt: skip
            row.state, row.decided_at, row.decided_by = WITHDRAWN, now, actor.name
            await store.touch(tx, session_id, {row.attendee_id})


def _query(session_id: int) -> Select[AbsenceNotice, AttendeeRow, str, str]:
    return (
        select(AbsenceNotice, AttendeeRow, UnitColumns.name, UnitColumns.path)
        .join(AttendeeRow, AttendeeRow.id == AbsenceNotice.attendee_id)
        .join(*UnitColumns.of(AttendeeRow.unit_id))
        .where(AbsenceNotice.session_id == session_id)
    )


def _enterable(actor: Actor) -> ColumnElement[bool]:
    return or_(*(branch_filter(actor, permission, UnitColumns.path) for permission in ENTERING))


def _may_withdraw(actor: Actor, path: str) -> bool:
    return any(allows(actor, permission, path) for permission in (*ENTERING, Permission.ABSENCE_DECIDE))


async def _open(tx: Tx, session_id: int) -> None:
    """The session's row, locked, if notices can still change. Raises `AttendanceSealed`."""
    (await session_facts(tx, session_id, lock=True)).require_unsealed()


async def _expected_at(tx: Tx, session_id: int, people: set[int]) -> str | None:
    """The path of the room where the person is expected; None where they are not."""
    found = listed(Scope(session_id), await store.is_frozen(tx, session_id))
    query = (
        select(UnitColumns.path)
        .select_from(found)
        .join(*RoomColumns.of(found.c.endpoint_id))
        .join(*UnitColumns.of(RoomColumns.unit_id))
        .where(found.c.attendee_id.in_(people), found.c.removed_at.is_(None), found.c.origin != store.GUEST)
    )
    return await tx.scalar(query.limit(1))


async def _has_notice(tx: Tx, session_id: int, people: set[int]) -> bool:
    n = AbsenceNotice
    query = select(n.id).where(
        n.session_id == session_id, n.attendee_id.in_(people), n.state != as_written(WITHDRAWN)
    )
    return await tx.scalar(query.limit(1)) is not None


async def _notices(tx: Tx, actor: Actor, session_id: int, wanted: Sequence[int]) -> list[_Found]:
    query = _query(session_id).where(AbsenceNotice.id.in_(wanted)).with_for_update(of=AbsenceNotice)
    found = [_Found(*line) for line in await tx.execute(query.order_by(AbsenceNotice.id))]
    seen = [one for one in found if allows(actor, Permission.PERSON_VIEW, one.path)]
    if len(seen) < len(wanted):
        raise AbsenceNotFound(field="notices")
    return seen


def _shown(actor: Actor, found: _Found, sealed: bool) -> Absence:
    row, person = found.row, found.person
    is_open = not sealed and row.state != WITHDRAWN
    return Absence(
        id=row.id,
        session_id=SessionId(row.session_id),
        attendee_id=AttendeeId(person.id),
        code=person.code,
        name=person.name,
        position=person.position,
        unit_id=UnitId(person.unit_id),
        unit_name=found.unit_name,
        reason=row.reason,
        entered_at=row.entered_at,
        entered_by=row.entered_by,
        state=row.state,
        decided_at=row.decided_at,
        decided_by=row.decided_by,
        note=row.note,
        may_decide=is_open and allows(actor, Permission.ABSENCE_DECIDE, found.path),
        may_withdraw=is_open and _may_withdraw(actor, found.path),
    )
