"""Registration by a unit's link: from the organizer's page over the letter to the answer, and back."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from aiohttp import CookieJar
from aiohttp.test_utils import TestClient, TestServer
from sqlalchemy import func, select

from confhub.access.rules import SYSTEM
from confhub.accounts.values import GrantWish
from confhub.db.database import Database
from confhub.http.context import Services
from confhub.invitations.limits import ANSWERS_MAX, ASKS_PER_LINK, DELEGATES_MAX, KEPT
from confhub.invitations.models import RegistrationAnswer, RegistrationDelegate, RegistrationLink
from confhub.kernel.clock import ManualClock
from confhub.kernel.ids import SessionId, UnitId
from confhub.kernel.permissions import Role
from confhub.people.values import PersonDraft
from confhub.rosters.values import Scope
from confhub.sessions.values import Participants, SessionInput
from tests.plugins.website import PASSWORD, Province, Reader

Somebody = Callable[..., Awaitable[Reader]]
HANOI = ZoneInfo("Asia/Ho_Chi_Minh")

_LINK = re.compile(r"data-registration-link>[^<]*(/r/[\w-]+)<")


@pytest.fixture
async def somebody(server: TestServer, services: Services) -> AsyncIterator[Somebody]:
    """Makes an account with a role at a unit, and logs it in."""
    async with AsyncExitStack() as stack:

        async def make(unit_id: UnitId, role: Role = Role.ORGANIZER, name: str = "canbo") -> Reader:
            grants = [GrantWish(role, unit_id)]
            await services.accounts.create_account(SYSTEM, name, PASSWORD, "Cán bộ", grants, "vi")
            client = await stack.enter_async_context(TestClient(server, cookie_jar=CookieJar(unsafe=True)))
            reader = Reader(client, headers={"Accept-Language": "vi"})
            await reader.log_in(name)
            return reader

        yield make


@pytest.fixture
async def phone(server: TestServer) -> AsyncIterator[Reader]:
    """Somebody without an account."""
    async with TestClient(server, cookie_jar=CookieJar(unsafe=True)) as client:
        yield Reader(client, headers={"Accept-Language": "vi"})


@pytest.fixture
async def session(admin: Reader, services: Services, province: Province) -> SessionId:
    """Of the left branch, with the right branch's room; in two days."""
    form = SessionInput(
        title="Hội nghị toàn huyện", kind="meeting", unit_id=province.left.id,
        starts_at=services.clock.now() + timedelta(days=2), length_min=120,
        chair_endpoint_id=province.left_room.id,
        participants=Participants(include_endpoints=(province.right_room.id,)),
    )  # fmt: skip
    made = (await services.sessions.create(SYSTEM, form)).session.id
    await services.sessions.schedule(SYSTEM, made)
    return made


async def opened(services: Services, session: SessionId) -> None:
    await services.invitations.registrations.set_closing(
        SYSTEM, session, services.clock.now() + timedelta(days=1)
    )


async def link_of(services: Services, session: SessionId, unit: UnitId) -> str:
    return f"/r/{await services.invitations.registrations.renew_link(SYSTEM, session, unit)}"


async def answers(services: Services, session: SessionId) -> dict[str, str]:
    """Unit → choice."""
    found = await services.invitations.registrations.of(SYSTEM, session)
    return {one.unit_name: one.answer.choice.value for one in found.units if one.answer}


def typed(moment: datetime) -> str:
    return moment.astimezone(HANOI).strftime("%d/%m/%Y %H:%M")


async def test_a_unit_answers_without_an_account_and_the_organizer_reads_it(
    somebody: Somebody, phone: Reader, services: Services, province: Province, session: SessionId
) -> None:
    organizer = await somebody(province.left.id)
    here = f"/sessions/{session}/registration"
    assert here in (await organizer.get(f"/sessions/{session}")).text
    closing = typed(services.clock.now() + timedelta(days=1))
    assert (await organizer.get(here)).status == 200
    assert (await organizer.post(here, {"closes_at": closing})).status == 303
    made = await organizer.post(f"{here}/{province.right.id}/link")
    found = _LINK.search(made.text)
    assert found, made.text
    assert found[1] not in (await organizer.get(here)).text, "it is shown once"
    page = await phone.get(found[1])
    assert page.status == 200
    assert "Hội nghị toàn huyện" in page.text
    assert province.right_room.name in page.text
    assert (page.headers["X-Robots-Tag"], page.headers["Cache-Control"]) == ("noindex, nofollow", "no-store")
    people = "1. Nguyễn Văn An, Chủ tịch\n2. Trần Thị Bình; Phó Chủ tịch; Xã Bằng Giã\n- Lê Cường\tVăn thư"
    sent = await phone.post(found[1], {"choice": "comes", "delegates": people, "by_name": "Văn thư"})
    assert sent.status == 200
    assert "Cảm ơn" in sent.text
    assert "3 đại biểu" in sent.text
    shown = await organizer.get(here)
    assert "Tham dự" in shown.text
    assert "Nguyễn Văn An" not in shown.text
    one = await organizer.get(f"{here}/{province.right.id}")
    for said in ("Nguyễn Văn An", "Chủ tịch", "Trần Thị Bình", "Xã Bằng Giã", "Lê Cường"):
        assert said in one.text, said
    assert "Trần Thị Bình" not in (await phone.get(found[1])).text, "the link does not tell who was named"


async def test_a_new_answer_replaces_the_former_and_both_are_kept(
    phone: Reader, services: Services, province: Province, session: SessionId
) -> None:
    await opened(services, session)
    link = await link_of(services, session, province.right.id)
    await phone.get(link)
    await phone.post(link, {"choice": "comes", "delegates": "Nguyễn Văn An\nLê Thị Bưởi"})
    await phone.post(link, {"choice": "represented", "reason": "Phó Chủ tịch dự thay"})
    record = await services.invitations.registrations.record_of(SYSTEM, session, province.right.id)
    assert [one.choice.value for one in record.answers] == ["represented", "comes"]
    assert [one.name for one in record.delegates] == ["Nguyễn Văn An", "Lê Thị Bưởi"], (
        "an empty list keeps them"
    )
    later = services.clock.now() + timedelta(days=2, minutes=30)
    await phone.post(link, {"choice": "later", "comes_at": typed(later), "without": "true"})
    record = await services.invitations.registrations.record_of(SYSTEM, session, province.right.id)
    assert (record.answers[0].comes_at, record.delegates) == (later.replace(second=0, microsecond=0), ())
    assert len(record.answers) == 3


async def test_links_end_when_they_are_renewed_revoked_closed_or_the_session_is_cancelled(
    phone: Reader, services: Services, province: Province, session: SessionId, clock: ManualClock
) -> None:
    await opened(services, session)
    old = await link_of(services, session, province.right.id)
    new = await link_of(services, session, province.right.id)
    assert [(await phone.get(one)).status for one in (old, new)] == [404, 200]
    assert "không còn hiệu lực" in (await phone.get(old)).text
    await services.invitations.registrations.revoke_links(SYSTEM, session, province.right.id)
    assert (await phone.get(new)).status == 404
    assert (await phone.post(new, {"choice": "comes"})).status == 404
    last = await link_of(services, session, province.right.id)
    assert (await phone.get(last)).status == 200
    clock.advance(86_401)
    for answer in (await phone.get(last), await phone.post(last, {"choice": "comes"})):
        assert answer.status == 410
        assert "Đã hết hạn đăng ký phiên họp này." in answer.text
    await opened_until_start(services, session)
    assert (await phone.get(last)).status == 200, "the organizer moved the closing date"
    await services.sessions.cancel(SYSTEM, session)
    off = await phone.get(last)
    assert (off.status, "đã hủy" in off.text, "Hội nghị" in off.text) == (410, True, False)
    assert await answers(services, session) == {}


async def opened_until_start(services: Services, session: SessionId) -> None:
    view = await services.sessions.get(SYSTEM, session)
    await services.invitations.registrations.set_closing(SYSTEM, session, view.session.starts_at)


async def test_a_link_answers_for_its_own_unit_alone(
    phone: Reader, services: Services, province: Province, session: SessionId
) -> None:
    await opened(services, session)
    link = await link_of(services, session, province.right.id)
    page = await phone.get(link)
    assert province.left_room.name not in page.text.replace(
        f"Điểm cầu chủ tọa: {province.left_room.name}", ""
    )
    answer = {"choice": "comes", "endpoint_id": str(province.left_room.id), "unit_id": str(province.left.id)}
    refused = await phone.post(link, answer)
    assert (refused.status, "không phải điểm cầu của đơn vị" in refused.text) == (422, True)
    assert await answers(services, session) == {}
    await phone.post(link, {"choice": "comes"})
    assert list(await answers(services, session)) == [province.right.name]


BAD = {
    "ten thousand": ("\n".join(["Nguyễn An"] * 3_000), f"tối đa {DELEGATES_MAX} đại biểu; danh sách có 3000"),
    "long": ("Lê An\n" + "N" * 500, "Dòng 2 của danh sách: họ tên, chức vụ và đơn vị dài tối đa 200"),
    "emoji": ("Lê An 🎉", "Dòng 1 của danh sách có ký tự không đọc được hoặc hình."),
    "turned": ("Lê An\n\nTrần \u202eBình", "Dòng 3 của danh sách có ký tự không đọc được hoặc hình."),
    "numbers": ("1, 2, 3", "Dòng 1 của danh sách không có tên."),
}


@pytest.mark.parametrize("what", list(BAD))
async def test_a_bad_list_is_refused_in_a_clear_sentence_and_stays_typed(
    phone: Reader, services: Services, province: Province, session: SessionId, what: str
) -> None:
    await opened(services, session)
    link = await link_of(services, session, province.right.id)
    await phone.get(link)
    text, said = BAD[what]
    refused = await phone.post(link, {"choice": "comes", "delegates": text})
    assert refused.status == 422
    assert said in refused.text
    assert await answers(services, session) == {}


async def test_ten_thousand_delegates_are_too_large_for_the_door(
    phone: Reader, services: Services, province: Province, session: SessionId
) -> None:
    await opened(services, session)
    link = await link_of(services, session, province.right.id)
    await phone.get(link)
    refused = await phone.post(link, {"choice": "comes", "delegates": "Nguyễn Văn An, Xã A\n" * 10_000})
    assert refused.status == 413
    assert "Hãy rút gọn nội dung hoặc danh sách" in refused.text
    assert await answers(services, session) == {}


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"choice": "absent"}, "Hãy ghi lý do vắng, hoặc ai dự thay."),
        ({"choice": "later"}, "Hãy ghi giờ đến"),
        ({"choice": "later", "comes_at": "01/01/2020 08:00"}, "Hãy ghi giờ đến"),
        ({"choice": "absent", "reason": "x" * 501}, "quá 500 ký tự"),
    ],
)
async def test_what_belongs_to_an_answer_is_asked_for(
    phone: Reader, services: Services, province: Province, session: SessionId, sent: dict[str, str], said: str
) -> None:
    await opened(services, session)
    link = await link_of(services, session, province.right.id)
    await phone.get(link)
    refused = await phone.post(link, sent)
    assert (refused.status, said in refused.text) == (422, True), refused.text
    assert (await phone.post(link, {"choice": "perhaps"})).status == 422


async def test_an_absence_is_announced_and_not_decided_and_taken_back_by_a_new_answer(
    phone: Reader, services: Services, province: Province, session: SessionId
) -> None:
    person = await services.people.add(SYSTEM, PersonDraft("Nguyễn Văn An", province.right.id))
    other = await services.people.add(SYSTEM, PersonDraft("Lê Bình", province.right.id))
    await services.rosters.add(SYSTEM, province.right_room.id, [person.id, other.id], Scope(session))
    await services.absences.enter(SYSTEM, session, other.id, "Đi công tác", approve=True)
    await opened(services, session)
    link = await link_of(services, session, province.right.id)
    await phone.get(link)
    assert "Cảm ơn" in (await phone.post(link, {"choice": "absent", "reason": "Bão lũ"})).text
    found = {one.name: one for one in (await services.absences.page(SYSTEM, session)).rows}
    told = found["Nguyễn Văn An"]
    assert (told.state, told.reason) == ("pending", "Bão lũ"), "an officer decides"
    assert told.entered_by == f"{province.right.name}, qua liên kết đăng ký"
    assert (found["Lê Bình"].state, found["Lê Bình"].reason) == ("approved", "Đi công tác")
    await phone.post(link, {"choice": "comes"})
    states = {one.name: one.state for one in (await services.absences.page(SYSTEM, session)).rows}
    assert states == {"Nguyễn Văn An": "withdrawn", "Lê Bình": "approved"}
    await phone.post(link, {"choice": "absent", "reason": "Bão lũ"})
    (pending,) = (await services.absences.page(SYSTEM, session, state="pending")).rows
    await services.absences.decide(SYSTEM, session, [pending.id], approve=True)
    await phone.post(link, {"choice": "comes"})
    approved = (await services.absences.page(SYSTEM, session, state="approved")).rows
    assert len(approved) == 2, "what an officer decided is the officer's to change"


async def test_who_may_view_sees_their_branch_and_who_may_not_edit_changes_nothing(
    somebody: Somebody, services: Services, province: Province, session: SessionId
) -> None:
    await opened(services, session)
    await link_of(services, session, province.right.id)
    neighbour = await somebody(province.right.id)
    here = f"/sessions/{session}/registration"
    page = await neighbour.get(here)
    assert page.status == 200
    status, body = await neighbour.call("GET", f"/api/v1{here}")
    assert (status, [one["unit_name"] for one in body["units"]]) == (200, [province.right.name])
    right = province.right.id
    for path in (here, f"{here}/close", f"{here}/remind", f"{here}/{right}/link", f"{here}/{right}/revoke"):
        data = {"closes_at": typed(services.clock.now() + timedelta(hours=5))}
        assert (await neighbour.post(path, data)).status == 403, path
    assert (await neighbour.get(f"{here}/{right}")).status == 403
    for method, path, sent in (
        ("POST", "/closing", {"closes_at": None}), ("POST", "/remind", {}), ("GET", f"/{right}", None),
        ("POST", f"/{right}/link", None), ("DELETE", f"/{right}/link", None),
    ):  # fmt: skip
        assert (await neighbour.call(method, f"/api/v1{here}{path}", sent))[0] == 403, path
    hours = f"/api/v1/sessions/{session}/reminders"
    assert (await neighbour.call("GET", hours))[0] == 200
    assert (await neighbour.call("POST", hours, {"hours": [1]}))[0] == 403
    assert (await neighbour.post(f"{here}/reminders", {"hours": "1"})).status == 403
    assert (await neighbour.get("/sessions/987654321/registration")).status == 404


async def test_the_organizer_does_the_same_by_the_api(
    somebody: Somebody, phone: Reader, services: Services, province: Province, session: SessionId
) -> None:
    organizer = await somebody(province.left.id)
    here = f"/api/v1/sessions/{session}/registration"
    until = services.clock.now() + timedelta(days=1)
    early, late = until - timedelta(days=2), until + timedelta(days=9)
    for wrong in (early, late):
        status, body = await organizer.call("POST", f"{here}/closing", {"closes_at": wrong.isoformat()})
        assert (status, body["error"]["code"]) == (422, "registration_closing")
    assert (await organizer.call("POST", f"{here}/{province.right.id}/link"))[1]["error"][
        "code"
    ] == "not_registering"
    status, body = await organizer.call("POST", f"{here}/closing", {"closes_at": until.isoformat()})
    assert (status, body["is_open"], body["counts"]) == (200, True, {"none": 2})
    status, body = await organizer.call("POST", f"{here}/{province.right.id}/link")
    assert status == 201
    link = body["link"][body["link"].index("/r/") :]
    await phone.get(link)
    await phone.post(link, {"choice": "comes", "delegates": "Nguyễn Văn An, Chủ tịch"})
    status, body = await organizer.call("GET", f"{here}/{province.right.id}")
    assert [one["name"] for one in body["delegates"]] == ["Nguyễn Văn An"]
    assert (await organizer.call("POST", f"{here}/remind", {}))[1] == {"reminded": 0}, "no mail server"
    assert (await organizer.call("DELETE", f"{here}/{province.right.id}/link"))[0] == 204
    assert (await organizer.call("DELETE", f"{here}/{province.right.id}/link"))[0] == 404
    assert (await organizer.call("POST", f"{here}/987654/link"))[0] == 404
    status, body = await organizer.call("POST", f"{here}/closing", {"closes_at": None})
    assert (status, body["is_open"]) == (200, False)
    assert (await organizer.call("POST", f"{here}/closing", {"closes_at": None}))[0] == 409


async def test_delegates_come_onto_the_session_s_list_through_the_import(
    admin: Reader, phone: Reader, services: Services, province: Province, session: SessionId
) -> None:
    known = await services.people.add(SYSTEM, PersonDraft("Nguyễn Văn An", province.right.id))
    await opened(services, session)
    link = await link_of(services, session, province.right.id)
    await phone.get(link)
    await phone.post(link, {"choice": "comes", "delegates": "Nguyễn Văn An, Chủ tịch\nLê Thị Mới, Văn thư"})
    here = f"/sessions/{session}/registration"
    await admin.get(here)
    plan = await admin.post(f"{here}/take")
    assert plan.status == 200, plan.text
    assert "Lê Thị Mới" in plan.text
    token = re.search(r'name="draft" value="([^"]+)"', plan.text)
    assert token, plan.text
    answered = {
        "draft": token[1],
        "roster": "session",
        "session_id": str(session),
        "answer all.known": "same",
    }
    plan = await admin.post("/people/import/revise", answered)
    ready = re.search(r'name="token" value="([^"]+)"', plan.text)
    assert ready, plan.text
    assert (await admin.post("/people/import/apply", {"token": ready[1]})).status == 303
    listed = await services.rosters.room(SYSTEM, province.right_room.id, Scope(session))
    assert {one.name for one in listed.rows} == {"Nguyễn Văn An", "Lê Thị Mới"}
    assert known.id in {one.id for one in listed.rows}


async def test_asking_and_answering_are_bounded(
    phone: Reader, services: Services, province: Province, session: SessionId
) -> None:
    await opened(services, session)
    link = await link_of(services, session, province.right.id)
    await phone.get(link)
    for _ in range(ANSWERS_MAX):
        assert (await phone.post(link, {"choice": "comes"})).status == 200
    full = await phone.post(link, {"choice": "comes"})
    assert (full.status, f"đã trả lời {ANSWERS_MAX} lần" in full.text) == (409, True)
    for _ in range(ASKS_PER_LINK - ANSWERS_MAX - 2):
        await phone.get(link)
    often = await phone.get(link)
    assert (often.status, "Retry-After" in often.headers) == (429, True)
    assert (await phone.post(link, {"choice": "comes"})).status == 429
    assert (await phone.get("/r/" + "x" * 32)).status == 404


async def test_an_erased_person_and_an_old_session_leave_no_names(
    phone: Reader, services: Services, province: Province, session: SessionId, hub_database: Database,
    clock: ManualClock,
) -> None:  # fmt: skip
    person = await services.people.add(SYSTEM, PersonDraft("Nguyễn Văn An", province.right.id))
    await opened(services, session)
    link = await link_of(services, session, province.right.id)
    await phone.get(link)
    people = "NGUYỄN VĂN AN, Chủ tịch\nLê Bình"
    await phone.post(link, {"choice": "represented", "reason": "nguyễn văn an dự thay", "delegates": people})
    held = await services.privacy.export(SYSTEM, person.id)
    assert [one["position"] for one in held["named_as_delegate"]] == ["Chủ tịch"]
    await services.privacy.erase(SYSTEM, person.id, "Theo yêu cầu", typed_name="Nguyễn Văn An")
    record = await services.invitations.registrations.record_of(SYSTEM, session, province.right.id)
    assert ([one.name for one in record.delegates], record.answers[0].said) == (["Lê Bình"], "")
    clock.advance(KEPT.total_seconds() + 3 * 86_400)
    await services.invitations.registrations.forget_over()
    async with hub_database.reading() as tx:
        for table in (RegistrationAnswer, RegistrationDelegate, RegistrationLink):
            assert await tx.scalar(select(func.count()).select_from(table)) == 0, table
