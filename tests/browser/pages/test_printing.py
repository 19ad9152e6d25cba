"""What leaves a page for the printer is dark on white, whatever the screen shows."""

from __future__ import annotations

import io
import os
from datetime import timedelta
from pathlib import Path

import pytest
from PIL import Image
from playwright.async_api import Page

from confhub.accounts.service import SetupCode
from confhub.db.database import Database
from confhub.http.context import Services
from confhub.sessions.models import MeetingSession, SessionEndpoint
from tests.plugins.pages import log_in
from tests.plugins.website import PASSWORD, Province

DARK = 90
"""Luminance (0 to 255) below which a pixel is ink; text and frames cover little of a sheet."""


async def ended_session(database: Database, services: Services, province: Province) -> int:
    """An hour's session of both rooms, over since yesterday."""
    start = services.clock.now() - timedelta(days=1)
    async with database.transaction() as tx:
        tx.add(
            MeetingSession(
                id=1, title="Học tập Nghị quyết", search_key="hoc tap", kind="training", state="ended",
                state_since=start, unit_id=province.top.id, starts_at=start, length_min=60,
                chair_endpoint_id=province.left_room.id, created_at=start, actual_start=start,
                actual_end=start + timedelta(hours=1),
            )
        )  # fmt: skip
        await tx.flush()
        for room in (province.left_room, province.right_room):
            tx.add(
                SessionEndpoint(
                    session_id=1, endpoint_id=room.id, unit_id=room.unit_id, identity=f"ep-{room.code}",
                    is_chair=room is province.left_room,
                )
            )  # fmt: skip
    return 1


def paper(picture: bytes) -> tuple[set[int], float]:
    """The luminance at the edges, where nothing but the background lies, and the share of dark pixels."""
    image = Image.open(io.BytesIO(picture)).convert("L")
    width, height = image.size
    edges = {image.getpixel(at) for at in ((1, 1), (width - 2, 1), (1, height - 2), (width - 2, height - 2))}
    counts = image.histogram()
    return {int(str(edge)) for edge in edges}, sum(counts[:DARK]) / (width * height)


@pytest.mark.parametrize("chosen", [False, True], ids=["the system is dark", "dark was chosen"])
async def test_a_report_in_dark_mode_is_printed_on_white(
    page: Page,
    services: Services,
    setup_code: SetupCode,
    province: Province,
    hub_database: Database,
    *,
    chosen: bool,
) -> None:
    await services.accounts.first_admin(setup_code.text, "admin", PASSWORD, "Quản trị", "vi", "127.0.0.1")
    session = await ended_session(hub_database, services, province)
    await log_in(page)
    scheme = "light" if chosen else "dark"
    if chosen:
        cookie = {"name": "confhub_theme", "value": "dark", "url": page.url}
        await page.context.add_cookies([cookie])  # type: ignore[list-item]
    for path in (f"/sessions/{session}/report", "/reports"):
        await page.emulate_media(media="screen", color_scheme=scheme)  # type: ignore[arg-type]
        answer = await page.goto(path)
        assert answer is not None
        assert answer.ok
        edges, dark = paper(await page.screenshot())
        assert dark > 0.5, "on the screen it is dark"
        await page.emulate_media(media="print", color_scheme=scheme)  # type: ignore[arg-type]
        picture = await page.screenshot(full_page=True)
        if folder := os.environ.get("CONFHUB_PICTURES"):
            name = f"print-{path.strip('/').replace('/', '-')}-{chosen}.png"
            (Path(folder) / name).write_bytes(picture)
        edges, dark = paper(picture)
        assert edges == {255}, path
        assert dark < 0.1, path
