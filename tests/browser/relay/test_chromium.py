"""livekit-client in Chromium: pictures decoded, tones heard, in both connection modes, across breaks."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.async_api import Page

from confhub.relay.service.server import Relay, Settings
from tests.functional.relay.clients import GREEN, KEY, SECRET, token
from tests.functional.relay.ways import DEFAULT_WAY, relay_over

MODES = pytest.mark.parametrize("single", [True, False], ids=["one connection", "two connections"])


async def _join(page: Page, relay: Relay, name: str, *, single: bool, options: str = "{}") -> None:
    url = f"ws://127.0.0.1:{relay.port}"
    arguments = [name, url, token(name), single]
    await page.evaluate(f"([n, u, t, s]) => join(n, u, t, s, {options})", arguments)


async def _see(
    page: Page, viewer: str, other: str, width: int = 0, colour: Sequence[int] = GREEN
) -> tuple[int, int]:
    """The size of the first decoded picture that is of that colour and at least so wide."""
    size = await page.evaluate("(given) => picture(...given)", [viewer, other, width, list(colour)])
    return size["width"], size["height"]


@MODES
async def test_picture_and_tone_arrive_with_simulcast(page: Page, relay: Relay, single: bool) -> None:
    await _join(page, relay, "anna", single=single)
    await _join(page, relay, "binh", single=single)
    await page.evaluate("show('anna', 'rgb(0, 200, 0)', true)")
    await page.evaluate("sound('anna', 660)")
    await page.evaluate("until('binh', 'track video anna')")
    await page.evaluate("until('binh', 'track audio anna')")
    assert await _see(page, "binh", "anna", 1280) == (1280, 720)
    assert abs(await page.evaluate("frequency('binh', 'anna', 660)") - 660) <= 6
    layers = await page.evaluate("layers('anna')")
    assert set(layers) == {"q", "h", "f"}
    assert all(frames > 0 for frames in layers.values())


@MODES
async def test_stereo_sound_arrives_with_both_sides(page: Page, relay: Relay, single: bool) -> None:
    await _join(page, relay, "anna", single=single)
    await _join(page, relay, "binh", single=single)
    await page.evaluate("stereo('anna', 440, 1000)")
    await page.evaluate("until('binh', 'track audio anna')")
    await page.evaluate("sides('binh', 'anna', 440, 1000)")


async def test_fake_camera_and_second_browser_person_see_each_other(page: Page, relay: Relay) -> None:
    await _join(page, relay, "anna", single=True)
    await _join(page, relay, "binh", single=False)
    for name, other in (("anna", "binh"), ("binh", "anna")):
        await page.evaluate("(n) => camera(n)", name)
        await page.evaluate("([o, n]) => until(o, `track video ${n}`)", [other, name])
        await _see(page, other, name, 1, ())


async def test_a_lower_quality_is_a_smaller_picture(page: Page, relay: Relay) -> None:
    await _join(page, relay, "anna", single=True)
    await _join(page, relay, "binh", single=True)
    await page.evaluate("show('anna', 'rgb(0, 200, 0)', true)")
    await page.evaluate("until('binh', 'track video anna')")
    await _see(page, "binh", "anna", 1280)
    await page.evaluate(
        "people.binh.room.remoteParticipants.get('anna').getTrackPublication('camera')"
        ".setVideoQuality(LivekitClient.VideoQuality.LOW)"
    )
    element = "newest('binh', 'video', 'anna').attachedElements[0]"
    await page.wait_for_function(f"{element}.videoWidth === 320", timeout=15_000)


@MODES
async def test_a_cut_socket_is_resumed_and_the_picture_goes_on(
    page: Page, relay: Relay, single: bool
) -> None:
    await _join(page, relay, "anna", single=single)
    await _join(page, relay, "binh", single=single)
    await page.evaluate("show('anna', 'rgb(0, 200, 0)', false)")
    await page.evaluate("until('binh', 'track video anna')")
    await _see(page, "binh", "anna")
    await page.evaluate("people.binh.room.simulateScenario('signal-reconnect')")
    await page.evaluate("until('binh', 'reconnected')")
    await _see(page, "binh", "anna")
    events = await page.evaluate("people.binh.events")
    assert events.count("track video anna") == 1
    assert "disconnected" not in events


@MODES
async def test_after_a_restart_of_the_relay_everybody_is_back(
    page: Page, single: bool, tmp_path: Path
) -> None:
    settings = Settings(keys={KEY: SECRET}, port=0, udp_port=0)
    async with relay_over(settings, DEFAULT_WAY, tmp_path) as first:
        await _join(page, first, "anna", single=single)
        await _join(page, first, "binh", single=single)
        await page.evaluate("show('anna', 'rgb(0, 200, 0)', false)")
        await page.evaluate("until('binh', 'track video anna')")
        for room in first.rooms.all():
            for participant in list(room.participants.values()):
                link, participant.link = participant.link, None
                assert link is not None
                link.close()
    again = replace(settings, port=first.port, udp_port=first.udp_port)
    async with relay_over(again, DEFAULT_WAY, tmp_path):
        await page.evaluate("until('binh', 'track video anna', 2, 40000)")
        await _see(page, "binh", "anna")
