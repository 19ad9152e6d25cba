"""After an erasure nothing of the person is anywhere: not in a table, not in the database's file or its log,
not in the data folder. What they attended stands, and so do the seals over it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text

from confhub.access.rules import ROOT_PATH, Actor, Grant
from confhub.audit.models import AuditRow
from confhub.checkin import chain
from confhub.checkin.corrections import CorrectionService
from confhub.checkin.models import AttendanceSeal, PersonEvent
from confhub.checkin.sealing import SealService
from confhub.checkin.values import Guest, PersonKind, Visit, Way
from confhub.cli.attendance import verified_lines
from confhub.cli.words import Words
from confhub.kernel.ids import AccountId, AttendeeId, EndpointId, SessionId
from confhub.kernel.permissions import Role
from confhub.people.models import PeopleDraftRow
from confhub.people.values import PersonDraft
from confhub.post.models import Outbox
from confhub.reports.drawing.files import What
from confhub.reports.people.model import PeopleFilter
from confhub.sessions.models import MeetingSession, SessionChange
from confhub.training.models import LearningStatement
from tests.plugins.attendance import add_session
from tests.plugins.checkin import PROVINCE, ROOM, SESSION, Hall

pytestmark = pytest.mark.both_databases

ADMIN = Actor(AccountId(9), "Quản trị", "vi", (Grant(Role.ADMINISTRATOR, None, ROOT_PATH),))
NAME, PHONE, EMAIL = "Hoàng Thị Quỳnh Giao", "0987654321", "giao.quynh@phutho.example.vn"
LIST = f"Họ và tên,Đơn vị\n{NAME},Xã Ấm Hạ\n".encode()


@pytest.fixture
def seals(hall: Hall) -> SealService:
    return hall.services.seals


async def guest(hall: Hall) -> int:
    """Somebody who is on no list checks in by phone, and is looked for and written about afterwards."""
    house, services = hall.house, hall.services
    visit = Visit(
        SessionId(SESSION), EndpointId(ROOM), "d" * 64, Way.QR, PersonKind.IN,
        house.clock.now() + timedelta(minutes=5), "n" * 16,
    )  # fmt: skip
    told = await services.checkin.phone(visit, PersonKind.IN, guest=Guest(NAME, "Khách"))
    assert told.attendee is not None
    person = told.attendee
    draft = PersonDraft(NAME, 4, phone=PHONE, email=EMAIL, birth_date=date(1980, 5, 2))  # type: ignore[arg-type]
    await services.people.update(ADMIN, person, draft)
    await services.people.people(ADMIN, search=NAME)
    await services.people_reports.persons(PROVINCE, SessionId(SESSION), PeopleFilter(text=NAME))
    async with house.database.transaction() as tx:
        tx.add(
            PeopleDraftRow(
                token_hash="t" * 64, account_id=9, filename="list.csv", content=LIST, choices={}, seen="",
                expires_at=house.clock.now() + timedelta(minutes=30),
            )
        )  # fmt: skip
        tx.add(
            LearningStatement(
                id="s", verb="attended", attendee_id=person, body={"actor": {"name": NAME}},
                created_at=house.clock.now(), subject="x",
            )
        )  # fmt: skip
        tx.add(
            Outbox(
                kind="learning", key="s", about="x", address="", payload={}, made_at=house.clock.now(),
                due_at=house.clock.now(), attempts=2, last_error=f"refused {NAME}",
            )
        )  # fmt: skip
    return person


async def cancelled(hall: Hall, reason: str) -> None:
    """A session that was to be and is not, of rooms that the person has nothing to do with."""
    async with hall.house.database.transaction() as tx:
        await add_session(tx, 7, "s7", hall.house.live + timedelta(days=3), (2,))
        row = await tx.get_one(MeetingSession, 7)
        row.state, row.actual_start, row.media_room = "scheduled", None, None
    await hall.services.sessions.cancel(ADMIN, SessionId(7), reason)


def forms() -> Iterator[bytes]:
    for secret in (NAME, NAME.upper(), PHONE, EMAIL):
        yield secret.encode()
        yield secret.encode("utf-16-le")
        yield secret.encode("ascii", "backslashreplace")  # as JSON stores it


async def everywhere(hall: Hall, folder: Path) -> list[str]:
    """Where something of the person is found: in rows, and in files, the database and its log among them."""
    found = []
    database = hall.house.database
    async with database.reading() as tx:
        from confhub.db.base import Base

        for table in Base.metadata.sorted_tables:
            for row in await tx.execute(text(f'SELECT * FROM "{table.name}"')):
                for column, value in row._mapping.items():
                    raw = value if isinstance(value, bytes) else str(value).encode()
                    found += [f"{table.name}.{column}" for form in forms() if form in raw]
    files = {path for path in await asyncio.to_thread(lambda: list(folder.rglob("*"))) if path.is_file()}
    for path in files:
        content = await asyncio.to_thread(path.read_bytes)
        found += [path.name for form in forms() if form in content]
    return found


async def test_nothing_of_an_erased_person_is_left_anywhere(over: Hall, tmp_path: Path) -> None:
    services, house = over.services, over.house
    person = await guest(over)
    corrections = CorrectionService(house.database, house.clock)
    house.move_to(2 * 3600)
    await corrections.add(
        ADMIN, SessionId(SESSION), AttendeeId(person), "add", EndpointId(ROOM), house.at(60), house.at(120),
        f"Bà {NAME} quên quét mã",
    )  # fmt: skip
    await services.undoing.undo(
        ADMIN, SessionId(SESSION), f"device:{'d' * 64}", f"Điện thoại của bà {NAME} quét hộ người khác"
    )
    await services.figures.derive_due()
    name, _ = await services.report_files.make(
        ADMIN, What(session_id=SessionId(SESSION)), "xlsx", "vi", "https://hop.example.vn"
    )
    assert name
    left = tmp_path / "files" / "left-behind.csv"
    left.write_bytes(LIST)
    await services.seals.close(ADMIN, SessionId(SESSION))
    await services.seals.reopen(ADMIN, SessionId(SESSION), f"{NAME.upper()} ngồi ở phòng khác")
    await cancelled(over, f"Dời vì bà {NAME}, đt {PHONE}, ốm")
    head = await services.seals.close(ADMIN, SessionId(SESSION))
    assert await everywhere(over, tmp_path), "they are there before"
    await services.privacy.erase(ADMIN, person, f"Bà {NAME} yêu cầu, số {PHONE}", typed_name=NAME)
    assert await everywhere(over, tmp_path) == []
    verified = await services.seals.verify(SessionId(SESSION), head)
    assert verified.holds, verified.changed
    (shown,) = await corrections.list(ADMIN, SessionId(SESSION), AttendeeId(person))
    assert shown.reason == ""
    _, (undone,) = await services.undoing.sources(ADMIN, SessionId(SESSION))
    assert (undone.reason, undone.people) == ("", 1)
    (opened,) = (await services.people_reports.session(PROVINCE, SessionId(SESSION))).header.seal.former
    assert opened.reason == ""
    async with house.database.reading() as tx:
        trail = (await tx.scalars(select(AuditRow).where(AuditRow.action == "people:person:erase"))).one()
        assert trail.details["reason"] == "Bà [erased] yêu cầu, số [erased]"
        assert (await tx.scalars(select(PersonEvent).where(PersonEvent.attendee_id == person))).all()


async def test_a_word_of_the_name_is_a_name_in_a_session_of_the_person_s_own(over: Hall) -> None:
    services = over.services
    person = await guest(over)
    over.house.move_to(2 * 3600)
    for reason in ("bà Giao quên quét", "Sót ba người của thị trấn", "Số 0987 654 321 gọi đến"):
        await services.seals.close(ADMIN, SessionId(SESSION), even_so=True)
        await services.seals.reopen(ADMIN, SessionId(SESSION), reason)
    await cancelled(over, "Giao ca trực")
    head = await services.seals.close(ADMIN, SessionId(SESSION), even_so=True)
    await services.privacy.erase(ADMIN, person, "theo yêu cầu", typed_name=NAME)
    report = await services.people_reports.session(PROVINCE, SessionId(SESSION))
    assert report.header.seal is not None
    assert [one.reason for one in report.header.seal.former] == ["", "Sót ba người của thị trấn", ""]
    assert (await services.seals.verify(SessionId(SESSION), head)).holds
    async with over.house.database.reading() as tx:
        reasons = set(await tx.scalars(select(SessionChange.reason)))
        trail = await tx.scalars(
            select(AuditRow).where(AuditRow.action == "checkin:attendance:reopen").order_by(AuditRow.id)
        )
        told = [row.details["reason"] for row in trail]
    assert "Giao ca trực" in reasons, "another session's word is no name"
    assert told == ["[erased]", "Sót ba người của thị trấn", "[erased]"]


async def test_a_seal_over_reasons_as_they_were_says_what_it_no_longer_covers(over: Hall) -> None:
    services = over.services
    person = await guest(over)
    over.house.move_to(2 * 3600)
    await services.seals.close(ADMIN, SessionId(SESSION), even_so=True)
    await services.seals.reopen(ADMIN, SessionId(SESSION), f"Bà {NAME} quên quét")
    await services.seals.close(ADMIN, SessionId(SESSION), even_so=True)
    async with over.house.database.transaction() as tx:
        parts = await chain.segments(tx, SESSION, 5)
        seal = (await tx.scalars(select(AttendanceSeal).order_by(AttendanceSeal.id.desc()))).first()
        assert seal is not None
        seal.segments = [[*one] for one in parts]
        seal.head = head = chain.head(SESSION, seal.previous, parts, 5)
    before = await services.seals.verify(SessionId(SESSION), head)
    assert (before.holds, before.closings_known) == (True, True)
    await services.privacy.erase(ADMIN, person, "theo yêu cầu", typed_name=NAME)
    after = await services.seals.verify(SessionId(SESSION), head)
    assert (after.holds, after.closings_known) == (True, False)
    assert any("erased with a person" in line for line in verified_lines(after, Words("en")))


async def test_a_changed_key_or_reason_still_breaks_the_seal(over: Hall) -> None:
    services, house = over.services, over.house
    await services.seals.close(ADMIN, SessionId(SESSION))
    async with house.database.transaction() as tx:
        event = (await tx.scalars(select(PersonEvent).order_by(PersonEvent.id).limit(1))).one()
        event.key = "~" + "0" * 64
    found = await services.seals.verify(SessionId(SESSION))
    assert [sealed.name for sealed, _ in found.changed] == ["person_events"]


async def test_a_changed_reason_of_a_reopening_still_breaks_the_seal(over: Hall) -> None:
    services, house = over.services, over.house
    await services.seals.close(ADMIN, SessionId(SESSION))
    await services.seals.reopen(ADMIN, SessionId(SESSION), "Sót ba người")
    await services.seals.close(ADMIN, SessionId(SESSION))
    async with house.database.transaction() as tx:
        seal = (await tx.scalars(select(AttendanceSeal).order_by(AttendanceSeal.id).limit(1))).one()
        seal.reopen_reason = "Sót bốn người"
    found = await services.seals.verify(SessionId(SESSION))
    assert [sealed.name for sealed, _ in found.changed] == ["closings"]


async def test_a_seal_of_the_first_version_holds(over: Hall) -> None:
    services, house = over.services, over.house
    await services.seals.close(ADMIN, SessionId(SESSION))
    async with house.database.transaction() as tx:
        parts = await chain.segments(tx, SESSION, 1)
        seal = (await tx.scalars(select(AttendanceSeal))).one()
        seal.segments = [[*one] for one in parts]
        seal.head = chain.head(SESSION, "", parts, 1)
    assert (await services.seals.verify(SessionId(SESSION))).holds


async def test_a_key_of_a_phone_holds_no_name(hall: Hall) -> None:
    await guest(hall)
    async with hall.house.database.reading() as tx:
        keys: list[Any] = list(await tx.scalars(select(PersonEvent.key)))
    assert keys
    assert not any(NAME in key or "Quỳnh" in key for key in keys)


async def test_lists_that_nobody_applied_are_swept(hall: Hall) -> None:
    from confhub.jobs.sweeping import sweep_imports

    await guest(hall)
    hall.house.clock.advance(31 * 60)
    await sweep_imports(hall.house.database, hall.house.clock)
    assert await hall.count(PeopleDraftRow) == 0
