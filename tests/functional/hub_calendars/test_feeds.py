"""A feed's series have, read by two implementations that are not ours, the dates that the hub has."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from confhub.accounts.logins import actor_by_id
from confhub.accounts.models import AccountRow, RoleGrantRow
from confhub.calendars.feeds import FeedService, Scope
from confhub.i18n.catalogue import Catalogue
from confhub.kernel.ids import AccountId, EndpointId, UnitId
from confhub.kernel.permissions import Role
from confhub.scheduling.days_off import OnDaysOff
from confhub.scheduling.recurrence import Every, Rule
from confhub.scheduling.values import SeriesInput
from confhub.sessions.models import MeetingSession
from confhub.sessions.values import Participants
from tests.plugins.calendars import Shown, by_ical, by_icalendar
from tests.plugins.scheduling import HANOI, Desk, at
from tests.plugins.sessions import ORGANIZER

pytestmark = pytest.mark.both_databases

MONDAY = date(2026, 4, 6)
WEEK = timedelta(weeks=1)
DAY = timedelta(days=1)


async def ours(desk: Desk) -> Shown:
    """Scheduled sessions, as the database has them."""
    s = MeetingSession
    async with desk.db.reading() as tx:
        rows = (
            await tx.execute(select(s.starts_at, s.length_min, s.title).where(s.state == "scheduled"))
        ).all()
    return sorted(
        (start.astimezone(HANOI), (start + timedelta(minutes=length)).astimezone(HANOI), title)
        for start, length, title in rows
    )


@pytest.fixture
async def feeds(desk: Desk) -> FeedService:
    await reader_of_feeds(desk)
    return FeedService(desk.db, desk.clock, Catalogue.load(), "https://hop.example.vn", "Asia/Ho_Chi_Minh")


async def reader_of_feeds(desk: Desk) -> None:
    """Account 77, who may look at the province."""
    async with desk.db.transaction() as tx:
        if await tx.get(AccountRow, 77) is None:
            tx.add(
                AccountRow(
                    id=77, username="lich", display_name="Cán bộ", password_hash="x", language="vi",
                    created_at=desk.clock.now(), sort_key="c", search_key="can bo",
                )
            )  # fmt: skip
            await tx.flush()
            tx.add(RoleGrantRow(account_id=77, role=Role.VIEWER.value, unit_id=1))


async def shown(desk: Desk, feeds: FeedService, scope: Scope) -> bytes:
    async with desk.db.reading() as tx:
        actor = await actor_by_id(tx, AccountId(77))
    assert actor is not None
    answer = await feeds.asked(await feeds.make(actor, scope), "127.0.0.1")
    assert answer.content is not None
    return answer.content


async def weekly(desk: Desk) -> None:
    await desk.planned(MONDAY, how=OnDaysOff.SKIP, count=20)


async def moved_by_holidays(desk: Desk) -> None:
    await desk.planned(MONDAY, how=OnDaysOff.MOVE, count=20)


async def edited(desk: Desk) -> None:
    made = await desk.planned(MONDAY, count=8)
    await desk.series.skip(ORGANIZER, made.series.id, MONDAY)
    await desk.series.skip(ORGANIZER, made.series.id, MONDAY + 3 * WEEK)
    third = made.occurrences[2].session_id
    assert third is not None
    form = desk.form(MONDAY + 2 * WEEK + DAY, 14, title="Họp bù", length_min=90)
    await desk.sessions.update(ORGANIZER, third, form)


async def split(desk: Desk) -> None:
    made = await desk.planned(MONDAY, count=10)
    wanted = desk.weekly(MONDAY + 4 * WEEK + DAY, 15, count=6, title="Từ nay thứ Ba")
    await desk.series.update(ORGANIZER, made.series.id, wanted, from_day=MONDAY + 4 * WEEK)


async def rules(desk: Desk) -> None:
    for number, rule in enumerate(
        (
            Rule(Every.MONTH, month_day=31, count=5),
            Rule(Every.MONTH, month_day=-1, count=5),
            Rule(Every.MONTH, nth=-1, weekday=4, count=5),
            Rule(Every.WEEK, interval=2, weekdays=(0, 3), count=9),
            Rule(Every.DAY, interval=3, until=date(2026, 5, 20)),
            Rule(Every.YEAR, month=7, month_day=2, count=2),
        )
    ):
        form = desk.form(MONDAY + DAY, 8 + number, title=f"Chuỗi {number}")
        await desk.series.create(ORGANIZER, SeriesInput(form, rule, OnDaysOff.SKIP))


async def open_ended(desk: Desk) -> None:
    await desk.planned(MONDAY, count=None)
    await desk.single(MONDAY + DAY, title="Một lần")


@pytest.mark.parametrize("done", [weekly, moved_by_holidays, edited, split, rules, open_ended])
async def test_two_readers_find_the_dates_that_the_hub_has(
    desk: Desk, feeds: FeedService, done: Callable[[Desk], Awaitable[None]]
) -> None:
    await done(desk)
    wanted = await ours(desk)
    assert len(wanted) > 5
    for scope in (Scope(unit_id=UnitId(1)), Scope(endpoint_id=EndpointId(3))):
        written = await shown(desk, feeds, scope)
        assert by_icalendar(written) == wanted
        assert by_ical(written) == wanted


async def test_a_room_has_only_the_dates_that_it_takes_part_in(desk: Desk, feeds: FeedService) -> None:
    made = await desk.planned(MONDAY, count=4)
    second = made.occurrences[1].session_id
    assert second is not None
    without = Participants(include_endpoints=(EndpointId(4),))
    await desk.sessions.update(ORGANIZER, second, desk.form(MONDAY + WEEK, participants=without))
    read = by_ical(await shown(desk, feeds, Scope(endpoint_id=EndpointId(3))))
    assert [begin for begin, _, _ in read] == [at(MONDAY), at(MONDAY + 2 * WEEK), at(MONDAY + 3 * WEEK)]
    assert len(by_ical(await shown(desk, feeds, Scope(endpoint_id=EndpointId(4))))) == 4


async def test_dates_long_past_are_left_away_and_the_rest_keep_their_rhythm(
    desk: Desk, feeds: FeedService
) -> None:
    wanted = SeriesInput(desk.form(MONDAY), Rule(Every.WEEK, interval=2, weekdays=(0, 3), count=40))
    await desk.series.create(ORGANIZER, wanted)
    desk.clock.advance(200 * 86_400)
    kept = [one for one in await ours(desk) if one[0] > desk.clock.now() - timedelta(days=92)]
    assert 0 < len(kept) < 40
    written = await shown(desk, feeds, Scope(unit_id=UnitId(1)))
    assert by_icalendar(written) == by_ical(written) == kept
