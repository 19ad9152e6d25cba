"""Weekly schedules by the pages and the API, as files, inside and outside their branch."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest
from aiohttp import CookieJar
from aiohttp.test_utils import TestClient, TestServer
from docx import Document
from docx.oxml.ns import qn
from pypdf import PdfReader

from confhub.access.rules import SYSTEM
from confhub.accounts.values import GrantWish
from confhub.http.context import Services
from confhub.kernel.permissions import Role
from tests.plugins.website import PASSWORD, Province, Reader

Somebody = Callable[[Role, str], Awaitable[Reader]]
ENTRY = {
    "day": "2026-03-03",
    "begins": "14:00",
    "ends": "15:30",
    "content": "Tiếp công dân",
    "place": "Phòng 101",
}
FORM = {**ENTRY, "day": "2026-03-03"}


@pytest.fixture
async def somebody(server: TestServer, services: Services, province: Province) -> AsyncIterator[Somebody]:
    """Makes an account with a role in a district, and logs it in."""
    async with AsyncExitStack() as stack:

        async def make(role: Role, side: str) -> Reader:
            grants = [GrantWish(role, getattr(province, side).id)]
            name = f"{role.value}.{side}"
            await services.accounts.create_account(SYSTEM, name, PASSWORD, "Cán bộ", grants, "en")
            client = await stack.enter_async_context(TestClient(server, cookie_jar=CookieJar(unsafe=True)))
            reader = Reader(client, headers={"Accept-Language": "en"})
            await reader.log_in(name)
            return reader

        yield make


def at(province: Province, more: str = "") -> str:
    return f"/api/v1/units/{province.left.id}/weekly/2026-W10{more}"


async def test_a_week_goes_its_way_by_the_api(admin: Reader, somebody: Somebody, province: Province) -> None:
    organizer, viewer = await somebody(Role.ORGANIZER, "left"), await somebody(Role.VIEWER, "left")
    status, made = await organizer.call("POST", at(province, "/entries"), ENTRY)
    assert status == 201
    key = made["entry_id"]
    found = await organizer.client.get(at(province, f"/entries/{key}"))
    etag = found.headers["ETag"]
    assert (
        await organizer.call(
            "PUT", at(province, f"/entries/{key}"), {**ENTRY, "chair": "A"}, **{"If-Match": etag}
        )
    )[0] == 204
    assert (await organizer.call("PUT", at(province, f"/entries/{key}"), ENTRY, **{"If-Match": etag}))[
        0
    ] == 412
    assert (await viewer.call("GET", at(province)))[1]["hidden"] is True
    assert (await viewer.call("GET", at(province, "/file")))[0] == 404
    _, week = await admin.call("GET", at(province))
    assert (await organizer.call("POST", at(province, "/approve"), {}))[0] == 403
    assert (await admin.call("POST", at(province, "/approve"), {"seen": "0" * 16}))[0] == 412
    assert (await admin.call("POST", at(province, "/approve"), {"seen": week["version"]}))[0] == 200
    assert (await organizer.call("POST", at(province, "/publish")))[1]["state"] == "published"
    assert (await organizer.call("DELETE", at(province, f"/entries/{key}")))[0] == 204
    _, week = await viewer.call("GET", at(province))
    (line,) = [line for day in week["days"] for line in day["lines"]]
    assert (line["mark"], line["line"]["content"], line["line"]["begins"]) == (
        "removed",
        "Tiếp công dân",
        "14:00:00",
    )
    assert (await admin.call("POST", at(province, "/reopen")))[1]["state"] == "draft"
    assert (await organizer.call("POST", at(province, "/reach"), {"reach": "unit"}))[1]["reach"] == "unit"
    assert (await organizer.call("POST", at(province, "/copy")))[0] == 409


async def test_whoever_stands_in_another_branch_finds_nothing(
    admin: Reader, somebody: Somebody, province: Province
) -> None:
    _, made = await admin.call("POST", at(province, "/entries"), ENTRY)
    stranger = await somebody(Role.ADMINISTRATOR, "right")
    entry = f"/entries/{made['entry_id']}"
    calls: list[tuple[str, str, Any]] = [
        ("GET", "", None), ("GET", "/file", None), ("POST", "/entries", ENTRY), ("GET", entry, None),
        ("PUT", entry, ENTRY), ("DELETE", entry, None), ("GET", "/sessions/1", None),
        ("PUT", "/sessions/1", {}), ("POST", "/reach", {"reach": "unit"}), ("POST", "/copy", None),
        ("POST", "/approve", {}), ("POST", "/publish", None), ("POST", "/reopen", None),
    ]  # fmt: skip
    for method, more, body in calls:
        status, answer = await stranger.call(method, at(province, more), body)
        assert (status, answer["error"]["code"]) == (404, "not_found"), (method, more)
    page = f"/units/{province.left.id}/weekly/2026-W10"
    for more in ("", ".pdf", ".docx", "/entries/new", entry, "/sessions/1"):
        assert (await stranger.get(page + more)).status == 404, more
    for more in (
        "/entries",
        entry,
        f"{entry}/remove",
        "/sessions/1",
        "/approve",
        "/publish",
        "/reopen",
        "/copy",
        "/reach",
    ):
        assert (await stranger.post(page + more, {**FORM, "reach": "unit"})).status == 404, more
    assert (await admin.call("GET", at(province, entry)))[0] == 200


async def test_bad_weeks_and_fields_are_refused_with_their_names(admin: Reader, province: Province) -> None:
    for week in ("2026-W54", "2026-10", "x"):
        assert (await admin.call("GET", f"/api/v1/units/{province.left.id}/weekly/{week}"))[0] == 404
    assert (await admin.get(f"/units/{province.left.id}/weekly/2026-W54")).status == 404
    status, answer = await admin.call("POST", at(province, "/entries"), {**ENTRY, "day": "2026-03-09"})
    assert (status, answer["error"]["field"]) == (422, "day")
    status, answer = await admin.call("POST", at(province, "/entries"), {**ENTRY, "begins": "25:00"})
    assert status == 422
    assert (await admin.call("GET", at(province, "/file?form=exe")))[0] == 422
    page = f"/units/{province.left.id}/weekly/2026-W10"
    again = await admin.post(f"{page}/entries", {**FORM, "ends": "13:00"})
    assert again.status == 422
    assert "The end lies before the beginning." in again.text
    assert "Tiếp công dân" in again.text, "what was typed stays"


async def test_a_week_goes_its_way_by_the_pages(
    admin: Reader, somebody: Somebody, province: Province
) -> None:
    page = f"/units/{province.left.id}/weekly/2026-W10"
    assert (await admin.get(f"/weekly?unit_id={province.left.id}&day=2026-03-08")).location == page
    viewer = await somebody(Role.VIEWER, "left")
    assert (await viewer.get("/weekly")).location == page
    await admin.get(page)
    assert (await admin.post(f"{page}/entries", FORM)).location == f"{page}?done=added"
    assert "Tiếp công dân" in (await admin.get(page)).text
    assert "Not published yet" in (await viewer.get(page)).text
    assert (await viewer.get(f"{page}/entries/new")).status == 404
    assert (await admin.post(f"{page}/approve")).location == f"{page}?done=week_approved"
    assert (await admin.post(f"{page}/approve")).status == 409
    assert (await admin.post(f"{page}/publish")).location == f"{page}?done=week_published"
    shown = await viewer.get(page)
    assert "Tiếp công dân" in shown.text
    assert "Remove" not in shown.text
    edit = await admin.get(f"{page}/entries/1")
    assert edit.status == 200
    assert (await admin.post(f"{page}/entries/1", {**FORM, "place": "Phòng 102"})).status == 303
    changed = (await viewer.get(page)).text
    assert "Phòng 101</del>" in changed
    assert "Changed: 2 Mar 2026, 08:00" in changed
    after = f"/units/{province.left.id}/weekly/2026-W11"
    assert (await admin.post(f"{after}/copy")).location == f"{after}?done=copied"
    assert (await admin.post(f"{page}/entries/1/remove")).status == 303


async def test_the_paper_is_the_week_as_it_stands(admin: Reader, province: Province) -> None:
    _, made = await admin.call("POST", at(province, "/entries"), ENTRY)
    await admin.call("POST", at(province, "/entries"), {**ENTRY, "day": "2026-03-05", "content": "Họp <b>&"})
    await admin.call("POST", at(province, "/approve"), {})
    await admin.call("PUT", at(province, f"/entries/{made['entry_id']}"), {**ENTRY, "place": "Phòng 102"})
    await admin.call("POST", at(province, "/approve"), {})
    await admin.call("POST", at(province, "/publish"))
    await admin.call("PUT", at(province, f"/entries/{made['entry_id']}"), {**ENTRY, "place": "Phòng 103"})
    page = f"/units/{province.left.id}/weekly/2026-W10"
    answer = await admin.client.get(f"{page}.pdf", headers={"Accept-Language": "vi"})
    assert (
        answer.headers["Content-Disposition"]
        == 'attachment; filename="2026-w10-lich-cong-tac-huyen-ha-hoa.pdf"'
    )
    text = "\n".join(one.extract_text() for one in PdfReader(io.BytesIO(await answer.read())).pages)
    for said in ("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "ỦY BAN NHÂN DÂN HUYỆN HẠ HOÀ", "/LCT-UBND",
                 "14:00–15:30", "Phòng 102", "Phòng 103", "Họp <b>&", "Nơi nhận:"):  # fmt: skip
        assert said in text, text
    answer = await admin.client.get(f"{page}.docx", headers={"Accept-Language": "vi"})
    document = Document(io.BytesIO(await answer.read()))
    section = document.sections[0]
    assert (round(section.page_width.mm), round(section.page_height.mm)) == (297, 210)  # type: ignore[union-attr]
    head, table, foot = document.tables
    assert "ỦY BAN NHÂN DÂN HUYỆN HẠ HOÀ" in head.cell(0, 0).text
    assert table.rows[0]._tr.trPr.find(qn("w:tblHeader")) is not None
    rows = [[cell.text for cell in row.cells] for row in table.rows]
    assert len(rows) == 6
    changed = next(row for row in table.rows if "Tiếp công dân" in row.cells[3].text)
    struck = [(run.text, bool(run.font.strike)) for part in changed.cells[4].paragraphs for run in part.runs]
    assert struck == [("Phòng 102", True), ("Phòng 103", False)]
    assert "Nơi nhận:" in foot.cell(0, 0).text


async def test_days_are_merged_over_their_lines_on_paper(admin: Reader, province: Province) -> None:
    for hour in ("08:00", "09:00", "14:00"):
        await admin.call("POST", at(province, "/entries"), {**ENTRY, "begins": hour, "ends": None})
    answer = await admin.client.get(at(province, "/file?form=docx"))
    table = Document(io.BytesIO(await answer.read())).tables[1]
    tuesday = [row for row in table.rows if "Tiếp công dân" in row.cells[3].text]
    assert len({row.cells[0]._tc for row in tuesday}) == 1
    assert len({row.cells[1]._tc for row in tuesday}) == 2
