"""A course as workbook and PDF."""

from __future__ import annotations

import io
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from pypdf import PdfReader
from python_calamine import CalamineWorkbook

from confhub.access.rules import Actor
from confhub.files.csv_file import csv_bytes
from confhub.i18n.catalogue import Catalogue
from confhub.i18n.formats import Formats
from confhub.reports.courses.tables import progress_table
from confhub.reports.drawing.files import ReportFiles, What
from confhub.training.errors import CourseUnknown
from confhub.training.service import CourseService
from confhub.training.values import PersonState, ProgressFilter
from tests.plugins.attendance import House, officer
from tests.plugins.reports import FORMULA, HOME, PROVINCE


async def test_the_workbook_has_branches_sessions_and_people(course: int, files: ReportFiles) -> None:
    name, content = await files.make(PROVINCE, What(course_id=course), "xlsx", "vi", HOME)
    assert name == f"{course}-lop-boi-duong-nghi-quyet.xlsx"
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    assert book.sheet_names == ["Mức hoàn thành theo đơn vị", "Phiên họp", "Đại biểu, học viên"]
    sessions = book.get_sheet_by_name("Phiên họp").to_python()
    assert isinstance(sessions[2][0], datetime)
    assert sessions[2][2] == 60.0
    people = {row[1]: row for row in book.get_sheet_by_name("Đại biểu, học viên").to_python()[2:]}
    assert people["CB9"][2] == FORMULA
    assert (people["CB1"][5], people["CB1"][6], people["CB1"][7]) == ("Hoàn thành", 60.0, 1.0)
    assert people["CB3"][6] == 50.0  # ten minutes of grace
    late = await files.make(
        PROVINCE,
        What(course_id=course, learners=ProgressFilter(state=PersonState.COMPLETED)),
        "xlsx",
        "vi",
        HOME,
    )
    chosen = CalamineWorkbook.from_filelike(io.BytesIO(late[1])).get_sheet_by_index(2).to_python()[2:]
    assert 0 < len(chosen) < len(people)
    assert {row[5] for row in chosen} == {"Hoàn thành"}


async def test_the_pdf_has_the_decrees_parts_and_the_participants(course: int, files: ReportFiles) -> None:
    _, content = await files.make(PROVINCE, What(course_id=course), "pdf", "vi", HOME)
    pages = [" ".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(content)).pages]
    assert "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM" in pages[0]
    assert "Kết quả lớp “Lớp bồi dưỡng nghị quyết”" in pages[0]
    assert "ỦY BAN NHÂN DÂN TỈNH PHÚ THỌ" in pages[0]
    assert "TM. ỦY BAN NHÂN DÂN CHỦ TỊCH" in pages[0]
    assert "Điều kiện hoàn thành: " in pages[0]
    assert "chưa chốt điểm danh: báo cáo này chỉ là tạm thời" in pages[0]
    assert "Phụ lục I DANH SÁCH HỌC VIÊN" in pages[1]
    assert "Ân Thị Ý" in pages[1]


async def test_every_file_of_a_course_says_of_which_day_its_names_and_units_are(
    course: int, files: ReportFiles, house: House
) -> None:
    house.clock.advance(40 * 86_400)
    said = f"cây đơn vị ngày {house.clock.now().astimezone(ZoneInfo('Asia/Ho_Chi_Minh')):%d/%m/%Y}"
    _, paper = await files.make(PROVINCE, What(course_id=course), "pdf", "vi", HOME)
    pages = [" ".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(paper)).pages]
    assert said in pages[0]
    _, content = await files.make(PROVINCE, What(course_id=course), "xlsx", "vi", HOME)
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    for name in book.sheet_names:
        assert said in book.get_sheet_by_name(name).to_python()[0][0]
    courses = CourseService(house.database, house.clock)
    details = await courses.get(PROVINCE, course)
    people = (await courses.progress(PROVINCE, course, ProgressFilter())).rows
    formats = Formats("vi", "Asia/Ho_Chi_Minh")
    table = progress_table(details, people, Catalogue.load().into("vi"), formats)
    assert said in csv_bytes(table, "vi").decode().splitlines()[-1]


@pytest.mark.both_databases
@pytest.mark.parametrize("actor", [officer("/9/", 9), PROVINCE])
async def test_a_course_that_is_not_there_or_not_seen_is_refused(
    course: int, files: ReportFiles, actor: Actor
) -> None:
    number = 99 if actor == PROVINCE else course
    with pytest.raises(CourseUnknown):
        await files.start(actor, What(course_id=number), "pdf", "vi", HOME)
