"""A calendar link in a browser: made, copied, made anew, revoked; and where letters go."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect

from confhub.accounts.service import SetupCode
from confhub.http.context import Services
from tests.browser.pages.test_accessibility import overflow, violations
from tests.plugins.pages import log_in
from tests.plugins.website import PASSWORD, Province


@pytest.mark.parametrize("width", [360, 1280])
async def test_a_link_is_made_by_keyboard_shown_once_and_revoked(
    page: Page, services: Services, setup_code: SetupCode, province: Province, width: int
) -> None:
    await services.accounts.first_admin(setup_code.text, "admin", PASSWORD, "Quản trị", "en", "127.0.0.1")
    await page.set_viewport_size({"width": width, "height": 800})
    await log_in(page)
    await page.goto(f"/units/{province.left.id}")
    await page.get_by_role("link", name="Calendar and invitations").click()
    await page.get_by_role("button", name="Make a link").focus()
    await page.keyboard.press("Enter")
    shown = page.locator("[data-calendar-link]")
    await expect(shown).to_be_visible()
    link = await shown.inner_text()
    assert await violations(page) + await overflow(page) == []
    answer = await page.request.get(link)
    assert (answer.status, answer.headers["content-type"]) == (200, "text/calendar; charset=utf-8")
    await page.get_by_role("button", name="Revoke the link").click()
    await page.click(".ask-dialog[open] .btn-danger, .ask-dialog[open] .btn-primary")
    await expect(page.get_by_text("The link was revoked.")).to_be_visible()
    await expect(shown).to_have_count(0)
    assert (await page.request.get(link)).status == 404


async def test_an_address_that_is_none_is_told_at_its_field(
    page: Page, services: Services, setup_code: SetupCode, province: Province
) -> None:
    await services.accounts.first_admin(setup_code.text, "admin", PASSWORD, "Quản trị", "en", "127.0.0.1")
    await log_in(page)
    await page.goto(f"/endpoints/{province.left_room.id}/calendar-link")
    await page.fill("[name=address]", "văn phòng")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("This is not an e-mail address")).to_be_visible()
    assert await page.input_value("[name=address]") == "văn phòng"
    assert await violations(page) == []
    await page.fill("[name=address]", "vp@example.vn")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("Saved.")).to_be_visible()
    assert await page.input_value("[name=address]") == "vp@example.vn"
