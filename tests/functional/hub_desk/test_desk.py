"""The training officer's desk over a real database."""

from __future__ import annotations

import asyncio

import pytest

from confhub.desk.errors import NothingToRemind
from confhub.desk.events import RoomReminded
from confhub.desk.rules import Need
from confhub.desk.service import DeskService
from confhub.kernel.errors import Forbidden
from confhub.kernel.ids import EndpointId
from confhub.kernel.permissions import Role
from confhub.sessions.errors import SessionUnknown
from tests.plugins.attendance import House, officer
from tests.plugins.desk import Hall

pytestmark = pytest.mark.both_databases

PROVINCE = officer("/1/", 1)
DISTRICT = officer("/1/2/", 2)


@pytest.fixture
def desk(house: House) -> DeskService:
    return DeskService(house.database, house.clock)


@pytest.fixture
async def filled(hall: Hall) -> Hall:
    """Live for 20 minutes: H1 in order, H2 without a head count, H3 without check-ins, H4 away, H5 empty."""
    hall.house.move_to(1200)
    people = await hall.seat(2, ["in", "in", "expected"])
    await hall.absent(people[2], "pending")
    await hall.declare(2, 5, 60)
    await hall.declare(2, 2, 300)
    await hall.seat(3, ["in", "out"])
    await hall.seat(4, ["expected", "expected"])
    await hall.declare(4, 2, 60)
    await hall.seat(5, ["expected"], joined=False)
    await hall.seat(6, [])
    return hall


async def test_each_room_shows_what_it_owes(filled: Hall, desk: DeskService) -> None:
    session = await desk.session(PROVINCE, filled.house.session)
    owed = {room.code: room.needs for room in session.rooms}
    assert owed == {
        "H1": (Need.ABSENCES_PENDING,),
        "H2": (Need.NO_HEAD_COUNT,),
        "H3": (Need.NO_CHECK_IN,),
        "H4": (Need.NOT_CONNECTED,),
        "H5": (Need.NO_ROSTER, Need.NO_HEAD_COUNT),
    }
    assert (session.expected, session.checked_in, session.present, session.heads) == (8, 4, 3, 4)
    assert session.by_need[Need.NO_HEAD_COUNT] == 2


async def test_the_newest_head_count_counts(filled: Hall, desk: DeskService) -> None:
    await filled.declare(2, 9, 100)  # told later, of an earlier moment
    session = await desk.session(PROVINCE, filled.house.session)
    assert next(room.facts.heads for room in session.rooms if room.code == "H1") == 2


async def test_a_district_sees_its_own_rooms_alone(filled: Hall, desk: DeskService) -> None:
    session = await desk.session(DISTRICT, filled.house.session)
    assert [room.code for room in session.rooms] == ["H2", "H4"]
    assert [found.id for found in await desk.overview(DISTRICT)] == [filled.house.session]


async def test_who_has_no_room_there_finds_no_session(filled: Hall, desk: DeskService) -> None:
    stranger = officer("/9/", 9)
    with pytest.raises(SessionUnknown):
        await desk.session(stranger, filled.house.session)
    assert await desk.overview(stranger) == []
    with pytest.raises(Forbidden):
        await desk.overview(officer("/1/", 1, Role.VIEWER))


async def test_a_room_is_reminded_of_what_it_owes_and_its_tablet_shows_it(
    filled: Hall, desk: DeskService
) -> None:
    sent = await desk.remind(PROVINCE, filled.house.session, [EndpointId(3)])
    assert sent == 1
    shown = await desk.of_room(filled.house.session, EndpointId(3))
    assert [one.what for one in shown] == ["head_count"]
    assert await desk.of_room(filled.house.session, EndpointId(4)) == []
    await desk.put_away(filled.house.session, EndpointId(3), shown[0].id)
    assert await desk.of_room(filled.house.session, EndpointId(3)) == []


async def test_all_rooms_that_owe_something_are_reminded_at_once_and_not_twice(
    filled: Hall, desk: DeskService
) -> None:
    with filled.house.database.bus.subscribe(RoomReminded) as told:
        assert await desk.remind(PROVINCE, filled.house.session) == 3
        wanted = {RoomReminded(EndpointId(key), filled.house.session) for key in (3, 4, 6)}
        assert {await told.get() for _ in range(3)} == wanted
    with pytest.raises(NothingToRemind):
        await desk.remind(PROVINCE, filled.house.session)
    filled.house.clock.advance(121)
    assert await desk.remind(PROVINCE, filled.house.session) == 3
    rooms = (await desk.session(PROVINCE, filled.house.session)).rooms
    assert {room.code: room.reminded for room in rooms if room.reminded} == {"H2": 2, "H3": 2, "H5": 2}


async def test_two_who_remind_at_once_send_one_reminder(filled: Hall, desk: DeskService) -> None:
    session = filled.house.session
    sent = await asyncio.gather(*(desk.remind(PROVINCE, session) for _ in range(4)), return_exceptions=True)
    assert sorted(map(repr, sent)) == sorted(["3", *[repr(NothingToRemind(field="endpoint"))] * 3])


async def test_a_district_cannot_remind_a_room_of_another(filled: Hall, desk: DeskService) -> None:
    with pytest.raises(NothingToRemind):
        await desk.remind(DISTRICT, filled.house.session, [EndpointId(4)])


async def test_after_the_end_absences_without_reason_are_owed(filled: Hall, desk: DeskService) -> None:
    await filled.house.end(1200)
    session = await desk.session(PROVINCE, filled.house.session)
    owed = {room.code: Need.ABSENT_UNEXPLAINED in room.needs for room in session.rooms}
    assert owed == {"H1": False, "H2": False, "H3": True, "H4": True, "H5": False}
