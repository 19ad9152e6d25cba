"""A room that a series books and that joined none of its last three sessions is named."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import delete, update

from confhub.kernel.ids import EndpointId
from confhub.scheduling.models import Booking
from confhub.scheduling.values import SeriesId
from confhub.sessions.models import MeetingSession, SessionEndpoint
from confhub.sessions.values import Participants, SessionState
from tests.plugins.scheduling import Desk, at
from tests.plugins.sessions import ORGANIZER, OTHER_ORGANIZER

pytestmark = pytest.mark.both_databases

MONDAY = date(2026, 4, 6)


async def hold(desk: Desk, session: int, *there: int) -> None:
    """The session was held, with these rooms."""
    e, s = SessionEndpoint, MeetingSession
    over = {"state": SessionState.ENDED.value, "actual_start": at(MONDAY), "actual_end": at(MONDAY, 9)}
    async with desk.db.transaction() as tx:
        await tx.execute(update(s).where(s.id == session).values(over))
        seen = update(e).where(e.session_id == session, e.endpoint_id.in_(there))
        await tx.execute(seen.values(last_seen_at=at(MONDAY)))
        await tx.execute(delete(Booking).where(Booking.session_id == session))


async def named(desk: Desk, series: SeriesId) -> list[str]:
    return [one.room_name for one in await desk.series.unused(ORGANIZER, series)]


async def test_a_room_that_never_came_three_times_running_is_named(desk: Desk) -> None:
    made = await desk.planned(MONDAY)
    series, keys = made.series.id, [one.session_id or 0 for one in made.occurrences]
    await hold(desk, keys[0], 2, 3, 4)
    await hold(desk, keys[1], 2, 3)
    await hold(desk, keys[2], 2, 3)
    assert await named(desk, series) == [], "twice only"
    await hold(desk, keys[3], 2)
    assert await named(desk, series) == ["Phòng họp Đoan Hùng"]
    assert [one.series_id for one in await desk.series.unused(ORGANIZER)] == [series]
    assert await desk.series.unused(OTHER_ORGANIZER, series) == []
    assert await desk.series.unused(OTHER_ORGANIZER) == []
    await hold(desk, keys[4], 2, 4)
    assert await named(desk, series) == [], "it came"


async def test_it_is_not_named_once_it_is_out_of_the_coming_dates(desk: Desk) -> None:
    made = await desk.planned(MONDAY)
    for one in made.occurrences[:3]:
        await hold(desk, one.session_id or 0, 2, 3)
    assert await named(desk, made.series.id) == ["Phòng họp Đoan Hùng"]
    without = desk.weekly(MONDAY, participants=Participants(include_endpoints=(EndpointId(3),)))
    await desk.series.update(ORGANIZER, made.series.id, without)
    assert await named(desk, made.series.id) == []


async def test_a_series_that_has_ended_names_nobody(desk: Desk) -> None:
    made = await desk.planned(MONDAY)
    for one in made.occurrences[:3]:
        await hold(desk, one.session_id or 0, 2)
    assert await named(desk, made.series.id) == ["Phòng họp Đoan Hùng", "Phòng họp Hạ Hoà"]
    await desk.series.end(ORGANIZER, made.series.id)
    assert await named(desk, made.series.id) == []
