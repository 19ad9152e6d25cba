"""Another room says that somebody of this list is there: this room's tablet lets them go, or does not."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from playwright.async_api import Locator, Page, expect
from sqlalchemy import select, update

from confhub.checkin.models import DECLINED, GRANTED, CheckinMove, PersonEvent
from tests.browser.room.hall import PASSWORD
from tests.plugins.tablets import NAMES, Room, reading

LET_GO, STILL_HERE = "Yes, let go", "No, still here"
VIETNAMESE = ("Đồng ý, đã chuyển", "Không, vẫn ở đây")


async def asked(room: Room, *names: str) -> None:
    """Room T.02 says that these people are there."""
    at = datetime.now(UTC)
    here, other = await room.endpoint(), await room.endpoint("T.02")
    await room.put(
        *[
            CheckinMove(
                session_id=room.session, from_endpoint_id=here, endpoint_id=other,
                attendee_id=(await room.attendee(name)).id, kind="in", way="tablet", at=at, received_at=at,
                by="tablet:9", key=f"m-{name}",
            )
            for name in names
        ]
    )  # fmt: skip


async def decided(room: Room) -> dict[str, tuple[str, str | None]]:
    """Key of each request → its state, and who answered."""
    async with reading(room.hub.data) as tx:
        rows = await tx.execute(select(CheckinMove.key, CheckinMove.state, CheckinMove.decided_by))
        return {key: (state, by) for key, state, by in rows}


def note(page: Page, name: str) -> Locator:
    return page.locator("#moves .note", has_text=name)


@pytest.mark.parametrize(
    ("teller", "words"),
    [("the tablet", (LET_GO, STILL_HERE)), ("a person for the room", VIETNAMESE)],
    ids=("tablet", "person"),
)
async def test_somebody_is_let_go_and_somebody_else_is_still_here(
    room: Room, teller: str, words: tuple[str, str]
) -> None:
    let_go, still_here = words
    gone, staying = NAMES[0], NAMES[1]
    await asked(room, gone, staying)
    if teller == "the tablet":
        page = await room.entered()
    else:
        page = await room.tablet()
        await page.goto("/login?next=/tablet")
        await page.fill("[name=username]", "admin")
        await page.fill("[name=password]", PASSWORD)
        await page.click("form[action='/login'] button[type=submit]")
        await page.goto(f"/tablet/sessions/{room.session}?endpoint={await room.endpoint()}")
    await expect(note(page, gone)).to_contain_text("Điểm cầu Hai")

    await note(page, gone).get_by_role("button", name=let_go).click()
    await expect(note(page, gone)).to_have_count(0)
    await expect(page.locator(".person", has_text=gone)).to_contain_text("Điểm cầu Hai")
    await note(page, staying).get_by_role("button", name=still_here).click()
    await expect(page.locator("#moves .note")).to_have_count(0)
    await expect(page.locator("#line")).to_be_hidden()

    await page.reload()  # and the hub asks no more
    await page.wait_for_selector("body[data-ready=true]")
    await expect(page.locator("#people .person")).to_have_count(len(NAMES))
    await expect(page.locator("#moves .note")).to_have_count(0)
    found = await decided(room)
    assert [found[f"m-{name}"][0] for name in (gone, staying)] == [GRANTED, DECLINED]
    assert all(by for _, by in found.values())
    async with reading(room.hub.data) as tx:
        stored = list(await tx.execute(select(PersonEvent.attendee_id, PersonEvent.endpoint_id)))
    assert stored == [((await room.attendee(gone)).id, await room.endpoint("T.02"))]


async def test_an_answer_that_comes_too_late_says_so(room: Room) -> None:
    await asked(room, NAMES[0])
    page = await room.entered()
    await expect(note(page, NAMES[0])).to_be_visible()
    async with reading(room.hub.data) as tx:
        await tx.execute(update(CheckinMove).values(state=DECLINED))  # by the officer, meanwhile
    await note(page, NAMES[0]).get_by_role("button", name=LET_GO).click()
    await expect(page.locator("#said-text")).to_contain_text("This request has been answered already.")
    await expect(page.locator("#moves .note")).to_have_count(0)
    assert await room.events() == []


async def test_an_answer_without_the_hub_is_asked_for_again(room: Room) -> None:
    await asked(room, NAMES[0])
    page = await room.entered()
    await page.route("**/moves/*", lambda route: route.abort(), times=1)
    await note(page, NAMES[0]).get_by_role("button", name=STILL_HERE).click()
    await page.wait_for_selector("body[data-line=away]")
    await note(page, NAMES[0]).get_by_role("button", name=STILL_HERE).click()
    await expect(page.locator("#moves .note")).to_have_count(0)
    await page.wait_for_selector("body[data-line=there]")
    assert [state for state, _ in (await decided(room)).values()] == [DECLINED]


async def test_requests_of_other_rooms_leave_the_list_in_reach_on_a_phone(room: Room) -> None:
    await asked(room, *NAMES[:4])
    badge = (await room.attendee(NAMES[0])).badge
    page = await room.entered(viewport={"width": 360, "height": 740})
    await expect(page.locator("#moves .note")).to_have_count(4)
    await expect(page.locator("#moves .person-rest").first).to_contain_text(f"Badge …{badge[-4:]}")
    await page.click("#people [data-deed=in] >> nth=5")  # refused by the browser where something covers it
    await expect(page.locator("#filter-here .chip-count")).to_have_text("1")
