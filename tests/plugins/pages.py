"""A hub on a socket and a real Chromium in front of it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from aiohttp.test_utils import TestServer
from playwright.async_api import Browser, ConsoleMessage, Page

from tests.plugins.website import PASSWORD, Reader

USUAL = ("status of 4", "htmx:sendAbort", "htmx:afterRequest")
"""What is said of a refusal that the page shows, and of a question that the page itself takes back: a later
one takes its place, or the page is left."""


@pytest.fixture
async def page(chromium: Browser, server: TestServer, reader: Reader) -> AsyncIterator[Page]:
    """An empty tab; any error that a script or the content policy reports fails the test. It is closed before
    the reader, with whom the server goes."""
    context = await chromium.new_context(
        base_url=str(server.make_url("/")), locale="en-GB", viewport={"width": 1280, "height": 800}
    )
    page = await context.new_page()
    said: list[str] = []
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("console", lambda message: said.append(_told(message)) if message.type == "error" else None)
    yield page
    await context.close()
    faults = [text for text in said if not any(usual in text for usual in USUAL)]
    assert not faults, faults


def _told(message: ConsoleMessage) -> str:
    """With the address, where it is about one."""
    return f"{message.text} ({message.location.get('url', '')})"


async def log_in(page: Page, username: str = "admin") -> None:
    await page.goto("/login")
    await page.fill("[name=username]", username)
    await page.fill("[name=password]", PASSWORD)
    await page.click("form[action='/login'] button[type=submit]")
    await page.wait_for_url("**/")
