"""An administrator's first day, in a real browser: set-up, import, pairing, accounts, fleet."""

from __future__ import annotations

from pathlib import Path

from playwright.async_api import Page, expect

from confhub.accounts.service import SetupCode
from confhub.http.context import Services
from tests.plugins.pages import log_in
from tests.plugins.website import PASSWORD, Province

TREE = """type,code,name,rank,tier,parent,unit,operator_phone
tier,province,Cấp tỉnh,1,,,,
tier,district,Cấp huyện,2,,,,
unit,H44,Tỉnh Phú Thọ,,province,,,
unit,H44.01,Huyện Hạ Hoà,,district,H44,,
unit,H44.02,Huyện Đoan Hùng,,district,H44,,
endpoint,H44.01.00,Hội trường Hạ Hoà,,,,H44.01,0210 3883 123
endpoint,H44.02.00,Hội trường Đoan Hùng,,,,H44.02,
"""


async def test_from_the_empty_hub_to_a_pairing_code(
    page: Page, setup_code: SetupCode, services: Services, tmp_path: Path
) -> None:
    await page.goto("/")
    await expect(page).to_have_url("/setup")
    await page.fill("[name=code]", setup_code.text)
    await page.fill("[name=display_name]", "Nguyễn Thị Quản Trị")
    await page.fill("[name=username]", "admin")
    await page.fill("[name=password]", PASSWORD)
    await page.fill("[name=password_again]", PASSWORD)
    await page.click("form[action='/setup'] button[type=submit]")
    await expect(page).to_have_url("/import")

    broken = tmp_path / "broken.csv"
    broken.write_text(TREE.replace("unit,H44.01,", "unit,,"), "utf-8")
    await page.set_input_files("[name=file]", broken)
    await page.click("form[action='/import'] button[type=submit]")
    await expect(page.locator("#import .alert-danger")).to_be_visible()
    await page.click("text=Choose the corrected file")

    good = tmp_path / "cây.csv"
    good.write_text(TREE, "utf-8")
    await page.set_input_files("[name=file]", good)
    await page.click("form[action='/import'] button[type=submit]")
    await page.click("form[action='/import/apply'] button[type=submit]")
    await expect(page.locator(".app-toast")).to_contain_text("The import is complete.")

    await page.wait_for_load_state()  # the toast is there before the scripts are
    await page.fill("[type=search]", "ha hoa")  # without diacritics, by htmx
    await expect(page.locator("#endpoint-list tbody tr")).to_have_count(1)
    await page.click("text=Hội trường Hạ Hoà")
    await page.click("text=Issue a pairing code")
    code = await page.inner_text("[data-pairing-code]")
    principal, _ = await services.pairing.redeem(code.strip(), "127.0.0.1", "0.1.0", "NUC")
    assert principal.name == "Hội trường Hạ Hoà"
    await page.goto(page.url.removesuffix("/pairing-code"))
    assert code not in await page.content()
    await expect(page.locator(".state-paired")).to_be_visible()


async def test_an_operator_s_account_reaches_his_branch_only(
    page: Page, services: Services, setup_code: SetupCode, province: Province
) -> None:
    await services.accounts.first_admin(setup_code.text, "admin", PASSWORD, "Quản trị", "en", "127.0.0.1")
    await log_in(page)
    await page.goto("/accounts/new")
    await page.fill("[name=display_name]", "Trần Vận Hành")
    await page.fill("[name=username]", "van.hanh")
    await page.fill("[name=password]", PASSWORD)
    await page.select_option("select[name=language]", "en")
    await page.click("[data-grant-add]")
    await page.locator("[data-grant] [name=role]").nth(0).select_option("operator")
    await page.locator("[data-grant] [name=branch]").nth(0).select_option(str(province.left.id))
    await page.locator("[data-grant-remove]").nth(1).click()
    await page.click("form[action='/accounts/new'] button[type=submit]")
    await expect(page.locator(".app-toast")).to_contain_text("Added.")
    await page.click(".user-button")
    await page.click("text=Log out")
    await page.goto("/login")
    await page.fill("[name=username]", "van.hanh")
    await page.fill("[name=password]", PASSWORD)
    await page.click("form[action='/login'] button[type=submit]")
    await page.wait_for_url("**/first-password")
    own = f"{PASSWORD} khác"
    for name, text in (("old", PASSWORD), ("new", own), ("again", own)):
        await page.fill(f"[name={name}]", text)
    await page.click("form[action='/first-password'] button[type=submit]")
    await page.wait_for_url(lambda url: not url.endswith("/first-password"))
    await expect(page.locator(".app-menu a[href='/accounts']")).to_have_count(0)
    await page.goto("/endpoints")
    await expect(page.locator("#endpoint-list tbody tr")).to_have_count(1)
    await expect(page.locator("#endpoint-list")).to_contain_text("Hội trường Hạ Hoà")


async def test_a_room_that_comes_online_lights_up_on_the_open_fleet_page(
    page: Page, services: Services, setup_code: SetupCode, province: Province
) -> None:
    admin = await services.accounts.first_admin(
        setup_code.text, "admin", PASSWORD, "Quản trị", "en", "127.0.0.1"
    )
    assert admin.username == "admin"
    ticket = await services.accounts.log_in("admin", PASSWORD, "127.0.0.1")
    who = await services.accounts.actor_of(ticket.token)
    assert who is not None
    slip = await services.pairing.issue(who.actor, province.left_room.id)
    principal, _ = await services.pairing.redeem(slip.code, "127.0.0.1", "0.1.0", "NUC")
    await log_in(page)
    await page.goto("/fleet")
    await expect(page.locator("[data-live-mark].on")).to_be_visible()
    await expect(page.locator("#count-online")).to_have_text("0")
    services.fleet.connected(principal, "0.1.0", "kiosk", "idle")
    await services.fleet.flush()
    await expect(page.locator("#count-online")).to_have_text("1")
    await expect(page.locator(f"#room-{province.left_room.id} .state-idle")).to_be_visible()


async def test_dangerous_buttons_ask_first(
    page: Page, services: Services, setup_code: SetupCode, province: Province
) -> None:
    await services.accounts.first_admin(setup_code.text, "admin", PASSWORD, "Quản trị", "en", "127.0.0.1")
    await log_in(page)
    await page.goto(f"/endpoints/{province.left_room.id}")
    await page.click("text=Take out of use")
    await expect(page.locator("dialog")).to_contain_text("Hội trường Hạ Hoà")
    await page.click("dialog >> text='No'")
    await expect(page.locator(".state-retired")).to_have_count(0)
    await page.click("text=Take out of use")
    await page.click("dialog .btn-danger")
    await expect(page.locator(".state-retired")).to_be_visible()
