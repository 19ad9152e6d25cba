"""Units: seen, added, moved and retired, inside one's branch only."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from confhub.access.rules import SYSTEM
from confhub.audit.models import AuditRow
from confhub.kernel.errors import Forbidden
from confhub.kernel.ids import TierId, UnitId
from confhub.kernel.permissions import Role
from confhub.org.errors import CodeTaken, TierAbove, TierNotFound, UnitCycle, UnitNotEmpty, UnitNotFound
from confhub.org.values import Unit, UnitDraft

pytestmark = pytest.mark.both_databases

if TYPE_CHECKING:
    from tests.plugins.tree import House


def _draft(unit: Unit) -> UnitDraft:
    return UnitDraft(unit.code, unit.name, unit.tier_id, unit.parent_id, unit.valid_from, unit.valid_to)


@pytest.mark.parametrize("role", list(Role))
async def test_everybody_sees_the_own_branch_and_nothing_else(house: House, role: Role) -> None:
    actor = house.actor(role, "A")
    assert [unit.code for unit in await house.org.tree(actor)] == ["A", "A1"]
    with pytest.raises(UnitNotFound):
        await house.org.unit(actor, house.units["B"].id)
    with pytest.raises(UnitNotFound):
        await house.org.unit(actor, house.units["P"].id)


async def test_the_tree_of_a_day_holds_what_existed_then(house: House) -> None:
    await house.registry.retire_endpoint(SYSTEM, house.rooms["A1"])
    await house.org.update_unit(
        SYSTEM, house.units["A1"].id, replace(_draft(house.units["A1"]), valid_to=date(2025, 6, 30))
    )
    old = [unit.code for unit in await house.org.tree(SYSTEM, date(2025, 6, 30))]
    new = [unit.code for unit in await house.org.tree(SYSTEM, date(2025, 7, 1))]
    assert (old, new) == (["P", "A", "A1", "B", "B1"], ["P", "A", "B", "B1"])


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMINISTRATOR])
async def test_only_administrators_add_change_and_retire(house: House, role: Role) -> None:
    actor, unit = house.actor(role, "P"), house.units["A1"]
    with pytest.raises(Forbidden):
        await house.org.create_unit(actor, UnitDraft("N", "N", house.tiers["commune"], house.units["A"].id))
    with pytest.raises(Forbidden):
        await house.org.update_unit(actor, unit.id, _draft(unit))
    with pytest.raises(Forbidden):
        await house.org.retire_unit(actor, unit.id, date(2026, 3, 1))


async def test_a_districts_administrator_acts_inside_the_district_only(house: House) -> None:
    actor = house.actor(Role.ADMINISTRATOR, "A")
    commune = house.tiers["commune"]
    made = await house.org.create_unit(actor, UnitDraft("A2", "Xã mới", commune, house.units["A"].id))
    assert made.path == f"{house.units['A'].path}{made.id}/"
    with pytest.raises(UnitNotFound):
        await house.org.create_unit(actor, UnitDraft("B2", "Xã", commune, house.units["B"].id))
    with pytest.raises(Forbidden):
        await house.org.create_unit(actor, UnitDraft("Q", "Tỉnh", house.tiers["province"], None))
    with pytest.raises(UnitNotFound):
        await house.org.update_unit(actor, house.units["B1"].id, _draft(house.units["B1"]))
    out_of_the_branch = replace(_draft(house.units["A1"]), parent_id=house.units["B"].id)
    with pytest.raises(UnitNotFound):
        await house.org.update_unit(actor, house.units["A1"].id, out_of_the_branch)
    own_head_elsewhere = replace(_draft(house.units["A"]), parent_id=None)
    with pytest.raises(Forbidden):
        await house.org.update_unit(actor, house.units["A"].id, own_head_elsewhere)
    with pytest.raises(Forbidden):
        await house.org.add_tier(actor, "hamlet", "Thôn", "Hamlet", 4)


async def test_moving_a_unit_takes_its_branch_and_its_rooms_along(house: House) -> None:
    moved = replace(_draft(house.units["A"]), parent_id=house.units["B"].id)
    after = await house.org.update_unit(SYSTEM, house.units["A"].id, moved)
    below = await house.org.unit(SYSTEM, house.units["A1"].id)
    assert after.path == f"{house.units['B'].path}{after.id}/"
    assert below.path == f"{after.path}{below.id}/"
    seen = await house.registry.endpoints(house.actor(Role.VIEWER, "B"))
    assert {room.code for room in seen.rows} == {"R-B", "R-B1", "R-A", "R-A1"}


async def test_the_tree_stays_a_tree(house: House) -> None:
    for parent in ("A", "A1"):
        wrong = replace(
            _draft(house.units["A"]), parent_id=house.units[parent].id, tier_id=house.tiers["commune"]
        )
        with pytest.raises(UnitCycle):
            await house.org.update_unit(SYSTEM, house.units["A"].id, wrong)
    with pytest.raises(TierAbove):
        await house.org.create_unit(
            SYSTEM, UnitDraft("N", "N", house.tiers["province"], house.units["A1"].id)
        )
    with pytest.raises(CodeTaken):
        await house.org.create_unit(SYSTEM, UnitDraft("A1", "N", house.tiers["commune"], house.units["B"].id))
    with pytest.raises(TierNotFound):
        await house.org.create_unit(SYSTEM, UnitDraft("N", "N", TierId(999), house.units["B"].id))
    with pytest.raises(UnitNotFound):
        await house.org.create_unit(SYSTEM, UnitDraft("N", "N", house.tiers["commune"], UnitId(999)))


async def test_a_unit_is_retired_only_when_nothing_in_use_hangs_below(house: House) -> None:
    day = date(2026, 3, 1)
    with pytest.raises(UnitNotEmpty):
        await house.org.retire_unit(SYSTEM, house.units["A"].id, day)
    with pytest.raises(UnitNotEmpty):
        await house.org.retire_unit(SYSTEM, house.units["A1"].id, day)
    ended = replace(_draft(house.units["A1"]), valid_to=day)
    with pytest.raises(UnitNotEmpty) as refused:  # the same end by another door: its room would vanish
        await house.org.update_unit(SYSTEM, house.units["A1"].id, ended)
    assert refused.value.field == "valid_to"
    await house.registry.retire_endpoint(SYSTEM, house.rooms["A1"])
    assert (await house.org.retire_unit(SYSTEM, house.units["A1"].id, day)).valid_to == day


async def test_every_change_leaves_an_audit_row_and_a_refused_one_leaves_none(house: House) -> None:
    async def count() -> int:
        async with house.db.reading() as tx:
            return len((await tx.scalars(select(AuditRow.id))).all())

    before = await count()
    await house.org.update_unit(
        SYSTEM, house.units["A"].id, replace(_draft(house.units["A"]), name="Tên khác")
    )
    assert await count() == before + 1
    with pytest.raises(CodeTaken):
        await house.org.update_unit(SYSTEM, house.units["A"].id, replace(_draft(house.units["A"]), code="B"))
    assert await count() == before + 1
