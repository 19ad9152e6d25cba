"""A report shows what was true on the session's day, whatever was renamed, moved, merged, dissolved since."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import AsyncIterator
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader
from sqlalchemy import select, text, update

from confhub.access.rules import Actor
from confhub.checkin import chain
from confhub.checkin.models import AttendanceSeal
from confhub.checkin.sealing import SealService
from confhub.files.json_file import json_text
from confhub.i18n.catalogue import Catalogue
from confhub.i18n.collation import person_sort_key, sort_key
from confhub.i18n.folding import fold
from confhub.org.models import TierRow, UnitPaperRow, UnitRow
from confhub.people.merging import MergeService
from confhub.people.models import AttendeeRow
from confhub.registry.models import EndpointRow
from confhub.reports.drawing.files import ReportFiles, What
from confhub.reports.people.csv_file import PeopleCsv
from confhub.reports.people.model import PeopleFilter
from confhub.reports.people.service import PeopleReportService
from confhub.reports.rooms.service import ReportService
from confhub.rosters import freezing
from confhub.sessions import freezing as sessions_freezing
from confhub.sessions.models import SessionEndpoint
from tests.plugins.attendance import House, officer
from tests.plugins.reports import HA_HOA, PROVINCE, Session

HOME = "https://hop.phutho.gov.vn"
ACTORS = {"province": PROVINCE, "district": HA_HOA}


@pytest.fixture
async def files(house: House, reports: PeopleReportService, tmp_path: Path) -> AsyncIterator[ReportFiles]:
    made = ReportFiles(reports, house.clock, tmp_path / "files")
    yield made
    await made.close()


@pytest.fixture
def seals(session: Session) -> SealService:
    return SealService(session.house.database, session.house.clock)


async def papers(
    session: Session,
    reports: PeopleReportService,
    files: ReportFiles,
    actor: Actor,
    languages: tuple[str, ...] = ("vi", "en"),
) -> Any:
    """Every kind of report of the session: name → its content, up to a file's own date."""
    house, catalogue = session.house, Catalogue.load()
    rooms = ReportService(house.database, house.clock, catalogue=catalogue)
    found: dict[str, Any] = {}
    for language in languages:
        report = await rooms.session_report(actor, session.id)
        found[f"rooms.json {language}"] = json_text(report)
        found[f"rooms.csv {language}"] = (await rooms.csv(actor, session.id, language=language))[1]
        people = await PeopleCsv(reports, catalogue).session(actor, session.id, PeopleFilter(), language)
        found[f"people.csv {language}"] = people[1]
        _, book = await files.make(actor, What(session.id), "xlsx", language, HOME)
        found[f"people.xlsx {language}"] = unzipped(book)
        _, paper = await files.make(actor, What(session.id), "pdf", language, HOME)
        found[f"people.pdf {language}"] = undated(paper)
    report_ = await reports.session(actor, session.id)
    page = await reports.persons(actor, session.id, PeopleFilter(), size=50)
    found["people.json"] = json.dumps([asdict(report_), asdict(page)], default=str)
    searched = await reports.persons(actor, session.id, PeopleFilter(text="binh"), size=50)
    found["search"] = [one.attendee_id for one in searched.rows]
    found["curve"] = await reports.curve(actor, session.id)
    return found


def unzipped(content: bytes) -> dict[str, bytes]:
    """The parts of a workbook, without the date of its making."""
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        return {
            name: re.sub(rb"<dcterms:(created|modified)[^>]*>[^<]*<", b"<", book.read(name))
            for name in book.namelist()
        }


def undated(content: bytes) -> bytes:
    """A PDF without the dates and the identity that its making gives it."""
    content = re.sub(rb"/(CreationDate|ModDate) \([^)]*\)", b"", content)
    return re.sub(rb"/ID\s*\[<[0-9a-f]+><[0-9a-f]+>\]", b"", content)


async def reorganize(house: House) -> None:
    """Everything that a report names gets another name, place or parent; two people are merged."""
    async with house.database.transaction() as tx:
        await tx.execute(update(UnitRow).where(UnitRow.id == 1).values(name="Tỉnh Phú Thọ (mới)"))
        await tx.execute(
            update(UnitRow)
            .where(UnitRow.id == 4)
            .values(parent_id=3, path="/1/3/4/", name="Xã Hợp Nhất", sort_key=sort_key("Xã Hợp Nhất"))
        )
        await tx.execute(
            update(UnitRow).where(UnitRow.id == 2).values(valid_to=(house.live - timedelta(days=1)).date())
        )
        await tx.execute(update(TierRow).where(TierRow.id == 3).values(name="Phường", name_en="Ward"))
        await tx.execute(
            update(EndpointRow)
            .where(EndpointRow.id == 2)
            .values(name="Nhà văn hoá", code="NVH", sort_key=sort_key("Nhà văn hoá"), unit_id=5)
        )
        await tx.execute(update(EndpointRow).where(EndpointRow.id == 1).values(name="Trường quay cũ"))
        for number, name in ((1, "Zơ Râm A"), (2, "An Thị Ất")):
            await tx.execute(
                update(AttendeeRow)
                .where(AttendeeRow.id == number)
                .values(
                    name=name, code=f"M{number}", position="Phó Chủ tịch", unit_id=5,
                    sort_key=person_sort_key(name), search_key=fold(name),
                )
            )  # fmt: skip
        for unit_id in (1, 2):
            tx.add(
                UnitPaperRow(
                    unit_id=unit_id, agency="Sở Mới", parent="Bộ Mới", symbol="SM", place="Nơi mới",
                    office="Giám đốc", signer="Người Mới", addressee="Ban Mới",
                )
            )  # fmt: skip
    merges = MergeService(house.database, house.clock)
    await merges.merge(PROVINCE, 6, 7)


async def test_reports_of_a_sealed_session_stay_as_they_were_to_the_byte(
    session: Session, reports: PeopleReportService, files: ReportFiles, seals: SealService
) -> None:
    head = await seals.close(PROVINCE, session.id)
    before = {name: await papers(session, reports, files, who) for name, who in ACTORS.items()}
    assert b"Ch\xe1\xbb\xa7 t\xe1\xbb\x8bch" in before["province"]["people.csv vi"]
    await reorganize(session.house)
    for name, who in ACTORS.items():
        after = await papers(session, reports, files, who)
        for paper, content in before[name].items():
            assert after[paper] == content, (name, paper)
    assert (await seals.verify(session.id, head)).holds


async def headed(session: Session, files: ReportFiles) -> str:
    """The text of the session's paper."""
    _, paper = await files.make(PROVINCE, What(session.id), "pdf", "vi", HOME)
    return "".join(page.extract_text() for page in PdfReader(io.BytesIO(paper)).pages)


async def test_a_paper_is_headed_as_of_its_closing_and_that_is_sealed(
    session: Session, files: ReportFiles, seals: SealService
) -> None:
    await seals.close(PROVINCE, session.id)
    await reorganize(session.house)
    assert "Người Mới" not in await headed(session, files)
    await seals.reopen(PROVINCE, session.id, "Sót ba người")
    assert "Người Mới" in await headed(session, files)
    head = await seals.close(PROVINCE, session.id)
    assert (await seals.verify(session.id, head)).holds
    async with session.house.database.transaction() as tx:
        seal = (await tx.scalars(select(AttendanceSeal).order_by(AttendanceSeal.id.desc()))).first()
        assert seal is not None
        seal.letterhead = {**(seal.letterhead or {}), "signer": "Kẻ Khác"}
    found = await seals.verify(session.id, head)
    assert [sealed.name for sealed, _ in found.changed] == ["letterhead"]


async def test_a_seal_from_before_heads_were_kept_holds_and_is_headed_as_of_today(
    session: Session, files: ReportFiles, seals: SealService
) -> None:
    await seals.close(PROVINCE, session.id)
    async with session.house.database.transaction() as tx:
        parts = await chain.segments(tx, session.id, 4)
        seal = (await tx.scalars(select(AttendanceSeal))).one()
        seal.letterhead, seal.segments = None, [[*one] for one in parts]
        seal.head = chain.head(session.id, "", parts, 4)
    await reorganize(session.house)
    assert (await seals.verify(session.id)).holds
    assert "Người Mới" in await headed(session, files)


@pytest.mark.both_databases
async def test_an_open_attendance_is_reported_by_its_own_day_as_well(
    session: Session, reports: PeopleReportService, files: ReportFiles
) -> None:
    before = await reports.session(HA_HOA, session.id)
    await reorganize(session.house)
    after = await reports.session(HA_HOA, session.id)
    assert asdict(after) == asdict(before)
    assert after.header.names_at is None


@pytest.mark.both_databases
async def test_what_was_planned_before_a_reorganization_is_held_by_the_tree_of_its_day(house: House) -> None:
    async with house.database.transaction() as tx:
        await tx.execute(update(EndpointRow).where(EndpointRow.id == 5).values(unit_id=5))
        await freezing.freeze(tx, house.session, house.clock.now())
    async with house.database.reading() as tx:
        place = select(SessionEndpoint.unit_id).where(SessionEndpoint.endpoint_id == 5)
        assert await tx.scalar(place) == 5
        assert await sessions_freezing.is_frozen(tx, house.session)


@pytest.mark.both_databases
async def test_who_came_after_a_reorganization_sees_what_lies_below_it_today(
    session: Session, reports: PeopleReportService
) -> None:
    async with session.house.database.transaction() as tx:
        tx.add(
            UnitRow(
                id=9,
                code="U9",
                name="Xã Mới",
                tier_id=3,
                parent_id=1,
                path="/1/9/",
                sort_key="x",
                search_key="",
            )
        )
        await tx.flush()
        await tx.execute(update(UnitRow).where(UnitRow.id == 4).values(parent_id=9, path="/1/9/4/"))
    heir = officer("/1/9/", 9)
    report = await reports.session(heir, session.id)
    assert [room.endpoint_id for room in report.rooms] == [5]
    assert [unit.name for unit in report.units] == ["Xã Ấm Hạ"]
    of_the_day = await reports.session(HA_HOA, session.id)
    assert [room.endpoint_id for room in of_the_day.rooms] == [3, 5]


async def test_every_paper_says_whether_it_is_closed_and_what_was_opened_again(
    session: Session, reports: PeopleReportService, files: ReportFiles, seals: SealService
) -> None:
    async def said() -> dict[str, str]:
        found = await papers(session, reports, files, PROVINCE, languages=("en",))
        _, paper = await files.make(PROVINCE, What(session.id), "pdf", "en", HOME)
        texts = {
            "rooms.csv": found["rooms.csv en"].decode(),
            "people.csv": found["people.csv en"].decode(),
            "xlsx": b"".join(found["people.xlsx en"].values()).decode(errors="replace"),
            "pdf": "".join(page.extract_text() for page in PdfReader(io.BytesIO(paper)).pages),
        }
        return {name: "".join(text_.split()) for name, text_ in texts.items()}

    for name, told in (await said()).items():
        assert "rovisional" in told, name
    first = await seals.close(PROVINCE, session.id)
    for name, told in (await said()).items():
        assert first in told, name
        assert "rovisional" not in told, name
        assert "openedagain" not in told, name
    await seals.reopen(PROVINCE, session.id, "Sót ba người")
    for name, told in (await said()).items():
        assert "rovisional" in told, name
    second = await seals.close(PROVINCE, session.id)
    for name, told in (await said()).items():
        assert first in told, name
        assert second in told, name
        assert "Sótbangười" in told, name


TAMPERED: list[tuple[str, str]] = [
    ("UPDATE frozen_person SET name = 'Ân Thị Í' WHERE attendee_id = 1", "people"),
    ("UPDATE frozen_person SET code = 'CB99' WHERE attendee_id = 2", "people"),
    ("UPDATE frozen_person SET position = 'Giám đốc' WHERE attendee_id = 3", "people"),
    ("UPDATE frozen_person SET sort_key = 'a' WHERE attendee_id = 10", "people"),
    ("UPDATE frozen_person SET name = '', salt = '', mark = '~' || salt WHERE attendee_id = 4", "people"),
    ("UPDATE session_attendee SET frozen_id = (SELECT frozen_id FROM session_attendee WHERE attendee_id = 1) "
     "WHERE attendee_id = 5", "people"),
    ("UPDATE frozen_room SET name = 'Hội trường lớn' WHERE endpoint_id = 2", "room_names"),
    ("UPDATE frozen_room SET code = 'H99' WHERE endpoint_id = 5", "room_names"),
    ("DELETE FROM frozen_room WHERE endpoint_id = 6", "room_names"),
    ("UPDATE frozen_unit SET name = 'Huyện Hạ Hòa' WHERE unit_id = 2", "units"),
    ("UPDATE frozen_unit SET path = '/1/3/4/', parent_id = 3 WHERE unit_id = 4", "units"),
    ("UPDATE frozen_unit SET tier_name = 'Quận' WHERE tier_id = 2", "units"),
    ("UPDATE session SET title = 'Học tập khác'", "session"),
    ("UPDATE session_endpoint SET is_chair = NOT is_chair WHERE endpoint_id = 1", "rooms"),
    ("UPDATE attendance_seal SET sealed_by = 'Ai đó'", "closing"),
]  # fmt: skip


@pytest.mark.both_databases
@pytest.mark.parametrize(("statement", "part"), TAMPERED)
async def test_a_name_changed_in_the_database_is_found_and_its_row_named(
    session: Session, seals: SealService, statement: str, part: str
) -> None:
    head = await seals.close(PROVINCE, session.id)
    assert (await seals.verify(session.id, head)).holds
    async with session.house.database.transaction() as tx:
        await tx.execute(text(statement))
    found = await seals.verify(session.id, head)
    assert not found.holds
    assert [sealed.name for sealed, _ in found.changed] == [part]
    assert found.places
    assert {one.part for one in found.places} == {part}
