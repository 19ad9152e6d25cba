"""Stating what became true, into the outbox: once an attendance is closed, and again where it was put right.

A session's statements are made when its attendance has been closed, a course's from closed sessions alone.
Closed anew with other figures: what no longer holds is taken back (or, unsent, dropped), the rest stays.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import delete, select, update

from confhub.checkin.published import DerivedColumns, PresenceColumns
from confhub.db.database import Tx
from confhub.org.published import UnitColumns
from confhub.people.published import PersonColumns
from confhub.post import outbox
from confhub.post.values import Draft
from confhub.sessions.published import SessionColumns
from confhub.sessions.values import SessionKind
from confhub.training import statements, store
from confhub.training.limits import CHUNK
from confhub.training.models import CourseRow, LearningMark, LearningStatement
from confhub.training.rules import Judged

LEARNING: Final = "learning"
"""The kind of parcel that a statement is."""


@dataclass(slots=True)
class Said:
    """What is to be said about one subject: (attendee, the unit of theirs, verb, body)."""

    subject: str
    mark: str
    lines: list[tuple[int, int, str, dict[str, Any]]] = field(default_factory=list)


async def session_due(tx: Tx) -> int | None:
    """A closed training session whose statements do not stand yet."""
    s = SessionColumns
    query = select(s.id, s.sealed_at).where(s.sealed_at.is_not(None), s.kind == SessionKind.TRAINING.value)
    query = query.join(*DerivedColumns.on(DerivedColumns.session_id == s.id)).where(
        DerivedColumns.stale.is_(False)
    )
    marks = {row.subject: row.mark for row in await tx.scalars(select(LearningMark))}
    for session_id, sealed_at in await tx.execute(query.order_by(s.sealed_at)):
        if sealed_at is not None and marks.get(f"session:{session_id}") != sealed_at.isoformat():
            return int(session_id)
    return None


async def of_session(tx: Tx, session_id: int, home: str) -> Said | None:
    """`attended` of everybody who was there; None where it is not closed any more."""
    s = SessionColumns
    query = select(s.title, s.sealed_at, s.actual_end, s.starts_at).where(s.id == session_id)
    session = (await tx.execute(query)).one_or_none()
    if session is None or session.sealed_at is None:
        return None
    said = Said(f"session:{session_id}", session.sealed_at.isoformat())
    what = statements.session_activity(home, session_id, session.title)
    course = await store.course_of(tx, session_id)
    parent = statements.course_activity(home, course[0], course[1]) if course else None
    p, a = PresenceColumns, PersonColumns
    people = (
        select(a.id, a.unit_id, a.code, UnitColumns.code, UnitColumns.name, p.millis, p.completed)
        .join(*a.of(p.attendee_id))
        .join(*UnitColumns.of(p.unit_id))
        .where(p.session_id == session_id, p.millis > 0, a.erased_at.is_(None))
    )
    at = session.actual_end or session.starts_at
    for person, of, code, unit_code, unit, millis, completed in await tx.execute(people):
        who = statements.actor(home, person, code)
        body = statements.statement(
            statements.ATTENDED, who, what, home=home, millis=millis, completion=completed, at=at,
            unit=(unit_code, unit), parent=parent,
        )  # fmt: skip
        said.lines.append((person, of, statements.ATTENDED, body))
    return said


async def of_course(tx: Tx, row: CourseRow, judged: dict[int, Judged], mark: str, home: str) -> Said:
    """`completed` of everybody whose closed sessions suffice."""
    said = Said(f"course:{row.id}", mark)
    what = statements.course_activity(home, row.id, row.title)
    course = {one.session.id: one.session for one in await store.placed(tx, row.id)}
    done = {person: one for person, one in judged.items() if one.state == "completed"}
    a = PersonColumns
    ids = sorted(done)
    for start in range(0, len(ids), CHUNK):
        query = (
            select(a.id, a.unit_id, a.code, UnitColumns.code, UnitColumns.name)
            .join(*UnitColumns.of(a.unit_id))
            .where(a.id.in_(ids[start : start + CHUNK]), a.erased_at.is_(None))
        )
        for person, of, code, unit_code, unit in await tx.execute(query):
            one = done[person]
            ends = [course[cell[3]].actual_end for cell in one.cells if cell[1] and cell[3] in course]
            at = max((end for end in ends if end is not None), default=row.created_at)
            who = statements.actor(home, person, code)
            body = statements.statement(
                statements.COMPLETED, who, what, home=home, millis=one.millis, completion=True, at=at,
                unit=(unit_code, unit),
            )  # fmt: skip
            said.lines.append((person, of, statements.COMPLETED, body))
    return said


async def write(tx: Tx, said: Said, home: str, now: datetime) -> int:
    """Bring the outbox to what is to be said about the subject; how many statements are new."""
    standing_before = select(LearningStatement.id, LearningStatement.voided).where(
        LearningStatement.subject == said.subject, LearningStatement.verb != statements.VOIDED
    )
    voided = {row[0]: row[1] for row in await tx.execute(standing_before)}
    fresh: list[_Fresh] = []
    standing: set[str] = set()
    for person, unit_id, verb, body in said.lines:
        taken_back = 0
        name = statements.statement_id(home, body)
        while voided.get(name):
            taken_back += 1
            name = statements.statement_id(home, body, taken_back)
        standing.add(name)
        if name not in voided:
            fresh.append(_Fresh(name, verb, person, unit_id, {"id": name, **body}))
    over = {name for name, is_voided in voided.items() if not is_voided and name not in standing}
    never_left = await outbox.take_back(tx, LEARNING, over)
    await _drop(tx, sorted(never_left))
    fresh += await _taken_back(tx, sorted(over - never_left), home, now)
    for start in range(0, len(fresh), CHUNK):
        rows = [_row(one, said.subject, now) for one in fresh[start : start + CHUNK]]
        await tx.rows(tx.only_new(LearningStatement), rows)
    drafts = [Draft(one.id, said.subject, one.unit_id, title=one.verb) for one in fresh]
    await outbox.put(tx, LEARNING, drafts, now)
    mark = tx.upsert(LearningMark).values(subject=said.subject, mark=said.mark)
    await tx.execute(mark.on_conflict_do_update(index_elements=["subject"], set_={"mark": said.mark}))
    return len(fresh)


class _Fresh(NamedTuple):
    """A statement that is new."""

    id: str
    verb: str
    attendee_id: int
    unit_id: int
    body: dict[str, Any]


async def _drop(tx: Tx, names: list[str]) -> None:
    for start in range(0, len(names), CHUNK):
        part = names[start : start + CHUNK]
        await tx.execute(delete(LearningStatement).where(LearningStatement.id.in_(part)))


async def _taken_back(tx: Tx, names: list[str], home: str, now: datetime) -> list[_Fresh]:
    """Mark statements that may have reached the store as taken back; the statements that say so."""
    fresh: list[_Fresh] = []
    for start in range(0, len(names), CHUNK):
        part = names[start : start + CHUNK]
        people = await tx.execute(
            select(LearningStatement.id, LearningStatement.attendee_id, PersonColumns.unit_id)
            .join(*PersonColumns.of(LearningStatement.attendee_id))
            .where(LearningStatement.id.in_(part))
        )
        for name, person, unit_id in people:
            own = statements.statement_id(home, {"voided": name})
            body = {"id": own, **statements.voiding(home, name, now)}
            fresh.append(_Fresh(own, statements.VOIDED, person, unit_id, body))
        await tx.execute(
            update(LearningStatement)
            .where(LearningStatement.id.in_(part))
            .values(voided=True)
            .execution_options(synchronize_session=False)
        )
    return fresh


def _row(one: _Fresh, subject: str, now: datetime) -> dict[str, Any]:
    return {
        "id": one.id,
        "verb": one.verb,
        "attendee_id": one.attendee_id,
        "body": one.body,
        "created_at": now,
        "subject": subject,
        "voided": False,
    }
