"""A room's bandwidth for one session, by the API that the live page uses."""

from __future__ import annotations

from typing import Any


async def test_a_rooms_bandwidth_is_set_for_the_session_and_given_back(admin: Any, province: Any) -> None:
    room = province.right_room
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
    await admin.call("POST", f"{path}/schedule")

    async def profiles() -> tuple[str, str]:
        _, live = await admin.call("GET", f"{path}/live")
        row = next(row for row in live["rows"] if row["endpoint_id"] == room.id)
        return row["profile"], row["own_profile"]

    assert await profiles() == ("full", "full")
    for wanted, holds in (("audio", "audio"), ("low", "low"), (None, "full")):
        status, _ = await admin.call("PUT", f"{path}/rooms/{room.id}/profile", {"profile": wanted})
        assert status in (200, 204)
        assert await profiles() == (holds, "full")
    status, answer = await admin.call("PUT", f"{path}/rooms/999/profile", {"profile": "low"})
    assert (status, answer["error"]["code"]) == (404, "not_in_session")
    assert (await admin.call("GET", f"{path}/quality"))[1] == {"sample_s": 5, "rooms": []}
    status, series = await admin.call("GET", f"{path}/rooms/{room.id}/quality")
    assert (status, series) == (200, {"endpoint_id": room.id, "samples": []})
    page = (await admin.get(f"/sessions/{made['session']['id']}/live")).text
    assert 'id="panel-profile"' in page
