"""The officers' JSON door of a session's plan: policy, breaks, prompts; by branch."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import CookieJar
from aiohttp.test_utils import TestClient

from confhub.access.rules import SYSTEM
from confhub.accounts.values import GrantWish
from confhub.kernel.ids import UnitId
from confhub.kernel.permissions import Role
from tests.plugins.checkin import Hall
from tests.plugins.website import PASSWORD, Reader

SESSION = "/api/v1/sessions/1"


@pytest.fixture
async def officer(hall: Hall) -> AsyncIterator[Reader]:
    """A browser; the province's and a district's officers have accounts."""
    for name, role, unit in (
        ("quan-tri", Role.ADMINISTRATOR, None),
        ("can-bo", Role.TRAINING_OFFICER, UnitId(1)),
        ("huyen", Role.TRAINING_OFFICER, UnitId(2)),
    ):
        await hall.services.accounts.create_account(
            SYSTEM, name, PASSWORD, name, [GrantWish(role, unit)], "en"
        )
    async with TestClient(hall.server, cookie_jar=CookieJar(unsafe=True)) as client:
        yield Reader(client, headers={"Accept-Language": "en"})


async def call(reader: Reader, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    headers = {"X-CSRF-Token": reader.token, "Accept-Language": "en"}
    async with reader.client.request(method, SESSION + path, json=body, headers=headers) as answer:
        return answer.status, await answer.json() if answer.status != 204 else None


@pytest.mark.both_databases
async def test_policy_breaks_and_prompts_by_json(officer: Reader, hall: Hall) -> None:
    await officer.log_in("can-bo")
    wanted = {"ways": ["tablet", "qr"], "scan_margin_s": 30, "prompts": 2, "complete_percent": 75}
    status, stored = await call(officer, "PUT", "/checkin/policy", wanted)
    assert (status, stored["ways"], stored["secret"]) == (200, ["tablet", "qr"], "")
    status, wrong = await call(officer, "PUT", "/checkin/policy", {**wanted, "scan_margin_s": 999})
    assert (status, "margin_out_of_range" in str(wrong)) == (422, True)
    hall.house.clock.advance(60)
    assert (await call(officer, "POST", "/breaks/begin"))[0] == 201
    status, again = await call(officer, "POST", "/breaks/begin")
    assert (status, again["error"]["code"]) == (409, "break_open")
    hall.house.clock.advance(60)
    status, ended = await call(officer, "POST", "/breaks/end")
    assert status == 200
    assert (await call(officer, "POST", "/prompts"))[0] == 201
    status, plan = await call(officer, "GET", "/checkin/plan")
    assert (status, len(plan["breaks"]), len(plan["prompts"])) == (200, 1, 1)
    assert plan["policy"]["secret"] == ""
    assert (await call(officer, "DELETE", f"/breaks/{ended['id']}"))[0] == 204
    assert (await call(officer, "DELETE", f"/breaks/{ended['id']}"))[0] == 404


async def test_another_branch_may_look_and_change_nothing(officer: Reader) -> None:
    await officer.log_in("huyen")
    status, plan = await call(officer, "GET", "/checkin/plan")
    assert (status, plan["may_set"], plan["may_run"]) == (200, False, False)
    for method, path, body in (
        ("PUT", "/checkin/policy", {"ways": ["qr"]}),
        ("POST", "/breaks/begin", None),
        ("POST", "/prompts", None),
    ):
        status, _ = await call(officer, method, path, body)
        assert status == 403, path
