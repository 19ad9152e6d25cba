"""Planning a session by form: what is right is saved, what is wrong is said in place, nothing is lost."""

from __future__ import annotations

from typing import Any

import pytest

FORM: dict[str, Any] = {
    "title": "Giao ban tuần",
    "kind": "meeting",
    "start_date": "2027-01-15",
    "start_time": "08:00",
    "length_min": "90",
    "lobby_min": "30",
    "late_min": "5",
    "left_early_min": "5",
    "overrun_min": "30",
    "auto_end": "1",
}


@pytest.fixture
def form(province: Any) -> dict[str, Any]:
    """A form that is right in every field."""
    return FORM | {
        "unit_id": str(province.top.id),
        "include_units": str(province.top.id),
        "chair_endpoint_id": str(province.left_room.id),
    }


async def test_a_session_is_planned_and_scheduled_in_one_go(admin: Any, form: dict[str, Any]) -> None:
    answer = await admin.post("/sessions/new", form | {"then": "schedule"})
    assert answer.status == 303, answer.text
    assert answer.location.endswith("?done=scheduled")
    page = await admin.get(answer.location)
    assert "Giao ban tuần" in page.text
    assert "<strong>2</strong>" in page.text


async def test_hours_are_those_of_the_house(admin: Any, form: dict[str, Any], services: Any) -> None:
    answer = await admin.post("/sessions/new", form)
    status, details = await admin.call("GET", "/api/v1" + answer.location.split("?")[0])
    assert status == 200
    assert details["session"]["starts_at"].startswith("2027-01-15T01:00:00")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", ""),
        ("title", "x" * 5000),
        ("kind", "party"),
        ("unit_id", "999999"),
        ("unit_id", "x"),
        ("start_date", "2027-02-30"),
        ("start_date", "1999-01-01"),
        ("start_time", "25:00"),
        ("length_min", "0"),
        ("length_min", "999999999999999999999"),
        ("length_min", "two hours"),
        ("lobby_min", "-1"),
        ("late_min", "99999"),
        ("chair_endpoint_id", "424242"),
        ("include_units", "31337"),
        ("include_endpoints", "not-a-number"),
    ],
)
async def test_a_field_at_fault_is_named_and_the_rest_is_kept(
    admin: Any, form: dict[str, Any], field: str, value: str
) -> None:
    await admin.get("/sessions/new")
    answer = await admin.post("/sessions/new", form | {"length_min": "87", field: value, "then": "schedule"})
    assert answer.status == 422, answer.text
    assert "invalid-feedback" in answer.text or 'class="alert alert-danger"' in answer.text
    assert 'value="87"' in answer.text or field == "length_min"
    assert "Giao ban tuần" in answer.text or field == "title"


async def test_a_form_that_is_no_form_is_refused(admin: Any) -> None:
    answer = await admin.client.post(
        "/sessions/new",
        data=b"\xff\xfe\x00",
        headers={"X-CSRF-Token": admin.token, "Content-Type": "application/x-www-form-urlencoded"},
    )
    assert answer.status in (403, 422)


async def test_a_copy_is_a_draft_with_the_same_rooms(admin: Any, form: dict[str, Any]) -> None:
    made = await admin.post("/sessions/new", form | {"then": "schedule"})
    path = made.location.split("?")[0]
    await admin.get(path)
    copied = await admin.post(f"{path}/copy", {"starts_at": "1/2/2027 9:00"})
    assert copied.status == 303, copied.text
    page = await admin.get(copied.location)
    assert "Giao ban tuần" in page.text
    assert 'value="01/02/2027"' in page.text


async def test_a_step_that_the_state_does_not_allow_says_so(admin: Any, form: dict[str, Any]) -> None:
    made = await admin.post("/sessions/new", form)
    path = made.location.split("?")[0]
    await admin.get(path)
    answer = await admin.post(f"{path}/end")
    assert answer.status == 409
    assert "alert-danger" in answer.text


async def test_a_cancelled_session_is_not_offered_for_editing_and_says_that_it_is_over(
    admin: Any, form: dict[str, Any]
) -> None:
    made = await admin.post("/sessions/new", form | {"then": "schedule"})
    path = made.location.split("?")[0]
    await admin.get(path)
    await admin.post(f"{path}/cancel", {"reason": ""})
    assert f'href="{path}/edit"' not in (await admin.get(path)).text
    assert (await admin.get(f"{path}/edit")).status == 409
    status, said = await admin.call("POST", f"/api/v1{path}/token", {})
    assert (status, said["error"]["code"]) == (409, "session_not_open")
    assert said["error"]["message"] == "The session is over: it has ended or was cancelled."
