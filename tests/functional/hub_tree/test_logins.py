"""Logging in while others guess: the owner's devices and networks are never shut out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from argon2 import PasswordHasher

from confhub.access.rules import SYSTEM, Actor, Grant
from confhub.accounts.errors import LoginCodeWrong, LoginFailed
from confhub.accounts.limits import LOGIN_BY_NAME, LOGIN_BY_PAIR, TooManyAttempts
from confhub.accounts.logins import CODE_TTL
from confhub.accounts.passwords import Passwords
from confhub.accounts.published import AccountColumns
from confhub.accounts.service import AccountService
from confhub.audit.refusals import KINDS_MAX, Refusals
from confhub.audit.service import AuditService, asked_from
from confhub.kernel.errors import Forbidden
from confhub.kernel.permissions import Role

pytestmark = pytest.mark.both_databases

if TYPE_CHECKING:
    from tests.plugins.tree import House

PASSWORD = "bốn từ dễ nhớ và lạ"
OFFICE, HOME = "203.0.113.9", "198.51.100.7"


async def _first(house: House) -> None:
    code = house.setup_code.text
    await house.accounts.first_admin(code, "quan.tri", PASSWORD, "Quản trị", "vi", OFFICE)


async def _guess(house: House, name: str, times: int, address: str | None = None) -> None:
    for number in range(times):
        with pytest.raises((LoginFailed, TooManyAttempts)):
            await house.accounts.log_in(name, "wrong", address or f"192.0.2.{number % 250}")


@pytest.mark.parametrize("name", ["quan.tri", "unknown"])
async def test_one_stranger_is_slowed_down_for_known_and_unknown_names_alike(house: House, name: str) -> None:
    await _first(house)
    for _ in range(LOGIN_BY_PAIR.free):
        with pytest.raises(LoginFailed):
            await house.accounts.log_in(name, "wrong", HOME)
    with pytest.raises(TooManyAttempts) as slowed:
        await house.accounts.log_in(name, PASSWORD, HOME)
    assert slowed.value.params == {"retry_after_s": LOGIN_BY_PAIR.first_wait_s}
    if name == "quan.tri":
        await house.accounts.log_in(name, PASSWORD, OFFICE)  # somebody else's mistakes are not the owner's
        house.clock.advance(LOGIN_BY_PAIR.first_wait_s)
        await house.accounts.log_in(name, PASSWORD, HOME)


async def test_guesses_from_many_addresses_delay_strangers_for_a_minute_at_most_and_the_owner_never(
    house: House,
) -> None:
    await _first(house)
    ticket = await house.accounts.log_in("quan.tri", PASSWORD, OFFICE)
    await _guess(house, "quan.tri", LOGIN_BY_NAME.free + 20)
    with pytest.raises(TooManyAttempts) as slowed:
        await house.accounts.log_in("quan.tri", PASSWORD, HOME)
    assert 0 < int(str(slowed.value.params["retry_after_s"])) <= LOGIN_BY_NAME.longest_wait_s == 60
    await house.accounts.log_in("quan.tri", PASSWORD, OFFICE)
    again = await house.accounts.log_in("quan.tri", PASSWORD, HOME, ticket.device)
    assert again.device == ticket.device


async def test_guesses_from_the_owners_network_do_not_delay_the_owners_device(house: House) -> None:
    await _first(house)
    ticket = await house.accounts.log_in("quan.tri", PASSWORD, OFFICE)
    await _guess(house, "quan.tri", 30, OFFICE)
    with pytest.raises(TooManyAttempts) as slowed:
        await house.accounts.log_in("quan.tri", PASSWORD, OFFICE)
    assert int(str(slowed.value.params["retry_after_s"])) <= 60
    await house.accounts.log_in("quan.tri", PASSWORD, OFFICE, ticket.device)


async def test_a_devices_cookie_is_worth_nothing_for_another_account(house: House) -> None:
    await _first(house)
    actor = house.actor(Role.ADMINISTRATOR, "P")
    assert actor.account_id is not None
    ticket = await house.accounts.log_in("quan.tri", PASSWORD, OFFICE)
    await _guess(house, "khac", LOGIN_BY_PAIR.free, HOME)
    with pytest.raises(TooManyAttempts):
        await house.accounts.log_in("khac", "wrong", HOME, ticket.device)


async def test_a_guesser_with_a_stolen_device_is_slowed_down_as_well(house: House) -> None:
    await _first(house)
    ticket = await house.accounts.log_in("quan.tri", PASSWORD, OFFICE)
    with pytest.raises(TooManyAttempts):  # noqa: PT012 - one of these
        for _ in range(20):
            with pytest.raises(LoginFailed):
                await house.accounts.log_in("quan.tri", "wrong", HOME, ticket.device)


async def test_the_machine_itself_lets_an_administrator_in_once(house: House) -> None:
    await _first(house)
    [account] = await house.accounts.accounts(SYSTEM)
    await _guess(house, "quan.tri", LOGIN_BY_NAME.free + 5)
    somebody = Actor(account.id, "x", "vi", (Grant(Role.ADMINISTRATOR, None, "/"),))
    with pytest.raises(Forbidden):
        await house.accounts.issue_code(somebody, account.id)
    code = await house.accounts.issue_code(SYSTEM, account.id)
    ticket = await house.accounts.redeem_code(code, HOME)
    assert (await house.accounts.actor_of(ticket.token)) is not None
    with pytest.raises(LoginCodeWrong):
        await house.accounts.redeem_code(code, HOME)
    await house.accounts.log_in("quan.tri", PASSWORD, "198.51.100.99")  # the guesses are forgotten
    late = await house.accounts.issue_code(SYSTEM, account.id)
    house.clock.advance(CODE_TTL.total_seconds() + 1)
    with pytest.raises(LoginCodeWrong):
        await house.accounts.redeem_code(late, HOME)


async def test_an_unknown_name_takes_one_check_as_a_known_one_does(house: House) -> None:
    await _first(house)

    class Counting(PasswordHasher):
        made = checked = 0

        def hash(self, password: str | bytes, *, salt: bytes | None = None) -> str:
            self.made += 1
            return super().hash(password, salt=salt)

        def verify(self, hash: str | bytes, password: str | bytes) -> bool:
            self.checked += 1
            return super().verify(hash, password)  # type: ignore[no-any-return, unused-ignore]

    costs = []
    for name in ("quan.tri", "unknown"):
        hasher = Counting(time_cost=1, memory_cost=64, parallelism=1)
        accounts = AccountService(house.db, house.clock, None, Passwords(hasher))
        with pytest.raises(LoginFailed):
            await accounts.log_in(name, "wrong", HOME)
        costs.append((hasher.made, hasher.checked))
    assert costs[0] == costs[1] == (1, 1)


async def test_a_flood_of_refusals_is_a_row_a_minute_with_its_address_and_count(house: House) -> None:
    refusals = Refusals(house.db, house.clock)
    for address, times in ((OFFICE, 1000), (HOME, 2)):
        asked_from.set(address)
        for _ in range(times):
            refusals.note("accounts:login:fail", "account", 7)
    asked_from.set("")
    await refusals.write()
    await refusals.write()
    audit = AuditService(house.db, {}, (AccountColumns.id, AccountColumns.display_name))
    told = {
        (one.address, one.subject_id, one.details["count"])
        for one in await audit.entries(SYSTEM)
        if one.action == "accounts:login:fail"
    }
    assert told == {(OFFICE, "7", 1000), (HOME, "7", 2)}
    for number in range(5 * KINDS_MAX):
        asked_from.set(f"2001:db8::{number:x}")
        refusals.note("http:request:forge", "door", "/login")
    asked_from.set("")
    await refusals.write()
    rows = [one for one in await audit.entries(SYSTEM, limit=500) if one.action == "http:request:forge"]
    assert len(rows) == KINDS_MAX + 1
    assert sum(one.details["count"] for one in rows) == 5 * KINDS_MAX
