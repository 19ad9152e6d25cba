"""The tablet takes a phone back from a person: the phone then asks again who its owner is."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Page, expect
from sqlalchemy import select

from confhub.checkin.models import CheckinDevice, CheckinUndo
from confhub.people.models import AttendeeRow
from tests.browser.pages.test_accessibility import overflow, violations
from tests.plugins.tablets import SENT, Room, reading

PHONE = {"viewport": {"width": 360, "height": 740}, "is_mobile": True, "has_touch": True, "locale": "en-GB"}


@pytest.fixture
async def phone(room: Room) -> Page:
    """What somebody in the room has: nothing of it is shared with the tablet."""
    context = await room.chromium.new_context(base_url=room.hub.url, **PHONE)  # type: ignore[arg-type]
    return await context.new_page()


async def scan(tablet: Page, phone: Page) -> None:
    """The phone opens what the room's code says."""
    async with tablet.expect_response("**/code") as answered:
        await tablet.click("#open-code")
    found = await (await answered.value).json()
    await tablet.click("#code [data-close]")
    await phone.goto(urlsplit(found["url"]).path)


async def check_in(phone: Page, name: str) -> None:
    await phone.fill("#q", name)
    await phone.click("form[action='/c/who'] button.go")
    await phone.click("#found .person")
    await expect(phone.get_by_text("You are checked in")).to_be_visible()


async def choose(tablet: Page, who: str, why: str = "The phone was lent") -> None:
    await tablet.select_option("#phone-who", label=who)
    await tablet.select_option("#phone-why", label=why)
    await tablet.click("#phone-form button[type=submit]")


async def whose(room: Room) -> list[str]:
    """For whom phones count."""
    async with reading(room.hub.data) as tx:
        query = select(AttendeeRow.name).join(CheckinDevice, CheckinDevice.attendee_id == AttendeeRow.id)
        return list(await tx.scalars(query.order_by(AttendeeRow.id)))


async def listed(tablet: Page, name: str) -> str:
    """As the list of the dialog writes this person."""
    option = tablet.locator("#phone-who option", has_text=name)
    return await option.inner_text()


async def test_a_phone_that_was_lent_is_taken_back_on_the_tablet_and_checks_in_its_owner(
    room: Room, phone: Page
) -> None:
    tablet = await room.entered()
    await tablet.click("#people [data-deed=in] >> nth=0")
    await tablet.wait_for_selector(SENT)
    ticked = await tablet.locator(".person[data-state=in] .person-name").inner_text()
    await scan(tablet, phone)
    await check_in(phone, "Lê Hoà")
    assert await whose(room) == ["Lê Hoà"]
    await tablet.reload()
    await expect(tablet.locator("#filter-here .chip-count")).to_have_text("2")
    await tablet.click("#open-phone")
    await expect(tablet.locator("#phone-who option")).to_have_count(3)  # the request to choose, and who came
    assert await violations(tablet) + await overflow(tablet) == []
    await choose(tablet, await listed(tablet, ticked))  # nobody's phone: said, and the window stays open
    await expect(tablet.locator("#phone-refused")).to_contain_text("No phone counts for this person")
    await expect(tablet.locator("#phone-back")).to_be_visible()
    await choose(tablet, await listed(tablet, "Lê Hoà"))
    await expect(tablet.locator("#phone-back")).to_be_hidden()
    await expect(tablet.locator("#said-text")).to_have_text(re.compile("Lê Hoà: the phone is free"))
    assert await whose(room) == []
    await scan(tablet, phone)
    await check_in(phone, "do manh")
    assert await whose(room) == ["Đỗ Mạnh"]
    await tablet.reload()
    await expect(tablet.locator("#filter-here .chip-count")).to_have_text("3")
    async with reading(room.hub.data) as tx:
        (undo,) = await tx.scalars(select(CheckinUndo))
        assert (undo.reason, undo.events, undo.people) == ("The phone was lent", 0, 1)
    assert room.faults == []


async def test_without_the_hub_no_phone_is_said_to_be_free(room: Room, phone: Page) -> None:
    tablet = await room.entered(viewport={"width": 360, "height": 740})
    await scan(tablet, phone)
    await check_in(phone, "Lê Hoà")
    await tablet.reload()
    await expect(tablet.locator("#filter-here .chip-count")).to_have_text("1")
    await tablet.click("#open-phone")
    assert await violations(tablet) + await overflow(tablet) == []
    room.hub.stop()
    await choose(tablet, await listed(tablet, "Lê Hoà"))
    await expect(tablet.locator("#phone-refused")).to_contain_text("Offline: the phone can be taken back")
    room.hub.start()
    assert await whose(room) == ["Lê Hoà"]
    await choose(tablet, await listed(tablet, "Lê Hoà"))
    await expect(tablet.locator("#phone-back")).to_be_hidden()
    assert await whose(room) == []
