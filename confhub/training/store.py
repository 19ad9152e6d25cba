"""Reading courses inside somebody's transaction: who may see them, their sessions, their people."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, or_, select, true

from confhub.access.rules import Actor, allows, branch_filter
from confhub.checkin.published import BreakColumns, DerivedColumns, PresenceColumns
from confhub.db.database import Tx
from confhub.kernel.errors import Forbidden
from confhub.kernel.ids import CourseId, SessionId, UnitId
from confhub.kernel.permissions import Permission
from confhub.org.models import UnitRow
from confhub.people.models import AttendeeMerge, AttendeeRow
from confhub.rosters import store as rosters
from confhub.rosters.models import AbsenceNotice, CourseSession, RosterEntry, SessionAttendee
from confhub.sessions import store as sessions
from confhub.sessions.models import MeetingSession
from confhub.sessions.values import SessionState
from confhub.training import rules
from confhub.training.errors import CourseUnknown
from confhub.training.models import CertificateRow, CoursePerson, CourseRow
from confhub.training.rules import Lesson
from confhub.training.values import (
    CompletionRule,
    CourseInput,
    CourseStatus,
    CourseView,
    LessonView,
    Measure,
    Scope,
)

OVER = (SessionState.ENDED.value, SessionState.ARCHIVED.value)
"""A session's presence counts once it has ended."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A session of a course with what the rules ask of it."""

    link: CourseSession
    session: MeetingSession
    counted: int | None
    """Milliseconds of live time without breaks; None before the end."""

    @property
    def ended(self) -> bool:
        return self.session.state in OVER

    @property
    def cancelled(self) -> bool:
        return self.session.state == SessionState.CANCELLED.value

    @property
    def lesson(self) -> Lesson:
        """As the rules see it."""
        planned = self.session.length_min * rules.MINUTE
        length = planned if self.counted is None else self.counted
        return Lesson(self.session.id, length, self.ended, self.link.makes_up_for)


def input_of(row: CourseRow) -> CourseInput:
    """The row's fields as a form hands them in."""
    return CourseInput(
        row.title,
        row.unit_id,
        row.description,
        rule_of(row),
        row.number_pattern,
        row.issue_place,
        row.signer_name,
        row.signer_position,
    )


def rule_of(row: CourseRow) -> CompletionRule:
    """The completion rule of a row."""
    return CompletionRule(Measure(row.measure), Scope(row.scope), row.threshold, row.grace_min)


def people_condition(actor: Actor, course_path: str) -> ColumnElement[bool]:
    """The condition on a joined person's `UnitRow.path`: an organizer sees everybody in the own course,
    others the people of their branches."""
    if allows(actor, Permission.COURSE_VIEW, course_path):
        return true()
    return branch_filter(actor, Permission.COURSE_VIEW, UnitRow.path)


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """The condition on a query of courses joined with their `UnitRow`: organized in the actor's branches, or
    people of them take part."""
    person, unit = AttendeeRow.__table__.alias(), UnitRow.__table__.alias()
    own_people = exists(
        select(CoursePerson.attendee_id)
        .join(person, person.c.id == CoursePerson.attendee_id)
        .join(unit, unit.c.id == person.c.unit_id)
        .where(
            CoursePerson.course_id == CourseRow.id, branch_filter(actor, Permission.COURSE_VIEW, unit.c.path)
        )
        .correlate(CourseRow)
    )
    return or_(branch_filter(actor, Permission.COURSE_VIEW, UnitRow.path), own_people)


def course_query() -> Select[CourseRow, str, str]:
    """Selects (course, unit's name, unit's path)."""
    return select(CourseRow, UnitRow.name, UnitRow.path).join(UnitRow, UnitRow.id == CourseRow.unit_id)


async def found(tx: Tx, actor: Actor, course_id: int) -> tuple[CourseRow, str, str]:
    """(row, unit's name, unit's path). Raises `CourseUnknown` for what the actor may not see."""
    line = (await tx.execute(course_query().where(CourseRow.id == course_id, visible_to(actor)))).first()
    if line is None:
        raise CourseUnknown()
    return line[0], line[1], line[2]


async def title_and_path(tx: Tx, course_id: int) -> tuple[str, str] | None:
    """The course's title and its unit's path, for those below who keep its lists; None: no such course."""
    query = select(CourseRow.title, UnitRow.path).join(UnitRow, UnitRow.id == CourseRow.unit_id)
    line = (await tx.execute(query.where(CourseRow.id == course_id))).one_or_none()
    return None if line is None else (line[0], line[1])


async def course_of(tx: Tx, session_id: int) -> tuple[int, str] | None:
    """(id, title) of the course that the session is in."""
    query = select(CourseRow.id, CourseRow.title).join(CourseSession, CourseSession.course_id == CourseRow.id)
    line = (await tx.execute(query.where(CourseSession.session_id == session_id))).first()
    return None if line is None else (line[0], line[1])


def taken() -> Select[int]:
    """Selects the ids of sessions that are in a course."""
    return select(CourseSession.session_id)


def add_session(tx: Tx, course_id: int, session_id: int, makes_up_for: int | None, place: int) -> None:
    """The session is in the course from now on."""
    tx.add(CourseSession(course_id=course_id, session_id=session_id, makes_up_for=makes_up_for, place=place))


async def locked(tx: Tx, actor: Actor, course_id: int, permission: Permission) -> tuple[CourseRow, str, str]:
    """As `found`, the row locked; raises `Forbidden` without `permission` at the course's unit."""
    row, name, path = await found(tx, actor, course_id)
    if not allows(actor, permission, path):
        raise Forbidden(permission=permission.value)
    await tx.refresh(row, with_for_update=True)
    return row, name, path


async def placed(tx: Tx, course_id: int) -> list[Placed]:
    """The course's sessions in order, each with its counted time."""
    query = (
        select(CourseSession, MeetingSession)
        .join(MeetingSession, MeetingSession.id == CourseSession.session_id)
        .where(CourseSession.course_id == course_id)
        .order_by(CourseSession.place, CourseSession.session_id)
    )
    lines = (await tx.execute(query)).all()
    breaks = await _breaks(tx, [session.id for _, session in lines])
    return [Placed(link, session, _counted(session, breaks.get(session.id, []))) for link, session in lines]


async def _breaks(tx: Tx, session_ids: Sequence[int]) -> dict[int, list[tuple[datetime, datetime | None]]]:
    query = select(BreakColumns.session_id, BreakColumns.starts_at, BreakColumns.ends_at)
    known: dict[int, list[tuple[datetime, datetime | None]]] = {}
    for session_id, start, end in await tx.execute(query.where(BreakColumns.session_id.in_(session_ids))):
        known.setdefault(session_id, []).append((start, end))
    return known


def _counted(session: MeetingSession, breaks: Iterable[tuple[datetime, datetime | None]]) -> int | None:
    if session.state not in OVER:
        return None
    start, end = session.actual_start, session.actual_end
    if start is None or end is None:
        return 0

    def after(moment: datetime) -> int:
        return (min(max(moment, start), end) - start) // timedelta(milliseconds=1)

    pauses = rules.united([[(after(begin), after(until or end))] for begin, until in breaks])
    return max(0, (end - start) // timedelta(milliseconds=1) - pauses)


def plan(course: Sequence[Placed]) -> tuple[rules.Slot, ...]:
    """The slots that the rules judge."""
    cancelled = [one.session.id for one in course if one.cancelled]
    return rules.slots(rules.standing([one.lesson for one in course], cancelled))


async def has_roster(tx: Tx, course_id: int) -> bool:
    """Whether the course has a list of participants of its own."""
    query = select(RosterEntry.id).where(RosterEntry.course_id == course_id, RosterEntry.excluded.is_(False))
    return await tx.scalar(query.limit(1)) is not None


async def fingerprint(tx: Tx, row: CourseRow, course: Sequence[Placed], *, sealed_only: bool = False) -> str:
    """SHA-256 over what the progress rests on, from a few cheap figures: another one, another progress."""
    ids = [one.session.id for one in course]
    facts: list[Any] = [
        [row.measure, row.scope, row.threshold, row.grace_min, sealed_only],
        [
            [one.session.id, one.link.makes_up_for, one.session.state, one.lesson.length,
             one.session.sealed_at.isoformat() if one.session.sealed_at else None]
            for one in course
        ],
    ]  # fmt: skip
    roster, merge = RosterEntry, AttendeeMerge
    facts.append(
        list(
            (
                await tx.execute(
                    select(func.count(), func.sum(roster.attendee_id), func.max(roster.id)).where(
                        roster.course_id == row.id, roster.excluded.is_(False)
                    )
                )
            ).one()
        )
    )
    facts.append(list((await tx.execute(select(func.max(merge.id), func.count(merge.undone_at)))).one()))
    derived = select(DerivedColumns.session_id, DerivedColumns.digest).where(
        DerivedColumns.session_id.in_(ids)
    )
    facts.append(sorted([list(line) for line in await tx.execute(derived)]))
    if not facts[2][0]:  # participants come from the sessions' lists
        a = SessionAttendee
        listed = (
            select(a.session_id, func.count(), func.sum(case((a.removed_at.is_(None), 1), else_=0)))
            .where(a.session_id.in_(ids), a.origin != rosters.GUEST)  # guests take no part in a course
            .group_by(a.session_id)
        )
        facts.append(sorted([list(map(int, line)) for line in await tx.execute(listed)]))
    notices = select(AbsenceNotice.session_id, func.count(), func.max(AbsenceNotice.decided_at)).where(
        AbsenceNotice.session_id.in_(ids), AbsenceNotice.state == "approved"
    )
    facts.append(
        sorted(
            [list(map(str, line)) for line in await tx.execute(notices.group_by(AbsenceNotice.session_id))]
        )
    )
    return hashlib.sha256(json.dumps(facts, default=str).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Counts:
    """People of a course whom the actor may see."""

    people: int = 0
    completed: int = 0
    certificates: int = 0


async def counts(tx: Tx, actor: Actor, paths: dict[int, str]) -> dict[int, Counts]:
    """Course → its counts. `paths`: course → its unit's path."""
    made: dict[int, Counts] = {}
    own = [one for one, path in paths.items() if allows(actor, Permission.COURSE_VIEW, path)]
    others = [one for one in paths if one not in own]
    branch = branch_filter(actor, Permission.COURSE_VIEW, UnitRow.path)
    for ids, condition in ((own, None), (others, branch)):
        if not ids:
            continue
        done = case((CoursePerson.state == "completed", 1), else_=0)
        people: Any = select(CoursePerson.course_id, func.count(), func.sum(done))
        papers: Any = select(CertificateRow.course_id, func.count())
        if condition is not None:
            people = _with_unit(people, CoursePerson.attendee_id).where(condition)
            papers = _with_unit(papers, CertificateRow.attendee_id).where(condition)
        people = people.where(CoursePerson.course_id.in_(ids)).group_by(CoursePerson.course_id)
        papers = papers.where(CertificateRow.course_id.in_(ids), CertificateRow.revoked_at.is_(None))
        valid = {line[0]: line[1] for line in await tx.execute(papers.group_by(CertificateRow.course_id))}
        counted = {line[0]: (line[1], int(line[2])) for line in await tx.execute(people)}
        for one in ids:
            made[one] = Counts(*counted.get(one, (0, 0)), valid.get(one, 0))
    return made


def _with_unit(query: Any, attendee_id: Any) -> Any:
    return query.join(AttendeeRow, AttendeeRow.id == attendee_id).join(
        UnitRow, UnitRow.id == AttendeeRow.unit_id
    )


async def views(tx: Tx, actor: Actor, lines: Sequence[Any]) -> tuple[CourseView, ...]:
    """What `course_query` selected, as this actor sees it."""
    ids = [line[0].id for line in lines]
    counted = await counts(tx, actor, {line[0].id: line[2] for line in lines})
    hours = (
        select(
            CourseSession.course_id,
            func.count(),
            func.min(MeetingSession.starts_at),
            func.max(MeetingSession.starts_at),
        )
        .join(MeetingSession, MeetingSession.id == CourseSession.session_id)
        .where(CourseSession.course_id.in_(ids))
        .group_by(CourseSession.course_id)
    )
    when = {line[0]: tuple(line[1:]) for line in await tx.execute(hours)}
    return tuple(
        _view(
            actor,
            line[0],
            line[1],
            line[2],
            counted.get(line[0].id, Counts()),
            when.get(line[0].id, (0, None, None)),
        )
        for line in lines
    )


def _view(
    actor: Actor, row: CourseRow, unit_name: str, path: str, counted: Counts, when: tuple[Any, ...]
) -> CourseView:
    return CourseView(
        id=CourseId(row.id),
        title=row.title,
        description=row.description,
        unit_id=UnitId(row.unit_id),
        unit_name=unit_name,
        unit_path=path,
        status=CourseStatus(row.state),
        rule=rule_of(row),
        number_pattern=row.number_pattern,
        issue_place=row.issue_place,
        signer_name=row.signer_name,
        signer_position=row.signer_position,
        created_at=row.created_at,
        sessions=when[0],
        first_at=when[1],
        last_at=when[2],
        people=counted.people,
        completed=counted.completed,
        certificates=counted.certificates,
        may_edit=allows(actor, Permission.COURSE_EDIT, path),
        may_issue=allows(actor, Permission.CERTIFICATE_ISSUE, path),
    )


async def lesson_views(tx: Tx, actor: Actor, path: str, course: Sequence[Placed]) -> tuple[LessonView, ...]:
    """The sessions in order, make-up sessions behind the ones they stand for."""
    all_ids = [one.session.id for one in course]
    seen = set(
        await tx.scalars(
            select(MeetingSession.id).where(MeetingSession.id.in_(all_ids), sessions.shown_to(actor))
        )
    )
    course = [one for one in course if one.session.id in seen]
    ids = [one.session.id for one in course]
    presence: Any = (
        select(PresenceColumns.session_id, func.count())
        .where(PresenceColumns.session_id.in_(ids), PresenceColumns.millis > 0)
        .group_by(PresenceColumns.session_id)
    )
    if not allows(actor, Permission.COURSE_VIEW, path):
        presence = _with_unit(presence, PresenceColumns.attendee_id).where(
            branch_filter(actor, Permission.COURSE_VIEW, UnitRow.path)
        )
    there = {line[0]: line[1] for line in await tx.execute(presence)}
    ordered = [
        other
        for one in course
        if one.link.makes_up_for is None
        for other in (one, *(o for o in course if o.link.makes_up_for == one.session.id))
    ]
    return tuple(
        LessonView(
            session_id=SessionId(one.session.id),
            title=one.session.title,
            state=one.session.state,
            starts_at=one.session.starts_at,
            length_min=one.session.length_min,
            ended=one.ended,
            sealed=one.session.sealed_at is not None,
            counted_min=None if one.counted is None else one.counted / rules.MINUTE,
            makes_up_for=None if one.link.makes_up_for is None else SessionId(one.link.makes_up_for),
            present=there.get(one.session.id, 0),
        )
        for one in ordered
    )


def valid_certificate() -> ColumnElement[bool]:
    """The join condition of `CoursePerson` and its valid certificate."""
    return and_(
        CertificateRow.course_id == CoursePerson.course_id,
        CertificateRow.attendee_id == CoursePerson.attendee_id,
        CertificateRow.revoked_at.is_(None),
    )
