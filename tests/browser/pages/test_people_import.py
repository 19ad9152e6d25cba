"""A list of people as an office makes it, from the file to the register, in a real browser."""

from __future__ import annotations

import os
from pathlib import Path

from playwright.async_api import Page, expect

from confhub.accounts.service import SetupCode
from confhub.http.context import Services
from tests.plugins.pages import log_in
from tests.plugins.website import PASSWORD, Province
from tests.unit.rosters.office import SIGNED, TITLE, one

HEAD = ["STT", "Họ và tên", "", "Năm sinh", "Liên hệ", "Dân tộc"]


def office_file(unit: str) -> bytes:
    rows = [
        *TITLE,
        HEAD,
        ["(1)", "(2)", "(3)", "(4)", "(5)", "(6)"],
        ["I", unit],
        [1, "Lª V¨n", "Hïng", 1980, 912345678, "Kinh"],
        [2, "Lê Văn", "Hùng", "", "0987654321", "Mường"],
        *SIGNED,
    ]
    return one(rows, [(6, 1, 6, 2, "Họ và tên")])


async def seen(page: Page, name: str) -> None:
    """Pictures of the page, for whoever wants to look at it (`CONFHUB_PICTURES=folder`)."""
    folder = os.environ.get("CONFHUB_PICTURES")
    if not folder:
        return
    for width in (1280, 360):
        await page.set_viewport_size({"width": width, "height": 800})
        await page.screenshot(path=Path(folder) / f"{name}-{width}.png", full_page=True)
    await page.set_viewport_size({"width": 1280, "height": 800})


async def test_an_office_s_file_is_asked_about_mapped_applied_and_remembered(
    page: Page, services: Services, setup_code: SetupCode, province: Province, tmp_path: Path
) -> None:
    await services.accounts.first_admin(setup_code.text, "admin", PASSWORD, "Quản trị", "en", "127.0.0.1")
    await log_in(page)
    file = tmp_path / "danh sách.xlsx"
    file.write_bytes(office_file(province.left.name))
    await page.goto("/people/import")
    await page.set_input_files("[name=file]", file)
    await page.click("form[action='/people/import'] button[type=submit]")
    await expect(page.locator("#reading")).to_contain_text("2 questions are open")
    await expect(page.locator("#reading")).to_contain_text("Lª V¨n → Lê Văn")
    await expect(page.locator("form[action='/people/import/apply']")).to_have_count(0)
    await expect(page.locator("#reading")).to_contain_text("below the table: remarks and signatures")
    await seen(page, "asked")

    await page.check("[name='answer letters'][value=convert]")
    await page.check("[name^='answer 0.'][value=new]")
    phone = page.locator("tr", has=page.get_by_text("Liên hệ", exact=True)).locator("select")
    await phone.select_option(label="Phone")
    await page.locator("#reading button[type=submit]").first.click()
    await expect(page.locator("#reading")).to_contain_text("Every question is answered.")
    await expect(page.locator("#import")).to_contain_text("0 put back in front of the phone")
    await seen(page, "answered")
    for width in (1280, 360):
        await page.set_viewport_size({"width": width, "height": 800})
        wide = await page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        assert wide <= 0, f"the page is {wide} px wider than {width}"
    await page.set_viewport_size({"width": 1280, "height": 800})
    await page.click("form[action='/people/import/apply'] button[type=submit]")
    await expect(page.locator("tbody")).to_contain_text("Lê Văn Hùng")
    await expect(page.locator("tbody")).to_contain_text("1980")

    await page.goto("/people/import")
    await page.set_input_files("[name=file]", file)
    await page.click("form[action='/people/import'] button[type=submit]")
    await page.click("#reading summary")
    await expect(page.locator("#reading")).to_contain_text("Read as your office said")
    await seen(page, "again")
