"""Drafts are seen by those who may edit them, and by nobody else: list, page, API, course, desk."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from confhub.access.rules import SYSTEM
from confhub.accounts.values import GrantWish
from confhub.kernel.permissions import Role
from confhub.sessions.values import Participants, SessionInput
from confhub.training.values import CourseInput
from tests.plugins.website import PASSWORD


@pytest.fixture
async def draft(services: Any, province: Any) -> int:
    """A draft of the province, with the left district's room in it, in a course of the province."""
    everything = [GrantWish(Role.ADMINISTRATOR, None)]
    await services.accounts.create_account(SYSTEM, "admin", PASSWORD, "Quản trị", everything, "en")
    starts_at = datetime(2027, 1, 15, 1, 0, tzinfo=UTC)
    wanted = SessionInput("Bản nháp kín", "training", province.top.id, starts_at, 90, province.left_room.id,
                          Participants(include_units=(province.top.id,)))  # fmt: skip
    session = (await services.sessions.create(SYSTEM, wanted)).session.id
    course = await services.courses.create(SYSTEM, CourseInput("Lớp", province.top.id))
    await services.courses.add_session(SYSTEM, course, session)
    return int(session)


async def _log_in(reader: Any, services: Any, role: Role, unit_id: int) -> None:
    await services.accounts.create_account(
        SYSTEM, role.value.replace("_", "."), PASSWORD, "Ai đó", [GrantWish(role, unit_id)], "en"
    )
    await reader.log_in(role.value.replace("_", "."))


@pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR, Role.TRAINING_OFFICER])
@pytest.mark.parametrize("branch", ["top", "left"])
async def test_a_draft_is_nobodys_who_may_not_edit_it(
    reader: Any, services: Any, province: Any, draft: int, role: Role, branch: str
) -> None:
    await _log_in(reader, services, role, getattr(province, branch).id)
    assert (await reader.get(f"/sessions/{draft}")).status == 404
    for path in ("/sessions", "/sessions?tab=upcoming", "/", "/desk", "/courses/1"):
        assert "Bản nháp kín" not in (await reader.get(path)).text, path
    status, found = await reader.call("GET", "/api/v1/sessions")
    assert (status, found["total"]) == (200, 0)
    for path in ("", "/live", "/report", "/checkin/plan"):
        assert (await reader.call("GET", f"/api/v1/sessions/{draft}{path}"))[0] in (403, 404), path
    assert (await reader.call("POST", f"/api/v1/sessions/{draft}/schedule"))[0] in (403, 404)


async def test_an_organizer_of_the_branch_sees_it_and_who_is_invited(
    reader: Any, services: Any, province: Any, draft: int
) -> None:
    await _log_in(reader, services, Role.ORGANIZER, province.top.id)
    page = await reader.get(f"/sessions/{draft}")
    assert page.status == 200
    assert "Hội trường Đoan Hùng" in page.text
    assert "Bản nháp kín" in (await reader.get("/sessions?tab=upcoming")).text


async def test_an_organizer_of_another_branch_does_not(
    reader: Any, services: Any, province: Any, draft: int
) -> None:
    await _log_in(reader, services, Role.ORGANIZER, province.left.id)
    assert (await reader.get(f"/sessions/{draft}")).status == 404
