"""Reading rosters for people to look at, in somebody's transaction; rights are checked where named only."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, case, func, literal, null, or_, select

from confhub.access.rules import Actor, allows, branch_filter
from confhub.db.base import as_written
from confhub.db.database import Tx
from confhub.kernel.ids import AttendeeId, EndpointId, UnitId
from confhub.kernel.paging import offset_of
from confhub.kernel.permissions import Permission
from confhub.org.published import UnitColumns
from confhub.people.published import PersonColumns
from confhub.people.store import matches
from confhub.registry.published import RoomColumns
from confhub.rosters.errors import CourseUnknown
from confhub.rosters.models import AbsenceNotice, CourseSession, RosterEntry, SessionAttendee
from confhub.rosters.store import GUEST, OFFICER, effective
from confhub.rosters.values import Candidate, CourseAsked, ListedPerson, RoomCount, Scope
from confhub.sessions.published import PlaceColumns

LEVELS: Final = ("session", "course", "standing")
"""What `effective`'s levels are called."""


async def visible_course(tx: Tx, actor: Actor, course_id: int, course: CourseAsked) -> str:
    """The course's title. Raises `CourseUnknown` where the actor may not see it: neither the organizer's
    branch is theirs nor a room of its sessions."""
    found = await course(tx, course_id)
    if found is None:
        raise CourseUnknown
    title, path = found
    if not allows(actor, Permission.COURSE_VIEW, path):
        rooms = course_rooms(course_id).subquery()
        own = (
            select(RoomColumns.id)
            .join(*UnitColumns.of(RoomColumns.unit_id))
            .where(
                RoomColumns.id.in_(select(rooms)),
                branch_filter(actor, Permission.COURSE_VIEW, UnitColumns.path),
            )
        )
        if await tx.scalar(own.limit(1)) is None:
            raise CourseUnknown
    return title


def session_rooms(session_id: int) -> Select[int]:
    """Selects the ids of the session's rooms."""
    s = PlaceColumns
    return select(s.endpoint_id).where(s.session_id == session_id, s.removed_at.is_(None))


def course_rooms(course_id: int) -> Select[int]:
    """Selects the ids of the rooms of the course's sessions, and of those that its list names."""
    s = PlaceColumns
    sessions = select(CourseSession.session_id).where(CourseSession.course_id == course_id)
    of_sessions = select(s.endpoint_id).where(s.session_id.in_(sessions), s.removed_at.is_(None))
    r = RosterEntry
    of_list = select(r.endpoint_id).where(r.course_id == course_id, ~r.excluded)
    found = of_sessions.union(of_list).subquery()
    return select(found.c[0])


def entries(scope: Scope) -> ColumnElement[bool]:
    """The condition on `RosterEntry` that keeps this list's own entries."""
    r = RosterEntry
    if scope.session_id is not None:
        return r.session_id == scope.session_id
    if scope.course_id is not None:
        return r.course_id == scope.course_id
    return and_(r.session_id.is_(None), r.course_id.is_(None))


def listed(scope: Scope, frozen: bool) -> Any:
    """A subquery of a list: attendee_id, endpoint_id, origin, added_at, removed_at. A session's before its
    freezing is what would be frozen; a course's and a standing one are their own entries."""
    if scope.session_id is not None and frozen:
        a = SessionAttendee
        return (
            select(a.attendee_id, a.endpoint_id, a.origin, a.added_at, a.removed_at)
            .where(a.session_id == scope.session_id)
            .subquery("listed")
        )
    if scope.session_id is not None:
        e = effective(scope.session_id).subquery()
        level = case(dict(enumerate(LEVELS)), value=e.c.level)
        return select(
            e.c.attendee_id, e.c.endpoint_id, level.label("origin"), e.c.added_at, e.c.removed_at
        ).subquery("listed")
    r = RosterEntry
    return (
        select(
            r.attendee_id,
            r.endpoint_id,
            literal(scope.kind).label("origin"),
            r.created_at.label("added_at"),
            null().label("removed_at"),
        )
        .join(*PersonColumns.of(r.attendee_id))
        .where(entries(scope), ~r.excluded)
        .where(PersonColumns.merged_into_id.is_(None), PersonColumns.erased_at.is_(None))
        .where(PersonColumns.retired_at.is_(None))
        .subquery("listed")
    )


async def people(
    tx: Tx, scope: Scope, frozen: bool, endpoint_id: int, words: str, page: int, size: int
) -> tuple[list[ListedPerson], int]:
    """One page of a room's list in Vietnamese order, and how many there are; removed ones at the end."""
    found = listed(scope, frozen)
    n, person = AbsenceNotice, PersonColumns
    query = (
        select(
            person.id, person.code, person.name, person.position, person.unit_id,
            UnitColumns.name, found.c.origin, found.c.added_at, found.c.removed_at, n.state,
        )
        .select_from(found)
        .join(*person.of(found.c.attendee_id))
        .join(*UnitColumns.of(person.unit_id))
        .outerjoin(
            n,
            and_(
                n.attendee_id == found.c.attendee_id,
                n.session_id == (scope.session_id or 0),
                n.state != as_written("withdrawn"),
            ),
        )
        .where(found.c.endpoint_id == endpoint_id, *matches(words, with_unit=True))
    )  # fmt: skip
    total = await tx.scalar(query.with_only_columns(func.count(), maintain_column_froms=True)) or 0
    ordered = query.order_by(found.c.removed_at.is_not(None), person.sort_key, person.id)
    rows = await tx.execute(ordered.offset(offset_of(page, size)).limit(size))
    return [
        ListedPerson(AttendeeId(r[0]), r[1], r[2], r[3], UnitId(r[4]), r[5], r[6], r[7], r[8], r[9])
        for r in rows
    ], total


async def counts(tx: Tx, actor: Actor, scope: Scope, frozen: bool) -> tuple[RoomCount, ...]:
    """The rooms of a session or course in the actor's branches (`PERSON_VIEW`), with their numbers."""
    assert scope.session_id is not None or scope.course_id is not None
    rooms = (
        session_rooms(scope.session_id)
        if scope.session_id is not None
        else course_rooms(scope.course_id or 0)
    )
    numbers = await _numbers(tx, scope, frozen)
    standing = listed(Scope(), frozen=False)
    standing_by_room = {
        line[0]: line[1]
        for line in await tx.execute(
            select(standing.c.endpoint_id, func.count())
            .where(standing.c.endpoint_id.in_(rooms))
            .group_by(standing.c.endpoint_id)
        )
    }
    query = (
        select(RoomColumns.id, RoomColumns.code, RoomColumns.name, UnitColumns.name, UnitColumns.path)
        .join(*UnitColumns.of(RoomColumns.unit_id))
        .where(RoomColumns.id.in_(rooms), branch_filter(actor, Permission.PERSON_VIEW, UnitColumns.path))
        .order_by(RoomColumns.sort_key, RoomColumns.code)
    )
    made = []
    for endpoint_id, code, name, unit_name, path in await tx.execute(query):
        expected, guests, added, removed = numbers.get(endpoint_id, (0, 0, 0, 0))
        made.append(
            RoomCount(
                EndpointId(endpoint_id), code, name, unit_name, expected,
                standing_by_room.get(endpoint_id, 0),
                guests, added, removed, allows(actor, Permission.ROSTER_EDIT, path),
            )
        )  # fmt: skip
    return tuple(made)


async def _numbers(tx: Tx, scope: Scope, frozen: bool) -> dict[int, tuple[int, int, int, int]]:
    """Room → (expected, guests, added by officers, removed)."""
    found = listed(scope, frozen)
    gone = found.c.removed_at.is_not(None)

    def number(condition: ColumnElement[bool]) -> ColumnElement[int]:
        return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)

    query = select(
        found.c.endpoint_id,
        number(and_(~gone, found.c.origin != GUEST)),
        number(and_(~gone, found.c.origin == GUEST)),
        number(and_(~gone, found.c.origin == OFFICER)),
        number(gone),
    ).group_by(found.c.endpoint_id)
    return {line[0]: (line[1], line[2], line[3], line[4]) for line in await tx.execute(query)}


async def candidates(
    tx: Tx, actor: Actor, scope: Scope, frozen: bool, endpoint_id: int, words: str, limit: int
) -> list[Candidate]:
    """People of the actor's branches (`PERSON_VIEW`) who are not on this room's list, by name."""
    found = listed(scope, frozen)
    room, person = RoomColumns, PersonColumns
    query = (
        select(person.id, person.code, person.name, person.position, UnitColumns.name, room.name)
        .join(*UnitColumns.of(person.unit_id))
        .outerjoin(found, and_(found.c.attendee_id == person.id, found.c.removed_at.is_(None)))
        .outerjoin(*room.of(found.c.endpoint_id))
        .where(branch_filter(actor, Permission.PERSON_VIEW, UnitColumns.path))
        .where(person.merged_into_id.is_(None), person.erased_at.is_(None))
        .where(person.retired_at.is_(None), *matches(words, with_unit=True))
        .where(or_(found.c.endpoint_id.is_(None), found.c.endpoint_id != endpoint_id))
        .order_by(person.sort_key, person.id)
        .limit(limit)
    )
    return [Candidate(AttendeeId(r[0]), r[1], r[2], r[3], r[4], r[5]) for r in await tx.execute(query)]
