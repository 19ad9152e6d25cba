"""Every file of a report, to the byte: rooms, people, a period, a course."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from confhub.checkin.models import AttendanceSeal, Correction
from confhub.files.csv_file import csv_bytes
from confhub.files.json_file import json_text
from confhub.i18n.catalogue import Catalogue
from confhub.i18n.formats import Formats
from confhub.kernel.ids import CourseId
from confhub.reports.courses.moodle import moodle_grades, moodle_users
from confhub.reports.courses.tables import progress_table
from confhub.reports.drawing.files import ReportFiles, What
from confhub.reports.people.csv_file import PeopleCsv
from confhub.reports.people.model import PeopleFilter, PeopleReport
from confhub.reports.people.service import PeopleReportService
from confhub.reports.rooms.service import ReportService
from confhub.training.service import CourseService
from confhub.training.values import ProgressFilter
from tests.golden import same
from tests.plugins.attendance import House
from tests.plugins.reports import HOME, PROVINCE, Session

GOLDEN = Path(__file__).parent / "golden"
FIRST, LAST = date(2026, 3, 1), date(2026, 4, 30)

LANGUAGES = pytest.mark.parametrize("language", ["vi", "en"])


@pytest.fixture
async def closed(session: Session) -> Session:
    """Closed, opened again, and closed; one correction; another session in the next month."""
    async with session.house.database.transaction() as tx:
        at = session.house.at(4000)
        seal = {"sealed_by": "Trần Thị Chốt", "segments": [], "merges": []}
        tx.add(
            AttendanceSeal(
                session_id=1, sealed_at=at, head="1c9d" * 16, reopened_at=session.house.at(4100),
                reopened_by="Lê Văn Mở", reopen_reason="Thiếu một điểm cầu", **seal,
            )
        )  # fmt: skip
        tx.add(AttendanceSeal(session_id=1, sealed_at=session.house.at(4200), head="3f7a" * 16, **seal))
        tx.add(
            Correction(
                session_id=1, attendee_id=5, action="add", old={}, reason="Hết pin máy tính bảng",
                value={"endpoint_id": 2, "from": session.house.at(0).isoformat(),
                       "to": session.house.at(60).isoformat()},
                author_name="Trần Văn Cán", at=at,
            )
        )  # fmt: skip
    await session.another(2, days=40)
    return session


@LANGUAGES
async def test_files_of_rooms(closed: Session, language: str) -> None:
    service = ReportService(closed.house.database, closed.house.clock)
    for session_id, name in ((closed.id, "rooms"), (type(closed.id)(2), "rooms-open")):
        called, content = await service.csv(PROVINCE, session_id, language=language)
        same(GOLDEN, f"{name}-{language}.csv", content + called.encode())
    report = await service.session_report(replace(PROVINCE, language=language), closed.id)
    same(GOLDEN, f"rooms-{language}.json", json_text(report).encode())


@LANGUAGES
async def test_files_of_people(
    closed: Session, reports: PeopleReportService, files: ReportFiles, language: str
) -> None:
    actor, made = replace(PROVINCE, language=language), PeopleCsv(reports, Catalogue.load())
    for session_id, name in ((closed.id, "people"), (type(closed.id)(2), "people-open")):
        called, content = await made.session(actor, session_id, PeopleFilter(), language)
        same(GOLDEN, f"{name}-{language}.csv", content + called.encode())
    report = await reports.session(actor, closed.id)
    same(GOLDEN, f"people-{language}.json", TypeAdapter(PeopleReport).dump_json(report, indent=2))
    for form in ("xlsx", "pdf"):
        _, content = await files.make(actor, What(closed.id), form, language, HOME)  # type: ignore[arg-type]
        same(GOLDEN, f"people-{language}.{form}", content)


@LANGUAGES
async def test_files_of_a_period(
    closed: Session, reports: PeopleReportService, files: ReportFiles, language: str
) -> None:
    actor = replace(PROVINCE, language=language)
    called, content = await PeopleCsv(reports, Catalogue.load()).period(actor, 1, FIRST, LAST, language)
    same(GOLDEN, f"period-{language}.csv", content + called.encode())
    what = What(unit_id=1, first=FIRST, last=LAST)
    for form in ("xlsx", "pdf"):
        _, content = await files.make(actor, what, form, language, HOME)  # type: ignore[arg-type]
        same(GOLDEN, f"period-{language}.{form}", content)


@LANGUAGES
async def test_files_of_a_course(
    closed: Session, course: CourseId, files: ReportFiles, house: House, language: str
) -> None:
    actor, courses = replace(PROVINCE, language=language), CourseService(house.database, house.clock)
    details = await courses.get(actor, course)
    people = (await courses.progress(actor, course, ProgressFilter())).rows
    formats = Formats(language, "Asia/Ho_Chi_Minh")
    table = progress_table(details, people, Catalogue.load().into(language), formats)
    same(GOLDEN, f"course-{language}.csv", csv_bytes(table, language))
    same(GOLDEN, "moodle-users.csv", moodle_users(details, people))
    same(GOLDEN, "moodle-grades.csv", moodle_grades(details, people))
    for form in ("xlsx", "pdf"):
        _, content = await files.make(actor, What(course_id=course), form, language, HOME)  # type: ignore[arg-type]
        same(GOLDEN, f"course-{language}.{form}", content)
