"""The organizer's page on how a session is checked in, with a file afterwards."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest
from aiohttp import CookieJar, FormData
from aiohttp.test_utils import TestClient

from confhub.access.rules import SYSTEM
from confhub.accounts.values import GrantWish
from confhub.checkin.models import PersonEvent
from confhub.kernel.ids import SessionId, UnitId
from confhub.kernel.permissions import Role
from tests.plugins.checkin import Hall
from tests.plugins.website import PASSWORD, Reader

HERE = "/sessions/1/checkin"


@pytest.fixture
async def officer(hall: Hall) -> AsyncIterator[Reader]:
    """The province's training officer, logged in."""
    accounts = hall.services.accounts
    for name, role, unit in (
        ("quan-tri", Role.ADMINISTRATOR, None),
        ("can-bo", Role.TRAINING_OFFICER, UnitId(1)),
        ("huyen", Role.TRAINING_OFFICER, UnitId(3)),
    ):
        await accounts.create_account(SYSTEM, name, PASSWORD, name, [GrantWish(role, unit)], "en")
    async with TestClient(hall.server, cookie_jar=CookieJar(unsafe=True)) as client:
        reader = Reader(client, headers={"Accept-Language": "en"})
        await reader.log_in("can-bo")
        yield reader


def upload(officer: Reader, text: str, *, take: bool, name: str = "vao-ra.csv") -> FormData:
    form = FormData()
    form.add_field("csrf_token", officer.token)
    form.add_field("file", text.encode(), filename=name, content_type="text/csv")
    if take:
        form.add_field("take", "1")
    return form


@pytest.mark.both_databases
async def test_the_policy_is_set_and_faults_stand_at_their_fields(officer: Reader, hall: Hall) -> None:
    page = await officer.get(HERE)
    assert (page.status, page.text.count('name="ways"')) == (200, 4)
    form = {"ways": "qr", "scan_margin_s": "10", "complete_percent": "70", "prompts": "0"}
    assert (await officer.post(HERE, form)).location == f"{HERE}?done=saved"
    policy = (await hall.services.plans.plan(SYSTEM, SessionId(1))).policy
    assert ([way.value for way in policy.ways], policy.scan_margin_s, policy.guests) == (["qr"], 10, False)
    wrong = await officer.post(HERE, {**form, "scan_margin_s": "999", "complete_percent": "abc"})
    assert wrong.status == 422
    assert 'value="999"' in wrong.text
    wrong = await officer.post(HERE, {**form, "scan_margin_s": "999"})
    assert "The margin for late scans is 0 to 300 seconds." in wrong.text


async def test_breaks_and_prompts_by_button(officer: Reader, hall: Hall) -> None:
    assert (await officer.post(f"{HERE}/break-begin")).status == 303
    again = await officer.post(f"{HERE}/break-begin")
    assert (again.status, "A break is running already." in again.text) == (409, True)
    assert (await officer.post(f"{HERE}/break-end")).status == 303
    assert (await officer.post(f"{HERE}/prompt")).status == 303
    wrong = await officer.post(
        f"{HERE}/breaks", {"starts_at": "2026-03-02T08:10", "ends_at": "2026-03-02T08:00"}
    )
    assert (wrong.status, "A break must start before it ends" in wrong.text) == (422, True)
    assert 'value="2026-03-02T08:10"' in wrong.text  # nothing typed is lost
    assert 'value="2026-03-02T08:00"' in wrong.text
    page = await officer.get(HERE)
    assert 'name="break_id" value="1"' in page.text
    assert (await officer.post(f"{HERE}/breaks/remove", {"break_id": "1"})).status == 303


async def test_a_file_is_checked_first_and_taken_in_once(officer: Reader, hall: Hall) -> None:
    hall.house.move_to(1800)
    text = (
        "Họ và tên;Đơn vị;Giờ vào;Giờ ra\nLê Hoà;Xã Ấm Hạ;08:05;08:20\nNguyễn Văn An;;08:05;\nAi Đó;;25:00;\n"
    )
    checked = await officer.post(f"{HERE}/file", upload(officer, text, take=False))
    assert checked.status == 200
    assert "Several people of this session are called Nguyễn Văn An." in checked.text
    assert await hall.count(PersonEvent) == 0
    taken = await officer.post(f"{HERE}/file", upload(officer, text, take=True))
    assert "Done: 1 row stored, 0 already there, 2 refused." in taken.text
    again = await officer.post(f"{HERE}/file", upload(officer, text, take=True))
    assert "Done: 0 rows stored, 1 already there" in again.text
    assert await hall.count(PersonEvent) == 2
    for content in ("", "a;b\n1;2\n", "Họ và tên\nLê Hoà\n"):
        wrong = await officer.post(f"{HERE}/file", upload(officer, content, take=True))
        assert (wrong.status, "invalid-feedback" in wrong.text) == (422, True), content


@pytest.mark.both_databases
async def test_a_row_is_taken_as_a_whole_or_not_at_all(officer: Reader, hall: Hall) -> None:
    hall.house.move_to(1800)
    head = "Họ và tên;Đơn vị;Điểm cầu;Giờ vào;Giờ ra;Ký tên\n"
    for row, said in (
        ("Lê Hoà;Xã Ấm Hạ;;08:20;08:05;", "The hour of leaving lies before the hour of coming."),
        ("Lê Hoà;X. Ấm Hạ;;08:05;23:00;", "1 refused"),
        ("Lê Hoá;Xã Ấm Hạ;;08:05;08:20;", "1 refused"),
        ("Lê Hoà;Xã Ấm Hạ;Phòng nào đó;08:05;08:20;", "1 refused"),
    ):
        refused = await officer.post(f"{HERE}/file", upload(officer, head + row, take=True))
        assert said in refused.text, row
        assert await hall.count(PersonEvent) == 0, row
    row = "Lê Hòa;UBND xã Ấm Hạ;Phòng họp xã Ấm Hạ;8:05:10 SA;8h20;x"
    taken = await officer.post(f"{HERE}/file", upload(officer, head + row, take=True))
    assert "Done: 1 row stored, 0 already there, 0 refused." in taken.text
    assert "Column Ký tên is not read" in taken.text
    assert await hall.count(PersonEvent) == 2


async def test_another_branch_looks_and_changes_nothing(officer: Reader, hall: Hall) -> None:
    await officer.post("/logout")
    await officer.log_in("huyen")
    page = await officer.get(HERE)
    assert (page.status, "disabled" in page.text, "break-begin" in page.text) == (200, True, False)
    form = {"ways": "qr", "scan_margin_s": "10", "complete_percent": "70"}
    assert (await officer.post(HERE, form)).status == 403
    assert (await officer.post(f"{HERE}/prompt")).status == 403


async def test_a_tablet_s_code_is_shown_and_enters_once(officer: Reader, hall: Hall) -> None:
    issued = await officer.post("/endpoints/5/tablet-code")
    code = re.findall(r"data-tablet-code>([^<]+)<", issued.text)[0]
    assert code not in (await officer.get("/endpoints/5")).text
    async with hall.phone() as tablet:
        for status in (200, 409):
            async with tablet.post("/api/v1/tablet/enter", json={"code": code, "name": "Cửa sau"}) as answer:
                assert answer.status == status
    page = await officer.get("/endpoints/5")
    assert "Cửa sau" in page.text
    number = re.findall(r'action="/tablets/(\d+)/revoke"', page.text)[0]
    assert (await officer.post(f"/tablets/{number}/revoke")).location == "/endpoints/5?done=saved"
    assert "Cửa sau" not in (await officer.get("/endpoints/5")).text


@pytest.mark.both_databases
async def test_a_sheet_of_codes_for_a_whole_branch(officer: Reader, hall: Hall) -> None:
    sheet = await officer.post("/tablets/sheet", {"unit_id": "2"})
    assert (sheet.status, sheet.text.count('class="slip"')) == (200, 2)
    assert "Xã Ấm Hạ" in sheet.text
    assert (await officer.post("/tablets/sheet", {"unit_id": "99"})).status == 404
    await officer.post("/logout")
    await officer.log_in("huyen")
    assert (await officer.post("/tablets/sheet", {"unit_id": "2"})).status in (403, 404)
