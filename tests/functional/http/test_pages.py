"""The administrative pages by their forms."""

from __future__ import annotations

from urllib.parse import quote

from confhub.http.context import Services
from tests.plugins.website import PASSWORD, Province, Reader


async def test_a_unit_is_added_changed_and_closed(admin: Reader, province: Province) -> None:
    form = {"name": "Xã Ấm Hạ", "code": "H44.01.05", "tier_id": "2", "parent_id": str(province.left.id)}
    assert (await admin.post("/units/new", form)).location == "/units?done=added"
    page = await admin.get("/units?done=added")
    assert "Added." in page.text
    unit_id = page.text.split("Xã Ấm Hạ</a>")[0].rsplit('href="/units/', 1)[1].split('"')[0]
    changed = await admin.post(f"/units/{unit_id}", {**form, "name": "Xã Ấm Hạ mới"})
    assert changed.location == "/units?done=saved"
    closed = await admin.post(f"/units/{unit_id}/retire", {"last_day": "2026-03-01"})
    assert closed.location == "/units?done=retired"
    assert "Xã Ấm Hạ mới" not in (await admin.get("/units")).text
    assert "Xã Ấm Hạ mới" in (await admin.get("/units?on=2026-02-28")).text
    assert "Xã Ấm Hạ mới" in (await admin.get("/units?all=1")).text


async def test_a_taken_code_is_told_at_its_field_and_what_was_typed_stays(
    admin: Reader, province: Province
) -> None:
    form = {"name": "Phòng mới", "code": "H44.01.01", "unit_id": str(province.left.id)}
    answer = await admin.post("/endpoints/new", form)
    assert answer.status == 409
    assert 'value="Phòng mới"' in answer.text
    assert "The code H44.01.01 is in use already." in answer.text


async def test_the_pairing_sheet_shows_codes_once_with_the_command(admin: Reader, province: Province) -> None:
    sheet = await admin.post("/pairing/sheet", {"unit_id": str(province.top.id)})
    assert sheet.status == 200
    assert sheet.text.count('class="slip"') == 2
    assert "confhub-endpoint pair " in sheet.text
    assert (await admin.get("/pairing/sheet")).location == "/pairing"


async def test_a_changed_password_opens_and_the_old_one_does_not(admin: Reader) -> None:
    new = "một câu khác cũng dài"
    wrong = await admin.post("/profile/password", {"old": "not-it-at-all", "new": new, "again": new})
    assert "The current password is wrong." in wrong.text
    done = await admin.post("/profile/password", {"old": PASSWORD, "new": new, "again": new})
    assert done.location == "/profile?done=password"
    assert (await admin.get("/")).status == 200  # this browser stays logged in
    await admin.post("/logout")
    await admin.get("/login")
    assert (await admin.post("/login", {"username": "admin", "password": PASSWORD})).status == 401
    assert (await admin.post("/login", {"username": "admin", "password": new})).status == 303


async def test_the_language_of_the_account_is_kept(admin: Reader, services: Services) -> None:
    assert 'lang="en"' in (await admin.get("/profile")).text
    await admin.post("/profile/language", {"language": "vi"})
    admin.headers = {}
    assert "Tài khoản của tôi" in (await admin.get("/profile")).text
    answer = await admin.post("/language", {"language": "en", "back": "/profile"})
    assert answer.location == "/profile"
    assert "My account" in (await admin.get("/profile")).text


async def test_what_was_done_stands_in_the_audit_trail(admin: Reader, province: Province) -> None:
    await admin.post(f"/endpoints/{province.left_room.id}/retire")
    trail = (await admin.get("/audit")).text
    assert "Quản trị" in trail
    assert "Room taken out of use" in trail
    assert f'<a href="/endpoints/{province.left_room.id}">Endpoint: {province.left_room.name}</a>' in trail


def rows_of(page: str) -> list[str]:
    """The trail's rows, without what the filters offer."""
    return page.partition('id="audit-list"')[2].split("<tr>")[2:]


async def test_the_trail_is_filtered_by_action_and_by_who(admin: Reader, province: Province) -> None:
    await admin.post(f"/endpoints/{province.left_room.id}/retire")
    assert len(rows_of((await admin.get("/audit")).text)) > 1
    page = (await admin.get("/audit?action=registry:endpoint:retire")).text
    (row,) = rows_of(page)
    assert "Room taken out of use" in row
    assert "registry:endpoint:retire" not in row
    assert '<option value="registry:endpoint:retire" selected>Room taken out of use</option>' in page
    found = rows_of((await admin.get(f"/audit?who={quote('Quản trị')}")).text)
    assert found
    assert all("Quản trị" in one for one in found)
    assert "No entry matches these filters." in (await admin.get(f"/audit?who={quote('Quản')}")).text


async def test_the_trail_is_searched_by_words_names_and_details(admin: Reader, province: Province) -> None:
    await admin.post(f"/endpoints/{province.left_room.id}/retire")
    for text in ("TAKEN out of", province.left_room.name):
        found = rows_of((await admin.get(f"/audit?search={quote(text)}")).text)
        assert any("Room taken out of use" in one for one in found), text
        assert len(found) < len(rows_of((await admin.get("/audit")).text)), text
    assert rows_of((await admin.get(f"/audit?search={quote('100%_')}")).text) == []
    status, told = await admin.call(
        "GET", f"/api/v1/audit?action=registry:endpoint:retire&who={quote('Quản trị')}"
    )
    assert (status, [one["action"] for one in told["entries"]]) == (200, ["registry:endpoint:retire"])
    status, told = await admin.call("GET", "/api/v1/audit?search=no+such+thing")
    assert (status, told["entries"]) == (200, [])


async def test_the_dashboard_counts_what_is_there(admin: Reader, province: Province) -> None:
    page = (await admin.get("/")).text
    assert "2 rooms are not paired yet" in page
    assert "No session today" in page
