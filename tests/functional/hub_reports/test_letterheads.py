"""Reports are headed and signed by the agency that issues them, as its unit says."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path

import pytest
from pypdf import PdfReader
from sqlalchemy import select

from confhub.audit.models import AuditRow
from confhub.kernel.errors import Forbidden, ValidationErrors
from confhub.kernel.ids import UnitId
from confhub.kernel.permissions import Role
from confhub.kernel.versions import ChangedMeanwhile, version_of
from confhub.org.errors import TextTooLong, UnitNotFound
from confhub.org.paper_service import PaperService
from confhub.org.papers import PaperSettings
from confhub.reports.drawing.files import ReportFiles, What
from confhub.reports.people.service import PeopleReportService
from tests.plugins.attendance import House, officer
from tests.plugins.reports import PROVINCE, Session

ADMIN = officer("/1/", 1, Role.ADMINISTRATOR)
HA_HOA_ADMIN = officer("/1/2/", 2, Role.ADMINISTRATOR)


@pytest.fixture
def papers(house: House) -> PaperService:
    return PaperService(house.database, house.clock)


@pytest.fixture
async def files(house: House, reports: PeopleReportService, tmp_path: Path) -> AsyncIterator[ReportFiles]:
    made = ReportFiles(reports, house.clock, tmp_path / "files")
    yield made
    await made.close()


async def first_page(files: ReportFiles, what: What) -> tuple[str, str]:
    """(the first page, everything) as text with single blanks."""
    _, content = await files.make(PROVINCE, what, "pdf", "vi", "")
    pages = [" ".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(content)).pages]
    return pages[0], " ".join(pages)


async def test_without_a_word_a_province_issues_through_its_committee(
    session: Session, files: ReportFiles
) -> None:
    page, whole = await first_page(files, What(session.id))
    assert "ỦY BAN NHÂN DÂN TỈNH PHÚ THỌ" in page
    assert "/BC-UBND" in page
    assert "Phú Thọ, ngày …… tháng …… năm ………" in page
    assert "TM. ỦY BAN NHÂN DÂN CHỦ TỊCH" in whole
    assert "- Lưu: VT." in whole
    assert "Như trên" not in whole
    assert "Kính gửi" not in whole


async def test_what_a_unit_says_stands_on_all_its_papers(
    session: Session, files: ReportFiles, papers: PaperService
) -> None:
    said = PaperSettings(
        "Đảng ủy {unit}", "Tỉnh ủy Phú Thọ", "ĐU", "Việt Trì", "T/M  Đảng ủy\nBí thư", "Nguyễn Văn An",
        "Ban Tuyên giáo Tỉnh ủy",
    )  # fmt: skip
    await papers.change(ADMIN, UnitId(1), said)
    for what in (What(session.id), What(unit_id=1, first=date(2026, 3, 1), last=date(2026, 3, 31))):
        page, whole = await first_page(files, what)
        for words in (
            "TỈNH ỦY PHÚ THỌ", "ĐẢNG ỦY TỈNH PHÚ THỌ", "/BC-ĐU", "Việt Trì, ngày", "Kính gửi: Ban Tuyên giáo",
        ):  # fmt: skip
            assert words in page, words
        assert "T/M ĐẢNG ỦY BÍ THƯ Nguyễn Văn An" in whole
        assert "- Như trên;" in whole
    below, _ = await first_page(files, What(unit_id=2, first=date(2026, 3, 1), last=date(2026, 3, 31)))
    assert "ĐẢNG ỦY HUYỆN HẠ HOÀ" in below


async def test_settings_are_said_by_those_who_may_and_are_audited(
    session: Session, papers: PaperService
) -> None:
    house = session.house
    await papers.change(HA_HOA_ADMIN, UnitId(2), PaperSettings(place=" Hạ  Hòa "))
    said, made = await papers.of(HA_HOA_ADMIN, UnitId(2))
    assert (said.place, made.place) == ("Hạ Hòa", "Hạ Hòa")
    assert (await papers.of(ADMIN, UnitId(4)))[1].place == "Ấm Hạ"
    with pytest.raises(UnitNotFound):
        await papers.change(HA_HOA_ADMIN, UnitId(3), PaperSettings())
    with pytest.raises(Forbidden):
        await papers.change(PROVINCE, UnitId(2), PaperSettings())
    with pytest.raises((TextTooLong, ValidationErrors)):
        await papers.change(ADMIN, UnitId(2), PaperSettings(symbol="x" * 41))
    with pytest.raises(ChangedMeanwhile):
        await papers.change(ADMIN, UnitId(2), PaperSettings(), seen=version_of(PaperSettings()))
    async with house.database.reading() as tx:
        rows = list(await tx.scalars(select(AuditRow).where(AuditRow.action == "org:unit:papers")))
    assert len(rows) == 1


@pytest.mark.both_databases
async def test_a_renamed_unit_and_a_change_of_settings_leave_other_units_alone(
    session: Session, papers: PaperService
) -> None:
    await papers.change(ADMIN, UnitId(2), PaperSettings("Huyện ủy Hạ Hòa", signer="Lê B"))
    commune = (await papers.of(ADMIN, UnitId(4)))[1]
    assert (commune.agency, commune.signer) == ("Ủy ban nhân dân xã Ấm Hạ", "")
    other = (await papers.of(ADMIN, UnitId(3)))[1]
    assert other.agency == "Ủy ban nhân dân huyện Đoan Hùng"
