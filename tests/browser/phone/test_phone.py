"""One's own phone in a real browser: the code on the room's screen scanned, typed, and without scripts."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from playwright.async_api import Page, Route, expect

from tests.browser.pages.test_accessibility import overflow, violations
from tests.browser.tablet.test_camera import film
from tests.plugins.tablets import Room

PHONE = {"viewport": {"width": 360, "height": 740}, "is_mobile": True, "has_touch": True}


async def shown(room: Room) -> dict[str, Any]:
    """What the room's screen shows now, asked with the room's tablet."""
    asking = await room.playwright.request.new_context(base_url=room.hub.url)
    entered = await asking.post("/api/v1/tablet/enter", data={"code": room.code, "name": "màn hình"})
    assert entered.ok, await entered.text()
    token = (await entered.json())["token"]
    answer = await asking.get(
        f"/api/v1/tablet/sessions/{room.session}/code", headers={"Authorization": f"Bearer {token}"}
    )
    assert answer.ok, await answer.text()
    found: dict[str, Any] = await answer.json()
    await asking.dispose()
    return found


async def faultless(page: Page) -> None:
    assert await violations(page) == []
    assert await overflow(page) == []


async def test_the_room_s_code_before_the_camera_opens_the_page_and_checks_in(
    room: Room, tmp_path: Path
) -> None:
    code = await shown(room)
    picture = tmp_path / "code.y4m"
    film(code["url"], picture)
    page = await room.started(
        "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-video-capture={picture}", **PHONE,
    )  # fmt: skip
    await page.goto("/c")
    await faultless(page)
    await page.click("#camera-open")
    await page.wait_for_selector("#q")
    await faultless(page)
    await page.fill("#q", "vu duc anh")
    await page.click("button.person")
    await expect(page.locator("h1")).to_have_text("You are checked in")
    await expect(page.locator(".name")).to_have_text("Vũ Đức Ánh")
    await faultless(page)
    await page.click("button[value=out]")
    await expect(page.locator("h1")).to_have_text("You have checked out")
    assert await room.events() == [("Vũ Đức Ánh", "in", "qr"), ("Vũ Đức Ánh", "out", "qr")]


async def test_six_digits_typed_and_a_badge_without_any_script(room: Room) -> None:
    code = await shown(room)
    page = await room.tablet(java_script_enabled=False, **PHONE)
    await page.goto("/c")
    await page.fill("#room", code["room"].lower())
    await page.fill("#six", code["six"])
    await page.click("button.go")
    await page.click("summary >> nth=0")
    await page.fill("#badge", room.badges["Lê Hoà"].lower())
    await page.click("details[open] button.go")
    await expect(page.locator(".name")).to_have_text("Lê Hoà")
    assert await room.events() == [("Lê Hoà", "in", "code")]


async def test_a_tap_at_a_busy_hub_is_kept_and_sent_when_it_answers(room: Room) -> None:
    code = await shown(room)
    page = await room.tablet(**PHONE)
    await page.goto(code["url"])
    await page.fill("#q", "vu duc anh")
    sent: list[str] = []

    async def pressed(route: Route) -> None:
        sent.append(route.request.post_data or "")
        if len(sent) == 1:
            await route.fulfill(status=503, headers={"Retry-After": "1"}, body="busy")
        else:
            await route.abort()

    await page.route("**/c/check-in", pressed, times=2)
    await page.click("button.person")
    await expect(page.locator("[data-offering][role=status]")).to_contain_text("Your tap is kept")
    await expect(page.locator("h1")).to_have_text("You are checked in", timeout=30_000)
    assert len(sent) == 2
    first, second = (int(parse_qs(body)["waited_ms"][0]) for body in sent)
    assert second - first >= 1000  # the hub asked for a second
    assert await room.events() == [("Vũ Đức Ánh", "in", "qr")]


async def test_a_wrong_code_says_what_to_do_and_keeps_what_was_typed(room: Room) -> None:
    code = await shown(room)
    page = await room.tablet(**PHONE)
    await page.goto("/c")
    await page.fill("#room", code["room"])
    await page.fill("#six", f"{(int(code['six']) + 1) % 1_000_000:06d}")
    await page.click("button.go >> nth=0")
    await expect(page.locator(".fault >> nth=0")).to_contain_text("Look at the room's screen")
    assert await page.input_value("#room") == code["room"]
    await page.goto("/c/1-1-00000000")
    await expect(page.locator(".card.bad")).to_be_visible()
    await faultless(page)
