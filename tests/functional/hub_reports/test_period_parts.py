"""A period in which a commune moves, two are merged, a district is dissolved: every figure of it is the sum
of what the sessions' own reports say, for whoever reads, of the whole and of each part."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from confhub.access.rules import Actor
from confhub.checkin import deriving
from confhub.checkin.models import PersonEvent
from confhub.kernel.ids import SessionId
from confhub.org.errors import UnitNotFound
from confhub.org.models import UnitRow
from confhub.registry.models import EndpointRow
from confhub.reports.people import roll_up
from confhub.reports.people.model import PeopleFigures
from confhub.reports.people.service import PeopleReportService
from confhub.rosters.models import SessionAttendee, SessionRoster
from confhub.sessions.errors import SessionUnknown
from confhub.sessions.models import MeetingSession, SessionEndpoint
from tests.plugins.attendance import House, add_session, officer
from tests.plugins.reports import Session

pytestmark = pytest.mark.both_databases

FIRST, LAST = date(2026, 3, 1), date(2026, 6, 30)
ROOMS = (2, 3, 4, 5, 6)
PEOPLE = {1: 2, 2: 2, 6: 3, 7: 4, 8: 5, 9: 6, 3: 6}
"""Person → the room of the later sessions."""
CAME = (1, 6, 8, 9)

READERS = {
    "province": ("/1/", 1),
    "district that is dissolved": ("/1/2/", 2),
    "district that gets the commune": ("/1/3/", 3),
    "commune that moves": ("/1/3/4/", 4),
    "commune that is merged": ("/1/3/5/", 5),
}


async def held(session: Session, number: int, days: int) -> None:
    """A session that many days later, with people in every room."""
    house = session.house
    begun = house.live + timedelta(days=days)
    e, r = SessionEndpoint, EndpointRow
    async with house.database.transaction() as tx:
        await add_session(tx, number, f"s{number}", begun, ROOMS)
        today = select(r.unit_id).where(r.id == e.endpoint_id).scalar_subquery()
        await tx.execute(update(e).where(e.session_id == number).values(unit_id=today))
        units = {row[0]: row[1] for row in await tx.execute(select(r.id, r.unit_id))}
        tx.add(SessionRoster(session_id=number, frozen_at=begun, people=len(PEOPLE)))
        for person, room in PEOPLE.items():
            tx.add(
                SessionAttendee(
                    session_id=number, attendee_id=person, endpoint_id=room, unit_id=units[room],
                    origin="roster", added_at=begun, state="expected",
                )
            )  # fmt: skip
        await tx.flush()
        for person in CAME:
            tx.add(
                PersonEvent(
                    session_id=number, endpoint_id=PEOPLE[person], attendee_id=person, kind="in",
                    way="tablet", at=begun, received_at=begun, by="tablet:1", key=f"{number}:{person}",
                )
            )  # fmt: skip
        row = await tx.get_one(MeetingSession, number)
        row.state, row.actual_end = "ended", begun + timedelta(hours=1)
    async with house.database.transaction() as tx:
        await deriving.derive(tx, number, begun + timedelta(hours=2))


async def changed(house: House, units: dict[int, dict[str, Any]], rooms: dict[int, int]) -> None:
    async with house.database.transaction() as tx:
        for unit, values in units.items():
            await tx.execute(update(UnitRow).where(UnitRow.id == unit).values(**values))
        for room, unit in rooms.items():
            await tx.execute(update(EndpointRow).where(EndpointRow.id == room).values(unit_id=unit))


@pytest.fixture
async def period(session: Session) -> tuple[int, ...]:
    """The sessions: before, after the commune 4 moved into the district 3, after 5 was merged into it, and
    after the district 2 was dissolved, its room the province's."""
    house, over = session.house, (session.house.live + timedelta(days=50)).date()
    await changed(house, {4: {"parent_id": 3, "path": "/1/3/4/"}}, {})
    await held(session, 2, 10)
    await changed(house, {4: {"name": "Xã Hợp Nhất"}, 5: {"valid_to": over}}, {6: 4})
    await held(session, 3, 40)
    await changed(house, {2: {"valid_to": over}}, {3: 1})
    await held(session, 4, 70)
    return (1, 2, 3, 4)


async def said(
    reports: PeopleReportService, actor: Actor, sessions: tuple[int, ...]
) -> tuple[list[PeopleFigures], dict[int, list[PeopleFigures]]]:
    """What the sessions' own reports say: the whole of each, and each unit's."""
    wholes, units = [], defaultdict(list)
    for number in sessions:
        try:
            own = await reports.session(actor, SessionId(number))
        except SessionUnknown:
            continue
        wholes.append(own.totals)
        for one in own.units:
            units[one.unit_id].append(one.figures)
    return wholes, units


@pytest.mark.parametrize("who", READERS)
async def test_the_period_is_the_sum_of_its_sessions_in_the_whole_and_in_every_part(
    period: tuple[int, ...], reports: PeopleReportService, who: str
) -> None:
    actor = officer(*READERS[who])
    wholes, units = await said(reports, actor, period)
    found = await reports.period(actor, None, FIRST, LAST)
    assert found.sessions_held == len(wholes) > 0
    assert found.totals == roll_up.total(wholes)
    assert {one.unit.unit_id: one.unit.figures for one in found.units} == {
        unit: roll_up.total(figures) for unit, figures in units.items()
    }
    for unit in range(1, 6):
        try:
            own = await reports.period(actor, unit, FIRST, LAST)
        except UnitNotFound:
            assert unit not in units
            continue
        assert own.totals == roll_up.total(units.get(unit, []))
        assert roll_up.total(one.figures for one in own.months) == own.totals


async def test_the_parts_make_the_whole_by_the_tree_of_each_day(
    period: tuple[int, ...], reports: PeopleReportService
) -> None:
    whole = await reports.period(officer("/1/", 1), None, FIRST, LAST)
    rooms = {one.unit.unit_id: one.unit.figures.rooms for one in whole.units}
    assert rooms == {1: 5 * 4, 2: 2 + 1 + 1, 3: 2 + 3 + 3 + 3, 4: 1 + 1 + 2 + 2, 5: 1 + 1}
    own = [await reports.period(officer("/1/", 1), None, *days) for days in ((FIRST, date(2026, 3, 31)),
           (date(2026, 4, 1), LAST))]  # fmt: skip
    assert roll_up.total(one.totals for one in own) == whole.totals
    assert sum(one.sessions_held for one in own) == whole.sessions_held == 4


async def test_who_held_a_unit_that_is_gone_reads_its_days_and_no_later_one(
    period: tuple[int, ...], reports: PeopleReportService
) -> None:
    gone = await reports.period(officer("/1/2/", 2), None, FIRST, LAST)
    assert [one.session_id for one in gone.sessions] == [3, 2, 1]
    merged = await reports.period(officer("/1/3/5/", 5), None, FIRST, LAST)
    assert [one.session_id for one in merged.sessions] == [2, 1]
    into = await reports.period(officer("/1/3/4/", 4), None, FIRST, LAST)
    assert [one.figures.rooms for one in into.sessions] == [2, 2, 1, 1]
