"""The pages and files of courses and certificates, and their doors of JSON."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import AsyncIterator

import pytest
from aiohttp import CookieJar
from aiohttp.test_utils import TestClient
from pypdf import PdfReader
from sqlalchemy import update

from confhub.people.models import AttendeeRow
from confhub.training.errors import LookupsTooMany
from confhub.training.limits import LOOKUPS_PER_MINUTE
from tests.functional.hub_attendance.hub import Hub
from tests.plugins.training import PASSWORD, School
from tests.plugins.website import Reader


@pytest.fixture
async def officer(hub: Hub, school: School) -> AsyncIterator[Reader]:
    """The province's training officer, logged in; persons 1 and 2 have completed the course."""
    for session in (1, 2, 3):
        await school.was_there(session, {1: 60, 2: 60, 3: 10, 4: 0})
        await school.seal(session)
    async with TestClient(hub.client.server, cookie_jar=CookieJar(unsafe=True)) as client:
        reader = Reader(client, headers={"Accept-Language": "en"})
        await reader.log_in("can-bo", PASSWORD)
        await reader.post("/language", {"language": "en", "back": "/"})
        yield reader


@pytest.mark.both_databases
async def test_a_course_is_added_by_its_form(officer: Reader, school: School) -> None:
    form = {
        "title": "Khoá mới", "unit_id": "1", "measure": "minutes", "scope": "all", "threshold": "120",
        "grace_min": "5", "number_pattern": "{seq:03d}-{year}", "signer_name": "TS. Lê Quang Vinh",
    }  # fmt: skip
    wrong = await officer.post("/courses/new", {**form, "number_pattern": "{seq}{seq}", "threshold": "-3"})
    assert wrong.status == 422
    assert 'value="Khoá mới"' in wrong.text  # nothing typed is lost
    assert "The completion rule needs a number from" in wrong.text
    made = await officer.post("/courses/new", form)
    assert made.status == 303
    page = await officer.get(made.location)
    assert page.status == 200
    assert "Khoá mới" in page.text
    assert "Khoá mới" in (await officer.get("/courses?search=khoa+moi")).text


@pytest.mark.both_databases
async def test_progress_is_shown_and_told_to_excel_and_moodle(officer: Reader, school: School) -> None:
    async with school.house.database.transaction() as tx:
        await tx.execute(update(AttendeeRow).where(AttendeeRow.id == 3).values(name="=HYPERLINK(1) Đức"))
    page = await officer.get(f"/courses/{school.course}")
    assert page.text.index("Nguyễn Văn An") < page.text.index("Đỗ Thị Ánh")
    found = await officer.get(f"/courses/{school.course}/progress.csv")
    assert found.text.count("\ufeff") <= 1
    rows = list(csv.reader(io.StringIO(found.text.lstrip("\ufeff"))))
    assert any("'=HYPERLINK(1) Đức" in row for row in rows)
    moodle = [
        list(csv.DictReader(io.StringIO((await officer.get(f"/courses/{school.course}/{file}.csv")).text)))
        for file in ("moodle-users", "moodle-grades")
    ]
    an = next(row for row in moodle[0] if row["firstname"] == "An")
    assert (an["lastname"], an["idnumber"]) == ("Nguyễn Văn", "CB2")
    # what Moodle's upload of users knows; a column of another name makes it refuse the whole file
    known = {"username", "firstname", "lastname", "email", "idnumber"}
    assert all(name in known or re.fullmatch(r"course\d+", name) for name in an)
    grades = next(row for row in moodle[1] if row["idnumber"] == "CB2")
    assert grades["username"] == an["username"]
    assert 0 <= float(grades[f"{an['course1']} (%)"]) <= 100
    assert grades[f"{an['course1']} completed"] in {"0", "1"}


@pytest.mark.both_databases
async def test_certificates_from_preview_to_paper(officer: Reader, school: School) -> None:
    here = f"/courses/{school.course}/certificates"
    assert "0001/2026/GCN" in (await officer.get(here)).text
    refused = await officer.post(here, {"expected": "7"})
    assert refused.status == 409
    assert "The number of certificates due is 2 now, not 7." in refused.text
    assert (await officer.post(here, {"expected": "2"})).status == 303
    page = await officer.get(here)
    number = re.findall(r'href="/certificates/(\d+)\.pdf"', page.text)[-1]
    answer = await officer.client.get(f"/certificates/{number}.pdf")
    assert answer.status == 200
    text = PdfReader(io.BytesIO(await answer.read())).pages[0].extract_text()
    assert "Nguyễn Văn An" in text
    assert "0001/2026/GCN" in text
    assert "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM" in text
    without = await officer.post(f"/certificates/{number}/revoke", {"reason": ""})
    assert (without.status, "Say why the certificate is revoked." in without.text) == (422, True)
    assert (await officer.post(f"/certificates/{number}/revoke", {"reason": "Cấp nhầm"})).status == 303


@pytest.mark.both_databases
async def test_all_certificates_as_one_file(officer: Reader, school: School) -> None:
    await officer.post(f"/courses/{school.course}/certificates", {"expected": "2"})
    prints = f"/api/v1/courses/{school.course}/certificates/prints"
    status, made = await officer.call("POST", prints)
    assert (status, made["total"]) == (202, 2)
    while (state := (await officer.call("GET", f"{prints}/{made['id']}"))[1])["state"] in (
        "waiting",
        "drawing",
    ):
        pass
    assert (state["state"], state["done"]) == ("done", 2)
    answer = await officer.client.get(f"/courses/{school.course}/certificates/{made['id']}.pdf")
    assert len(PdfReader(io.BytesIO(await answer.read())).pages) == 2


async def test_anybody_verifies_and_search_engines_do_not(officer: Reader, school: School) -> None:
    await officer.post(f"/courses/{school.course}/certificates", {"expected": "2"})
    page = await officer.get(f"/courses/{school.course}/certificates")
    token = re.findall(r'href="(/verify/[\w-]+)"', page.text)[-1]
    await officer.post("/logout")
    anybody = Reader(officer.client, headers={"Accept-Language": "vi"})
    for path in (token, "/verify?code=" + token.rpartition("/")[2]):
        found = await anybody.get(path)
        assert found.status == 200
        assert "Nguyễn Văn An" in found.text
        assert "noindex" in found.headers["X-Robots-Tag"]
        assert "CB2" not in found.text  # no more than the paper
    assert (await anybody.get("/verify/no-such-token-at-all")).status == 404
    assert (await anybody.get("/verify?code=" + "9" * 500)).status == 422
    counted = await anybody.get("/verify?number=0001/2026/GCN")
    assert counted.status == 422
    assert "Nguyễn Văn An" not in counted.text
    assert "A number alone tells nothing" in counted.text
    genuine = await anybody.get("/verify?number=0001/2026/GCN&name=Nguyễn Văn An")
    assert "Nguyễn Văn An" not in genuine.text.replace('value="Nguyễn Văn An"', "")
    assert "found by its code alone" in genuine.text  # it is not said to be none of ours, and no more
    assert (await anybody.get(f"/courses/{school.course}")).status in (302, 303, 401)


async def test_names_cannot_be_harvested_by_page_or_json(officer: Reader, school: School) -> None:
    await officer.post(f"/courses/{school.course}/certificates", {"expected": "2"})
    page = await officer.get(f"/courses/{school.course}/certificates")
    code = re.findall(r'href="/verify/([\w-]+)"', page.text)[-1]
    await officer.post("/logout")
    anybody = Reader(officer.client)
    for _ in range(LOOKUPS_PER_MINUTE):
        assert (await anybody.get(f"/verify?code={code}")).status == 200
    refused = await anybody.get(f"/verify?code={code}")
    assert refused.status == 429
    assert "Nguyễn Văn An" not in refused.text
    status, told = await anybody.call("GET", f"/api/v1/verify?code={code}")
    assert (status, told["error"]["code"]) == (429, LookupsTooMany.code)
    assert int((await anybody.get(f"/verify?code={code}")).headers["Retry-After"]) > 0


async def test_the_doors_of_json(officer: Reader, school: School) -> None:
    status, found = await officer.call("GET", f"/api/v1/courses/{school.course}/progress?state=completed")
    assert (status, [row["name"] for row in found["rows"]]) == (200, ["Nguyễn Văn An", "Đỗ Thị Ánh"])
    status, refused = await officer.call("POST", "/api/v1/courses", {"title": "", "unit_id": 1})
    assert (status, refused["error"]["field"]) == (422, "title")
    status, refused = await officer.call(
        "POST", f"/api/v1/courses/{school.course}/sessions", {"session_id": 1}
    )
    assert (status, refused["error"]["code"]) == (409, "lesson_taken")
    assert (await officer.call("GET", "/api/v1/courses/999"))[0] == 404
    status, found = await officer.call("GET", "/api/v1/verify?code=0000-0000-0000-0000")
    assert (status, found["state"]) == (200, "unknown")
    status, refused = await officer.call("GET", "/api/v1/verify?number=1/1999")
    assert (status, refused["error"]["code"]) == (422, "verify_incomplete")
    assert (await officer.call("GET", "/api/v1/learning"))[0] == 200
