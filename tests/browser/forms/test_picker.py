"""The picker of rooms: whole tiers, a search that keeps the branches, the keyboard, another date."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from playwright.async_api import Page, expect
from sqlalchemy import update

from confhub.access.rules import SYSTEM
from confhub.db.database import Database
from confhub.org.models import UnitRow
from confhub.org.values import UnitDraft
from confhub.registry.values import EndpointDraft
from tests.plugins.pages import log_in


@pytest.fixture
async def communes(admin: Any, services: Any, province: Any, hub_database: Database) -> None:
    """Two communes with a room each in the left district, one dissolved in the right one."""
    tier = await services.org.add_tier(SYSTEM, "commune", "Cấp xã", "Commune", 3)
    for code, name, parent, end in (
        ("H44.01.11", "Xã Ấm Hạ", province.left, None),
        ("H44.01.12", "Xã Bằng Giã", province.left, None),
        ("H44.02.11", "Xã Ca Đình", province.right, date(2025, 6, 30)),
    ):
        unit = await services.org.create_unit(SYSTEM, UnitDraft(code, name, tier.id, parent.id))
        await services.registry.create_endpoint(SYSTEM, EndpointDraft(code, f"Điểm cầu {name}", unit.id))
        async with hub_database.transaction() as tx:
            await tx.execute(update(UnitRow).where(UnitRow.id == unit.id).values(valid_to=end))


async def _open(page: Page) -> None:
    await log_in(page)
    await page.goto("/sessions/new")


async def test_a_tier_is_one_click_with_its_count(page: Page, communes: None) -> None:
    await _open(page)
    await expect(page.locator("#picker-count")).to_have_text("0 of 4 rooms")
    tier = page.locator(".picker-tier", has_text="Commune")
    await expect(tier).to_contain_text("0/2")
    await tier.click()
    await expect(tier).to_contain_text("2/2")
    await expect(page.locator("#picker-count")).to_have_text("2 of 4 rooms")
    await tier.click()
    await expect(page.locator("#picker-count")).to_have_text("0 of 4 rooms")


async def test_a_search_keeps_the_branches_above_its_hits_and_their_true_counts(
    page: Page, communes: None
) -> None:
    await _open(page)
    await page.fill("#picker-search", "am ha")
    shown = page.locator("#picker-tree [role=treeitem]:visible")
    await expect(shown).to_have_count(3)  # the province, the district, the commune's room
    assert [await one.get_attribute("data-name") for one in await shown.all()] == [
        "Tỉnh Phú Thọ",
        "Huyện Hạ Hoà",
        "Điểm cầu Xã Ấm Hạ",
    ]
    await expect(shown.nth(1)).to_have_text("Huyện Hạ Hoà 0/3")
    await shown.nth(1).locator("input").first.check()
    await expect(page.locator("#picker-count")).to_have_text("3 of 4 rooms")


async def test_the_tree_is_walked_with_the_arrows(page: Page, communes: None) -> None:
    await _open(page)
    await page.locator(".picker-tier input").last.focus()
    await page.keyboard.press("Tab")  # the tree is one stop
    focused = page.locator(":focus")
    await expect(focused).to_have_attribute("data-name", "Tỉnh Phú Thọ")
    await page.keyboard.press("ArrowRight")
    first = await focused.get_attribute("data-name")
    await page.keyboard.press("ArrowRight")  # opens the district
    await expect(focused).to_have_attribute("aria-expanded", "true")
    assert await focused.get_attribute("data-name") == first
    await page.keyboard.press("ArrowRight")  # goes in
    await expect(focused).to_have_attribute("aria-level", "3")
    await page.keyboard.press("Space")
    await expect(focused).to_have_attribute("aria-checked", "true")
    await page.keyboard.press("ArrowLeft")
    await expect(focused).to_have_attribute("aria-checked", "mixed")
    await page.keyboard.press("ArrowLeft")
    await expect(focused).to_have_attribute("aria-expanded", "false")
    await page.keyboard.press("Home")
    await expect(focused).to_have_attribute("data-name", "Tỉnh Phú Thọ")
    await page.keyboard.press("End")
    assert await page.locator("#picker-tree [tabindex='0']").count() == 1


async def test_rooms_of_units_that_ended_are_told_and_come_back_with_an_earlier_date(
    page: Page, communes: None
) -> None:
    await _open(page)
    await expect(page.locator("#picker-left-out")).to_contain_text("1 of 5 rooms cannot be invited")
    await page.locator("[name=start_date]").fill("30/06/2025")
    await page.locator("[name=start_date]").dispatch_event("change")
    await expect(page.locator("#picker-count")).to_have_text("0 of 5 rooms")
    await expect(page.locator("#picker-left-out")).to_be_hidden()
