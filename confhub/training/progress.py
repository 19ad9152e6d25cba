"""Reading a course's derived progress: a page of people, and counts by branch and by state."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, case, false, func, select

from confhub.access.rules import Actor, allows, below
from confhub.db.database import Tx
from confhub.kernel.ids import AttendeeId, SessionId, UnitId
from confhub.kernel.paging import offset_of, page_count, page_within
from confhub.kernel.permissions import Permission
from confhub.org.published import UnitColumns
from confhub.people.published import PersonColumns
from confhub.people.store import matches
from confhub.training import rules, store
from confhub.training.models import CertificateRow, CoursePerson, CourseRow
from confhub.training.values import (
    Cell,
    PersonProgress,
    PersonState,
    ProgressFilter,
    ProgressPage,
    UnitCompletion,
)

EXPORT_MAX = 200_000
"""People of one file: five times the yardstick."""


async def page(tx: Tx, actor: Actor, row: CourseRow, path: str, wanted: ProgressFilter) -> ProgressPage:
    """Participants whom the actor may see, in Vietnamese order."""
    conditions = await _conditions(tx, actor, row, path, wanted)
    joined = _joined(row.id, conditions)
    matching = await tx.scalar(joined.with_only_columns(func.count())) or 0
    size = min(max(1, wanted.page_size or EXPORT_MAX), EXPORT_MAX)
    pages, number = page_count(matching, size), page_within(wanted.page, matching, size)
    query = joined.order_by(PersonColumns.sort_key, PersonColumns.id)
    query = query.offset(offset_of(number, size)).limit(size)
    rows = tuple([_person(actor, line) for line in await tx.execute(query)])
    return ProgressPage(rows, matching, number, pages)


def _joined(course_id: int, conditions: list[ColumnElement[bool]]) -> Any:
    person, a = CoursePerson, PersonColumns
    return (
        select(
            person.attendee_id, a.code, a.name, a.position, a.unit_id, UnitColumns.name, person.state,
            person.millis, person.share, person.cells, CertificateRow.number, a.email, UnitColumns.path,
        )
        .join(*a.of(person.attendee_id))
        .join(*UnitColumns.of(a.unit_id))
        .outerjoin(CertificateRow, store.valid_certificate())
        .where(person.course_id == course_id, *conditions)
    )  # fmt: skip


async def _conditions(
    tx: Tx, actor: Actor, row: CourseRow, path: str, wanted: ProgressFilter
) -> list[ColumnElement[bool]]:
    conditions = [store.people_condition(actor, path)]
    if wanted.unit_id is not None:
        branch = await tx.scalar(select(UnitColumns.path).where(UnitColumns.id == wanted.unit_id))
        conditions.append(below(branch, UnitColumns.path) if branch is not None else false())
    if wanted.state is not None:
        conditions.append(CoursePerson.state == wanted.state.value)
    if wanted.certified is not None:
        number = CertificateRow.number
        conditions.append(number.is_not(None) if wanted.certified else number.is_(None))
    return conditions + matches(wanted.text)


def _person(actor: Actor, line: Any) -> PersonProgress:
    (
        attendee_id, code, name, position, unit_id, unit_name, state, millis, share, cells, number, email,
        path,
    ) = line  # fmt: skip
    return PersonProgress(
        attendee_id=AttendeeId(attendee_id),
        code=code,
        name=name,
        position=position,
        unit_id=UnitId(unit_id),
        unit_name=unit_name,
        state=PersonState(state),
        minutes=millis / rules.MINUTE,
        percent=share / 100,
        cells=tuple(
            Cell(kind, there / rules.MINUTE, part / 100, SessionId(session))
            for kind, there, part, session in rules.read_cells(cells)
        ),
        certificate=number,
        email=email if allows(actor, Permission.PERSON_EDIT, path) else None,
    )


async def by_state(tx: Tx, actor: Actor, row: CourseRow, path: str) -> dict[PersonState, int]:
    """How many people there are in each state."""
    query = (
        select(CoursePerson.state, func.count())
        .join(*PersonColumns.of(CoursePerson.attendee_id))
        .join(*UnitColumns.of(PersonColumns.unit_id))
        .where(CoursePerson.course_id == row.id, store.people_condition(actor, path))
        .group_by(CoursePerson.state)
    )
    counted = {line[0]: line[1] for line in await tx.execute(query)}
    return {state: counted.get(state.value, 0) for state in PersonState}


async def by_unit(tx: Tx, actor: Actor, row: CourseRow, path: str) -> tuple[UnitCompletion, ...]:
    """People and completed ones by the branches right below the unit that they all have in common, in the
    tree's order; a branch's own people count as the branch."""
    done = case((CoursePerson.state == PersonState.COMPLETED.value, 1), else_=0)
    query = (
        select(UnitColumns.path, func.count(), func.sum(done))
        .join(*PersonColumns.on(PersonColumns.unit_id == UnitColumns.id))
        .join(CoursePerson, CoursePerson.attendee_id == PersonColumns.id)
        .where(CoursePerson.course_id == row.id, store.people_condition(actor, path))
        .group_by(UnitColumns.path)
    )
    lines = [(line[0].strip("/").split("/"), line[1], int(line[2])) for line in await tx.execute(query)]
    if not lines:
        return ()
    first = min(lines)[0]
    last = max(lines)[0]
    common = 0
    while common < min(len(first), len(last)) and first[common] == last[common]:
        common += 1
    sums: dict[int, list[int]] = {}
    for ids, people, completed in lines:
        unit = int(ids[min(common, len(ids) - 1)])
        total = sums.setdefault(unit, [0, 0])
        total[0] += people
        total[1] += completed
    units = await tx.execute(
        select(UnitColumns.id, UnitColumns.name)
        .where(UnitColumns.id.in_(sums))
        .order_by(UnitColumns.sort_key)
    )
    return tuple(UnitCompletion(UnitId(unit), name, *sums[unit]) for unit, name in units)


def asked(course_id: int, wanted: ProgressFilter) -> str:
    """Which list it was, for the log of looks; not what was searched, which is a name."""
    parts = [f"course {course_id}"]
    if wanted.unit_id is not None:
        parts.append(f"unit {wanted.unit_id}")
    if wanted.page_size is None:
        parts.append("all")
    return "; ".join(parts)
