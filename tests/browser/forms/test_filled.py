"""A filled form: kept over a change of the language, not sent by Enter, not left without a question."""

from __future__ import annotations

from typing import Any

from playwright.async_api import Page, expect

from tests.plugins.pages import log_in


async def test_a_filled_form_survives_a_change_of_the_language(page: Page, admin: Any, province: Any) -> None:
    await log_in(page)
    await page.goto("/sessions/new")
    await page.fill("[name=title]", "Giao ban tuần")
    await page.fill("[name=start_date]", "15/01/2027")
    await page.locator(".picker-tier input").first.check()
    await page.click(".lang-button")
    await expect(page.locator("html")).to_have_attribute("lang", "vi")
    await expect(page.locator("[name=title]")).to_have_value("Giao ban tuần")
    await expect(page.locator("[name=start_date]")).to_have_value("15/01/2027")
    await expect(page.locator("#picker-count")).not_to_contain_text("0 trên")


async def test_enter_in_the_title_saves_nothing_and_leaving_asks(
    page: Page, admin: Any, province: Any
) -> None:
    await log_in(page)
    await page.goto("/sessions/new")
    await page.fill("[name=title]", "Giao ban tuần")
    await page.press("[name=title]", "Enter")
    await expect(page.locator("[name=kind]")).to_be_focused()
    assert page.url.endswith("/sessions/new")
    asked: list[str] = []

    async def answer(dialog: Any) -> None:
        asked.append(dialog.type)
        await dialog.accept()

    page.on("dialog", answer)
    await page.click(".app-menu a[href='/sessions']")
    await page.wait_for_url("**/sessions")
    assert asked == ["beforeunload"]


async def test_the_second_click_of_a_double_click_answers_no_question(
    page: Page, admin: Any, province: Any
) -> None:
    await log_in(page)
    await page.goto(f"/endpoints/{province.left_room.id}")
    await page.evaluate(
        """new MutationObserver(() => {
          const verb = document.querySelector("dialog.ask-dialog .btn-danger");
          if (verb && window.cameDeaf === undefined) window.cameDeaf = verb.disabled;
        }).observe(document.body, {childList: true})"""
    )
    button = page.locator(".btn-outline-danger", has_text="Take out of use")
    await button.dblclick()
    dialog = page.locator("dialog.ask-dialog")
    await expect(dialog).to_be_visible()
    verb = dialog.locator(".btn-danger")
    assert await page.evaluate("window.cameDeaf"), "the verb takes no click in the moment it comes up"
    await expect(verb).to_be_enabled()
    await page.goto(f"/endpoints/{province.left_room.id}")
    await expect(button).to_be_visible()  # still in use
