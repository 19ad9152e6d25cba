"""The room's tablet in a real browser: people ticked in and out, in bulk, guests, head counts, badges."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.async_api import Response, expect

from confhub.checkin.models import PresencePrompt
from confhub.desk.models import RoomReminder
from tests.browser.pages.test_accessibility import overflow, violations
from tests.browser.qr_code import qr_code_on
from tests.plugins.tablets import NAMES, SENT, Room


async def test_people_are_ticked_in_and_out_and_found_without_accents(room: Room) -> None:
    page = await room.entered()
    await expect(page.locator("#people .person")).to_have_count(len(NAMES))
    await page.fill("#search", "duc anh")
    await expect(page.locator("#people .person")).to_have_count(1)
    await page.click("#people [data-deed=in]")
    await page.fill("#search", "")
    await expect(page.locator("#filter-here .chip-count")).to_have_text("1")
    await page.wait_for_selector(SENT)
    await page.click(".person[data-state=in] [data-deed=out]")
    await expect(page.locator("#filter-left .chip-count")).to_have_text("1")
    await page.wait_for_selector(SENT)
    assert await room.events() == [("Vũ Đức Ánh", "in", "tablet"), ("Vũ Đức Ánh", "out", "tablet")]


async def test_a_tick_that_is_undone_at_once_never_was(room: Room) -> None:
    page = await room.entered()
    await page.click("#people [data-deed=in] >> nth=0")
    await page.click("#undo")
    await expect(page.locator("#filter-here .chip-count")).to_have_text("0")
    await page.click("#people [data-deed=in] >> nth=1")
    await page.wait_for_selector("body[data-waiting='1']")
    await page.wait_for_selector(SENT)
    assert len(await room.events()) == 1


async def test_everybody_is_here_at_once_and_a_guest_and_the_head_count(room: Room) -> None:
    page = await room.entered()
    await expect(page.locator("#no-heads")).to_be_visible()
    await page.click("#all-in")
    await page.click(".ask-dialog[open] .btn-danger")
    await expect(page.locator("#filter-here .chip-count")).to_have_text(str(len(NAMES)))
    await page.click("#open-guest")
    await page.fill("#guest-name", "Khách <b>mời</b>")
    await page.press("#guest-name", "Enter")
    await expect(page.locator(".person", has_text="Khách <b>mời</b>")).to_have_count(1)
    await page.click("#open-heads")
    for digit in "131":
        await page.click(f"#heads-pad [data-key='{digit}']")
    await page.click("#heads-give")
    question = page.locator(".ask-dialog[open]")
    await expect(question).to_contain_text("131")  # far more than are expected: asked once more
    await question.locator(".btn-danger").click()
    await expect(page.locator("#heads-told")).to_contain_text("131")
    await expect(page.locator("#no-heads")).to_be_hidden()
    await page.wait_for_selector(SENT)
    stored = await room.events()
    assert sorted(stored) == sorted(
        [(name, "in", "tablet") for name in NAMES] + [("Khách <b>mời</b>", "in", "tablet")]
    )
    assert await room.heads() == [131]
    await page.reload()
    await expect(page.locator("#filter-here .chip-count")).to_have_text(str(len(NAMES) + 1))


async def test_several_are_chosen_and_checked_out_together(room: Room) -> None:
    page = await room.entered()
    await page.click("#choose")
    for place in (0, 2):
        await page.locator("#people input[type=checkbox]").nth(place).check()
    await page.click("#chosen-in")
    await expect(page.locator("#filter-here .chip-count")).to_have_text("2")
    await page.click("#choose")
    await page.click("#choose-all")
    await page.click("#chosen-out")
    await expect(page.locator("#filter-left .chip-count")).to_have_text(str(len(NAMES)))
    await page.wait_for_selector(SENT)
    assert [kind for _, kind, _ in await room.events()] == ["in"] * 2 + ["out"] * len(NAMES)


SCAN = """([badge, held]) => {
  const field = document.activeElement instanceof HTMLInputElement ? document.activeElement : null;
  for (const key of [...badge, "Enter"]) {
    const code = key === "Enter" ? key : (/[0-9]/.test(key) ? "Digit" : "Key") + key;
    const pressed = { key: held ? "Process" : key, code, bubbles: true, cancelable: true };
    (field ?? document.body).dispatchEvent(new KeyboardEvent("keydown", pressed));
    if (field && key !== "Enter") field.value += key;
  }
}"""
"""A USB scanner at full speed; `held`: through a Vietnamese input method, which holds the keys back."""
NOBODY = "0000000000000000"


async def test_a_scanner_types_a_badge_anywhere_on_the_page(room: Room) -> None:
    page = await room.entered()
    await page.keyboard.type(room.badges["Đỗ Mạnh"], delay=50)
    await page.keyboard.press("Enter")
    await expect(page.locator(".person", has_text="Đỗ Mạnh")).to_have_attribute("data-state", "in")
    await page.fill("#search", "ho")
    await page.evaluate(SCAN, [room.badges["Lê Hoà"], True])
    await expect(page.locator(".person", has_text="Lê Hoà")).to_have_attribute("data-state", "in")
    await expect(page.locator("#search")).to_have_value("ho")
    await page.evaluate(SCAN, [NOBODY, False])
    await expect(page.locator("#said-text")).to_contain_text("not on this room")
    await page.click("#open-refused")
    await expect(page.locator("#refused-list")).to_contain_text("This badge belongs to nobody")
    await page.click("#refused-seen")
    await expect(page.locator("#open-refused")).to_be_hidden()
    assert await room.events() == [("Đỗ Mạnh", "in", "badge"), ("Lê Hoà", "in", "badge")]


async def test_in_a_field_slow_typing_is_a_badge_only_where_the_room_knows_it(room: Room) -> None:
    page = await room.entered()
    await page.click("#search")
    await page.keyboard.type(NOBODY, delay=80)
    await page.keyboard.press("Enter")
    await expect(page.locator("#people .person")).to_have_count(0)
    await expect(page.locator("#search")).to_have_value(NOBODY)
    await page.fill("#search", "")
    await page.keyboard.type(room.badges["Lê Hoà"], delay=80)
    await page.keyboard.press("Enter")
    await expect(page.locator(".person", has_text="Lê Hoà")).to_have_attribute("data-state", "in")
    await expect(page.locator("#search")).to_have_value("")
    await page.wait_for_selector(SENT)
    assert await room.events() == [("Lê Hoà", "in", "badge")]


async def test_the_tablet_shows_the_room_s_code_for_phones(room: Room) -> None:
    page = await room.entered(color_scheme="dark")
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer) if answer.url.endswith("/code") else None)
    await page.click("#open-code")
    await expect(page.get_by_role("img", name="QR code of this room")).to_be_visible()
    await expect(page.locator("#code-six")).to_have_text(re.compile(r"^\d{3} \d{3}$"))
    read = await qr_code_on(page)
    assert read in [(await answer.json())["url"] for answer in answers]


async def test_a_wrong_code_says_so_and_a_person_chooses_a_room(room: Room) -> None:
    page = await room.tablet()
    await page.goto("/tablet")
    await page.fill("#f-code", "ABCD-EFGH-JKLM")
    await page.click("form[action='/tablet'] button[type=submit]")
    await expect(page.locator("#f-code-note")).to_contain_text("no such code")
    await page.click("a[href^='/login?next=']")
    await page.fill("[name=username]", "admin")
    await page.fill("[name=password]", "một câu dài dễ nhớ")
    await page.click("form[action='/login'] button[type=submit]")
    await page.fill("[name=q]", "mot")
    await page.click("form[role=search] button")
    await page.click(".choice:has-text('Điểm cầu Một')")
    await page.click("#sessions a")
    await page.wait_for_selector("body[data-ready=true]")
    await page.click("#people [data-deed=in] >> nth=0")
    await page.wait_for_selector("body[data-waiting='1']")
    await page.wait_for_selector(SENT)
    assert len(await room.events()) == 1


async def test_a_presence_prompt_is_confirmed_one_by_one_and_together(room: Room) -> None:
    page = await room.entered()
    await page.click("#all-in")
    await page.click(".ask-dialog[open] .btn-danger")
    await expect(page.locator("#filter-here .chip-count")).to_have_text(str(len(NAMES)))
    await page.wait_for_selector(SENT)
    now = datetime.now(UTC)
    await room.put(
        PresencePrompt(
            session_id=room.session, opens_at=now, closes_at=now + timedelta(minutes=3), drawn_at=now
        )
    )
    await page.reload()
    await expect(page.locator("#prompt")).to_be_visible()
    await page.click("#people [data-deed=confirm] >> nth=0")
    await expect(page.locator("#people [data-deed=confirm]")).to_have_count(len(NAMES) - 1)
    await page.click("#choose")
    await page.click("#choose-all")
    await page.click("#chosen-confirm")
    await page.wait_for_selector("body[data-waiting='6']")
    await page.wait_for_selector(SENT)
    assert sorted(name for name, kind, _ in await room.events() if kind == "confirm") == sorted(NAMES)


async def test_a_reminder_of_the_desk_stays_until_it_is_put_away(room: Room) -> None:
    page = await room.entered()
    now, endpoint = datetime.now(UTC), await room.endpoint()
    await room.put(
        RoomReminder(
            session_id=room.session, endpoint_id=endpoint, what="head_count", at=now, by="Nguyễn Thị Đào"
        )
    )
    await page.reload()
    await expect(page.locator("#reminders")).to_contain_text("Please declare the head count. Nguyễn Thị Đào")
    async with page.expect_response("**/seen*") as answered:
        await page.click("[data-put-away]")
    assert (await answered.value).ok
    await expect(page.locator("#reminders .note")).to_have_count(0)
    await page.reload()
    await expect(page.locator("#people .person")).to_have_count(len(NAMES))
    await expect(page.locator("#reminders .note")).to_have_count(0)


async def test_a_person_who_is_named_is_not_said_to_be_in_before_the_hub_has_found_them(room: Room) -> None:
    page = await room.entered()
    await page.click("#open-visitor")
    await page.fill("#visitor-code", "CB000001")
    await page.press("#visitor-code", "Enter")
    await expect(page.locator("#said-text")).to_have_text(
        "CB000001: noted. Counted once the hub has found this person."
    )


@pytest.mark.parametrize(("theme", "width", "height"), [("light", 800, 1280), ("dark", 390, 800)])
async def test_no_view_has_a_serious_fault(room: Room, theme: str, width: int, height: int) -> None:
    page = await room.tablet(viewport={"width": width, "height": height}, color_scheme=theme)
    await page.goto("/tablet")
    found = await violations(page) + await overflow(page)
    await room.enter(page, session=False)
    await page.wait_for_selector("#sessions a")
    found += await violations(page) + await overflow(page)
    await page.click("#sessions a")
    await page.click("#people [data-deed=in] >> nth=0")
    await expect(page.locator("#filter-here .chip-count")).to_have_text("1")
    found += await violations(page) + await overflow(page)
    for opener, dialog in (("#open-heads", "#heads"), ("#open-guest", "#guest"), ("#open-code", "#code")):
        await page.click(opener)
        found += await violations(page)
        if await page.locator(f"{dialog} .btn-primary:enabled").count():
            await page.hover(f"{dialog} .btn-primary:enabled")
            found += await violations(page)
        await page.click(f"{dialog} [data-close]")
    assert found == []
