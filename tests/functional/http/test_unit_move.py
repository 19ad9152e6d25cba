"""Moving a unit's things by page and API; select boxes say which units are dissolved."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from sqlalchemy import update

from confhub.access.rules import SYSTEM
from confhub.accounts.values import GrantWish
from confhub.db.database import Database
from confhub.kernel.permissions import Role
from confhub.org.models import UnitRow
from confhub.people.values import PersonDraft
from tests.plugins.website import PASSWORD

ALL = {"rooms": "1", "people": "1", "roles": "1"}


async def test_the_page_shows_what_would_be_moved_moves_it_and_takes_it_back(
    admin: Any, services: Any, province: Any
) -> None:
    left, right = province.left, province.right
    await services.people.add(SYSTEM, PersonDraft("Nguyễn An", left.id))
    here = f"/units/{left.id}/move"
    assert f'href="{here}"' in (await admin.get(f"/units/{left.id}")).text
    shown = await admin.get(here)
    assert (shown.status, f'<option value="{right.id}"' in shown.text) == (200, True)
    wish = {**ALL, "to_unit_id": str(right.id)}
    looked = await admin.post(here, wish)
    assert "What would be moved" in looked.text
    assert "1 room" in looked.text
    assert "1 person" in looked.text
    seen = re.search(r'name="seen" value="([0-9a-f]{64})"', looked.text)
    assert seen is not None
    assert (await services.registry.endpoint(SYSTEM, province.left_room.id)).unit_id == left.id
    done = await admin.post(here, {**wish, "seen": seen[1]})
    assert (done.status, done.location) == (303, f"{here}?done=moved")
    assert (await services.registry.endpoint(SYSTEM, province.left_room.id)).unit_id == right.id
    again = await admin.post(here, {**wish, "seen": seen[1]})
    assert "has changed since it was shown" in again.text
    undo = re.search(rf'action="(/units/{left.id}/moves/\d+/undo)"', (await admin.get(here)).text)
    assert undo is not None
    assert (await admin.post(undo[1])).location == f"{here}?done=undone"
    assert (await services.registry.endpoint(SYSTEM, province.left_room.id)).unit_id == left.id
    assert "taken back" in (await admin.get(here)).text
    trail = await admin.get("/audit")
    assert "Move from one unit to another taken back" in trail.text


async def test_the_page_says_what_is_wrong(admin: Any, province: Any) -> None:
    here = f"/units/{province.left.id}/move"
    await admin.get(here)
    same = await admin.post(here, {**ALL, "to_unit_id": str(province.left.id)})
    assert (same.status, "A unit is not moved to itself." in same.text) == (422, True)
    assert (await admin.post(here, ALL)).status == 422
    assert (await admin.post(here, {**ALL, "to_unit_id": "99999"})).status == 404


async def test_the_api_moves_and_takes_back(admin: Any, province: Any) -> None:
    here = f"/api/v1/units/{province.left.id}/move"
    wish = {"to_unit_id": province.right.id, "dry_run": True}
    status, told = await admin.call("POST", here, wish)
    assert (status, told["id"], told["rooms"], told["people"]) == (200, None, 1, 0)
    status, done = await admin.call("POST", here, {"to_unit_id": province.right.id})
    assert (status, done["rooms"]) == (200, 1)
    _, listed = await admin.call("GET", f"/api/v1/units/{province.right.id}/moves")
    assert [one["id"] for one in listed["moves"]] == [done["id"]]
    status, back = await admin.call("POST", f"/api/v1/units/moves/{done['id']}/undo")
    assert (status, back["rooms"], back["undone_at"] is None) == (200, 1, False)
    status, said = await admin.call("POST", f"/api/v1/units/moves/{done['id']}/undo")
    assert (status, said["error"]["code"]) == (409, "unit_move_undone")


async def test_an_administrator_of_one_branch_moves_nothing_to_another(
    admin: Any, services: Any, province: Any
) -> None:
    left, right = province.left, province.right
    wish = [GrantWish(Role.ADMINISTRATOR, left.id)]
    await services.accounts.create_account(SYSTEM, "ha.hoa", PASSWORD, "Hạ Hoà", wish, must_change=False)
    await admin.post("/logout")
    await admin.log_in("ha.hoa")
    status, said = await admin.call("POST", f"/api/v1/units/{left.id}/move", {"to_unit_id": right.id})
    assert (status, said["error"]["code"]) == (404, "unit_not_found")
    status, _ = await admin.call("POST", f"/api/v1/units/{right.id}/move", {"to_unit_id": left.id})
    assert status == 404
    assert f'<option value="{right.id}"' not in (await admin.get(f"/units/{left.id}/move")).text


async def test_select_boxes_put_dissolved_units_last_with_their_last_day(
    admin: Any, hub_database: Database, province: Any
) -> None:
    async with hub_database.transaction() as tx:
        ended = {"valid_to": date(2025, 6, 30)}
        await tx.execute(update(UnitRow).where(UnitRow.id == province.left.id).values(**ended))
    for path in ("/endpoints/new", "/people/new", "/accounts/new", "/units/new"):
        page = await admin.get(path, **{"Accept-Language": "en"})
        units = re.findall(r"<option value=\"\d+\"[^>]*>\s*([^<]*(?:Huyện|Tỉnh)[^<]*)</option>", page.text)
        assert [unit.strip() for unit in units[:3]] == [
            "Tỉnh Phú Thọ", "Huyện Đoan Hùng", "Huyện Hạ Hoà (dissolved 30/06/2025)",
        ], path  # fmt: skip
    shown = await admin.get(f"/units/{province.right.id}/move")
    assert "dissolved 30/06/2025" not in shown.text  # nothing can be moved there
