"""A unit's week in Chromium: written, approved, published, changed, and read on a phone."""

from __future__ import annotations

import pytest
from aiohttp.test_utils import TestServer
from playwright.async_api import Page

from confhub.accounts.service import SetupCode
from confhub.http.context import Services
from tests.browser.pages.test_accessibility import overflow, violations
from tests.plugins.pages import log_in
from tests.plugins.website import PASSWORD, Province

WEEK = "2026-W10"


async def write(page: Page, here: str, **fields: str) -> None:
    await page.goto(f"{here}/entries/new")
    await page.select_option("[name=day]", fields.pop("day"))
    for name, text in fields.items():
        await page.fill(f"[name={name}]", text)
    await page.click("form.card button[type=submit]")
    await page.wait_for_url("**/weekly/*")


@pytest.mark.parametrize(("language", "theme"), [("vi", "light"), ("en", "dark")])
async def test_a_week_is_written_approved_published_and_changed(
    page: Page,
    server: TestServer,
    services: Services,
    setup_code: SetupCode,
    province: Province,
    language: str,
    theme: str,
) -> None:
    await services.accounts.first_admin(setup_code.text, "admin", PASSWORD, "Quản trị", language, "127.0.0.1")
    await log_in(page)
    origin = str(server.make_url("/"))
    cookies = {"confhub_theme": theme, "confhub_language": language}
    await page.context.add_cookies(
        [{"name": name, "value": value, "url": origin} for name, value in cookies.items()]
    )
    here = f"/units/{province.left.id}/weekly/{WEEK}"
    long = "Hội nghị tổng kết công tác xây dựng Đảng và phát triển kinh tế - xã hội " * 6
    await write(page, here, day="2026-03-02", begins="08:00", ends="09:30", content="Giao ban tuần",
                place="Phòng họp số 1", chair="Đ/c Chủ tịch", participants="Lãnh đạo các phòng")  # fmt: skip
    await write(page, here, day="2026-03-02", begins="14:00", content=long[:400], place="Hội trường")
    await write(page, here, day="2026-03-04", begins="09:00", content="Tiếp công dân", chair="x" * 200)
    await page.click("form[action$='/approve'] button")
    await page.click("form[action$='/publish'] button")
    await page.locator(".state-online").wait_for()
    await page.goto(f"{here}/entries/1")
    await page.fill("[name=begins]", "07:30")
    await page.fill("[name=place]", "Phòng họp số 2")
    await page.click("form.card button[type=submit]")
    await page.locator("tr.week-changed del", has_text="Phòng họp số 1").wait_for()
    await page.click("form[action$='/entries/3/remove'] button")
    await page.click(".ask-dialog[open] .btn-danger")
    await page.locator("tr.week-gone").wait_for()
    found = []
    for width in (360, 1280):
        await page.set_viewport_size({"width": width, "height": 900})
        await page.goto(here)
        found += await violations(page) + await overflow(page)
    assert found == []
    await page.set_viewport_size({"width": 360, "height": 900})
    day = page.locator(".week-day").first
    assert await day.evaluate("one => getComputedStyle(one).display") == "block", "a list leads on a phone"
