"""A session's report on people over a real database: totals over the tiers, persons, rights by branch."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from confhub.access.rules import Actor, Grant
from confhub.kernel.errors import Forbidden
from confhub.kernel.ids import AccountId, SessionId, UnitId
from confhub.kernel.permissions import Role
from confhub.org.errors import UnitNotFound
from confhub.people.models import PersonLook, SeenPeople
from confhub.reports.people import roll_up
from confhub.reports.people.errors import PeriodWrong, PersonNotListed, TooFewSessions
from confhub.reports.people.model import PeopleFigures, PeopleFilter, PersonStatus
from confhub.reports.people.service import PeopleReportService
from confhub.rosters.models import RosterEntry, SessionAttendee
from confhub.sessions.errors import SessionUnknown
from confhub.sessions.models import MeetingSession
from tests.plugins.attendance import add_session, officer
from tests.plugins.reports import HA_HOA, PROVINCE, Session

pytestmark = pytest.mark.both_databases


async def test_the_figures_stand_apart_and_side_by_side(
    session: Session, reports: PeopleReportService
) -> None:
    totals = (await reports.session(PROVINCE, session.id)).totals
    assert (totals.rooms, totals.connected, totals.heads_rooms, totals.heads) == (5, 4, 4, 7)
    assert (totals.expected, totals.checked_in, totals.guests) == (9, 8, 1)
    assert (totals.on_time, totals.late, totals.left_early) == (3, 2, 2)
    assert (totals.with_leave, totals.without_leave, totals.unconnected, totals.completed) == (1, 1, 1, 4)


async def test_rooms_tiers_and_branches_add_up_to_the_total(
    session: Session, reports: PeopleReportService
) -> None:
    report = await reports.session(PROVINCE, session.id)
    assert roll_up.total(room.figures for room in report.rooms) == report.totals
    assert roll_up.total(tier.figures for tier in report.tiers) == report.totals
    top = [unit for unit in report.units if unit.depth == 0]
    assert [unit.figures for unit in top] == [report.totals]
    ha_hoa = next(unit for unit in report.units if unit.unit_id == 2)
    below = [room.figures for room in report.rooms if room.unit_path.startswith("/1/2/")]
    assert ha_hoa.figures == roll_up.total(below)
    page = await reports.persons(PROVINCE, session.id, PeopleFilter())
    assert sum(one.millis for one in page.rows) == report.totals.person_millis
    assert sum(one.completed and one.expected for one in page.rows) == report.totals.completed


async def test_each_person_has_a_status_and_stretches(session: Session, reports: PeopleReportService) -> None:
    page = await reports.persons(PROVINCE, session.id, PeopleFilter())
    found = {one.attendee_id: one for one in page.rows}
    assert {number: one.status.value for number, one in found.items()} == {
        1: "present", 2: "late", 3: "left_early", 4: "absent_with_leave", 5: "absent_without_leave",
        6: "present", 7: "late_left_early", 8: "room_not_connected", 9: "present", 10: "present",
    }  # fmt: skip
    assert (found[6].minutes, found[7].minutes, found[3].minutes) == (50, 30, 40)
    (stretch,) = found[7].stretches
    assert stretch == (session.house.at(1200), session.house.at(3000))
    assert not found[10].expected


async def test_names_come_in_vietnamese_order(session: Session, reports: PeopleReportService) -> None:
    page = await reports.persons(PROVINCE, session.id, PeopleFilter(endpoint_id=2))
    names = [one.name for one in page.rows]
    assert names == ["Ân Thị Ý", "Bùi Văn Bình", "Cao Thị Chi", "Đặng Thị Em", "Đỗ Văn Dũng", "Vũ Khách Mời"]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (PeopleFilter(unit_id=2), {6, 7, 8}),
        (PeopleFilter(endpoint_id=5), {8}),
        (PeopleFilter(status=PersonStatus.LATE), {2, 7}),
        (PeopleFilter(way="qr"), {1, 9}),
        (PeopleFilter(completed=True), {1, 2, 6, 9, 10}),
        (PeopleFilter(completed=False, endpoint_id=2), {3, 4, 5}),
        (PeopleFilter(text="dang thi"), {5}),
        (PeopleFilter(unit_id=999), set()),
    ],
)
async def test_filters_choose_persons(
    session: Session, reports: PeopleReportService, wanted: PeopleFilter, found: set[int]
) -> None:
    page = await reports.persons(PROVINCE, session.id, wanted)
    assert {one.attendee_id for one in page.rows} == found
    assert page.total == len(found)


async def test_pages_hold_everybody_once(session: Session, reports: PeopleReportService) -> None:
    pages = [await reports.persons(PROVINCE, session.id, PeopleFilter(), page=n, size=4) for n in (1, 2, 3)]
    assert [len(page.rows) for page in pages] == [4, 4, 2]
    assert {one.attendee_id for page in pages for one in page.rows} == set(range(1, 11))
    assert (await reports.persons(PROVINCE, session.id, PeopleFilter(), page=99, size=4)).page == 3


async def test_a_district_sees_its_branch_alone(session: Session, reports: PeopleReportService) -> None:
    report = await reports.session(HA_HOA, session.id)
    assert {room.code for room in report.rooms} == {"H2", "H4"}
    assert (report.totals.expected, report.header.whole) == (3, False)
    assert {unit.unit_id for unit in report.units} == {2, 4}
    page = await reports.persons(HA_HOA, session.id, PeopleFilter())
    assert {one.attendee_id for one in page.rows} == {6, 7, 8}
    assert (await reports.persons(HA_HOA, session.id, PeopleFilter(endpoint_id=2))).total == 0
    with pytest.raises(PersonNotListed):
        await reports.person(HA_HOA, session.id, 1)
    curve = await reports.curve(HA_HOA, session.id)
    assert max(moment.people for moment in curve) == 2


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.VIEWER])
async def test_who_may_see_no_report_sees_none(
    session: Session, reports: PeopleReportService, role: Role
) -> None:
    actor = officer("/1/", 1, role)
    with pytest.raises(Forbidden):
        await reports.session(actor, session.id)
    with pytest.raises(Forbidden):
        await reports.persons(actor, session.id, PeopleFilter())
    with pytest.raises(Forbidden):
        await reports.period(actor, None, date(2026, 1, 1), date(2026, 12, 31))


async def test_a_session_outside_the_branch_is_as_unknown_as_none(
    session: Session, reports: PeopleReportService
) -> None:
    for actor, number in ((officer("/9/", 9), session.id), (PROVINCE, SessionId(77))):
        with pytest.raises(SessionUnknown):
            await reports.session(actor, number)


async def test_every_look_at_persons_is_written_down(session: Session, reports: PeopleReportService) -> None:
    await reports.session(PROVINCE, session.id)
    async with session.house.database.reading() as tx:
        assert (await tx.scalars(select(PersonLook))).all() == []
    await reports.persons(PROVINCE, session.id, PeopleFilter(text="em"))
    await reports.person(PROVINCE, session.id, 5)
    async with reports.export(PROVINCE, session.id) as found:
        assert [one.attendee_id async for group in found.people for one in group][:2] == [1, 2]
    async with session.house.database.reading() as tx:
        looks = (await tx.scalars(select(PersonLook).order_by(PersonLook.id))).all()
        everybody = (await tx.scalars(select(SeenPeople).where(SeenPeople.count == 10))).one()
    assert [look.what for look in looks] == ["report", "report_file"]
    assert looks[0].attendee_id == 5, "found by the search, then opened: the same person, at once"
    assert looks[0].detail == f"session {session.id}", "what was searched is a name"
    assert looks[1].seen == everybody.digest


async def test_the_curve_follows_people_and_rooms(session: Session, reports: PeopleReportService) -> None:
    curve = await reports.curve(PROVINCE, session.id)
    assert (curve[0].people, curve[0].rooms) == (4, 3)
    assert max(moment.people for moment in curve) == 7
    assert max(moment.rooms for moment in curve) == 4
    assert curve[-1].at == session.house.at(3600)


async def test_a_period_adds_up_sessions_and_units(session: Session, reports: PeopleReportService) -> None:
    await session.another(2, days=40)
    one = await reports.period(PROVINCE, None, date(2026, 3, 1), date(2026, 3, 31))
    both = await reports.period(PROVINCE, None, date(2026, 3, 1), date(2026, 4, 30))
    single = (await reports.session(PROVINCE, session.id)).totals
    assert one.totals.expected == single.expected
    assert (one.sessions_held, both.sessions_held, len(both.months)) == (1, 2, 2)
    assert both.totals.expected == single.expected + 1
    assert roll_up.total(month.figures for month in both.months) == both.totals
    top = next(unit for unit in both.units if unit.unit.unit_id == 1)
    assert top.unit.figures == both.totals
    assert both.silent[0].missing >= both.silent[-1].missing
    district = await reports.period(HA_HOA, 2, date(2026, 3, 1), date(2026, 4, 30))
    assert district.totals.expected == 3
    with pytest.raises(UnitNotFound):
        await reports.period(HA_HOA, 1, date(2026, 3, 1), date(2026, 3, 2))


@pytest.mark.parametrize(
    ("first", "last"),
    [(date(2026, 3, 2), date(2026, 3, 1)), (date(2000, 1, 1), date(2026, 1, 1)),
     (date(1, 1, 1), date(9999, 12, 31))],
)  # fmt: skip
async def test_impossible_periods_are_refused(
    session: Session, reports: PeopleReportService, first: date, last: date
) -> None:
    with pytest.raises(PeriodWrong):
        await reports.period(PROVINCE, None, first, last)


async def test_sessions_stand_side_by_side(session: Session, reports: PeopleReportService) -> None:
    await session.another(2, days=7)
    comparison = await reports.comparison(PROVINCE, [session.id, SessionId(2)])
    assert [one.totals.expected for one in comparison.sessions] == [9, 1]
    assert comparison.units[0] == (1, "Tỉnh Phú Thọ", 0)
    assert [choice.session_id for choice in await reports.choices(PROVINCE)] == [2, 1]
    with pytest.raises(TooFewSessions):
        await reports.comparison(PROVINCE, [session.id, session.id])
    with pytest.raises(SessionUnknown):
        await reports.comparison(PROVINCE, [session.id, SessionId(77)])


async def test_figures_seen_without_the_right_to_persons(
    session: Session, reports: PeopleReportService
) -> None:
    """Persons of one district, figures of it too; the rest of the house stays closed."""
    actor = Actor(
        AccountId(1), "Cán bộ", "vi",
        (Grant(Role.TRAINING_OFFICER, UnitId(3), "/1/3/"), Grant(Role.VIEWER, UnitId(1), "/1/")),
    )  # fmt: skip
    report = await reports.session(actor, session.id)
    assert {room.code for room in report.rooms} == {"H3", "H5"}
    assert report.totals == PeopleFigures() or report.totals.expected == 1


async def test_while_live_the_figures_are_those_of_the_moment(
    session: Session, reports: PeopleReportService
) -> None:
    """The same people before the session ended, and one of them gone."""
    async with session.house.database.transaction() as tx:
        row = await tx.get_one(MeetingSession, session.id)
        row.state, row.actual_end = "live", None
        left = await tx.get_one(SessionAttendee, (session.id, 3))
        left.state = "out"
    report = await reports.session(PROVINCE, session.id)
    totals = report.totals
    assert not report.header.settled
    assert (totals.expected, totals.checked_in, totals.guests, totals.present) == (9, 8, 1, 7)
    assert (totals.connected, totals.with_leave, totals.heads, totals.completed) == (4, 1, 7, 0)
    page = await reports.persons(PROVINCE, session.id, PeopleFilter(endpoint_id=2))
    assert {one.attendee_id: one.status.value for one in page.rows} == {
        1: "in", 2: "in", 3: "out", 4: "absent_with_leave", 5: "expected", 10: "in",
    }  # fmt: skip
    assert (await reports.persons(PROVINCE, session.id, PeopleFilter(status=PersonStatus.AWAITED))).total == 1
    curve = await reports.curve(PROVINCE, session.id)
    assert max(moment.people for moment in curve) >= 6


async def test_before_a_session_its_rosters_are_expected(
    session: Session, reports: PeopleReportService
) -> None:
    async with session.house.database.transaction() as tx:
        begun = session.house.at(90_000)
        await add_session(tx, 5, "s5", begun, (2, 3))
        row = await tx.get_one(MeetingSession, 5)
        row.state, row.actual_start = "scheduled", None
        tx.add(RosterEntry(attendee_id=1, endpoint_id=2, created_at=begun))
    report = await reports.session(PROVINCE, SessionId(5))
    assert (report.totals.expected, report.totals.checked_in, report.totals.rooms) == (1, 0, 2)
    assert await reports.curve(PROVINCE, SessionId(5)) == ()
    assert (await reports.persons(PROVINCE, SessionId(5), PeopleFilter())).rows == ()
