"""Endpoints: seen, searched, added, changed and retired, inside one's branch only."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from confhub.access.rules import SYSTEM
from confhub.i18n.collation import sort_key
from confhub.kernel.errors import Forbidden, ValidationErrors
from confhub.kernel.permissions import ROLE_PERMISSIONS, Permission, Role
from confhub.org.errors import CodeTaken, UnitNotFound
from confhub.registry.errors import CredentialRevoked, EndpointNotFound, EndpointRetired
from confhub.registry.values import Endpoint, EndpointDraft

pytestmark = pytest.mark.both_databases

if TYPE_CHECKING:
    from tests.plugins.tree import House


@pytest.mark.parametrize("role", list(Role))
async def test_a_list_holds_the_own_branch_alone(house: House, role: Role) -> None:
    page = await house.registry.endpoints(house.actor(role, "A"))
    assert ([room.code for room in page.rows], page.total) == (["R-A", "R-A1"], 2)
    with pytest.raises(EndpointNotFound):
        await house.registry.endpoint(house.actor(role, "A"), house.rooms["B1"])
    with pytest.raises(UnitNotFound):
        await house.registry.under(house.actor(role, "A"), [house.units["B"].id])


@pytest.mark.parametrize("role", list(Role))
async def test_changing_endpoints_needs_the_right_at_both_units(house: House, role: Role) -> None:
    actor = house.actor(role, "A")
    draft = EndpointDraft("R-N", "Phòng mới", house.units["A1"].id)
    if Permission.ENDPOINT_EDIT in ROLE_PERMISSIONS[role]:
        made = await house.registry.create_endpoint(actor, draft)
        with pytest.raises(UnitNotFound):
            await house.registry.update_endpoint(
                actor, made.id, EndpointDraft("R-N", "Phòng", house.units["B"].id)
            )
        assert (await house.registry.retire_endpoint(actor, made.id)).retired_at is not None
    else:
        with pytest.raises(Forbidden):
            await house.registry.create_endpoint(actor, draft)
        with pytest.raises(Forbidden):
            await house.registry.retire_endpoint(actor, house.rooms["A1"])
    with pytest.raises(EndpointNotFound):
        await house.registry.retire_endpoint(actor, house.rooms["B1"])


async def test_search_finds_names_typed_without_diacritics(house: House) -> None:
    draft = EndpointDraft("H44.08", "Điểm cầu huyện Hạ Hoà", house.units["A"].id)
    await house.registry.create_endpoint(SYSTEM, draft)
    for typed in ("ha hoa", "HẠ HÒA", "h44.08", "huyen"):
        assert [room.code for room in (await house.registry.endpoints(SYSTEM, search=typed)).rows] == [
            "H44.08"
        ]
    for typed in ("%", "_", "ha%hoa"):
        assert (await house.registry.endpoints(SYSTEM, search=typed)).total == 0


async def test_the_list_is_ordered_by_a_column_either_way_over_all_pages(house: House) -> None:
    async def shown(sort: str) -> list[Endpoint]:
        pages = [
            await house.registry.endpoints(SYSTEM, sort=sort, page=page, size=2) for page in (1, 2, 3, 4)
        ]
        return [room for page in pages for room in page.rows]

    await house.pairing.redeem(
        (await house.pairing.issue(SYSTEM, house.rooms["B1"])).code, "10.0.0.1", "1", "m"
    )
    plain = await shown("")
    codes = sorted(room.code for room in plain)
    assert [room.code for room in await shown("code")] == codes
    assert [room.code for room in await shown("-code")] == codes[::-1]
    assert (await shown("-state"))[0].id == house.rooms["B1"]
    assert (await shown("state"))[-1].id == house.rooms["B1"]
    units = [room.unit_name for room in await shown("unit")]
    assert [room.unit_name for room in await shown("-unit")] != units
    assert sorted(units, key=sort_key) == units
    assert await shown("no such column") == plain


async def test_pages_cover_the_list_once(house: House) -> None:
    pages = [await house.registry.endpoints(SYSTEM, page=page, size=2) for page in (1, 2, 3, 4)]
    codes = [room.code for page in pages for room in page.rows]
    assert codes == ["R-A", "R-A1", "R-B", "R-B1", "R-P"]
    assert {page.total for page in pages} == {5}


async def test_wrong_fields_are_named_and_codes_are_unique(house: House) -> None:
    unit = house.units["A"].id
    with pytest.raises(ValidationErrors) as caught:
        await house.registry.create_endpoint(SYSTEM, EndpointDraft("mã", " ", unit, operator_phone="call me"))
    assert [error.field for error in caught.value.errors] == ["code", "name", "operator_phone"]
    with pytest.raises(CodeTaken):
        await house.registry.create_endpoint(SYSTEM, EndpointDraft("R-A", "x", unit))


async def test_a_retired_room_loses_its_machine_and_comes_back_unpaired(house: House) -> None:
    room = house.rooms["A1"]
    slip = await house.pairing.issue(SYSTEM, room)
    _, credential = await house.pairing.redeem(slip.code, "10.0.0.1", "1", "m")
    await house.registry.retire_endpoint(SYSTEM, room)
    with pytest.raises(CredentialRevoked):
        await house.pairing.authenticate(credential)
    with pytest.raises(EndpointRetired):
        await house.pairing.issue(SYSTEM, room)
    assert (await house.registry.endpoints(SYSTEM, retired=True)).total == 1
    back = await house.registry.restore_endpoint(SYSTEM, room)
    assert (back.retired_at, back.paired) == (None, False)
    with pytest.raises(CredentialRevoked):
        await house.pairing.authenticate(credential)
