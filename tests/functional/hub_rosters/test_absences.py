"""Notices of absence: who enters them, who decides them, and until when."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from confhub.audit.models import AuditRow
from confhub.kernel.errors import Forbidden
from confhub.kernel.permissions import Role
from confhub.org.errors import TextMissing, TextTooLong
from confhub.people.errors import PersonNotFound
from confhub.people.models import AttendeeRow
from confhub.rosters import store
from confhub.rosters.absences import AbsenceService
from confhub.rosters.errors import (
    AbsenceNotFound,
    AbsenceThere,
    AbsenceWithdrawn,
    NobodyNamed,
    NotExpected,
)
from confhub.sessions.errors import AttendanceSealed
from tests.plugins.rosters import DOAN_HUNG, HA_HOA, PROVINCE, SESSION, House, officer

pytestmark = pytest.mark.both_databases

OPERATOR = officer("/1/2/", 2, Role.OPERATOR)


@pytest.fixture
def absences(house: House) -> AbsenceService:
    return AbsenceService(house.database, house.clock)


async def expected(house: House, name: str = "An", room: int = 2, unit_id: int = 2) -> int:
    """A person who is expected in the session."""
    person = await house.person(name, unit_id)
    async with house.database.transaction() as tx:
        await store.fill(tx, [(person, room)], house.clock.now())
    return person


async def away(house: House) -> set[int]:
    async with house.database.reading() as tx:
        return await store.approved_absences(tx, SESSION)


async def test_an_operator_enters_a_notice_and_the_units_officer_approves_it(
    house: House, absences: AbsenceService
) -> None:
    person = await expected(house)
    notice = await absences.enter(OPERATOR, SESSION, person, "Đi công tác")
    assert await away(house) == set()
    with pytest.raises(Forbidden):
        await absences.decide(OPERATOR, SESSION, [notice], approve=True)
    assert await absences.decide(HA_HOA, SESSION, [notice], approve=True) == 1
    assert await absences.decide(HA_HOA, SESSION, [notice], approve=True) == 0
    assert await away(house) == {person}
    row = (await absences.page(HA_HOA, SESSION)).rows[0]
    assert (row.state, row.reason, row.decided_by) == ("approved", "Đi công tác", "Cán bộ")


async def test_a_decision_can_be_taken_back_and_a_withdrawn_notice_makes_room_for_another(
    house: House, absences: AbsenceService
) -> None:
    person = await expected(house)
    notice = await absences.enter(HA_HOA, SESSION, person, "Ốm", approve=True)
    with pytest.raises(AbsenceThere):
        await absences.enter(HA_HOA, SESSION, person, "Ốm nặng")
    await absences.decide(HA_HOA, SESSION, [notice], approve=False, note="Thiếu giấy")
    assert await away(house) == set()
    await absences.withdraw(OPERATOR, SESSION, notice)
    with pytest.raises(AbsenceWithdrawn):
        await absences.decide(HA_HOA, SESSION, [notice], approve=True)
    assert await absences.enter(HA_HOA, SESSION, person, "Ốm nặng") != notice


async def test_rights_end_at_the_persons_branch(house: House, absences: AbsenceService) -> None:
    person = await expected(house)
    with pytest.raises(PersonNotFound):
        await absences.enter(DOAN_HUNG, SESSION, person, "Ốm")
    with pytest.raises(Forbidden):
        await absences.enter(officer("/1/2/", 2, Role.ORGANIZER), SESSION, person, "Ốm", approve=True)
    notice = await absences.enter(HA_HOA, SESSION, person, "Ốm")
    for change in (
        absences.decide(DOAN_HUNG, SESSION, [notice], approve=True),
        absences.withdraw(DOAN_HUNG, SESSION, notice),
    ):
        with pytest.raises(AbsenceNotFound):
            await change
    assert (await absences.page(DOAN_HUNG, SESSION)).rows == []


async def test_the_operator_of_a_room_enters_notices_for_its_people_of_other_units(
    house: House, absences: AbsenceService
) -> None:
    person = await expected(house, "An", room=2, unit_id=3)
    assert await absences.enter(OPERATOR, SESSION, person, "Ốm")


async def test_only_who_is_expected_can_be_excused(house: House, absences: AbsenceService) -> None:
    nobody = await house.person("Bình")
    with pytest.raises(NotExpected):
        await absences.enter(HA_HOA, SESSION, nobody, "Ốm")
    with pytest.raises(PersonNotFound):
        await absences.enter(HA_HOA, SESSION, 999, "Ốm")
    guest = await house.person("Khách")
    async with house.database.transaction() as tx:
        await store.freeze(tx, SESSION, house.clock.now())
        await store.add_to_session(tx, SESSION, [(guest, 2, 2)], store.GUEST, house.clock.now())
    with pytest.raises(NotExpected):
        await absences.enter(HA_HOA, SESSION, guest, "Ốm")


async def test_a_reason_is_needed_and_has_an_end(house: House, absences: AbsenceService) -> None:
    person = await expected(house)
    with pytest.raises(TextMissing):
        await absences.enter(HA_HOA, SESSION, person, "  ")
    with pytest.raises(TextTooLong):
        await absences.enter(HA_HOA, SESSION, person, "x" * 501)
    with pytest.raises(NobodyNamed):
        await absences.decide(HA_HOA, SESSION, [], approve=True)


async def test_a_closed_attendance_takes_no_notice_and_no_decision(
    house: House, absences: AbsenceService
) -> None:
    person, other = await expected(house), await expected(house, "Bình")
    notice = await absences.enter(HA_HOA, SESSION, person, "Ốm")
    await house.seal()
    for change in (
        absences.enter(HA_HOA, SESSION, other, "Ốm"),
        absences.decide(HA_HOA, SESSION, [notice], approve=True),
        absences.withdraw(HA_HOA, SESSION, notice),
    ):
        with pytest.raises(AttendanceSealed):
            await change
    page = await absences.page(HA_HOA, SESSION)
    assert (page.sealed, page.may_enter, page.rows[0].may_decide) == (True, False, False)


async def test_many_are_decided_at_once_all_or_none(house: House, absences: AbsenceService) -> None:
    notices = [
        await absences.enter(PROVINCE, SESSION, await expected(house, name, room, unit), "Bận họp")
        for name, room, unit in (("An", 2, 2), ("Bình", 2, 4), ("Chi", 3, 3))
    ]
    with pytest.raises(AbsenceNotFound):
        await absences.decide(HA_HOA, SESSION, notices, approve=True)
    assert await away(house) == set()
    assert await absences.decide(PROVINCE, SESSION, notices, approve=True) == 3


async def test_the_list_is_filtered_and_counts_by_state(house: House, absences: AbsenceService) -> None:
    for name, room, unit in (("Lê An", 2, 2), ("Lê Bình", 2, 4), ("Trần Chi", 3, 3)):
        await absences.enter(PROVINCE, SESSION, await expected(house, name, room, unit), "Bận họp")
    first = (await absences.page(PROVINCE, SESSION)).rows[0].id
    await absences.decide(PROVINCE, SESSION, [first], approve=False)
    page = await absences.page(PROVINCE, SESSION)
    assert dict(page.counts) == {"pending": 2, "refused": 1}
    assert [row.name for row in page.rows] == ["Lê Bình", "Trần Chi", "Lê An"]
    assert [row.name for row in (await absences.page(PROVINCE, SESSION, words="tran")).rows] == ["Trần Chi"]
    assert (await absences.page(PROVINCE, SESSION, unit_id=2, state="pending")).total == 1
    assert [row.name for row in (await absences.page(DOAN_HUNG, SESSION)).rows] == ["Trần Chi"]


async def test_candidates_are_expected_people_without_a_notice(
    house: House, absences: AbsenceService
) -> None:
    person = await expected(house, "Lê An")
    await expected(house, "Lê Bình")
    await absences.enter(HA_HOA, SESSION, person, "Ốm")
    assert [one.name for one in await absences.candidates(OPERATOR, SESSION, "le")] == ["Lê Bình"]


async def test_a_notice_is_audited(house: House, absences: AbsenceService) -> None:
    person = await expected(house)
    await absences.enter(HA_HOA, SESSION, person, "Ốm")
    async with house.database.reading() as tx:
        row = (await tx.scalars(select(AuditRow))).one()
    assert (row.action, row.path) == ("rosters:absence:enter", "/1/2/")
    assert "Ốm" not in str(row.details)


async def test_a_notice_of_a_person_who_was_merged_stands_for_the_one_that_was_kept(
    house: House, absences: AbsenceService
) -> None:
    kept, dropped = await expected(house), await expected(house, "An 2")
    async with house.database.transaction() as tx:
        (await tx.get_one(AttendeeRow, dropped)).merged_into_id = kept
    await absences.enter(HA_HOA, SESSION, dropped, "Ốm", approve=True)
    assert await away(house) == {kept}
    with pytest.raises(AbsenceThere):
        await absences.enter(HA_HOA, SESSION, kept, "Ốm")
