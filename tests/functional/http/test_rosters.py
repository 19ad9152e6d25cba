"""Lists of rooms and the import of people, by their pages and by the JSON door."""

from __future__ import annotations

import re

from aiohttp import FormData

from confhub.access.rules import SYSTEM
from confhub.http.context import Services
from confhub.people.values import PersonDraft
from tests.plugins.website import Province, Reader

FILE = (
    "Mã đại biểu;Họ và tên;Mã đơn vị;Mã điểm cầu\n"
    "CB1;Nguyễn Văn An;H44.01;H44.01.01\n"
    "CB2;Lê Thị Hoà;H44.01;H44.01.01\n"
)


def upload(reader: Reader, name: str, text: str) -> FormData:
    form = FormData({"csrf_token": reader.token, "roster": "standing"})
    form.add_field("file", text.encode(), filename=name, content_type="text/csv")
    return form


async def test_a_file_is_looked_at_then_carried_out_and_the_same_again_changes_nothing(
    admin: Reader, province: Province
) -> None:
    await admin.get("/people/import")
    plan = await admin.post("/people/import", upload(admin, "dai-bieu.csv", FILE))
    assert plan.status == 200, plan.text
    assert "Nguyễn Văn An" not in (await admin.get("/people")).text, "a dry run writes nothing"
    token = re.search(r'name="token" value="([^"]+)"', plan.text)
    assert token is not None
    assert (await admin.post("/people/import/apply", {"token": token[1]})).status == 303
    page = await admin.get(f"/endpoints/{province.left_room.id}/roster")
    assert "Nguyễn Văn An" in page.text
    assert "Lê Thị Hoà" in page.text
    again = await admin.post("/people/import", upload(admin, "dai-bieu.csv", FILE))
    assert again.status == 200
    assert 'action="/people/import/apply"' not in again.text
    assert (await admin.post("/people/import/apply", {"token": token[1]})).status in (404, 409, 410, 422)


async def test_a_bad_file_is_told_by_row_on_the_page_and_no_file_at_its_field(
    admin: Reader, province: Province
) -> None:
    await admin.get("/people/import")
    bad = FILE + 'CB3;"=HYPERLINK(""http://evil"")";H44.01;\nCB4;Trần Đức;H44.99;\n'
    told = await admin.post("/people/import", upload(admin, "x.csv", bad))
    assert told.status == 422
    assert "There is no unit H44.99." in told.text
    assert 'name="token"' not in told.text
    assert (await admin.post("/people/import", {"roster": "standing"})).status in (400, 422)
    assert (await admin.post("/people/import", {"roster": "nothing"})).status in (400, 422)


async def test_people_are_put_on_a_room_s_list_and_taken_off(
    admin: Reader, province: Province, services: Services
) -> None:
    person = await services.people.add(SYSTEM, PersonDraft("Đỗ Thị <b>Mây</b>", province.left.id))
    here = f"/endpoints/{province.left_room.id}/roster"
    found = await admin.get(f"{here}?q=may")
    assert "&lt;b&gt;" in found.text
    assert "<b>Mây</b>" not in found.text
    assert (await admin.post(f"{here}/add", {"people": str(person.id)})).status == 303
    assert "Mây" in (await admin.get(here)).text
    assert (await admin.post(f"{here}/remove", {"people": str(person.id)})).status == 303
    assert "Mây" not in (await admin.get(here)).text
    assert (await admin.post(f"{here}/remove", {"people": str(person.id)})).status in (404, 409, 422)
    assert (await admin.post(f"{here}/add", {"people": "999999"})).status in (404, 422)
    assert (await admin.get("/endpoints/999999/roster")).status == 404
    assert (await admin.get("/sessions/999999/absences")).status == 404


async def test_the_json_door_imports_lists_and_refuses(admin: Reader, province: Province) -> None:
    sent = await admin.client.post(
        "/api/v1/people/import?filename=a.csv", data=FILE.encode(), headers={"X-CSRF-Token": admin.token}
    )
    plan = await sent.json()
    assert sent.status == 200
    assert plan["counts"]["added"] == 2, plan
    status, done = await admin.call("POST", "/api/v1/people/import/apply", {"token": plan["token"]})
    assert status == 200
    assert done["counts"]["listed"] == 2
    here = f"/api/v1/endpoints/{province.left_room.id}/roster"
    status, listed = await admin.call("GET", here)
    assert status == 200
    assert listed["total"] == 2
    status, found = await admin.call("GET", f"{here}?search=le+thi")
    assert status == 200
    assert found["total"] == 1
    person = found["rows"][0]["id"]
    status, changed = await admin.call("POST", f"{here}/remove", {"people": [person]})
    assert (status, changed) == (200, {"changed": 1})
    status, told = await admin.call("POST", "/api/v1/people/import/apply", {"token": plan["token"]})
    assert 400 <= status < 500
    assert told["error"]["remedy"], told


async def test_the_json_door_moves_people_and_takes_the_standing_list_over(
    admin: Reader, province: Province, services: Services
) -> None:
    people = [
        await services.people.add(SYSTEM, PersonDraft(name, province.left.id)) for name in ("An", "Lan")
    ]
    ids = [int(person.id) for person in people]
    left, right = province.left_room.id, province.right_room.id
    here, there = (f"/api/v1/endpoints/{room}/roster" for room in (left, right))
    assert await admin.call("POST", here, {"people": ids}) == (200, {"changed": 2})
    assert await admin.call("POST", f"{here}/move", {"people": ids[:1], "to": right}) == (200, {"changed": 1})
    assert [row["name"] for row in (await admin.call("GET", there))[1]["rows"]] == ["An"]
    status, told = await admin.call("POST", f"{here}/move", {"people": ids[:1], "to": right})
    assert (status, told["error"]["field"]) == (404, "people"), told
    assert (await admin.call("POST", f"{here}/move", {"people": ids, "to": 999_999}))[0] == 404

    body = {
        "title": "Tập huấn",
        "unit_id": province.top.id,
        "starts_at": "2027-01-15T08:00:00+07:00",
        "length_min": 60,
        "chair_endpoint_id": left,
        "participants": {"include_units": [province.top.id]},
    }
    status, made = await admin.call("POST", "/api/v1/sessions", body)
    assert status == 201, made
    session = made["session"]
    taken = {"session": session["id"]}
    assert await admin.call("POST", f"{here}/copy", taken) == (200, {"changed": 1})
    assert await admin.call("POST", f"{here}/copy", taken) == (200, {"changed": 0})
    assert (await admin.call("POST", f"{here}/copy", {"session": 999_999}))[0] == 404

    absences = f"/api/v1/sessions/{session['id']}/absences"
    status, notice = await admin.call("POST", absences, {"attendee": ids[1], "reason": "Ốm", "approve": True})
    assert status == 201, notice
    assert (await admin.call("POST", f"{absences}/{notice['id']}/withdraw"))[0] == 204
    assert (await admin.call("GET", f"{absences}?state=withdrawn"))[1]["total"] == 1
    assert (await admin.call("POST", f"{absences}/999999/withdraw"))[0] == 404
