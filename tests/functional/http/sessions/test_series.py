"""Series, free windows and rooms' settings by the API, by people inside and outside the branch."""

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

DAY = "2027-01-12"


def series(province: Any, **changed: Any) -> dict[str, Any]:
    """A weekly series of the left district over lunar New Year, in its own room and one more."""
    session = {
        "title": "Giao ban huyện",
        "unit_id": province.left.id,
        "starts_at": f"{DAY}T08:00:00+07:00",
        "length_min": 60,
        "chair_endpoint_id": province.left_room.id,
        "participants": {"include_units": [province.left.id]},
    }
    return {"session": session | changed, "rule": {"every": "week", "count": 6}, "on_days_off": "skip"}


@pytest.fixture
async def planned(admin: Any, province: Any, services: Any) -> Any:
    """The series, made by the administrator."""
    await services.registry.create_endpoint(
        SYSTEM, EndpointDraft("H44.01.02", "Hội trường xã Ấm Hạ", province.left.id)
    )
    status, made = await admin.call("POST", "/api/v1/series", series(province))
    assert status == 201, made
    return made


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


async def test_a_series_is_made_read_changed_and_ended(admin: Any, province: Any, planned: Any) -> None:
    assert planned["series"]["rrule"] == "FREQ=WEEKLY;COUNT=6;BYDAY=TU"
    assert "Thứ Ba" in planned["series"]["sentence"] or "Tuesday" in planned["series"]["sentence"]
    standings = [one["standing"] for one in planned["occurrences"]]
    assert standings == ["in_line"] * 4 + ["day_off", "in_line"], "the 9th of February is lunar New Year"
    home = f"/api/v1/series/{planned['series']['id']}"
    status, read = await admin.call("GET", home)
    assert (status, read) == (200, planned)
    status, listed = await admin.call("GET", "/api/v1/series?search=giao+ban")
    assert [one["id"] for one in listed["series"]] == [planned["series"]["id"]]
    dates = f"{home}/dates"
    status, given = await admin.call("POST", f"{dates}/2027-02-09/give-back", {})
    assert (status, given["occurrences"][4]["standing"]) == (200, "given_back")
    status, skipped = await admin.call("POST", f"{dates}/{DAY}/skip", {"reason": "Nghỉ"})
    assert (status, skipped["occurrences"][0]["standing"]) == (200, "skipped")
    status, back = await admin.call("POST", f"{dates}/2027-01-19/put-back", {})
    assert (status, back["occurrences"][1]["standing"]) == (200, "in_line")
    wanted = series(province, starts_at="2027-02-02T14:00:00+07:00")
    status, new = await admin.call("PUT", f"{home}?from_day=2027-02-02", wanted)
    assert (status, new["series"]["previous_id"]) == (200, planned["series"]["id"])
    assert new["occurrences"][0]["starts_at"] == "2027-02-02T07:00:00Z"
    status, _ = await admin.call("PUT", home, wanted, **{"If-Match": '"0123456789abcdef"'})
    assert status == 412
    status, ended = await admin.call("POST", f"{home}/end", {})
    assert (status, ended["series"]["dates"]) == (200, 0)
    for day in ("2027-01-13", "tomorrow"):
        assert (await admin.call("POST", f"{dates}/{day}/skip", {}))[0] in (404, 409)


async def test_bad_rules_are_told_in_words_and_by_field(admin: Any, province: Any) -> None:
    body = series(province) | {"rule": {"every": "year", "month": 2, "month_day": 30}}
    status, refused = await admin.call("POST", "/api/v1/series", body)
    assert status == 422
    assert [error["code"] for error in refused["errors"]] == ["series_rule_without_date"]
    body = series(province) | {"rule": {"every": "day", "until": "9999-12-31"}}
    status, refused = await admin.call("POST", "/api/v1/series/preview", body)
    assert (status, refused["errors"][0]["field"]) == (422, "until")


async def test_a_preview_says_dates_and_conflicts(admin: Any, province: Any, planned: Any) -> None:
    body = series(province, title="Khác", starts_at=f"{DAY}T08:30:00+07:00")
    status, told = await admin.call("POST", "/api/v1/series/preview", body)
    assert status == 200
    assert [one["starts_at"] is None for one in told["dates"]] == [False] * 4 + [True, False]
    assert told["dates_in_conflict"] == 5
    first = told["conflicts"][0]
    assert (first["key"], first["title"], first["rooms"]) == (0, "Giao ban huyện", 2)
    key = planned["series"]["id"]
    status, told = await admin.call("POST", f"/api/v1/series/preview?series_id={key}", body)
    assert (status, told["dates_in_conflict"]) == (200, 0)


async def test_free_windows_leave_out_what_is_booked(admin: Any, province: Any, planned: Any) -> None:
    room = province.left_room.id
    await admin.call("PUT", f"/api/v1/endpoints/{room}/buffers", {"setup_min": 30, "clear_min": 15})
    body = {
        "unit_id": province.left.id, "length_min": 60, "chair_endpoint_id": room,
        "participants": {"include_units": [province.left.id]},
        "since": f"{DAY}T00:00:00+07:00", "search_days": 1,
    }  # fmt: skip
    status, told = await admin.call("POST", "/api/v1/free-windows", body)
    assert status == 200
    assert told["windows"] == [{"starts_at": "2027-01-12T02:45:00Z", "ends_at": "2027-01-12T10:00:00Z"}]


async def test_rooms_settings_are_kept_and_hold(admin: Any, province: Any, planned: Any) -> None:
    unit, room = province.left.id, province.left_room.id
    rule = f"/api/v1/units/{unit}/booking-rule"
    assert (await admin.call("GET", rule))[1] == {"own": None, "in_force": "show"}
    assert (await admin.call("PUT", rule, {"own": "refuse"}))[1] == {"own": "refuse", "in_force": "refuse"}
    status, refused = await admin.call("POST", "/api/v1/series", series(province, title="Sau"))
    assert (status, refused["error"]["code"]) == (409, "rooms_taken")
    await admin.call("PUT", rule, {"own": "reason"})
    wanted = series(province, title="Sau")
    status, refused = await admin.call("POST", "/api/v1/series", wanted)
    assert (status, refused["error"]["code"]) == (409, "conflict_reason_needed")
    status, made = await admin.call("POST", "/api/v1/series", wanted | {"conflict_reason": "Gấp"})
    assert status == 201, made
    days = f"/api/v1/units/{unit}/days-off"
    named = [{"day": "2027-03-01", "name": "Lễ hội"}]
    assert (await admin.call("PUT", days, {"days": named}))[1] == named == (await admin.call("GET", days))[1]
    buffers = f"/api/v1/endpoints/{room}/buffers"
    assert (await admin.call("GET", buffers))[1] == {"setup_min": 0, "clear_min": 0}
    assert (await admin.call("PUT", buffers, {"setup_min": 10, "clear_min": 5}))[0] == 200
    assert (await admin.call("PUT", buffers, {"setup_min": 999, "clear_min": 5}))[0] == 422


def routes(province: Any, key: int) -> dict[str, tuple[str, str, Any]]:
    """Name → method, path and body of every route."""
    home, unit = f"/api/v1/series/{key}", f"/api/v1/units/{province.left.id}"
    room = f"/api/v1/endpoints/{province.left_room.id}"
    free = {
        "unit_id": province.left.id, "length_min": 60, "chair_endpoint_id": province.left_room.id,
        "participants": {"include_units": [province.left.id]}, "since": f"{DAY}T00:00:00+07:00",
    }  # fmt: skip
    return {
        "get": ("GET", home, None),
        "rule": ("GET", f"{unit}/booking-rule", None),
        "days": ("GET", f"{unit}/days-off", None),
        "buffers": ("GET", f"{room}/buffers", None),
        "preview": ("POST", "/api/v1/series/preview", series(province)),
        "free": ("POST", "/api/v1/free-windows", free),
        "create": ("POST", "/api/v1/series", series(province)),
        "skip": ("POST", f"{home}/dates/{DAY}/skip", {}),
        "give": ("POST", f"{home}/dates/{DAY}/give-back", {}),
        "put": ("POST", f"{home}/dates/2027-01-19/put-back", {}),
        "update": ("PUT", home, series(province)),
        "end": ("POST", f"{home}/end", {}),
        "set_rule": ("PUT", f"{unit}/booking-rule", {"own": "refuse"}),
        "set_days": ("PUT", f"{unit}/days-off", {"days": []}),
        "set_buffers": ("PUT", f"{room}/buffers", {"setup_min": 0, "clear_min": 0}),
    }


READ = {"get", "rule", "days", "buffers"}
SET = {"set_rule", "set_days", "set_buffers"}


@pytest.mark.parametrize(
    ("person", "may"),
    [
        ((Role.ADMINISTRATOR, "left"), "all"),
        ((Role.ORGANIZER, "left"), "plan"),
        ((Role.VIEWER, "left"), "read"),
        ((Role.ORGANIZER, "right"), "nothing"),
        ((Role.VIEWER, "right"), "nothing"),
    ],
    indirect=["person"],
)
async def test_each_route_inside_and_outside_the_branch(
    person: Any, may: str, province: Any, planned: Any
) -> None:
    key = planned["series"]["id"]
    for name, (method, path, body) in routes(province, key).items():
        status, answer = await person.call(method, path, body)
        allowed = may == "all" or (may == "plan" and name not in SET) or (may == "read" and name in READ)
        assert (status in (200, 201)) == allowed, (name, status, answer)
        if not allowed:
            assert status in (403, 404, 422), (name, status)
    status, listed = await person.call("GET", "/api/v1/series")
    assert status == 200
    assert (key in [one["id"] for one in listed["series"]]) == (may != "nothing")
