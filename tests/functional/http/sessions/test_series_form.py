"""A series planned by the session's form: what it will be, who has its rooms, and when they are free."""

from __future__ import annotations

from typing import Any

import pytest

from confhub.kernel.permissions import Role
from tests.functional.http.sessions.test_form import FORM
from tests.functional.http.sessions.test_rights import left_session, person

__all__ = ["left_session", "person"]

WEEKLY = {"every": "week", "interval": "1", "ends": "count", "count": "6", "on_days_off": "skip"}


@pytest.fixture
def form(province: Any) -> dict[str, Any]:
    """A weekly series of the left district over lunar New Year, on Fridays."""
    return FORM | WEEKLY | {
        "unit_id": str(province.left.id),
        "include_units": str(province.left.id),
        "chair_endpoint_id": str(province.left_room.id),
    }  # fmt: skip


def without_rooms(form: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in form.items() if name not in ("include_units", "chair_endpoint_id")}


async def rule_of_unit(admin: Any, unit: int, rule: str) -> None:
    status, told = await admin.call("PUT", f"/api/v1/units/{unit}/booking-rule", {"own": rule})
    assert status == 200, told


async def test_a_series_is_planned_and_its_page_is_shown(
    admin: Any, form: dict[str, Any], left_session: int
) -> None:
    answer = await admin.post("/sessions/new", form | {"start_time": "14:00", "then": "schedule"})
    assert answer.status == 303, answer.text
    assert answer.location == "/series/1?done=planned"
    status, made = await admin.call("GET", "/api/v1/series/1")
    assert (status, made["series"]["rrule"]) == (200, "FREQ=WEEKLY;COUNT=6;BYDAY=FR")
    assert [one["session_id"] is None for one in made["occurrences"]] == [False] * 3 + [True] + [False] * 2


async def test_the_preview_says_rule_dates_and_who_has_the_rooms(
    admin: Any, form: dict[str, Any], left_session: int
) -> None:
    answer = await admin.post("/sessions/new/overlaps", form | {"title": "", "start_time": "08:30"})
    assert answer.status == 200
    assert "Every week on Friday, 6 dates; public holidays are left out." in answer.text
    assert "5 dates: 15 Jan 2027 – 19 Feb 2027." in answer.text
    assert "1 is left out." in answer.text
    assert "On 1 date another session has rooms of this series." in answer.text
    assert f'<a href="/sessions/{left_session}">Tập huấn huyện Hạ Hoà</a>' in answer.text
    assert "until 09:00. To ask: Quản trị, Huyện Hạ Hoà" in answer.text
    assert "<html" not in answer.text
    admin.client.session.cookie_jar.update_cookies({"confhub_language": "vi"})
    answer = await admin.post("/sessions/new/overlaps", form)
    assert "Hằng tuần vào Thứ Sáu" in answer.text


async def test_without_rooms_the_dates_are_said_and_an_open_end_too(admin: Any, form: dict[str, Any]) -> None:
    bare = without_rooms(form) | {"ends": "never"}
    answer = await admin.post("/sessions/new/overlaps", bare)
    assert "Who has the rooms is said once rooms and the chair are chosen." in answer.text
    assert "dates further away than 18 months are made as time goes on" in answer.text


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"every": "year", "month_day": "30", "start_date": "2027-02-15"}, "This rule gives no date at all."),
        ({"every": "day", "count": "1000000"}, "1000000"),
        ({"every": "day", "ends": "until", "until": "9999-12-31"}, "20 years"),
        ({"every": "day", "ends": "until", "until": ""}, "it is not said when"),
        ({"every": "day", "ends": "until", "until": "31/02/2027"}, "A date is needed here"),
        ({"interval": "0"}, "between 1 and 99"),
        ({"every": "month", "by": "nth", "nth": "5"}, "first, second, third, fourth or last"),
        ({"every": "month", "by": "day", "month_day": "32"}, "between 1 and 31"),
        ({"weekdays": "9"}, "There is no such weekday."),
        ({"start_date": "9999-12-31"}, "5 years ahead"),
        ({"every": "hour"}, "not one of the choices"),
    ],
)
async def test_a_wrong_rule_is_said_beside_the_form_and_at_its_field(
    admin: Any, form: dict[str, Any], changes: dict[str, str], said: str
) -> None:
    beside = await admin.post("/sessions/new/overlaps", form | changes)
    assert beside.status == 200
    assert said in beside.text
    answer = await admin.post("/sessions/new", form | changes)
    assert answer.status == 422
    assert said in answer.text
    assert "Traceback" not in answer.text
    assert 'value="Giao ban tuần"' in answer.text
    status, listed = await admin.call("GET", "/api/v1/series")
    assert (status, listed["total"]) == (200, 0)


async def test_the_31st_of_every_month_says_which_months_it_leaves_out(
    admin: Any, form: dict[str, Any]
) -> None:
    monthly = form | {"every": "month", "by": "day", "month_day": "31"}
    answer = await admin.post("/sessions/new/overlaps", monthly)
    assert "only in months that have a day 31" in answer.text


async def test_a_reason_is_asked_for_and_taken(
    admin: Any, province: Any, form: dict[str, Any], left_session: int
) -> None:
    await rule_of_unit(admin, province.top.id, "reason")
    beside = await admin.post("/sessions/new/overlaps", form)
    assert 'data-conflict="reason"' in beside.text
    answer = await admin.post("/sessions/new", form)
    assert answer.status == 409
    assert "Write a reason to book it all the same" in answer.text
    answer = await admin.post("/sessions/new", form | {"conflict_reason": "Thường vụ yêu cầu"})
    assert answer.location == "/series/1?done=planned"


async def test_a_single_session_asks_for_a_reason_too(
    admin: Any, province: Any, form: dict[str, Any], left_session: int
) -> None:
    await rule_of_unit(admin, province.top.id, "reason")
    once = form | {"every": "", "then": "schedule"}
    assert 'data-conflict="reason"' in (await admin.post("/sessions/new/overlaps", once)).text
    answer = await admin.post("/sessions/new", once)
    assert answer.status == 409
    assert "Write a reason to book it all the same" in answer.text
    assert 'action="/sessions/2/edit"' in answer.text, "the draft is kept"
    answer = await admin.post("/sessions/2/edit", once | {"conflict_reason": "Thường vụ yêu cầu"})
    assert answer.location == "/sessions/2?done=scheduled", answer.text


async def test_where_a_room_is_given_once_the_series_is_refused(
    admin: Any, province: Any, form: dict[str, Any], left_session: int
) -> None:
    await rule_of_unit(admin, province.top.id, "refuse")
    assert 'data-conflict="refuse"' in (await admin.post("/sessions/new/overlaps", form)).text
    answer = await admin.post("/sessions/new", form | {"conflict_reason": "Gấp"})
    assert answer.status == 409
    assert "Tập huấn huyện Hạ Hoà" in answer.text


async def test_free_times_are_found_for_one_session_and_for_all_dates_of_a_series(
    admin: Any, form: dict[str, Any], left_session: int
) -> None:
    once = await admin.post("/sessions/new/free", form | {"every": ""})
    assert 'data-take-date="15/01/2027" data-take-time="09:00"' in once.text
    own = await admin.post(f"/sessions/{left_session}/free", form | {"every": ""})
    assert 'data-take-date="15/01/2027" data-take-time="08:00"' in own.text
    hours = await admin.post("/sessions/new/free", form)
    assert 'data-take-time="09:00">09:00 <span class="free-mark ms-1">(free on every date)' in hours.text
    assert "data-take-date" not in hours.text
    bare = await admin.post("/sessions/new/free", without_rooms(form))
    assert bare.status == 200
    assert "alert-warning" in bare.text


@pytest.mark.parametrize("person", [(Role.ORGANIZER, "right"), (Role.VIEWER, "left")], indirect=True)
async def test_who_may_not_plan_there_learns_nothing_and_makes_nothing(
    person: Any, admin: Any, form: dict[str, Any], left_session: int
) -> None:
    for path in ("/sessions/new/overlaps", "/sessions/new/free"):
        answer = await person.post(path, form)
        assert answer.status == 200
        assert "Tập huấn" not in answer.text
        assert "data-take" not in answer.text
    assert (await person.post("/sessions/new", form)).status in (403, 422)
    status, listed = await admin.call("GET", "/api/v1/series")
    assert (status, listed["total"]) == (200, 0)
