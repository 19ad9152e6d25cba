"""A series' page: what is done with single dates, with those from one on, and with all; by whom."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import update

from confhub.kernel.permissions import Role
from confhub.sessions.models import MeetingSession
from tests.functional.http.sessions.test_form import FORM
from tests.functional.http.sessions.test_rights import left_session, person
from tests.functional.http.sessions.test_series_form import WEEKLY, rule_of_unit

__all__ = ["left_session", "person"]

TET = "2027-02-05"


@pytest.fixture
def form(province: Any) -> dict[str, Any]:
    return FORM | WEEKLY | {
        "unit_id": str(province.left.id),
        "include_units": str(province.left.id),
        "chair_endpoint_id": str(province.left_room.id),
        "start_time": "14:00",
    }  # fmt: skip


@pytest.fixture
async def planned(admin: Any, form: dict[str, Any], left_session: int) -> str:
    """The address of a series of six Fridays at two, the fourth of them lunar New Year."""
    answer = await admin.post("/sessions/new", form)
    assert answer.status == 303, answer.text
    return str(answer.location.partition("?")[0])


async def standings(admin: Any, series: str) -> list[str]:
    status, told = await admin.call("GET", f"/api/v1{series}")
    assert status == 200, told
    return [one["standing"] for one in told["occurrences"]]


async def test_a_series_says_its_rule_and_its_dates(admin: Any, planned: str) -> None:
    page = await admin.get(f"{planned}?done=planned")
    assert page.status == 200
    assert "Every week on Friday, 6 dates; public holidays are left out." in page.text
    assert "Quản trị" in page.text
    assert page.text.count("As the series says") == 5
    assert "Left out: day off" in page.text
    assert "Friday, 15 Jan 2027, 14:00" in page.text
    assert f'href="{planned}"' in (await admin.get("/series")).text
    assert f'href="{planned}"' in (await admin.get("/sessions")).text
    session = page.text.split('class="row-link" href="')[1].split('"')[0]
    assert f'A date of the series <a href="{planned}">' in (await admin.get(session)).text


async def test_a_date_is_left_out_and_given_back(admin: Any, planned: str) -> None:
    answer = await admin.post(f"{planned}/dates/2027-01-22/skip")
    assert answer.location == f"{planned}?done=skipped"
    assert (await standings(admin, planned))[1] == "skipped"
    assert "Left out by hand" in (await admin.get(planned)).text
    answer = await admin.post(f"{planned}/dates/2027-01-22/give-back")
    assert answer.location == f"{planned}?done=given_back"
    answer = await admin.post(f"{planned}/dates/{TET}/give-back")
    assert answer.status == 303
    assert (await standings(admin, planned))[1:4] == ["in_line", "in_line", "given_back"]
    again = await admin.post(f"{planned}/dates/{TET}/give-back")
    assert again.status == 409
    assert (await admin.post(f"{planned}/dates/2027-01-23/skip")).status == 404
    assert (await admin.post(f"{planned}/dates/tomorrow/skip")).status == 404


async def test_a_date_changed_by_itself_says_so_and_is_put_back(
    admin: Any, planned: str, form: dict[str, Any]
) -> None:
    page = (await admin.get(planned)).text
    session = page.split('class="row-link" href="')[2].split('"')[0]
    alone = form | {"start_date": "2027-01-23", "start_time": "09:00"}
    assert (await admin.post(f"{session}/edit", alone)).status == 303
    page = (await admin.get(planned)).text
    assert "Changed by itself" in page
    assert "by the rule on 22 Jan 2027" in page
    assert "changed by itself" in (await admin.get("/sessions")).text
    answer = await admin.post(f"{planned}/dates/2027-01-22/put-back")
    assert answer.location == f"{planned}?done=put_back"
    assert "Changed by itself" not in (await admin.get(planned)).text


async def test_what_a_change_will_do_is_said_before_and_then_done(
    admin: Any, planned: str, form: dict[str, Any]
) -> None:
    await admin.post(f"{planned}/dates/2027-02-12/skip")
    page = await admin.get(f"{planned}/edit?from_day=2027-01-29")
    assert "2 dates will be changed." in page.text
    assert "The dates before 29 Jan 2027 stay as they are" in page.text
    assert "1 date left out stays left out." in page.text
    assert 'name="count" value="4"' in page.text, "four of the six are left"
    later = form | {"start_date": "2027-01-29", "start_time": "15:00", "count": "4"}
    beside = await admin.post(f"{planned}/overlaps?from_day=2027-01-29", later)
    assert "All rooms are free on every date." in beside.text
    assert "data-take-time" in (await admin.post(f"{planned}/free?from_day=2027-01-29", later)).text
    answer = await admin.post(f"{planned}/edit?from_day=2027-01-29", later)
    assert answer.location == "/series/2?done=saved"
    assert await standings(admin, planned) == ["in_line", "in_line"]
    assert await standings(admin, "/series/2") == ["in_line", "day_off", "skipped", "in_line"]
    assert f'href="{planned}">the series before' in (await admin.get("/series/2")).text


async def test_all_dates_are_changed_and_what_is_wrong_is_said(
    admin: Any, planned: str, form: dict[str, Any]
) -> None:
    page = await admin.get(f"{planned}/edit")
    assert "5 dates will be changed." in page.text
    version = page.text.split('name="version" value="')[1].split('"')[0]
    answer = await admin.post(f"{planned}/edit", form | {"title": "", "count": "0"})
    assert answer.status == 422
    assert answer.text.count("invalid-feedback") >= 2
    answer = await admin.post(f"{planned}/edit", form | {"every": ""})
    assert "A series repeats by days, weeks, months or years." in answer.text
    answer = await admin.post(f"{planned}/edit", form | {"title": "Giao ban mới", "version": version})
    assert answer.location == f"{planned}?done=saved"
    assert "Giao ban mới" in (await admin.get(planned)).text
    answer = await admin.post(f"{planned}/edit", form | {"version": version})
    assert answer.status == 412 or "Somebody else changed this" in answer.text


async def test_a_series_is_ended(admin: Any, planned: str) -> None:
    answer = await admin.post(f"{planned}/end", {"reason": "Hết nhiệm vụ"})
    assert answer.location == f"{planned}?done=series_ended"
    page = await admin.get(planned)
    assert "The series was ended at" in page.text
    assert "Give back" not in page.text
    assert (await admin.get(f"{planned}/edit")).status == 409
    assert (await admin.post(f"{planned}/dates/2027-01-15/skip")).status == 409


async def test_a_date_given_back_over_another_session_needs_its_reason(
    admin: Any, province: Any, planned: str, form: dict[str, Any]
) -> None:
    await admin.post(f"{planned}/dates/2027-01-22/skip")
    once = form | {"every": "", "start_date": "2027-01-22", "then": "schedule", "title": "Tiếp dân"}
    assert (await admin.post("/sessions/new", once)).location.endswith("?done=scheduled")
    await rule_of_unit(admin, province.top.id, "reason")
    back = f"{planned}/dates/2027-01-22/give-back"
    answer = await admin.post(back)
    assert answer.status == 409
    assert f'action="{back}"' in answer.text
    assert "Tiếp dân" in answer.text
    answer = await admin.post(back, {"conflict_reason": "Lãnh đạo đồng ý"})
    assert answer.location == f"{planned}?done=given_back"


async def test_a_room_that_never_comes_is_named_on_the_page_and_to_the_organizer(
    admin: Any, planned: str, hub_database: Any
) -> None:
    assert "never come" not in (await admin.get("/")).text
    _, told = await admin.call("GET", f"/api/v1{planned}")
    for one in told["occurrences"][:3]:
        async with hub_database.transaction() as tx:
            held = {"state": "ended", "actual_start": datetime.fromisoformat(one["starts_at"])}
            await tx.execute(
                update(MeetingSession).where(MeetingSession.id == one["session_id"]).values(**held)
            )
    page = (await admin.get(planned)).text
    assert "2 rooms joined none of the last three sessions:" in page
    assert "Hội trường Hạ Hoà, Hội trường xã Ấm Hạ." in page
    home = (await admin.get("/")).text
    assert "Rooms that are booked and never come" in home
    assert f'<a class="row-link" href="{planned}">Giao ban tuần</a>' in home


PAGES = ("", "/edit", "/edit?from_day=2027-01-22")
DEEDS = (
    "/edit", "/end", "/overlaps", "/free", "/dates/2027-01-22/skip", "/dates/2027-01-22/give-back",
    "/dates/2027-01-22/put-back",
)  # fmt: skip


@pytest.mark.parametrize("person", [(Role.ORGANIZER, "right"), (Role.VIEWER, "right")], indirect=True)
async def test_outside_the_branch_a_series_is_not_there(
    person: Any, admin: Any, planned: str, form: dict[str, Any]
) -> None:
    for path in PAGES:
        assert (await person.get(planned + path)).status == 404, path
    for path in DEEDS:
        answer = await person.post(planned + path, form)
        assert answer.status in (404, 200), path
        assert "Giao ban" not in answer.text
    assert planned not in (await person.get("/series")).text
    assert planned not in (await person.get("/sessions")).text
    assert await standings(admin, planned) == ["in_line"] * 3 + ["day_off"] + ["in_line"] * 2


@pytest.mark.parametrize("person", [(Role.VIEWER, "left")], indirect=True)
async def test_who_views_the_branch_sees_and_changes_nothing(
    person: Any, admin: Any, planned: str, form: dict[str, Any]
) -> None:
    page = await person.get(planned)
    assert page.status == 200
    assert "/skip" not in page.text
    assert "End the series" not in page.text
    assert (await person.get(f"{planned}/edit")).status == 403
    for path in DEEDS:
        answer = await person.post(planned + path, form)
        assert answer.status == (200 if path in ("/overlaps", "/free") else 403), path
        assert "data-take" not in answer.text
    assert await standings(admin, planned) == ["in_line"] * 3 + ["day_off"] + ["in_line"] * 2


@pytest.mark.parametrize("person", [(Role.ORGANIZER, "left")], indirect=True)
async def test_the_branch_s_organizer_changes_its_series(
    person: Any, planned: str, form: dict[str, Any]
) -> None:
    assert (await person.get(f"{planned}/edit")).status == 200
    assert (await person.post(f"{planned}/dates/2027-01-22/skip")).status == 303
    assert (await person.post(f"{planned}/end")).status == 303
