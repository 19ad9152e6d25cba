"""Files of reports on people: real cells, no formulas, the decree's form; made beside the hub."""

from __future__ import annotations

import asyncio
import csv
import io
import re
import zipfile
from datetime import date, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from pypdf import PdfReader
from python_calamine import CalamineWorkbook

from confhub.access.rules import Actor, Grant
from confhub.checkin.models import AttendanceSeal, Correction
from confhub.i18n.catalogue import Catalogue
from confhub.kernel.ids import AccountId, UnitId
from confhub.kernel.permissions import Role
from confhub.reports.drawing.errors import FileGone, TooManyFiles
from confhub.reports.drawing.files import WAITING_MAX, ReportFiles, What
from confhub.reports.people.csv_file import PeopleCsv
from confhub.reports.people.model import PeopleFilter
from confhub.reports.people.service import PeopleReportService
from tests.plugins.reports import FORMULA, HA_HOA, HOME, PROVINCE, Session

HEAD = "3f7a" * 16


async def sheets(files: ReportFiles, actor: Actor, what: What, language: str = "vi") -> dict[str, Any]:
    _, content = await files.make(actor, what, "xlsx", language, HOME)
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


async def text_of(files: ReportFiles, actor: Actor, what: What, language: str = "vi") -> list[str]:
    """The PDF's pages; blanks and line ends are all one."""
    _, content = await files.make(actor, what, "pdf", language, HOME)
    return [" ".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(content)).pages]


async def test_a_workbook_has_a_sheet_a_tier_the_rooms_and_the_people(
    session: Session, files: ReportFiles
) -> None:
    found = await sheets(files, PROVINCE, What(session.id))
    assert list(found) == [
        "Tổng quan", "Tỉnh", "Huyện", "Xã", "Điểm cầu", "Chưa báo cáo", "Quy định",
        "Đại biểu, học viên",
    ]  # fmt: skip
    people = found["Đại biểu, học viên"]
    assert people[0][0] == "Học tập Nghị quyết – đợt 1 · Tỉnh Phú Thọ"
    assert len(people) == 2 + 10
    by_code = {row[1]: row for row in people[2:]}
    first = by_code["CB2"]
    assert isinstance(first[10], datetime)
    assert first[10].isoformat() == "2026-03-02T08:10:00"
    assert first[12] == 50.0
    assert first[13] == pytest.approx(5 / 6, abs=1e-4)
    assert isinstance(first[0], (int, float))
    assert by_code["CB9"][2] == FORMULA
    overview = found["Tổng quan"]
    names = overview[1]
    total = dict(zip(names, overview[-1], strict=True))
    assert total["Số người được triệu tập"] == 9
    tiers = [dict(zip(names, row, strict=True)) for row in overview[2:-1]]
    assert sum(row["Số người được triệu tập"] for row in tiers) == 9


async def test_no_cell_is_a_formula_or_a_link_and_headings_are_frozen(
    session: Session, files: ReportFiles
) -> None:
    name, content = await files.make(PROVINCE, What(session.id), "xlsx", "vi", HOME)
    assert re.fullmatch(r"[a-z0-9-]+\.xlsx", name)
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        parts = {part: book.read(part).decode() for part in book.namelist() if "worksheets/sheet" in part}
    assert len(parts) >= 6
    for part, xml in parts.items():
        assert "<f>" not in xml, part
        assert "<hyperlink" not in xml, part
        assert 'state="frozen"' in xml, part


XLSX = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
EMPTY_INCHES = 0.8
"""Left and right margins together."""


async def test_every_sheet_is_printed_on_a4_sideways_and_can_be_read(
    session: Session, files: ReportFiles
) -> None:
    _, content = await files.make(PROVINCE, What(session.id), "xlsx", "vi", HOME)
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        names = ElementTree.fromstring(book.read("xl/workbook.xml"))
        titles = [one.get("name") for one in names.iter(f"{XLSX}sheet")]
        sheets = [
            ElementTree.fromstring(book.read(f"xl/worksheets/sheet{at}.xml"))
            for at in range(1, len(titles) + 1)
        ]
    areas = {
        int(one.get("localSheetId") or 0): (one.text or "").rpartition("$")[0].rpartition("$")[2]
        for one in names.iter(f"{XLSX}definedName")
        if one.get("name") == "_xlnm.Print_Area"
    }
    named = names.iter(f"{XLSX}definedName")
    repeated = [one.text for one in named if one.get("name") == "_xlnm.Print_Titles"]
    assert len(repeated) == len(titles)
    assert all(text and text.endswith(("!$1:$2", "!$1:$1")) for text in repeated)
    for at, (title, sheet) in enumerate(zip(titles, sheets, strict=True)):
        (setup,) = sheet.iter(f"{XLSX}pageSetup")
        assert (setup.get("orientation"), setup.get("paperSize"), setup.get("fitToHeight")) == (
            "landscape", "9", "0",
        ), title  # fmt: skip
        widths = [float(one.get("width") or 0) for one in sheet.iter(f"{XLSX}col") for _ in span_of(one)]
        if at in areas:
            widths = widths[: ord(areas[at]) - ord("A") + 1]
        # a letter of Excel's usual font (11 points) is 7 of 96 pixels an inch wide
        scale = min(1.0, (297 / 25.4 - EMPTY_INCHES) * 96 / (sum(widths) * 7))
        assert 11 * scale >= 7, f"{title} is printed in {11 * scale:.1f} points"
    assert areas == {titles.index("Đại biểu, học viên"): "P"}, "up to the remarks"


def span_of(column: ElementTree.Element) -> range:
    return range(int(column.get("min") or 0), int(column.get("max") or 0) + 1)


@pytest.mark.both_databases
async def test_csv_defuses_formulas_and_holds_everybody(
    session: Session, reports: PeopleReportService
) -> None:
    made = PeopleCsv(reports, Catalogue.load())
    name, content = await made.session(PROVINCE, session.id, PeopleFilter(), "vi")
    assert name == "1-2026-03-02-hoc-tap-nghi-quyet-dot-1.csv"
    assert content.startswith(b"\xef\xbb\xbf")
    assert content.count(b"\r\n") == content.count(b"\n")
    table, _, notes = content[3:].decode().partition("\r\n\r\n")
    assert table.count("\r\n") + 1 == 11
    assert notes.startswith("Bản tạm thời")
    rows = list(csv.reader(io.StringIO(table), delimiter=";"))
    by_code = {row[1]: row for row in rows[1:]}
    assert by_code["CB9"][2] == f"'{FORMULA}"
    assert by_code["CB9"][3] == "'@SUM(A1)"
    assert by_code["CB7"][3] == "'+84 cán bộ"
    assert by_code["CB2"][10] == "2026-03-02 08:10:00"
    assert by_code["CB2"][12:15] == ["50,0", "83,33", "x"]
    _, english = await made.session(PROVINCE, session.id, PeopleFilter(way="qr"), "en")
    assert english.decode().partition("\r\n\r\n")[0].count("\r\n") + 1 == 3
    assert ",60.0,100.00,x," in english.decode()


async def test_the_pdf_has_the_decrees_parts_the_figures_and_the_roster(
    session: Session, files: ReportFiles
) -> None:
    async with session.house.database.transaction() as tx:
        at = session.house.at(4000)
        seal = {"sealed_by": "Trần Thị Chốt", "head": HEAD, "segments": [], "merges": []}
        tx.add(AttendanceSeal(session_id=1, sealed_at=at, **seal))
        tx.add(
            Correction(
                session_id=1, attendee_id=5, action="add", old={}, reason="Hết pin máy tính bảng",
                value={"endpoint_id": 2, "from": session.house.at(0).isoformat(),
                       "to": session.house.at(60).isoformat()},
                author_name="Trần Văn Cán", at=at,
            )
        )  # fmt: skip
    pages = await text_of(files, PROVINCE, What(session.id))
    first = pages[0]
    assert "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM" in first
    assert "TỈNH PHÚ THỌ" in first
    assert "BÁO CÁO Kết quả điểm danh “Học tập Nghị quyết – đợt 1”" in first
    whole = " ".join(pages)
    assert HEAD[:32] in whole
    assert "Trần Thị Chốt" in whole
    assert "confhub verify 1" in whole
    for appendix in ("Phụ lục I ", "Phụ lục II ", "Phụ lục III "):
        assert sum(appendix in page for page in pages) == 1
    assert "Ân Thị Ý" in whole
    assert FORMULA[:11] in whole
    assert "Hết pin máy tính bảng" in whole
    assert "không kết nối (1): Phòng họp xã Ấm Hạ (H4)" in whole
    assert "Điểm danh của phiên này chưa chốt" not in whole


async def test_an_open_attendance_makes_a_provisional_report(session: Session, files: ReportFiles) -> None:
    whole = " ".join(await text_of(files, PROVINCE, What(session.id)))
    assert "báo cáo này là bản tạm thời" in whole
    english = " ".join(await text_of(files, PROVINCE, What(session.id), "en"))
    assert "this report is provisional" in english
    assert "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM" in english


async def test_a_districts_files_hold_its_own_people_alone(session: Session, files: ReportFiles) -> None:
    found = await sheets(files, HA_HOA, What(session.id))
    assert {row[1] for row in found["Đại biểu, học viên"][2:]} == {"CB6", "CB7", "CB8"}
    whole = " ".join(await text_of(files, HA_HOA, What(session.id)))
    assert "Ân Thị Ý" not in whole
    assert "chỉ gồm các điểm cầu thuộc phạm vi" in whole


async def test_a_period_is_a_workbook_a_pdf_and_a_csv(
    session: Session, files: ReportFiles, reports: PeopleReportService
) -> None:
    await session.another(2, days=40)
    what = What(unit_id=1, first=date(2026, 3, 1), last=date(2026, 4, 30))
    found = await sheets(files, PROVINCE, what)
    assert list(found) == ["Theo tháng", "Tỉnh", "Huyện", "Xã", "Phiên họp", "Chưa báo cáo", "Quy định"]
    assert isinstance(found["Phiên họp"][2][0], datetime)
    whole = " ".join(await text_of(files, PROVINCE, what))
    assert "Kết quả điểm danh của Tỉnh Phú Thọ từ ngày 01/03/2026 đến ngày 30/04/2026" in whole
    _, content = await PeopleCsv(reports, Catalogue.load()).period(
        PROVINCE, 1, date(2026, 3, 1), date(2026, 4, 30), "vi"
    )
    rows = list(csv.reader(io.StringIO(content[3:].decode()), delimiter=";"))
    assert rows[1][0] == "Tỉnh Phú Thọ"


async def test_a_file_is_made_beside_and_is_its_makers_alone(session: Session, files: ReportFiles) -> None:
    view = await files.start(PROVINCE, What(session.id), "xlsx", "vi", HOME)
    await asyncio.wait_for(asyncio.gather(*files._shelf._tasks), 60)
    state = files.state(PROVINCE, view.id)
    assert (state.state, state.done, state.total) == ("done", 10, 10)
    name, path = files.path(PROVINCE, view.id)
    assert name.endswith(".xlsx")
    assert path.stat().st_size > 5000
    other = Actor(AccountId(2), "Khác", "vi", (Grant(Role.ADMINISTRATOR, UnitId(1), "/1/"),))
    with pytest.raises(FileGone):
        files.state(other, view.id)
    session.house.clock.advance(2 * 3600)
    with pytest.raises(FileGone):
        files.state(PROVINCE, view.id)
    assert not path.exists()


async def test_too_many_files_at_once_are_refused(session: Session, files: ReportFiles) -> None:
    for _ in range(WAITING_MAX):
        await files.start(PROVINCE, What(session.id), "pdf", "vi", HOME)
    with pytest.raises(TooManyFiles):
        await files.start(PROVINCE, What(session.id), "pdf", "vi", HOME)


async def test_what_a_killed_hub_left_behind_is_removed(
    session: Session, files: ReportFiles, tmp_path: Path
) -> None:
    (tmp_path / "files").mkdir()
    left = tmp_path / "files" / "old.pdf"
    left.write_bytes(b"names")
    await files.make(PROVINCE, What(session.id), "xlsx", "vi", HOME)
    assert list((tmp_path / "files").iterdir()) == []
