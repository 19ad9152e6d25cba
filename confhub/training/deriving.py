"""Making a course's progress: one pass over its presence, written where it changed.

Read from one view of the database, judged in a thread, written in short transactions: neither the loop nor
the database's writer is held up by 40,000 people. The fingerprint is stored last, so that what was
interrupted is made again.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select

from confhub.checkin.published import PresenceColumns
from confhub.db.database import Database, Tx
from confhub.people.published import PersonColumns
from confhub.people.store import resolve
from confhub.rosters import store as rosters
from confhub.rosters.published import EntryColumns, FrozenColumns, ListedColumns
from confhub.training import rules, store
from confhub.training.limits import CHUNK
from confhub.training.models import CoursePerson, CourseRow, CourseState
from confhub.training.rules import Judged
from confhub.training.values import CompletionRule

Row = tuple[str, int, int, str]
"""state, millis, share, cells."""


@dataclass(slots=True)
class Facts:
    """What one pass read: participants, and time in each session by person, merges resolved."""

    rule: CompletionRule
    slots: tuple[rules.Slot, ...]
    fingerprint: str
    people: set[int] = field(default_factory=set)
    millis: dict[int, dict[int, int]] = field(default_factory=lambda: defaultdict(dict))
    excused: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    stored: dict[int, Row] = field(default_factory=dict)


async def current(tx: Tx, row: CourseRow) -> bool:
    """Whether the stored progress still says what is true."""
    state = await tx.get(CourseState, row.id)
    if state is None:
        return False
    return state.fingerprint == await store.fingerprint(tx, row, await store.placed(tx, row.id))


async def refresh(db: Database, course_id: int, now: datetime) -> bool:
    """Make the progress anew where it is out of date; whether it was."""
    async with db.reading() as tx:
        row = await tx.get(CourseRow, course_id)
        if row is None or await current(tx, row):
            return False
        facts = await read(tx, row)
        kept = await tx.execute(
            select(
                CoursePerson.attendee_id,
                CoursePerson.state,
                CoursePerson.millis,
                CoursePerson.share,
                CoursePerson.cells,
            ).where(CoursePerson.course_id == course_id)
        )
        facts.stored = {line[0]: (line[1], line[2], line[3], line[4]) for line in kept}
    changed, gone = await asyncio.to_thread(_changes, facts)
    await _write(db, course_id, changed, gone)
    async with db.transaction() as tx:
        if await tx.get(CourseRow, course_id) is None:
            return False
        made = {"fingerprint": facts.fingerprint, "derived_at": now}
        state = tx.upsert(CourseState).values(course_id=course_id, **made)
        await tx.execute(state.on_conflict_do_update(index_elements=["course_id"], set_=made))
    return True


async def read(tx: Tx, row: CourseRow, *, sealed_only: bool = False) -> Facts:
    """The pass over presence. `sealed_only`: sessions whose attendance is not closed count as still ahead."""
    course = await store.placed(tx, row.id)
    slots = store.plan(course)
    if sealed_only:
        slots = tuple(
            rules.Slot(
                slot.lesson, tuple(one for one in slot.candidates if one.session_id in _sealed(course))
            )
            for slot in slots
        )
    facts = Facts(
        store.rule_of(row), slots, await store.fingerprint(tx, row, course, sealed_only=sealed_only)
    )
    counted = [
        one.session.id
        for one in course
        if one.ended and (not sealed_only or one.session.sealed_at is not None)
    ]
    same = await _merged(tx)
    facts.people = {same.get(person, person) for person in await _participants(tx, row.id, course)}
    twice: dict[tuple[int, int], list[str]] = defaultdict(list)
    double = set(same) | set(same.values())
    p = PresenceColumns
    for session_id in counted:
        query = select(p.attendee_id, p.millis, p.status, p.spans).where(p.session_id == session_id)
        last = 0
        while True:
            lines = (
                await tx.execute(query.where(p.attendee_id > last).order_by(p.attendee_id).limit(CHUNK))
            ).all()
            for attendee, there, status, spans in lines:
                person = same.get(attendee, attendee)
                if attendee in double and there:
                    twice[person, session_id].append(spans)
                if there:
                    facts.millis[person][session_id] = there
                elif status == "absent_with_leave":
                    facts.excused[person].add(session_id)
            if len(lines) < CHUNK:
                break
            last = lines[-1][0]
            await asyncio.sleep(0)
    for (person, session_id), texts in twice.items():
        if len(texts) > 1:
            facts.millis[person][session_id] = rules.united(rules.read_spans(text) for text in texts)
    return facts


def judged(facts: Facts) -> dict[int, Judged]:
    """Everybody's progress. Pure; runs in a thread."""
    nothing: Mapping[int, int] = {}
    return {
        person: rules.judge(
            facts.rule, facts.slots, facts.millis.get(person, nothing), facts.excused.get(person, ())
        )
        for person in facts.people
    }


def _changes(facts: Facts) -> tuple[list[dict[str, Any]], list[int]]:
    changed: list[dict[str, Any]] = []
    for person, one in judged(facts).items():
        made: Row = (one.state.value, one.millis, one.share, rules.write_cells(one.cells))
        if facts.stored.get(person) != made:
            changed.append(
                {
                    "attendee_id": person,
                    "state": made[0],
                    "millis": made[1],
                    "share": made[2],
                    "cells": made[3],
                }
            )
    changed.sort(key=lambda values: values["attendee_id"])
    return changed, sorted(set(facts.stored) - facts.people)


async def _write(db: Database, course_id: int, changed: list[dict[str, Any]], gone: list[int]) -> None:
    for start in range(0, len(changed), CHUNK):
        async with db.transaction() as tx:
            if await tx.get(CourseRow, course_id) is None:
                return
            statement = tx.upsert(CoursePerson).values(course_id=course_id)
            new = statement.excluded
            names = ("state", "millis", "share", "cells")
            statement = statement.on_conflict_do_update(
                index_elements=["course_id", "attendee_id"], set_={name: new[name] for name in names}
            )
            rows = [{"course_id": course_id, **values} for values in changed[start : start + CHUNK]]
            await tx.rows(statement, rows)
        await asyncio.sleep(0)
    for start in range(0, len(gone), CHUNK):
        async with db.transaction() as tx:
            await tx.execute(
                delete(CoursePerson).where(
                    CoursePerson.course_id == course_id,
                    CoursePerson.attendee_id.in_(gone[start : start + CHUNK]),
                )
            )


def _sealed(course: Sequence[store.Placed]) -> set[int]:
    return {one.session.id for one in course if one.session.sealed_at is not None}


async def _merged(tx: Tx) -> dict[int, int]:
    """Each merged number → the person it stands for."""
    ids = await tx.scalars(select(PersonColumns.id).where(PersonColumns.merged_into_id.is_not(None)))
    return await resolve(tx, ids)


async def _participants(tx: Tx, course_id: int, course: Sequence[store.Placed]) -> set[int]:
    """From the course's roster; without one, everybody who was or is expected in one of its sessions."""
    if await store.has_roster(tx, course_id):
        query = select(EntryColumns.attendee_id).where(
            EntryColumns.course_id == course_id, EntryColumns.excluded.is_(False)
        )
        return set(await tx.scalars(query))
    ids = [one.session.id for one in course if not one.cancelled]
    a = ListedColumns
    frozen = set(await tx.scalars(select(FrozenColumns.session_id).where(FrozenColumns.session_id.in_(ids))))
    listed = select(a.attendee_id).where(
        a.session_id.in_(frozen), a.removed_at.is_(None), a.origin != rosters.GUEST
    )
    people = set(await tx.scalars(listed.distinct()))
    for session_id in ids:
        if session_id not in frozen:
            expected = await rosters.session_people(tx, session_id)
            people |= {one.attendee_id for one in expected if one.origin != rosters.GUEST}
    return people
