"""A series from its form to its last change, by mouse and once more by the keyboard alone."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.browser.pages.test_accessibility import overflow, violations
from tests.plugins.pages import log_in

STOPS_MAX = 300
"""Tab stops of the longest page here: a year of dates with their buttons."""


class Mouse:
    """Clicks."""

    def __init__(self, page: Page) -> None:
        self.page = page

    async def press(self, selector: str) -> None:
        await self.page.locator(selector).first.click()

    async def write(self, selector: str, text: str) -> None:
        field = self.page.locator(selector)
        await field.click()
        await field.fill(text)

    async def choose(self, selector: str, words: str) -> None:
        await self.page.select_option(selector, label=words)


class Keyboard(Mouse):
    """Has no mouse: goes from stop to stop, and fails where one cannot be reached."""

    async def go(self, selector: str) -> None:
        wanted = await self.page.locator(selector).first.element_handle()
        for _ in range(STOPS_MAX):
            if await self.page.evaluate("one => document.activeElement === one", wanted):
                return
            await self.page.keyboard.press("Tab")
        raise AssertionError(f"no tab stop: {selector}")

    async def press(self, selector: str) -> None:
        await self.go(selector)
        field = self.page.locator(selector).first
        await self.page.keyboard.press(
            "Space" if await field.get_attribute("role") == "treeitem" else "Enter"
        )

    async def write(self, selector: str, text: str) -> None:
        await self.go(selector)
        await self.page.keyboard.press("Control+a")
        await self.page.keyboard.type(text)

    async def choose(self, selector: str, words: str) -> None:
        await self.go(selector)
        await self.page.keyboard.type(words)
        await expect(self.page.locator(f"{selector} option:checked")).to_have_text(words)


@pytest.fixture
async def taken(admin: Any, province: Any) -> None:
    """On the first Friday at eight another session has the room."""
    status, made = await admin.call(
        "POST", "/api/v1/sessions",
        {
            "title": "Tiếp công dân", "unit_id": province.left.id, "starts_at": "2027-01-15T08:00:00+07:00",
            "length_min": 60, "chair_endpoint_id": province.left_room.id,
            "participants": {"include_units": [province.right.id]},
        },
    )  # fmt: skip
    assert status == 201, made
    status, _ = await admin.call("POST", f"/api/v1/sessions/{made['session']['id']}/schedule")
    assert status == 200


@pytest.mark.parametrize("hand", [Mouse, Keyboard])
async def test_a_year_of_fridays_is_planned_moved_changed_and_given_back(
    page: Page, admin: Any, province: Any, taken: None, hand: type[Mouse]
) -> None:
    await log_in(page)
    await page.goto("/sessions/new")
    by = hand(page)
    await by.write("#f-title", "Giao ban tuần")
    await by.write("#f-start_date", "15/01/2027")
    await by.write("#f-start_time", "08:00")
    await by.write("#f-length_min", "60")
    await by.choose("#f-every", "By weeks")
    await by.choose("#f-ends", "After a number of dates")
    await by.write("#f-count", "52")
    await by.write("#chair-search", "hạ hoà")
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    await by.press("#picker-tree [role=treeitem]" + ("" if hand is Keyboard else " input"))

    preview = page.locator("[data-series-preview]")
    await expect(preview).to_contain_text("Every week on Friday, 52 dates; public holidays are left out.")
    await expect(preview).to_contain_text("Lunar New Year")
    await expect(preview).to_contain_text("On 1 date another session has rooms of this series.")
    await expect(preview).to_contain_text("Tiếp công dân")
    await expect(preview).to_contain_text("To ask: Quản trị, Huyện Hạ Hoà")
    assert await violations(page) + await overflow(page) == []

    if hand is Keyboard:
        await page.keyboard.press("Home")
        await page.locator("#f-title").focus()  # back to the top, as Shift+Tab would go
    await by.press("#find-time")
    free = page.locator("#free button", has_text="free on every date").first
    await expect(free).to_contain_text("09:00")
    await by.press("#free button:has-text('09:00')")
    await expect(page.locator("#f-start_time")).to_have_value("09:00")
    await expect(page.locator("#f-start_time")).to_be_focused()
    await expect(preview).to_contain_text("All rooms are free on every date.")
    await by.press("button:has-text('Plan the series')")
    await page.wait_for_url("**/series/1?done=planned")
    assert await violations(page) + await overflow(page) == []

    second = "tr:has-text('22 Jan 2027')"
    await by.press(f"{second} summary")
    await by.press(f"{second} a:has-text('This date alone')")
    await page.wait_for_url("**/edit")
    async with page.expect_response(lambda answer: "23%2F01%2F2027" in (answer.request.post_data or "")):
        await by.write("#f-start_date", "23/01/2027")  # a question under way would fail as the page is left
    await by.press("button:has-text('Save')")
    await page.wait_for_url("**?done=saved")
    await page.goto("/series/1")
    moved = page.locator("tr", has_text="23 Jan 2027")
    await expect(moved).to_contain_text("Changed by itself")
    await expect(moved).to_contain_text("by the rule on 22 Jan 2027")

    fourth = "tr:has-text('5 Mar 2027')"
    await by.press(f"{fourth} summary")
    await by.press(f"{fourth} a:has-text('This and following')")
    await page.wait_for_url("**/edit?from_day=2027-03-05")
    await expect(page.locator(".alert-info")).to_contain_text("The dates before 5 Mar 2027 stay as they are")
    assert await violations(page) == []
    await by.write("#f-start_time", "15:00")
    await expect(page.locator("[data-series-preview]")).to_contain_text("15:00")
    await by.press("button:has-text('Change the series')")
    await page.wait_for_url("**/series/2?done=saved")
    await expect(page.locator("tr", has_text="5 Mar 2027")).to_contain_text("15:00")

    await page.goto("/series/1")
    tet = "tr:has-text('5 Feb 2027')"
    await expect(page.locator(tet)).to_contain_text("Left out: day off")
    await by.press(f"{tet} button:has-text('Give back')")
    await page.wait_for_url("**/series/1?done=given_back")
    await expect(page.locator(tet)).to_contain_text("Given back")
    await page.goto("/series")
    await expect(page.locator("#series-list tbody tr")).to_have_count(2)
    assert await violations(page) + await overflow(page) == []
