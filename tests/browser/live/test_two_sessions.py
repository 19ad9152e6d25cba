"""Two control rooms in Chromium, and a room that both expect: touching, overlapping, overrunning."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.browser.room.hall import Hall

TILE = ".room-tile[data-state={state}]"


async def control_room(hall: Hall, session: int) -> Page:
    tab = await hall.desk.context.new_page()
    await tab.goto(f"/sessions/{session}/live")
    await tab.wait_for_selector("body[data-ready=true]")
    return tab


def tile(page: Page, code: str, state: str) -> str:
    return f'.room-tile[data-state="{state}"][title*="· {code} ·"]'


async def stands(page: Page, code: str, state: str) -> None:
    await expect(page.locator(tile(page, code, state))).to_have_count(1)


@asynccontextmanager
async def machine(hall: Hall, code: str) -> AsyncIterator[None]:
    """The room's real program, simulated seat, for the length of the block."""
    credentials = hall.folder / f"{code}.jsonl"
    credentials.write_text(f'{{"code": "{code}", "credential": "{await hall.pair(code)}"}}\n')
    process = await asyncio.create_subprocess_exec(
        *fleet_command(hall, credentials), stdout=asyncio.subprocess.DEVNULL
    )
    try:
        yield
    finally:
        process.terminate()
        await process.wait()


def fleet_command(hall: Hall, credentials: Path) -> list[str]:
    return [
        sys.executable, "-m", "endpoints.main", "fleet", "--hub", hall.hub.url, "--state",
        str(hall.folder / "state"), "--credentials", str(credentials),
    ]  # fmt: skip


@pytest.mark.calm
async def test_rooms_are_where_the_rules_say_and_both_control_rooms_see_it(hall: Hall) -> None:
    first = await hall.session(title="Giao ban", beside=False)
    async with machine(hall, "T.01"):
        await hall.ask("POST", f"/sessions/{first}/start")
        one = await control_room(hall, first)
        await stands(one, "T.01", "joined")

        # The next one's lobby opens while the first is live: it takes nobody, and says who has the room.
        second = await hall.session(title="Học tập nghị quyết", beside=True)
        two = await control_room(hall, second)
        await stands(two, "T.01", "elsewhere")
        await two.locator(tile(two, "T.01", "elsewhere")).click()
        await expect(two.locator("#panel-state")).to_contain_text("Đang ở phiên họp Giao ban đến")
        await two.keyboard.press("Escape")
        await two.click("#call-missing")
        await expect(two.locator("#toasts")).to_contain_text("Số điểm cầu đã gọi: 0")
        await stands(one, "T.01", "joined")

        # Live beside live, as when the first overruns: the first keeps the room.
        await hall.ask("POST", f"/sessions/{second}/start")
        await expect(two.locator("#session-state")).to_have_class("state state-live")
        await stands(two, "T.01", "elsewhere")
        await stands(one, "T.01", "joined")

        # By name, an operator of both brings it over; both control rooms are told.
        await two.locator(tile(two, "T.01", "elsewhere")).click()
        await two.get_by_role("button", name="Chuyển về phiên họp này").click()
        await two.click(".ask-dialog[open] .btn-danger")
        await two.keyboard.press("Escape")
        await stands(two, "T.01", "joined")
        await stands(one, "T.01", "elsewhere")
        await expect(one.locator("#toasts")).to_contain_text("sang phiên họp khác")

        # When the second ends, the room goes back to the first by itself; then to nobody.
        await hall.ask("POST", f"/sessions/{second}/end")
        await stands(one, "T.01", "joined")
        await hall.ask("POST", f"/sessions/{first}/end")
        await stands(one, "T.01", "left")


async def test_rooms_without_a_machine_are_told_so_and_after_the_end_nobody_is_called(hall: Hall) -> None:
    session = await hall.session()
    page = await control_room(hall, session)
    await stands(page, "T.02", "unpaired")
    assert await page.locator(TILE.format(state="called")).count() == 0
    await hall.ask("POST", f"/sessions/{session}/start")
    await expect(page.locator("#chair-lost")).to_be_visible()
    await hall.ask("POST", f"/sessions/{session}/end")
    await stands(page, "T.02", "absent")
    await expect(page.locator("#chair-lost")).to_be_hidden()


async def test_a_panel_shows_no_figures_of_the_room_before(hall: Hall) -> None:
    session = await hall.session()
    async with machine(hall, "T.01"):
        page = await control_room(hall, session)
        await stands(page, "T.01", "joined")
        await page.locator('.room-tile[title*="· T.01 ·"]').click()
        await expect(page.locator("#panel-line-now")).not_to_be_empty()
        await page.keyboard.press("Escape")
        await page.locator('.room-tile[title*="· T.02 ·"]').click()
        await expect(page.locator("#panel-name")).to_have_text("Điểm cầu Hai")
        await expect(page.locator("#panel-line-now")).to_be_empty()


async def test_people_in_browsers_are_listed_and_can_be_removed(hall: Hall) -> None:
    session = await hall.session()
    page = await control_room(hall, session)
    await expect(page.locator("#people-card")).to_be_hidden()
    person = await hall.person(session)
    entry = page.locator("#people-entries .side-entry")
    await expect(entry).to_have_count(1)
    await expect(entry).to_have_attribute("data-connected", "true")
    await entry.get_by_role("button", name="Đưa ra khỏi phiên họp").click()
    await page.click(".ask-dialog[open] .btn-danger")
    await person.wait_for_selector("body[data-screen=removed]")
    await expect(entry.get_by_role("button", name="Cho vào lại")).to_be_visible()
