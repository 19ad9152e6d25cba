"""A printed badge held before the tablet's camera: Chromium's fake camera shows the QR code."""

from __future__ import annotations

from pathlib import Path

import pytest
import segno
from playwright.async_api import expect

from tests.plugins.tablets import SENT, Room

WIDTH, HEIGHT, MODULE = 640, 480, 12
CAMERA = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]


def film(text: str, file: Path) -> None:
    """A few frames of a white card with the text's QR code, as YUV4MPEG2."""
    luma = bytearray(b"\xc8" * (WIDTH * HEIGHT))
    rows = [list(row) for row in segno.make(text, micro=False, error="m").matrix_iter(border=4)]
    left, top = (WIDTH - len(rows) * MODULE) // 2, (HEIGHT - len(rows) * MODULE) // 2
    for y, row in enumerate(rows):
        line = b"".join((b"\x10" if dark else b"\xeb") * MODULE for dark in row)
        for offset in range(MODULE):
            start = (top + y * MODULE + offset) * WIDTH + left
            luma[start : start + len(line)] = line
    frame = b"FRAME\n" + bytes(luma) + b"\x80" * (WIDTH * HEIGHT // 2)
    head = f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F20:1 Ip A1:1 C420mpeg2\n".encode()
    file.write_bytes(head + frame * 5)


@pytest.mark.parametrize("detector", ["the browser's own", "jsQR"])
async def test_a_badge_before_the_camera_checks_its_person_in_and_out(
    room: Room, tmp_path: Path, detector: str
) -> None:
    card = tmp_path / "badge.y4m"
    film(room.badges["Phạm Lan"], card)
    page = await room.started(*CAMERA, f"--use-file-for-fake-video-capture={card}")
    if detector == "jsQR":
        assert room.context is not None
        await room.context.add_init_script("delete window.BarcodeDetector;")
    await room.enter(page)
    await page.click("#open-scan")
    await expect(page.locator("#scan-told")).to_contain_text("Phạm Lan: checked in")
    await page.click("#badge-out")
    await page.click("#scan [data-close]")
    await page.click("#open-scan")
    await expect(page.locator("#scan-told")).to_contain_text("Phạm Lan: checked out")
    await page.click("#scan [data-close]")
    await expect(page.locator(".person", has_text="Phạm Lan")).to_have_attribute("data-state", "out")
    await page.wait_for_selector(SENT)
    assert await room.events() == [("Phạm Lan", "in", "badge"), ("Phạm Lan", "out", "badge")]


async def test_a_tablet_without_camera_says_what_to_do(room: Room) -> None:
    page = await room.started()
    await room.enter(page)
    await page.click("#open-scan")
    await expect(page.locator("#scan-told")).to_contain_text("USB scanner")
