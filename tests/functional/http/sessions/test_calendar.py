"""The calendar by the API: what is held when, which room has what, moves, by people of each branch."""

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

WEEK = "since=2027-02-01T00:00:00%2B07:00&until=2027-02-08T00:00:00%2B07:00"
SEEN = {"starts_at": "2027-02-02T08:00:00+07:00", "length_min": 60}
LATER = {"starts_at": "2027-02-02T09:30:00+07:00", "length_min": 90}


def form(province: Any, **changed: Any) -> dict[str, Any]:
    return {
        "title": "Giao ban huyện",
        "unit_id": province.left.id,
        "chair_endpoint_id": province.left_room.id,
        "participants": {"include_units": [province.left.id]},
        **SEEN,
        **changed,
    }


@pytest.fixture
async def planned(admin: Any, province: Any, services: Any) -> int:
    """A scheduled session of the left district with two rooms; its id."""
    await services.registry.create_endpoint(
        SYSTEM, EndpointDraft("H44.01.02", "Hội trường xã Ấm Hạ", province.left.id)
    )
    status, made = await admin.call("POST", "/api/v1/sessions", form(province))
    assert status == 201, made
    key: int = made["session"]["id"]
    assert (await admin.call("POST", f"/api/v1/sessions/{key}/schedule"))[0] == 200
    return key


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


async def titles(reader: Any, more: str = "", week: str = WEEK) -> list[str]:
    status, found = await reader.call("GET", f"/api/v1/calendar?{week}{more}")
    assert status == 200, found
    return [one["title"] for one in found["entries"]]


async def test_a_stretch_has_what_touches_it_but_not_what_was_cancelled(
    admin: Any, province: Any, planned: int
) -> None:
    late = form(province, title="Qua nửa đêm", starts_at="2027-01-31T23:30:00+07:00")
    before = form(province, title="Hôm trước", starts_at="2027-01-31T22:00:00+07:00")
    gone = form(province, title="Đã hủy", starts_at="2027-02-03T08:00:00+07:00")
    keys = [
        (await admin.call("POST", "/api/v1/sessions", one))[1]["session"]["id"]
        for one in (late, before, gone)
    ]
    assert (await admin.call("POST", f"/api/v1/sessions/{keys[2]}/cancel", {}))[0] == 200
    assert await titles(admin) == ["Qua nửa đêm", "Giao ban huyện"]
    _, found = await admin.call("GET", f"/api/v1/calendar?{WEEK}")
    draft, scheduled = found["entries"]
    assert (draft["state"], draft["fixed"], draft["ends_at"]) == ("draft", None, "2027-01-31T17:30:00Z")
    assert scheduled["chair_name"] == "Hội trường Hạ Hoà"
    assert (scheduled["organizer_name"], scheduled["series_id"]) == ("Quản trị", None)
    assert found["more"] is False
    assert [one["day"] for one in found["days_off"]] == [
        "2027-02-04",
        "2027-02-05",
        "2027-02-06",
        "2027-02-07",
    ]


async def test_branch_room_and_person_narrow_it(admin: Any, province: Any, planned: int) -> None:
    _, found = await admin.call("GET", f"/api/v1/calendar?{WEEK}")
    person = found["entries"][0]["organizer_id"]
    there = ["Giao ban huyện"]
    assert await titles(admin, f"&unit_id={province.left.id}") == there
    assert await titles(admin, f"&unit_id={province.top.id}") == there
    assert await titles(admin, f"&unit_id={province.right.id}") == []
    assert await titles(admin, f"&endpoint_id={province.left_room.id}") == there
    assert await titles(admin, f"&endpoint_id={province.right_room.id}") == []
    assert await titles(admin, f"&organizer_id={person}") == there
    assert await titles(admin, f"&organizer_id={person + 1}") == []


async def test_a_unit_s_own_days_off_show_in_its_branch_alone(admin: Any, province: Any) -> None:
    days = f"/api/v1/units/{province.left.id}/days-off"
    await admin.call("PUT", days, {"days": [{"day": "2027-02-03", "name": "Lễ hội đền"}]})
    _, found = await admin.call("GET", f"/api/v1/calendar?{WEEK}&unit_id={province.left.id}")
    assert {"day": "2027-02-03", "name": "Lễ hội đền"} in found["days_off"]
    _, found = await admin.call("GET", f"/api/v1/calendar?{WEEK}&unit_id={province.right.id}")
    assert "2027-02-03" not in [one["day"] for one in found["days_off"]]


async def test_rooms_are_rows_with_what_they_have(admin: Any, province: Any, planned: int) -> None:
    await admin.call(
        "PUT", f"/api/v1/endpoints/{province.left_room.id}/buffers", {"setup_min": 15, "clear_min": 5}
    )
    status, found = await admin.call("GET", f"/api/v1/calendar/rooms?{WEEK}")
    assert (status, found["total"]) == (200, 3)
    assert [room["name"] for room in found["rooms"]] == [
        "Hội trường Đoan Hùng", "Hội trường Hạ Hoà", "Hội trường xã Ấm Hạ"
    ]  # fmt: skip
    assert (found["rooms"][1]["setup_min"], found["rooms"][1]["clear_min"]) == (15, 5)
    assert {(one["endpoint_id"], one["session_id"]) for one in found["holds"]} == {
        (found["rooms"][1]["id"], planned), (found["rooms"][2]["id"], planned)
    }  # fmt: skip
    assert [one["id"] for one in found["entries"]] == [planned]
    _, found = await admin.call("GET", f"/api/v1/calendar/rooms?{WEEK}&search=am+ha&size=1")
    assert ([room["name"] for room in found["rooms"]], found["total"]) == (["Hội trường xã Ấm Hạ"], 1)
    _, found = await admin.call("GET", f"/api/v1/calendar/rooms?{WEEK}&unit_id={province.right.id}")
    assert (len(found["rooms"]), found["holds"], found["entries"]) == (1, [], [])
    _, found = await admin.call("GET", f"/api/v1/calendar/rooms?{WEEK}&size=1&page=2")
    assert [room["name"] for room in found["rooms"]] == ["Hội trường Hạ Hoà"]


@pytest.mark.parametrize(
    ("query", "field", "code"),
    [
        ("since=2027-02-08T00:00:00Z&until=2027-02-01T00:00:00Z", "until", "calendar_turned"),
        ("since=2027-02-01T00:00:00Z&until=2027-02-01T00:00:00Z", "until", "calendar_turned"),
        ("since=2027-01-01T00:00:00Z&until=2027-12-31T00:00:00Z", "until", "calendar_too_long"),
        ("since=0001-01-01T00:00:00Z&until=0001-01-20T00:00:00Z", "since", "calendar_out_of_range"),
        ("since=2099-12-20T00:00:00Z&until=9999-12-31T23:59:59Z", "until", "calendar_out_of_range"),
        ("since=2027-02-01T00:00:00&until=2027-02-08T00:00:00Z", "since", "invalid"),
        ("since=morgen&until=2027-02-08T00:00:00Z", "since", "not_a_date"),
        ("until=2027-02-08T00:00:00Z", "since", "field_missing"),
        (f"{WEEK}&unit_id=0", "unit_id", "number_too_small"),
        (f"{WEEK}&endpoint_id=x", "endpoint_id", "not_a_number"),
    ],
)
async def test_a_bad_question_is_told_by_field(admin: Any, query: str, field: str, code: str) -> None:
    for path in ("/api/v1/calendar", "/api/v1/calendar/rooms"):
        status, found = await admin.call("GET", f"{path}?{query}")
        assert (status, found["error"]["field"], found["error"]["code"]) == (422, field, code), found


async def test_a_scheduled_session_asks_once_and_moves(admin: Any, planned: int) -> None:
    home = f"/api/v1/sessions/{planned}/move"
    status, refused = await admin.call("POST", home, LATER | {"seen": SEEN})
    assert (status, refused["error"]["code"]) == (409, "session_move_announced")
    assert "2" in refused["error"]["message"]
    assert (await admin.call("POST", home, SEEN | {"seen": SEEN}))[0] == 200, "nothing to ask about"
    status, moved = await admin.call("POST", home, LATER | {"seen": SEEN, "sure": True})
    assert (status, moved["starts_at"], moved["length_min"]) == (200, "2027-02-02T02:30:00Z", 90)
    status, refused = await admin.call("POST", home, SEEN | {"seen": SEEN, "sure": True})
    assert (status, refused["error"]["code"]) == (412, "changed_meanwhile")
    for start in ("2020-02-02T09:30:00+07:00", "9999-12-31T23:59:00-07:00", "0001-01-01T00:00:00+07:00"):
        wish = {"starts_at": start, "length_min": 90, "seen": LATER, "sure": True}
        status, refused = await admin.call("POST", home, wish)
        assert (status, refused["error"]["field"]) == (422, "starts_at"), refused
    long = LATER | {"length_min": 9_999, "seen": LATER, "sure": True}
    status, refused = await admin.call("POST", home, long)
    assert (status, refused["error"]["field"]) == (422, "length_min")


async def test_a_move_into_a_taken_room_is_refused_with_who_has_it(
    admin: Any, province: Any, planned: int
) -> None:
    await admin.call("PUT", f"/api/v1/units/{province.left.id}/booking-rule", {"own": "refuse"})
    other = form(province, title="Tập huấn", starts_at="2027-02-02T13:00:00+07:00")
    key = (await admin.call("POST", "/api/v1/sessions", other))[1]["session"]["id"]
    assert (await admin.call("POST", f"/api/v1/sessions/{key}/schedule"))[0] == 200
    over = {"starts_at": "2027-02-02T12:30:00+07:00", "length_min": 60, "seen": SEEN, "sure": True}
    status, refused = await admin.call("POST", f"/api/v1/sessions/{planned}/move", over)
    assert (status, refused["error"]["code"]) == (409, "rooms_taken")
    assert "Tập huấn" in refused["error"]["message"]
    await admin.call("PUT", f"/api/v1/units/{province.left.id}/booking-rule", {"own": "reason"})
    status, refused = await admin.call("POST", f"/api/v1/sessions/{planned}/move", over)
    assert (status, refused["error"]["code"]) == (409, "conflict_reason_needed")
    given = over | {"conflict_reason": "Việc gấp"}
    assert (await admin.call("POST", f"/api/v1/sessions/{planned}/move", given))[0] == 200


async def test_what_is_cancelled_or_called_says_why_it_stays(admin: Any, planned: int) -> None:
    home = f"/api/v1/sessions/{planned}"
    wish = LATER | {"seen": SEEN, "sure": True}
    assert (await admin.call("POST", f"{home}/open-lobby"))[0] == 200
    status, refused = await admin.call("POST", f"{home}/move", wish)
    assert (status, refused["error"]["code"]) == (409, "session_move_called")
    _, found = await admin.call("GET", f"/api/v1/calendar?{WEEK}")
    assert found["entries"][0]["fixed"] == "called"
    for step, code, fixed in (
        ("start", "session_move_called", "called"),
        ("end", "session_move_over", "over"),
        ("archive", "session_move_over", "over"),
    ):
        await admin.call("POST", f"{home}/{step}")
        status, refused = await admin.call("POST", f"{home}/move", wish)
        assert (status, refused["error"]["code"]) == (409, code)
        _, found = await admin.call("GET", f"/api/v1/calendar?{WEEK}")
        assert found["entries"][0]["fixed"] == fixed


async def test_a_cancelled_session_is_not_moved(admin: Any, planned: int) -> None:
    home = f"/api/v1/sessions/{planned}"
    await admin.call("POST", f"{home}/cancel", {})
    status, refused = await admin.call("POST", f"{home}/move", LATER | {"seen": SEEN, "sure": True})
    assert (status, refused["error"]["code"]) == (409, "session_move_cancelled")


async def test_a_moved_date_of_a_series_counts_as_edited(admin: Any, province: Any, services: Any) -> None:
    left = province.left.id
    await services.registry.create_endpoint(SYSTEM, EndpointDraft("H44.01.02", "Hội trường xã Ấm Hạ", left))
    body = {"session": form(province), "rule": {"every": "week", "count": 3}, "on_days_off": "keep"}
    status, made = await admin.call("POST", "/api/v1/series", body)
    assert status == 201, made
    _, found = await admin.call("GET", f"/api/v1/calendar?{WEEK}")
    (date,) = found["entries"]
    assert (date["series_id"], date["standing"]) == (made["series"]["id"], "in_line")
    wish = LATER | {"seen": SEEN, "sure": True}
    assert (await admin.call("POST", f"/api/v1/sessions/{date['id']}/move", wish))[0] == 200
    _, found = await admin.call("GET", f"/api/v1/calendar?{WEEK}")
    assert found["entries"][0]["standing"] == "edited"
    _, read = await admin.call("GET", f"/api/v1/series/{made['series']['id']}")
    assert [one["standing"] for one in read["occurrences"]] == ["edited", "in_line", "in_line"]


@pytest.mark.parametrize(
    ("person", "may"),
    [
        ((Role.ADMINISTRATOR, "left"), "move"),
        ((Role.ORGANIZER, "left"), "move"),
        ((Role.VIEWER, "left"), "see"),
        ((Role.ORGANIZER, "right"), "nothing"),
        ((Role.VIEWER, "right"), "nothing"),
    ],
    indirect=["person"],
)
async def test_each_route_inside_and_outside_the_branch(
    person: Any, may: str, admin: Any, province: Any, planned: int
) -> None:
    draft = form(province, title="Bản nháp", starts_at="2027-02-03T08:00:00+07:00")
    assert (await admin.call("POST", "/api/v1/sessions", draft))[0] == 201
    seen = await titles(person)
    assert seen == {"move": ["Giao ban huyện", "Bản nháp"], "see": ["Giao ban huyện"], "nothing": []}[may]
    status, found = await person.call("GET", f"/api/v1/calendar/rooms?{WEEK}")
    assert status == 200
    mine = {"Hội trường Đoan Hùng"} if may == "nothing" else {"Hội trường Hạ Hoà", "Hội trường xã Ấm Hạ"}
    assert {room["name"] for room in found["rooms"]} == mine
    assert [one["title"] for one in found["entries"]] == [title for title in seen if title != "Bản nháp"] + (
        ["Bản nháp"] if may == "move" else []
    )
    if may == "see":
        _, found = await person.call("GET", f"/api/v1/calendar?{WEEK}")
        assert found["entries"][0]["fixed"] == "right"
    status, answer = await person.call(
        "POST", f"/api/v1/sessions/{planned}/move", LATER | {"seen": SEEN, "sure": True}
    )
    assert status == {"move": 200, "see": 403, "nothing": 404}[may], answer


async def test_a_stranger_is_asked_to_log_in(reader: Any) -> None:
    for path in ("calendar", "calendar/rooms"):
        assert (await reader.call("GET", f"/api/v1/{path}?{WEEK}"))[0] == 401


@pytest.mark.parametrize("person", [(Role.VIEWER, "left"), (Role.ORGANIZER, "right")], indirect=True)
async def test_the_page_offers_what_its_reader_may(person: Any, province: Any, planned: int) -> None:
    answer = await person.get("/calendar")
    assert answer.status == 200
    viewer = province.left_room.code in answer.text
    assert (province.right_room.code in answer.text) is not viewer
    assert ('id="cal-plan"' in answer.text) is not viewer


async def test_the_page_asks_strangers_to_log_in(reader: Any) -> None:
    assert (await reader.get("/calendar")).status == 303


@pytest.mark.parametrize("query", ["view=year", "date=tomorrow", "unit_id=x", "organizer_id=0", "page=0"])
async def test_an_address_that_makes_no_sense_counts_in_part(admin: Any, query: str) -> None:
    answer = await admin.get(f"/calendar?{query}")
    assert answer.status == 422
    assert "Part of this address does not count" in answer.text


async def test_the_person_of_the_address_is_named_to_who_may_see_them(admin: Any, planned: int) -> None:
    _, found = await admin.call("GET", f"/api/v1/calendar?{WEEK}")
    key = found["entries"][0]["organizer_id"]
    assert f'"person": [{key}, "Qu' in (await admin.get(f"/calendar?organizer_id={key}")).text
    assert '"person": null' in (await admin.get(f"/calendar?organizer_id={key + 1}")).text


async def test_a_new_session_begins_with_what_was_marked(admin: Any, province: Any) -> None:
    left, room = province.left.id, province.left_room.id
    said = f"start_date=2027-02-03&start_time=14:15&length_min=75&unit_id={left}&room={room}"
    form = (await admin.get(f"/sessions/new?{said}")).text
    for value in (
        'value="14:15"',
        'value="75"',
        f'<option value="{left}" selected',
        f'"include_endpoints": [{room}]',
    ):
        assert value in form, value
    assert "03/02/2027" in form
    wrong = await admin.get("/sessions/new?start_date=soon&length_min=0&unit_id=999&room=x")
    assert wrong.status == 422
    assert 'value="120"' in wrong.text
