"""Files of reports, drawn in a process of their own and kept for an hour."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Final, Literal

import structlog

from confhub.access.rules import Actor
from confhub.files.drawing import Drawn, Shelf, drawing
from confhub.files.names import file_name
from confhub.kernel.clock import Clock
from confhub.kernel.errors import DomainError
from confhub.kernel.ids import SessionId
from confhub.reports.drawing.errors import FileFailed, FileGone, TooManyFiles
from confhub.reports.drawing.order import LEARNERS, ORDER, PEOPLE, Order
from confhub.reports.paper import Paper
from confhub.reports.people.model import PeopleFilter, PersonLine
from confhub.reports.people.service import EXPORT_GROUP, PeopleReportService
from confhub.training.service import CourseService
from confhub.training.values import ProgressFilter

log = structlog.get_logger(__name__)

AT_ONCE: Final = 2
"""Processes drawing at a time; each takes a core for up to a minute."""
WAITING_MAX: Final = 3
"""Files of one account that are made or wait to be made."""

DRAWER: Final = "confhub.reports.drawing.process"
Form = Literal["xlsx", "pdf"]


@dataclass(frozen=True, slots=True)
class What:
    """Of what: a session (`wanted` chooses its persons), a course (`learners` do), or a unit's days."""

    session_id: SessionId | None = None
    wanted: PeopleFilter | None = None
    unit_id: int | None = None
    first: date | None = None
    last: date | None = None
    course_id: int | None = None
    learners: ProgressFilter | None = None


@dataclass(frozen=True, slots=True)
class FileView:
    """How far a file is. `state`: waiting | drawing | done | failed; `total` 0 while it is not known."""

    id: str
    form: str
    name: str
    state: str
    done: int
    total: int
    origin: str = ""
    """The page that it is of."""


@dataclass(slots=True, kw_only=True)
class _Job(Drawn):
    form: Form
    name: str = ""
    origin: str = "/reports"


class ReportFiles:
    """What may be in a file the report service says; a file is its maker's alone."""

    def __init__(
        self, reports: PeopleReportService, clock: Clock, folder: Path, courses: CourseService | None = None
    ) -> None:
        """`folder`: where files lie until they are fetched or an hour has passed. `courses`: for files of
        courses."""
        self._reports = reports
        self._clock = clock
        self._courses = courses
        self._shelf: Shelf[_Job] = Shelf(clock, folder, AT_ONCE)

    async def start(self, actor: Actor, what: What, form: Form, language: str, home: str) -> FileView:
        """Begin a file. Raises `TooManyFiles`, and what the report raises for this actor."""
        going = sum(one.account_id == actor.account_id and one.going for one in self._shelf.files())
        if going >= WAITING_MAX:
            raise TooManyFiles(limit=WAITING_MAX)
        if what.session_id is not None:
            await self._reports.session(actor, what.session_id)  # refused before anything is begun
        if what.course_id is not None:
            assert self._courses is not None, "files of courses are asked for where there are courses"
            await self._courses.get(actor, what.course_id)
        if what.first is not None and what.last is not None:
            await self._reports.check_period(actor, what.unit_id, what.first, what.last)
        job = await self._job(actor, form)
        if what.session_id is not None:
            job.origin = f"/sessions/{what.session_id}/people"
        elif what.course_id is not None:
            job.origin = f"/courses/{what.course_id}"
        self._shelf.begin(job, lambda: self._draw(job, actor, what, language, home))
        return _view(job)

    def state(self, actor: Actor, file_id: str) -> FileView:
        """How far a file of the actor's is. Raises `FileGone`."""
        return _view(self._of(actor, file_id))

    def path(self, actor: Actor, file_id: str) -> tuple[str, Path]:
        """(name, where) of a made file. Raises `FileGone`, `FileFailed`."""
        job = self._of(actor, file_id)
        if job.state == "failed":
            raise FileFailed()
        if not job.there:
            raise FileGone()
        return job.name, job.path

    async def make(self, actor: Actor, what: What, form: Form, language: str, home: str) -> tuple[str, bytes]:
        """(name, content) of a file at once, for a letter. Raises `FileFailed`, and as the report does."""
        job = await self._job(actor, form)
        try:
            async with self._shelf.turn:
                await self._draw(job, actor, what, language, home)
            return job.name, await asyncio.to_thread(job.path.read_bytes)
        except DomainError:
            raise
        except Exception as error:  # a letter is tried again later; why stands in the log
            log.exception("report file not drawn", form=form)
            raise FileFailed() from error
        finally:
            await asyncio.to_thread(job.path.unlink, missing_ok=True)

    async def empty(self) -> None:
        """Let go of all files: somebody was erased who may be in them."""
        await self._shelf.empty()

    async def close(self) -> None:
        """End what is being drawn, and remove the files."""
        await self._shelf.close()

    async def _job(self, actor: Actor, form: Form) -> _Job:
        key, path = await self._shelf.place(form)
        return _Job(key, actor.account_id, path, self._clock.now(), form=form)

    def _of(self, actor: Actor, file_id: str) -> _Job:
        job = self._shelf.of(actor, file_id)
        if job is None:
            raise FileGone()
        return job

    async def _draw(self, job: _Job, actor: Actor, what: What, language: str, home: str) -> None:
        if what.course_id is not None:
            await self._draw_course(job, actor, what, language, home)
            return
        if what.session_id is None:
            assert what.first is not None, "a period has its days"
            assert what.last is not None, "a period has its days"
            report = await self._reports.period(actor, what.unit_id, what.first, what.last)
            name = report.unit_name or "all"
            job.name = file_name(f"{what.first}-{what.last}", name, job.form)
            head = await self._reports.letterhead(actor, what.unit_id)
            async with drawing(DRAWER, job) as stdin:
                paper = Paper(language, home, 0, letterhead=head)
                await _send(stdin, Order(job.form, paper, period=report))
            return
        async with (
            drawing(DRAWER, job) as stdin,
            self._reports.export(actor, what.session_id, what.wanted) as found,
        ):
            header = found.report.header
            day = (header.actual_start or header.starts_at).date()
            job.name = file_name(f"{header.session_id}-{day}", header.title, job.form)
            job.total = found.persons
            paper = Paper(language, home, found.persons, letterhead=found.letterhead)
            await _send(stdin, Order(job.form, paper, session=found.report), found.people)

    async def _draw_course(self, job: _Job, actor: Actor, what: What, language: str, home: str) -> None:
        assert self._courses is not None, "files of courses are asked for where there are courses"
        assert what.course_id is not None, "asked for a course"
        details = await self._courses.get(actor, what.course_id)
        wanted = replace(what.learners or ProgressFilter(), page=1, page_size=None)
        rows = (await self._courses.progress(actor, what.course_id, wanted)).rows
        job.name = file_name(str(details.course.id), details.course.title, job.form)
        job.total = len(rows)
        paper = Paper(
            language, home, len(rows), self._reports.timezone, self._clock.now(),
            await self._reports.letterhead(actor, details.course.unit_id),
            await self._reports.heads([one.session_id for one in details.lessons if one.sealed]),
        )  # fmt: skip
        async with drawing(DRAWER, job) as stdin:
            stdin.write(ORDER.dump_json(Order(job.form, paper, course=details)) + b"\n")
            for start in range(0, len(rows), EXPORT_GROUP):
                group = list(rows[start : start + EXPORT_GROUP])
                stdin.write(LEARNERS.dump_json(group) + b"\n")
                await asyncio.sleep(0)  # others' turn on the loop


async def _send(
    stdin: asyncio.StreamWriter, order: Order, people: AsyncIterator[list[PersonLine]] | None = None
) -> None:
    """Hand over everything without waiting for the drawing, which takes longer than a transaction should
    last; 40,000 persons are some 20 MB."""
    stdin.write(ORDER.dump_json(order) + b"\n")
    if people is not None:
        async for group in people:
            stdin.write(PEOPLE.dump_json(group) + b"\n")


def _view(job: _Job) -> FileView:
    return FileView(job.id, job.form, job.name, job.state, job.done, job.total, job.origin)
