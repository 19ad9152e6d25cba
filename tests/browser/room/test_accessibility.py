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

    async def check(what: str) -> None:
        await hall.desk.evaluate(AXE.read_text("utf-8"))
        found.extend(f"{what}: {fault}" for fault in await hall.desk.evaluate(FOUND))
        if (over := await hall.desk.evaluate(TOO_WIDE_PX)) > 0:
            found.append(f"{what}: {over} px too wide")

    for path in ("", "/new", *(f"/{session}{page}" for page in ("", "/edit", "/room", "/report", "/live"))):
        await hall.desk.goto(f"/sessions{path}")
        if path.endswith("/live"):
            await hall.desk.wait_for_selector("body[data-ready=true]")
        await check(path)
    await hall.desk.click("#wall-toggle")
    await check("the wall")
    await hall.desk.click("#wall-toggle")
    await hall.ask("POST", f"/sessions/{session}/end")
    await hall.desk.wait_for_selector("#over-note:not([hidden])")
    await check("after the end")
    assert found == []


async def test_stage_and_hands_are_read_before_the_rooms_and_notes_stand_above_the_room_s_panel(
    hall: Hall,
) -> None:
    session = await hall.session()
    await hall.desk.goto(f"/sessions/{session}/live")
    await hall.desk.wait_for_selector("body[data-ready=true]")
    order = await hall.desk.evaluate(
        "[...document.querySelectorAll('#hands-title, #stage-title, #rooms')].map(({id}) => id)"
    )
    assert order == ["hands-title", "stage-title", "rooms"]
    await hall.desk.click(".room-tile >> nth=0")
    await hall.desk.wait_for_selector("#room-panel[open]")
    await hall.desk.evaluate("import('/static/js/common/toast.js').then(({toast}) => toast('Đã gọi.'))")
    note = hall.desk.locator("#room-panel .app-toast")
    await note.wait_for()
    covered = await note.evaluate(
        """(one) => { const {left, top, width, height} = one.getBoundingClientRect();
          return !one.contains(document.elementFromPoint(left + width / 2, top + height / 2)); }"""
    )
    assert not covered
    await hall.desk.click("#panel-close")
    await hall.desk.wait_for_selector("body > #toasts")
