"""Rooms whose unit does not exist on a session's day: said where one would miss them, with the reason."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from aiohttp import FormData
from sqlalchemy import update

from confhub.db.database import Database
from confhub.org.models import UnitRow


@pytest.fixture
async def ended(hub_database: Database, province: Any) -> Any:
    """The left district was dissolved; its room stayed, as with a tree of the past from a file."""
    async with hub_database.transaction() as tx:
        last_day = {"valid_to": date(2025, 6, 30)}
        await tx.execute(update(UnitRow).where(UnitRow.id == province.left.id).values(**last_day))
    return province


async def test_the_overview_says_how_many_and_why(admin: Any, ended: Any) -> None:
    page = await admin.get("/")
    assert "1 of 2 rooms cannot be invited to a session on 2 Mar 2026: their units ended" in page.text
    assert "30 Jun 2025" in page.text
    assert "Everything is in order" not in page.text


async def test_the_picker_follows_the_forms_date(admin: Any, ended: Any) -> None:
    status, now = await admin.call("GET", "/sessions/picker?day=2026-03-05")
    assert status == 200
    assert [room[3] for room in now["rooms"]] == ["H44.02.01"]
    assert now["left_out"].startswith("1 of 2 rooms cannot be invited")
    _, then = await admin.call("GET", "/sessions/picker?day=2025-06-30")
    assert {room[3] for room in then["rooms"]} == {"H44.01.01", "H44.02.01"}
    assert then["left_out"] == ""
    assert [tier[1] for tier in then["tiers"]] == ["Province", "District"]
    status, said = await admin.call("GET", "/sessions/picker?day=soon", Accept="application/json")
    assert (status, said["error"]["code"]) == (422, "not_a_date")


async def test_the_dry_run_of_an_old_tree_says_that_nobody_can_be_invited(admin: Any) -> None:
    await admin.get("/import")
    rows = ("type,code,name,rank,tier,unit,valid_to", "tier,top,Top,1,,,", "unit,X,Huyện cũ,,top,,2025-06-30",
            "endpoint,X.1,Phòng,,,X,")  # fmt: skip
    answer = await _upload(admin, "/import", "\n".join(rows))
    assert "1 room of the file belongs to a unit whose last day is over (30 Jun 2025)" in answer.text


async def _upload(admin: Any, path: str, text: str) -> Any:
    data = FormData()
    data.add_field("csrf_token", admin.token)
    data.add_field("file", text.encode(), filename="f.csv", content_type="text/csv")
    return await admin.post(path, data)


@pytest.mark.parametrize("path", ["/import", "/people/import"])
async def test_an_empty_file_is_said_to_be_empty(admin: Any, path: str) -> None:
    await admin.get(path)
    answer = await _upload(admin, path, "")
    assert answer.status == 422
    assert "The file is empty." in answer.text
    assert "No file was chosen." not in answer.text
