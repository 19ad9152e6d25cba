"""A machine that is not paired shows a code; somebody types it on the hub's page: the whole way over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import CookieJar
from aiohttp.test_utils import TestClient, TestServer
from sqlalchemy import func, select

from confhub.access.rules import SYSTEM, Actor, Grant
from confhub.db.database import Database
from confhub.http.context import Services
from confhub.jobs.sweeping import sweep_pairing
from confhub.kernel.clock import ManualClock
from confhub.kernel.errors import Forbidden
from confhub.kernel.ids import AccountId
from confhub.kernel.permissions import Role
from confhub.registry import asking
from confhub.registry.errors import EndpointNotFound, PairingPlacesTaken, PairingRequestGone, ScreenCodeTaken
from confhub.registry.models import PairingRequestRow
from confhub.registry.rules import ASKING_EACH, ASKING_TTL_S, POLL_EVERY_S, new_screen_code, plain_screen_code
from tests.plugins.website import Province, Reader

DOOR = "/api/v1/endpoint/pairing-requests"


@pytest.fixture
async def machine(server: TestServer) -> AsyncIterator[Reader]:
    """A room's machine: no cookie, no token."""
    async with TestClient(server, cookie_jar=CookieJar(unsafe=True)) as client:
        yield Reader(client)


async def ask(machine: Reader) -> dict[str, Any]:
    status, asked = await machine.call("POST", DOOR, {"version": "0.1.0", "machine": "hall-pc"})
    assert status == 200
    return dict(asked)


async def poll(machine: Reader, asked: dict[str, Any], clock: ManualClock) -> tuple[int, Any]:
    clock.advance(POLL_EVERY_S)
    return await machine.call("POST", f"{DOOR}/token", {"device_code": asked["device_code"]})


def code_of(answer: tuple[int, Any]) -> tuple[int, str]:
    return answer[0], answer[1]["error"]["code"]


def test_a_screen_s_code_has_no_look_alikes_and_forgives_how_it_is_typed() -> None:
    code = new_screen_code()
    assert (len(code), code[4]) == (9, "-")
    assert not set(code) & set("AEIOU0123456789")
    assert plain_screen_code(f" {code.lower().replace('-', ' ')} ") == code.replace("-", "")
    assert plain_screen_code(code[:-1]) is None
    assert plain_screen_code("AAAAAAAA") is None
    assert plain_screen_code("B" * 10**6) is None


async def test_a_typed_and_confirmed_code_gives_the_waiting_machine_the_room_s_credential(
    admin: Reader, machine: Reader, province: Province, services: Services, clock: ManualClock
) -> None:
    room = province.left_room
    asked = await ask(machine)
    assert asked["verification_uri"].endswith("/pairing")
    assert (await poll(machine, asked, clock))[1]["status"] == "waiting"

    await admin.get(f"/endpoints/{room.id}")
    question = await admin.post(f"/endpoints/{room.id}/screen-code", {"code": asked["user_code"].lower()})
    assert f"Pair {room.name} with the machine at address 127.0.0.1, which asked at" in question.text
    assert "hall-pc" in question.text
    assert (await poll(machine, asked, clock))[1]["status"] == "waiting"  # typed is not yet confirmed
    done = await admin.post(f"/endpoints/{room.id}/screen-code/approve", {"code": asked["user_code"]})
    assert done.location == f"/endpoints/{room.id}?done=machine_approved"

    status, paired = await poll(machine, asked, clock)
    assert (status, paired["status"], paired["endpoint"]["code"]) == (200, "paired", room.code)
    assert (await services.pairing.authenticate(paired["credential"])).endpoint_id == room.id
    assert code_of(await poll(machine, asked, clock)) == (410, "pairing_request_expired")  # once
    trail = (await admin.get("/audit")).text
    assert "Machine approved by the code on its screen" in trail
    assert "Machine paired" in trail
    used = await admin.post(f"/endpoints/{room.id}/screen-code", {"code": asked["user_code"]})
    assert (used.status, "No waiting machine shows this code." in used.text) == (404, True)


async def test_the_machine_before_is_revoked_when_the_new_one_takes_its_credential(
    admin: Reader, machine: Reader, province: Province, services: Services, clock: ManualClock
) -> None:
    room = province.left_room.id
    slip = await services.pairing.issue(SYSTEM, province.left_room.id)
    _, before = await services.pairing.redeem(slip.code, "10.0.0.1", "0.1", "old-pc")
    asked = await ask(machine)
    question = await admin.call("POST", f"/api/v1/endpoints/{room}/screen-code", {"code": asked["user_code"]})
    assert (question[0], question[1]["machine"], question[1]["address"]) == (200, "hall-pc", "127.0.0.1")
    page = await admin.post(f"/endpoints/{room}/screen-code", {"code": asked["user_code"]})
    assert "present machine is revoked" in page.text
    sent = {"code": asked["user_code"]}
    assert (await admin.call("POST", f"/api/v1/endpoints/{room}/screen-code/approve", sent))[0] == 204
    assert (await services.pairing.authenticate(before)).endpoint_id == room  # works until the other is there
    assert (await poll(machine, asked, clock))[1]["status"] == "paired"
    old = await machine.call(
        "POST", "/api/v1/endpoint/ticket", {"session": 1}, Authorization=f"Bearer {before}"
    )
    assert code_of(old) == (403, "credential_revoked")


async def test_the_question_comes_from_the_pairing_page_as_well(
    admin: Reader, machine: Reader, province: Province
) -> None:
    asked = await ask(machine)
    page = await admin.get("/pairing")
    assert f'<option value="{province.right_room.id}">' in page.text
    wrong = {"code": "BBBB-BBBB", "endpoint_id": str(province.right_room.id)}
    answer = await admin.post("/pairing/screen-code", wrong)
    assert (answer.status, "No waiting machine shows this code." in answer.text) == (404, True)
    assert f'<option value="{province.right_room.id}" selected>' in answer.text
    question = await admin.post("/pairing/screen-code", {**wrong, "code": asked["user_code"]})
    assert (question.status, f"/endpoints/{province.right_room.id}/screen-code/approve" in question.text) == (
        200,
        True,
    )
    assert (await admin.get("/pairing/screen-code")).location == "/pairing"


async def test_a_code_that_nobody_typed_in_ten_minutes_is_dead_on_both_sides(
    admin: Reader, machine: Reader, province: Province, hub_database: Database, clock: ManualClock
) -> None:
    asked = await ask(machine)
    clock.advance(ASKING_TTL_S)
    assert code_of(await poll(machine, asked, clock)) == (410, "pairing_request_expired")
    page = await admin.post(f"/endpoints/{province.left_room.id}/screen-code", {"code": asked["user_code"]})
    assert page.status == 404
    await sweep_pairing(hub_database, clock)
    async with hub_database.reading() as tx:
        assert await tx.scalar(select(func.count()).select_from(PairingRequestRow)) == 0


async def test_a_refused_machine_is_told_and_an_approved_one_cannot_be_given_to_a_second_room(
    admin: Reader, machine: Reader, province: Province, services: Services, clock: ManualClock
) -> None:
    refused, approved = await ask(machine), await ask(machine)
    left, right = province.left_room.id, province.right_room.id
    await admin.get("/profile")
    await admin.post(f"/endpoints/{left}/screen-code/refuse", {"code": refused["user_code"]})
    assert code_of(await poll(machine, refused, clock)) == (403, "pairing_request_refused")
    await admin.post(f"/endpoints/{left}/screen-code/approve", {"code": approved["user_code"]})
    with pytest.raises(ScreenCodeTaken):
        await services.asking.approve(SYSTEM, right, approved["user_code"], "10.0.0.1")
    answer = await admin.post(f"/endpoints/{right}/screen-code/approve", {"code": approved["user_code"]})
    assert (answer.status, "has been assigned already" in answer.text) == (409, True)
    await admin.post(f"/endpoints/{left}/pairing-code/revoke")  # what was approved and not fetched goes, too
    assert code_of(await poll(machine, approved, clock)) == (410, "pairing_request_expired")


async def test_only_who_may_pair_in_the_room_s_branch_types_its_code(
    machine: Reader, province: Province, services: Services
) -> None:
    asked = await ask(machine)
    left = province.left

    def somebody(role: Role) -> Actor:
        return Actor(AccountId(1), "ai đó", "vi", (Grant(role, left.id, left.path),))

    for deed in (services.asking.find, services.asking.approve, services.asking.refuse):
        with pytest.raises(EndpointNotFound):
            await deed(somebody(Role.OPERATOR), province.right_room.id, asked["user_code"], "10.0.0.1")
        with pytest.raises(Forbidden):
            await deed(somebody(Role.VIEWER), province.left_room.id, asked["user_code"], "10.0.0.1")
    rooms = await services.asking.choices(somebody(Role.OPERATOR))
    assert [room.id for room in rooms] == [province.left_room.id]
    assert await services.asking.choices(somebody(Role.VIEWER)) == []
    found = await services.asking.find(
        somebody(Role.OPERATOR), province.left_room.id, asked["user_code"], "10.0.0.1"
    )
    assert found.machine == "hall-pc"


async def test_guessing_codes_makes_the_account_wait_and_nobody_else(
    admin: Reader, machine: Reader, province: Province, services: Services, clock: ManualClock
) -> None:
    path = f"/api/v1/endpoints/{province.left_room.id}/screen-code"
    await admin.get("/profile")
    answers = [await admin.call("POST", path, {"code": "BBBB-BBBB"}) for _ in range(asking.BY_ACCOUNT.free)]
    assert {code_of(answer) for answer in answers} == {(404, "screen_code_unknown")}
    asked = await ask(machine)
    sent = {"code": asked["user_code"]}
    assert code_of(await admin.call("POST", path, sent)) == (429, "too_many_attempts")
    assert code_of(await admin.call("POST", f"{path}/approve", sent)) == (429, "too_many_attempts")
    await services.asking.find(SYSTEM, province.left_room.id, asked["user_code"], "127.0.0.1")
    clock.advance(asking.BY_ACCOUNT.first_wait_s)
    assert (await admin.call("POST", path, sent))[0] == 200


async def test_a_machine_that_asks_too_often_is_slowed_down_and_not_put_out(
    machine: Reader, clock: ManualClock
) -> None:
    asked = await ask(machine)
    assert (await poll(machine, asked, clock))[0] == 200
    too_fast = await machine.call("POST", f"{DOOR}/token", {"device_code": asked["device_code"]})
    assert code_of(too_fast) == (429, "slow_down")
    assert (await poll(machine, asked, clock))[0] == 200
    unknown = await machine.call("POST", f"{DOOR}/token", {"device_code": "x" * 43})
    assert code_of(unknown) == (410, "pairing_request_expired")


async def test_a_flood_of_machines_is_capped_by_network_and_in_all(
    machine: Reader, services: Services, hub_database: Database, clock: ManualClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    for _ in range(ASKING_EACH):
        await services.asking.ask("127.0.0.1", "0.1", "pc")
    status, answer = await machine.call("POST", DOOR, {"version": "0.1.0"})
    assert (status, answer["error"]["code"]) == (429, "pairing_places_taken")
    monkeypatch.setattr(asking, "ASKING_IN_ALL", ASKING_EACH + 2)
    await services.asking.ask("2001:db8::1", "0.1", "pc")
    await services.asking.ask("10.0.0.2", "0.1", "pc")
    with pytest.raises(PairingPlacesTaken):
        await services.asking.ask("10.0.0.3", "0.1", "pc")
    clock.advance(ASKING_TTL_S)
    await ask(machine)  # the places are free again, and the old rows gone
    async with hub_database.reading() as tx:
        assert await tx.scalar(select(func.count()).select_from(PairingRequestRow)) == 1


async def test_nothing_but_hashes_of_the_codes_is_kept(
    machine: Reader, services: Services, hub_database: Database
) -> None:
    asked = await ask(machine)
    async with hub_database.reading() as tx:
        row = (await tx.execute(select(PairingRequestRow.__table__))).one()
    kept = " ".join(str(value) for value in row)
    assert asked["device_code"] not in kept
    assert asked["user_code"].replace("-", "") not in kept
    with pytest.raises(PairingRequestGone):
        await services.asking.poll("x" * 10_000)
