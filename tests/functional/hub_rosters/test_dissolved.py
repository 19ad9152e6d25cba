"""People and dissolved units: nobody comes to one, and a name that two units bear means the one of today."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import update

from confhub.access.rules import SYSTEM
from confhub.kernel.ids import UnitId
from confhub.org.errors import UnitDissolved
from confhub.org.models import UnitRow
from confhub.people.models import AttendeeRow
from confhub.people.service import PeopleService
from confhub.people.values import PersonDraft
from confhub.registry.models import EndpointRow
from confhub.rosters.importing import PeopleImportService
from confhub.rosters.service import RosterService
from confhub.rosters.values import Scope
from confhub.training.store import title_and_path
from tests.plugins.rosters import COURSE, SESSION, House

pytestmark = pytest.mark.both_databases

HEAD = "Họ và tên;Đơn vị;Mã điểm cầu\n"
GONE, TODAY = UnitId(4), UnitId(3)
LAST_DAY = date(2025, 6, 30)


@pytest.fixture
async def imports(house: House) -> PeopleImportService:
    return PeopleImportService(house.database, house.clock, title_and_path)


@pytest.fixture
async def sharing(house: House) -> House:
    """Xã Ấm Hạ (U4) was dissolved; since then another unit (U3) and its room bear the same names."""
    async with house.database.transaction() as tx:
        await tx.execute(update(UnitRow).where(UnitRow.id == GONE).values(valid_to=LAST_DAY))
        await tx.execute(update(UnitRow).where(UnitRow.id == TODAY).values(name="Xã Ấm Hạ"))
        await tx.execute(update(EndpointRow).where(EndpointRow.id == 3).values(name="Phòng họp xã Ấm Hạ"))
    return house


async def test_a_shared_name_means_the_unit_and_the_room_of_today(
    sharing: House, imports: PeopleImportService
) -> None:
    for unit in ("Xã Ấm Hạ", "UBND xã Ấm Hạ", "X. Ấm Hạ", "Ấm Hạ"):
        text = f"Họ và tên;Đơn vị;Điểm cầu\nTrần Đức;{unit};Phòng họp xã Ấm Hạ\n"
        plan = await imports.preview(SYSTEM, "f.csv", text.encode())
        assert plan.problems == (), unit
        assert [line.room for line in plan.lines["added"]] == ["Phòng họp xã Ấm Hạ"]
    await imports.apply(SYSTEM, plan.token)
    people = await PeopleService(sharing.database, sharing.clock).people(SYSTEM)
    assert [person.unit_id for person in people.rows] == [TODAY]


async def test_two_units_of_today_with_one_name_are_asked_about(
    sharing: House, imports: PeopleImportService
) -> None:
    async with sharing.database.transaction() as tx:
        await tx.execute(update(UnitRow).where(UnitRow.id == 2).values(name="Xã Ấm Hạ"))
    plan = await imports.preview(SYSTEM, "f.csv", f"{HEAD}Trần Đức;Xã Ấm Hạ;\n".encode())
    assert [problem.code for problem in plan.problems] == ["unit_ambiguous"]


async def test_a_file_adds_nobody_to_a_dissolved_unit_and_leaves_who_is_there(
    sharing: House, imports: PeopleImportService
) -> None:
    there = await sharing.person("Lê Thị Hoà", GONE, code="CB1")
    elsewhere = await sharing.person("Trần Đức", 2, code="CB2")
    gone = await sharing.person("Vũ Bình", GONE, code="CB3", retired_at=sharing.clock.now())
    head = "Mã đại biểu;Họ và tên;Mã đơn vị;Chức vụ\n"
    plan = await imports.preview(SYSTEM, "f.csv", f"{head}CB1;Lê Thị Hoà;U4;Chủ tịch\n".encode())
    assert (plan.problems, plan.counts["changed"]) == ((), 1)
    for row in ("CB2;Trần Đức;U4;\n", "CB3;Vũ Bình;U4;\n", ";Người Mới;U4;\n"):
        plan = await imports.preview(SYSTEM, "f.csv", (head + row).encode())
        assert [problem.code for problem in plan.problems] == ["unit_dissolved"], row
        assert plan.problems[0].params == {"name": "Xã Ấm Hạ", "day": "30/06/2025", "code": "U3"}
    plan = await imports.preview(SYSTEM, "f.csv", f"{head}CB1;Lê Thị Hoà;U3;\n".encode())
    assert (plan.problems, plan.counts["changed"]) == ((), 1)  # out of it is the way to go
    assert {there, elsewhere, gone} == {1, 2, 3}


async def test_the_form_adds_nobody_to_a_dissolved_unit(sharing: House) -> None:
    people = PeopleService(sharing.database, sharing.clock)
    with pytest.raises(UnitDissolved):
        await people.add(SYSTEM, PersonDraft("Người Mới", GONE))
    there = await people.person(SYSTEM, await sharing.person("Lê Thị Hoà", GONE))
    renamed = await people.update(SYSTEM, there.id, replace(there.draft, position="Chủ tịch"))
    assert renamed.position == "Chủ tịch"
    moved = await people.update(SYSTEM, there.id, replace(renamed.draft, unit_id=TODAY))
    with pytest.raises(UnitDissolved):
        await people.update(SYSTEM, there.id, replace(moved.draft, unit_id=GONE))
    async with sharing.database.transaction() as tx:
        left = {"unit_id": GONE, "retired_at": sharing.clock.now()}
        await tx.execute(update(AttendeeRow).where(AttendeeRow.id == there.id).values(**left))
    with pytest.raises(UnitDissolved):
        await people.restore(SYSTEM, there.id)


async def test_no_list_of_a_dissolved_units_room_grows(sharing: House, imports: PeopleImportService) -> None:
    rosters = RosterService(sharing.database, sharing.clock, title_and_path)
    here, there = await sharing.people(["Trần Đức", "Lê Thị Hoà"], 2)
    for scope in (Scope(), Scope(course_id=COURSE)):
        with pytest.raises(UnitDissolved):
            await rosters.add(SYSTEM, 4, [here], scope)
        await rosters.add(SYSTEM, 2, [here, there], scope)
        with pytest.raises(UnitDissolved):
            await rosters.move(SYSTEM, 2, [here], 4, scope)
    plan = await imports.preview(SYSTEM, "f.csv", f"{HEAD}Người Mới;U2;AH\n".encode())
    assert [(problem.code, problem.column) for problem in plan.problems] == [
        ("unit_dissolved", "Mã điểm cầu")
    ]


async def test_a_sessions_list_has_a_day_of_its_own(sharing: House) -> None:
    """The session's room was invited while its unit stood; who was there may still be put on its list."""
    async with sharing.database.transaction() as tx:
        await tx.execute(update(UnitRow).where(UnitRow.id == 2).values(valid_to=LAST_DAY))
    rosters = RosterService(sharing.database, sharing.clock, title_and_path)
    person = await sharing.person("Trần Đức", 3)
    assert await rosters.add(SYSTEM, 2, [person], Scope(session_id=SESSION)) == 1
