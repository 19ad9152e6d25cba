"""The speaker's slot in Chromium: one source after the other, of different sizes, without a freeze."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import numpy as np
import pytest
from livekit import api, rtc
from playwright.async_api import Page

from confhub.relay.service.server import Relay
from tests.functional.relay.clients import GREEN, KEY, RED, SECRET, Person, token
from tests.functional.relay.stage import STAGE, permit, point

SWITCHES = 50
OnDeck = Callable[[str, tuple[int, int, int], tuple[int, int]], Awaitable[None]]


@pytest.fixture
async def on_deck(relay: Relay) -> AsyncIterator[OnDeck]:
    """`await on_deck("room:a", RED, (320, 180))`: publishes, and stands in no slot."""
    async with AsyncExitStack() as stack:
        livekit = api.LiveKitAPI(f"http://127.0.0.1:{relay.port}", KEY, SECRET)
        stack.push_async_callback(livekit.aclose)

        async def prepare(identity: str, colour: tuple[int, int, int], size: tuple[int, int]) -> None:
            person = Person(identity)
            access = token(identity, attributes=STAGE, can_publish=False)
            await person.connect(f"ws://127.0.0.1:{relay.port}", access, single=True)
            stack.push_async_callback(person.leave)
            await permit(livekit, identity, can_publish=True)
            await person.heard.until(lambda: person.me.permissions.can_publish)
            source = rtc.VideoSource(*size)
            painter = asyncio.create_task(_paint(source, colour, size))
            stack.callback(painter.cancel)
            options = rtc.TrackPublishOptions(
                source=rtc.TrackSource.SOURCE_CAMERA, simulcast=False, video_codec=rtc.VideoCodec.VP8
            )
            await person.me.publish_track(rtc.LocalVideoTrack.create_video_track("camera", source), options)

        yield prepare


async def _paint(source: rtc.VideoSource, colour: tuple[int, int, int], size: tuple[int, int]) -> None:
    width, height = size
    picture = np.zeros((height, width, 4), np.uint8)
    picture[..., :3] = colour
    picture[..., 3] = 255
    frame = rtc.VideoFrame(width, height, rtc.VideoBufferType.RGBA, picture.tobytes())
    while True:
        source.capture_frame(frame)
        await asyncio.sleep(1 / 25)


@pytest.mark.alone
async def test_fifty_switches_between_sizes_freeze_nothing_and_negotiate_nothing(
    page: Page, relay: Relay, on_deck: OnDeck
) -> None:
    await on_deck("room:a", RED, (320, 180))
    await on_deck("room:b", GREEN, (640, 360))
    access = token("room:viewer", attributes=STAGE, can_publish=False)
    await page.evaluate("(a) => join('viewer', ...a)", [f"ws://127.0.0.1:{relay.port}", access, True])
    await page.evaluate("until('viewer', 'track video stage:speaker')")
    await point(relay, "speaker", "room:a")
    await page.evaluate("watch('viewer', 'stage:speaker')")
    assert await page.evaluate("(c) => turns('viewer', c)", list(RED)) == 320
    before = await page.evaluate("freezes('viewer', 'stage:speaker')")
    for number in range(SWITCHES):
        identity, colour, width = (("room:b", GREEN, 640), ("room:a", RED, 320))[number % 2]
        await point(relay, "speaker", identity)
        assert await page.evaluate("(c) => turns('viewer', c)", list(colour)) == width
    after = await page.evaluate("freezes('viewer', 'stage:speaker')")
    assert after["frames"] >= before["frames"] + SWITCHES
    assert (after["count"], after["seconds"]) == (before["count"], before["seconds"])
    assert after["descriptions"] == before["descriptions"]
    assert await page.evaluate("people.viewer.events.filter((e) => e.startsWith('track ')).length") == 6
