"""The check-in code on the screen of a room, in its kiosk: lobby, folded, live, and under a prompt."""

from __future__ import annotations

import re

from playwright.async_api import Page, expect

from tests.browser.qr_code import qr_code_on
from tests.browser.room.hall import Hall

QR = "#code-qr img.qr"


async def width(page: Page) -> float:
    box = await page.locator("#room-code").bounding_box()
    assert box is not None
    return box["width"]


async def test_the_code_stands_on_the_screen_changes_folds_and_grows_for_a_prompt(hall: Hall) -> None:
    session = await hall.session()
    screen = await hall.kiosk("T.01", session)
    panel = screen.locator("#room-code")
    await expect(screen.locator(QR)).to_be_visible()
    await expect(screen.locator("#code-six")).to_have_text(re.compile(r"^\d{3} \d{3}$"))
    await expect(screen.locator("#code-where")).to_have_text(re.compile(r"/c, room T\.01$"))
    await expect(screen.locator(QR)).to_have_attribute("alt", "QR code for check-in")
    lobby, first = await width(screen), await panel.get_attribute("data-url")
    assert first
    await expect(panel).not_to_have_attribute("data-url", first, timeout=26_000)
    assert await qr_code_on(screen) == await panel.get_attribute("data-url")

    await screen.click("#code-fold")
    await expect(screen.locator("#code-six")).to_be_hidden()
    code, button = await screen.locator(QR).bounding_box(), await screen.locator("#code-fold").bounding_box()
    assert code is not None
    assert button is not None
    assert button["y"] + button["height"] <= code["y"]  # nothing lies on the code

    await hall.ask("POST", f"/sessions/{session}/start")
    await screen.click("#code-fold")
    await expect(screen.locator("body[data-session=live]")).to_be_attached()
    assert await width(screen) < lobby
    await screen.click("#code-fold")
    await hall.ask("POST", f"/sessions/{session}/prompts")
    await expect(screen.locator("#code-title")).to_have_text("Please confirm that you are here")
    await expect(panel).to_have_attribute("data-folded", "false")  # unfolds by itself
    assert await width(screen) == lobby
