"""A request that is sent twice under one Idempotency-Key is carried out once."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import CookieJar
from aiohttp.test_utils import TestClient, TestServer

from confhub.access.rules import SYSTEM, Actor
from confhub.accounts.values import GrantWish
from confhub.http.context import Services
from confhub.idempotency import errors
from confhub.idempotency.limits import KEYS_MAX
from confhub.idempotency.service import Answered, IdempotencyService, clean_key
from confhub.kernel.clock import ManualClock
from confhub.kernel.ids import AccountId
from confhub.kernel.permissions import Role
from confhub.registry.values import EndpointDraft
from tests.plugins.scheduling import Desk
from tests.plugins.sessions import ORGANIZER
from tests.plugins.website import PASSWORD, Province, Reader

KEY = {"Idempotency-Key": '"8e03978e-40d5-43e8-bc93-6894a57f9324"'}
OTHER = {"Idempotency-Key": "8e03978e-40d5-43e8-bc93-000000000000"}


def form(province: Province, **changed: Any) -> dict[str, Any]:
    return {
        "title": "Giao ban", "unit_id": province.left.id, "chair_endpoint_id": province.left_room.id,
        "participants": {"include_units": [province.left.id]}, "starts_at": "2027-02-02T08:00:00+07:00",
        "length_min": 60, **changed,
    }  # fmt: skip


@pytest.fixture
async def province(province: Province, services: Services) -> Province:
    """Its left district has a room besides the chair."""
    draft = EndpointDraft("H44.01.02", "Hội trường xã Ấm Hạ", province.left.id)
    await services.registry.create_endpoint(SYSTEM, draft)
    return province


async def count(reader: Reader) -> int:
    return int((await reader.call("GET", "/api/v1/sessions"))[1]["total"])


async def test_the_same_again_is_answered_as_it_was_and_made_once(admin: Reader, province: Province) -> None:
    first = await admin.call("POST", "/api/v1/sessions", form(province), **KEY)
    again = await admin.call("POST", "/api/v1/sessions", form(province), **KEY)
    assert (first[0], first) == (201, again)
    assert await count(admin) == 1
    unquoted = {"Idempotency-Key": KEY["Idempotency-Key"].strip('"')}
    assert await admin.call("POST", "/api/v1/sessions", form(province), **unquoted) == first
    status, answer = await admin.call("POST", "/api/v1/sessions", form(province, title="Khác"), **KEY)
    assert (status, answer["error"]["code"]) == (422, "idempotency_key_reused")
    status, _ = await admin.call("POST", "/api/v1/sessions", form(province, title="Khác"), **OTHER)
    assert (status, await count(admin)) == (201, 2)
    key = first[1]["session"]["id"]
    scheduled = {"Idempotency-Key": "schedule"}
    for _ in range(2):
        assert (await admin.call("POST", f"/api/v1/sessions/{key}/schedule", **scheduled))[0] == 200


async def test_a_series_is_planned_once(admin: Reader, province: Province) -> None:
    wanted = {"session": form(province), "rule": {"every": "week", "count": 3}}
    first = await admin.call("POST", "/api/v1/series", wanted, **KEY)
    assert first[0] == 201, first
    dates = await count(admin)
    assert await admin.call("POST", "/api/v1/series", wanted, **KEY) == first
    assert await count(admin) == dates > 1


async def test_what_is_refused_frees_the_key(admin: Reader, province: Province) -> None:
    wrong = form(province, unit_id=999)
    assert (await admin.call("POST", "/api/v1/sessions", wrong, **KEY))[0] in (404, 422)
    assert (await admin.call("POST", "/api/v1/sessions", {"title": 1}, **KEY))[0] == 422
    assert (await admin.call("POST", "/api/v1/sessions", form(province), **KEY))[0] == 201


@pytest.mark.parametrize("key", ["", '""', "x" * 201, "a b", "ă"])
async def test_a_key_that_cannot_be_read_is_refused(admin: Reader, province: Province, key: str) -> None:
    status, answer = await admin.call("POST", "/api/v1/sessions", form(province), **{"Idempotency-Key": key})
    assert (status, answer["error"]["code"]) == (422, "idempotency_key_invalid")
    assert await count(admin) == 0


async def test_a_key_is_its_account_s_alone(
    admin: Reader, server: TestServer, services: Services, province: Province
) -> None:
    await admin.call("POST", "/api/v1/sessions", form(province, title="Kín"), **KEY)
    grants = [GrantWish(Role.ORGANIZER, province.left.id)]
    await services.accounts.create_account(SYSTEM, "left", PASSWORD, "Cán bộ", grants, "en")
    async with TestClient(server, cookie_jar=CookieJar(unsafe=True)) as client:
        other = Reader(client, headers={"Accept-Language": "en"})
        await other.log_in("left")
        status, made = await other.call("POST", "/api/v1/sessions", form(province), **KEY)
        assert (status, made["session"]["title"]) == (201, "Giao ban")
        stranger = Reader(client, headers={"Accept-Language": "en"})
        assert (await stranger.call("POST", "/api/v1/sessions", form(province), **KEY))[0] == 403


async def test_two_at_once_make_one(admin: Reader, province: Province) -> None:
    answers = await asyncio.gather(
        *(admin.call("POST", "/api/v1/sessions", form(province), **KEY) for _ in range(5))
    )
    assert {status for status, _ in answers} <= {201, 409}
    assert len({body["session"]["id"] for status, body in answers if status == 201}) == 1
    assert await count(admin) == 1


@pytest.mark.both_databases
async def test_a_key_holds_for_a_day_and_so_many_are_kept(desk: Desk, clock: ManualClock) -> None:
    keys = IdempotencyService(desk.db, clock)
    assert await keys.begin(ORGANIZER, "a", b"1") is None
    with pytest.raises(errors.KeyInProgress):
        await keys.begin(ORGANIZER, "a", b"1")
    with pytest.raises(errors.KeyReused):
        await keys.begin(ORGANIZER, "a", b"2")
    await keys.done(ORGANIZER, "a", Answered(201, "{}", '"v"'))
    assert await keys.begin(ORGANIZER, "a", b"1") == Answered(201, "{}", '"v"')
    assert await keys.begin(Actor(AccountId(2), "B", "vi"), "a", b"2") is None
    clock.advance(timedelta(hours=24).total_seconds())
    assert await keys.begin(ORGANIZER, "a", b"2") is None, "its day is over"
    await keys.refused(ORGANIZER, "a")
    assert await keys.begin(ORGANIZER, "a", b"3") is None
    await keys.forget_over()


async def test_an_account_s_keys_are_bounded(desk: Desk, clock: ManualClock) -> None:
    keys = IdempotencyService(desk.db, clock)
    for number in range(KEYS_MAX):
        assert await keys.begin(ORGANIZER, f"k{number}", b"1") is None
    with pytest.raises(errors.TooManyKeys):
        await keys.begin(ORGANIZER, "one-more", b"1")


def test_a_key_is_the_same_in_its_quotes_and_without() -> None:
    assert clean_key('"a-b"') == clean_key(" a-b ") == "a-b"
