"""Every door of a session, tried by people inside and outside the branch."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import CookieJar
from aiohttp.test_utils import TestClient

from confhub.access.rules import SYSTEM
from confhub.accounts.values import GrantWish
from confhub.kernel.permissions import Role
from confhub.registry.values import EndpointDraft
from tests.plugins.website import PASSWORD, Reader


@pytest.fixture
async def left_session(admin: Any, province: Any, services: Any) -> int:
    """A scheduled session of the left district, with a room and its chair."""
    await services.registry.create_endpoint(
        SYSTEM, EndpointDraft("H44.01.02", "Hội trường xã Ấm Hạ", province.left.id)
    )
    status, details = await admin.call(
        "POST",
        "/api/v1/sessions",
        {
            "title": "Tập huấn huyện Hạ Hoà",
            "unit_id": province.left.id,
            "starts_at": "2027-01-15T08:00:00+07:00",
            "length_min": 60,
            "chair_endpoint_id": province.left_room.id,
            "participants": {"include_units": [province.left.id]},
        },
    )
    assert status == 201, details
    session_id = int(details["session"]["id"])
    status, details = await admin.call("POST", f"/api/v1/sessions/{session_id}/schedule")
    assert status == 200, details
    return session_id


@pytest.fixture
async def person(
    admin: Any, server: Any, services: Any, province: Any, request: pytest.FixtureRequest
) -> AsyncIterator[Any]:
    """A person with one role in one district, logged in; param: (role, "left" or "right")."""
    role, side = request.param
    unit = getattr(province, side)
    await services.accounts.create_account(
        SYSTEM, username="someone", password=PASSWORD, display_name="Someone", language="en",
        grants=[GrantWish(role, unit.id)],
    )  # fmt: skip
    async with TestClient(server, cookie_jar=CookieJar(unsafe=True)) as client:
        made = Reader(client, headers={"Accept-Language": "en"})
        await made.log_in("someone")
        yield made


DOORS = [
    ("GET", "", 200),
    ("GET", "/live", 200),
    ("GET", "/standing", 200),
    ("GET", "/report", 200),
    ("POST", "/open-lobby", 200),
    ("POST", "/call", 200),
    ("POST", "/stage/next", 200),
]


@pytest.mark.parametrize("person", [(Role.ORGANIZER, "left")], indirect=True)
async def test_an_organizer_controls_a_session_of_the_own_branch(person: Any, left_session: int) -> None:
    for method, door, wanted in [("GET", "", 200), ("GET", "/live", 200), ("GET", "/standing", 200)]:
        status, body = await person.call(method, f"/api/v1/sessions/{left_session}{door}")
        assert status == wanted, (door, body)
    assert (await person.get(f"/sessions/{left_session}/live")).status == 200
    assert (await person.get(f"/sessions/{left_session}/edit")).status == 200
    status, body = await person.call("POST", f"/api/v1/sessions/{left_session}/cancel", {})
    assert status == 200, body
    assert body["state"] == "cancelled"


@pytest.mark.parametrize("person", [(Role.ORGANIZER, "right"), (Role.ADMINISTRATOR, "right")], indirect=True)
async def test_nobody_outside_the_branch_finds_the_session(person: Any, left_session: int) -> None:
    for method, door, _wanted in DOORS:
        body = {} if method == "POST" else None
        status, _ = await person.call(method, f"/api/v1/sessions/{left_session}{door}", body)
        assert status in (403, 404), (method, door, status)
    for page in ("", "/edit", "/live", "/room", "/report", "/report.csv", "/events"):
        prefix = "/api/v1" if page == "/events" else ""
        answer = await person.get(f"{prefix}/sessions/{left_session}{page}")
        assert answer.status in (403, 404), (page, answer.status)


@pytest.mark.parametrize("person", [(Role.VIEWER, "left"), (Role.OPERATOR, "left")], indirect=True)
async def test_who_may_only_look_gives_no_orders(person: Any, left_session: int) -> None:
    assert (await person.get(f"/sessions/{left_session}/live")).status == 200
    assert (await person.get(f"/sessions/{left_session}/edit")).status == 403
    for step in ("schedule", "open-lobby", "start", "end", "cancel", "archive"):
        status, _ = await person.call("POST", f"/api/v1/sessions/{left_session}/{step}", {})
        assert status in (403, 404), step
    for method, door in [
        ("PUT", "/stage/room:H44.01.01"),
        ("DELETE", "/stage/room:H44.01.01"),
        ("POST", "/participants/room:H44.01.01/remove"),
        ("POST", "/participants/room:H44.01.01/let-in"),
        ("DELETE", "/hands/room:H44.01.01"),
        ("POST", "/stage/next"),
    ]:
        status, _ = await person.call(method, f"/api/v1/sessions/{left_session}{door}")
        assert status in (403, 404), door


async def test_a_stranger_is_sent_to_the_log_in(reader: Any) -> None:
    for page in ("/sessions", "/sessions/new", "/sessions/1", "/sessions/1/live", "/sessions/1/room"):
        answer = await reader.get(page)
        assert answer.status == 303
        assert answer.location.startswith("/login")
    assert (await reader.call("GET", "/api/v1/sessions"))[0] == 401
