"""One's own phone with Firefox: the room and the six digits typed, in and out."""

from __future__ import annotations

from pathlib import Path

from playwright.async_api import expect

from tests.browser.firefox import firefox
from tests.browser.phone.test_phone import faultless, shown
from tests.plugins.tablets import Room


async def test_six_digits_typed_in_firefox_check_a_person_in_and_out(room: Room, tmp_path: Path) -> None:
    code = await shown(room)
    async with firefox(room.playwright, tmp_path) as browser:
        page = await browser.new_page(
            base_url=room.hub.url, locale="en-GB", viewport={"width": 360, "height": 740}
        )
        page.on("pageerror", lambda error: room.faults.append(str(error)))
        await page.goto("/c")
        await faultless(page)
        await page.fill("#room", code["room"].lower())
        await page.fill("#six", code["six"])
        await page.click("button.go")
        await page.fill("#q", "vu duc anh")
        await page.click("button.person")
        await expect(page.locator("h1")).to_have_text("You are checked in")
        await faultless(page)
        await page.click("button[value=out]")
        await expect(page.locator("h1")).to_have_text("You have checked out")
    assert await room.events() == [("Vũ Đức Ánh", "in", "code"), ("Vũ Đức Ánh", "out", "code")]
