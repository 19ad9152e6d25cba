"""One Chromium and one Playwright for all browser tests of a process, which run on one loop for that.

A test opens contexts of its own, and closes them: they share nothing. What must be a browser of its own
(other arguments, a profile that outlives it, Firefox) is launched by `playwright`.
"""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Playwright, async_playwright, expect

CALM = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
DEVICES = [
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
    "--auto-select-desktop-capture-source=Entire screen",
]

# As long as a page's own actions wait: a busy machine is slow, and no test asks how slow.
expect.set_options(timeout=30_000)


def chromium_path() -> str:
    """Debian's Chromium; the test is skipped where there is none, and fails in CI."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        reason = "no chromium on the PATH: install Debian's package"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    return found


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def playwright() -> AsyncIterator[Playwright]:
    """Its driver is Node.js, which keeps what it has compiled of it for the next process."""
    os.environ.setdefault("NODE_COMPILE_CACHE", str(Path.home() / ".cache" / "confhub" / "node"))
    async with async_playwright() as playwright:
        yield playwright


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def one_chromium(playwright: Playwright) -> AsyncIterator[Browser]:
    """With fake devices, which it gives to every page."""
    browser = await playwright.chromium.launch(executable_path=chromium_path(), args=[*CALM, *DEVICES])
    yield browser
    await browser.close()


@pytest.fixture
async def chromium(one_chromium: Browser) -> AsyncIterator[Browser]:
    """For one test: whatever it has opened is closed in the end."""
    yield one_chromium
    await close_all(one_chromium)


async def close_all(browser: Browser) -> None:
    """Close every context, with its pages."""
    for context in browser.contexts:
        await context.close()


@pytest.fixture
def one_loop(_session_scoped_runner: asyncio.Runner) -> asyncio.Runner:
    """The loop of `playwright`; `tests/browser/conftest.py` makes it that of every test and fixture there."""
    return _session_scoped_runner
