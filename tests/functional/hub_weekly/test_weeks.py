"""A unit's week: what comes in by itself, who approves it, and what is told as changed afterwards."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time, timedelta

import pytest

from confhub.access.rules import Actor, Grant
from confhub.kernel.errors import Forbidden, NotFound, ValidationErrors
from confhub.kernel.ids import AccountId, EndpointId, UnitId
from confhub.kernel.permissions import Role
from confhub.kernel.versions import ChangedMeanwhile, version_of
from confhub.sessions.values import Participants
from confhub.weekly import errors
from confhub.weekly.limits import CONTENT_MAX_CHARS, ENTRIES_MAX
from confhub.weekly.service import WeeklyService
from confhub.weekly.values import EntryDraft, Mark, MarkedLine, NoteDraft, Reach, Week, WeekState
from tests.plugins.scheduling import Desk
from tests.plugins.sessions import DISTRICT_ORGANIZER, ORGANIZER, OTHER_ORGANIZER, actor

pytestmark = pytest.mark.both_databases

NOW, NEXT = "2026-W10", "2026-W11"
TUESDAY, FRIDAY = date(2026, 3, 3), date(2026, 3, 6)
TOP, DISTRICT = UnitId(1), UnitId(2)
HEAD = Actor(AccountId(1), "Nguyễn Văn Sơn", "vi", (Grant(Role.ADMINISTRATOR, TOP, "/1/"),))
VIEWER = actor(4, Role.VIEWER, 1)
MEETING = EntryDraft(TUESDAY, time(14), "Tiếp công dân", time(16), "Phòng 101", "Chủ tịch", "Thanh tra", "VP")


@pytest.fixture
def weekly(desk: Desk) -> WeeklyService:
    return WeeklyService(desk.db, desk.clock, "Asia/Ho_Chi_Minh")


async def lines(
    weekly: WeeklyService, who: Actor = ORGANIZER, unit: UnitId = TOP, week: str = NOW
) -> list[MarkedLine]:
    return [line for day in (await weekly.get(who, unit, week)).days for line in day.lines]


async def told(weekly: WeeklyService, week: str = NOW) -> list[tuple[str, Mark | None]]:
    return [(one.line.content, one.mark) for one in await lines(weekly, week=week)]


async def published(weekly: WeeklyService, week: str = NOW) -> Week:
    await weekly.approve(HEAD, TOP, week)
    await weekly.publish(ORGANIZER, TOP, week)
    return await weekly.get(ORGANIZER, TOP, week)


async def test_sessions_come_in_by_themselves_beside_own_entries(desk: Desk, weekly: WeeklyService) -> None:
    session = await desk.single(FRIDAY, 9)
    await desk.sessions.create(ORGANIZER, desk.form(FRIDAY, 15, title="Bản nháp"))
    await desk.single(date(2026, 3, 9), 9, title="Tuần sau")
    await weekly.add(ORGANIZER, TOP, NOW, MEETING)
    entry, line = [one.line for one in await lines(weekly)]
    assert (entry.day, entry.begins, entry.content, entry.place) == (
        TUESDAY,
        time(14),
        "Tiếp công dân",
        "Phòng 101",
    )
    assert (line.day, line.begins, line.ends, line.content) == (FRIDAY, time(9), time(10), "Giao ban tuần")
    assert (line.chair, line.prepared_by, line.rooms) == ("Hội trường tỉnh", "Tỉnh Phú Thọ", 3)
    assert line.place == "Hội trường tỉnh; Phòng họp Đoan Hùng; Phòng họp Hạ Hoà"
    await weekly.note(ORGANIZER, TOP, NOW, session, NoteDraft(chair="Chủ tịch", participants="Các sở"))
    line = (await lines(weekly))[1].line
    assert (line.chair, line.participants, line.prepared_by) == ("Chủ tịch", "Các sở", "Tỉnh Phú Thọ")


async def test_a_branch_has_its_own_sessions_and_those_in_which_its_rooms_take_part(
    desk: Desk, weekly: WeeklyService
) -> None:
    await desk.single(FRIDAY, 9, title="Tỉnh mời huyện")
    only_right = Participants(include_endpoints=(EndpointId(4),))
    await desk.single(FRIDAY, 11, title="Chỉ Đoan Hùng", participants=only_right)
    commune = Participants(include_endpoints=(EndpointId(5),))
    await desk.single(FRIDAY, 13, title="Chỉ xã", participants=commune)
    assert [one.line.content for one in await lines(weekly, DISTRICT_ORGANIZER, DISTRICT)] == [
        "Tỉnh mời huyện", "Chỉ xã",
    ]  # fmt: skip
    await weekly.set_reach(DISTRICT_ORGANIZER, DISTRICT, NOW, Reach.UNIT)
    (line,) = await lines(weekly, DISTRICT_ORGANIZER, DISTRICT)
    assert (line.line.content, line.line.place) == ("Tỉnh mời huyện", "Phòng họp Hạ Hoà")
    assert (await weekly.get(DISTRICT_ORGANIZER, DISTRICT, NEXT)).reach is Reach.UNIT, (
        "until it is said otherwise"
    )
    assert (await weekly.get(DISTRICT_ORGANIZER, DISTRICT, "2026-W09")).reach is Reach.BRANCH


async def test_it_is_a_draft_then_approved_by_name_then_everybodys(desk: Desk, weekly: WeeklyService) -> None:
    await weekly.add(ORGANIZER, TOP, NOW, MEETING)
    hidden = await weekly.get(VIEWER, TOP, NOW)
    assert (hidden.hidden, hidden.count, hidden.may_edit) == (True, 0, False)
    with pytest.raises(errors.NotApproved):
        await weekly.publish(ORGANIZER, TOP, NOW)
    with pytest.raises(Forbidden):
        await weekly.approve(ORGANIZER, TOP, NOW)
    seen = await weekly.get(HEAD, TOP, NOW)
    await weekly.add(ORGANIZER, TOP, NOW, replace(MEETING, begins=time(8), content="Vừa thêm"))
    with pytest.raises(ChangedMeanwhile):
        await weekly.approve(HEAD, TOP, NOW, seen=seen.version)
    await weekly.approve(HEAD, TOP, NOW, seen=(await weekly.get(HEAD, TOP, NOW)).version)
    with pytest.raises(errors.NotADraft):
        await weekly.approve(HEAD, TOP, NOW)
    approved = await weekly.get(ORGANIZER, TOP, NOW)
    assert (approved.state, approved.approved_name) == (WeekState.APPROVED, "Nguyễn Văn Sơn")
    assert approved.approved_at == desk.clock.now()
    assert (await weekly.get(VIEWER, TOP, NOW)).hidden
    await weekly.publish(ORGANIZER, TOP, NOW)
    shown = await weekly.get(VIEWER, TOP, NOW)
    assert (shown.state, shown.count, shown.changed) == (WeekState.PUBLISHED, 2, False)


async def test_whoever_edits_what_is_approved_makes_a_draft_of_it_again(weekly: WeeklyService) -> None:
    key = await weekly.add(ORGANIZER, TOP, NOW, MEETING)
    await weekly.approve(HEAD, TOP, NOW)
    await weekly.edit(ORGANIZER, TOP, NOW, key, MEETING)
    assert (await weekly.get(ORGANIZER, TOP, NOW)).state is WeekState.APPROVED, "nothing changed"
    await weekly.edit(ORGANIZER, TOP, NOW, key, replace(MEETING, place="Phòng 102"))
    draft = await weekly.get(ORGANIZER, TOP, NOW)
    assert (draft.state, draft.approved_name, draft.changed) == (WeekState.DRAFT, "", False)
    with pytest.raises(errors.StillADraft):
        await weekly.reopen(HEAD, TOP, NOW)


async def test_a_change_after_publication_is_told_with_what_stood_there_and_when(
    desk: Desk, weekly: WeeklyService
) -> None:
    edited = await weekly.add(ORGANIZER, TOP, NOW, MEETING)
    removed = await weekly.add(ORGANIZER, TOP, NOW, replace(MEETING, begins=time(8), content="Bỏ đi"))
    moved, away = await desk.single(FRIDAY, 9), await desk.single(FRIDAY, 11, title="Sang tuần sau")
    cancelled = await desk.single(FRIDAY, 14, title="Bị hủy")
    assert not (await published(weekly)).changed
    desk.clock.advance(3_600)
    at = desk.clock.now()
    await weekly.edit(ORGANIZER, TOP, NOW, edited, replace(MEETING, begins=time(13, 30), place="Phòng 102"))
    await weekly.remove(ORGANIZER, TOP, NOW, removed)
    await weekly.add(ORGANIZER, TOP, NOW, replace(MEETING, day=FRIDAY, content="Đột xuất"))
    for key, later in ((moved, timedelta(hours=-1)), (away, timedelta(days=7))):
        form = await desk.sessions.form(ORGANIZER, key)
        await desk.sessions.update(ORGANIZER, key, replace(form, starts_at=form.starts_at + later))
    await desk.sessions.cancel(ORGANIZER, cancelled)
    await desk.single(FRIDAY, 16, title="Phiên mới")
    assert await told(weekly) == [
        ("Bỏ đi", Mark.REMOVED),
        ("Tiếp công dân", Mark.CHANGED),
        ("Giao ban tuần", Mark.CHANGED),
        ("Sang tuần sau", Mark.AWAY),
        ("Đột xuất", Mark.ADDED),
        ("Bị hủy", Mark.CANCELLED),
        ("Phiên mới", Mark.ADDED),
    ]
    found = await lines(weekly)
    assert {one.at for one in found} == {at}
    was = found[1].was
    assert was is not None
    assert (was.begins, was.place) == (time(14), "Phòng 101")
    await weekly.edit(ORGANIZER, TOP, NOW, edited, MEETING)
    assert (await told(weekly))[1] == ("Tiếp công dân", None), "as it was approved"
    await weekly.reopen(HEAD, TOP, NOW)
    assert {mark for _, mark in await told(weekly)} == {None}


async def test_last_week_s_entries_are_copied_once(weekly: WeeklyService) -> None:
    with pytest.raises(errors.NothingToCopy):
        await weekly.copy_last(ORGANIZER, TOP, NEXT)
    await weekly.add(ORGANIZER, TOP, NOW, MEETING)
    await weekly.add(ORGANIZER, TOP, NOW, replace(MEETING, day=FRIDAY, content="Họp"))
    assert await weekly.copy_last(ORGANIZER, TOP, NEXT) == 2
    first = (await lines(weekly, week=NEXT))[0].line
    assert (first.day, first.begins, first.ends, first.chair) == (
        date(2026, 3, 10),
        time(14),
        time(16),
        "Chủ tịch",
    )
    with pytest.raises(errors.NothingToCopy):
        await weekly.copy_last(ORGANIZER, TOP, NEXT)


async def test_two_people_who_edit_one_entry_do_not_undo_each_other(
    desk: Desk, weekly: WeeklyService
) -> None:
    key = await weekly.add(ORGANIZER, TOP, NOW, MEETING)
    seen = version_of(await weekly.entry(ORGANIZER, TOP, NOW, key))
    await weekly.edit(ORGANIZER, TOP, NOW, key, replace(MEETING, chair="A"), seen=seen)
    with pytest.raises(ChangedMeanwhile):
        await weekly.edit(ORGANIZER, TOP, NOW, key, replace(MEETING, chair="B"), seen=seen)
    session = await desk.single(FRIDAY, 9)
    blank = version_of(NoteDraft())
    await weekly.note(ORGANIZER, TOP, NOW, session, NoteDraft(chair="A"), seen=blank)
    with pytest.raises(ChangedMeanwhile):
        await weekly.note(ORGANIZER, TOP, NOW, session, NoteDraft(chair="B"), seen=blank)


async def test_what_is_wrong_is_said_field_by_field(weekly: WeeklyService) -> None:
    wrong = EntryDraft(date(2026, 3, 9), time(9), " ", time(8), chair="x" * 501)
    with pytest.raises(ValidationErrors) as raised:
        await weekly.add(ORGANIZER, TOP, NOW, wrong)
    assert {one.field: one.code for one in raised.value.errors} == {
        "content": "text_missing", "chair": "text_too_long", "day": "week_day_outside",
    }  # fmt: skip
    with pytest.raises(errors.EndsBefore):
        await weekly.add(ORGANIZER, TOP, NOW, replace(MEETING, ends=time(14)))
    for week in ("2026-W54", "2027-W53", "1999-W01", "2100-W01", "2026-W00", "W10"):
        with pytest.raises(errors.WeekUnknown):
            await weekly.get(ORGANIZER, TOP, week)
    assert (await weekly.get(ORGANIZER, TOP, "2026-W53")).monday == date(2026, 12, 28)


async def test_a_week_is_full_some_day_and_long_texts_are_kept(weekly: WeeklyService) -> None:
    long = replace(MEETING, content="ố" * CONTENT_MAX_CHARS, place="ệ" * 500)
    await weekly.add(ORGANIZER, TOP, NOW, long)
    for number in range(ENTRIES_MAX - 1):
        await weekly.add(ORGANIZER, TOP, NOW, replace(MEETING, content=f"Việc {number}"))
    with pytest.raises(errors.WeekFull):
        await weekly.add(ORGANIZER, TOP, NOW, MEETING)
    assert len(await lines(weekly)) == ENTRIES_MAX


async def test_rights_end_at_the_branch(desk: Desk, weekly: WeeklyService) -> None:
    key = await weekly.add(DISTRICT_ORGANIZER, DISTRICT, NOW, MEETING)
    session = await desk.single(FRIDAY, 9)
    for stranger in (OTHER_ORGANIZER, actor(5, Role.ADMINISTRATOR, 3)):
        for call in (
            weekly.get(stranger, DISTRICT, NOW),
            weekly.entry(stranger, DISTRICT, NOW, key),
            weekly.add(stranger, DISTRICT, NOW, MEETING),
            weekly.edit(stranger, DISTRICT, NOW, key, MEETING),
            weekly.remove(stranger, DISTRICT, NOW, key),
            weekly.session(stranger, DISTRICT, NOW, session),
            weekly.note(stranger, DISTRICT, NOW, session, NoteDraft()),
            weekly.copy_last(stranger, DISTRICT, NEXT),
            weekly.set_reach(stranger, DISTRICT, NOW, Reach.UNIT),
            weekly.approve(stranger, DISTRICT, NOW),
            weekly.publish(stranger, DISTRICT, NOW),
            weekly.reopen(stranger, DISTRICT, NOW),
        ):
            with pytest.raises(NotFound):
                await call
    for call in (
        weekly.entry(VIEWER, DISTRICT, NOW, key),
        weekly.add(VIEWER, DISTRICT, NOW, MEETING),
        weekly.remove(VIEWER, DISTRICT, NOW, key),
        weekly.approve(DISTRICT_ORGANIZER, DISTRICT, NOW),
        weekly.publish(VIEWER, DISTRICT, NOW),
        weekly.reopen(DISTRICT_ORGANIZER, DISTRICT, NOW),
    ):
        with pytest.raises(Forbidden):
            await call
    with pytest.raises(errors.EntryUnknown):
        await weekly.entry(ORGANIZER, TOP, NOW, key)
    with pytest.raises(errors.EntryUnknown):
        await weekly.edit(ORGANIZER, DISTRICT, NEXT, key, replace(MEETING, day=date(2026, 3, 10)))
    only_right = Participants(include_endpoints=(EndpointId(4),))
    others = await desk.single(FRIDAY, 13, participants=only_right)
    with pytest.raises(errors.EntryUnknown):
        await weekly.note(DISTRICT_ORGANIZER, DISTRICT, NOW, others, NoteDraft())


async def test_days_are_the_house_s(desk: Desk, weekly: WeeklyService) -> None:
    """Monday half past midnight in Hanoi is Sunday in UTC."""
    form = desk.form(date(2026, 3, 9), 0, title="Nửa đêm")
    key = (await desk.sessions.create(ORGANIZER, form)).session.id
    await desk.sessions.schedule(ORGANIZER, key)
    assert (await lines(weekly, week=NOW), [one.line.day for one in await lines(weekly, week=NEXT)]) == (
        [], [date(2026, 3, 9)],
    )  # fmt: skip
