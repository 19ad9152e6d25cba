"""A phone that was taken by a person is taken back by the room or an officer, and checks in somebody else."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import pytest
from sqlalchemy import select

from confhub.audit.models import AuditRow
from confhub.checkin.errors import PhoneUnknown
from confhub.checkin.models import CheckinDevice, CheckinMove, CheckinUndo, PersonEvent, UndoneEvent
from confhub.checkin.patterns import Remark
from confhub.checkin.phones import HeldPhone
from confhub.checkin.sealing import SealService
from confhub.kernel.ids import AttendeeId
from confhub.kernel.permissions import Role
from confhub.sessions.errors import AttendanceSealed, SessionUnknown
from tests.functional.hub_checkin.test_doors import HERE, OTHER, THERE, other_room
from tests.functional.hub_checkin.test_phone import Phone, Phones, code, phones_of
from tests.functional.hub_checkin.test_plan_page import officer  # noqa: F401 - a fixture
from tests.functional.hub_checkin.test_tablet import batch, event, results
from tests.plugins.attendance import officer as account
from tests.plugins.checkin import PROVINCE, SESSION, Hall
from tests.plugins.website import Reader

pytestmark = pytest.mark.both_databases

WHY = "Anh Hoà cho mượn máy"
LE_HOA, DO_MANH = AttendeeId(4), AttendeeId(5)
ADMIN = account("/1/", 9, Role.ADMINISTRATOR)


@pytest.fixture
async def phone(hall: Hall) -> AsyncIterator[Phones]:
    async with phones_of(hall) as make:
        yield make


async def taken(hall: Hall, phone: Phones) -> Phone:
    """A phone that checked Lê Hoà in."""
    one = await phone().get((await code(hall))[0])
    return await one.choose("Lê Hoà")


async def held(hall: Hall, person: int = LE_HOA, actor: Any = PROVINCE) -> list[HeldPhone]:
    return await hall.services.phones.of_person(actor, SESSION, AttendeeId(person))


async def as_room(hall: Hall, person: int, session: int = 1, reason: str = WHY) -> tuple[int, str]:
    async with hall.phone() as client:
        headers = {"Authorization": f"Bearer {hall.token}", "Accept-Language": "en"}
        path = f"/api/v1/tablet/sessions/{session}/phones/take-back"
        body = {"attendee": person, "reason": reason}
        async with client.post(path, json=body, headers=headers) as answer:
            return answer.status, await answer.text()


async def test_a_lent_phone_checks_in_its_owner_once_an_officer_has_taken_it_back(
    hall: Hall, phone: Phones
) -> None:
    one = await taken(hall, phone)
    again = await one.get((await code(hall))[0])
    assert ("Not you?" in again.page, "take this phone back on the tablet" in again.page) == (True, True)
    (found,) = await held(hall)
    assert (found.rooms, found.events) == (("Phòng họp xã Ấm Hạ",), 1)
    undone = await hall.services.phones.take_back(PROVINCE, SESSION, found.device, WHY)
    assert (undone.source, undone.events, undone.reason) == (f"phone:{found.device}", 0, WHY)
    assert await held(hall) == []
    await one.get((await code(hall))[0])
    assert "Who are you?" in one.page
    await one.choose("Đỗ Mạnh")
    assert "You are checked in" in one.page
    states = await hall.states()
    assert (states[LE_HOA], states[DO_MANH]) == ("in", "in")  # both came
    async with hall.house.database.reading() as tx:
        row = await tx.scalar(select(AuditRow).where(AuditRow.action == "checkin:phone:free"))
    assert row is not None
    assert (row.details["attendee_id"], row.details["reason"]) == (LE_HOA, WHY)
    sources, told = await hall.services.undoing.sources(PROVINCE, SESSION)
    assert [one.remarks for one in sources if one.kind == "code"] == [(Remark.SILENT, Remark.SHARED)]
    assert [one.source for one in told] == [f"phone:{found.device}"]


async def test_a_wrong_name_goes_with_the_phone(hall: Hall, phone: Phones) -> None:
    one = await taken(hall, phone)
    (found,) = await held(hall)
    undone = await hall.services.phones.take_back(PROVINCE, SESSION, found.device, WHY, check_ins=True)
    assert (undone.source, undone.events) == (f"device:{found.device}", 1)
    assert (await hall.states())[LE_HOA] == "expected"
    await one.get((await code(hall))[0])
    await one.choose("Đỗ Mạnh")
    assert "You are checked in" in one.page
    sources, _ = await hall.services.undoing.sources(PROVINCE, SESSION)
    assert [one.remarks for one in sources if one.kind == "code"] == [(Remark.SILENT,)]


async def test_taking_back_a_code_frees_the_phones_of_which_nothing_is_left(
    hall: Hall, phone: Phones
) -> None:
    one = await taken(hall, phone)
    (source,) = (await hall.services.undoing.sources(PROVINCE, SESSION))[0]
    await hall.services.undoing.undo(PROVINCE, SESSION, source.name, WHY)
    assert await hall.count(CheckinDevice) == 0
    await one.get((await code(hall))[0])
    await one.choose("Đỗ Mạnh")
    assert "You are checked in" in one.page


async def test_a_tap_that_is_sent_again_does_not_take_the_phone_anew(hall: Hall, phone: Phones) -> None:
    one = await phone().get((await code(hall))[0])
    await one.post("/c/who", q="Lê Hoà")
    tap = {"kind": "in", "attendee": one.people()["Lê Hoà"]}
    await one.post("/c/check-in", **tap)
    (found,) = await held(hall)
    await hall.services.phones.take_back(PROVINCE, SESSION, found.device, WHY, check_ins=True)
    await one.post("/c/check-in", **tap)
    assert (await hall.count(CheckinDevice), await hall.count(PersonEvent)) == (0, 1)


async def test_the_room_s_own_tablet_takes_it_back(hall: Hall, phone: Phones) -> None:
    one = await taken(hall, phone)
    assert (await as_room(hall, LE_HOA, reason=""))[0] == 422
    assert (await as_room(hall, LE_HOA))[0] == 204
    status, text = await as_room(hall, LE_HOA)  # again: nothing is left to take back
    assert (status, "phone_unknown" in text) == (404, True)
    await one.get((await code(hall))[0])
    await one.choose("Đỗ Mạnh")
    assert "You are checked in" in one.page
    async with hall.house.database.reading() as tx:
        undo = await tx.scalar(select(CheckinUndo))
    assert undo is not None
    assert (undo.author_name, undo.author_id, await hall.count(UndoneEvent)) == (
        "tablet 1 · máy 1 · H4",
        None,
        0,
    )


async def test_another_room_s_tablet_and_another_session_take_nothing_back(hall: Hall, phone: Phones) -> None:
    await taken(hall, phone)
    other = await other_room(hall)
    assert (await as_room(other, LE_HOA))[0] == 404
    assert (await as_room(hall, LE_HOA, session=99))[0] == 404
    assert (await as_room(hall, DO_MANH))[0] == 404
    assert await hall.count(CheckinDevice) == 1


async def test_an_officer_takes_back_within_the_branch_alone(hall: Hall, phone: Phones) -> None:
    await taken(hall, phone)
    (found,) = await held(hall)
    for outside in (THERE, account("/1/2/", 2, Role.OPERATOR), account("/1/", 1, Role.VIEWER)):
        with pytest.raises((PhoneUnknown, SessionUnknown)):
            await hall.services.phones.take_back(outside, SESSION, found.device, WHY)
        with suppress(SessionUnknown):
            assert await held(hall, actor=outside) == []
    with pytest.raises(PhoneUnknown):
        await hall.services.phones.take_back(PROVINCE, SESSION, "0" * 64, WHY)
    assert len(await held(hall, actor=HERE)) == 1
    await hall.services.phones.take_back(HERE, SESSION, found.device, WHY)


async def test_the_page_and_the_api_take_back(hall: Hall, phone: Phones, officer: Reader) -> None:  # noqa: F811
    one = await taken(hall, phone)
    (found,) = await held(hall)
    here = f"/sessions/1/people/persons/{LE_HOA}"
    page = await officer.get(here)
    assert (page.status, f'value="{found.device}"' in page.text) == (200, True)
    form = {"device": found.device, "phone_reason": ""}
    assert (await officer.post(f"{here}/phone", form)).status == 422
    assert (
        await officer.post(f"{here}/phone", {**form, "phone_reason": WHY})
    ).location == f"{here}?done=saved"
    assert (await officer.post(f"{here}/phone", {**form, "phone_reason": WHY})).location == here
    assert "Take back this phone" not in (await officer.get(here)).text
    report = (await officer.get("/sessions/1/people")).text
    assert ("the phone alone" in report, WHY in report) == (True, True)
    assert "the phone alone, its check-ins count on" in (await officer.get("/desk/sessions/1/devices")).text
    await one.get((await code(hall))[0])
    await one.choose("Đỗ Mạnh")
    status, phones = await officer.call("GET", f"/api/v1/sessions/1/people/{DO_MANH}/phones")
    assert (status, [each["device"] for each in phones]) == (200, [found.device])
    body = {"device": found.device, "reason": WHY, "check_ins": True}
    status, undone = await officer.call("POST", "/api/v1/sessions/1/checkin/phones/take-back", body)
    assert (status, undone["events"]) == (200, 1)
    states = await hall.states()
    assert (states[LE_HOA], states[DO_MANH]) == ("in", "expected")  # who had it before came all the same
    status, told = await officer.call("POST", "/api/v1/sessions/1/checkin/phones/take-back", body)
    assert (status, told["error"]["code"]) == (404, "phone_unknown")


async def test_a_seal_covers_it_and_nothing_is_taken_back_behind_one(hall: Hall, phone: Phones) -> None:
    await taken(hall, phone)
    (found,) = await held(hall)
    await hall.services.phones.take_back(PROVINCE, SESSION, found.device, WHY)
    await taken(hall, phone)
    (other,) = await held(hall)
    hall.house.move_to(3700)
    await hall.house.end(3600)
    seals = SealService(hall.house.database, hall.house.clock)
    head = await seals.close(PROVINCE, SESSION, even_so=True)
    for take_back in (
        hall.services.phones.take_back(PROVINCE, SESSION, other.device, WHY),
        hall.services.phones.take_back(PROVINCE, SESSION, other.device, WHY, check_ins=True),
    ):
        with pytest.raises(AttendanceSealed):
            await take_back
    await hall.services.privacy.erase(ADMIN, LE_HOA, "Theo yêu cầu", typed_name="Lê Hoà")
    async with hall.house.database.reading() as tx:
        reason = await tx.scalar(select(CheckinUndo.reason))
    assert (reason or "").startswith("~")  # a mark, under the same seal
    assert (await seals.verify(SESSION, head)).holds


async def test_a_phone_that_counts_for_somebody_asks_for_nobody_else(hall: Hall, phone: Phones) -> None:
    """A person of this room's list who sits in another one is asked for; a phone asks for its own person."""
    other = await other_room(hall)
    await results(other, batch(other, event(other, "v", badge=hall.badges[DO_MANH - 1], way="badge")))
    one = await taken(hall, phone)
    path = (await code(hall))[0]
    async with one.client.post("/api/v1/phone/visit", json={"token": path.removeprefix("/c/")}) as answer:
        visit = (await answer.json())["visit"]
    async with one.client.post(
        "/api/v1/phone/check-in", json={"visit": visit, "badge": hall.badges[DO_MANH - 1]}
    ) as answer:
        assert (answer.status, (await answer.json())["error"]["code"]) == (409, "device_taken")
    assert (await hall.count(CheckinMove), OTHER) == (0, 6)
