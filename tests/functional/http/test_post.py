"""The page and the door of what could not be delivered."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from confhub.access.rules import SYSTEM
from confhub.accounts.values import GrantWish
from confhub.db.database import Database
from confhub.http.context import Services
from confhub.kernel.permissions import Role
from confhub.post import outbox
from confhub.post.models import Outbox
from confhub.post.values import Draft
from tests.plugins.website import PASSWORD, Province, Reader


@pytest.fixture
async def undelivered(hub_database: Database, services: Services, province: Province) -> tuple[int, int]:
    """A letter given up in the left district, and one in the right."""
    now = services.clock.now()
    async with hub_database.transaction() as tx:
        for key, unit in (("left", province.left), ("right", province.right)):
            draft = Draft(key, "schedule:1", unit.id, (f"{key}@example.vn",), f"<b>Report {key}</b>")
            await outbox.put(tx, "report", [draft], now)
        rows = list(await tx.scalars(select(Outbox).order_by(Outbox.id)))
        for row in rows:
            row.attempts, row.due_at, row.given_up_at, row.last_error = 7, None, now, "550 no such box"
    return rows[0].id, rows[1].id


async def test_an_administrator_reads_why_and_sends_it_again(
    admin: Reader, undelivered: tuple[int, int]
) -> None:
    page = await admin.get("/post")
    assert page.status == 200
    for words in ("left@example.vn", "right@example.vn", "550 no such box", "Given up", "Huyện Hạ Hoà"):
        assert words in page.text
    assert "<b>Report" not in page.text
    assert 'href="/post"' in page.text, "the menu leads there"
    assert (await admin.post(f"/post/{undelivered[0]}/again")).location == "/post?done=saved"
    assert "left@example.vn" in (await admin.get("/post?state=waiting&search=left")).text
    assert (await admin.post(f"/post/{undelivered[0]}/give-up")).location == "/post?done=saved"
    assert "left@example.vn" not in (await admin.get("/post?state=waiting")).text


async def test_the_door_tells_the_same_and_refuses_in_words(
    admin: Reader, undelivered: tuple[int, int]
) -> None:
    status, told = await admin.call("GET", "/api/v1/post?search=right")
    assert (status, told["total"]) == (200, 1)
    (parcel,) = told["parcels"]
    assert (parcel["state"], parcel["address"], parcel["last_error"]) == (
        "given_up", "right@example.vn", "550 no such box",
    )  # fmt: skip
    place = f"/api/v1/post/{undelivered[1]}"
    assert (await admin.call("POST", f"{place}/again"))[0] == 204
    assert (await admin.call("POST", f"{place}/give-up", {"reason": "wrong address"}))[0] == 204
    status, refused = await admin.call("POST", f"{place}/give-up", {})
    assert (status, refused["error"]["code"]) == (409, "parcel_given_up")
    assert (await admin.call("POST", "/api/v1/post/999/again"))[0] == 404


async def test_an_officer_of_one_district_has_nothing_to_do_with_the_other(
    admin: Reader, services: Services, province: Province, undelivered: tuple[int, int]
) -> None:
    for name, role in (("officer", Role.TRAINING_OFFICER), ("viewer", Role.VIEWER)):
        grants = [GrantWish(role, province.left.id)]
        await services.accounts.create_account(SYSTEM, name, PASSWORD, name, grants, "en")
    await admin.log_in("officer")
    page = await admin.get("/post")
    assert "left@example.vn" in page.text
    assert "right@example.vn" not in page.text
    assert (await admin.call("POST", f"/api/v1/post/{undelivered[1]}/again"))[0] == 404
    assert (await admin.call("POST", f"/api/v1/post/{undelivered[0]}/again"))[0] == 204
    await admin.log_in("viewer")
    assert (await admin.get("/post")).status == 403
    assert 'href="/post"' not in (await admin.get("/")).text
