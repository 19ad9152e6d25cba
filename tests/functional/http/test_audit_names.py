"""The trail tells who did what by the name of the day, and says what the account is called since."""

from __future__ import annotations

import html

from confhub.access.rules import SYSTEM
from confhub.accounts.values import GrantWish
from confhub.http.context import Services
from confhub.kernel.permissions import Role
from tests.functional.http.test_pages import rows_of
from tests.plugins.website import PASSWORD, Province, Reader

GRANTS = [GrantWish(Role.ADMINISTRATOR, None)]


async def test_a_renamed_account_keeps_its_name_of_the_day_and_is_found_under_both(
    admin: Reader, province: Province, services: Services
) -> None:
    made = await services.accounts.create_account(SYSTEM, "can-bo", PASSWORD, "Lê Cũ", GRANTS, "en")
    admin.client.session.cookie_jar.clear()
    other = Reader(admin.client)
    await other.log_in("can-bo")
    assert (await other.post(f"/endpoints/{province.left_room.id}/retire")).status == 303
    await services.accounts.update_account(SYSTEM, made.id, "Lê Mới", GRANTS)
    assert (await other.post(f"/endpoints/{province.right_room.id}/retire")).status == 303

    retired = "/audit?action=registry:endpoint:retire"
    newest, oldest = map(html.unescape, rows_of((await other.get(retired)).text))
    assert ("Lê Mới</a>" in newest, "since" in newest) == (True, False)
    assert "Lê Cũ</a>" in oldest
    assert "called Lê Mới since" in oldest
    assert len(rows_of((await other.get(f"{retired}&by={made.id}")).text)) == 2
    assert len(rows_of((await other.get(f"{retired}&search=L%C3%AA+M%E1%BB%9Bi")).text)) == 2
    assert len(rows_of((await other.get(f"{retired}&who=L%C3%AA+C%C5%A9")).text)) == 1

    status, told = await other.call("GET", f"/api/v1/audit?action=registry:endpoint:retire&by={made.id}")
    assert status == 200
    assert [(one["actor_id"], one["actor_name"], one["actor_today"]) for one in told["entries"]] == [
        (made.id, "Lê Mới", ""), (made.id, "Lê Cũ", "Lê Mới"),
    ]  # fmt: skip
    (changed,) = rows_of((await other.get("/audit?action=accounts:account:change")).text)
    assert "Display name:</b>" in changed
    assert "Lê Cũ" in changed
    assert "Lê Mới" in changed


async def test_a_closed_account_keeps_its_name_in_the_trail(
    admin: Reader, province: Province, services: Services
) -> None:
    made = await services.accounts.create_account(SYSTEM, "can-bo", PASSWORD, "Lê Cũ", GRANTS, "en")
    admin.client.session.cookie_jar.clear()
    other = Reader(admin.client)
    await other.log_in("can-bo")
    await other.post(f"/endpoints/{province.left_room.id}/retire")
    await services.accounts.disable_account(SYSTEM, made.id)
    found = await services.audit.entries(SYSTEM, action="registry:endpoint:retire")
    assert [(one.actor_name, one.actor_today) for one in found] == [("Lê Cũ", "")]
