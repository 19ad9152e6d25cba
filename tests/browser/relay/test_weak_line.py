"""A real browser behind a line that loses a tenth of what comes down: sound goes on, the picture steps down,
and comes back when the line is good again."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Page

from confhub.relay.service.server import Relay, Settings
from confhub.simulator.drill.impair import PERFECT, BadLine, Quality
from tests.functional.relay.clients import KEY, SECRET, token

LINE_HOST = "127.0.0.9"
LOSS = Quality(loss_percent=10)
STEPPED_DOWN_WITHIN_S = 20
BACK_WITHIN_S = 15
MAX_GAP_MS = 200

PICTURE = "newest('binh', 'video', 'anna').attachedElements[0]"
pytestmark = pytest.mark.alone


@pytest.fixture
async def relay() -> AsyncIterator[Relay]:
    """Clients know its media by the bad line's address alone."""
    relay = Relay(Settings(keys={KEY: SECRET}, port=0, udp_port=0, advertise=[LINE_HOST]))
    await relay.start()
    yield relay
    await relay.stop()


@pytest.fixture
async def line(relay: Relay) -> AsyncIterator[BadLine]:
    line = BadLine(("127.0.0.1", relay.udp_port), seed=7)
    line.open(LINE_HOST)
    yield line
    line.close()


async def _until_width(page: Page, condition: str, seconds: float) -> float:
    """Milliseconds until the decoded picture's width fits."""
    began = await page.evaluate("performance.now()")
    await page.wait_for_function(f"{PICTURE}.videoWidth {condition}", timeout=seconds * 1000, polling=50)
    return float(await page.evaluate("performance.now()") - began)


async def test_sound_goes_on_and_the_picture_comes_back(page: Page, relay: Relay, line: BadLine) -> None:
    url = f"ws://127.0.0.1:{relay.port}"
    for name in ("anna", "binh"):
        await page.evaluate("([n, u, t]) => join(n, u, t, true)", [name, url, token(name)])
    await page.evaluate("show('anna', 'rgb(0, 200, 0)', true)")
    await page.evaluate("sound('anna', 660)")
    for kind in ("video", "audio"):
        await page.evaluate("(k) => until('binh', `track ${k} anna`)", kind)
    await page.evaluate("picture('binh', 'anna', 1280)")
    await page.evaluate("frequency('binh', 'anna', 660)")
    await page.evaluate("listen('binh', 'anna')")

    line.down = LOSS
    await _until_width(page, "< 1280", STEPPED_DOWN_WITHIN_S)
    await _until_width(page, "< 640", STEPPED_DOWN_WITHIN_S)
    heard = await page.evaluate("heardGaps('binh')")
    assert line.counts()["down"].loss > 0.02
    assert heard["polls"] > 20
    assert heard["longestMs"] <= MAX_GAP_MS

    line.down = PERFECT
    back_ms = await _until_width(page, "=== 1280", BACK_WITHIN_S)
    assert back_ms <= BACK_WITHIN_S * 1000
    assert (await page.evaluate("heardGaps('binh')"))["longestMs"] <= MAX_GAP_MS
