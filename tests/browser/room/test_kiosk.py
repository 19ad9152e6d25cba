"""The room's own browser: it comes in by itself, and says in one sentence why it is out."""

from __future__ import annotations

from playwright.async_api import expect

from tests.browser.room.hall import PICTURE, Hall


async def test_a_kiosk_joins_by_itself_and_is_told_of_the_end(hall: Hall) -> None:
    session = await hall.session(lobby=False)
    person = await hall.desk.context.new_page()
    await person.goto(f"/sessions/{session}/room")
    await person.wait_for_selector("body[data-screen=waiting]")
    await expect(person.locator("#message-title")).to_have_text("Phiên họp chưa mở")

    await hall.ask("POST", f"/sessions/{session}/open-lobby")
    await person.wait_for_selector("body[data-screen=prejoin]")
    kiosk = await hall.kiosk("T.01", session)
    assert "ticket" not in kiosk.url
    await kiosk.wait_for_selector("body[data-link=joined][data-screen=room]")
    chair = await hall.kiosk("T.00", session)
    await chair.wait_for_selector(".tile[data-own=true][data-picture=on]")
    await kiosk.wait_for_selector(PICTURE)

    await hall.ask("POST", f"/sessions/{session}/start")
    await kiosk.wait_for_selector("body[data-session=live]")
    await kiosk.keyboard.press("h")
    await kiosk.wait_for_selector("#hand-place:not([hidden])")
    await hall.ask("POST", f"/sessions/{session}/end")
    for page in (kiosk, chair, person):
        await page.wait_for_selector("body[data-screen=ended]")


async def test_a_removed_kiosk_says_so_and_comes_back_when_let_in(hall: Hall) -> None:
    session = await hall.session()
    kiosk = await hall.kiosk("T.02", session)
    await kiosk.wait_for_selector("body[data-link=joined]")
    participant = f"/sessions/{session}/participants/room:T.02"
    await hall.ask("POST", f"{participant}/remove")
    await kiosk.wait_for_selector("body[data-screen=removed]")
    await kiosk.reload()
    await kiosk.wait_for_selector("body[data-screen=removed]")
    await hall.ask("POST", f"{participant}/let-in")
    await kiosk.wait_for_selector("body[data-link=joined][data-screen=room]")


async def test_a_ticket_opens_one_browser_once(hall: Hall) -> None:
    session = await hall.session()
    ticket = await hall.ticket("T.01", session)
    stranger = await hall.browser.new_context(base_url=hall.hub.url)
    answers = [
        await stranger.request.post(
            "/kiosk/enter", form={"ticket": ticket["ticket"]}, headers={"Origin": "null"}, max_redirects=0
        )
        for _ in range(2)
    ]
    assert [answer.status for answer in answers] == [303, 410]
    cookies = await stranger.cookies()
    assert [cookie["httpOnly"] for cookie in cookies if "kiosk" in cookie["name"]] == [True]
