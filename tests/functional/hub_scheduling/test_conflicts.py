"""A room wanted twice: shown, booked with a reason, or refused, by the rule of its unit."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError

from confhub.audit.models import AuditRow
from confhub.kernel.errors import DomainError
from confhub.kernel.ids import EndpointId, SessionId
from confhub.scheduling.asked import Window
from confhub.scheduling.bookings import OnConflict
from confhub.scheduling.conflicts import Clash, clashes, told
from confhub.scheduling.errors import ReasonNeeded, RoomsTaken
from confhub.scheduling.models import Booking
from confhub.scheduling.values import Standing
from confhub.sessions import planning
from confhub.sessions.models import MeetingSession
from confhub.sessions.values import Participants, SessionState
from tests.plugins.scheduling import HANOI, Desk, at
from tests.plugins.sessions import ORGANIZER, OTHER_ORGANIZER

pytestmark = pytest.mark.both_databases

DAY = date(2026, 4, 6)
WEEK = timedelta(weeks=1)
ONLY_H2 = Participants(include_endpoints=(EndpointId(4),))


async def asked(desk: Desk, *hours: float, rooms: tuple[int, ...] = (2, 3, 4)) -> list[Clash]:
    """The clashes with an hour from each of these hours of the day."""
    windows = [Window.of(n, at(DAY) + timedelta(hours=hour - 8), 60) for n, hour in enumerate(hours)]
    async with desk.db.reading() as tx:
        return await clashes(tx, windows, rooms)


async def test_every_window_is_answered_in_one_question(desk: Desk) -> None:
    first = await desk.single(DAY, 8)
    second = await desk.single(DAY, 10, participants=ONLY_H2)
    found = await asked(desk, 7, 8.5, 9, 10.5)
    assert [(one.key, one.session_id, one.rooms) for one in found] == [(1, first, 3), (3, second, 2)]
    assert await asked(desk, 8.5, rooms=(5,)) == []
    async with desk.db.reading() as tx:
        conflict = (await told(tx, ORGANIZER, found))[0]
        hidden = (await told(tx, OTHER_ORGANIZER, found))[0]
    assert (conflict.session_id, conflict.title, conflict.contact) == (first, "Giao ban tuần", "Tài khoản 1")
    assert (conflict.until, conflict.unit_name) == (at(DAY, 9), "Tỉnh Phú Thọ")
    assert hidden.session_id == first, "a room of theirs takes part"


async def test_setting_up_and_clearing_count_on_both_sides(desk: Desk) -> None:
    await desk.buffer(4, setup_min=30, clear_min=15)
    await desk.single(DAY, 10)
    assert await asked(desk, 8.75, rooms=(2, 3)) == [] == await asked(desk, 11, rooms=(2, 3))
    assert len(await asked(desk, 8.75, rooms=(4,))) == 1, "setting up for the session at ten begins at 9:30"
    assert len(await asked(desk, 11, rooms=(4,))) == 1
    assert len(await asked(desk, 11.5, rooms=(4,))) == 1, "clearing until 11:15, setting up from 11:00"
    assert await asked(desk, 11.75, rooms=(4,)) == []
    assert await asked(desk, 8.25, rooms=(4,)) == []


async def test_a_booking_follows_its_session(desk: Desk) -> None:
    key = await desk.single(DAY, 8)
    form = await desk.sessions.form(ORGANIZER, key)
    await desk.sessions.update(ORGANIZER, key, replace(form, starts_at=at(DAY, 14), participants=ONLY_H2))
    assert await asked(desk, 8) == []
    assert [(one.session_id, one.rooms) for one in await asked(desk, 14)] == [(key, 2)]
    await desk.sessions.cancel(ORGANIZER, key)
    assert await asked(desk, 14) == []


async def test_by_default_a_conflict_is_shown_and_booked(desk: Desk) -> None:
    await desk.single(DAY, 8)
    await desk.single(DAY, 8)
    assert len(await asked(desk, 8)) == 2


async def test_a_rule_refuses_and_says_who_was_first(desk: Desk) -> None:
    await desk.rule(1, OnConflict.REFUSE)
    await desk.single(DAY, 8, title="Họp Ủy ban")
    draft = (await desk.sessions.create(ORGANIZER, desk.form(DAY, 8))).session.id
    with pytest.raises(RoomsTaken) as refused:
        await desk.sessions.schedule(ORGANIZER, draft)
    assert refused.value.params["holder"] == "Họp Ủy ban"
    assert refused.value.params["until"] == "09:00 06/04/2026"
    assert refused.value.params["contact"] == "Tài khoản 1, Tỉnh Phú Thọ"
    assert (await desk.sessions.get(ORGANIZER, draft)).session.state is SessionState.DRAFT
    later = await desk.single(DAY, 9)
    form = await desk.sessions.form(ORGANIZER, later)
    with pytest.raises(RoomsTaken):
        await desk.sessions.update(ORGANIZER, later, replace(form, starts_at=at(DAY, 8)))
    assert (await desk.sessions.get(ORGANIZER, later)).session.starts_at == at(DAY, 9)


async def test_the_nearest_rule_above_a_room_holds(desk: Desk) -> None:
    await desk.rule(1, OnConflict.REFUSE)
    await desk.rule(3, OnConflict.SHOW)
    await desk.single(DAY, 8)
    await desk.single(DAY, 8, chair_endpoint_id=EndpointId(4), participants=Participants(
        include_endpoints=(EndpointId(5),)))  # fmt: skip
    with pytest.raises(RoomsTaken) as refused:
        await desk.single(DAY, 8, chair_endpoint_id=EndpointId(4), participants=Participants(
            include_endpoints=(EndpointId(3),)))  # fmt: skip
    assert refused.value.params["room"] == "Phòng họp Hạ Hoà"


async def test_a_rule_may_want_a_reason_which_is_written_down(desk: Desk) -> None:
    await desk.rule(1, OnConflict.REASON)
    await desk.single(DAY, 8)
    draft = (await desk.sessions.create(ORGANIZER, desk.form(DAY, 8))).session.id
    with pytest.raises(ReasonNeeded) as refused:
        await desk.sessions.schedule(ORGANIZER, draft)
    assert refused.value.field == "conflict_reason"
    await desk.sessions.schedule(ORGANIZER, draft, conflict_reason="Thường vụ yêu cầu")
    async with desk.db.reading() as tx:
        rows = await tx.execute(
            select(AuditRow.subject_id, AuditRow.details).where(AuditRow.action == "scheduling:booking:share")
        )
        assert [(row[0], row[1]["reason"]) for row in rows] == [(str(draft), "Thường vụ yêu cầu")]


async def test_a_series_is_refused_as_a_whole_for_its_last_date(desk: Desk) -> None:
    await desk.rule(1, OnConflict.REFUSE)
    await desk.single(DAY + 5 * WEEK, 8, title="Kỳ họp")
    with pytest.raises(RoomsTaken) as refused:
        await desk.planned(DAY)
    assert refused.value.params["holder"] == "Kỳ họp"
    assert (await desk.series.list(ORGANIZER)).total == 0
    async with desk.db.reading() as tx:
        assert await tx.scalar(select(func.count()).select_from(Booking)) == 3


async def test_a_series_hears_of_dates_that_are_made_later(desk: Desk) -> None:
    await desk.rule(1, OnConflict.REFUSE)
    far = date(2027, 8, 30)
    await desk.single(far, 8)
    with pytest.raises(RoomsTaken):
        await desk.planned(DAY, count=None)


async def test_the_job_makes_a_draft_where_rooms_are_taken(desk: Desk) -> None:
    made = await desk.planned(DAY, count=None)
    await desk.rule(1, OnConflict.REFUSE)
    await desk.single(date(2027, 9, 6), 8)
    desk.clock.advance(14 * 86_400)
    await desk.series.extend_due()
    late = (await desk.dates(made.series.id))[-2:]
    assert [(one.day.day, one.waits, one.standing) for one in late] == [
        (6, True, Standing.IN_LINE), (13, False, Standing.IN_LINE),
    ]  # fmt: skip


async def test_a_series_may_be_edited_over_its_own_hours(desk: Desk) -> None:
    await desk.rule(1, OnConflict.REFUSE)
    made = await desk.planned(DAY)
    wanted = desk.weekly(DAY)
    moved = replace(wanted, session=replace(wanted.session, starts_at=at(DAY) + timedelta(minutes=30)))
    after = await desk.series.update(ORGANIZER, made.series.id, moved)
    assert [one.session_id for one in after.occurrences] == [one.session_id for one in made.occurrences]


async def test_of_a_thousand_at_one_instant_exactly_one_gets_the_room(desk: Desk) -> None:
    await desk.rule(1, OnConflict.REFUSE)
    async with desk.db.transaction() as tx:
        hours, now = [at(DAY)] * 1_000, desk.clock.now()
        drafts = await planning.plan(
            tx, ORGANIZER, desk.form(DAY), hours, now, HANOI, state=SessionState.DRAFT
        )
        for key in drafts:
            await tx.execute(
                update(MeetingSession).where(MeetingSession.id == key).values(title=f"Phiên {key}")
            )

    async def book(key: SessionId) -> SessionId | DomainError:
        try:
            await desk.sessions.schedule(ORGANIZER, key)
        except DomainError as error:
            return error
        return key

    answers = await asyncio.gather(*map(book, drafts))
    (winner,) = [one for one in answers if not isinstance(one, DomainError)]
    refused = [one for one in answers if isinstance(one, DomainError)]
    assert len(refused) == 999
    assert {type(one) for one in refused} == {RoomsTaken}
    title = (await desk.sessions.get(ORGANIZER, winner)).session.title
    assert {one.params["holder"] for one in refused} == {title}
    async with desk.db.reading() as tx:
        assert set(await tx.scalars(select(Booking.session_id))) == {winner}


async def test_postgresql_itself_refuses_a_second_exclusive_booking(desk: Desk) -> None:
    if desk.db.is_sqlite:
        pytest.skip("SQLite has one writer, who looks before")
    await desk.rule(1, OnConflict.REFUSE)
    key = await desk.single(DAY, 8)
    other = (await desk.sessions.create(ORGANIZER, desk.form(DAY, 8))).session.id
    async with desk.db.reading() as tx:
        held = (await tx.scalars(select(Booking).where(Booking.session_id == key))).first()
    assert held is not None
    with pytest.raises(IntegrityError, match="room_booking_exclusive"):
        async with desk.db.transaction() as tx:
            tx.add(Booking(session_id=other, endpoint_id=held.endpoint_id, from_s=held.from_s + 60,
                           until_s=held.until_s + 60, exclusive=True))  # fmt: skip


async def test_a_district_hears_of_the_unit_but_not_the_title_of_another_branch_s_session(desk: Desk) -> None:
    await desk.rule(1, OnConflict.REFUSE)
    await desk.single(DAY, 8, title="Kín", participants=Participants(include_endpoints=(EndpointId(3),)))
    windows = [Window.of(0, at(DAY), 60)]
    async with desk.db.reading() as tx:
        (one,) = await told(tx, OTHER_ORGANIZER, await clashes(tx, windows, [2]))
    assert (one.session_id, one.title, one.contact, one.unit_name) == (None, None, None, "Tỉnh Phú Thọ")
