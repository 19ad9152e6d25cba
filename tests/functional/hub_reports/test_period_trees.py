"""A period adds up its sessions by the tree of each one's day, for whoever may read them there."""

from __future__ import annotations

import io
from dataclasses import asdict
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pypdf import PdfReader
from sqlalchemy import update

from confhub.access.rules import Actor
from confhub.i18n.catalogue import Catalogue
from confhub.kernel.ids import SessionId
from confhub.org.errors import UnitNotFound
from confhub.org.models import UnitRow
from confhub.reports.drawing.files import ReportFiles, What
from confhub.reports.people.csv_file import PeopleCsv
from confhub.reports.people.period.model import PeriodReport, PeriodUnit
from confhub.reports.people.service import PeopleReportService
from confhub.sessions.errors import SessionUnknown
from confhub.sessions.models import FrozenUnit
from tests.functional.hub_reports.test_names_of_the_day import HOME, files, reorganize, unzipped
from tests.plugins.attendance import House, officer
from tests.plugins.reports import HA_HOA, PROVINCE, Session

__all__ = ["files"]

pytestmark = pytest.mark.both_databases

FIRST, LAST = date(2026, 3, 1), date(2026, 4, 30)
DOAN_HUNG = officer("/1/3/", 3)
ACTORS = (PROVINCE, HA_HOA, DOAN_HUNG, officer("/1/3/4/", 4))
LATER = 2
"""The session after the reorganization; the commune 4 lies in the district 3 by then."""


def by_id(report: PeriodReport) -> dict[int, PeriodUnit]:
    return {one.unit.unit_id: one for one in report.units}


async def reorganized(session: Session) -> None:
    """Session 1, then everything is renamed and moved, then session 2 with rooms 2 and 5."""
    await reorganize(session.house)
    await session.another(LATER, days=30, rooms=(2, 5))


@pytest.mark.parametrize("actor", ACTORS[:3])
@pytest.mark.parametrize("unit_id", [None, 2, 4])
async def test_what_is_renamed_and_moved_later_changes_no_period(
    session: Session, reports: PeopleReportService, actor: Actor, unit_id: int | None
) -> None:
    async def told() -> Any:
        try:
            found = await reports.period(actor, unit_id, FIRST, LAST)
        except UnitNotFound:
            return None
        csv = PeopleCsv(reports, Catalogue.load())
        return asdict(found), await csv.period(actor, unit_id, FIRST, LAST, "vi")

    before = await told()
    await reorganize(session.house)
    after = await told()
    if before is not None:
        assert after == before
    else:
        assert after is None or not after[0]["sessions"], "who comes into a branch reads nothing of before"


@pytest.mark.parametrize("actor", ACTORS)
async def test_a_period_of_one_session_is_what_the_session_s_own_report_says(
    session: Session, reports: PeopleReportService, actor: Actor
) -> None:
    await reorganized(session)
    zone = ZoneInfo("Asia/Ho_Chi_Minh")
    for number, begun in ((session.id, session.house.live), (LATER, session.house.live + timedelta(days=30))):
        day = begun.astimezone(zone).date()
        period = await reports.period(actor, None, day, day)
        try:
            own = await reports.session(actor, SessionId(number))
        except SessionUnknown:
            assert period.sessions == ()
            continue
        assert period.totals == own.totals
        assert [one.unit for one in period.units] == list(own.units)


async def test_a_unit_that_moved_counts_where_it_lay_and_stands_where_it_lay_last(
    session: Session, reports: PeopleReportService
) -> None:
    await reorganized(session)
    found = by_id(await reports.period(PROVINCE, None, FIRST, LAST))
    commune, old, new = found[4], found[2], found[3]
    assert (commune.unit.name, commune.unit.parent_id, commune.unit.depth) == ("Xã Hợp Nhất", 3, 2)
    assert (commune.formerly, commune.under) == (("Xã Ấm Hạ",), (old.unit.name,))
    assert (commune.unit.figures.rooms, commune.sessions) == (2, 2)
    assert (old.unit.figures.rooms, new.unit.figures.rooms) == (2, 3)
    assert (old.formerly, old.under) == ((), ())
    assert found[1].formerly == ("Tỉnh Phú Thọ",)
    assert found[1].unit.figures.rooms == 5 + 2


async def test_one_unit_s_period_follows_it_and_what_lay_in_it(
    session: Session, reports: PeopleReportService
) -> None:
    await reorganized(session)
    commune = await reports.period(PROVINCE, 4, FIRST, LAST)
    assert (commune.unit_name, commune.sessions_held) == ("Xã Hợp Nhất", 2)
    assert commune.above == ((1, "Tỉnh Phú Thọ (mới)"), (3, "Huyện Đoan Hùng"))
    district = by_id(await reports.period(PROVINCE, 2, FIRST, LAST))
    assert set(district) == {2, 4}
    assert (district[2].unit.figures.rooms, district[4].unit.figures.rooms) == (2, 1)


async def test_nobody_reads_more_of_a_unit_that_moved_than_in_the_sessions(
    session: Session, reports: PeopleReportService
) -> None:
    await reorganized(session)
    before = by_id(await reports.period(HA_HOA, None, FIRST, LAST))
    after = by_id(await reports.period(DOAN_HUNG, None, FIRST, LAST))
    assert (before[4].unit.name, before[4].unit.parent_id) == ("Xã Ấm Hạ", 2)
    assert (after[4].unit.name, after[4].unit.parent_id) == ("Xã Hợp Nhất", 3)
    for one in (before, after):
        assert (one[4].unit.figures.rooms, one[4].formerly, one[4].under) == (1, (), ())
    assert [one.code for one in (await reports.period(HA_HOA, 4, FIRST, LAST)).silent] == ["H4"]
    with pytest.raises(UnitNotFound):
        await reports.period(HA_HOA, 3, FIRST, LAST)


async def test_who_came_after_a_reorganization_reads_what_lies_below_today(
    session: Session, reports: PeopleReportService
) -> None:
    async with session.house.database.transaction() as tx:
        tx.add(
            UnitRow(
                id=9, code="U9", name="Xã Mới", tier_id=3, parent_id=1, path="/1/9/", sort_key="x",
                search_key="",
            )
        )  # fmt: skip
        await tx.flush()
        await tx.execute(update(UnitRow).where(UnitRow.id == 4).values(parent_id=9, path="/1/9/4/"))
    found = await reports.period(officer("/1/9/", 9), None, FIRST, LAST)
    assert [(one.unit.unit_id, one.unit.name, one.unit.figures.rooms) for one in found.units] == [
        (4, "Xã Ấm Hạ", 1)
    ]
    assert (await reports.choices(officer("/1/9/", 9)))[0].session_id == session.id


async def test_sessions_to_compare_are_those_whose_report_is_read(
    session: Session, reports: PeopleReportService
) -> None:
    await reorganized(session)
    for actor in ACTORS:
        offered = {one.session_id for one in await reports.choices(actor)}
        for number in (session.id, SessionId(LATER)):
            try:
                await reports.session(actor, number)
            except SessionUnknown:
                assert number not in offered
            else:
                assert number in offered


@pytest.mark.parametrize("turned", [False, True])
async def test_sessions_side_by_side_name_units_as_the_newest_of_them(
    session: Session, reports: PeopleReportService, turned: bool
) -> None:
    await reorganized(session)
    chosen = [session.id, SessionId(LATER)]
    found = await reports.comparison(PROVINCE, chosen[::-1] if turned else chosen)
    units = [one for one in found.units if one[0] in (1, 2, 3, 4)]
    assert units == [
        (1, "Tỉnh Phú Thọ (mới)", 0),
        (3, "Huyện Đoan Hùng", 1),
        (4, "Xã Hợp Nhất", 2),
        (2, "Huyện Hạ Hoà", 1),
    ]
    for one in found.sessions:
        own = await reports.session(PROVINCE, SessionId(one.header.session_id))
        assert one.units == {unit.unit_id: unit for unit in own.units}


async def test_a_period_says_of_how_many_sessions_the_names_came_later(
    session: Session, reports: PeopleReportService, house: House
) -> None:
    assert (await reports.period(PROVINCE, None, FIRST, LAST)).named_later == 0
    async with house.database.transaction() as tx:
        await tx.execute(update(FrozenUnit).values(frozen_at=house.live + timedelta(days=3)))
    assert (await reports.period(PROVINCE, None, FIRST, LAST)).named_later == 1


async def test_page_and_files_say_the_rule_and_what_was_before(
    session: Session, reports: PeopleReportService, files: ReportFiles
) -> None:
    await reorganized(session)
    what = What(unit_id=1, first=FIRST, last=LAST)
    csv = await PeopleCsv(reports, Catalogue.load()).period(PROVINCE, 1, FIRST, LAST, "vi")
    _, book = await files.make(PROVINCE, what, "xlsx", "vi", HOME)
    _, paper = await files.make(PROVINCE, what, "pdf", "vi", HOME)
    told = {
        "csv": csv[1].decode(),
        "xlsx": b"".join(unzipped(book).values()).decode(),
        "pdf": " ".join(page.extract_text() for page in PdfReader(io.BytesIO(paper)).pages),
    }
    for name, text in told.items():
        said = " ".join(text.split())
        assert "được tính theo cây đơn vị của chính ngày họp" in said, name
        assert "Đơn vị đã chuyển được tính vào nơi trực thuộc" in said, name
        assert "trước đây là Xã Ấm Hạ" in said, name
        assert "trước đó thuộc Huyện Hạ Hoà" in said, name
