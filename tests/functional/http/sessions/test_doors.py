"""The API's doors with odd input: always a clear answer, never a fault of ours. And the stream of events."""

from __future__ import annotations

import json
from typing import Any

import pytest

IDS = ["0", "999999", "9" * 40, "abc", "-1", "%00", "1e3"]


@pytest.mark.parametrize("session_id", IDS)
async def test_an_id_that_is_none_is_not_found(admin: Any, session_id: str) -> None:
    for method, door in [
        ("GET", ""),
        ("GET", "/live"),
        ("POST", "/token"),
        ("POST", "/start"),
        ("GET", "/events"),
    ]:
        status, _ = await admin.call(
            method, f"/api/v1/sessions/{session_id}{door}", {} if method == "POST" else None
        )
        assert status == 404, (method, door)
    for page in ("", "/live", "/room", "/report", "/edit"):
        assert (await admin.get(f"/sessions/{session_id}{page}")).status == 404, page


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"title": "x"},
        {"title": 5, "unit_id": "x", "starts_at": "yesterday", "length_min": []},
        {"title": "x", "unit_id": 1, "starts_at": "2027-01-01T00:00:00", "length_min": 60},
        {"title": "\u0000", "unit_id": 1, "starts_at": "2027-01-01T00:00:00Z", "length_min": 60},
        {"title": "x", "unit_id": 1, "starts_at": "2027-01-01T00:00:00Z", "length_min": 60, "extra": 1},
        {"title": "x", "unit_id": 2**70, "starts_at": "9999-12-31T23:59:59Z", "length_min": 60},
    ],
)
async def test_a_body_that_is_wrong_is_refused_with_its_field(admin: Any, body: dict[str, Any]) -> None:
    status, answer = await admin.call("POST", "/api/v1/sessions", body)
    assert status == 422, answer
    assert answer["error"]["message"]


async def test_a_ticket_that_is_none_opens_nothing(reader: Any) -> None:
    answer = await reader.post("/kiosk/enter", {"ticket": "x" * 3000}, Origin="null")
    assert answer.status in (401, 403, 404, 410, 422)
    assert "Set-Cookie" not in answer.headers or "confhub_kiosk" not in answer.headers["Set-Cookie"]


async def test_the_live_page_hears_of_a_change(admin: Any, province: Any) -> None:
    status, made = await admin.call(
        "POST",
        "/api/v1/sessions",
        {
            "title": "Họp",
            "unit_id": province.top.id,
            "starts_at": "2027-01-15T08:00:00+07:00",
            "length_min": 60,
            "chair_endpoint_id": province.left_room.id,
            "participants": {"include_units": [province.top.id]},
        },
    )
    assert status == 201, made
    path = f"/api/v1/sessions/{made['session']['id']}"
    assert (await admin.call("POST", f"{path}/schedule"))[0] == 200
    async with admin.client.get(f"{path}/events") as stream:
        name, snapshot = await _event(stream)
        assert name == "snapshot"
        assert len(snapshot["rows"]) == 2
        assert (await admin.call("POST", f"{path}/cancel", {}))[0] == 200
        name, delta = await _event(stream)
        assert name == "delta"
        assert delta["session"]["state"] == "cancelled"
        assert "people" not in delta


async def _event(stream: Any) -> tuple[str, Any]:
    """The next event of a stream: its name and its data."""
    name = ""
    async for line in stream.content:
        text = line.decode().rstrip("\n")
        if text.startswith("event: "):
            name = text.removeprefix("event: ")
        if text.startswith("data: "):
            return name, json.loads(text.removeprefix("data: "))
    raise AssertionError("the stream ended")
