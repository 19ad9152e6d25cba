"""The tablet's pages: who is let in by a code, what is refused, and where the service worker may stand."""

from __future__ import annotations

import re
from typing import Any

import pytest
from aiohttp import ClientResponse
from aiohttp.test_utils import TestClient

from confhub.access.rules import SYSTEM
from confhub.http.context import TABLET_COOKIE
from confhub.kernel.ids import EndpointId
from tests.plugins.checkin import ROOM, Hall

pytestmark = pytest.mark.asyncio


async def post(client: TestClient[Any, Any], path: str, **fields: str) -> ClientResponse:
    """Send a form of the tablet's first page."""
    page = await (await client.get("/tablet")).text()
    token = re.search(r'name="csrf-token" content="([^"]+)"', page)
    assert token is not None
    answer: ClientResponse = await client.post(
        path, data={"csrf_token": token[1], **fields}, allow_redirects=False
    )
    return answer


async def status(client: TestClient[Any, Any], path: str) -> int:
    answer = await client.get(path, allow_redirects=False)
    return int(answer.status)


@pytest.mark.both_databases
async def test_a_code_makes_a_browser_the_room_s_tablet_until_it_leaves(hall: Hall) -> None:
    slip = await hall.services.tablets.issue(SYSTEM, EndpointId(ROOM))
    async with hall.phone() as client:
        assert await status(client, "/tablet/sessions/1") == 303
        entered = await post(client, "/tablet", code=slip.code.lower(), name="Cửa trái")
        cookie = next(one for one in entered.headers.getall("Set-Cookie") if one.startswith(TABLET_COOKIE))
        assert (entered.status, entered.headers["Location"]) == (303, "/tablet")
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie
        assert [await status(client, f"/tablet/sessions/{one}") for one in ("1", "99", "0")] == [
            200,
            404,
            404,
        ]
        assert (await post(client, "/tablet/leave")).status == 303
        assert await status(client, "/tablet/sessions/1") == 303


async def test_a_wrong_code_is_told_at_its_field(hall: Hall) -> None:
    async with hall.phone() as client:
        for code in ("", "x", "ABCD-EFGH-JKLM", "А" * 60, "x" * 61):
            answer = await post(client, "/tablet", code=code)
            assert 400 <= answer.status < 500
            assert 'id="f-code-note"' in await answer.text()
            assert TABLET_COOKIE not in answer.headers.get("Set-Cookie", "")


@pytest.mark.both_databases
async def test_a_revoked_tablet_is_asked_for_a_code_again(hall: Hall) -> None:
    slip = await hall.services.tablets.issue(SYSTEM, EndpointId(ROOM))
    async with hall.phone() as client:
        await post(client, "/tablet", code=slip.code)
        newest = (await hall.services.tablets.list(SYSTEM, EndpointId(ROOM)))[0]
        await hall.services.tablets.revoke(SYSTEM, newest.id)
        assert await status(client, "/tablet/sessions/1") == 303
        assert 'name="code"' in await (await client.get("/tablet")).text()


async def test_nobody_chooses_a_room_without_a_login(hall: Hall) -> None:
    async with hall.phone() as client:
        for query in (f"endpoint={ROOM}", "endpoint=x", "endpoint=-1"):
            page = await client.get(f"/tablet?{query}")
            assert page.status == 200
            assert "Ấm Hạ" not in await page.text()


async def test_the_service_worker_may_stand_over_the_tablet_s_pages_only(hall: Hall) -> None:
    async with hall.phone() as client:
        answer = await client.get("/tablet/sw.js")
        assert answer.status == 200
        assert answer.headers["Service-Worker-Allowed"] == "/tablet"
        assert answer.headers["Content-Type"].startswith("text/javascript")
        assert answer.headers["Cache-Control"] == "no-cache"
        assert "unsafe-inline" not in answer.headers["Content-Security-Policy"]
