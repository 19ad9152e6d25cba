"""A series' dates are sessions of their own: made ahead, changed one by one, from one on, or all."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from confhub.kernel.errors import Forbidden, ValidationErrors
from confhub.kernel.ids import EndpointId, SessionId, UnitId
from confhub.org.models import UnitRow
from confhub.scheduling import errors
from confhub.scheduling.days_off import OnDaysOff
from confhub.scheduling.models import DayOffRow
from confhub.scheduling.recurrence import Every, Rule
from confhub.scheduling.values import SeriesInput, Standing
from confhub.sessions.errors import StartInPast, UnitNotValid
from confhub.sessions.overlaps import expected_in
from confhub.sessions.values import Participants, SessionState
from tests.plugins.scheduling import Desk, at, in_weeks
from tests.plugins.sessions import DISTRICT_ORGANIZER, ORGANIZER, OTHER_ORGANIZER, VIEWER

pytestmark = pytest.mark.both_databases

MONDAY = date(2026, 4, 6)
HUNG_KINGS = date(2026, 4, 27)  # the third Monday after it; its Sunday is made up for
DAY = timedelta(days=1)


async def test_each_date_is_a_scheduled_session_with_its_rooms(desk: Desk) -> None:
    made = await desk.planned(MONDAY)
    assert [one.day for one in made.occurrences] == in_weeks(MONDAY, 0, 1, 2, 3, 4, 5)
    assert {one.standing for one in made.occurrences} == {Standing.IN_LINE}
    assert made.series.dates == 6
    assert made.series.next_at == at(MONDAY)
    assert made.series.finished
    for one in made.occurrences:
        assert one.session_id is not None
        details = await desk.sessions.get(ORGANIZER, one.session_id)
        assert details.session.state is SessionState.SCHEDULED
        assert details.session.starts_at == at(one.day)
        assert details.session.endpoints == 3
        assert details.participants.include_endpoints == (EndpointId(3), EndpointId(4))


async def test_the_first_date_is_the_first_that_the_rule_gives(desk: Desk) -> None:
    wanted = SeriesInput(desk.form(MONDAY), Rule(Every.MONTH, nth=2, weekday=1, count=3))
    made = await desk.series.create(ORGANIZER, wanted)
    assert made.series.first_day == date(2026, 4, 14)
    assert made.series.rrule == "FREQ=MONTHLY;COUNT=3;BYDAY=2TU"


async def test_holidays_are_kept_left_out_or_moved(desk: Desk) -> None:
    kept = await desk.planned(MONDAY, how=OnDaysOff.KEEP)
    assert kept.occurrences[3].starts_at == at(HUNG_KINGS)
    assert kept.occurrences[3].day_off == "Ngày Giỗ Tổ Hùng Vương (nghỉ bù)"
    left_out = await desk.planned(MONDAY, how=OnDaysOff.SKIP)
    assert left_out.occurrences[3].standing is Standing.DAY_OFF
    assert left_out.occurrences[3].session_id is None
    moved = await desk.planned(MONDAY, how=OnDaysOff.MOVE)
    assert moved.occurrences[3].day == HUNG_KINGS
    assert moved.occurrences[3].starts_at == at(HUNG_KINGS + DAY)
    assert moved.occurrences[3].standing is Standing.IN_LINE


async def test_a_unit_s_own_day_off_counts_for_the_units_below(desk: Desk) -> None:
    async with desk.db.transaction() as tx:
        tx.add(DayOffRow(unit_id=1, day=MONDAY + 7 * DAY, name="Lễ hội"))
    wanted = desk.weekly(MONDAY, how=OnDaysOff.SKIP, unit_id=UnitId(2), participants=Participants(),
                         chair_endpoint_id=EndpointId(3))  # fmt: skip
    wanted = replace(
        wanted, session=replace(wanted.session, participants=Participants(include_units=(UnitId(2),)))
    )
    made = await desk.series.create(DISTRICT_ORGANIZER, wanted)
    assert made.occurrences[1].standing is Standing.DAY_OFF
    assert made.occurrences[1].day_off == "Lễ hội"


async def test_faults_are_told_by_field_and_nothing_is_made(desk: Desk) -> None:
    bad = replace(desk.weekly(MONDAY, title=" "), rule=Rule(Every.DAY, count=1_000_000))
    with pytest.raises(ValidationErrors) as refused:
        await desk.series.create(ORGANIZER, bad)
    assert {error.field for error in refused.value.errors} == {"count", "title"}
    with pytest.raises(ValidationErrors) as late:
        await desk.series.create(ORGANIZER, desk.weekly(date(2026, 2, 2)))
    assert [type(error) for error in late.value.errors] == [StartInPast]
    assert (await desk.series.list(ORGANIZER)).total == 0


async def test_an_open_ended_series_is_made_18_months_ahead_and_goes_on(desk: Desk) -> None:
    made = await desk.planned(MONDAY, count=None)
    assert made.series.made_until == date(2027, 9, 2)
    assert not made.series.finished
    last = made.occurrences[-1].day
    assert last == date(2027, 8, 30)
    desk.clock.advance(14 * 86_400)
    await desk.series.extend_due()
    dates = await desk.dates(made.series.id)
    assert [one.day for one in dates if one.day > last] == [date(2027, 9, 6), date(2027, 9, 13)]
    assert len({one.session_id for one in dates}) == len(dates)
    await desk.series.extend_due()
    assert await desk.dates(made.series.id) == dates, "nothing is made twice"


async def test_what_is_too_much_at_once_is_made_by_the_job(desk: Desk) -> None:
    wanted = SeriesInput(desk.form(MONDAY), Rule(Every.DAY))
    made = await desk.series.create(ORGANIZER, wanted)
    assert len(made.occurrences) == 104
    assert made.series.made_until == made.occurrences[-1].day
    for _ in range(5):
        await desk.series.extend_due()
    dates = await desk.dates(made.series.id)
    assert [one.day for one in dates] == [MONDAY + n * DAY for n in range(len(dates))]
    assert dates[-1].day == date(2027, 9, 2)


async def test_one_date_edited_says_so_and_can_be_put_back(desk: Desk) -> None:
    made = await desk.planned(MONDAY)
    one = made.occurrences[1]
    assert one.session_id is not None
    form = await desk.sessions.form(ORGANIZER, one.session_id)
    await desk.sessions.update(ORGANIZER, one.session_id, replace(form, starts_at=at(one.day, 14)))
    edited = (await desk.dates(made.series.id))[1]
    assert (edited.standing, edited.starts_at, edited.day) == (Standing.EDITED, at(one.day, 14), one.day)
    back = await desk.series.put_back(ORGANIZER, made.series.id, one.day)
    assert back.occurrences == made.occurrences
    await desk.sessions.update(ORGANIZER, one.session_id, replace(form, title="Khác"))
    await desk.sessions.update(ORGANIZER, one.session_id, form)
    assert await desk.dates(made.series.id) == list(made.occurrences), "by hand as well"


async def test_a_skipped_date_can_be_given_back(desk: Desk) -> None:
    made = await desk.planned(MONDAY)
    day = made.occurrences[2].day
    skipped = await desk.series.skip(ORGANIZER, made.series.id, day, reason="Hội trường sửa chữa")
    assert skipped.occurrences[2].standing is Standing.SKIPPED
    old = made.occurrences[2].session_id
    assert old is not None
    history = (await desk.sessions.get(ORGANIZER, old)).changes[-1]
    assert (history.state, history.reason) == (SessionState.CANCELLED, "Hội trường sửa chữa")
    with pytest.raises(errors.DateWithoutSession):
        await desk.series.skip(ORGANIZER, made.series.id, day)
    given = (await desk.series.give_back(ORGANIZER, made.series.id, day)).occurrences[2]
    assert given.standing is Standing.IN_LINE
    assert given.session_id not in (None, old)
    with pytest.raises(errors.DateNotSkipped):
        await desk.series.give_back(ORGANIZER, made.series.id, day)


async def test_a_session_cancelled_by_itself_is_a_skipped_date(desk: Desk) -> None:
    made = await desk.planned(MONDAY)
    key = made.occurrences[0].session_id
    assert key is not None
    await desk.sessions.cancel(ORGANIZER, key)
    assert (await desk.dates(made.series.id))[0].standing is Standing.SKIPPED
    given = await desk.series.give_back(ORGANIZER, made.series.id, MONDAY)
    assert given.occurrences[0].state is SessionState.SCHEDULED


async def test_a_holiday_can_be_given_back_and_stays_through_edits(desk: Desk) -> None:
    made = await desk.planned(MONDAY, how=OnDaysOff.SKIP)
    given = await desk.series.give_back(ORGANIZER, made.series.id, HUNG_KINGS)
    assert given.occurrences[3].standing is Standing.GIVEN_BACK
    assert given.occurrences[3].starts_at == at(HUNG_KINGS)
    again = await desk.series.update(ORGANIZER, made.series.id, desk.weekly(MONDAY, 9, OnDaysOff.SKIP))
    assert again.occurrences[3].standing is Standing.GIVEN_BACK
    assert again.occurrences[3].starts_at == at(HUNG_KINGS, 9)


async def test_all_dates_are_changed_but_for_edited_and_skipped_ones(desk: Desk) -> None:
    made = await desk.planned(MONDAY)
    edited, skipped = made.occurrences[1], made.occurrences[2]
    assert edited.session_id is not None
    form = await desk.sessions.form(ORGANIZER, edited.session_id)
    await desk.sessions.update(ORGANIZER, edited.session_id, replace(form, title="Riêng"))
    await desk.series.skip(ORGANIZER, made.series.id, skipped.day)
    rooms = Participants(include_endpoints=(EndpointId(3), EndpointId(5)))
    wanted = desk.weekly(MONDAY, 10, title="Giao ban mới", length_min=90, participants=rooms)
    after = await desk.series.update(ORGANIZER, made.series.id, wanted)
    assert after.series.id == made.series.id
    for one in after.occurrences:
        assert one.session_id is not None
        now = await desk.sessions.get(ORGANIZER, one.session_id)
        if one.day in (edited.day, skipped.day):
            assert now.session.starts_at == at(one.day)
            continue
        assert (now.session.title, now.session.length_min) == ("Giao ban mới", 90)
        assert now.session.starts_at == at(one.day, 10)
        assert now.participants == rooms
        assert await rooms_of(desk, one.session_id) == {2, 3, 5}
    assert after.occurrences[1].standing is Standing.EDITED
    assert after.occurrences[2].standing is Standing.SKIPPED


async def rooms_of(desk: Desk, session: SessionId) -> set[int]:
    async with desk.db.reading() as tx:
        return await expected_in(tx, session)


async def test_another_rule_cancels_what_it_does_not_give_and_makes_what_is_missing(desk: Desk) -> None:
    made = await desk.planned(MONDAY)
    wanted = replace(desk.weekly(MONDAY), rule=Rule(Every.WEEK, interval=2, count=4))
    after = await desk.series.update(ORGANIZER, made.series.id, wanted)
    assert [one.day for one in after.occurrences] == in_weeks(MONDAY, 0, 2, 4, 6)
    kept = {one.day: one.session_id for one in made.occurrences}
    assert [kept.get(one.day) == one.session_id for one in after.occurrences] == [True, True, True, False]
    for week in (1, 3, 5):
        gone = kept[MONDAY + week * 7 * DAY]
        assert gone is not None
        assert (await desk.sessions.get(ORGANIZER, gone)).session.state is SessionState.CANCELLED


async def test_this_and_following_ends_the_series_and_begins_another(desk: Desk) -> None:
    made = await desk.planned(MONDAY)
    since = made.occurrences[3].day
    wanted = desk.weekly(since, 14, count=5, title="Giao ban chiều")
    new = await desk.series.update(ORGANIZER, made.series.id, wanted, from_day=since)
    assert new.series.id != made.series.id
    assert new.series.uid != made.series.uid
    assert new.series.previous_id == made.series.id
    assert [one.starts_at for one in new.occurrences] == [at(d, 14) for d in in_weeks(since, 0, 1, 2, 3, 4)]
    kept = [one.session_id for one in made.occurrences[3:]]
    assert [one.session_id for one in new.occurrences[:3]] == kept, (
        "sessions go along with what hangs on them"
    )
    old = await desk.series.get(ORGANIZER, made.series.id)
    assert old.occurrences == made.occurrences[:3]
    assert old.series.rrule == "FREQ=WEEKLY;UNTIL=20260426T010000Z;BYDAY=MO"
    assert old.series.finished


async def test_past_live_and_sealed_dates_are_never_touched(desk: Desk) -> None:
    made = await desk.planned(MONDAY)
    desk.clock.advance((at(MONDAY + 7 * DAY) - desk.clock.now()).total_seconds() - 600)
    second = made.occurrences[1].session_id
    assert second is not None
    await desk.sessions.open_lobby(ORGANIZER, second)
    first = await desk.sessions.get(ORGANIZER, made.occurrences[0].session_id or SessionId(0))
    before = await desk.sessions.get(ORGANIZER, second)
    for day in (made.occurrences[0].day, made.occurrences[1].day):
        with pytest.raises(errors.DateFixed):
            await desk.series.skip(ORGANIZER, made.series.id, day)
        with pytest.raises(errors.DateFixed):
            await desk.series.put_back(ORGANIZER, made.series.id, day)
    after = await desk.series.update(ORGANIZER, made.series.id, desk.weekly(MONDAY + 14 * DAY, 16, count=2))
    assert after.series.previous_id == made.series.id, "another hour, and dates that stay: a new series"
    assert [one.starts_at for one in after.occurrences] == [at(MONDAY + n * 7 * DAY, 16) for n in (2, 3)]
    assert await desk.sessions.get(ORGANIZER, first.session.id) == first
    assert await desk.sessions.get(ORGANIZER, second) == before
    kept = await desk.dates(made.series.id)
    assert [one.fixed for one in kept] == [True, True]
    with pytest.raises(errors.NothingLeft):
        await desk.series.update(ORGANIZER, made.series.id, desk.weekly(MONDAY))


async def test_titles_and_rooms_of_all_change_in_place_while_dates_are_past(desk: Desk) -> None:
    made = await desk.planned(MONDAY)
    desk.clock.advance((at(MONDAY + DAY) - desk.clock.now()).total_seconds())
    after = await desk.series.update(ORGANIZER, made.series.id, desk.weekly(MONDAY, title="Tên mới"))
    assert after.series.id == made.series.id
    titles = [
        (await desk.sessions.get(ORGANIZER, one.session_id or SessionId(0))).session.title
        for one in after.occurrences
    ]
    assert titles == ["Giao ban tuần", *["Tên mới"] * 5]


async def test_an_ended_series_cancels_what_was_to_come(desk: Desk) -> None:
    made = await desk.planned(MONDAY)
    ended = await desk.series.end(ORGANIZER, made.series.id, reason="Không cần nữa")
    assert ended.series.dates == 0
    assert {one.state for one in ended.occurrences} == {SessionState.CANCELLED}
    for refused in (
        desk.series.end(ORGANIZER, made.series.id),
        desk.series.give_back(ORGANIZER, made.series.id, MONDAY),
        desk.series.update(ORGANIZER, made.series.id, desk.weekly(MONDAY)),
    ):
        with pytest.raises(errors.SeriesEnded):
            await refused


async def test_a_unit_dissolved_meanwhile_stops_the_job_and_says_why(desk: Desk) -> None:
    made = await desk.planned(MONDAY, count=None)
    async with desk.db.transaction() as tx:
        (await tx.get_one(UnitRow, 1)).valid_to = date(2027, 9, 10)
    desk.clock.advance(21 * 86_400)
    await desk.series.extend_due()
    stopped = (await desk.series.get(ORGANIZER, made.series.id)).series
    assert stopped.stopped == UnitNotValid.code
    assert stopped.made_until == made.series.made_until


async def test_a_series_is_its_branch_s(desk: Desk) -> None:
    made = await desk.planned(MONDAY)
    key = made.series.id
    assert (await desk.series.get(VIEWER, key)).series.may_edit is False
    with pytest.raises(Forbidden):
        await desk.series.create(VIEWER, desk.weekly(MONDAY))
    for who, refusal in ((VIEWER, Forbidden), (OTHER_ORGANIZER, errors.SeriesUnknown)):
        for call in (
            desk.series.update(who, key, desk.weekly(MONDAY)),
            desk.series.end(who, key),
            desk.series.skip(who, key, MONDAY),
            desk.series.give_back(who, key, MONDAY),
            desk.series.put_back(who, key, MONDAY),
        ):
            with pytest.raises(refusal):
                await call
    with pytest.raises(errors.SeriesUnknown):
        await desk.series.get(OTHER_ORGANIZER, key)
    assert (await desk.series.list(OTHER_ORGANIZER)).total == 0
    assert [one.id for one in (await desk.series.list(VIEWER, text="giao ban")).series] == [key]
    with pytest.raises(ValidationErrors):
        await desk.series.create(OTHER_ORGANIZER, desk.weekly(MONDAY))


async def test_a_date_that_is_not_there_is_unknown(desk: Desk) -> None:
    made = await desk.planned(MONDAY)
    with pytest.raises(errors.OccurrenceUnknown):
        await desk.series.skip(ORGANIZER, made.series.id, MONDAY + DAY)


async def test_the_session_knows_its_series(desk: Desk) -> None:
    made = await desk.planned(MONDAY)
    key = made.occurrences[4].session_id
    assert key is not None
    single = await desk.single(MONDAY, 16)
    told = await desk.series.of_sessions(ORGANIZER, [key, single])
    assert {at: (one.series_id, one.day, one.standing) for at, one in told.items()} == {
        key: (made.series.id, made.occurrences[4].day, Standing.IN_LINE)
    }
    assert await desk.series.of_sessions(OTHER_ORGANIZER, [key]) == {}
