"""Accounts: set-up, logins and their limits, roles inside one's branch."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import confhub
from confhub.access.rules import SYSTEM
from confhub.accounts.errors import (
    AccountNotFound,
    BranchTooWide,
    LastAdministrator,
    LoginFailed,
    SetupClosed,
    SetupCodeWrong,
    UsernameTaken,
)
from confhub.accounts.values import GrantWish
from confhub.kernel.errors import Forbidden
from confhub.kernel.permissions import Role
from confhub.org.errors import UnitNotFound

if TYPE_CHECKING:
    from tests.plugins.tree import House

PASSWORD = "bốn từ dễ nhớ và lạ"
NAT = "203.0.113.9"


async def _first(house: House) -> None:
    code = house.setup_code.text
    await house.accounts.first_admin(code, "quan.tri", PASSWORD, "Quản trị", "vi", NAT)


async def test_the_set_up_opens_once_for_who_sees_the_terminal(house: House) -> None:
    assert await house.accounts.setup_needed()
    with pytest.raises(SetupCodeWrong):
        await house.accounts.first_admin("AAAA", "quan.tri", PASSWORD, "Quản trị", "vi", NAT)
    await _first(house)
    assert not await house.accounts.setup_needed()
    with pytest.raises(SetupClosed):
        await _first(house)


@pytest.mark.both_databases
async def test_a_login_holds_until_it_is_ended_or_idle(house: House) -> None:
    await _first(house)
    ticket = await house.accounts.log_in(" Quan.Tri", PASSWORD, NAT)
    found = await house.accounts.actor_of(ticket.token)
    assert found is not None
    assert (found.username, found.csrf) == ("quan.tri", ticket.csrf)
    house.clock.advance(13 * 3600)
    assert await house.accounts.actor_of(ticket.token) is None
    ticket = await house.accounts.log_in("quan.tri", PASSWORD, NAT)
    await house.accounts.log_out(ticket.token)
    assert await house.accounts.actor_of(ticket.token) is None


async def test_a_districts_administrator_grants_inside_the_district_only(house: House) -> None:
    await _first(house)
    actor = house.actor(Role.ADMINISTRATOR, "A")
    make = house.accounts.create_account
    inside = GrantWish(Role.OPERATOR, house.units["A1"].id)
    made = await make(actor, "van.phong", PASSWORD, "Văn phòng", [inside])
    with pytest.raises(UsernameTaken):
        await make(actor, "van.phong", PASSWORD, "Văn phòng", [inside])
    for wish, error in (
        (GrantWish(Role.VIEWER, house.units["B"].id), UnitNotFound),
        (GrantWish(Role.VIEWER, house.units["P"].id), UnitNotFound),
        (GrantWish(Role.VIEWER, None), Forbidden),
    ):
        with pytest.raises(error):
            await make(actor, "another", PASSWORD, "x", [wish])
        with pytest.raises(error):
            await house.accounts.update_account(actor, made.id, "x", [inside, wish])
    both = [inside, GrantWish(Role.VIEWER, house.units["B"].id)]
    await house.accounts.update_account(SYSTEM, made.id, "Văn phòng", both)
    with pytest.raises(BranchTooWide):
        await house.accounts.disable_account(actor, made.id)
    with pytest.raises(BranchTooWide):
        await house.accounts.set_password(actor, made.id, PASSWORD)
    with pytest.raises(AccountNotFound):
        await house.accounts.account(house.actor(Role.OPERATOR, "A"), made.id)
    with pytest.raises(Forbidden):
        await make(house.actor(Role.ORGANIZER, "A"), "another", PASSWORD, "x", [inside])


@pytest.mark.both_databases
async def test_the_last_administrator_of_the_whole_tree_stays(house: House) -> None:
    await _first(house)
    [account] = await house.accounts.accounts(SYSTEM)
    with pytest.raises(LastAdministrator):
        await house.accounts.disable_account(SYSTEM, account.id)
    viewer = [GrantWish(Role.VIEWER, None)]
    with pytest.raises(LastAdministrator):
        await house.accounts.update_account(SYSTEM, account.id, "x", viewer)
    province = [GrantWish(Role.ADMINISTRATOR, house.units["P"].id)]
    await house.accounts.create_account(SYSTEM, "tinh", PASSWORD, "Tỉnh", province)
    assert (await house.accounts.disable_account(SYSTEM, account.id)).disabled_at is not None
    with pytest.raises(LoginFailed):
        await house.accounts.log_in("quan.tri", PASSWORD, NAT)


@pytest.mark.both_databases
async def test_302_rooms_behind_one_address_pair_and_log_in(empty_house: House) -> None:
    house = empty_house
    data = Path(confhub.__file__).parent / "registry" / "data" / "phutho-2020.csv"
    plan = await house.imports.preview(SYSTEM, data.name, data.read_bytes())
    await house.imports.apply(SYSTEM, plan.token)
    [root, *_] = await house.org.tree(SYSTEM)
    slips = await house.pairing.issue_sheet(SYSTEM, root.id)
    wish = [GrantWish(Role.OPERATOR, root.id)]
    await house.accounts.create_account(SYSTEM, "truc", PASSWORD, "Trực", wish)
    mistyped = await asyncio.gather(
        *(house.accounts.log_in(f"nham{n}", PASSWORD, NAT) for n in range(100)), return_exceptions=True
    )
    assert {type(answer) for answer in mistyped} == {LoginFailed}
    paired = await asyncio.gather(*(house.pairing.redeem(s.code, NAT, "0.1", "pc") for s in slips))
    assert len({credential for _, credential in paired}) == 302
    logins = await asyncio.gather(*(house.accounts.log_in("truc", PASSWORD, NAT) for _ in range(302)))
    assert len({login.token for login in logins}) == 302
