"""Moving a unit's things to another in a real browser."""

from __future__ import annotations

import os
from pathlib import Path

from playwright.async_api import Page, expect

from confhub.access.rules import SYSTEM
from confhub.accounts.service import SetupCode
from confhub.http.context import Services
from confhub.people.values import PersonDraft
from tests.plugins.pages import log_in
from tests.plugins.website import PASSWORD, Province


async def seen(page: Page, name: str) -> None:
    """Pictures of the page, for whoever wants to look at it (`CONFHUB_PICTURES=folder`)."""
    folder = os.environ.get("CONFHUB_PICTURES")
    for width in (1280, 360):
        await page.set_viewport_size({"width": width, "height": 800})
        wide = await page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, f"{name}: {wide} at {width}"
        if folder:
            await page.screenshot(path=Path(folder) / f"{name}-{width}.png", full_page=True)
    await page.set_viewport_size({"width": 1280, "height": 800})


async def test_a_unit_is_moved_and_the_move_is_taken_back(
    page: Page, services: Services, setup_code: SetupCode, province: Province
) -> None:
    await services.accounts.first_admin(setup_code.text, "admin", PASSWORD, "Quản trị", "vi", "127.0.0.1")
    await services.people.add(SYSTEM, PersonDraft("Nguyễn An", province.left.id))
    await log_in(page)
    await page.goto(f"/units/{province.left.id}/move")
    await page.select_option("[name=to_unit_id]", str(province.right.id))
    await page.click("text=Xem trước")
    await expect(page.locator("h2", has_text="Sẽ chuyển")).to_be_visible()
    await seen(page, "move-preview")
    await page.click("form:has([name=seen]) button[type=submit]")
    await expect(page.locator(".app-toast")).to_contain_text("Đã chuyển.")
    await seen(page, "move-done")
    await page.click("form[action$='/undo'] button")
    await page.click(".ask-dialog[open] .btn-primary, .ask-dialog[open] .btn-danger")
    await expect(page.locator(".app-toast")).to_contain_text("Đã hoàn lại.")
    assert (await services.registry.endpoint(SYSTEM, province.left_room.id)).unit_id == province.left.id
