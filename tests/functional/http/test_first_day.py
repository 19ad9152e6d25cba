"""A newcomer in an empty hub: led by steps, with examples that work."""

from __future__ import annotations

import csv
import html
import io
import re
from typing import Any

from aiohttp import FormData


async def _import(admin: Any, content: bytes) -> None:
    await admin.get("/import")
    data = FormData()
    data.add_field("csrf_token", admin.token)
    data.add_field("file", content, filename="f.csv", content_type="text/csv")
    plan = await admin.post("/import", data)
    assert plan.status == 200, plan.text
    token = re.search(r'name="token" value="([^"]+)"', plan.text)
    assert token is not None, plan.text
    assert (await admin.post("/import/apply", {"token": token[1]})).status == 303


def _table(page: str) -> bytes:
    """The example as the page shows it, as CSV."""
    [table] = re.findall(r"example-table.*?</table>", page, re.S)
    rows = [
        re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.S)
        for row in re.findall(r"<tr>.*?</tr>", table, re.S)
    ]
    text = io.StringIO()
    csv.writer(text).writerows([[html.unescape(cell) for cell in row] for row in rows])
    return text.getvalue().encode()


async def test_the_example_on_the_import_page_can_be_imported_into_an_empty_hub(admin: Any) -> None:
    await _import(admin, _table((await admin.get("/import")).text))
    status, found = await admin.call("GET", "/api/v1/endpoints")
    assert (status, found["total"]) == (200, 2)


async def test_the_files_that_the_import_page_hands_out_can_be_imported(admin: Any) -> None:
    for name in ("example.csv", "phutho-2025.csv"):
        answer = await admin.client.get(f"/import/{name}")
        assert answer.status == 200
        await _import(admin, await answer.read())
    assert (await admin.call("GET", "/api/v1/endpoints"))[1]["total"] >= 149


async def test_an_empty_hub_leads_from_step_to_step_until_a_session_is_planned(
    admin: Any, services: Any
) -> None:
    page = (await admin.get("/")).text
    assert "First steps" in page
    assert "There is no org unit yet" in (await admin.get("/sessions/new")).text
    await _import(admin, (await (await admin.client.get("/import/example.csv")).read()))
    page = (await admin.get("/")).text
    assert page.count(">done<") == 2  # the tree, the rooms
    assert (await admin.get("/sessions/new")).status == 200


async def test_the_first_unit_can_be_added_by_hand(admin: Any) -> None:
    assert "Add these three tiers" in (await admin.get("/units/new")).text
    assert (await admin.post("/units/tiers")).status == 303
    tiers = (await admin.call("GET", "/api/v1/tiers"))[1]["tiers"]
    assert [tier["code"] for tier in tiers] == ["province", "department", "commune"]
    form = {"code": "H44", "name": "Tỉnh Phú Thọ", "tier_id": tiers[0]["id"], "valid_from": "01/07/2025"}
    assert (await admin.post("/units/new", form)).status == 303
    [unit] = (await admin.call("GET", "/api/v1/units"))[1]["units"]
    assert unit["valid_from"] == "2025-07-01"  # the server takes a date as the page writes it
    assert 'value="01/07/2025"' in (await admin.get(f"/units/{unit['id']}")).text
