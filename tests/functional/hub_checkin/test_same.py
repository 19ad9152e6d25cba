"""Two entries that are found to be one person after both stood on a session's list: one person there too."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from confhub.access.rules import SYSTEM
from confhub.checkin import derived, deriving
from confhub.checkin.corrections import CorrectionService
from confhub.checkin.deriving import Deriver
from confhub.checkin.figures import Status
from confhub.checkin.sealing import SealService
from confhub.kernel.ids import AttendeeId, EndpointId
from confhub.people.merging import MergeService
from confhub.reports.people.history import HistoryService
from confhub.reports.people.model import PeopleFilter
from confhub.rosters.models import AbsenceNotice
from tests.functional.merged import standing_merge
from tests.plugins.checkin import PROVINCE, ROOM, SESSION, Hall, people_of

pytestmark = pytest.mark.both_databases


@pytest.fixture
def merges(over: Hall) -> MergeService:
    return over.services.merges


@pytest.fixture
async def old(over: Hall) -> Deriver:
    """Figures are written, and the session is so old that only what is told of it derives it anew."""
    deriver = Deriver(over.house.database, over.house.clock)
    assert await deriver.derive_due() == 1
    over.house.move_to(timedelta(days=30).total_seconds())
    assert await deriver.derive_due() == 0
    return deriver


async def test_both_entries_events_are_one_person_s_and_the_merge_can_be_undone(
    over: Hall, old: Deriver, merges: MergeService
) -> None:
    before = await people_of(over)
    assert (before[1].millis, before[3].millis) == (2_990_000, 1_190_000)
    assert before[5].status is Status.WITHOUT_LEAVE
    await merges.merge(SYSTEM, 5, 3)  # 3 checked out after half an hour, 5 never came
    await merges.merge(SYSTEM, 5, 1)  # 1 never checked out
    assert await old.derive_due() == 1
    people = await people_of(over)
    assert sorted(people) == [2, 4, 5, 6]
    one = people[5]
    assert (one.millis, one.status, one.expected) == (before[3].millis, Status.LEFT_EARLY, True)
    merge = await standing_merge(merges, SYSTEM, 5, 1)
    await merges.undo(SYSTEM, merge.id)
    assert await old.derive_due() == 1
    people = await people_of(over)
    assert sorted(people) == [1, 2, 4, 5, 6]
    assert people[1] == before[1]
    assert people[5].millis == before[3].millis
    await merges.undo(SYSTEM, (await standing_merge(merges, SYSTEM, 5, 3)).id)
    await old.derive_due()
    assert await people_of(over) == before


async def test_live_totals_count_one_person_in_the_state_of_the_newest_event(
    over: Hall, merges: MergeService
) -> None:
    async def counted() -> tuple[int, int, int, int]:
        live = await over.services.checkin.totals(PROVINCE, SESSION)
        (other,) = (room for room in live.rooms if room.endpoint_id == 6)
        return live.total.expected, live.total.came, live.total.present, other.expected

    assert await counted() == (6, 3, 2, 1)
    await merges.merge(SYSTEM, 5, 3)  # 3 checked out, 5 never came
    assert await counted() == (5, 3, 2, 1)
    await merges.merge(SYSTEM, 5, 1)  # 1 came in, before 3 went out
    assert await counted() == (4, 2, 1, 1)
    await merges.merge(SYSTEM, 5, 6)  # 6 is awaited in another room
    assert await counted() == (3, 2, 1, 0)
    await merges.undo(SYSTEM, (await standing_merge(merges, SYSTEM, 5, 6)).id)
    assert await counted() == (4, 2, 1, 1)


async def test_a_person_outside_the_list_leaves_the_entry_that_is_on_it(
    over: Hall, old: Deriver, merges: MergeService
) -> None:
    before = await people_of(over)
    await merges.merge(SYSTEM, 7, 1)
    await old.derive_due()
    assert await people_of(over) == before
    await merges.merge(SYSTEM, 7, 2)  # now two of the list are one person: the oldest entry leads
    await old.derive_due()
    people = await people_of(over)
    assert sorted(people) == [1, 3, 4, 5, 6]
    assert people[1].millis == before[1].millis - 300_000  # a correction takes a stretch from the person


async def test_leave_of_one_entry_is_leave_of_the_person(
    over: Hall, old: Deriver, merges: MergeService
) -> None:
    await merges.merge(SYSTEM, 5, 4)
    await old.derive_due()
    people = await people_of(over)
    assert 4 not in people
    assert people[5].status is Status.WITH_LEAVE


@pytest.mark.parametrize(("kept", "dropped"), [(5, 7), (7, 5)])
async def test_leave_of_an_entry_that_is_on_no_list_is_leave_of_the_person(
    over: Hall, old: Deriver, merges: MergeService, kept: int, dropped: int
) -> None:
    async with over.house.database.transaction() as tx:
        for person, state in ((7, "approved"), (6, "pending")):
            tx.add(
                AbsenceNotice(
                    session_id=SESSION, attendee_id=person, reason="Ốm", entered_at=over.house.live,
                    entered_by="Cán bộ", state=state,
                )
            )  # fmt: skip
    await merges.merge(SYSTEM, kept, dropped)
    await old.derive_due()
    people = await people_of(over)
    assert people[5].status is Status.WITH_LEAVE
    assert people[6].status is Status.WITHOUT_LEAVE


async def test_reports_and_the_record_show_one_line_with_all_corrections(
    over: Hall, old: Deriver, merges: MergeService
) -> None:
    await merges.merge(SYSTEM, 3, 2)  # 2 has a correction
    await old.derive_due()
    page = await over.services.people_reports.persons(PROVINCE, SESSION, PeopleFilter(way="tablet"))
    lines = {line.attendee_id: line for line in page.rows}
    assert sorted(lines) == [1, 3]
    assert [note.reason for note in lines[3].corrections] == ["Ra ngoài"]
    corrections = CorrectionService(over.house.database, over.house.clock)
    assert [one.reason for one in await corrections.list(PROVINCE, SESSION, AttendeeId(3))] == ["Ra ngoài"]
    history = await HistoryService(over.house.database, over.house.clock).of(PROVINCE, 3)
    assert history is not None
    minutes = lines[3].millis // 60_000
    assert [(one.status, one.minutes) for one in history.sessions] == [("left_early", minutes)]


async def test_a_correction_of_either_entry_sees_the_person_s_time(
    over: Hall, old: Deriver, merges: MergeService
) -> None:
    before = await people_of(over)
    await merges.merge(SYSTEM, 5, 1)
    corrections = CorrectionService(over.house.database, over.house.clock)
    moments = over.house.at(3300), over.house.at(3600)
    await corrections.add(
        PROVINCE, SESSION, AttendeeId(5), "remove", EndpointId(ROOM), *moments, "Về sớm năm phút"
    )
    (made,) = await corrections.list(PROVINCE, SESSION, AttendeeId(1))
    assert made.old_millis == before[1].millis
    await old.derive_due()
    assert (await people_of(over))[5].millis == before[1].millis - 300_000


async def test_closed_attendance_keeps_the_merges_of_its_closing(
    over: Hall, seals: SealService, merges: MergeService
) -> None:
    await merges.merge(SYSTEM, 5, 3)
    head = await seals.close(PROVINCE, SESSION)
    sealed = await people_of(over)
    assert sorted(sealed) == [1, 2, 4, 5, 6]
    await merges.merge(SYSTEM, 4, 1)
    await merges.undo(SYSTEM, (await standing_merge(merges, SYSTEM, 5, 3)).id)
    await Deriver(over.house.database, over.house.clock).derive_due()
    assert await people_of(over) == sealed
    assert (await seals.rebuild(SESSION)).identical
    assert (await seals.verify(SESSION, head)).holds
    await seals.reopen(PROVINCE, SESSION, "Gộp người trùng")
    await Deriver(over.house.database, over.house.clock).derive_due()
    assert sorted(await people_of(over)) == [2, 3, 4, 5, 6]


@pytest.mark.parametrize("merged", ["[]", "[[3, 4]]", '"?"'])
async def test_sealed_merges_that_were_changed_are_found(
    over: Hall, seals: SealService, merges: MergeService, merged: str
) -> None:
    await merges.merge(SYSTEM, 5, 3)
    await seals.close(PROVINCE, SESSION)
    async with over.house.database.transaction() as tx:
        await tx.execute(text(f"UPDATE attendance_seal SET merges = '{merged}'"))
    verified = await seals.verify(SESSION)
    assert [sealed.name for sealed, _ in verified.changed] == ["merges"]
    assert not verified.figures_hold


async def test_what_comes_in_while_figures_are_computed_makes_them_stale(
    over: Hall, old: Deriver, merges: MergeService
) -> None:
    house = over.house
    async with house.database.reading() as tx:
        found, mark = await deriving.compute_marked(tx, SESSION, house.clock.now())
    assert found is not None
    await merges.merge(SYSTEM, 5, 3)
    async with house.database.transaction() as tx:
        await derived.write(tx, found, derived.digest(found), mark, house.clock.now())
    assert await old.derive_due() == 1
    assert 3 not in await people_of(over)
    assert await old.derive_due() == 0
