"""The whole way in a browser: log in, plan, take part, floor, mute, end, report; with the real relay."""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, Playwright

from tests.browser.firefox import firefox

PASSWORD = "một câu dài dễ nhớ"
SHIPPED = Path(__file__).resolve().parents[3] / "confhub" / "registry" / "data" / "phutho-2020.csv"


async def confhub(data: Path, *arguments: str, typed: str = "") -> None:
    """Run one `confhub` command to its end."""
    running = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "confhub.cli.main", *arguments, "--data", str(data),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    said, _ = await running.communicate(typed.encode())
    assert running.returncode == 0, said.decode()


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[str]:
    """The address of a hub with its own relay and the shipped province."""
    await confhub(tmp_path, "user", "add", "admin", "--password-stdin", typed=PASSWORD + "\n")
    await confhub(tmp_path, "import", str(SHIPPED))
    running = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "confhub.cli.main", "run", "--data", str(tmp_path), "--port", "0",
        "--host", "0.0.0.0", "--relay-port", "0", "--relay-udp-port", "0", "--default-language", "en",
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    assert running.stdout is not None
    async with asyncio.timeout(60):
        while not (found := re.search(rb"ready: (http\S+)", await running.stdout.readline())):
            assert running.returncode is None, "the hub did not start"
    drain = asyncio.create_task(running.stdout.read())
    yield re.sub(r"//[^:/]+", "//127.0.0.1", found[1].decode())
    running.terminate()
    await running.wait()
    await drain


@pytest.fixture(params=["Chromium", "Firefox"])
async def browser(
    chromium: Browser, playwright: Playwright, tmp_path: Path, request: pytest.FixtureRequest
) -> AsyncIterator[Browser]:
    if request.param == "Chromium":
        yield chromium
        return
    async with firefox(playwright, tmp_path) as fox:
        yield fox


@pytest.fixture
async def tab(hub: str, browser: Browser) -> AsyncIterator[Page]:
    """An organizer's tab, logged in; any script error fails the test."""
    context = await browser.new_context(base_url=hub, locale="en-GB")
    faults: list[str] = []
    context.on("weberror", lambda error: faults.append(str(error.error)))
    page = await context.new_page()
    await page.goto("/login")
    await page.fill("[name=username]", "admin")
    await page.fill("[name=password]", PASSWORD)
    await page.click("form[action='/login'] button[type=submit]")
    await page.wait_for_url("**/")
    yield page
    await context.close()
    assert faults == []


async def plan(page: Page) -> str:
    """Plan a session of the whole province, and open its lobby; gives its path."""
    await page.goto("/sessions/new")
    await page.fill("[name=title]", "Hội nghị toàn tỉnh")
    await page.locator(".tree-row.unit input").first.check()
    await page.fill("#chair-search", "hoi truong tinh")
    await page.press("#chair-search", "ArrowDown")
    await page.press("#chair-search", "Enter")
    await page.click("button[value=schedule]")
    await page.wait_for_url(re.compile(r"/sessions/\d+(\?.*)?$"))
    path = page.url.split("?")[0]
    await page.goto(f"{path}/live")
    await page.click("[data-step=open-lobby]")
    await page.wait_for_selector("#session-state.state-lobby")
    return path


async def test_from_planning_to_the_report(tab: Page) -> None:
    path = await plan(tab)
    room = await tab.context.new_page()
    await room.goto(f"{path}/room")
    await room.click("#join")
    await room.wait_for_selector("body[data-link=joined]")
    assert await room.is_disabled("#control-microphone")

    await tab.click("[data-step=start]")
    await tab.click(".ask-dialog[open] .btn-primary")
    await tab.wait_for_selector("#session-state.state-live")

    await room.click("#control-hand")
    await room.wait_for_selector("#hand-place:not([hidden])")
    await tab.click("#hand-entries .btn-primary")
    await room.wait_for_selector("body[data-floor=on]")
    await room.wait_for_selector(".tile[data-own=true][data-picture=on]")
    await room.wait_for_selector("#control-microphone[aria-pressed=true]")

    speaker = "#stage-entries [data-slot=speaker] .side-actions .btn"
    await tab.click(f"{speaker} >> nth=0")
    await room.wait_for_selector("#control-microphone[aria-pressed=false]")
    assert await room.is_enabled("#control-microphone"), "only the room itself opens it again"
    await tab.click(f"{speaker} >> nth=1")
    await room.wait_for_selector("body[data-floor=off]")
    await room.wait_for_selector(".tile[data-own=true]", state="detached")

    await tab.click("[data-step=end]")
    await tab.click(".ask-dialog[open] .btn-danger")
    await room.wait_for_selector("body[data-screen=ended]")
    await tab.goto(f"{path}/report")
    assert await tab.locator(".rooms-table tbody tr").count() > 0
    await tab.wait_for_function("document.querySelector('#arrivals').height > 150")
