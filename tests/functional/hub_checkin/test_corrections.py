"""Corrections, closing, reopening and verifying by the JSON door."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select, update

from confhub.audit.models import AuditRow
from confhub.checkin.models import HeadCount
from confhub.people.models import PersonLook
from tests.functional.hub_checkin.test_plan_page import officer  # noqa: F401 - a fixture
from tests.plugins.checkin import DISTRICT, PROVINCE, ROOM, SESSION, Hall
from tests.plugins.website import Reader

HERE = "/api/v1/sessions/1/attendance"
OF_PERSON = "/api/v1/sessions/1/people/{}/corrections"


def stretch(hall: Hall, **changed: Any) -> dict[str, Any]:
    """A correction that is in order, but for what is changed."""
    return {
        "action": "add", "endpoint_id": ROOM, "start": hall.house.at(0).isoformat(),
        "end": hall.house.at(60).isoformat(), "reason": "Có mặt từ đầu", **changed,
    }  # fmt: skip


@pytest.mark.both_databases
async def test_corrections_are_made_listed_and_refused_by_the_door(over: Hall, officer: Reader) -> None:  # noqa: F811
    first = OF_PERSON.format(1)
    assert await officer.call("POST", first, stretch(over)) == (201, {"id": 2})
    status, (last,) = await officer.call("GET", first)
    assert (status, last["id"], last["author"], last["reason"], last["old_millis"]) == (
        200, 2, "can-bo", "Có mặt từ đầu", (50 * 60 - 10) * 1000,
    )  # fmt: skip
    async with over.house.database.reading() as tx:
        looks = list(await tx.scalars(select(PersonLook.attendee_id).where(PersonLook.what == "corrections")))
    assert looks == [1]
    wrong = [
        (1, stretch(over, reason=" "), "text_missing"),
        (1, stretch(over, reason="x" * 600), "text_too_long"),
        (1, stretch(over, endpoint_id=99), "room_not_in_session"),
        (7, stretch(over), "person_not_in_session"),
        (1, stretch(over, end=over.house.at(9999).isoformat()), "stretch_invalid"),
        (1, stretch(over, action="erase"), ""),
        (1, stretch(over, start="never"), ""),
        (1, stretch(over, endpoint_id=10**30), ""),
    ]
    for person, body, code in wrong:
        status, answer = await officer.call("POST", OF_PERSON.format(person), body)
        assert (400 <= status < 500, code in str(answer)) == (True, True), answer


async def test_all_corrections_of_one_s_branches(over: Hall) -> None:
    found = await over.services.corrections.list(PROVINCE, SESSION)
    assert [(one.id, one.attendee_id) for one in found] == [(1, 2)]
    assert await over.services.corrections.list(DISTRICT, SESSION) == ()


async def test_another_branch_corrects_and_sees_nothing(over: Hall, officer: Reader) -> None:  # noqa: F811
    await officer.log_in("huyen")
    for method, path, body in (
        ("POST", OF_PERSON.format(1), stretch(over)),
        ("GET", OF_PERSON.format(1), None),
        ("POST", f"{HERE}/close", None),
        ("POST", f"{HERE}/reopen", {"reason": "Sót người"}),
    ):
        status, answer = await officer.call(method, path, body)
        assert status in (403, 404), (path, answer)


async def test_closed_verified_changed_and_reopened_by_the_door(over: Hall, officer: Reader) -> None:  # noqa: F811
    assert (await officer.call("GET", f"{HERE}/verify"))[0] == 409
    status, closed = await officer.call("POST", f"{HERE}/close")
    assert (status, len(closed["head"])) == (200, 64)
    assert (await officer.call("POST", f"{HERE}/close"))[0] == 409
    status, refused = await officer.call("POST", OF_PERSON.format(1), stretch(over))
    assert (status, "attendance_sealed" in str(refused)) == (409, True)
    status, told = await officer.call("GET", f"{HERE}/verify?head={closed['head']}")
    assert (status, told["seal_holds"], told["changed"]) == (200, True, [])
    _, told = await officer.call("GET", f"{HERE}/verify?head={'0' * 64}")
    assert told["head_given"] is False
    async with over.house.database.transaction() as tx:
        await tx.execute(update(HeadCount).values(people=4))
    _, told = await officer.call("GET", f"{HERE}/verify")
    assert [one[0]["name"] if isinstance(one[0], dict) else one[0][0] for one in told["changed"]] == [
        "head_counts"
    ]
    assert "id 1" in str(told["places"])
    status, _ = await officer.call("POST", f"{HERE}/reopen", {"reason": ""})
    assert status == 422
    assert (await officer.call("POST", f"{HERE}/reopen", {"reason": "Sót người"}))[0] == 204
    async with over.house.database.reading() as tx:
        actions = list(await tx.scalars(select(AuditRow.action).order_by(AuditRow.id)))
    assert actions[-1] == "checkin:attendance:reopen"
    assert (await officer.call("POST", OF_PERSON.format(1), stretch(over)))[0] == 201
