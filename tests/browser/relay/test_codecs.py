"""livekit-client in Chromium next to clients of other making: layers of one stream, backup codecs, sound."""

from __future__ import annotations

import aiohttp
import pytest
from livekit import rtc
from playwright.async_api import Page

from confhub.relay.room.tracks.publication import Publication
from confhub.relay.service.server import Relay
from tests.functional.relay.clients import BLUE, RED, Person, colour_of, frequency_of, is_close, token
from tests.functional.relay.handmade import HandmadePerson

pytestmark = pytest.mark.calm

PLIS = """async () => {
    const stats = [...(await newest('binh', 'video', 'anna').receiver.getStats()).values()];
    return stats.find((s) => s.type === 'inbound-rtp').pliCount;
}"""
"""How often binh's decoder asked for a key picture of anna."""


async def _join(page: Page, relay: Relay, name: str) -> None:
    url = f"ws://127.0.0.1:{relay.port}"
    await page.evaluate("([n, u, t]) => join(n, u, t, true)", [name, url, token(name)])


def _is_green(colour: tuple[int, int, int]) -> bool:
    """Browsers and decoders disagree on the range of colours, not on which one it is."""
    red, green, blue = colour
    return green > 150 and red < 80 and blue < 80


async def _show(page: Page, name: str, options: str) -> str:
    sid = await page.evaluate(f"(n) => show(n, 'rgb(0, 200, 0)', true, {options})", name)
    assert isinstance(sid, str)
    return sid


def _publication(relay: Relay, sid: str) -> Publication:
    (room,) = relay.rooms.all()
    found = room.publication(sid)
    assert found is not None
    return found


@pytest.mark.parametrize("codec", ["vp9", "av1"])
async def test_the_python_sdk_follows_chromiums_spatial_layers(page: Page, relay: Relay, codec: str) -> None:
    await _join(page, relay, "anna")
    binh = Person("binh")
    await binh.connect(f"ws://127.0.0.1:{relay.port}", token("binh"), single=True)
    await _show(page, "anna", f"{{ videoCodec: '{codec}', backupCodec: false }}")
    remote = await binh.track("video", "anna")
    publication = binh.room.remote_participants["anna"].track_publications[remote.sid]
    assert publication.mime_type.lower() == f"video/{codec}"
    stream = rtc.VideoStream(remote)
    for quality, width in ((2, 1280), (0, 320), (1, 640), (2, 1280)):
        publication.set_video_quality(quality)  # type: ignore[arg-type]
        async for event in stream:
            if event.frame.width == width:
                break
    await stream.aclose()
    await binh.leave()


@pytest.mark.parametrize("codec", ["vp9", "av1"])
async def test_chromium_decodes_each_spatial_layer_without_a_break(
    page: Page, relay: Relay, codec: str
) -> None:
    await _join(page, relay, "anna")
    await _join(page, relay, "binh")
    await _show(page, "anna", f"{{ videoCodec: '{codec}', backupCodec: false }}")
    await page.evaluate("until('binh', 'track video anna')")
    await page.evaluate("picture('binh', 'anna', 1280)")
    element = "newest('binh', 'video', 'anna').attachedElements[0]"
    publication = "people.binh.room.remoteParticipants.get('anna').getTrackPublication('camera')"
    asked = await page.evaluate(PLIS)
    for quality, width in ((0, 320), (2, 1280), (1, 640), (0, 320), (1, 640), (2, 1280)):
        await page.evaluate(f"{publication}.setVideoQuality({quality})")
        await page.wait_for_function(f"{element}.videoWidth === {width}", timeout=15_000)
    asked = await page.evaluate(PLIS) - asked
    assert asked <= 1, "a decoder on a busy machine asks once, a broken stream at each of six switches"


@pytest.mark.parametrize("policy", ["SIMULCAST", "REGRESSION"])
async def test_a_backup_codec_is_asked_for_and_sent(page: Page, relay: Relay, policy: str) -> None:
    await _join(page, relay, "anna")
    await _join(page, relay, "binh")
    options = f"""{{ videoCodec: 'vp9', backupCodec: {{ codec: 'vp8' }},
        backupCodecPolicy: LivekitClient.BackupCodecPolicy.{policy} }}"""
    sid = await _show(page, "anna", options)
    await page.evaluate("until('binh', 'track video anna')")
    await page.evaluate("picture('binh', 'anna', 1280)")
    publication = _publication(relay, sid)
    assert publication.info.mime_type == "video/VP9"
    assert not publication.backups
    async with (
        aiohttp.ClientSession() as http,
        HandmadePerson(http, relay.port, relay.udp_port, token("other"), takes=("vp8", "opus")) as other,
    ):
        assert _is_green(await other.vp8_colour(sid))
        (backup,) = publication.backups.values()
        assert [(c.mime_type, bool(c.cid)) for c in publication.info.codecs] == [
            ("video/VP9", True),
            ("video/VP8", True),
        ]
        (room,) = relay.rooms.all()
        down = room.participants["binh"].subscriptions[sid].down
        assert down is not None
        assert down.source is (publication.up if policy == "SIMULCAST" else backup.up)
        element = "newest('binh', 'video', 'anna').attachedElements[0]"
        await page.evaluate(f"new Promise((done) => {element}.requestVideoFrameCallback(done))")
        if policy == "REGRESSION":
            await page.wait_for_function(
                f"""async () => {{
                const receiver = newest('binh', 'video', 'anna').receiver;
                const stats = [...(await receiver.getStats()).values()];
                const inbound = stats.find((s) => s.type === 'inbound-rtp');
                const codec = stats.find((s) => s.id === inbound.codecId);
                return codec && codec.mimeType === 'video/VP8' && {element}.videoWidth > 0;
            }}""",
                timeout=15_000,
            )


async def test_three_shapes_of_offers_in_one_room(page: Page, relay: Relay) -> None:
    """Chromium, libwebrtc under Python and a client of other codecs: everybody sees and hears both others."""
    await _join(page, relay, "chrome")
    sdk = Person("sdk")
    await sdk.connect(f"ws://127.0.0.1:{relay.port}", token("sdk"), single=False)
    async with (
        aiohttp.ClientSession() as http,
        HandmadePerson(http, relay.port, relay.udp_port, token("other")) as other,
    ):
        chrome_sid = await _show(page, "chrome", "{}")
        await page.evaluate("sound('chrome', 700)")
        shown, heard = await sdk.show(RED), await sdk.sound(500)
        await other.show(BLUE)
        await other.sound(300)
        for name in ("sdk", "other"):
            await page.evaluate("(o) => until('chrome', `track video ${o}`)", name)
            await page.evaluate("(o) => until('chrome', `track audio ${o}`)", name)
        for name, colour in (("sdk", RED), ("other", BLUE)):
            await page.evaluate("([o, c]) => picture('chrome', o, 0, c)", [name, colour])
        assert abs(await page.evaluate("frequency('chrome', 'sdk', 500)") - 500) <= 10
        assert abs(await page.evaluate("frequency('chrome', 'other', 300)") - 300) <= 10
        assert _is_green(await colour_of(await sdk.track("video", "chrome")))
        assert is_close(await colour_of(await sdk.track("video", "other")), BLUE)
        assert abs(await frequency_of(await sdk.track("audio", "chrome")) - 700) <= 10
        assert abs(await frequency_of(await sdk.track("audio", "other")) - 300) <= 10
        assert _is_green(await other.vp8_colour(chrome_sid))
        assert is_close(await other.vp8_colour(shown.sid), RED)
        assert len(await other.packets(heard.sid, 20)) >= 20
    await sdk.leave()
