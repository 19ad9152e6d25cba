"""What a certificate rests on: closed attendance. Who may get one, and which have lost their basis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import or_, select

from confhub.db.database import Tx
from confhub.people.published import PersonColumns
from confhub.people.store import resolve
from confhub.training import rules, store
from confhub.training.models import CertificateRow, CoursePerson
from confhub.training.values import CellState, LostBasis, LostWhy, PersonState

COUNTED: Final = frozenset({CellState.DONE, CellState.MADE_UP, CellState.SHORT})
"""Cells in which somebody was there: what a certificate prints."""


@dataclass(frozen=True, slots=True)
class Due:
    """`people`: have completed, never had one, and every session that counts for them is closed; by name.
    `waiting`: who lacks nothing but that; `open`: the sessions that they wait for."""

    people: tuple[int, ...]
    waiting: int
    open: tuple[int, ...]


def open_sessions(course: Sequence[store.Placed]) -> dict[int, str]:
    """Sessions that are over and whose attendance is not closed, with their titles."""
    return {
        one.session.id: one.session.title for one in course if one.ended and one.session.sealed_at is None
    }


def rests_on(cells: str, among: Mapping[int, str]) -> set[int]:
    """Which of these sessions count for the person."""
    return {cell[3] for cell in rules.read_cells(cells) if cell[0] in COUNTED} & among.keys()


async def due(tx: Tx, course_id: int, course: Sequence[store.Placed]) -> Due:
    """Whom a certificate is due to, under any of the person's numbers."""
    had = set(
        await tx.scalars(select(CertificateRow.attendee_id).where(CertificateRow.course_id == course_id))
    )
    had |= set((await resolve(tx, had)).values())
    query = (
        select(CoursePerson.attendee_id, CoursePerson.cells)
        .join(*PersonColumns.of(CoursePerson.attendee_id))
        .where(
            CoursePerson.course_id == course_id,
            CoursePerson.state == PersonState.COMPLETED.value,
            PersonColumns.erased_at.is_(None),
        )
        .order_by(PersonColumns.sort_key, PersonColumns.id)
    )
    still_open, people, waiting, waited_for = open_sessions(course), [], 0, set[int]()
    for person, cells in await tx.execute(query):
        if person in had:
            continue
        if missing := rests_on(cells, still_open):
            waiting += 1
            waited_for |= missing
        else:
            people.append(person)
    return Due(tuple(people), waiting, tuple(one for one in still_open if one in waited_for))


async def lost(tx: Tx, course_id: int, course: Sequence[store.Placed]) -> tuple[LostBasis, ...]:
    """Valid certificates whose person has not completed any more, or for whom a session counts whose
    attendance was opened again; by number."""
    c, p = CertificateRow, CoursePerson
    still_open = open_sessions(course)
    on = (p.course_id == c.course_id) & (p.attendee_id == c.attendee_id)
    query = select(c.id, c.attendee_id, c.number, c.printed, p.state, p.cells).outerjoin(p, on)
    query = query.where(c.course_id == course_id, c.revoked_at.is_(None)).order_by(c.id)
    if not still_open:
        query = query.where(or_(p.state.is_(None), p.state != PersonState.COMPLETED.value))
    rows = (await tx.execute(query)).all()
    without = await resolve(tx, [row.attendee_id for row in rows if row.state is None])
    merged = {one: to for one, to in without.items() if to != one}  # few, where a course may have 40,000
    kept = {
        row.attendee_id: row
        for row in await tx.execute(
            select(p.attendee_id, p.state, p.cells).where(
                p.course_id == course_id, p.attendee_id.in_(merged.values())
            )
        )
    }
    found = []
    for row in rows:
        standing = row if row.state is not None else kept.get(merged.get(row.attendee_id, 0))
        why, titles = LostWhy.NOT_COMPLETED, tuple[str, ...]()
        if standing is not None and standing.state == PersonState.COMPLETED.value:
            titles = tuple(still_open[one] for one in sorted(rests_on(standing.cells, still_open)))
            if not titles:
                continue
            why = LostWhy.REOPENED
        name = str(row.printed.get("name", ""))
        found.append(LostBasis(row.id, row.attendee_id, row.number, name, why, titles))
    return tuple(found)
