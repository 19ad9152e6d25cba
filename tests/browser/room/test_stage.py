"""The stage in real browsers: speakers in turn, a shared screen, the invitation, and a relay that dies."""

from __future__ import annotations

import os
import signal

import pytest
from playwright.async_api import Page, expect

from tests.browser.room.hall import PICTURE, Hall

pytestmark = pytest.mark.calm

MOVES = """async ([selector, least]) => {
  const video = document.querySelector(`${selector} video`);
  if (!video) return false;
  const before = video.getVideoPlaybackQuality().totalVideoFrames;
  await new Promise((resolve) => video.requestVideoFrameCallback(resolve));
  return video.getVideoPlaybackQuality().totalVideoFrames >= before && video.videoWidth >= least;
}"""


async def sees(page: Page, selector: str) -> None:
    """Wait until a new picture is drawn in the tile."""
    await page.wait_for_selector(selector)
    await page.wait_for_function(MOVES, arg=[selector, 16])


async def test_one_speaker_after_the_other_and_a_shared_screen(hall: Hall) -> None:
    session = await hall.session()
    chair = await hall.kiosk("T.00", session)
    hallway = await hall.kiosk("T.01", session)
    person = await hall.person(session)
    await sees(hallway, f"{PICTURE}[data-identity='room:T.00']")

    await person.click("#control-hand")
    await person.wait_for_selector("#hand-place:not([hidden])")
    identity = (await hall.ask("POST", f"/sessions/{session}/stage/next"))["given_to"]["identity"]
    for page in (chair, hallway):
        await sees(page, f"{PICTURE}[data-identity='{identity}']")
    await hall.ask("PUT", f"/sessions/{session}/stage/room:T.01")
    for page in (chair, person):
        await sees(page, f"{PICTURE}[data-identity='room:T.01']")
    await hall.ask("PUT", f"/sessions/{session}/stage/{identity}")
    for page, others in ((chair, (identity,)), (hallway, ("room:T.00", identity)), (person, ("room:T.00",))):
        for other in others:
            await sees(page, f"{PICTURE}[data-identity='{other}']")

    await person.click("#control-screen")
    await sees(hallway, f"{PICTURE}[data-source=content]")
    await hallway.wait_for_selector("#stage-grid[data-content=true]")
    await person.click("#control-screen")
    await hallway.wait_for_selector(".tile[data-source=content]", state="detached")
    await person.click("#control-screen")
    await sees(hallway, f"{PICTURE}[data-source=content]")
    await hall.ask("DELETE", f"/sessions/{session}/participants/{identity}/screen")
    await hallway.wait_for_selector(".tile[data-source=content]", state="detached")
    await person.wait_for_selector("body[data-floor=on]")
    await person.wait_for_selector("#control-screen[aria-pressed=false]")
    await hall.ask("DELETE", f"/sessions/{session}/stage/{identity}")
    await hallway.wait_for_selector(f".tile[data-identity='{identity}']", state="detached")
    await person.wait_for_selector("body[data-floor=off]")
    await hall.ask("POST", f"/sessions/{session}/cancel", {})


async def test_who_is_next_sends_ahead_and_may_take_the_hand_down(hall: Hall) -> None:
    session = await hall.session()
    chair = await hall.kiosk("T.00", session)
    await chair.wait_for_selector("body[data-floor=on]")
    room = await hall.kiosk("T.01", session)
    await room.wait_for_selector("body[data-link=joined]")
    for _ in range(2):
        await room.keyboard.press("h")
        await room.wait_for_selector("body[data-floor=deck]")
        await room.wait_for_selector(".tile[data-own=true][data-picture=on]")
        await expect(room.locator("#hand-place")).to_have_text("Place 1")
        await expect(room.locator("#on-stage-text")).to_contain_text("nobody sees or hears you yet")
        await expect(room.locator("#stage-list li")).to_have_count(1)
        await room.click("#control-hand")
        await room.wait_for_selector("body[data-floor=off]")
        await expect(room.locator("#hand-place")).to_be_hidden()
        await expect(room.locator("#on-stage-sign")).to_be_hidden()
        await room.wait_for_selector(".tile[data-own=true]", state="detached")

    await room.keyboard.press("h")
    await room.wait_for_selector("body[data-floor=deck]")
    await room.click("#control-microphone[aria-pressed=true]")
    await room.wait_for_selector("#control-microphone[aria-pressed=false]")
    await hall.ask("POST", f"/sessions/{session}/stage/next")
    await room.wait_for_selector("body[data-floor=on]")
    await sees(chair, f"{PICTURE}[data-identity='room:T.01']")
    await expect(room.locator("#on-stage-sign")).to_have_attribute("data-shown", "true")
    await expect(room.locator("#stage-list li")).to_have_count(2)
    await expect(room.locator("#hand-place")).to_be_hidden()
    assert await room.get_attribute("#control-microphone", "aria-pressed") == "false", "closed while waiting"
    await hall.ask("POST", f"/sessions/{session}/cancel", {})


async def test_the_invitation_is_answered_by_hand(hall: Hall) -> None:
    session = await hall.session(floor_auto_accept=False)
    room = await hall.kiosk("T.02", session)
    await room.wait_for_selector("body[data-link=joined]")
    await hall.ask("PUT", f"/sessions/{session}/deck/room:T.02")
    await room.wait_for_selector("body[data-floor=deck]")
    await expect(room.locator("#on-stage-sign")).to_be_hidden()
    await expect(room.locator("#control-camera")).to_be_disabled()
    await hall.ask("PUT", f"/sessions/{session}/stage/room:T.02")
    await room.wait_for_selector("#invite[open]")
    await room.wait_for_selector("body[data-floor=invited]")
    await room.click("#invite-decline")
    await room.wait_for_selector("body[data-floor=off]")
    await expect(room.locator("#invite")).not_to_be_visible()

    await hall.ask("PUT", f"/sessions/{session}/stage/room:T.02")
    await room.wait_for_selector("#invite[open]")
    assert await room.locator(".tile[data-own=true][data-picture=on]").count() == 0, "nothing is sent yet"
    await room.keyboard.press("Enter")
    await room.wait_for_selector(".tile[data-own=true][data-picture=on]")
    await hall.ask("POST", f"/sessions/{session}/cancel", {})


async def test_pages_come_back_when_the_relay_is_killed(hall: Hall) -> None:
    session = await hall.session()
    chair = await hall.kiosk("T.00", session)
    await chair.wait_for_selector(".tile[data-own=true][data-picture=on]")
    person = await hall.person(session)
    await sees(person, PICTURE)

    killed = hall.hub.relay_pid
    assert killed is not None
    os.kill(killed, signal.SIGKILL)
    await person.wait_for_selector("body:not([data-link=joined])")
    await person.wait_for_selector("#link-overlay:not([hidden])")
    for page in (person, chair):
        await page.wait_for_selector("body[data-link=joined][data-screen=room]")
    await sees(person, PICTURE)
    assert hall.hub.relay_pid not in (None, killed)
    await hall.ask("POST", f"/sessions/{session}/cancel", {})
