"""Registration in a browser: the unit's page on a phone without scripts, and the organizer's."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from confhub.access.rules import SYSTEM
from confhub.accounts.service import SetupCode
from confhub.http.context import Services
from confhub.kernel.ids import SessionId
from confhub.kernel.ports import free_port
from confhub.sessions.values import Participants, SessionInput
from confhub.settings import Settings
from tests.browser.pages.test_accessibility import overflow, violations
from tests.plugins.pages import log_in
from tests.plugins.website import PASSWORD, Province


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A mail server that is away: letters can be asked for."""
    made = Settings(data_dir=tmp_path, database_url="", trusted_proxies=())
    url = f"smtp://127.0.0.1:{free_port()}?tls=none"
    return replace(made, smtp_url=url, mail_from="hop@example.vn")


async def planned(services: Services, province: Province) -> SessionId:
    form = SessionInput(
        title="Hội nghị trực tuyến toàn tỉnh quán triệt Nghị quyết Đại hội", kind="meeting",
        unit_id=province.top.id, starts_at=services.clock.now() + timedelta(days=2), length_min=120,
        chair_endpoint_id=province.left_room.id,
        participants=Participants(include_endpoints=(province.right_room.id,)),
    )  # fmt: skip
    made = (await services.sessions.create(SYSTEM, form)).session.id
    await services.sessions.schedule(SYSTEM, made)
    return made


async def shot(page: Page, name: str) -> None:
    """A picture, where somebody wants to look at it."""
    if folder := os.environ.get("CONFHUB_SHOTS"):
        await page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("width", [360, 1280])
async def test_an_organizer_opens_registration_makes_a_link_and_reads_the_answer(
    page: Page, services: Services, setup_code: SetupCode, province: Province, width: int, language: str
) -> None:
    await services.accounts.first_admin(setup_code.text, "admin", PASSWORD, "Quản trị", language, "127.0.0.1")
    session = await planned(services, province)
    await page.set_viewport_size({"width": width, "height": 800})
    await page.emulate_media(color_scheme="dark" if width == 360 else "light")
    await log_in(page)
    await page.goto(f"/sessions/{session}/registration")
    assert await violations(page) + await overflow(page) == []
    await page.locator("main form button.btn-primary").click()
    await page.check("[name=hours][value='24']")
    await page.locator("main table form button").first.click()
    shown = page.locator("[data-registration-link]")
    await expect(shown).to_be_visible()
    assert await violations(page) + await overflow(page) == []
    await shot(page, f"link-{language}-{width}")
    link = await shown.inner_text()
    await page.goto(link)
    assert await violations(page) + await overflow(page) == []
    await page.check("[name=choice][value=absent]")
    await page.fill("[name=delegates]", "Lê An 🎉")
    await page.click("button.go")
    await expect(page.locator(".fault")).to_be_visible()
    await shot(page, f"refused-{language}-{width}")
    assert await violations(page) + await overflow(page) == []
    await page.check("[name=choice][value=represented]")
    await page.fill("[name=reason]", "Phó Chủ tịch Nguyễn Thị Bình dự thay")
    await page.fill("[name=delegates]", "1. Nguyễn Thị Bình, Phó Chủ tịch\n2. Lê An, Chánh Văn phòng")
    await page.click("button.go")
    await expect(page.locator(".card.good")).to_be_visible()
    await shot(page, f"done-{language}-{width}")
    assert await violations(page) + await overflow(page) == []
    await page.goto(f"/sessions/{session}/registration")
    await shot(page, f"answers-{language}-{width}")
    assert await violations(page) + await overflow(page) == []
    await (
        page.locator("td a")
        .filter(has_text=province.left.name)
        .or_(page.locator("td a").filter(has_text=province.right.name))
        .first.click()
    )
    await page.goto(f"/sessions/{session}/invitation")
    await shot(page, f"letter-{language}-{width}")
    assert await violations(page) + await overflow(page) == []


async def test_a_unit_answers_without_scripts(
    chromium: Browser, page: Page, services: Services, setup_code: SetupCode, province: Province
) -> None:
    await services.accounts.first_admin(setup_code.text, "admin", PASSWORD, "Quản trị", "vi", "127.0.0.1")
    session = await planned(services, province)
    await services.invitations.registrations.set_closing(
        SYSTEM, session, services.clock.now() + timedelta(days=1)
    )
    token = await services.invitations.registrations.renew_link(SYSTEM, session, province.right.id)
    await page.goto("/login")
    home = page.url.removesuffix("/login")
    context = await chromium.new_context(java_script_enabled=False, viewport={"width": 360, "height": 640})
    plain = await context.new_page()
    await plain.goto(f"{home}/r/{token}")
    await plain.check("[name=choice][value=comes]")
    await plain.fill("[name=delegates]", "Nguyễn Văn An\tChủ tịch")
    await plain.click("button.go")
    await expect(plain.locator(".card.good")).to_be_visible()
    await context.close()
    found = await services.invitations.registrations.record_of(SYSTEM, session, province.right.id)
    assert [(one.name, one.position) for one in found.delegates] == [("Nguyễn Văn An", "Chủ tịch")]
