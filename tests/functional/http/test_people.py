"""People by their pages and by the JSON door: added, changed, merged, exported, erased; badges; limits."""

from __future__ import annotations

import io
import json
import re

import pytest
from aiohttp import CookieJar
from aiohttp.test_utils import TestClient, TestServer
from pypdf import PdfReader

from confhub.access.rules import SYSTEM
from confhub.accounts.values import GrantWish
from confhub.http.context import Services
from confhub.kernel.permissions import Role
from confhub.org.values import Unit
from confhub.people.values import Person, PersonDraft
from tests.plugins.website import PASSWORD, Province, Reader

FORMULA = '=HYPERLINK("http://evil","Bấm")'


async def add(services: Services, unit: Unit, name: str, **fields: object) -> Person:
    return await services.people.add(SYSTEM, PersonDraft(name, unit.id, **fields))  # type: ignore[arg-type]


async def as_role(server: TestServer, services: Services, role: Role, unit: Unit) -> Reader:
    """Somebody with one role in one branch, logged in."""
    name = f"{role.value}-{unit.id}"
    await services.accounts.create_account(SYSTEM, name, PASSWORD, name, [GrantWish(role, unit.id)], "en")
    client = TestClient(server, cookie_jar=CookieJar(unsafe=True))
    reader = Reader(client, headers={"Accept-Language": "en"})
    await reader.log_in(name)
    return reader


# -- pages ---------------------------------------------------------------------------------------------


async def test_a_person_is_added_found_changed_and_taken_off(
    admin: Reader, province: Province, services: Services
) -> None:
    form = {"name": "Nguyễn Thị Hoà", "unit_id": str(province.left.id), "code": "CB-1",
            "position": "Bí thư", "birth_date": "1980-05-01", "phone": "0912 345 678",
            "email": "hoa@phutho.gov.vn"}  # fmt: skip
    made = await admin.post("/people/new", form)
    assert made.status == 303, made.text
    assert "Nguyễn Thị Hoà" in (await admin.get("/people?search=nguyen+hoa")).text
    assert "No person matches these filters." in (await admin.get("/people?search=tran")).text
    assert "Nguyễn Thị Hoà" not in (await admin.get(f"/people?unit_id={province.right.id}")).text
    here = made.location.split("?")[0]
    page = await admin.get(here)
    assert "01/05/1980" in page.text or "1980" in page.text
    assert (await admin.post(f"{here}/edit", {**form, "position": "Chủ tịch"})).status == 303
    assert "Chủ tịch" in (await admin.get(here)).text
    assert (await admin.post(f"{here}/retire")).status == 303
    assert "Nguyễn Thị Hoà" not in (await admin.get("/people")).text
    assert "Nguyễn Thị Hoà" in (await admin.get("/people?state=retired")).text
    assert (await admin.post(f"{here}/restore")).status == 303
    assert "Nguyễn Thị Hoà" in (await admin.get("/people")).text


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("name", "Nguyễn\u202eVăn An", "marks that turn the direction of writing. Type it anew"),
        ("name", "Nguyễn\u200bVăn An", "invisible characters"),
        ("position", "Bí\u200dthư", "invisible characters"),
        ("name", "A" * 500, "longer than 200 characters. Shorten it."),
        ("name", "  ", "missing"),
        ("email", "not-an-address", "This is not an e-mail address. Write it like"),
        ("birth_date", "2999-01-01", "in the future. Correct the date"),
        ("birth_date", "1.1.1980", "A date is needed here"),
        ("code", "mã có dấu cách và rất dài" * 9, ""),
        ("unit_id", "", ""),
    ],
)
async def test_a_wrong_field_is_named_with_its_remedy_and_nothing_typed_is_lost(
    admin: Reader, province: Province, field: str, value: str, said: str
) -> None:
    form = {"name": "Trần Văn Giữ", "unit_id": str(province.left.id), "phone": "0210 388 1234", field: value}
    answer = await admin.post("/people/new", form)
    assert answer.status == 422, answer.text
    wrong = re.search(rf'id="f-{field}-note">(.*?)</div>', answer.text, re.S)
    assert wrong is not None, "the error stands at its field"
    assert said.lower() in wrong[1].lower() or said == "missing", wrong[1]
    assert 'value="0210 388 1234"' in answer.text


async def test_a_formula_stays_text_on_the_page_and_is_escaped(
    admin: Reader, province: Province, services: Services
) -> None:
    await add(services, province.left, FORMULA)
    await add(services, province.left, "<script>alert(1)</script>")
    page = (await admin.get("/people")).text
    assert "=HYPERLINK(&#34;http://evil&#34;" in page
    assert "<script>alert(1)" not in page


async def test_two_people_with_one_name_are_asked_about_and_may_both_stay(
    admin: Reader, province: Province, services: Services
) -> None:
    first = await add(services, province.left, "Nguyễn Văn An")
    form = {"name": "nguyễn văn an", "unit_id": str(province.left.id)}
    asked = await admin.post("/people/new", form)
    assert asked.status == 409
    assert f'href="/people/{first.id}"' in asked.text
    assert 'name="despite_namesake"' in asked.text
    assert (await admin.post("/people/new", {**form, "despite_namesake": "1"})).status == 303
    assert "No possible duplicates" in (await admin.get("/people/duplicates")).text


async def test_a_pair_is_suggested_compared_merged_and_taken_apart_again(
    admin: Reader, province: Province, services: Services
) -> None:
    kept = await add(services, province.left, "Nguyễn Văn An", position="Bí thư")
    other = await services.people.add(
        SYSTEM, PersonDraft("Nguyễn Văn An", province.right.id, phone="0912345678")
    )
    await services.people.update(
        SYSTEM, other.id, PersonDraft("Nguyễn Văn An", province.left.id, phone="0912345678")
    )
    assert "Look closely" in (await admin.get("/people/duplicates")).text
    compared = await admin.get(f"/people/{kept.id}/merge?other={other.id}")
    assert "taken over" in compared.text
    assert (await admin.post(f"/people/{kept.id}/merge", {"other": str(other.id)})).status == 303
    assert (await admin.get(f"/people/{other.id}")).location == f"/people/{kept.id}"
    page = await admin.get(f"/people/{kept.id}")
    assert "0912345678" in page.text
    (undo,) = re.findall(rf'action="(/people/{kept.id}/merges/\d+/undo)"', page.text)
    assert (await admin.post(undo)).status == 303
    assert (await admin.get(f"/people/{other.id}")).status == 200
    again = await admin.post(undo)
    assert again.status == 409
    assert "This merge was undone already." in again.text
    itself = await admin.post(f"/people/{kept.id}/merge", {"other": str(kept.id)})
    assert itself.status == 422
    assert "cannot be merged with themselves" in itself.text
    pair = {"first": str(kept.id), "second": str(other.id)}
    assert (await admin.post("/people/duplicates/distinct", pair)).status == 303
    assert "No possible duplicates" in (await admin.get("/people/duplicates")).text


async def test_badges_come_as_sheets_of_ten(admin: Reader, province: Province, services: Services) -> None:
    people = [await add(services, province.left, f"Người {number}") for number in range(11)]
    answer = await admin.client.post(
        "/people/badges", data={"csrf_token": admin.token, "unit_id": str(province.top.id)}
    )
    assert answer.status == 200, await answer.text()
    sheets = PdfReader(io.BytesIO(await answer.read())).pages
    assert len(sheets) == 2
    text = sheets[0].extract_text()
    first = people[0].badge
    assert "Người 0" in text
    assert f"{first[:4]}-{first[4:8]}" in text
    ticked = await admin.client.post(
        "/people/badges", data={"csrf_token": admin.token, "person": [str(people[3].id), str(people[4].id)]}
    )
    text = PdfReader(io.BytesIO(await ticked.read())).pages[0].extract_text()
    assert ("Người 3" in text, "Người 5" in text) == (True, False)
    nobody = await admin.post("/people/badges", {"endpoint_id": str(province.right_room.id)})
    assert nobody.status == 422
    assert "Nobody is chosen." in nobody.text


async def test_an_erasure_is_confirmed_by_the_name_and_leaves_none_behind(
    admin: Reader, province: Province, services: Services
) -> None:
    person = await add(services, province.left, "Nguyễn Văn Đi", code="CB-9", phone="0912 345 678")
    here = f"/people/{person.id}"
    form = await admin.get(f"{here}/erase")
    assert "This cannot be undone." in form.text
    wrong = await admin.post(f"{here}/erase", {"typed_name": "Nguyen Van Di", "reason": "theo yêu cầu"})
    assert wrong.status == 422
    assert "not the name of this person" in wrong.text
    assert "theo yêu cầu" in wrong.text
    unexplained = await admin.post(f"{here}/erase", {"typed_name": "nguyễn văn đi", "reason": ""})
    assert unexplained.status == 422
    exported = json.loads((await admin.get(f"{here}/export.json")).text)
    assert exported["records"][0]["phone"].replace(" ", "") == "0912345678"
    sent = {"typed_name": "  nguyễn  văn đi ", "reason": "theo yêu cầu"}
    assert (await admin.post(f"{here}/erase", sent)).status == 303
    page = await admin.get(here)
    assert "This person was erased on" in page.text
    for text in ("Nguyễn Văn Đi", "CB-9", "345 678"):
        assert text not in page.text
    after = (await admin.get(f"{here}/export.json")).text
    assert "Nguyễn Văn Đi" not in after
    assert "345" not in after
    for path, data in (("edit", {"name": "X", "unit_id": "2"}), ("erase", sent), ("retire", {})):
        assert (await admin.post(f"{here}/{path}", data)).status == 409, path
    assert "(erased)" in (await admin.get("/people?state=erased")).text


async def test_who_looked_stands_on_the_record(
    admin: Reader, server: TestServer, province: Province, services: Services
) -> None:
    person = await add(services, province.left, "Nguyễn Văn An")
    operator = await as_role(server, services, Role.OPERATOR, province.left)
    assert (await operator.get(f"/people/{person.id}")).status == 200
    await admin.get(f"/people/{person.id}/export.json")
    page = (await admin.get(f"/people/{person.id}")).text
    assert f"operator-{province.left.id}" in page
    assert "Exported the data" in page
    await operator.client.close()


async def test_a_branch_is_a_wall_and_a_role_is_a_door(
    server: TestServer, admin: Reader, province: Province, services: Services
) -> None:
    inside = await add(services, province.left, "Nguyễn Trong")
    outside = await add(services, province.right, "Trần Ngoài")
    officer = await as_role(server, services, Role.TRAINING_OFFICER, province.left)
    operator = await as_role(server, services, Role.OPERATOR, province.left)
    viewer = await as_role(server, services, Role.VIEWER, province.left)
    assert "Trần Ngoài" not in (await officer.get("/people")).text
    for path in ("", "/edit", "/merge", "/export.json"):
        assert (await officer.get(f"/people/{outside.id}{path}")).status == 404, path
        expected = 200 if path == "" else 403
        assert (await operator.get(f"/people/{inside.id}{path}")).status == expected, path
    for path in ("edit", "retire", "badge"):
        data = {"name": "X", "unit_id": str(province.left.id)}
        assert (await officer.post(f"/people/{outside.id}/{path}", data)).status in (403, 404), path
        assert (await operator.post(f"/people/{inside.id}/{path}", data)).status == 403, path
    assert (await officer.get(f"/people/{inside.id}/erase")).status == 403
    sent = {"typed_name": "Nguyễn Trong", "reason": "x"}
    assert (await officer.post(f"/people/{inside.id}/erase", sent)).status == 403
    assert (await operator.get("/people/new")).status == 403
    assert (await operator.get("/people/duplicates")).status == 403
    assert (await operator.get("/people/badges")).status == 403
    page = (await operator.get(f"/people/{inside.id}")).text
    assert "/edit" not in page
    assert inside.badge not in page.replace("-", "")
    assert (await viewer.get(f"/people/{inside.id}")).status == 404
    assert "Nguyễn Trong" not in (await viewer.get("/people")).text
    assert (await viewer.get("/privacy")).status == 403
    notice = await officer.get("/privacy")
    assert "What people are told at check-in" in notice.text
    assert "Retention limits" not in notice.text
    assert (await officer.post("/privacy", {"person_months": "1"})).status == 403
    assert (await officer.post("/privacy/run")).status == 403
    for one in (officer, operator, viewer):
        await one.client.close()


async def test_limits_show_what_would_go_before_it_goes(
    admin: Reader, province: Province, services: Services, clock: object
) -> None:
    person = await add(services, province.left, "Nguyễn Văn Cũ", phone="0912345678")
    clock.advance(100 * 86_400)  # type: ignore[attr-defined]
    await admin.log_in("admin")
    wrong = await admin.post("/privacy", {"contact_months": "0", "person_months": "x"})
    assert wrong.status == 422
    assert 'value="x"' in wrong.text
    wrong = await admin.post("/privacy", {"contact_months": "-3"})
    assert "A limit is a number of months from 1 to 1200." in wrong.text
    assert (await admin.post("/privacy", {"contact_months": "2"})).status == 303
    shown = await admin.get("/privacy")
    assert "Nguyễn Văn Cũ" in shown.text
    assert (await services.people.person(SYSTEM, person.id)).phone, "a preview takes nothing"
    ran = await admin.post("/privacy/run")
    assert "Done: contact data of 1 person deleted, 0 people erased, 0 log entries removed." in ran.text
    kept = await services.people.person(SYSTEM, person.id)
    assert (kept.name, kept.phone) == ("Nguyễn Văn Cũ", None)
    assert (await admin.get("/privacy/run")).location == "/privacy"


# -- JSON ----------------------------------------------------------------------------------------------


async def test_the_json_door_adds_finds_changes_and_refuses(admin: Reader, province: Province) -> None:
    body = {"name": "Đỗ Thị Ân", "unit_id": province.left.id, "code": "CB-2", "birth_date": "1990-02-28"}
    status, made = await admin.call("POST", "/api/v1/people", body)
    assert (status, made["name"], made["birth_date"]) == (201, "Đỗ Thị Ân", "1990-02-28")
    assert "badge" not in made
    status, found = await admin.call("GET", "/api/v1/people?search=do+an")
    assert (status, found["total"], found["people"][0]["id"]) == (200, 1, made["id"])
    status, twin = await admin.call("POST", "/api/v1/people", {**body, "code": None})
    assert (status, twin["error"]["code"]) == (409, "person_duplicate")
    status, taken = await admin.call("POST", "/api/v1/people", {**body, "name": "Khác"})
    assert (status, taken["error"]["code"], taken["error"]["field"]) == (409, "person_code_taken", "code")
    wrong = {"name": "An\u202e", "unit_id": province.left.id, "email": "x", "position": "A" * 500}
    status, told = await admin.call("POST", "/api/v1/people", wrong)
    assert status == 422
    assert {error["field"] for error in told["errors"]} == {"name", "email", "position"}
    assert all(error["message"] for error in told["errors"])
    status, changed = await admin.call("PUT", f"/api/v1/people/{made['id']}", {**body, "position": "Bí thư"})
    assert (status, changed["position"]) == (200, "Bí thư")
    for step, field in (("retire", True), ("restore", False)):
        status, told = await admin.call("POST", f"/api/v1/people/{made['id']}/{step}")
        assert (status, told["retired_at"] is not None) == (200, field)


async def test_the_json_door_merges_and_undoes(admin: Reader, province: Province, services: Services) -> None:
    kept = await add(services, province.left, "Nguyễn Văn An")
    other = await add(services, province.right, "Nguyễn Văn An", code="CB-7")
    status, preview = await admin.call("GET", f"/api/v1/people/{kept.id}/merge?other_id={other.id}")
    assert status == 200
    assert {"name": "code", "value": "CB-7", "other": "CB-7", "filled": True} in preview["fields"]
    status, merged = await admin.call("POST", f"/api/v1/people/{kept.id}/merge", {"other_id": other.id})
    assert (status, merged["code"]) == (200, "CB-7")
    _, merges = await admin.call("GET", f"/api/v1/people/{kept.id}/merges")
    status, undone = await admin.call("POST", f"/api/v1/people/merges/{merges[0]['id']}/undo")
    assert (status, undone["code"]) == (200, None)
    status, pairs = await admin.call("GET", "/api/v1/people/duplicates")
    assert (status, pairs["total"]) == (200, 0)
    pair = {"first_id": kept.id, "second_id": other.id}
    assert (await admin.call("POST", "/api/v1/people/distinct", pair))[0] == 204
    status, error = await admin.call("POST", "/api/v1/people/merges/999/undo")
    assert (status, error["error"]["code"]) == (404, "merge_not_found")


async def test_the_json_door_exports_erases_and_lets_go(
    admin: Reader, province: Province, services: Services
) -> None:
    person = await add(services, province.left, "Nguyễn Văn An", phone="0912345678")
    here = f"/api/v1/people/{person.id}"
    status, held = await admin.call("GET", f"{here}/export")
    assert (status, held["records"][0]["name"]) == (200, "Nguyễn Văn An")
    assert (await admin.call("GET", f"{here}/history"))[0] == 200
    status, looks = await admin.call("GET", f"{here}/looks")
    assert (status, [look["what"] for look in looks]) == (200, ["history", "export"])
    status, error = await admin.call("POST", f"{here}/erase", {"typed_name": "An", "reason": "x"})
    assert (status, error["error"]["code"], error["error"]["field"]) == (
        422, "erasure_unconfirmed", "typed_name",
    )  # fmt: skip
    status, gone = await admin.call("POST", f"{here}/erase", {"typed_name": person.name, "reason": "x"})
    assert (status, gone["name"], gone["phone"]) == (200, "", None)
    limits = {"contact_months": None, "person_months": 12, "looks_months": 6, "is_on": True}
    assert await admin.call("PUT", "/api/v1/privacy/retention", limits) == (200, limits)
    status, error = await admin.call("PUT", "/api/v1/privacy/retention", {**limits, "looks_months": 0})
    assert (status, error["error"]["field"]) == (422, "looks_months")
    status, preview = await admin.call("GET", "/api/v1/privacy/retention/preview")
    assert (status, preview["total"]) == (200, 0)
    assert (await admin.call("POST", "/api/v1/privacy/retention/run"))[0] == 200


async def test_the_json_door_keeps_to_the_branch(
    server: TestServer, admin: Reader, province: Province, services: Services
) -> None:
    inside, outside = (
        await add(services, province.left, "Trong"), await add(services, province.right, "Ngoài"),
    )  # fmt: skip
    officer = await as_role(server, services, Role.TRAINING_OFFICER, province.left)
    operator = await as_role(server, services, Role.OPERATOR, province.left)
    _, listed = await officer.call("GET", "/api/v1/people")
    assert [one["id"] for one in listed["people"]] == [inside.id]
    body = {"name": "X", "unit_id": province.left.id}
    for method, path, sent in (
        ("GET", "", None), ("PUT", "", body), ("POST", "/retire", None), ("GET", "/export", None),
        ("GET", "/looks", None), ("GET", "/history", None), ("GET", "/merges", None),
        ("POST", "/merge", {"other_id": inside.id}),
        ("POST", "/erase", {"typed_name": "Ngoài", "reason": "x"}),
    ):  # fmt: skip
        status, _ = await officer.call(method, f"/api/v1/people/{outside.id}{path}", sent)
        assert status == 404, path
    for method, path, sent in (
        ("PUT", "", body), ("POST", "/retire", None), ("GET", "/export", None), ("GET", "/history", None),
    ):  # fmt: skip
        status, _ = await operator.call(method, f"/api/v1/people/{inside.id}{path}", sent)
        assert status == 403, path
    for method, path in (
        ("GET", "retention"), ("PUT", "retention"), ("GET", "retention/preview"), ("POST", "retention/run"),
    ):  # fmt: skip
        status, _ = await officer.call(method, f"/api/v1/privacy/{path}", {} if method == "PUT" else None)
        assert status == 403, path
    for one in (officer, operator):
        await one.client.close()
