"""The agenda in a browser: by keyboard, on a phone; documents sent, refused, read and renewed."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest
from aiohttp.test_utils import TestServer
from playwright.async_api import Page, expect

from confhub.access.rules import SYSTEM
from confhub.accounts.service import SetupCode
from confhub.http.context import Services
from confhub.sessions.values import Participants, SessionInput
from tests import pdfs
from tests.browser.pages.test_accessibility import _prefer, overflow, violations
from tests.plugins.pages import log_in
from tests.plugins.website import PASSWORD, Province

PAPER = {"name": "Báo cáo quý III.pdf", "mimeType": "application/pdf", "buffer": pdfs.plain(pages=3)}
SCRIPT = {"name": "x.pdf", "mimeType": "application/pdf", "buffer": pdfs.scripted()}


@pytest.mark.parametrize(("width", "theme", "language"), [(360, "dark", "vi"), (1280, "light", "en")])
async def test_an_agenda_with_documents_is_made_by_its_pages(
    page: Page,
    server: TestServer,
    services: Services,
    setup_code: SetupCode,
    province: Province,
    width: int,
    theme: str,
    language: str,
) -> None:
    await services.accounts.first_admin(setup_code.text, "admin", PASSWORD, "Quản trị", language, "127.0.0.1")
    invited = Participants(include_endpoints=(province.right_room.id,))
    start = services.clock.now() + timedelta(days=1)
    form = SessionInput(
        "Họp giao ban", "meeting", province.left.id, start, 60, province.left_room.id, invited
    )
    session = (await services.sessions.create(SYSTEM, form)).session.id
    await page.set_viewport_size({"width": width, "height": 800})
    await _prefer(page, server, theme, language)
    await log_in(page)
    await page.goto(f"/sessions/{session}")
    await page.locator(f"a[href='/sessions/{session}/agenda']").click()

    async def sound(name: str) -> None:
        if folder := os.environ.get("CONFHUB_TEST_PICTURES"):
            await page.screenshot(path=Path(folder) / f"agenda-{name}-{width}.png", full_page=True)
        assert await violations(page) + await overflow(page) == []

    await sound("empty")
    for title, minutes in (("Báo cáo tình hình kinh tế – xã hội", "20"), ("Thảo luận", "45")):
        await page.locator("a[href$='/agenda/new']").focus()
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/agenda/new")
        await page.fill("[name=title]", title)
        await page.fill("[name=minutes]", minutes)
        await page.fill("[name=presenter]", "Bà Trần Thị Bình, Chánh Văn phòng UBND tỉnh")
        await page.locator("[name=rooms]").last.check()
        await sound("item")
        await page.locator("form.card button[type=submit]").focus()
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/agenda*")
    items = page.locator(".agenda > li")
    await items.last.locator("button[name=place]").focus()
    await page.keyboard.press("Enter")
    await expect(items.first).to_contain_text("Thảo luận")
    await page.set_input_files("#f-file", SCRIPT)  # type: ignore[arg-type]
    await page.locator("form[action$='/documents'] button[type=submit]").click()
    await expect(page.locator("#f-file-note")).to_be_visible()
    await expect(page.locator("#f-file")).to_have_attribute("aria-invalid", "true")
    await sound("refused")
    await page.set_input_files("#f-file", PAPER)  # type: ignore[arg-type]
    await page.select_option("[name=item_id]", index=1)
    await page.check("[name=readers][value=branch]")
    await page.locator("form[action$='/documents'] button[type=submit]").click()
    await expect(items.first).to_contain_text("Báo cáo quý III")
    await sound("agenda")
    async with page.expect_download() as coming:
        await items.first.locator("a[href$='/versions/1']").click()
    download = await coming.value
    assert download.suggested_filename == "bao-cao-quy-iii.pdf"
    assert (await download.path()).read_bytes() == PAPER["buffer"]
    await items.first.locator(".documents a.btn").click()
    await page.set_input_files("#f-file", {**PAPER, "buffer": pdfs.plain("2")})  # type: ignore[arg-type]
    await page.locator("form[action$='/versions'] button[type=submit]").click()
    await expect(page.locator(".documents > li")).to_have_count(2)
    await sound("document")
    await page.goto(f"/sessions/{session}")
    await page.fill("#template-name", "Giao ban tuần")
    await page.locator("form[action$='/template'] button[type=submit]").click()
    await page.wait_for_url("**/templates*")
    await sound("templates")
    await page.fill("[name=starts_at]", "05/03/2026 14:00")
    await page.locator("form[action$='/use'] button[type=submit]").click()
    await page.wait_for_url("**/edit*")
    await expect(page.locator("[name=start_time]")).to_have_value("14:00")
