"""livekit-client in Firefox, alone and face to face with Chromium, in both connection modes."""

from __future__ import annotations

import pytest
from playwright.async_api import Page

from confhub.relay.service.server import Relay
from tests.browser.firefox import MICROPHONE_HZ
from tests.functional.relay.clients import GREEN, token
from tests.functional.relay.ways import UDP_ONLY

MODES = pytest.mark.parametrize("single", [True, False], ids=["one connection", "two connections"])
pytestmark = [pytest.mark.calm, UDP_ONLY]


async def _join(page: Page, relay: Relay, name: str, single: bool) -> None:
    arguments = [name, f"ws://127.0.0.1:{relay.port}", token(name), single]
    await page.evaluate("(given) => join(...given)", arguments)


@MODES
async def test_firefox_and_chromium_see_and_hear_each_other(
    fox: Page, page: Page, open_relay: Relay, single: bool
) -> None:
    await _join(fox, open_relay, "fox", single)
    await _join(page, open_relay, "chrome", single)
    for here, name in ((fox, "fox"), (page, "chrome")):
        await here.evaluate("(n) => show(n, 'rgb(0, 200, 0)', true)", name)
    await fox.evaluate("speak('fox')")
    await page.evaluate("sound('chrome', 880)")
    for here, name, other in ((fox, "fox", "chrome"), (page, "chrome", "fox")):
        for kind in ("video", "audio"):
            await here.evaluate("(given) => until(...given)", [name, f"track {kind} {other}"])
        await here.evaluate("(given) => picture(...given)", [name, other, 1280, list(GREEN)])
        await here.evaluate("(given) => until(...given)", [name, f"speaks {other}"])
    await page.evaluate("(hz) => frequency('chrome', 'fox', hz)", MICROPHONE_HZ)
    await fox.evaluate("sounds('fox', 'chrome')")
    layers = await fox.evaluate("layers('fox')")
    assert set(layers) == {"q", "h", "f"}
    assert all(frames > 0 for frames in layers.values())


@MODES
async def test_four_people_in_firefox_take_each_other_s_sound_and_know_who_speaks(
    fox: Page, open_relay: Relay, single: bool
) -> None:
    names = ("anna", "binh", "chi", "dung")
    for name in names:
        await _join(fox, open_relay, name, single)
        await fox.evaluate("(n) => speak(n)", name)
    for name in names:
        for other in set(names) - {name}:
            await fox.evaluate("(given) => until(...given)", [name, f"track audio {other}"])
            await fox.evaluate("(given) => until(...given)", [name, f"speaks {other}"])
            await fox.evaluate("(given) => sounds(...given)", [name, other])


@MODES
async def test_sixteen_pictures_at_once_arrive_each_under_its_own_name(
    fox: Page, open_relay: Relay, single: bool
) -> None:
    for name in ("anna", "binh"):
        await _join(fox, open_relay, name, single)
    await fox.evaluate("gallery('anna', 16)")
    await fox.evaluate("until('binh', 'track video anna', 16)")
    for number in (0, 7, 15):
        await fox.evaluate("(n) => greys('binh', 'anna', n)", number)


@MODES
async def test_firefox_mutes_sends_data_and_resumes(fox: Page, open_relay: Relay, single: bool) -> None:
    for name in ("anna", "binh"):
        await _join(fox, open_relay, name, single)
    await fox.evaluate("show('anna', 'rgb(0, 200, 0)', false)")
    await fox.evaluate("until('binh', 'track video anna')")
    await fox.evaluate("(colour) => picture('binh', 'anna', 0, colour)", list(GREEN))
    for action in ("mute", "unmute"):
        await fox.evaluate(f"people.anna.room.localParticipant.getTrackPublication('camera').{action}()")
        await fox.evaluate("(event) => until('binh', event)", f"{action}d anna")
    await fox.evaluate("say('anna', 'xin chào')")
    await fox.evaluate("until('binh', 'data anna xin chào')")
    await fox.evaluate("people.binh.room.simulateScenario('signal-reconnect')")
    await fox.evaluate("until('binh', 'reconnected')")
    await fox.evaluate("(colour) => picture('binh', 'anna', 0, colour)", list(GREEN))
    events = await fox.evaluate("people.binh.events")
    assert events.count("track video anna") == 1
