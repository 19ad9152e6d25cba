"""The agenda by its pages: forms, files that are refused, and what is shown of what was typed."""

from __future__ import annotations

import io
import re
from datetime import timedelta

import pytest
from aiohttp import FormData

from confhub.access.rules import SYSTEM
from confhub.agenda.limits import DOCUMENT_MAX_BYTES
from confhub.http.context import Services
from confhub.kernel.ids import SessionId
from confhub.sessions.values import SessionInput
from tests import pdfs
from tests.plugins.website import Province, Reader

WICKED = "Tờ trình <script>alert(1)</script> 🇻🇳 \u202eđảo"


@pytest.fixture
async def session(admin: Reader, services: Services, province: Province) -> SessionId:
    assert admin.token
    start = services.clock.now() + timedelta(days=1)
    form = SessionInput("Họp giao ban", "meeting", province.left.id, start, 60, province.left_room.id)
    return (await services.sessions.create(SYSTEM, form)).session.id


def sent(reader: Reader, content: bytes, name: str = "to-trinh.pdf", **fields: str) -> FormData:
    form = FormData({"csrf_token": reader.token, **fields})
    form.add_field("file", content, filename=name, content_type="application/pdf")
    return form


async def test_an_item_is_added_changed_moved_and_taken_off(
    admin: Reader, session: SessionId, province: Province
) -> None:
    here = f"/sessions/{session}/agenda"
    assert "No agenda yet" in (await admin.get(here)).text
    room = str(province.left_room.id)
    first = {"title": WICKED.replace("\u202e", ""), "minutes": "20", "presenter": "Bà Bình", "rooms": room}
    assert (await admin.post(f"{here}/new", first)).status == 303
    assert (await admin.post(f"{here}/new", {"title": "Kết luận", "minutes": "50"})).status == 303
    page = (await admin.get(here)).text
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "The items take 70 min together, the session is planned for 60 min." in page
    item, other = re.findall(r'id="item-(\d+)"', page)
    form = (await admin.get(f"{here}/{item}")).text
    version = re.search(r'name="version" value="(\w+)"', form)
    assert version is not None
    changed = {**first, "title": "Báo cáo", "version": version[1]}
    assert (await admin.post(f"{here}/{item}", changed)).status == 303
    stale = await admin.post(f"{here}/{item}", {**changed, "title": "Lần hai"})
    assert (stale.status, "data-changed-meanwhile" in stale.text) == (412, True)
    assert (await admin.post(f"{here}/{other}/move", {"place": "0"})).status == 303
    assert re.findall(r'id="item-(\d+)"', (await admin.get(here)).text) == [other, item]
    assert (await admin.post(f"{here}/{item}/remove")).status == 303
    assert re.findall(r'id="item-(\d+)"', (await admin.get(here)).text) == [other]
    assert (await admin.get(f"{here}/{item}")).status == 404
    assert (await admin.post(f"{here}/999999/remove")).status == 404


async def test_a_wrong_item_keeps_what_was_typed(admin: Reader, session: SessionId) -> None:
    here = f"/sessions/{session}/agenda"
    await admin.get(here)
    told = await admin.post(
        f"{here}/new", {"title": "", "minutes": "0", "presenter": "Ông Năm", "rooms": "999"}
    )
    assert told.status == 422
    assert "Ông Năm" in told.text
    assert "An item takes from 1 to 1440 minutes." in told.text
    turned = await admin.post(f"{here}/new", {"title": WICKED, "minutes": "x"})
    assert turned.status == 422
    assert (await admin.post(f"{here}/take-over", {"source": "999999"})).status == 404
    assert (await admin.post(f"{here}/take-over", {"source": "x"})).status == 422


async def test_a_document_is_sent_read_renewed_and_removed(admin: Reader, session: SessionId) -> None:
    here = f"/sessions/{session}/agenda"
    await admin.get(here)
    content = pdfs.plain(pages=2)
    assert (await admin.post(f"/sessions/{session}/documents", sent(admin, content))).status == 303
    page = (await admin.get(here)).text
    assert "to-trinh" in page, "without a title the file's name is it"
    found = re.search(r'href="(/documents/\d+)/versions/1"', page)
    assert found is not None
    answer = await admin.client.get(f"{found[1]}/versions/1")
    assert await answer.read() == content
    assert answer.headers["Content-Disposition"] == 'attachment; filename="to-trinh.pdf"'
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    again = await admin.post(f"{found[1]}/versions", sent(admin, content))
    assert (again.status, "The file is the same as the newest version." in again.text) == (409, True)
    assert (await admin.post(f"{found[1]}/versions", sent(admin, pdfs.plain("2")))).status == 303
    detail = (await admin.get(found[1])).text
    assert "Version 2" in detail
    version = re.search(r'name="version" value="(\w+)"', detail)
    assert version is not None
    words = {"title": "Tờ trình ngân sách", "readers": "branch", "item_id": "", "version": version[1]}
    assert (await admin.post(found[1], words)).status == 303
    assert "the organizing branch only" in (await admin.get(here)).text
    assert (await admin.post(found[1], {**words, "title": "Khác"})).status == 412
    assert (await admin.post(f"{found[1]}/remove")).location.startswith(here)
    assert (await admin.get(found[1])).status == 404
    assert (await admin.get(f"{found[1]}/versions/1")).status == 404


@pytest.mark.parametrize(
    ("content", "status", "said"),
    [
        (b"PK\x03\x04", 422, "The file is no PDF."),
        (pdfs.scripted(), 422, "something in it that acts"),
        (pdfs.locked(), 422, "protected by a password"),
        (pdfs.with_attachment(), 422, "other files inside"),
        (b"%PDF-1.7 half", 422, "damaged"),
        (b"", 422, "The file is empty."),
    ],
)
async def test_a_file_that_is_not_taken_in_is_told_why(
    admin: Reader, session: SessionId, content: bytes, status: int, said: str
) -> None:
    await admin.get(f"/sessions/{session}/agenda")
    told = await admin.post(f"/sessions/{session}/documents", sent(admin, content, title="Phụ lục 7"))
    assert (told.status, said in told.text, "Phụ lục 7" in told.text) == (status, True, True)
    _, agenda = await admin.call("GET", f"/api/v1/sessions/{session}/agenda")
    assert agenda["documents"] == []


async def test_no_file_one_too_large_and_somebody_without_the_right(
    admin: Reader, session: SessionId
) -> None:
    await admin.get(f"/sessions/{session}/agenda")
    none = await admin.post(f"/sessions/{session}/documents", {"title": "Không tệp"})
    assert (none.status, "Choose a PDF file." in none.text) == (422, True)
    large = await admin.client.post(
        f"/api/v1/sessions/{session}/documents?title=x",
        data=io.BytesIO(b"%PDF-" + b"x" * DOCUMENT_MAX_BYTES),
        headers={"X-CSRF-Token": admin.token},
    )
    assert (large.status, (await large.json())["error"]["code"]) == (422, "document_too_large")
    assert (await admin.post("/sessions/999999/documents", {"title": "x"})).status == 404
    await admin.post("/logout")
    stranger = await admin.post(f"/sessions/{session}/documents", sent(admin, pdfs.plain()))
    assert (stranger.status, stranger.location.split("?")[0]) == (303, "/login")


async def test_the_json_door_does_the_same(admin: Reader, session: SessionId) -> None:
    here = f"/api/v1/sessions/{session}"
    status, made = await admin.call("POST", f"{here}/agenda/items", {"title": "Mở đầu", "minutes": 5})
    assert status == 201
    item = made["id"]
    answer = await admin.client.post(
        f"{here}/documents?title=Báo cáo&readers=branch&item_id={item}",
        data=pdfs.plain(), headers={"X-CSRF-Token": admin.token},
    )  # fmt: skip
    assert answer.status == 201, await answer.text()
    document = (await answer.json())["id"]
    _, agenda = await admin.call("GET", f"{here}/agenda")
    (only,) = agenda["items"]
    assert (only["title"], [one["id"] for one in only["documents"]]) == ("Mở đầu", [document])
    stale = await admin.call(
        "PUT", f"{here}/agenda/items/{item}", {"title": "X", "minutes": 5}, **{"If-Match": '"0"'}
    )
    assert stale[0] == 412
    fresh = {"If-Match": f'"{only["version"]}"'}
    assert (await admin.call("PUT", f"{here}/agenda/items/{item}", {"title": "X", "minutes": 5}, **fresh))[
        0
    ] == 204
    answer = await admin.client.post(
        f"/api/v1/documents/{document}/versions", data=pdfs.plain("2"), headers={"X-CSRF-Token": admin.token}
    )
    assert (answer.status, await answer.json()) == (201, {"number": 2})
    kept = await admin.client.get(f"/api/v1/documents/{document}/versions/2")
    assert (await kept.read(), kept.headers["Content-Disposition"]) == (
        pdfs.plain("2"), 'attachment; filename="bao-cao-v2.pdf"',
    )  # fmt: skip
    assert (await admin.call("PUT", f"/api/v1/documents/{document}", {"title": "Khác"}))[0] == 204
    assert (await admin.call("POST", f"{here}/agenda/items/{item}/move", {"place": 3}))[0] == 204
    assert await admin.call("POST", f"{here}/agenda/take-over", {"session_id": session}) == (
        200,
        {"items": 1},
    )
    assert (await admin.call("DELETE", f"{here}/agenda/items/{item}"))[0] == 204
    assert (await admin.call("DELETE", f"/api/v1/documents/{document}"))[0] == 204
    assert (await admin.call("DELETE", f"/api/v1/documents/{document}"))[0] == 404
