"""Pages and doors of the reports on people: filters, rights, bad queries, corrections, closing, files."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import CookieJar
from aiohttp.test_utils import TestClient, TestServer
from sqlalchemy import update

from confhub.access.rules import SYSTEM
from confhub.accounts.passwords import Passwords
from confhub.accounts.service import AccountService, SetupCode
from confhub.accounts.values import GrantWish
from confhub.http.app import build_app
from confhub.http.context import Services
from confhub.http.turns import VERIFICATION_TURNS
from confhub.kernel.ids import SessionId, UnitId
from confhub.kernel.permissions import Role
from confhub.org.models import UnitRow
from confhub.settings import Settings
from confhub.training.values import CourseInput
from tests.plugins.reports import Session
from tests.plugins.website import CHEAP, PASSWORD, Reader, composed

HERE = "/sessions/1/people"


@pytest.fixture
async def services(session: Session, tmp_path: Path) -> AsyncIterator[Services]:
    """The real services over the session's database."""
    house = session.house
    settings = Settings(data_dir=tmp_path, database_url="", trusted_proxies=())
    code = SetupCode()
    accounts = AccountService(house.database, house.clock, code, Passwords(CHEAP))
    await accounts.first_admin(code.text, "admin", PASSWORD, "Quản trị", "en", "127.0.0.1")
    async with composed(settings, house.database, house.clock) as made:
        yield replace(made, accounts=accounts)


@pytest.fixture
async def server(services: Services) -> AsyncIterator[TestServer]:
    async with TestServer(build_app(services)) as running:
        yield running
    await services.report_files.close()


@pytest.fixture
async def reader(server: TestServer) -> AsyncIterator[Reader]:
    async with TestClient(server, cookie_jar=CookieJar(unsafe=True)) as client:
        yield Reader(client, headers={"Accept-Language": "en"})


async def log_in(reader: Reader, services: Services, unit: int, role: Role = Role.TRAINING_OFFICER) -> Reader:
    """Somebody with that role in that unit's branch."""
    name = f"canbo{unit}{role.value[:3]}"
    wish = GrantWish(role, UnitId(unit))
    await services.accounts.create_account(SYSTEM, name, PASSWORD, "Cán bộ", [wish], "en")
    await reader.log_in(name)
    return reader


@pytest.fixture
async def officer(reader: Reader, services: Services) -> Reader:
    """The province's training officer."""
    return await log_in(reader, services, 1)


async def test_the_overview_shows_the_figures_apart(officer: Reader) -> None:
    page = await officer.get(HERE)
    assert page.status == 200
    for words in ("Rooms connected", "Declared heads", "People expected", "Checked in", "Completed"):
        assert words in page.text
    assert "Phòng họp xã Ấm Hạ" in page.text.split('id="silent"')[1]
    assert 'class="tree-map"' in page.text
    assert "Ân Thị Ý" not in page.text
    report = await officer.get("/sessions/1/report")
    assert f'href="{HERE}"' in report.text
    assert f'href="{HERE}"' in (await officer.get("/sessions/1")).text


async def test_rooms_are_filtered(officer: Reader) -> None:
    everything = (await officer.get(f"{HERE}/rooms")).text
    assert all(code in everything for code in ("H1", "H2", "H3", "H4", "H5"))
    missing = (await officer.get(f"{HERE}/rooms?missing=1")).text.split('id="room-rows"')[1]
    assert "Phòng họp xã Ấm Hạ" in missing
    assert "Hội trường tỉnh" not in missing
    branch = (await officer.get(f"{HERE}/rooms?unit_id=2&search=am ha")).text.split('id="room-rows"')[1]
    assert ("Phòng họp xã Ấm Hạ" in branch, "Phòng họp Hạ Hoà" in branch) == (True, False)
    assert "Nothing found" in (await officer.get(f"{HERE}/rooms?unit_id=99")).text


@pytest.mark.both_databases
async def test_persons_are_filtered_and_names_are_text(officer: Reader) -> None:
    page = (await officer.get(f"{HERE}/persons")).text.split('id="person-rows"')[1]
    assert "Ân Thị Ý" in page
    assert "=HYPERLINK(&#34;http://x&#34;,&#34;Bấm&#34;)" in page
    late = (await officer.get(f"{HERE}/persons?status=late&way=tablet")).text.split('id="person-rows"')[1]
    assert ("Bùi Văn Bình" in late, "Ân Thị Ý" in late) == (True, False)
    assert "Nobody matches these filters." in (await officer.get(f"{HERE}/persons?search=zzz")).text


@pytest.mark.parametrize(
    "path",
    [
        f"{HERE}/persons?status=vanished", f"{HERE}/persons?way=pigeon", f"{HERE}/persons?page=0",
        f"{HERE}/persons?endpoint_id=-1", f"{HERE}/persons?unit_id=99999999999999999999",
        f"{HERE}/rooms?page=x", f"{HERE}.csv?completed=perhaps", f"{HERE}/persons?search=%00",
        "/reports?from=2026-13-40", "/reports?from=2026-03-02&to=2026-03-01", "/reports?to=soon",
        "/reports?from=0001-01-01&to=9999-12-31", "/reports/compare?session=1",
        "/reports/compare?session=x&session=y", "/reports/period.csv?from=x",
    ],
)  # fmt: skip
async def test_a_bad_query_is_told_in_words(officer: Reader, path: str) -> None:
    answer = await officer.get(path)
    assert answer.status == 422, answer.text[:300]
    assert "Traceback" not in answer.text


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/api/v1/sessions/1/people/persons?status=x", 422, "not_a_choice"),
        ("/api/v1/sessions/1/people/persons?size=100000", 422, "number_too_large"),
        ("/api/v1/sessions/99/people", 404, "session_unknown"),
        ("/api/v1/reports/period?from=2026-03-02", 422, "field_missing"),
        ("/api/v1/reports/period?from=2026-03-02&to=2026-03-01", 422, "period_wrong"),
        ("/api/v1/reports/comparison?session=1", 422, "too_few_sessions"),
        ("/api/v1/reports/files/nosuchfile123", 410, "report_file_gone"),
        ("/api/v1/sessions/1/people/persons/99", 404, "person_not_listed"),
    ],
)
async def test_a_bad_call_is_told_with_its_code(officer: Reader, path: str, status: int, code: str) -> None:
    answered, body = await officer.call("GET", path)
    assert answered == status
    assert code in json.dumps(body)


@pytest.mark.both_databases
async def test_the_api_tells_what_the_page_shows(officer: Reader) -> None:
    _, report = await officer.call("GET", "/api/v1/sessions/1/people")
    assert (report["totals"]["expected"], report["totals"]["heads"]) == (9, 7)
    _, persons = await officer.call("GET", "/api/v1/sessions/1/people/persons?status=late_left_early")
    assert [one["code"] for one in persons["rows"]] == ["CB7"]
    assert persons["rows"][0]["stretches"] == [["2026-03-02T08:20:00+07:00", "2026-03-02T08:50:00+07:00"]]
    _, curve = await officer.call("GET", "/api/v1/sessions/1/people/curve")
    assert 2 <= len(curve["moments"]) <= 240
    _, period = await officer.call("GET", "/api/v1/reports/period?from=2026-03-01&to=2026-03-31")
    assert period["totals"]["expected"] == 9


async def test_who_may_see_figures_of_one_district_sees_no_more(reader: Reader, services: Services) -> None:
    await log_in(reader, services, 3)
    page = await reader.get(f"{HERE}/persons")
    assert "Ân Thị Ý" not in page.text
    assert "=HYPERLINK" in page.text
    assert (await reader.get(f"{HERE}/persons/1")).status == 404
    assert (await reader.get(f"{HERE}/persons/9")).status == 200
    assert "CB1;" not in (await reader.get(f"{HERE}.csv")).text
    assert "Close the attendance" not in (await reader.get(HERE)).text
    assert (await reader.post(f"{HERE}/seal")).status == 403


@pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR])
async def test_who_may_see_no_report_is_refused_everywhere(
    reader: Reader, services: Services, role: Role
) -> None:
    await log_in(reader, services, 1, role)
    for path in (HERE, f"{HERE}/rooms", f"{HERE}/persons", f"{HERE}.csv", "/reports", "/reports/compare"):
        assert (await reader.get(path)).status == 403, path
    answer = await reader.post(f"{HERE}/files", {"form": "pdf"})
    assert answer.status == 403


async def test_a_correction_is_made_with_its_reason_and_shown(officer: Reader, session: Session) -> None:
    form = {"action": "add", "endpoint_id": "2", "start": "2026-03-02T08:00", "end": "2026-03-02T09:00"}
    refused = await officer.post(f"{HERE}/persons/5/corrections", {**form, "reason": ""})
    assert refused.status == 422
    assert 'value="2026-03-02T08:00"' in refused.text
    backwards = {**form, "start": "2026-03-02T09:00", "end": "2026-03-02T08:00", "reason": "Nhầm"}
    assert (await officer.post(f"{HERE}/persons/5/corrections", backwards)).status == 422
    nonsense = {**form, "start": "hôm qua", "reason": "Nhầm"}
    assert (await officer.post(f"{HERE}/persons/5/corrections", nonsense)).status == 422
    done = await officer.post(f"{HERE}/persons/5/corrections", {**form, "reason": "Máy hết pin"})
    assert done.location == f"{HERE}/persons/5?done=saved"
    await session.derive()
    page = await officer.get(f"{HERE}/persons/5")
    assert "Máy hết pin" in page.text
    assert "08:00:00–09:00:00" in page.text
    _, report = await officer.call("GET", "/api/v1/sessions/1/people")
    assert (report["totals"]["without_leave"], report["totals"]["checked_in"]) == (0, 9)


async def test_who_asks_for_a_verification_while_two_go_on_is_told_to_wait(officer: Reader) -> None:
    """By page and by JSON; nothing is recomputed for them, and their turn comes when one has ended."""
    await officer.post(f"{HERE}/seal")
    turns = officer.client.app[VERIFICATION_TURNS]  # type: ignore[index]
    doors = ("/api/v1/sessions/1/attendance/verify", f"{HERE}/verify")
    with turns.turn("one"):
        with turns.turn("another"):
            status, told = await officer.call("GET", doors[0])
            assert (status, told["error"]["code"]) == (429, "too_many_at_once")
            assert (await officer.post(doors[1])).status == 429
            assert turns.refused == 2
        assert (await officer.call("GET", doors[0]))[0] == 200
    assert (await officer.post(doors[1])).status == 200
    assert len(turns) == 0


async def test_closing_shows_the_hash_verifies_it_and_can_be_undone_with_a_reason(officer: Reader) -> None:
    assert (await officer.post(f"{HERE}/seal")).location == f"{HERE}?done=saved"
    page = (await officer.get(HERE)).text
    found = re.search(r'class="seal-head">([0-9a-f]{64})<', page)
    assert found
    assert "matches the current seal" in (await officer.get(f"{HERE}?head={found[1]}")).text
    assert "does not match the current seal" in (await officer.get(f"{HERE}?head={'0' * 64}")).text
    assert "nothing has been changed since the closing" in (await officer.post(f"{HERE}/verify")).text
    form = {"action": "add", "endpoint_id": "2", "start": "2026-03-02T08:00", "end": "2026-03-02T09:00"}
    late = await officer.post(f"{HERE}/persons/5/corrections", {**form, "reason": "Muộn"})
    assert late.status == 409
    assert (await officer.post(f"{HERE}/seal")).status == 409
    assert (await officer.post(f"{HERE}/reopen", {"reason": ""})).status == 422
    assert (await officer.post(f"{HERE}/reopen", {"reason": "Thiếu danh sách"})).status == 303
    again = (await officer.get(HERE)).text
    assert "Thiếu danh sách" in again
    assert "Close the attendance" in again


async def test_files_are_made_while_the_page_tells_how_far(officer: Reader, services: Services) -> None:
    answer = await officer.post(f"{HERE}/files", {"form": "pdf"})
    found = re.fullmatch(rf"{HERE}\?file=([\w-]+)", answer.location)
    assert found
    assert 'id="making"' in (await officer.get(answer.location)).text
    await asyncio.wait_for(asyncio.gather(*services.report_files._shelf._tasks), 60)
    _, state = await officer.call("GET", f"/api/v1/reports/files/{found[1]}")
    assert (state["state"], state["done"], state["total"]) == ("done", 10, 10)
    file = await officer.client.get(f"/reports/files/{found[1]}")
    assert file.headers["Content-Type"] == "application/pdf"
    assert "attachment" in file.headers["Content-Disposition"]
    assert (await file.read()).startswith(b"%PDF-")
    assert (await officer.post(f"{HERE}/files", {"form": "docx"})).status == 422
    assert (await officer.get("/reports/files/nosuchfile123")).status == 410


@pytest.mark.both_databases
async def test_a_period_and_a_comparison_are_shown(officer: Reader, session: Session) -> None:
    async with session.house.database.transaction() as tx:
        await tx.execute(update(UnitRow).where(UnitRow.id == 2).values(name="Huyện Mới"))
    await session.another(2, days=7)
    page = (await officer.get("/reports?from=2026-03-01&to=2026-03-31")).text
    assert "Sessions held" in page
    assert "Each session is counted by the tree of units of its own day" in page
    assert re.search(r">Huyện Mới</a><span class=\"sub\">formerly Huyện Hạ Hoà</span>", page)
    assert 'href="/sessions/2/people"' in page
    empty = await officer.get("/reports?from=2020-01-01&to=2020-12-31")
    assert "No session with attendance in these days" in empty.text
    beside = (await officer.get("/reports/compare?session=1&session=2")).text
    assert beside.count("Học tập Nghị quyết – đợt 1") >= 2
    assert "Share of the expected who came" in beside
    assert "units stand with their newest names, in their newest places" in beside
    assert "09/03/2026" not in beside  # the reader's language is English
    refused = await officer.post("/reports/files", {"form": "pdf", "from": "2026-03-31", "to": "2026-03-01"})
    assert refused.status == 422
    assert "The period must end on or after its first day" in refused.text
    made = await officer.post("/reports/files", {"form": "xlsx", "from": "2026-03-01", "to": "2026-03-31"})
    assert 'id="making"' in (await officer.get(made.location)).text
    csv = await officer.get("/reports/period.csv?from=2026-03-01&to=2026-03-31")
    assert csv.text.splitlines()[1].startswith("Tỉnh Phú Thọ,")


async def test_a_courses_file_has_a_page_that_tells_how_far(officer: Reader, services: Services) -> None:
    number = await services.courses.create(SYSTEM, CourseInput("Lớp bồi dưỡng", 1))
    await services.courses.add_session(SYSTEM, number, SessionId(1))
    assert f'action="/courses/{number}/files"' in (await officer.get(f"/courses/{number}")).text
    answer = await officer.post(f"/courses/{number}/files", {"form": "pdf", "state": ""})
    assert re.fullmatch(r"/reports/files/[\w-]+/progress", answer.location)
    page = await officer.get(answer.location)
    assert f'href="/courses/{number}"' in page.text
    await asyncio.wait_for(asyncio.gather(*services.report_files._shelf._tasks), 60)
    assert "The file is ready" in (await officer.get(answer.location)).text
    assert (await officer.post(f"/courses/{number}/files", {"form": "doc"})).status == 422
    assert (await officer.post("/courses/99/files", {"form": "pdf"})).status == 404


async def test_a_units_papers_are_shown_and_said_on_a_page_and_by_the_api(
    reader: Reader, services: Services
) -> None:
    admin = await log_in(reader, services, 1, Role.ADMINISTRATOR)
    page = await admin.get("/units/4/papers")
    assert page.status == 200
    assert "ỦY BAN NHÂN DÂN XÃ ẤM HẠ" in page.text
    assert "Ấm Hạ, ngày" in page.text
    assert 'href="/units/4/papers"' in (await admin.get("/units/4")).text
    sent = await admin.post("/units/4/papers", {"agency": "Đảng ủy {unit}", "office": "Bí thư\r\nTM."})
    assert sent.status == 303
    told = json.loads((await admin.get("/api/v1/units/4/papers")).text)
    assert told["letterhead"]["agency"] == "Đảng ủy xã Ấm Hạ"
    assert told["said"]["office"] == "Bí thư\nTM."
