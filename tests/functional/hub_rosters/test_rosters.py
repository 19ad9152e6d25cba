"""A room's list: who may look at it and change it, and what becomes of it after the freezing."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from confhub.audit.models import AuditRow
from confhub.kernel.errors import Forbidden
from confhub.kernel.permissions import Role
from confhub.people.errors import PersonNotFound
from confhub.people.models import AttendeeRow
from confhub.registry.errors import EndpointNotFound
from confhub.rosters import store
from confhub.rosters.errors import (
    CourseUnknown,
    ListedElsewhere,
    NobodyNamed,
    PersonNotListable,
    PersonNotOnList,
    RoomNotInSession,
)
from confhub.rosters.service import RosterService
from confhub.rosters.values import STANDING, Scope
from confhub.sessions.errors import AttendanceSealed, SessionCancelled, SessionUnknown
from confhub.sessions.models import SessionEndpoint
from confhub.training.store import title_and_path
from tests.plugins.rosters import COURSE, DOAN_HUNG, HA_HOA, PROVINCE, SESSION, House, officer

pytestmark = pytest.mark.both_databases

OF_SESSION, OF_COURSE = Scope(session_id=SESSION), Scope(course_id=COURSE)


@pytest.fixture
def rosters(house: House) -> RosterService:
    return RosterService(house.database, house.clock, title_and_path)


async def names(rosters: RosterService, room: int, scope: Scope = STANDING) -> list[tuple[str, str]]:
    """The room's list as the province sees it: (name, origin), without those who were taken off."""
    found = await rosters.room(PROVINCE, room, scope)
    return [(row.name, row.origin) for row in found.rows if row.removed_at is None]


async def test_a_list_stands_in_vietnamese_order_and_is_searched_without_diacritics(
    house: House, rosters: RosterService
) -> None:
    people = await house.people(["Đỗ An", "Dương An", "Ấn", "An"])
    assert await rosters.add(HA_HOA, 2, people) == 4
    assert [name for name, _ in await names(rosters, 2)] == ["An", "Ấn", "Dương An", "Đỗ An"]
    found = await rosters.room(HA_HOA, 2, words="do an")
    assert ([row.name for row in found.rows], found.total) == (["Đỗ An"], 1)


async def test_a_person_stands_in_one_room_and_is_moved_by_being_added_elsewhere(
    house: House, rosters: RosterService
) -> None:
    person = await house.person("An")
    await rosters.add(PROVINCE, 2, [person])
    assert await rosters.add(PROVINCE, 2, [person]) == 0
    assert await rosters.add(PROVINCE, 3, [person]) == 1
    assert (await names(rosters, 2), await names(rosters, 3)) == ([], [("An", "standing")])


async def test_rights_end_at_the_branch(house: House, rosters: RosterService) -> None:
    here, there = await house.person("An"), await house.person("Bình", 3)
    with pytest.raises(EndpointNotFound):
        await rosters.add(HA_HOA, 3, [here])
    with pytest.raises(PersonNotFound):
        await rosters.add(HA_HOA, 2, [there])
    with pytest.raises(EndpointNotFound):
        await rosters.room(HA_HOA, 3)
    operator = officer("/1/2/", 2, Role.OPERATOR)
    assert not (await rosters.room(operator, 2)).may_edit
    with pytest.raises(Forbidden):
        await rosters.add(operator, 2, [here])
    with pytest.raises(EndpointNotFound):
        await rosters.room(officer("/1/2/", 2, Role.VIEWER), 2)


async def test_nobody_is_taken_from_a_room_outside_the_branch(house: House, rosters: RosterService) -> None:
    person = await house.person("An")
    await rosters.add(PROVINCE, 3, [person])
    with pytest.raises(ListedElsewhere):
        await rosters.add(HA_HOA, 2, [person])
    assert await names(rosters, 3) == [("An", "standing")]


async def test_retired_merged_and_unknown_people_come_on_no_list(
    house: House, rosters: RosterService
) -> None:
    kept = await house.person("An")
    for other in (
        await house.person("Bình", retired_at=house.clock.now()),
        await house.person("An 2", merged_into_id=kept),
    ):
        with pytest.raises(PersonNotListable):
            await rosters.add(PROVINCE, 2, [other])
    with pytest.raises(PersonNotFound):
        await rosters.add(PROVINCE, 2, [999])
    with pytest.raises(NobodyNamed):
        await rosters.add(PROVINCE, 2, [])


async def test_people_move_between_rooms_only_by_who_holds_both(house: House, rosters: RosterService) -> None:
    person = await house.person("An")
    await rosters.add(PROVINCE, 2, [person])
    with pytest.raises(EndpointNotFound):
        await rosters.move(HA_HOA, 2, [person], 3)
    with pytest.raises(PersonNotOnList):
        await rosters.move(PROVINCE, 3, [person], 2)
    assert await rosters.move(PROVINCE, 2, [person], 3) == 1
    assert await names(rosters, 3) == [("An", "standing")]


async def test_a_sessions_list_is_the_standing_one_until_it_has_entries_of_its_own(
    house: House, rosters: RosterService
) -> None:
    an, binh, chi = await house.people(["An", "Bình", "Chi"])
    await rosters.add(PROVINCE, 2, [an, binh])
    await rosters.add(PROVINCE, 2, [chi], OF_SESSION)
    assert await names(rosters, 2, OF_SESSION) == [
        ("An", "standing"), ("Bình", "standing"), ("Chi", "session"),
    ]  # fmt: skip
    await rosters.remove(PROVINCE, 2, [an], OF_SESSION)
    await rosters.move(PROVINCE, 2, [binh], 3, OF_SESSION)
    assert await names(rosters, 2, OF_SESSION) == [("Chi", "session")]
    assert await names(rosters, 3, OF_SESSION) == [("Bình", "session")]
    assert await names(rosters, 2) == [("An", "standing"), ("Bình", "standing")]
    await rosters.add(PROVINCE, 2, [an], OF_SESSION)
    assert ("An", "session") in await names(rosters, 2, OF_SESSION)


async def test_the_standing_list_is_copied_into_a_session_and_then_leads_its_own_life(
    house: House, rosters: RosterService
) -> None:
    an, binh = await house.people(["An", "Bình"])
    await rosters.add(PROVINCE, 2, [an, binh])
    await rosters.remove(PROVINCE, 2, [an], OF_SESSION)
    assert await rosters.copy_standing(HA_HOA, 2, OF_SESSION) == 1
    assert await rosters.copy_standing(HA_HOA, 2, OF_SESSION) == 0
    await rosters.remove(PROVINCE, 2, [binh])
    assert await names(rosters, 2, OF_SESSION) == [("Bình", "session")]


async def test_a_room_outside_the_session_gets_no_list_in_it(house: House, rosters: RosterService) -> None:
    person = await house.person("An", 4)
    with pytest.raises(RoomNotInSession):
        await rosters.add(PROVINCE, 4, [person], OF_SESSION)


async def test_a_courses_list_is_its_own_and_seen_by_who_sees_the_course(
    house: House, rosters: RosterService
) -> None:
    an, binh = await house.people(["An", "Bình"])
    await rosters.add(PROVINCE, 2, [an])
    await rosters.add(HA_HOA, 2, [binh], OF_COURSE)
    assert await names(rosters, 2, OF_COURSE) == [("Bình", "course")]
    found = await rosters.counts(PROVINCE, OF_COURSE)
    assert [(room.code, room.people, room.standing) for room in found.rooms] == [
        ("HT", 0, 0), ("DH", 0, 0), ("HH", 1, 1),
    ]  # fmt: skip
    assert [room.code for room in (await rosters.counts(HA_HOA, OF_COURSE)).rooms] == ["HH"]
    with pytest.raises(CourseUnknown):
        await rosters.counts(PROVINCE, Scope(course_id=99))
    with pytest.raises(CourseUnknown):
        await rosters.counts(officer("/1/2/4/", 4), OF_COURSE)


async def test_after_the_freezing_changes_go_to_the_frozen_list(house: House, rosters: RosterService) -> None:
    an, binh, chi, late = await house.people(["An", "Bình", "Chi", "Dung"])
    await rosters.add(PROVINCE, 2, [an, binh, chi])
    await house.set_state("lobby")
    assert await rosters.freeze_due() == 1
    assert await rosters.freeze_due() == 0
    await rosters.add(PROVINCE, 2, [late])
    assert await rosters.copy_standing(PROVINCE, 2, OF_SESSION) == 1
    await rosters.remove(PROVINCE, 2, [an], OF_SESSION)
    await rosters.move(PROVINCE, 2, [binh], 3, OF_SESSION)
    assert await house.listed() == {
        an: (2, "roster", False), binh: (3, "roster", True), chi: (2, "roster", True),
        late: (2, "officer", True),
    }  # fmt: skip
    await rosters.add(PROVINCE, 3, [an], OF_SESSION)
    assert (await house.listed())[an] == (3, "roster", True)
    counts = {room.code: room for room in (await rosters.counts(PROVINCE, OF_SESSION)).rooms}
    assert (counts["HH"].people, counts["HH"].added, counts["DH"].people) == (2, 1, 2)
    assert (await rosters.counts(PROVINCE, OF_SESSION)).without == 1


async def test_a_closed_attendance_and_a_cancelled_session_keep_their_lists(
    house: House, rosters: RosterService
) -> None:
    person = await house.person("An")
    await house.set_state("cancelled")
    with pytest.raises(SessionCancelled):
        await rosters.add(PROVINCE, 2, [person], OF_SESSION)
    await house.seal()
    for change in (rosters.add, rosters.remove):
        with pytest.raises(AttendanceSealed):
            await change(PROVINCE, 2, [person], OF_SESSION)
    assert not (await rosters.room(PROVINCE, 2, OF_SESSION)).may_edit


async def test_a_session_that_the_branch_has_no_part_in_is_not_there(
    house: House, rosters: RosterService
) -> None:
    async with house.database.transaction() as tx:
        row = await tx.get_one(SessionEndpoint, (SESSION, 3))
        await tx.delete(row)
    with pytest.raises(SessionUnknown):
        await rosters.counts(DOAN_HUNG, OF_SESSION)


async def test_candidates_are_people_of_the_branch_who_are_not_on_the_list(
    house: House, rosters: RosterService
) -> None:
    an, elsewhere, _ = await house.people(["Lê An", "Lê Bình", "Trần Chi"])
    await house.person("Lê Xa", 3)
    await rosters.add(PROVINCE, 2, [an])
    await rosters.add(PROVINCE, 4, [elsewhere])
    found = await rosters.candidates(HA_HOA, 2, STANDING, "le")
    assert [(one.name, one.room) for one in found] == [("Lê Bình", "Phòng họp xã Ấm Hạ")]


async def test_every_change_is_in_the_audit_trail_of_the_rooms_branch(
    house: House, rosters: RosterService
) -> None:
    person = await house.person("An")
    await rosters.add(PROVINCE, 2, [person])
    await rosters.move(PROVINCE, 2, [person], 4)
    await rosters.remove(PROVINCE, 4, [person])
    async with house.database.reading() as tx:
        rows = list(await tx.scalars(select(AuditRow).order_by(AuditRow.id)))
    assert [(row.action, row.path) for row in rows] == [
        ("rosters:roster:add", "/1/2/"), ("rosters:roster:move", "/1/2/"),
        ("rosters:roster:remove", "/1/2/4/"),
    ]  # fmt: skip
    assert rows[0].details["attendee_ids"] == [person]


async def test_a_merge_before_the_freezing_leaves_one_person_and_one_afterwards_counts_under_both_numbers(
    house: House, rosters: RosterService
) -> None:
    kept, dropped = await house.people(["An", "An 2"])
    await rosters.add(PROVINCE, 2, [dropped])
    await rosters.add(PROVINCE, 3, [kept])
    async with house.database.transaction() as tx:
        (await tx.get_one(AttendeeRow, dropped)).merged_into_id = kept
        people = await store.session_people(tx, SESSION)
        assert [(one.attendee_id, one.endpoint_id) for one in people] == [(kept, 3)]
        await store.freeze(tx, SESSION, house.clock.now() + timedelta(hours=1))
    assert await house.listed() == {kept: (3, "roster", True)}
