"""Reading all that a session's figures rest on, in somebody's transaction, some thousand rows at a time."""

from __future__ import annotations

import zlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Select, and_, func, select
from sqlalchemy.orm import InstrumentedAttribute

from confhub.attendance.models import AttendanceEvent, PresenceMark
from confhub.attendance.reader import SessionAttendance, margins_of, session_attendance
from confhub.attendance.rules import Margins
from confhub.audit import marks
from confhub.checkin import same, store
from confhub.checkin.figures import FormerSeal, SealView
from confhub.checkin.models import (
    AttendanceSeal,
    CheckinPolicy,
    CheckinUndo,
    Correction,
    HeadCount,
    PersonEvent,
    PresencePrompt,
    SessionBreak,
)
from confhub.checkin.values import Policy
from confhub.db.database import Tx
from confhub.kernel.ids import SessionId
from confhub.org.papers import Letterhead
from confhub.rosters import store as rosters
from confhub.rosters.published import FrozenColumns, ListedColumns, NoticeColumns
from confhub.rosters.store import Expected
from confhub.sessions.facts import is_sealed
from confhub.sessions.published import PlaceColumns, SessionColumns

PIECE: Final = 2_000
"""Rows fetched at a time: the loop is held for some milliseconds, and 40,000 people are 20 pieces."""


@dataclass(frozen=True, slots=True)
class Inputs:
    """A session's stored facts, as read. `same`: merged entries → their persons; `events`: (attendee,
    endpoint, kind, way, at, key)."""

    session_id: int
    now: datetime
    margins: Margins
    actual_start: datetime | None
    prompts_cut: bool
    complete_percent: int
    unconnected_counts: bool
    rules: int
    attendance: SessionAttendance
    units: dict[int, int]
    people: Sequence[Expected]
    same: Mapping[int, int]
    away: Collection[int]
    events: Sequence[Any]
    corrections: Sequence[Any]
    breaks: Sequence[tuple[datetime, datetime | None]]
    prompts: Sequence[tuple[datetime, datetime]]
    heads: dict[int, int]
    seal: SealView | None


async def read(tx: Tx, session_id: int, now: datetime, only: Collection[int] | None = None) -> Inputs | None:
    """Everything; None for an unknown session. `only`: people to whom events and list are confined, with all
    their entries."""
    s, p = SessionColumns, CheckinPolicy
    session = (
        await tx.execute(
            select(
                s.actual_start, s.late_min, s.left_early_min, s.starts_at, s.length_min, s.by_plan,
                s.attendance_rules, p.prompts_count, p.complete_percent, p.unconnected_counts,
            ).outerjoin(p, p.session_id == s.id).where(s.id == session_id)
        )
    ).one_or_none()  # fmt: skip
    attendance = await session_attendance(tx, SessionId(session_id), now)
    if session is None or attendance is None:
        return None
    e, entries = PlaceColumns, await same.standing(tx, session_id)
    if only is not None:
        only = same.everybody(only, entries)
    units = await tx.execute(select(e.endpoint_id, e.unit_id).where(e.session_id == session_id))
    return Inputs(
        session_id=session_id,
        now=now,
        margins=margins_of(session, attendance.live),
        actual_start=session.actual_start,
        prompts_cut=bool(session.prompts_count),
        complete_percent=Policy().complete_percent
        if session.complete_percent is None
        else session.complete_percent,
        unconnected_counts=bool(session.unconnected_counts),
        rules=session.attendance_rules,
        attendance=attendance,
        units={row[0]: row[1] for row in units},
        people=await _people(tx, session_id, only),
        same=entries,
        away=same.everybody(await rosters.approved_absences(tx, session_id), entries),
        events=await _events(tx, session_id, only),
        corrections=await _corrections(tx, session_id, only),
        breaks=await breaks(tx, session_id),
        prompts=await _prompts(tx, session_id),
        heads=await newest_heads(tx, session_id),
        seal=await newest_seal(tx, session_id),
    )


async def _people(tx: Tx, session_id: int, only: Collection[int] | None) -> list[Expected]:
    if not await rosters.is_frozen(tx, session_id):
        found = await rosters.session_people(tx, session_id)
        return found if only is None else [one for one in found if one.attendee_id in only]
    a = ListedColumns
    query = select(a.attendee_id, a.endpoint_id, a.unit_id, a.origin, a.added_at, a.removed_at)
    query = query.where(a.session_id == session_id, *_confined(a.attendee_id, only))
    return [Expected(*row) for row in await rows(tx, query.order_by(a.attendee_id))]


async def _events(tx: Tx, session_id: int, only: Collection[int] | None) -> list[Any]:
    e = PersonEvent
    query = select(e.attendee_id, e.endpoint_id, e.kind, e.way, e.at, e.key)
    of_session = query.where(e.session_id == session_id, store.stands())
    return await rows(tx, of_session.where(*_confined(e.attendee_id, only)))


async def _corrections(tx: Tx, session_id: int, only: Collection[int] | None) -> list[Any]:
    c = Correction
    query = select(c.attendee_id, c.action, c.value)
    query = query.where(c.session_id == session_id, *_confined(c.attendee_id, only))
    return await rows(tx, query.order_by(c.id))


async def breaks(tx: Tx, session_id: int) -> list[tuple[datetime, datetime | None]]:
    """The session's breaks as they are stored, in order."""
    b = SessionBreak
    query = select(b.starts_at, b.ends_at).where(b.session_id == session_id).order_by(b.starts_at, b.id)
    return [(start, end) for start, end in await tx.execute(query)]


async def _prompts(tx: Tx, session_id: int) -> list[tuple[datetime, datetime]]:
    p = PresencePrompt
    query = select(p.opens_at, p.closes_at).where(p.session_id == session_id).order_by(p.opens_at, p.id)
    return [(opens, closes) for opens, closes in await tx.execute(query)]


async def newest_heads(tx: Tx, session_id: int) -> dict[int, int]:
    """The declared number of each room that declared one: the newest by its moment counts."""
    h = HeadCount
    query = select(h.endpoint_id, h.people).where(h.session_id == session_id, store.heads_stand())
    query = query.order_by(h.at, h.key)
    return {row[0]: row[1] for row in await tx.execute(query)}


async def newest_seal(tx: Tx, session_id: int) -> SealView | None:
    """The newest closing, reopened or not, with those before it."""
    s = AttendanceSeal
    columns = (
        s.sealed_at, s.sealed_by, s.head, s.previous, s.reopened_at, s.reopened_by, s.reopen_reason,
    )  # fmt: skip
    query = select(*columns).where(s.session_id == session_id).order_by(s.id)
    found = (await tx.execute(query)).all()
    former = tuple(
        FormerSeal(
            row.head,
            row.sealed_at,
            row.sealed_by,
            row.reopened_at,
            row.reopened_by or "",
            marks.shown(row.reopen_reason or ""),
        )
        for row in found
        if row.reopened_at is not None
    )
    if not found:
        return None
    *_, seal = found
    reason = marks.shown(seal.reopen_reason) if seal.reopen_reason is not None else None
    return SealView(
        seal.sealed_at, seal.sealed_by, seal.head, seal.previous, seal.reopened_at, seal.reopened_by,
        reason, former,
    )  # fmt: skip


async def sealed_letterhead(tx: Tx, session_id: int) -> Letterhead | None:
    """What the papers of a closed attendance are headed and signed with; None where it is open, or was
    closed before that was kept."""
    s = AttendanceSeal
    query = select(s.letterhead, s.reopened_at).where(s.session_id == session_id)
    found = (await tx.execute(query.order_by(s.id.desc()).limit(1))).first()
    if found is None or found.letterhead is None or found.reopened_at is not None:
        return None
    return Letterhead(**found.letterhead)


async def rows(tx: Tx, query: Any) -> list[Any]:
    """All rows, fetched `PIECE` at a time so that the loop goes on."""
    found: list[Any] = []
    result = await tx.stream(query)
    async for piece in result.partitions(PIECE):
        found += piece
    return found


def _confined(column: InstrumentedAttribute[int], only: Collection[int] | None) -> list[Any]:
    return [] if only is None else [column.in_(list(only))]


async def mark(tx: Tx, session_id: int) -> str:
    """A short text that differs whenever something came in: counts and newest numbers of all append-only
    tables, of the list, of the notices and of merges, and the session's rules."""
    a, n, m = ListedColumns, NoticeColumns, PresenceMark
    parts = [
        *_counted(m.session_id == session_id, func.count()),
        *_newest(AttendanceEvent, session_id), *_newest(PersonEvent, session_id),
        *_newest(HeadCount, session_id), *_newest(Correction, session_id), *_newest(CheckinUndo, session_id),
        *_newest(SessionBreak, session_id), *_newest(PresencePrompt, session_id),
        *_counted(n.session_id == session_id, func.count(), func.max(n.decided_at)),
        *_counted(and_(n.session_id == session_id, n.state == "approved"), func.count(), func.sum(n.id)),
        *_counted(a.session_id == session_id, *_list_marks()),
        *_counted(and_(a.session_id == session_id, a.origin == "guest"), func.count()),
        *_counted(FrozenColumns.session_id == session_id, func.count()),
    ]  # fmt: skip
    found = (await tx.execute(select(*(part.scalar_subquery() for part in parts)))).one()
    ruled = await _rules(tx, session_id)
    closed = await is_sealed(tx, session_id)
    merged = [] if closed else sorted((await same.now(tx, session_id)).items())
    values = [*found, zlib.crc32(repr(merged).encode()) if merged else None]
    return f"{ruled}:" + ",".join("" if value is None else str(value) for value in values)


async def rules_set(tx: Tx, session_id: int) -> tuple[bool, int, bool]:
    """What counts by the session's policy: (prompts take minutes, share to complete, unconnected counts)."""
    p, default = CheckinPolicy, Policy()
    query = select(p.prompts_count, p.complete_percent, p.unconnected_counts)
    row = (await tx.execute(query.where(p.session_id == session_id))).one_or_none()
    if row is None:
        return default.prompts_count, default.complete_percent, default.unconnected_counts
    return row[0], row[1], row[2]


async def _rules(tx: Tx, session_id: int) -> str:
    """The number of the session's rules, and a mark of what they are set to."""
    s, p = SessionColumns, CheckinPolicy
    query = select(
        s.attendance_rules, s.starts_at, s.length_min, s.late_min, s.left_early_min, s.by_plan,
        p.prompts_count, p.complete_percent, p.unconnected_counts,
    ).outerjoin(p, p.session_id == s.id).where(s.id == session_id)  # fmt: skip
    number, starts_at, *others = (await tx.execute(query)).one()
    return f"{number}.{zlib.crc32(repr([starts_at.isoformat(), *others]).encode())}"


def _list_marks() -> list[Any]:
    a = ListedColumns
    return [func.count(), func.count(a.removed_at), func.max(a.removed_at), func.sum(a.endpoint_id)]


def _newest(model: Any, session_id: int) -> list[Select[Any]]:
    return _counted(model.session_id == session_id, func.count(), func.max(model.id))


def _counted(condition: Any, *what: Any) -> list[Select[Any]]:
    return [select(one).where(condition) for one in what]
