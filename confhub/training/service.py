"""Use cases of courses."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select

from confhub.access.rules import Actor, branch_filter, require, require_anywhere
from confhub.audit.service import record
from confhub.db.database import Database, Tx
from confhub.i18n.folding import fold, like_pattern
from confhub.kernel.clock import Clock
from confhub.kernel.ids import CourseId, SessionId, UnitId
from confhub.kernel.limits import NAME_MAX_CHARS, PAGE_SIZE, PAGE_SIZE_MAX
from confhub.kernel.permissions import Permission
from confhub.kernel.versions import check_seen
from confhub.org.published import UnitColumns
from confhub.org.store import visible_unit
from confhub.people.looks import LookBook
from confhub.sessions import store as sessions
from confhub.sessions.errors import SessionUnknown
from confhub.sessions.models import MeetingSession
from confhub.sessions.values import SessionKind, SessionState
from confhub.training import deriving, errors, progress, store
from confhub.training.cleaning import clean_input
from confhub.training.limits import LESSONS_MAX
from confhub.training.models import CourseRow, CourseState
from confhub.training.values import (
    CourseDetails,
    CourseInput,
    CoursePage,
    CourseStatus,
    ProgressFilter,
    ProgressPage,
    SessionChoice,
)

CHOICES_MAX = 200
"""Sessions offered for a course: those of some years; others are found by their title."""


class CourseService:
    """Every method checks the actor's right in the course's branch, and raises CourseUnknown for a course
    outside of it. A district sees a province's course as far as its own people take part in it."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock
        self._looks = LookBook(db, clock)
        self._deriving: defaultdict[int, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def list(
        self,
        actor: Actor,
        *,
        status: CourseStatus | None = None,
        unit_id: int | None = None,
        text: str = "",
        offset: int = 0,
        limit: int = PAGE_SIZE,
    ) -> CoursePage:
        """Courses that the actor may see, the newest first. `text` is searched without diacritics in the
        title; `unit_id` keeps those organized in its branch."""
        require_anywhere(actor, Permission.COURSE_VIEW)
        query = store.course_query().where(store.visible_to(actor))
        if status is not None:
            query = query.where(CourseRow.state == status.value)
        if text.strip():
            pattern = like_pattern(text[:NAME_MAX_CHARS])
            query = query.where(CourseRow.search_key.like(pattern, escape="\\"))
        if unit_id is not None:
            query = query.where(sessions.organized_in(UnitId(unit_id)))
        page = (
            query.order_by(CourseRow.id.desc())
            .offset(min(max(offset, 0), 10**9))
            .limit(min(max(limit, 1), PAGE_SIZE_MAX))
        )
        async with self._db.reading() as tx:
            total = await tx.scalar(select(func.count()).select_from(query.subquery())) or 0
            views = await store.views(tx, actor, (await tx.execute(page)).all())
        return CoursePage(views, total)

    async def get(self, actor: Actor, course_id: int) -> CourseDetails:
        """One course with its sessions and its branches' completion."""
        require_anywhere(actor, Permission.COURSE_VIEW)
        await self._fresh(actor, course_id)
        async with self._db.reading() as tx:
            return await self._details(tx, actor, course_id)

    async def progress(self, actor: Actor, course_id: int, wanted: ProgressFilter) -> ProgressPage:
        """Participants whom the actor may see, written down as a look at these people. E-mail addresses only
        of those whose record the actor may change."""
        require_anywhere(actor, Permission.COURSE_VIEW)
        await self._fresh(actor, course_id)
        async with self._db.reading() as tx:
            row, _, path = await store.found(tx, actor, course_id)
            page = await progress.page(tx, actor, row, path, wanted)
        shown = [row.attendee_id for row in page.rows]
        await self._looks.told(actor, "course", shown, detail=progress.asked(course_id, wanted))
        return page

    async def create(self, actor: Actor, wanted: CourseInput) -> CourseId:
        """A new course. Raises what is wrong with each field."""
        require_anywhere(actor, Permission.COURSE_EDIT)
        cleaned = clean_input(wanted)
        now = self._clock.now()
        async with self._db.transaction() as tx:
            unit = await visible_unit(tx, actor, UnitId(cleaned.unit_id), Permission.COURSE_EDIT)
            row = CourseRow(created_by=actor.account_id, created_at=now, state=CourseStatus.OPEN.value)
            _fill(row, cleaned)
            tx.add(row)
            await tx.flush()
            record(
                tx, actor, "training:course:create", "course", row.id, now, path=unit.path, title=row.title
            )  # fmt: skip
            return CourseId(row.id)

    async def update(
        self, actor: Actor, course_id: int, wanted: CourseInput, *, seen: str | None = None
    ) -> None:
        """Change an open course. Raises `CourseClosed` and what is wrong with each field. `seen`: see
        `kernel.versions`."""
        cleaned = clean_input(wanted)
        now = self._clock.now()
        async with self._db.transaction() as tx:
            row, path = await self._open(tx, actor, course_id)
            check_seen(seen, store.input_of(row))
            if cleaned.unit_id != row.unit_id:
                path = (await visible_unit(tx, actor, UnitId(cleaned.unit_id), Permission.COURSE_EDIT)).path
            before = {name: getattr(row, name) for name in _TOLD}
            _fill(row, cleaned)
            changed = {
                name: [old, getattr(row, name)] for name, old in before.items() if old != getattr(row, name)
            }
            record(tx, actor, "training:course:edit", "course", row.id, now, path=path, **changed)

    async def close(self, actor: Actor, course_id: int) -> None:
        """Nothing of it is changed any more. Raises `CourseClosed`."""
        await self._set_status(actor, course_id, CourseStatus.CLOSED)

    async def reopen(self, actor: Actor, course_id: int) -> None:
        """Open a closed course again. Raises `CourseOpen`."""
        await self._set_status(actor, course_id, CourseStatus.OPEN)

    async def add_session(
        self, actor: Actor, course_id: int, session_id: int, *, makes_up_for: int | None = None
    ) -> None:
        """Take an existing training session of the actor's branch into the course, last in order.

        Raises `LessonNotTraining`, `LessonCancelled`, `LessonTaken`, `MakeUpInvalid`, `TooManyLessons`.
        """
        now = self._clock.now()
        async with self._db.transaction() as tx:
            await tx.alone("course-session")
            row, path = await self._open(tx, actor, course_id)
            session = await self._session(tx, actor, session_id)
            course = await store.placed(tx, course_id)
            if len(course) >= LESSONS_MAX:
                raise errors.TooManyLessons(limit=LESSONS_MAX)
            taken = await store.course_of(tx, session_id)
            if taken is not None:
                raise errors.LessonTaken(field="session_id", course=taken[1])
            _check_make_up(course, session_id, makes_up_for)
            place = max((one.link.place for one in course), default=0) + 1
            store.add_session(tx, course_id, session_id, makes_up_for, place)
            record(
                tx, actor, "training:course:add_session", "course", row.id, now,
                path=path, session=session.title, session_id=session_id, makes_up_for=makes_up_for,
            )  # fmt: skip

    async def remove_session(self, actor: Actor, course_id: int, session_id: int) -> None:
        """Take a session out. Raises `LessonUnknown`, `HasMakeUps`."""
        now = self._clock.now()
        async with self._db.transaction() as tx:
            row, path = await self._open(tx, actor, course_id)
            course = await store.placed(tx, course_id)
            lesson = _lesson(course, session_id)
            if any(one.link.makes_up_for == session_id for one in course):
                raise errors.HasMakeUps()
            await tx.delete(lesson.link)
            record(
                tx, actor, "training:course:remove_session", "course", row.id, now,
                path=path, session_id=session_id,
            )  # fmt: skip

    async def set_make_up(
        self, actor: Actor, course_id: int, session_id: int, makes_up_for: int | None
    ) -> None:
        """Let the session stand for another one; None: it is a regular one. Raises `LessonUnknown`,
        `MakeUpInvalid`, `HasMakeUps`."""
        now = self._clock.now()
        async with self._db.transaction() as tx:
            row, path = await self._open(tx, actor, course_id)
            course = await store.placed(tx, course_id)
            one = _lesson(course, session_id)
            if makes_up_for is not None and any(o.link.makes_up_for == session_id for o in course):
                raise errors.HasMakeUps()
            _check_make_up(course, session_id, makes_up_for)
            one.link.makes_up_for = makes_up_for
            record(
                tx, actor, "training:course:make_up", "course", row.id, now,
                path=path, session_id=session_id, makes_up_for=makes_up_for,
            )  # fmt: skip

    async def order_sessions(self, actor: Actor, course_id: int, session_ids: Sequence[int]) -> None:
        """Put the sessions in this order. Raises `OrderIncomplete` unless each is named once."""
        now = self._clock.now()
        async with self._db.transaction() as tx:
            row, path = await self._open(tx, actor, course_id)
            course = {one.session.id: one for one in await store.placed(tx, course_id)}
            if sorted(session_ids) != sorted(course):
                raise errors.OrderIncomplete(field="session_ids")
            for place, session_id in enumerate(session_ids, 1):
                course[session_id].link.place = place
            record(
                tx, actor, "training:course:order", "course", row.id, now, path=path, sessions=session_ids
            )  # fmt: skip

    async def choices(self, actor: Actor, course_id: int, text: str = "") -> tuple[SessionChoice, ...]:
        """Training sessions of the actor's branches that are in no course yet, the newest first."""
        s = MeetingSession
        query = (
            select(s)
            .join(*UnitColumns.of(s.unit_id))
            .where(
                s.kind == SessionKind.TRAINING.value,
                s.state != SessionState.CANCELLED.value,
                sessions.shown_to(actor),
                branch_filter(actor, Permission.COURSE_EDIT, UnitColumns.path),
                s.id.not_in(store.taken()),
            )
            .order_by(s.starts_at.desc(), s.id.desc())
            .limit(CHOICES_MAX)
        )
        if text.strip():
            query = query.where(s.search_key.like(like_pattern(text[:NAME_MAX_CHARS]), escape="\\"))
        async with self._db.reading() as tx:
            _, _, path = await store.found(tx, actor, course_id)
            require(actor, Permission.COURSE_EDIT, path)
            rows = (await tx.scalars(query)).all()
        return tuple(SessionChoice(SessionId(r.id), r.title, r.state, r.starts_at) for r in rows)

    async def refresh_due(self) -> int:
        """The clock's servant: make out-of-date progress anew, so that pages find it made. How many."""
        async with self._db.reading() as tx:
            found = select(CourseRow.id).outerjoin(CourseState, CourseState.course_id == CourseRow.id)
            ids = (
                await tx.scalars(
                    found.where(
                        (CourseRow.state == CourseStatus.OPEN.value) | CourseState.course_id.is_(None)
                    )
                )
            ).all()
        return sum([await self.refresh(course_id) for course_id in ids])

    async def refresh(self, course_id: int) -> bool:
        """Make one course's progress anew where it is out of date; whether it was. Checks no right."""
        async with self._deriving[course_id]:
            return await deriving.refresh(self._db, course_id, self._clock.now())

    async def _fresh(self, actor: Actor, course_id: int) -> None:
        async with self._db.reading() as tx:
            row = await tx.get(CourseRow, course_id)
            if row is None:
                raise errors.CourseUnknown()
            if await deriving.current(tx, row):
                return
        await self.refresh(course_id)

    async def _details(self, tx: Tx, actor: Actor, course_id: int) -> CourseDetails:
        line = await store.found(tx, actor, course_id)
        (view,) = await store.views(tx, actor, [line])
        course = await store.placed(tx, course_id)
        lessons = await store.lesson_views(tx, actor, view.unit_path, course)
        shown = {lesson.session_id for lesson in lessons}
        columns = tuple(SessionId(slot.lesson.session_id) for slot in store.plan(course))
        return CourseDetails(
            course=view,
            lessons=lessons,
            columns=tuple(one for one in columns if one in shown),
            units=await progress.by_unit(tx, actor, line[0], view.unit_path),
            states=await progress.by_state(tx, actor, line[0], view.unit_path),
            has_roster=await store.has_roster(tx, course_id),
            named_at=self._clock.now(),
        )

    async def _open(self, tx: Tx, actor: Actor, course_id: int) -> tuple[CourseRow, str]:
        """The open course's locked row and its unit's path."""
        row, _, path = await store.locked(tx, actor, course_id, Permission.COURSE_EDIT)
        if row.state != CourseStatus.OPEN.value:
            raise errors.CourseClosed()
        return row, path

    async def _set_status(self, actor: Actor, course_id: int, status: CourseStatus) -> None:
        now = self._clock.now()
        async with self._db.transaction() as tx:
            row, _, path = await store.locked(tx, actor, course_id, Permission.COURSE_EDIT)
            if row.state == status.value:
                raise errors.CourseOpen() if status is CourseStatus.OPEN else errors.CourseClosed()
            row.state = status.value
            action = "reopen" if status is CourseStatus.OPEN else "close"
            record(tx, actor, f"training:course:{action}", "course", row.id, now, path=path, title=row.title)

    async def _session(self, tx: Tx, actor: Actor, session_id: int) -> MeetingSession:
        query = (
            select(MeetingSession)
            .join(*UnitColumns.of(MeetingSession.unit_id))
            .where(
                MeetingSession.id == session_id,
                branch_filter(actor, Permission.COURSE_EDIT, UnitColumns.path),
            )
        )
        session = await tx.scalar(query)
        if session is None:
            raise SessionUnknown(field="session_id")
        if session.kind != SessionKind.TRAINING.value:
            raise errors.LessonNotTraining(field="session_id")
        if session.state == SessionState.CANCELLED.value:
            raise errors.LessonCancelled(field="session_id")
        return session


_TOLD = (
    "title", "unit_id", "measure", "scope", "threshold", "grace_min", "number_pattern", "issue_place",
    "signer_name", "signer_position",
)  # fmt: skip
"""Fields whose change stands in the audit trail with the old and the new value."""


def _fill(row: CourseRow, wanted: CourseInput) -> None:
    values: dict[str, Any] = {
        "title": wanted.title,
        "search_key": fold(wanted.title),
        "description": wanted.description,
        "unit_id": wanted.unit_id,
        "measure": wanted.rule.measure.value,
        "scope": wanted.rule.scope.value,
        "threshold": wanted.rule.threshold,
        "grace_min": wanted.rule.grace_min,
        "number_pattern": wanted.number_pattern,
        "issue_place": wanted.issue_place,
        "signer_name": wanted.signer_name,
        "signer_position": wanted.signer_position,
    }
    for name, value in values.items():
        setattr(row, name, value)


def _lesson(course: Sequence[store.Placed], session_id: int) -> store.Placed:
    for one in course:
        if one.session.id == session_id:
            return one
    raise errors.LessonUnknown()


def _check_make_up(course: Sequence[store.Placed], session_id: int, makes_up_for: int | None) -> None:
    if makes_up_for is None:
        return
    regular = {one.session.id for one in course if one.link.makes_up_for is None}
    if makes_up_for == session_id or makes_up_for not in regular:
        raise errors.MakeUpInvalid(field="makes_up_for")
