"""Letters of registration and reminders through a real mail server."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from aiohttp import FormData
from aiosmtpd.controller import Controller
from sqlalchemy import select

from confhub.access.rules import SYSTEM
from confhub.db.database import Database
from confhub.http.context import Services
from confhub.invitations.limits import LINKS_KEPT
from confhub.invitations.models import RegistrationLink
from confhub.kernel.clock import ManualClock
from confhub.kernel.ids import SessionId
from confhub.kernel.ports import free_port
from confhub.post.models import Outbox
from confhub.scheduling.moving import Hours
from confhub.sessions.values import Participants, SessionInput
from confhub.settings import Settings
from tests.plugins.calendars import Inbox
from tests.plugins.website import Province, Reader

LINK = re.compile(r"http://[\w.:]+(/r/[\w-]+)")
LEFT, RIGHT = "trai@example.vn", "phai@example.vn"


@pytest.fixture
def mail() -> Iterator[tuple[Inbox, int]]:
    inbox, port = Inbox(), free_port()
    server = Controller(inbox, hostname="127.0.0.1", port=port)
    server.start()
    yield inbox, port
    server.stop()


@pytest.fixture
def settings(tmp_path: Path, mail: tuple[Inbox, int]) -> Settings:
    made = Settings(data_dir=tmp_path, database_url="", trusted_proxies=())
    url = f"smtp://127.0.0.1:{mail[1]}?tls=none"
    return replace(made, smtp_url=url, mail_from="hop@example.vn")


@pytest.fixture
async def session(admin: Reader, services: Services, province: Province) -> SessionId:
    """A draft with both branches' rooms, whose units have addresses; units may answer for a day."""
    await services.contacts.set_unit(SYSTEM, province.left.id, LEFT)
    await services.contacts.set_room(SYSTEM, province.right_room.id, RIGHT)
    form = SessionInput(
        title="Hội nghị toàn tỉnh", kind="meeting", unit_id=province.top.id,
        starts_at=services.clock.now() + timedelta(days=2), length_min=60,
        chair_endpoint_id=province.left_room.id,
        participants=Participants(include_endpoints=(province.right_room.id,)),
    )  # fmt: skip
    made = (await services.sessions.create(SYSTEM, form)).session.id
    await services.invitations.registrations.set_closing(
        SYSTEM, made, services.clock.now() + timedelta(days=1)
    )
    return made


def texts(inbox: Inbox, address: str) -> list[str]:
    """Texts of the letters of registration that came to it, subjects in front."""
    found = []
    for letter in inbox.letters.get(address, []):
        part = letter.get_body(("plain",))
        assert part is not None
        if "/r/" in part.get_content():
            found.append(f"{letter['Subject']}\n{part.get_content()}")
    return found


async def test_each_unit_is_told_once_and_its_link_opens(
    services: Services, province: Province, session: SessionId, mail: tuple[Inbox, int], reader: Reader
) -> None:
    inbox, _ = mail
    letters = services.invitations.letters
    assert await letters.send_due() == 0, "a draft is told to nobody"
    await services.sessions.schedule(SYSTEM, session)
    assert await letters.send_due() == 2
    assert await letters.send_due() == 0
    (left,), (right,) = texts(inbox, LEFT), texts(inbox, RIGHT)
    assert right.startswith("Đề nghị đăng ký tham dự: Hội nghị toàn tỉnh\n")
    assert f"mời {province.right.name} dự phiên họp" in right
    for text, unit in ((left, province.left.name), (right, province.right.name)):
        found = LINK.search(text)
        assert found
        page = await reader.get(found[1])
        assert (page.status, f"<strong>{unit}</strong>" in page.text) == (200, True)


async def test_who_answered_is_not_reminded_and_nobody_twice_in_an_hour(
    services: Services, province: Province, session: SessionId, mail: tuple[Inbox, int], reader: Reader,
    clock: ManualClock, hub_database: Database,
) -> None:  # fmt: skip
    inbox, _ = mail
    await services.sessions.schedule(SYSTEM, session)
    await services.invitations.letters.send_due()
    found = LINK.search(texts(inbox, LEFT)[0])
    assert found
    await reader.get(found[1])
    assert (await reader.post(found[1], {"choice": "comes"})).status == 200
    assert await services.invitations.registrations.remind(SYSTEM, session) == 1
    assert await services.invitations.registrations.remind(SYSTEM, session) == 0
    await services.invitations.letters.send_due()
    assert len(texts(inbox, LEFT)) == 1
    old, new = texts(inbox, RIGHT)
    assert new.startswith("Nhắc đăng ký tham dự: Hội nghị toàn tỉnh\n")
    links = [LINK.search(one)[1] for one in (old, new)]  # type: ignore[index]
    assert links[0] != links[1], "no letter can tell an old secret"
    assert [(await reader.get(one)).status for one in links] == [200, 200]
    for _ in range(LINKS_KEPT):
        clock.advance(3_600)
        assert await services.invitations.registrations.remind(SYSTEM, session) == 1
        await services.invitations.letters.send_due()
    assert (await reader.get(links[0])).status == 404, "the oldest give way"
    async with hub_database.reading() as tx:
        kept = list(await tx.scalars(select(RegistrationLink.token_hash)))
        payloads = [str(one) for one in await tx.scalars(select(Outbox.payload))]
    assert len(kept) == LINKS_KEPT + 1
    assert not [one for one in payloads if links[1].removeprefix("/r/") in one], "no secret in the outbox"


async def test_nothing_is_sent_for_a_session_that_was_cancelled_meanwhile(
    services: Services, session: SessionId, mail: tuple[Inbox, int], admin: Reader
) -> None:
    inbox, _ = mail
    await services.sessions.schedule(SYSTEM, session)
    await services.invitations.letters.note_due()
    await services.sessions.cancel(SYSTEM, session)
    assert await services.invitations.letters.send_due() == 0
    assert texts(inbox, LEFT) + texts(inbox, RIGHT) == []
    assert "Hội nghị toàn tỉnh" in (await admin.get("/post")).text


def reminders(inbox: Inbox, address: str) -> list[str]:
    """Subjects of the reminders that came to it."""
    subjects = [str(one["Subject"]) for one in inbox.letters.get(address, [])]
    return [one for one in subjects if one.startswith("Nhắc lịch họp: ")]


async def test_a_reminder_comes_at_its_hour_once_and_again_where_the_session_moves(
    services: Services, session: SessionId, mail: tuple[Inbox, int], clock: ManualClock
) -> None:
    inbox, _ = mail
    due = services.invitations.reminders
    assert await due.set(SYSTEM, session, [3, 24]) == (24, 3)
    await services.sessions.schedule(SYSTEM, session)
    clock.advance(23 * 3_600)
    assert await due.send_due() == 0, "a day and an hour before"
    clock.advance(3_600)
    assert await due.send_due() == 2
    assert [await due.send_due() for _ in range(3)] == [0, 0, 0]
    (subject,) = reminders(inbox, RIGHT)
    assert "Hội nghị toàn tỉnh" in subject
    assert len(reminders(inbox, LEFT)) == 1
    before = (await services.sessions.get(SYSTEM, session)).session
    hours = Hours(before.starts_at, before.length_min)
    later = Hours(before.starts_at + timedelta(hours=5), before.length_min)
    await services.moving.move(SYSTEM, session, hours, later, sure=True)
    assert await due.send_due() == 0, "too early for its new hours"
    clock.advance(5 * 3_600)
    assert await due.send_due() == 2
    clock.advance(21 * 3_600)
    assert await due.send_due() == 2, "three hours before"
    assert len(reminders(inbox, RIGHT)) == 3
    clock.advance(6 * 3_600)
    assert await due.send_due() == 0, "it has begun"


async def test_no_reminder_goes_after_a_cancellation_nor_one_whose_moment_is_long_past(
    services: Services, session: SessionId, mail: tuple[Inbox, int], clock: ManualClock, admin: Reader
) -> None:
    inbox, _ = mail
    due = services.invitations.reminders
    await services.sessions.schedule(SYSTEM, session)
    clock.advance(26 * 3_600)
    await due.set(SYSTEM, session, [24, 3])
    assert await due.send_due() == 0, "24 hours before was two hours ago"
    clock.advance(19 * 3_600)
    await due.note_due()
    await services.sessions.cancel(SYSTEM, session)
    assert await due.send_due() == 0
    assert reminders(inbox, LEFT) + reminders(inbox, RIGHT) == []
    await admin.log_in("admin")
    assert "Phiên họp đã hủy, đã dời hoặc đã bắt đầu." in (await admin.get("/post")).text


async def test_hours_of_reminders_are_set_by_page_and_api_among_those_offered(
    services: Services, session: SessionId, admin: Reader
) -> None:
    here = f"/sessions/{session}/registration"
    assert 'value="24"' in (await admin.get(here)).text
    form = FormData([("csrf_token", admin.token), ("hours", "24"), ("hours", "1")])
    assert (await admin.post(f"{here}/reminders", form)).status == 303
    api = f"/api/v1/sessions/{session}/reminders"
    assert await admin.call("GET", api) == (200, {"hours": [24, 1]})
    status, body = await admin.call("POST", api, {"hours": [5]})
    assert (status, body["error"]["code"]) == (422, "reminder_hours")
    assert await admin.call("POST", api, {"hours": []}) == (200, {"hours": []})
    bad = FormData([("csrf_token", admin.token), ("hours", "2")])
    assert (await admin.post(f"{here}/reminders", bad)).status == 422
