"""What waits on rooms' devices: told before an attendance is closed, taken until it is."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiohttp import ClientSession, CookieJar
from aiohttp.test_utils import TestClient
from sqlalchemy import func, select, update

from confhub.access.rules import SYSTEM
from confhub.accounts.models import AccountRow
from confhub.accounts.values import GrantWish
from confhub.audit.models import AuditRow
from confhub.checkin.errors import CheckinBusy, RoomsOwe
from confhub.checkin.models import PersonEvent, RoomDelivery
from confhub.checkin.owing import owes
from confhub.checkin.sealing import SealService
from confhub.checkin.values import PersonKind, Result, RoomEvent, Way
from confhub.db.writer import GroupWriter
from confhub.kernel.ids import EndpointId, SessionId, UnitId
from confhub.kernel.permissions import Role
from confhub.org.models import UnitRow
from confhub.people.models import AttendeeRow
from confhub.sessions import freezing
from confhub.sessions.errors import SessionUnknown
from confhub.sessions.models import MeetingSession
from tests.plugins.attendance import officer
from tests.plugins.checkin import PROVINCE, ROOM, SESSION, Hall
from tests.plugins.website import PASSWORD, Reader


def batch(hall: Hall, waiting: int, *events: dict[str, Any]) -> dict[str, Any]:
    return {"sent_at": hall.house.clock.now().isoformat(), "waiting": waiting, "events": list(events)}


def came(hall: Hall, key: str, minute: float, **who: Any) -> dict[str, Any]:
    return {"key": key, "kind": "in", "at": hall.house.at(60 * minute).isoformat(), "way": "tablet", **who}


async def say(hall: Hall, client: ClientSession, waiting: int) -> int:
    answer = await client.get(
        f"/api/v1/tablet/sessions/1?waiting={waiting}", headers={"Authorization": f"Bearer {hall.token}"}
    )
    return answer.status


async def test_a_room_that_says_it_has_more_is_named_before_closing(over: Hall, seals: SealService) -> None:
    async with over.phone() as client:
        assert (await over.tell(client, batch(over, 3, came(over, "a", 1, attendee=4))))[0] == 200
        (owed,) = await seals.owing(PROVINCE, SESSION)
        assert (owed.code, owed.waiting, owed.heard_at) == ("H4", 3, over.house.clock.now())
        with pytest.raises(RoomsOwe) as refused:
            await seals.close(PROVINCE, SESSION)
        assert refused.value.params == {"count": 1, "rooms": owed.code}
        over.house.clock.advance(600)
        assert (await over.tell(client, batch(over, 0)))[0] == 200  # everything was delivered
    assert await seals.owing(PROVINCE, SESSION) == []
    assert (await seals.verify(SESSION, await seals.close(PROVINCE, SESSION))).holds


async def test_closing_all_the_same_is_written_down(over: Hall, seals: SealService) -> None:
    async with over.phone() as client:
        await over.tell(client, batch(over, 2))
    await seals.close(PROVINCE, SESSION, even_so=True)
    async with over.house.database.reading() as tx:
        query = select(AuditRow.details).where(AuditRow.action == "checkin:attendance:seal")
        assert (await tx.scalar(query))["owing"] == ["H4"]  # type: ignore[index]


async def test_a_device_that_was_not_heard_since_the_end_owes(hall: Hall) -> None:
    seals = SealService(hall.house.database, hall.house.clock)
    async with hall.phone() as client:
        assert await say(hall, client, 0) == 200
        heard = hall.house.clock.now()
        hall.house.move_to(3000)
        await hall.house.end(2700)
        (owed,) = await seals.owing(PROVINCE, SESSION)
        assert (owed.waiting, owed.heard_at) == (0, heard)
        with pytest.raises(RoomsOwe):
            await seals.close(PROVINCE, SESSION)
        assert await say(hall, client, 0) == 200
        assert await seals.owing(PROVINCE, SESSION) == []


async def test_a_tablet_that_was_shut_out_owes_nothing(over: Hall, seals: SealService) -> None:
    async with over.phone() as client:
        await over.tell(client, batch(over, 2))
    principal = await over.services.tablets.principal_of(over.token)
    assert principal is not None
    await over.services.tablets.revoke(SYSTEM, principal.tablet_id)
    assert await seals.owing(PROVINCE, SESSION) == []


@pytest.mark.both_databases
async def test_early_events_that_come_after_the_end_are_taken_once_guests_included(over: Hall) -> None:
    late = batch(
        over, 0, came(over, "late", 20, attendee=5), came(over, "guest", 20, guest={"name": "Khách"})
    )
    async with over.phone() as client:
        told = [await over.tell(client, late) for _ in range(3)]  # the answers were lost twice
    assert [[one["result"] for one in answer["results"]] for _, answer in told] == [
        ["stored"] * 2, ["doubled"] * 2, ["doubled"] * 2,
    ]  # fmt: skip
    async with over.house.database.reading() as tx:
        at = await tx.scalar(select(PersonEvent.at).where(PersonEvent.key == "1.5:late"))
        guests = await tx.scalar(select(func.count()).where(AttendeeRow.name == "Khách"))
    assert (at, guests) == (over.house.at(20 * 60), 1)


@pytest.mark.both_databases
async def test_asking_often_is_written_down_rarely(hall: Hall) -> None:
    async with hall.phone() as client:
        for _ in range(5):
            assert await say(hall, client, 0) == 200
            hall.house.clock.advance(1)
        assert await hall.count(RoomDelivery) == 1
        async with hall.house.database.reading() as tx:
            first = await tx.scalar(select(RoomDelivery.heard_at))
        assert first == hall.house.clock.now() - timedelta(seconds=5)
        assert await say(hall, client, 1) == 200  # news
        async with hall.house.database.reading() as tx:
            row = (await tx.execute(select(RoomDelivery.heard_at, RoomDelivery.waiting))).one()
        assert row == (hall.house.clock.now(), 1)


def refuse_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The writer is full, once."""
    submit = GroupWriter.submit

    async def full(self: GroupWriter[Any, Any], item: object) -> object:
        monkeypatch.setattr(GroupWriter, "submit", submit)
        raise CheckinBusy

    monkeypatch.setattr(GroupWriter, "submit", full)


async def test_a_session_that_does_not_exist_spoils_no_group(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What cannot be written is set aside; the others of its group are written as a group, and none alone."""
    alone: list[object] = []

    async def counted(self: GroupWriter[Any, Any], item: Any) -> object:
        alone.append(item)
        raise AssertionError("no item is tried alone")

    monkeypatch.setattr(GroupWriter, "_alone", counted)
    now = hall.house.clock.now()
    teller = await hall.services.tablets.teller_for(PROVINCE, EndpointId(ROOM))
    service = hall.services.checkin

    def came_by(person: int) -> RoomEvent:
        return RoomEvent(f"in{person}", PersonKind.IN, now, Way.TABLET, attendee=person)

    told = await asyncio.gather(
        service.tell(teller, SessionId(999), [came_by(3)]),
        service.tell(teller, SESSION, [came_by(4)]),
        service.tell(teller, SessionId(998), [came_by(5)], waiting=3),
        service.tell(teller, SESSION, [came_by(99), came_by(5)]),
        return_exceptions=True,
    )
    assert [type(one) for one in told] == [SessionUnknown, list, SessionUnknown, list]
    assert [one.result for one in (*told[1], *told[3])] == [Result.STORED, Result.REFUSED, Result.STORED]
    assert alone == []
    states = await hall.states()
    assert [states[person] for person in (3, 4, 5)] == ["expected", "in", "in"]
    async with hall.phone() as client:
        assert (await hall.tell(client, batch(hall, 3, came(hall, "a", 1, attendee=4)), session=999))[
            0
        ] == 404
        headers = {"Authorization": f"Bearer {hall.token}"}
        async with client.get("/api/v1/tablet/sessions/998?waiting=1", headers=headers) as answer:
            assert answer.status == 404
        assert (await hall.tell(client, batch(hall, 0, came(hall, "b", 1, attendee=4))))[0] == 200
    assert alone == []


async def waiting_by_the_books(hall: Hall) -> list[int]:
    async with hall.house.database.reading() as tx:
        return list(await tx.scalars(select(RoomDelivery.waiting)))


async def test_a_word_that_a_full_writer_refused_is_news_when_it_is_said_again(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with hall.phone() as client:
        refuse_once(monkeypatch)
        assert await say(hall, client, 3) == 200  # the list comes all the same
        assert await waiting_by_the_books(hall) == []
        assert await say(hall, client, 3) == 200
        assert await waiting_by_the_books(hall) == [3]


async def test_a_batch_that_a_full_writer_refused_has_said_nothing_of_what_waits(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with hall.phone() as client:
        refuse_once(monkeypatch)
        assert (await hall.tell(client, batch(hall, 3, came(hall, "a", 1, attendee=4))))[0] == 503
        assert await say(hall, client, 3) == 200
        assert await waiting_by_the_books(hall) == [3]


def test_who_owes() -> None:
    ended = datetime(2026, 11, 22, tzinfo=UTC)
    assert owes(1, ended + timedelta(hours=1), ended)
    assert owes(0, ended - timedelta(seconds=1), ended)
    assert not owes(0, ended, ended)


async def officer_at(hall: Hall, client: TestClient[Any, Any], unit: int) -> Reader:
    """A logged-in training officer of one branch; an administrator is there as well."""
    accounts = hall.services.accounts
    grants = [GrantWish(Role.TRAINING_OFFICER, UnitId(unit))]
    if not await hall.count(AccountRow):
        wishes = [GrantWish(Role.ADMINISTRATOR, None)]
        await accounts.create_account(SYSTEM, "quan-tri", PASSWORD, "quan-tri", wishes)
    await accounts.create_account(SYSTEM, f"can-bo-{unit}", PASSWORD, "can-bo", grants, "en")
    reader = Reader(client, headers={"Accept-Language": "en"})
    await reader.log_in(f"can-bo-{unit}")
    return reader


async def test_whoever_closes_is_told_of_rooms_of_other_branches_too(over: Hall) -> None:
    async with over.house.database.transaction() as tx:
        await tx.execute(update(MeetingSession).where(MeetingSession.id == SESSION).values(unit_id=3))
    async with TestClient(over.server, cookie_jar=CookieJar(unsafe=True)) as client:
        await over.tell(client, batch(over, 3))
        officer = await officer_at(over, client, 3)
        page = (await officer.get("/sessions/1/people")).text
        assert "H4</strong>" in page
        assert "although 1 room may still have" in page
        done = await officer.post("/sessions/1/people/seal", {"even_so": "true"})
        assert done.location == "/sessions/1/people?done=saved"


async def test_the_api_lists_who_owes_to_whoever_may_know(over: Hall) -> None:
    path = "/api/v1/sessions/1/attendance/owing"
    async with TestClient(over.server, cookie_jar=CookieJar(unsafe=True)) as client:
        await over.tell(client, batch(over, 3))
        heard = over.house.clock.now().isoformat().replace("+00:00", "Z")
        owed = {"endpoint_id": 5, "code": "H4", "name": "Phòng họp xã Ấm Hạ", "waiting": 3, "heard_at": heard}
        for unit, told in ((1, [owed]), (2, [owed]), (3, [])):  # the room lies in branch 2
            client.session.cookie_jar.clear()
            await officer_at(over, client, unit)
            assert await (await client.get(path)).json() == told


@pytest.mark.both_databases
async def test_who_owes_is_told_to_the_branch_of_the_day_wherever_it_stands_now(
    over: Hall, seals: SealService
) -> None:
    async with over.phone() as client:
        await over.tell(client, batch(over, 3))
    async with over.house.database.transaction() as tx:
        await freezing.freeze(tx, SESSION, over.house.clock.now())
        for unit_id, path in ((2, "/1/3/2/"), (4, "/1/3/2/4/")):
            await tx.execute(update(UnitRow).where(UnitRow.id == unit_id).values(path=path))
    for actor, told in ((officer("/1/3/2/", 2), ["H4"]), (officer("/1/3/", 3), [])):
        assert [one.code for one in await seals.owing(actor, SESSION)] == told


async def test_two_devices_of_a_room_are_one_room(over: Hall) -> None:
    slip = await over.services.tablets.issue(SYSTEM, EndpointId(5))
    second, _ = await over.services.tablets.enter(slip.code, "máy 2", "127.0.0.1")
    async with TestClient(over.server, cookie_jar=CookieJar(unsafe=True)) as client:
        for one in (over, replace(over, token=second)):
            await one.tell(client, batch(over, 3))
        page = (await (await officer_at(over, client, 1)).get("/sessions/1/people")).text
    assert page.count("H4</strong>") == 2
    assert "although 1 room may still have" in page


async def test_the_page_names_who_owes_and_closes_only_knowingly(over: Hall) -> None:
    accounts = over.services.accounts
    grants = [GrantWish(Role.TRAINING_OFFICER, UnitId(1))]
    await accounts.create_account(
        SYSTEM, "quan-tri", PASSWORD, "quan-tri", [GrantWish(Role.ADMINISTRATOR, None)]
    )
    await accounts.create_account(SYSTEM, "can-bo", PASSWORD, "can-bo", grants, "en")
    async with TestClient(over.server, cookie_jar=CookieJar(unsafe=True)) as client:
        officer = Reader(client, headers={"Accept-Language": "en"})
        await officer.log_in("can-bo")
        assert "Close the attendance" in (await officer.get("/sessions/1/people")).text
        await over.tell(client, batch(over, 3))
        page = (await officer.get("/sessions/1/people")).text
        assert "3 entries wait on its tablet" in page
        assert "Close all the same" in page
        refused = await officer.post("/sessions/1/people/seal", {})
        assert refused.status == 409
        assert "Rooms that may still have check-ins to deliver: 1 (H4)." in refused.text
        done = await officer.post("/sessions/1/people/seal", {"even_so": "true"})
        assert done.location == "/sessions/1/people?done=saved"
        assert "What they still have is not counted." in (await officer.get("/sessions/1/people")).text
