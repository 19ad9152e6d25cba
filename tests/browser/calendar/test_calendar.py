"""The calendar in Chromium: seen, filtered, moved by mouse and by keys, planned by dragging, refused."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp.test_utils import TestServer
from playwright.async_api import Locator, Page, expect

from confhub.access.rules import SYSTEM
from confhub.accounts.values import GrantWish
from confhub.kernel.permissions import Role
from confhub.registry.values import EndpointDraft
from tests.browser.pages.test_accessibility import overflow, violations
from tests.plugins.pages import log_in
from tests.plugins.website import PASSWORD, Province, Reader

DAY = "2026-03-03"
"""A Tuesday; the hub's clock stands at the Monday before."""
HOUR_PX = 48
"""Of the grid: two slots of 24."""


@pytest.fixture
async def planned(admin: Reader, province: Province, services: Any) -> int:
    """A draft of the left district on Tuesday at ten, for an hour; its id."""
    await services.registry.create_endpoint(
        SYSTEM, EndpointDraft("H44.01.02", "Hội trường xã Ấm Hạ", province.left.id)
    )
    return await plan(admin, province, "Giao ban huyện", 10)


async def plan(admin: Reader, province: Province, title: str, hour: int, *, schedule: bool = False) -> int:
    body = {
        "title": title, "unit_id": province.left.id, "chair_endpoint_id": province.left_room.id,
        "participants": {"include_units": [province.left.id]}, "starts_at": f"{DAY}T{hour:02}:00:00+07:00",
        "length_min": 60,
    }  # fmt: skip
    status, made = await admin.call("POST", "/api/v1/sessions", body)
    assert status == 201, made
    key: int = made["session"]["id"]
    if schedule:
        assert (await admin.call("POST", f"/api/v1/sessions/{key}/schedule"))[0] == 200
    return key


async def hours(admin: Reader, key: int) -> tuple[str, int]:
    """When the session begins, in UTC, and its length."""
    _, found = await admin.call("GET", f"/api/v1/sessions/{key}")
    return found["session"]["starts_at"], found["session"]["length_min"]


async def opened(page: Page, view: str, day: str = DAY, more: str = "") -> None:
    await page.goto(f"/calendar?view={view}&date={day}{more}")
    await expect(page.locator("#cal-count")).not_to_be_empty()


def entry(page: Page, title: str) -> Locator:
    return page.locator(".ec-event:not(.ec-preview):not(.ec-ghost)", has_text=title)


@asynccontextmanager
async def drawn_anew(page: Page) -> AsyncIterator[None]:
    """What is done inside is saved, and the page asks for its sessions once more."""
    async with page.expect_response(lambda answer: "/api/v1/calendar" in answer.url):
        yield
    await expect(page.locator("#cal-body[aria-busy]")).to_have_count(0)


async def drag(page: Page, one: Locator, dx: float, dy: float, *, low: bool = False) -> None:
    """By mouse from its middle, or from its lower edge."""
    await one.scroll_into_view_if_needed()
    box = await one.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + (box["height"] - 3 if low else box["height"] / 2)
    await page.mouse.move(x, y)
    await page.mouse.down()
    await page.mouse.move(x + dx / 2, y + dy / 2, steps=4)
    await page.mouse.move(x + dx, y + dy, steps=4)
    await page.mouse.up()


async def test_the_mouse_moves_and_stretches_a_draft(
    page: Page, admin: Reader, province: Province, planned: int
) -> None:
    await log_in(page)
    await opened(page, "day")
    async with drawn_anew(page):
        await drag(page, entry(page, "Giao ban huyện"), 0, HOUR_PX)
    await expect(page.locator(".app-toast.success")).to_contain_text("moved")
    await expect(entry(page, "Giao ban huyện")).to_contain_text("11:00")
    assert await hours(admin, planned) == ("2026-03-03T04:00:00Z", 60)
    async with drawn_anew(page):
        await drag(page, entry(page, "Giao ban huyện"), 0, HOUR_PX / 2, low=True)
    await expect(entry(page, "Giao ban huyện")).to_contain_text("12:30")
    assert await hours(admin, planned) == ("2026-03-03T04:00:00Z", 90)


async def test_a_day_of_the_month_takes_a_session_over(page: Page, admin: Reader, planned: int) -> None:
    await log_in(page)
    await opened(page, "month")
    width = await page.locator(".ec-day").first.evaluate("(day) => day.getBoundingClientRect().width")
    await drag(page, entry(page, "Giao ban huyện"), 2 * width, 0)
    await expect(page.locator(".app-toast.success")).to_contain_text("moved")
    assert await hours(admin, planned) == ("2026-03-05T03:00:00Z", 60)


async def test_keys_alone_move_and_stretch_a_session(page: Page, admin: Reader, planned: int) -> None:
    await log_in(page)
    await opened(page, "week")
    await entry(page, "Giao ban huyện").focus()
    await page.keyboard.press("Enter")
    window = page.locator("#cal-entry")
    await expect(window).to_contain_text("Tuesday, 03/03/2026, 10:00–11:00")
    for key in ("ArrowDown", "ArrowDown", "ArrowRight", "Shift+ArrowDown"):
        await page.keyboard.press(key)
    await expect(window).to_contain_text("Wednesday, 04/03/2026, 10:30–11:45")
    assert await violations(page) == []
    for _ in range(12):
        if await page.evaluate("document.activeElement.id") == "cal-save":
            break
        await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(window).to_be_hidden()
    assert await hours(admin, planned) == ("2026-03-04T03:30:00Z", 75)


async def test_what_is_scheduled_asks_once_and_no_means_no(
    page: Page, admin: Reader, province: Province, planned: int
) -> None:
    await admin.call("POST", f"/api/v1/sessions/{planned}/schedule")
    await log_in(page)
    await opened(page, "day")
    question = page.locator(".ask-dialog[open]")
    await drag(page, entry(page, "Giao ban huyện"), 0, HOUR_PX)
    await expect(question).to_contain_text("Rooms that will be called at the new hour: 2")
    await question.get_by_role("button", name="No").click()
    await expect(entry(page, "Giao ban huyện")).to_contain_text("10:00")
    assert await hours(admin, planned) == ("2026-03-03T03:00:00Z", 60)
    await drag(page, entry(page, "Giao ban huyện"), 0, HOUR_PX)
    async with drawn_anew(page):
        await question.get_by_role("button", name="Move the session").click()
    await expect(entry(page, "Giao ban huyện")).to_contain_text("11:00")
    assert await hours(admin, planned) == ("2026-03-03T04:00:00Z", 60)


async def test_a_refused_move_goes_back_and_says_who_has_the_room(
    page: Page, admin: Reader, province: Province, planned: int
) -> None:
    await admin.call("PUT", f"/api/v1/units/{province.left.id}/booking-rule", {"own": "refuse"})
    await admin.call("POST", f"/api/v1/sessions/{planned}/schedule")
    await plan(admin, province, "Tập huấn", 12, schedule=True)
    await log_in(page)
    await opened(page, "day")
    await drag(page, entry(page, "Giao ban huyện"), 0, 2 * HOUR_PX)
    await page.get_by_role("button", name="Move the session").click()
    await expect(page.locator(".app-toast.danger")).to_contain_text("Tập huấn")
    await expect(entry(page, "Giao ban huyện")).to_contain_text("10:00")
    assert await hours(admin, planned) == ("2026-03-03T03:00:00Z", 60)


async def test_a_reason_is_asked_where_the_rule_wants_one(
    page: Page, admin: Reader, province: Province, planned: int
) -> None:
    await admin.call("PUT", f"/api/v1/units/{province.left.id}/booking-rule", {"own": "reason"})
    await admin.call("POST", f"/api/v1/sessions/{planned}/schedule")
    await plan(admin, province, "Tập huấn", 12, schedule=True)
    await log_in(page)
    await opened(page, "day")
    await drag(page, entry(page, "Giao ban huyện"), 0, 2 * HOUR_PX)
    await page.get_by_role("button", name="Move the session").click()
    await page.get_by_role("textbox", name="Reason").fill("Việc gấp")
    await page.keyboard.press("Enter")
    await expect(page.locator(".app-toast.success")).to_contain_text("moved")
    assert await hours(admin, planned) == ("2026-03-03T05:00:00Z", 60)


async def test_what_cannot_be_moved_says_why(page: Page, admin: Reader, planned: int) -> None:
    await admin.call("POST", f"/api/v1/sessions/{planned}/schedule")
    await admin.call("POST", f"/api/v1/sessions/{planned}/open-lobby")
    await log_in(page)
    await opened(page, "day")
    await drag(page, entry(page, "Giao ban huyện"), 0, HOUR_PX)
    await expect(entry(page, "Giao ban huyện")).to_contain_text("10:00")
    if not await page.locator("#cal-entry").is_visible():
        await entry(page, "Giao ban huyện").click()
    await expect(page.locator("#cal-entry")).to_contain_text("Its rooms are being called")
    await expect(page.locator("#cal-entry").get_by_role("button", name="15 min later")).to_have_count(0)
    assert await hours(admin, planned) == ("2026-03-03T03:00:00Z", 60)


async def test_a_free_stretch_is_dragged_into_a_new_session_s_form(
    page: Page, province: Province, planned: int
) -> None:
    await log_in(page)
    await opened(page, "day", more=f"&unit_id={province.left.id}")
    await entry(page, "Giao ban huyện").scroll_into_view_if_needed()
    box = await entry(page, "Giao ban huyện").bounding_box()
    assert box is not None
    x, top = box["x"] + box["width"] / 2, box["y"] + 2.05 * HOUR_PX  # just after twelve
    await page.mouse.move(x, top)
    await page.mouse.down()
    await page.mouse.move(x, top + HOUR_PX, steps=4)
    await page.mouse.move(x, top + 1.4 * HOUR_PX, steps=4)
    await page.mouse.up()
    await page.wait_for_url("**/sessions/new?*")
    await expect(page.locator("[name=start_time]")).to_have_value("12:00")
    await expect(page.locator("[name=length_min]")).to_have_value("90")
    await expect(page.locator("[name=unit_id]")).to_have_value(str(province.left.id))
    assert "03/03/2026" in await page.locator("[name=start_date]").evaluate(
        "(field) => field.value + field.closest('.mb-3').querySelector('input').value"
    )


async def test_a_room_of_the_timeline_takes_part_in_what_is_planned_there(
    page: Page, province: Province, planned: int
) -> None:
    await log_in(page)
    await opened(page, "rooms")
    await expect(entry(page, "Giao ban huyện")).to_have_count(2)  # one for each of its rooms
    heads = page.locator(".ec-row-head")
    assert [text.split("\n")[0] for text in await heads.all_inner_texts()] == [
        "Hội trường Đoan Hùng", "Hội trường Hạ Hoà", "Hội trường xã Ấm Hạ"
    ]  # fmt: skip
    row, mark = await heads.first.bounding_box(), await entry(page, "Giao ban huyện").first.bounding_box()
    assert row is not None
    assert mark is not None
    x, y = mark["x"] + 2, row["y"] + row["height"] / 2
    await page.mouse.move(x, y)
    await page.mouse.down()
    await page.mouse.move(x + 40, y, steps=4)
    await page.mouse.move(x + 70, y, steps=4)
    await page.mouse.up()
    await page.wait_for_url("**/sessions/new?*")
    await expect(page.locator("[name=start_time]")).to_have_value("10:00")
    await expect(page.locator("#picker-count")).to_have_text("1 of 3 rooms")


async def test_filters_stand_in_the_address_and_come_back(
    page: Page, admin: Reader, province: Province, planned: int
) -> None:
    await log_in(page)
    await opened(page, "week")
    await expect(page.locator("#cal-count")).to_have_text("1 session")
    await page.select_option("#cal-unit", str(province.right.id))
    await expect(page.locator("#cal-count")).to_have_text("0 sessions")
    assert f"unit_id={province.right.id}" in page.url
    await page.go_back()
    await expect(page.locator("#cal-count")).to_have_text("1 session")
    await expect(page.locator("#cal-unit")).to_have_value("")
    await page.locator("#cal-room-search").fill("am ha")
    await page.locator("#cal-room-options li", has_text="Ấm Hạ").click()
    await expect(page.locator("#cal-count")).to_have_text("1 session")
    await page.select_option("#cal-person", label="Quản trị")
    await page.reload()
    await expect(page.locator("#cal-count")).to_have_text("1 session")
    await expect(page.locator("#cal-room-search")).to_have_value("Hội trường xã Ấm Hạ (H44.01.02)")
    await expect(page.locator("#cal-person option:checked")).to_have_text("Quản trị")
    await page.get_by_role("button", name="Later dates").click()
    await expect(page.locator("#cal-count")).to_have_text("0 sessions")
    await expect(page.locator("#cal-title")).to_have_text("09/03/2026 – 15/03/2026")


async def test_a_full_day_of_the_month_shows_some_and_opens_the_others(
    page: Page, admin: Reader, province: Province, planned: int
) -> None:
    for number in range(6):
        await plan(admin, province, f"Họp số {number}", 13)
    await log_in(page)
    await opened(page, "month")
    await expect(page.locator(".ec-event:not(.cal-off)")).to_have_count(5)  # four and "+3"
    await page.locator(".ec-event", has_text="+3 more").click()
    await expect(page.locator(".cal-line")).to_have_count(7)
    assert "view=list" in page.url


async def test_a_holiday_is_called_by_its_name(page: Page, admin: Reader, province: Province) -> None:
    await log_in(page)
    for view in ("month", "week", "list"):
        await opened(page, view, "2026-04-30")
        await expect(page.locator(".cal-off-name").first).to_be_visible()
        names = " ".join(await page.locator(".cal-off-name").all_inner_texts())
        assert "Liberation Day" in names, (view, names)


async def test_on_a_phone_the_list_leads(
    page: Page, server: TestServer, admin: Reader, province: Province, planned: int
) -> None:
    await page.set_viewport_size({"width": 360, "height": 740})
    await log_in(page)
    await page.goto(f"/calendar?date={DAY}")
    await expect(page.locator(".cal-line")).to_have_count(1)
    await expect(page.locator("#cal-grid")).to_be_hidden()
    assert await violations(page) + await overflow(page) == []
    await page.locator(".cal-line").click()
    await page.get_by_role("button", name="A day later").click()
    await page.get_by_role("button", name="Move the session").click()
    await expect(page.locator("#cal-entry")).to_be_hidden()
    assert await hours(admin, planned) == ("2026-03-04T03:00:00Z", 60)


@pytest.mark.parametrize(
    ("theme", "language", "width"), [("light", "vi", 1280), ("dark", "en", 1920), ("dark", "vi", 360)]
)
async def test_no_view_has_a_serious_fault_or_is_wider_than_the_screen(
    page: Page, server: TestServer, admin: Reader, province: Province, planned: int,
    theme: str, language: str, width: int,
) -> None:  # fmt: skip
    origin = str(server.make_url("/"))
    cookies = {"confhub_theme": theme, "confhub_language": language}
    await page.context.add_cookies(
        [{"name": name, "value": value, "url": origin} for name, value in cookies.items()]
    )
    await page.set_viewport_size({"width": width, "height": 800})
    await log_in(page)
    found: list[str] = []
    for view in ("day", "week", "month", "list", "rooms"):
        await opened(page, view)
        found += await violations(page) + await overflow(page)
    assert found == []


async def test_somebody_who_may_only_look_is_offered_no_move(
    page: Page, admin: Reader, services: Any, province: Province, planned: int
) -> None:
    await admin.call("POST", f"/api/v1/sessions/{planned}/schedule")
    await services.accounts.create_account(
        SYSTEM, username="viewer", password=PASSWORD, display_name="Người xem", language="en",
        grants=[GrantWish(Role.VIEWER, province.left.id)],
    )  # fmt: skip
    await log_in(page, "viewer")
    await opened(page, "day")
    await expect(page.get_by_role("link", name="Plan a session")).to_have_count(0)
    await entry(page, "Giao ban huyện").click()
    await expect(page.locator("#cal-entry")).to_contain_text("you cannot move it")


async def test_a_finger_moves_what_it_presses_for_a_moment(page: Page, admin: Reader, planned: int) -> None:
    await log_in(page)
    await opened(page, "day")
    one = entry(page, "Giao ban huyện")
    await one.scroll_into_view_if_needed()
    box = await one.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    finger = await page.context.new_cdp_session(page)
    touch = "Input.dispatchTouchEvent"
    await finger.send(touch, {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
    await expect(page.locator(".ec-event.ec-preview")).to_be_visible()  # it was pressed long enough
    for part in range(1, 5):
        point = {"x": x, "y": y + part * HOUR_PX / 4}
        await finger.send(touch, {"type": "touchMove", "touchPoints": [point]})
    async with drawn_anew(page):
        await finger.send(touch, {"type": "touchEnd", "touchPoints": []})
    assert await hours(admin, planned) == ("2026-03-03T04:00:00Z", 60)
