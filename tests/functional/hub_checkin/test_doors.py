"""A check-in is bounded by the door it came through: the tablets of two rooms, operators, a phone, a file."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from aiohttp import CookieJar
from aiohttp.test_utils import TestClient
from sqlalchemy import select, update

from confhub.access.rules import SYSTEM, Actor
from confhub.accounts.values import GrantWish
from confhub.audit.models import AuditRow
from confhub.checkin.errors import MoveUnknown
from confhub.checkin.models import CheckinMove, PersonEvent
from confhub.checkin.values import PersonKind, RoomEvent, Told, Way
from confhub.kernel.errors import Forbidden
from confhub.kernel.ids import AccountId, EndpointId, SessionId
from confhub.kernel.permissions import Role
from confhub.org.models import UnitRow
from confhub.people.models import AttendeeRow
from confhub.registry.models import EndpointRow
from tests.functional.hub_checkin.test_tablet import batch, event, results
from tests.plugins.attendance import officer
from tests.plugins.checkin import ROOM, SESSION, Hall, people_of
from tests.plugins.website import PASSWORD, Reader

OTHER = 6
"""A room of another branch; person 6 is on its list, 1 to 5 are on that of `ROOM`, 7 on none."""
PROVINCE, HERE, THERE = officer("/1/", 1), officer("/1/2/", 2), officer("/1/3/", 3)


async def other_room(hall: Hall) -> Hall:
    """The same hall, seen from the other room's tablet."""
    slip = await hall.services.tablets.issue(SYSTEM, EndpointId(OTHER))
    token, _ = await hall.services.tablets.enter(slip.code, "máy 2", "127.0.0.1")
    return replace(hall, token=token)


async def places(hall: Hall) -> list[tuple[int, int]]:
    """(person, room) of each stored event."""
    async with hall.house.database.reading() as tx:
        query = select(PersonEvent.attendee_id, PersonEvent.endpoint_id).order_by(PersonEvent.id)
        return [(row[0], row[1]) for row in await tx.execute(query)]


async def moves(hall: Hall) -> list[dict[str, Any]]:
    """What this room's tablet is asked."""
    async with hall.phone() as client:
        headers = {"Authorization": f"Bearer {hall.token}"}
        async with client.get("/api/v1/tablet/sessions/1", headers=headers) as answer:
            return list((await answer.json())["moves"])


async def say(hall: Hall, move: int, *, grant: bool) -> tuple[int, Any]:
    async with hall.phone() as client:
        headers = {"Authorization": f"Bearer {hall.token}", "Accept-Language": "en"}
        path = f"/api/v1/tablet/sessions/1/moves/{move}"
        async with client.post(path, json={"grant": grant}, headers=headers) as answer:
            return answer.status, await answer.json()


async def tell_as(hall: Hall, actor: Actor, room: int, *events: RoomEvent) -> list[Told]:
    teller = await hall.services.tablets.teller_for(actor, EndpointId(room))
    return await hall.services.checkin.tell(teller, SESSION, events)


@pytest.mark.both_databases
async def test_a_tablet_sets_nobody_of_another_room_present(hall: Hall) -> None:
    other = await other_room(hall)
    body = batch(other, *(event(other, f"f{person}", person) for person in (1, 2, 3, 4, 5)))
    assert await results(other, body) == [("waiting", None)] * 5
    assert await places(hall) == []
    assert set((await hall.states()).values()) == {"expected"}
    assert await results(other, body) == [("waiting", None)] * 5  # asked once, whoever asks again
    assert await hall.count(CheckinMove) == 5


@pytest.mark.both_databases
async def test_who_sits_in_a_room_stays_there_until_it_lets_them_go(hall: Hall) -> None:
    await results(hall, batch(hall, event(hall, "a", 1)))
    hall.house.clock.advance(60)
    at = hall.house.clock.now()
    other = await other_room(hall)
    body = batch(other, event(other, "b", 1))
    assert await results(other, body) == [("waiting", None)]
    assert (await places(hall), (await hall.states())[1]) == ([(1, ROOM)], "in")
    (asked,) = await moves(hall)
    assert (asked["name"], asked["to_room"], await moves(other)) == (
        "Nguyễn Văn An",
        "=HYPERLINK(1) xã Chí Đám",
        [],
    )
    hall.house.clock.advance(30)
    status, answer = await say(other, asked["id"], grant=True)
    assert (status, answer["error"]["code"]) == (404, "move_unknown")  # who asks does not answer
    status, answer = await say(hall, asked["id"], grant=True)
    assert (status, answer["state"]) == (200, "granted")
    assert await places(hall) == [(1, ROOM), (1, OTHER)]
    async with hall.house.database.reading() as tx:
        stored = (await tx.scalars(select(PersonEvent).order_by(PersonEvent.id.desc()))).first()
    assert stored is not None
    assert (stored.at, stored.by.partition(":")[0]) == (at, "tablet")  # as it was told
    again = body | {"sent_at": hall.house.clock.now().isoformat()}
    assert await results(other, again) == [("doubled", None)]
    assert (await say(hall, asked["id"], grant=True))[0] == 409


async def test_two_of_one_name_are_told_apart_where_one_is_asked_for(hall: Hall) -> None:
    async with hall.house.database.transaction() as tx:
        one = await tx.get_one(AttendeeRow, 1)
        one.code, one.position = "CB01", "Phó Chủ tịch"
    other = await other_room(hall)
    await results(other, batch(other, event(other, "a", 1), event(other, "b", 2)))
    asked = await moves(hall)
    assert [one["name"] for one in asked] == ["Nguyễn Văn An"] * 2
    assert [(one["unit"], one["position"], one["code"], one["badge_end"]) for one in asked] == [
        ("Xã Ấm Hạ", "Phó Chủ tịch", "CB01", hall.badges[0][-4:]),
        ("Xã Ấm Hạ", None, None, hall.badges[1][-4:]),
    ]
    assert hall.badges[0][-4:] != hall.badges[1][-4:]
    async with TestClient(hall.server, cookie_jar=CookieJar(unsafe=True)) as client:
        accounts = hall.services.accounts
        grants = [GrantWish(Role.ADMINISTRATOR, None)]
        await accounts.create_account(SYSTEM, "quan-tri", PASSWORD, "quan-tri", grants, "en")
        officer = Reader(client, headers={"Accept-Language": "en"})
        await officer.log_in("quan-tri")
        page = (await officer.get("/desk/sessions/1")).text
    assert f"Phó Chủ tịch · Xã Ấm Hạ · CB01 · badge …{hall.badges[0][-4:]}" in page
    assert f"Xã Ấm Hạ · badge …{hall.badges[1][-4:]}" in page


async def test_a_room_may_keep_its_people(hall: Hall) -> None:
    await results(hall, batch(hall, event(hall, "a", 1)))
    other = await other_room(hall)
    body = batch(other, event(other, "b", 1))
    await results(other, body)
    (asked,) = await moves(hall)
    await say(hall, asked["id"], grant=False)
    assert await results(other, body) == [("refused", "move_declined")]
    assert await places(hall) == [(1, ROOM)]


async def test_a_check_out_elsewhere_says_nothing_about_the_room_one_sits_in(hall: Hall) -> None:
    await results(hall, batch(hall, event(hall, "a", 1)))
    other = await other_room(hall)
    told = await results(other, batch(other, event(other, "b", 1, "out"), event(other, "c", 1, "confirm")))
    assert told == [("refused", "not_on_room_list"), ("waiting", None)]
    assert (await hall.states())[1] == "in"


async def test_a_visitor_is_received_by_badge_and_then_one_of_the_rooms_own(hall: Hall) -> None:
    other = await other_room(hall)
    told = await results(
        other,
        batch(
            other,
            event(other, "b", badge=hall.badges[0], way="badge"),
            event(other, "c", 1, "out"),
            event(other, "d", 1),
        ),
    )
    assert told == [("stored", None)] * 3
    assert await results(hall, batch(hall, event(hall, "home", 1))) == [("waiting", None)]


async def test_a_badge_takes_nobody_out_of_the_room_they_sit_in(hall: Hall) -> None:
    await results(hall, batch(hall, event(hall, "a", 1)))
    hall.house.clock.advance(5)
    other = await other_room(hall)
    assert await results(other, batch(other, event(other, "b", badge=hall.badges[0], way="badge"))) == [
        ("waiting", None)
    ]
    hall.house.clock.advance(5)
    await results(hall, batch(hall, event(hall, "out", 1, "out")))
    hall.house.clock.advance(5)
    told = await results(other, batch(other, event(other, "c", badge=hall.badges[0], way="badge")))
    assert told == [("stored", None)]  # gone from there: comes as a visitor


async def test_nothing_is_slipped_in_between_what_was_told_before(hall: Hall) -> None:
    """In at 5 a minute ago, confirmed there now: being elsewhere half a minute ago would take that away."""
    start = hall.house.clock.now()
    await results(hall, batch(hall, event(hall, "a", 1)))
    other = await other_room(hall)
    hall.house.clock.advance(60)
    await results(hall, batch(hall, event(hall, "c", 1, "confirm")))
    forged = event(other, "b", badge=hall.badges[0], way="badge", at=start + timedelta(seconds=30))
    assert await results(other, batch(other, forged)) == [("waiting", None)]


@pytest.mark.both_databases
async def test_an_operator_is_bounded_by_the_branch(hall: Hall) -> None:
    await results(hall, batch(hall, event(hall, "a", 1)))
    hall.house.clock.advance(60)
    now = hall.house.clock.now()
    there = officer("/1/3/", 3, Role.OPERATOR)
    wish = RoomEvent("b", PersonKind.IN, now, Way.TABLET, attendee=1)
    assert [one.result.value for one in await tell_as(hall, there, OTHER, wish)] == ["waiting"]
    (asked,) = await moves(hall)
    with pytest.raises(MoveUnknown):
        await hall.services.moves.answer(there, SESSION, asked["id"], grant=True)
    assert await hall.services.moves.of_session(there, SESSION) == []
    (seen,) = await hall.services.moves.of_session(officer("/1/2/", 2, Role.OPERATOR), SESSION)
    await hall.services.moves.answer(HERE, SESSION, seen.id, grant=True)
    assert await places(hall) == [(1, ROOM), (1, OTHER)]
    both = RoomEvent("c", PersonKind.IN, now + timedelta(seconds=1), Way.TABLET, attendee=2)
    assert [one.result.value for one in await tell_as(hall, PROVINCE, OTHER, both)] == ["stored"]


async def test_nothing_is_dated_back_after_the_end_but_by_who_was_there(hall: Hall) -> None:
    """A tablet that was the room's delivers what happened before the end; one of afterwards does not."""
    during = hall.house.clock.now()
    hall.house.move_to(3600)
    await hall.house.end(3600)
    hall.house.clock.advance(600)
    late = await other_room(hall)
    now = hall.house.clock.now()
    assert await results(
        hall,
        batch(
            hall,
            event(hall, "late", 1, at=during),
            event(hall, "after", 2, at=now),
            event(hall, "out", 1, "out", at=now),
            event(hall, "guest", guest={"name": "Khách"}, at=now),
        ),
    ) == [("stored", None), ("refused", "session_over"), ("stored", None), ("refused", "session_over")]
    assert await results(late, batch(late, event(late, "x", 6, at=during))) == [
        ("refused", "not_admitted_then")
    ]


@pytest.mark.both_databases
async def test_an_account_tells_late_what_it_saw_then(hall: Hall) -> None:
    during = hall.house.clock.now()
    clerk, stranger = officer("/1/2/", 2, Role.OPERATOR), officer("/1/2/", 9, Role.OPERATOR)
    await hall.services.checkin.sheet(
        await hall.services.tablets.teller_for(clerk, EndpointId(ROOM)), SESSION
    )
    hall.house.move_to(3600)
    await hall.house.end(3600)
    hall.house.clock.advance(600)
    wish = RoomEvent("b", PersonKind.IN, during, Way.TABLET, attendee=1)
    (told,) = await tell_as(hall, clerk, ROOM, wish)
    assert told.result.value == "stored"
    (told,) = await tell_as(
        hall, replace(stranger, account_id=AccountId(99)), ROOM, replace(wish, key="c", attendee=2)
    )
    assert told.error is not None
    assert told.error.code == "not_admitted_then"


async def test_a_move_keeps_nobodys_minutes_from_the_room_that_was_asked(over: Hall) -> None:
    """After the end, dated back: the completion of who sat there stays as it was."""
    before = (await people_of(over))[1]
    other = await other_room(over)
    forged = event(other, "b", 1, at=over.house.at(600))
    assert (await results(other, batch(other, forged)))[0][0] == "refused"
    assert (await people_of(over))[1] == before


async def test_a_room_has_thirty_open_requests_and_no_province(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("confhub.checkin.limits.MOVES_OPEN_MAX", 3)
    other = await other_room(hall)
    told = await results(other, batch(other, *(event(other, f"f{one}", one) for one in (1, 2, 3, 4, 5))))
    assert told == [("waiting", None)] * 3 + [("refused", "too_many_moves")] * 2


async def test_false_requests_take_nothing_from_the_rooms_other_tablet(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("confhub.checkin.limits.MOVES_OPEN_MAX", 2)
    forger, honest = await other_room(hall), await other_room(hall)
    told = await results(forger, batch(forger, *(event(forger, f"f{one}", one) for one in (1, 2, 3))))
    assert told == [("waiting", None)] * 2 + [("refused", "too_many_moves")]
    assert await results(honest, batch(honest, event(honest, "h", 4))) == [("waiting", None)]


async def test_a_device_that_is_refused_over_and_over_waits_and_no_other(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("confhub.checkin.limits.REFUSED_FREE", 3)
    other = await other_room(hall)
    forged = batch(other, *(event(other, f"o{one}", one, "out") for one in (1, 2, 3)))
    assert await results(other, forged) == [("refused", "not_on_room_list")] * 3
    async with other.phone() as client:
        status, answer = await other.tell(client, batch(other, event(other, "own", 6)))
    assert (status, answer["error"]["code"]) == (429, "too_many_refused")
    assert await results(hall, batch(hall, event(hall, "a", 1))) == [("stored", None)]
    hall.house.clock.advance(61)
    assert await results(other, batch(other, event(other, "own", 6))) == [("stored", None)]


@pytest.mark.both_databases
async def test_every_attempt_is_counted_in_the_trail(hall: Hall) -> None:
    other = await other_room(hall)
    await results(other, batch(other, *(event(other, f"f{one}", one) for one in (1, 2, 3))))
    await results(other, batch(other, *(event(other, f"o{one}", one, "out") for one in (1, 2, 3, 4))))
    await hall.services.refusals.write()
    async with hall.house.database.reading() as tx:
        query = select(AuditRow).where(AuditRow.action.in_(["checkin:person:refuse", "checkin:move:ask"]))
        rows = list(await tx.scalars(query.order_by(AuditRow.action)))
    told = [(row.action, row.subject_id, row.path, row.details) for row in rows]
    refused = {"count": 4, "refused_as": "not_on_room_list"}
    assert told == [
        ("checkin:move:ask", "6", "/1/3/5/", {"count": 3}),
        ("checkin:person:refuse", "6", "/1/3/5/", refused),
    ]
    assert rows[0].actor_name.startswith("tablet ")


async def test_a_file_takes_nobody_out_of_a_branch_that_is_not_ones_own(hall: Hall) -> None:
    content = "Họ tên,Giờ vào,Điểm cầu\nTrần Thị Bình,08:00,H5\n".encode()
    take = hall.services.checkin.from_file
    hall.house.clock.advance(600)
    receipt = await take(THERE, SessionId(1), "a.csv", content, dry=False)
    assert [line.error.code for line in receipt.lines if line.error] == [Forbidden().code]
    receipt = await take(PROVINCE, SessionId(1), "a.csv", content, dry=False)
    assert (receipt.stored, await places(hall)) == (1, [(3, OTHER)])


@pytest.mark.both_databases
async def test_a_name_in_a_file_that_two_units_share_means_the_unit_of_the_day(hall: Hall) -> None:
    """Persons 1 and 2 are both Nguyễn Văn An; the unit of 1 was dissolved, that of 2 bears its name today."""
    async with hall.house.database.transaction() as tx:
        await tx.execute(update(UnitRow).where(UnitRow.id == 4).values(valid_to=date(2025, 6, 30)))
        await tx.execute(update(UnitRow).where(UnitRow.id == 5).values(name="Xã Ấm Hạ"))
        await tx.execute(update(UnitRow).where(UnitRow.id == 4).values(name="Xã Ấm Hạ"))
        await tx.execute(update(AttendeeRow).where(AttendeeRow.id == 2).values(unit_id=5))
        await tx.execute(update(EndpointRow).where(EndpointRow.id.in_((5, 6))).values(name="Phòng xã Ấm Hạ"))
    rows = ("Họ tên,Đơn vị,Giờ vào,Điểm cầu", "Nguyễn Văn An,Xã Ấm Hạ,08:00,Phòng xã Ấm Hạ")
    hall.house.clock.advance(600)
    receipt = await hall.services.checkin.from_file(
        PROVINCE, SessionId(1), "a.csv", "\n".join(rows).encode(), dry=False
    )
    assert [line.error for line in receipt.lines] == [None]
    assert await places(hall) == [(2, OTHER)]
