"""Webhooks by the pages and the API, inside and outside their branch."""

from __future__ import annotations

import re
from typing import Any

from aiohttp import CookieJar
from aiohttp.test_utils import TestClient, TestServer

from confhub.access.rules import SYSTEM
from confhub.accounts.values import GrantWish
from confhub.http.context import Services
from confhub.kernel.permissions import Role
from tests.plugins.website import PASSWORD, Province, Reader

HOOK = {"url": "https://nhan.example.vn/hook", "topics": ["session.started"]}


async def test_a_webhook_is_made_changed_and_removed_by_the_api(admin: Reader, province: Province) -> None:
    here = f"/api/v1/units/{province.left.id}/webhooks"
    status, made = await admin.call("POST", here, HOOK)
    assert (status, made["secret"].startswith("whsec_")) == (201, True)
    one = f"{here}/{made['id']}"
    found = await admin.client.get(one)
    assert made["secret"] not in await found.text()
    etag = found.headers["ETag"]
    assert (await admin.call("PUT", one, {**HOOK, "active": False}, **{"If-Match": etag}))[0] == 204
    assert (await admin.call("PUT", one, HOOK, **{"If-Match": etag}))[0] == 412
    assert (await admin.call("POST", f"{one}/test"))[0] == 409
    assert (await admin.call("PUT", one, HOOK))[0] == 204
    assert (await admin.call("POST", f"{one}/test"))[0] == 204
    assert (await admin.call("POST", f"{one}/rotate"))[1]["secret"] != made["secret"]
    assert [(hook["active"], hook["waiting"]) for hook in (await admin.call("GET", here))[1]] == [(True, 1)]
    for wrong, field in (
        ({**HOOK, "url": "http://127.0.0.1/"}, "url"),
        ({**HOOK, "url": "x"}, "url"),
        ({**HOOK, "topics": []}, "topics"),
    ):
        status, answer = await admin.call("POST", here, wrong)
        assert (status, answer["error"]["field"]) == (422, field)
    assert (await admin.call("DELETE", one))[0] == 204
    assert (await admin.call("GET", one))[0] == 404


async def test_another_branch_finds_nothing(
    admin: Reader, server: TestServer, services: Services, province: Province
) -> None:
    here = f"/api/v1/units/{province.left.id}/webhooks"
    _, made = await admin.call("POST", here, HOOK)
    grants = [GrantWish(Role.ADMINISTRATOR, province.right.id)]
    await services.accounts.create_account(SYSTEM, "right", PASSWORD, "Cán bộ", grants, "en")
    one = f"{here}/{made['id']}"
    calls: list[tuple[str, str, Any]] = [
        ("GET", here, None), ("POST", here, HOOK), ("GET", one, None), ("PUT", one, HOOK),
        ("POST", f"{one}/rotate", None), ("POST", f"{one}/test", None), ("DELETE", one, None),
    ]  # fmt: skip
    async with TestClient(server, cookie_jar=CookieJar(unsafe=True)) as client:
        stranger = Reader(client, headers={"Accept-Language": "en"})
        await stranger.log_in("right")
        for method, path, body in calls:
            status, answer = await stranger.call(method, path, body)
            assert (status, answer["error"]["code"]) == (404, "not_found"), (method, path)
        page = one.removeprefix("/api/v1")
        for path in (page, here.removeprefix("/api/v1")):
            assert (await stranger.get(path)).status == 404
            assert (await stranger.post(path, HOOK)).status == 404
        for step in ("rotate", "test", "remove"):
            assert (await stranger.post(f"{page}/{step}")).status == 404
        assert (await admin.call("GET", one))[1]["waiting"] == 0


async def test_a_webhook_goes_its_way_by_the_pages(admin: Reader, province: Province) -> None:
    here = f"/units/{province.left.id}/webhooks"
    await admin.get(here)
    refused = await admin.post(here, {**HOOK, "url": "http://10.0.0.1/", "active": "1"})
    assert (refused.status, "lies inside a network" in refused.text) == (422, True)
    made = await admin.post(here, {**HOOK, "active": "1"})
    secret = re.search(r"data-webhook-secret>(whsec_[^<]+)<", made.text)
    assert secret
    assert secret[1] not in (await admin.get(here)).text
    assert (await admin.post(f"{here}/1/test")).location == f"{here}/1?done=webhook_tried"
    shown = await admin.get(f"{here}/1")
    assert "1 waiting" in shown.text
    fresh = await admin.post(f"{here}/1/rotate")
    assert "whsec_" in fresh.text
    assert secret[1] not in fresh.text
    assert "signs as well until" in (await admin.get(f"{here}/1")).text
    assert (await admin.post(f"{here}/1", HOOK)).location == f"{here}/1?done=saved"
    assert (await admin.post(f"{here}/1/test")).status == 409, "its box was not ticked"
    assert (await admin.post(f"{here}/1/remove")).location == f"{here}?done=deleted"
