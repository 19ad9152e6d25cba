"""Dissolved units: nobody and nothing comes to them, and a name they share means the unit of today."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from confhub.access.rules import SYSTEM
from confhub.accounts.values import GrantWish
from confhub.kernel.permissions import Role
from confhub.org.errors import UnitDissolved, UnitDissolvedNamesake
from confhub.org.values import UnitDraft
from confhub.registry.plan import ImportPlan
from confhub.registry.values import EndpointDraft

pytestmark = pytest.mark.both_databases

if TYPE_CHECKING:
    from tests.plugins.tree import House

PASSWORD = "một mật khẩu rất dài"


async def _preview(house: House, text: str, **options: bool) -> ImportPlan:
    return await house.imports.preview(SYSTEM, "f.csv", text.encode(), **options)


def _problems(plan: ImportPlan) -> list[tuple[str, str]]:
    return [(problem.column or "", problem.code) for problem in plan.problems]


@pytest.fixture
async def dissolved(house: House) -> House:
    """A1 was dissolved yesterday, its room is out of use; B1 stands."""
    await house.registry.retire_endpoint(SYSTEM, house.rooms["A1"])
    yesterday = house.clock.now().date() - timedelta(days=1)
    house.units["A1"] = await house.org.retire_unit(SYSTEM, house.units["A1"].id, yesterday)
    return house


async def test_no_room_comes_to_a_dissolved_unit(dissolved: House) -> None:
    house, gone = dissolved, dissolved.units["A1"].id
    with pytest.raises(UnitDissolved) as refused:
        await house.registry.create_endpoint(SYSTEM, EndpointDraft("N", "Phòng mới", gone))
    assert (refused.value.field, refused.value.params["name"]) == ("unit_id", "Đơn vị A1")
    assert "Đơn vị A1 was dissolved, its last day was" in str(refused.value)
    with pytest.raises(UnitDissolved):
        await house.registry.restore_endpoint(SYSTEM, house.rooms["A1"])
    room = await house.registry.endpoint(SYSTEM, house.rooms["B1"])
    with pytest.raises(UnitDissolved):
        await house.registry.update_endpoint(SYSTEM, room.id, replace(room.draft, unit_id=gone))
    past = await house.registry.endpoint(
        SYSTEM, house.rooms["A1"]
    )  # what is there may be put right and leave
    renamed = replace(past.draft, name="Phòng cũ")
    assert (await house.registry.update_endpoint(SYSTEM, past.id, renamed)).name == "Phòng cũ"
    out = replace(renamed, unit_id=house.units["B1"].id)
    assert (await house.registry.update_endpoint(SYSTEM, past.id, out)).unit_id == house.units["B1"].id


async def test_on_its_last_day_a_unit_still_stands(house: House) -> None:
    await house.registry.retire_endpoint(SYSTEM, house.rooms["A1"])
    today = house.clock.now().date()
    await house.org.retire_unit(SYSTEM, house.units["A1"].id, today)
    await house.registry.create_endpoint(SYSTEM, EndpointDraft("N", "Phòng", house.units["A1"].id))


async def test_the_remedy_is_the_unit_of_the_same_name(dissolved: House) -> None:
    house, gone = dissolved, dissolved.units["A1"]
    again = UnitDraft("C1", gone.name.upper(), house.tiers["commune"], house.units["B"].id)
    await house.org.create_unit(SYSTEM, again)
    with pytest.raises(UnitDissolvedNamesake) as refused:
        await house.registry.create_endpoint(SYSTEM, EndpointDraft("N", "Phòng mới", gone.id))
    assert "its code is C1" in str(refused.value)


async def test_no_unit_lives_on_below_a_dissolved_one(dissolved: House) -> None:
    house, gone = dissolved, dissolved.units["A1"]
    draft = UnitDraft("N", "Thôn", house.tiers["commune"], gone.id)
    with pytest.raises(UnitDissolved) as refused:
        await house.org.create_unit(SYSTEM, draft)
    assert refused.value.field == "parent_id"
    await house.org.create_unit(SYSTEM, replace(draft, valid_to=gone.valid_to))  # history may be written down


async def test_no_role_is_given_in_a_dissolved_unit_and_one_held_there_may_stay(house: House) -> None:
    unit, other = house.units["A1"], house.units["B1"]
    account = await house.accounts.create_account(
        SYSTEM, "can.bo", PASSWORD, "Cán bộ", [GrantWish(Role.OPERATOR, unit.id)]
    )
    await house.registry.retire_endpoint(SYSTEM, house.rooms["A1"])
    await house.org.retire_unit(SYSTEM, unit.id, house.clock.now().date() - timedelta(days=1))
    with pytest.raises(UnitDissolved):
        await house.accounts.create_account(
            SYSTEM, "can.bo.2", PASSWORD, "Cán bộ", [GrantWish(Role.OPERATOR, unit.id)]
        )
    kept = [GrantWish(Role.OPERATOR, unit.id), GrantWish(Role.OPERATOR, other.id)]
    assert len((await house.accounts.update_account(SYSTEM, account.id, "Cán bộ", kept)).grants) == 2
    more = [*kept, GrantWish(Role.VIEWER, unit.id)]
    with pytest.raises(UnitDissolved):
        await house.accounts.update_account(SYSTEM, account.id, "Cán bộ", more)
    gone = [GrantWish(Role.OPERATOR, other.id)]
    assert len((await house.accounts.update_account(SYSTEM, account.id, "Cán bộ", gone)).grants) == 1


async def test_a_file_brings_no_room_and_no_unit_to_a_dissolved_one(dissolved: House) -> None:
    house = dissolved
    plan = await _preview(house, "code,name,unit\nN,Phòng,A1\nR-B1,Điểm cầu B1,A1\nR-B,Điểm cầu B,B\n")
    assert _problems(plan) == [("unit", "unit_dissolved")] * 2
    again = await _preview(house, "code,name,unit,status\nR-A1,Điểm cầu A1,A1,active\n")
    assert _problems(again) == [("unit", "unit_dissolved")]
    below = await _preview(house, "type,code,name,tier,parent\nunit,N,Thôn,commune,A1\n")
    assert _problems(below) == [("parent", "unit_dissolved")]
    assert (await _preview(house, "code,name,unit\nR-A1,Phòng cũ,A1\n")).ok  # renaming adds nothing
    assert (await _preview(house, "code,name,unit\nR-A1,Phòng cũ,B1\n")).ok


@pytest.mark.parametrize("last_day", ["2025-06-30", "2030-06-30"])
async def test_a_file_ends_no_unit_whose_rooms_are_in_use(house: House, last_day: str) -> None:
    head = "type,code,name,tier,parent,valid_to,unit,status\n"
    end = f"unit,A1,Đơn vị A1,commune,A,{last_day},,\n"
    plan = await _preview(house, head + end)
    assert _problems(plan) == [("valid_to", "unit_still_in_use")]
    assert plan.problems[0].params["value"] == "R-A1"
    for row in ("endpoint,R-A1,Điểm cầu A1,,,,B1,\n", "endpoint,R-A1,Điểm cầu A1,,,,A1,retired\n"):
        assert (await _preview(house, head + end + row)).ok  # the state after the whole file is what counts
    whole = f"unit,A,Đơn vị A,district,P,{last_day},,\n"
    assert _problems(await _preview(house, head + whole)) == [("valid_to", "unit_still_in_use")] * 2


async def test_rooms_of_a_past_that_a_file_brings_in_are_counted_as_not_to_be_invited(house: House) -> None:
    head = "type,code,name,tier,parent,valid_to,unit\n"
    past = "unit,C,Huyện cũ,district,P,2025-06-30,\nendpoint,R-C,Phòng cũ,,,,C\n"
    plan = await _preview(house, head + past)
    assert (plan.problems, plan.ended, plan.ended_on) == ((), 1, date(2025, 6, 30))
    await house.imports.apply(SYSTEM, plan.token)
    again = await _preview(house, head + past)
    assert (again.problems, again.changes, again.ended) == ((), 0, 1)
    later = await _preview(house, f"{head}endpoint,R-C2,Phòng nữa,,,,C\n")
    assert _problems(later) == [("unit", "unit_dissolved")]
    moved = "unit,D,Huyện cũ hơn,district,P,2025-06-30,\nendpoint,R-B1,Điểm cầu B1,,,,D\n"
    assert _problems(await _preview(house, head + moved)) == [("unit", "unit_dissolved")]
