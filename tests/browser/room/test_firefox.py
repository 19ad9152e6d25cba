"""A room whose machine shows the page in Firefox, beside rooms with Chromium."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import Playwright

from tests.browser.firefox import firefox
from tests.browser.room.hall import PICTURE, Hall
from tests.browser.room.test_stage import sees

pytestmark = pytest.mark.calm


async def test_a_room_in_firefox_sees_is_seen_and_takes_the_floor(
    hall: Hall, playwright: Playwright, tmp_path: Path
) -> None:
    session = await hall.session()
    chair = await hall.kiosk("T.00", session)
    await chair.wait_for_selector(".tile[data-own=true][data-picture=on]")
    async with firefox(playwright, tmp_path) as fox:
        room = await hall.kiosk("T.01", session, fox)
        await room.wait_for_selector("body[data-link=joined][data-screen=room]")
        await sees(room, f"{PICTURE}[data-identity='room:T.00']")
        await hall.ask("POST", f"/sessions/{session}/start")
        await room.wait_for_selector("body[data-session=live]")
        await room.keyboard.press("h")
        await room.wait_for_selector("#hand-place:not([hidden])")
        await hall.ask("POST", f"/sessions/{session}/stage/next")
        await room.wait_for_selector("body[data-floor=on]")
        await room.wait_for_selector(".tile[data-own=true][data-picture=on]")
        await sees(chair, f"{PICTURE}[data-identity='room:T.01']")
        await hall.ask("POST", f"/sessions/{session}/end")
        for page in (chair, room):
            await page.wait_for_selector("body[data-screen=ended]")


async def test_a_chair_in_firefox_is_seen_by_chromium(
    hall: Hall, playwright: Playwright, tmp_path: Path
) -> None:
    session = await hall.session()
    async with firefox(playwright, tmp_path) as fox:
        chair = await hall.kiosk("T.00", session, fox)
        await chair.wait_for_selector(".tile[data-own=true][data-picture=on]")
        room = await hall.kiosk("T.02", session)
        await sees(room, f"{PICTURE}[data-identity='room:T.00']")
        await hall.ask("POST", f"/sessions/{session}/cancel", {})
