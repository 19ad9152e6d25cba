"""Who fills in a session's form is told what else takes place then with the rooms chosen."""

from __future__ import annotations

from typing import Any

import pytest

from confhub.kernel.permissions import Role
from tests.functional.http.sessions.test_form import FORM
from tests.functional.http.sessions.test_rights import left_session, person

__all__ = ["left_session", "person"]

NOW = FORM | {"start_time": "08:30"}
SAID = "Other sessions have rooms of this one at the same time."


def typed(province: Any, **changes: str) -> dict[str, str]:
    """A form with the left district's branch in it, at the hours of `left_session`."""
    return NOW | {"unit_id": str(province.left.id), "include_units": str(province.left.id)} | changes


async def test_what_takes_place_then_is_named(admin: Any, province: Any, left_session: int) -> None:
    answer = await admin.post("/sessions/new/overlaps", typed(province, title=""))
    assert answer.status == 200
    assert SAID in answer.text
    assert f'href="/sessions/{left_session}">Tập huấn huyện Hạ Hoà' in answer.text
    assert "Hội trường Hạ Hoà, Hội trường xã Ấm Hạ" in answer.text
    assert "<html" not in answer.text
    admin.client.session.cookie_jar.update_cookies({"confhub_language": "vi"})
    answer = await admin.post("/sessions/new/overlaps", typed(province))
    assert "Có phiên họp khác mời cùng điểm cầu trong cùng thời gian." in answer.text


@pytest.mark.parametrize(
    "changes",
    [
        {"start_time": "09:00"}, {"start_date": "2027-01-16"}, {"start_time": "8"}, {"length_min": "0"},
        {"start_date": "9999-12-31"}, {"include_units": ""}, {"include_units": "999999"}, {"lobby_min": "x"},
    ],
)  # fmt: skip
async def test_nothing_is_said_of_other_hours_other_rooms_or_half_a_form(
    admin: Any, province: Any, left_session: int, changes: dict[str, str]
) -> None:
    answer = await admin.post("/sessions/new/overlaps", typed(province, **changes))
    assert (answer.status, answer.text.strip()) == (200, "")


async def test_a_session_does_not_overlap_itself(admin: Any, province: Any, left_session: int) -> None:
    answer = await admin.post(f"/sessions/{left_session}/overlaps", typed(province))
    assert (answer.status, answer.text.strip()) == (200, "")
    form = (await admin.get(f"/sessions/{left_session}/edit")).text
    assert f'hx-post="/sessions/{left_session}/overlaps" hx-trigger="load,' in form
    assert 'hx-post="/sessions/new/overlaps" hx-trigger="input' in (await admin.get("/sessions/new")).text


@pytest.mark.parametrize("person", [(Role.ORGANIZER, "right")], indirect=True)
async def test_rooms_of_another_branch_are_not_looked_up(
    person: Any, province: Any, left_session: int
) -> None:
    theirs = typed(province, include_endpoints=str(province.left_room.id), unit_id=str(province.right.id))
    answer = await person.post("/sessions/new/overlaps", theirs)
    assert (answer.status, answer.text.strip()) == (200, "")


@pytest.mark.parametrize("person", [(Role.VIEWER, "left")], indirect=True)
async def test_who_plans_nothing_is_told_nothing(person: Any, province: Any, left_session: int) -> None:
    answer = await person.post("/sessions/new/overlaps", typed(province))
    assert (answer.status, answer.text.strip()) == (200, "")
