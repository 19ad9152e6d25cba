"""One moment is the same second in every door, also of a session that began between two milliseconds and
went on over midnight."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pypdf import PdfReader
from python_calamine import CalamineWorkbook
from sqlalchemy import select

from confhub.checkin.corrections import CorrectionService
from confhub.checkin.models import PersonEvent
from confhub.i18n.catalogue import Catalogue
from confhub.kernel.clock import ManualClock
from confhub.kernel.ids import AttendeeId, EndpointId
from confhub.kernel.rounding import whole_second
from confhub.reports.drawing.files import ReportFiles, What
from confhub.reports.people.csv_file import PeopleCsv
from confhub.reports.people.model import PeopleFilter
from confhub.reports.people.service import PeopleReportService
from tests.plugins.attendance import House
from tests.plugins.reports import PROVINCE, Session

FIRST = "2026-03-02 23:35:00"
"""Of CB2, told on the second; the session began at 23:25:00.0007 and ended an hour later."""


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime(2026, 3, 2, 16, 25, 0, 700, tzinfo=UTC))


@pytest.fixture
async def session(house: House) -> Session:
    """Check-ins on the second, as a file or a tablet's clock tells them."""
    made = Session(house)
    await made.fill()
    async with house.database.transaction() as tx:
        for event in await tx.scalars(select(PersonEvent)):
            event.at = whole_second(event.at)
    await made.derive()
    return made


@pytest.fixture
async def files(house: House, reports: PeopleReportService, tmp_path: Path) -> AsyncIterator[ReportFiles]:
    made = ReportFiles(reports, house.clock, tmp_path / "files")
    yield made
    await made.close()


async def test_every_door_tells_the_second_that_was_told(
    session: Session, reports: PeopleReportService, files: ReportFiles
) -> None:
    line = await reports.person(PROVINCE, session.id, 2)
    assert line.first_at is not None
    assert line.first_at.isoformat() == "2026-03-02T23:35:00+07:00"
    assert line.stretches[0][0] == line.first_at
    made = PeopleCsv(reports, Catalogue.load())
    _, content = await made.session(PROVINCE, session.id, PeopleFilter(), "vi")
    rows = {row[1]: row for row in csv.reader(io.StringIO(content[3:].decode()), delimiter=";") if row[1:]}
    assert rows["CB2"][10] == FIRST
    assert rows["CB2"][-2] == "23:35:00 02/03/2026 – 00:25:00 03/03/2026"
    _, content = await files.make(PROVINCE, What(session.id), "xlsx", "vi", "")
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    people = {row[1]: row for row in book.get_sheet_by_name("Đại biểu, học viên").to_python()}
    assert str(people["CB2"][10]) == FIRST
    assert people["CB2"][-2] == rows["CB2"][-2]


async def test_the_paper_has_both_dates(session: Session, files: ReportFiles) -> None:
    _, content = await files.make(PROVINCE, What(session.id), "pdf", "vi", "")
    text = " ".join(" ".join(p.extract_text().split()) for p in PdfReader(io.BytesIO(content)).pages)
    assert "từ 23:25, 02/03/2026 đến 00:25, 03/03/2026" in text
    assert re.search(r"Bùi Văn Bình \S.*?23:35 00:25 03/03 50,0 83,33", text)


@pytest.mark.both_databases
async def test_a_correction_is_shown_at_the_second_it_names(
    session: Session, reports: PeopleReportService
) -> None:
    house = session.house
    start = whole_second(house.live)
    await CorrectionService(house.database, house.clock).add(
        PROVINCE,
        session.id,
        AttendeeId(4),
        "add",
        EndpointId(2),
        start,
        start + timedelta(minutes=20),
        "Ký tên",
    )
    await session.derive()
    line = await reports.person(PROVINCE, session.id, 4)
    told = [(f"{first:%H:%M:%S}", f"{last:%H:%M:%S}") for first, last in line.stretches]
    assert told == [("23:25:00", "23:45:00")]
    assert line.minutes == 20.0
