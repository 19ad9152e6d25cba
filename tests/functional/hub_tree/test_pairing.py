"""Pairing codes, credentials, kiosk tickets."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from confhub.access.rules import SYSTEM
from confhub.accounts.limits import PAIRING_BY_ADDRESS, TooManyAttempts, address_key
from confhub.accounts.models import AttemptRow
from confhub.kernel.errors import DomainError, Forbidden
from confhub.kernel.ids import SessionId
from confhub.kernel.permissions import ROLE_PERMISSIONS, Permission, Role
from confhub.org.errors import UnitNotFound
from confhub.registry.errors import (
    CredentialRevoked,
    CredentialUnknown,
    EndpointNotFound,
    PairingCodeExpired,
    PairingCodeRevoked,
    PairingCodeUnknown,
    PairingCodeUsed,
    TicketInvalid,
)
from confhub.registry.events import MachineRevoked
from confhub.registry.models import CredentialRow, KioskLoginRow, KioskTicketRow, PairingCodeRow
from confhub.registry.rules import new_pairing_code, plain_code

pytestmark = pytest.mark.both_databases

if TYPE_CHECKING:
    from tests.plugins.tree import House

TEN_DAYS_S = 10 * 24 * 3600


def test_a_code_is_readable_and_forgives_how_it_is_typed() -> None:
    code = new_pairing_code()
    plain = code.replace("-", "")
    assert len(plain) == 12
    assert not set(plain) & set("01IO")
    assert plain_code(f" {code.lower().replace('-', ' ')} ") == plain
    assert plain_code(code[:-1]) is None
    assert plain_code("0" * 12) is None
    assert plain_code("x" * 10**6) is None


async def test_a_code_is_exchanged_once_for_a_credential(house: House) -> None:
    slip = await house.pairing.issue(SYSTEM, house.rooms["A1"])
    principal, credential = await house.pairing.redeem(slip.code.lower(), "10.0.0.1", "0.1", "pc")
    assert (principal.code, principal.path) == ("R-A1", house.units["A1"].path)
    assert await house.pairing.authenticate(credential) == principal
    with pytest.raises(PairingCodeUsed):
        await house.pairing.redeem(slip.code, "10.0.0.1", "0.1", "pc")


async def test_every_dead_code_has_its_own_answer(house: House) -> None:
    async def answer(code: str) -> type[DomainError]:
        with pytest.raises(DomainError) as caught:
            await house.pairing.redeem(code, "10.0.0.1", "0.1", "pc")
        return type(caught.value)

    first = await house.pairing.issue(SYSTEM, house.rooms["A1"])
    second = await house.pairing.issue(SYSTEM, house.rooms["A1"])
    assert await answer(first.code) is PairingCodeRevoked  # replaced by the newer one
    assert await answer(new_pairing_code()) is PairingCodeUnknown
    assert await answer("'; DROP TABLE endpoint; --") is PairingCodeUnknown
    house.clock.advance(TEN_DAYS_S)
    assert await answer(second.code) is PairingCodeExpired
    third = await house.pairing.issue(SYSTEM, house.rooms["A1"])
    await house.pairing.revoke_code(SYSTEM, house.rooms["A1"])
    assert await answer(third.code) is PairingCodeRevoked


async def test_of_two_machines_with_one_code_one_is_paired(house: House) -> None:
    slip = await house.pairing.issue(SYSTEM, house.rooms["A1"])
    results = await asyncio.gather(
        *(house.pairing.redeem(slip.code, "10.0.0.1", "0.1", f"pc{n}") for n in range(4)),
        return_exceptions=True,
    )
    assert sum(isinstance(result, tuple) for result in results) == 1
    assert sum(isinstance(result, PairingCodeUsed) for result in results) == 3


async def test_a_new_pairing_replaces_the_rooms_old_machine(house: House) -> None:
    old = (await house.pairing.redeem((await _code(house)), "10.0.0.1", "0.1", "old"))[1]
    new = (await house.pairing.redeem((await _code(house)), "10.0.0.1", "0.1", "new"))[1]
    with pytest.raises(CredentialRevoked):
        await house.pairing.authenticate(old)
    assert (await house.pairing.authenticate(new)).code == "R-A1"
    assert (await house.pairing.state(SYSTEM, house.rooms["A1"])).machine == "new"


@pytest.mark.parametrize("wrong", ["", "ep_", "ep_" + "x" * 43, "Bearer", "ep_" + "x" * 10**5, "ep_\ud800"])
async def test_an_invented_credential_is_unknown(house: House, wrong: str) -> None:
    with pytest.raises(CredentialUnknown):
        await house.pairing.authenticate(wrong)


async def test_revoking_ends_credential_ticket_and_browser(house: House) -> None:
    principal, credential = await house.pairing.redeem(await _code(house), "10.0.0.1", "0.1", "pc")
    cookie, _ = await house.kiosk.enter(await house.kiosk.ticket(principal, SessionId(5)))
    ticket = await house.kiosk.ticket(principal, SessionId(5))
    with house.db.bus.subscribe(MachineRevoked) as heard:
        await house.pairing.revoke_credentials(SYSTEM, house.rooms["A1"])
        event = await asyncio.wait_for(heard.get(), 30)
    assert event == MachineRevoked(house.rooms["A1"])
    with pytest.raises(CredentialRevoked):
        await house.pairing.authenticate(credential)
    with pytest.raises(TicketInvalid):
        await house.kiosk.enter(ticket)
    assert await house.kiosk.principal_of(cookie) is None


async def test_a_machine_and_a_browser_at_work_are_out_at_once(house: House) -> None:
    principal, credential = await house.pairing.redeem(await _code(house), "10.0.0.1", "0.1", "pc")
    cookie, _ = await house.kiosk.enter(await house.kiosk.ticket(principal, SessionId(5)))
    assert await house.pairing.authenticate(credential) == principal
    assert await house.kiosk.principal_of(cookie) is not None
    await house.pairing.revoke_credentials(SYSTEM, house.rooms["A1"])
    for _ in range(2):  # read, and then out of memory
        with pytest.raises(CredentialRevoked):
            await house.pairing.authenticate(credential)
        assert await house.kiosk.principal_of(cookie) is None


async def test_several_rooms_are_read_together_each_as_itself(house: House) -> None:
    known = []
    for room in ("A1", "B1"):
        slip = await house.pairing.issue(SYSTEM, house.rooms[room])
        known.append(await house.pairing.redeem(slip.code, "10.0.0.1", "0.1", "pc"))
    for _ in range(3):
        for principal, credential in known:
            assert await house.pairing.authenticate(credential) == principal
            house.clock.advance(6)


async def test_a_ticket_opens_one_browser_once_within_a_minute(house: House) -> None:
    principal, _ = await house.pairing.redeem(await _code(house), "10.0.0.1", "0.1", "pc")
    ticket = await house.kiosk.ticket(principal, SessionId(5))
    cookie, session = await house.kiosk.enter(ticket)
    assert session == 5
    found = await house.kiosk.principal_of(cookie)
    assert found is not None
    assert (found.endpoint, found.session_id) == (principal, 5)
    with pytest.raises(TicketInvalid):
        await house.kiosk.enter(ticket)
    late = await house.kiosk.ticket(principal, SessionId(5))
    house.clock.advance(60)
    with pytest.raises(TicketInvalid):
        await house.kiosk.enter(late)
    house.clock.advance(24 * 3600)
    assert await house.kiosk.principal_of(cookie) is None
    await house.kiosk.leave(cookie)


async def test_no_secret_is_stored_in_the_clear(house: House) -> None:
    slip = await house.pairing.issue(SYSTEM, house.rooms["A1"])
    principal, credential = await house.pairing.redeem(slip.code, "10.0.0.1", "0.1", "pc")
    ticket = await house.kiosk.ticket(principal, SessionId(5))
    cookie, _ = await house.kiosk.enter(ticket)
    secrets = {slip.code, slip.code.replace("-", ""), credential, ticket, cookie}
    async with house.db.reading() as tx:
        stored = {str(value) for column in (PairingCodeRow.code_hash, CredentialRow.token_hash,
                  KioskTicketRow.ticket_hash, KioskLoginRow.token_hash)
                  for value in await tx.scalars(select(column))}  # fmt: skip
    assert len(stored) == 4
    assert not stored & secrets


@pytest.mark.parametrize("role", list(Role))
async def test_pairing_needs_the_right_in_the_rooms_branch(house: House, role: Role) -> None:
    actor = house.actor(role, "A")
    for call in (house.pairing.issue, house.pairing.revoke_code, house.pairing.revoke_credentials):
        with pytest.raises(EndpointNotFound):
            await call(actor, house.rooms["B1"])
        if Permission.ENDPOINT_PAIR not in ROLE_PERMISSIONS[role]:
            with pytest.raises(Forbidden):
                await call(actor, house.rooms["A1"])
        else:
            await call(actor, house.rooms["A1"])
    with pytest.raises(UnitNotFound):
        await house.pairing.issue_sheet(actor, house.units["P"].id)


async def test_the_sheet_holds_the_branchs_unpaired_rooms(house: House) -> None:
    await house.pairing.redeem(await _code(house), "10.0.0.1", "0.1", "pc")
    operator = house.actor(Role.OPERATOR, "P")
    sheet = await house.pairing.issue_sheet(operator, house.units["P"].id)
    assert [slip.endpoint_code for slip in sheet] == ["R-A", "R-B", "R-B1", "R-P"]
    principal, _ = await house.pairing.redeem(sheet[2].code, "10.0.0.1", "0.1", "pc")
    assert principal.code == "R-B1"
    again = await house.pairing.issue_sheet(operator, house.units["A"].id, only_unpaired=False)
    assert [slip.endpoint_code for slip in again] == ["R-A", "R-A1"]


async def test_guessing_codes_is_slowed_down_and_success_is_not(house: House) -> None:
    now, key = house.clock.now(), address_key("2001:db8::1")
    async with house.db.transaction() as tx:
        count = PAIRING_BY_ADDRESS.free - 1
        tx.add(AttemptRow(kind=PAIRING_BY_ADDRESS.kind, key=key, count=count, since=now, last_at=now))
    with pytest.raises(PairingCodeUnknown):
        await house.pairing.redeem("2222-2222-2222", "2001:db8::1", "0.1", "pc")
    code = await _code(house)
    with pytest.raises(TooManyAttempts) as caught:  # the same /64
        await house.pairing.redeem(code, "2001:db8::2", "0.1", "pc")
    assert caught.value.params["retry_after_s"] == PAIRING_BY_ADDRESS.first_wait_s
    await house.pairing.redeem(code, "10.9.9.9", "0.1", "pc")
    house.clock.advance(PAIRING_BY_ADDRESS.first_wait_s)
    await house.pairing.redeem(await _code(house), "2001:db8::2", "0.1", "pc")


async def _code(house: House) -> str:
    return (await house.pairing.issue(SYSTEM, house.rooms["A1"])).code
