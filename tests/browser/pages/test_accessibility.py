"""Each administrative page, in both themes and on a small screen: axe finds nothing serious."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import pytest
from aiohttp.test_utils import TestServer
from playwright.async_api import Page

from confhub.accounts.service import SetupCode
from confhub.http.context import Services
from tests.plugins.pages import log_in
from tests.plugins.website import PASSWORD, Province

AXE = Path(__file__).parents[3] / "node_modules" / "axe-core" / "axe.min.js"
PAGES = (
    "/", "/units", "/units/new", "/units/1", "/endpoints", "/endpoints/new", "/endpoints/1", "/import",
    "/pairing", "/accounts", "/accounts/new", "/accounts/1", "/profile", "/fleet", "/audit", "/no-such-page",
    "/people", "/people/new", "/people/duplicates", "/people/badges", "/privacy",
    "/profile/calendar-link", "/units/1/calendar-link", "/endpoints/1/calendar-link",
    "/sessions", "/sessions/new", "/series", "/templates", "/units/1/webhooks",
    "/units/1/bookings", "/endpoints/1/bookings",
    "/weekly", "/units/1/weekly/2026-W49/entries/new",
)  # fmt: skip


SETTLED = """() => Promise.all(document.getAnimations()
    .filter((one) => one.effect.getTiming().iterations !== Infinity)
    .map((one) => one.finished.catch(() => null)))"""


async def violations(page: Page) -> list[str]:
    """axe's serious and critical findings; run in the page, past its content policy, once no colour is on its
    way to another one."""
    await page.evaluate(SETTLED)
    await page.evaluate(AXE.read_text("utf-8"))
    found = await page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{page.url}: {one['id']}: {[(node['html'][:120], node['failureSummary']) for node in nodes[:3]]}"
        for one in found["violations"]
        if one["impact"] in ("serious", "critical") and (nodes := one["nodes"])
    ]


async def overflow(page: Page) -> list[str]:
    """The page, where it is wider than the screen."""
    over = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return [f"{page.url}: {over} px too wide"] if over > 0 else []


async def _walk(page: Page, paths: Sequence[str], check: Callable[[Page], Awaitable[list[str]]]) -> list[str]:
    found: list[str] = []
    for path in paths:
        await page.goto(path)
        found += await check(page)
    return found


async def _prefer(page: Page, server: TestServer, theme: str, language: str) -> None:
    origin = str(server.make_url("/"))
    cookies = {"confhub_theme": theme, "confhub_language": language}
    await page.context.add_cookies(
        [{"name": name, "value": value, "url": origin} for name, value in cookies.items()]
    )


@pytest.mark.parametrize(
    ("theme", "language", "pages"), [("light", "vi", PAGES), ("dark", "en", ("/", "/endpoints/1", "/fleet"))]
)
async def test_no_page_has_a_serious_fault(
    page: Page,
    server: TestServer,
    services: Services,
    setup_code: SetupCode,
    province: Province,
    theme: str,
    language: str,
    pages: Sequence[str],
) -> None:
    await _prefer(page, server, theme, language)
    found = await _walk(page, ["/setup"], violations)
    await services.accounts.first_admin(setup_code.text, "admin", PASSWORD, "Quản trị", "vi", "127.0.0.1")
    found += await _walk(page, ["/login"], violations)
    await log_in(page)
    assert found + await _walk(page, pages, violations) == []


@pytest.mark.parametrize("width", [360, 1920])
async def test_no_page_is_wider_than_the_screen(
    page: Page, server: TestServer, services: Services, setup_code: SetupCode, province: Province, width: int
) -> None:
    await page.set_viewport_size({"width": width, "height": 800})
    await _prefer(page, server, "light", "vi")
    await services.accounts.first_admin(setup_code.text, "admin", PASSWORD, "Quản trị", "vi", "127.0.0.1")
    found = await _walk(page, ["/login"], overflow)
    await log_in(page)
    assert found + await _walk(page, PAGES, overflow) == []
