"""The sessions' pages, both themes, phone and desk: axe finds nothing serious, nothing sticks out."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser.room.hall import Hall

AXE = Path(__file__).parents[3] / "node_modules" / "axe-core" / "axe.min.js"
FOUND = """async () => (await axe.run(document, {resultTypes: ['violations']})).violations
  .filter(({impact}) => ['serious', 'critical'].includes(impact))
  .map(({id, nodes}) => `${id}: ${nodes[0].html.slice(0, 120)}`)"""
TOO_WIDE_PX = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 360)])
async def test_no_session_page_has_a_serious_fault(hall: Hall, theme: str, width: int) -> None:
    session = await hall.session()
    await hall.ask("POST", f"/sessions/{session}/start")
    cookie = {"name": "confhub_theme", "value": theme, "url": hall.hub.url}
    await hall.desk.context.add_cookies([cookie])
    await hall.desk.set_viewport_size({"width": width, "height": 800})
    found: list[str] = []
    for path in ("", "/new", *(f"/{session}{page}" for page in ("", "/edit", "/room", "/live", "/report"))):
        await hall.desk.goto(f"/sessions{path}")
        if path.endswith("/live"):
            await hall.desk.wait_for_selector("body[data-ready=true]")
        await hall.desk.evaluate(AXE.read_text("utf-8"))
        found += [f"{path}: {fault}" for fault in await hall.desk.evaluate(FOUND)]
        if (over := await hall.desk.evaluate(TOO_WIDE_PX)) > 0:
            found.append(f"{path}: {over} px too wide")
    await hall.ask("POST", f"/sessions/{session}/end")
    assert found == []
