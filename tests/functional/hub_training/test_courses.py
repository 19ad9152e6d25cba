"""Courses and people's progress over a real database."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import func, select

from confhub.audit.models import AuditRow
from confhub.kernel.errors import DomainError, Forbidden
from confhub.kernel.ids import UnitId
from confhub.kernel.permissions import Role
from confhub.people.models import AttendeeMerge, AttendeeRow, PersonLook
from confhub.rosters import store as rosters
from confhub.rosters.models import CourseSession, SessionAttendee
from confhub.training import deriving, errors
from confhub.training.models import CourseRow, CourseState
from confhub.training.values import (
    CellState,
    CompletionRule,
    CourseInput,
    CourseStatus,
    Measure,
    PersonState,
    ProgressFilter,
    Scope,
)
from tests.plugins.attendance import officer
from tests.plugins.training import DISTRICT, PROVINCE, School

pytestmark = pytest.mark.both_databases

COMMUNE = officer("/1/3/5/", 5)


async def states(school: School, actor: object = PROVINCE) -> dict[str, PersonState]:
    page = await school.courses.progress(actor, school.course, ProgressFilter())  # type: ignore[arg-type]
    return {row.name: row.state for row in page.rows}


async def test_progress_follows_presence_in_vietnamese_order(school: School) -> None:
    await school.was_there(1, {1: 60, 2: 60, 3: 60, 4: 0})
    await school.was_there(2, {1: 60, 2: 20, 3: 60})
    await school.was_there(3, {1: 45, 2: 60, 3: 60})
    page = await school.courses.progress(PROVINCE, school.course, ProgressFilter())
    assert [row.name for row in page.rows] == [
        "Nguyễn Văn An",
        "Đỗ Thị Ánh",
        "Ân Thị Bình",
        "Trần Hữu Đức",
    ]
    assert [row.state for row in page.rows] == [
        PersonState.MISSING,
        PersonState.COMPLETED,
        PersonState.MISSING,
        PersonState.COMPLETED,
    ]
    an = page.rows[0]
    assert [cell.state for cell in an.cells] == [CellState.DONE, CellState.SHORT, CellState.DONE]
    assert (an.minutes, round(an.percent, 2)) == (60 + 30 + 60, 83.33)


async def test_what_changed_is_judged_anew(school: School) -> None:
    await school.was_there(1, {1: 60})
    await school.was_there(2, {1: 60})
    await school.was_there(3, {1: 10})
    assert (await states(school))["Đỗ Thị Ánh"] is PersonState.MISSING
    await school.was_there(3, {1: 55})
    assert (await states(school))["Đỗ Thị Ánh"] is PersonState.COMPLETED
    rule = CompletionRule(Measure.MINUTES, Scope.EACH, 60, 0)
    await school.courses.update(PROVINCE, school.course, CourseInput("Quản trị", 1, rule=rule))
    assert (await states(school))["Đỗ Thị Ánh"] is PersonState.MISSING


async def test_a_guest_takes_no_part_and_makes_nobody_judged_anew(school: School) -> None:
    now = school.house.clock.now()

    async def comes(one: int, name: str, origin: str) -> None:
        async with school.house.database.transaction() as tx:
            keys = {"sort_key": name, "search_key": name, "name_key": name, "badge": f"BADGE{one}"}
            tx.add(AttendeeRow(id=one, name=name, unit_id=1, created_at=now, **keys))
            await tx.flush()
            tx.add(
                SessionAttendee(
                    session_id=1, attendee_id=one, endpoint_id=2, unit_id=1, origin=origin, added_at=now,
                    state="in",
                )
            )  # fmt: skip

    await school.courses.refresh(school.course)
    await comes(101, "Vũ Khách", rosters.GUEST)
    assert not await school.courses.refresh(school.course)
    await comes(102, "Phạm Muộn", rosters.OFFICER)
    assert await school.courses.refresh(school.course)
    assert "Phạm Muộn" in await states(school)
    assert "Vũ Khách" not in await states(school)


async def test_merged_people_are_one_and_nothing_counts_twice(school: School) -> None:
    for session in (1, 2, 3):
        await school.was_there(session, {1: 30, 2: 40})
    async with school.house.database.transaction() as tx:
        (await tx.get_one(AttendeeRow, 2)).merged_into_id = 1
        tx.add(
            AttendeeMerge(
                kept_id=1, dropped_id=2, actor_name="Cán bộ", before={}, at=school.house.clock.now(),
            )
        )  # fmt: skip
    page = await school.courses.progress(PROVINCE, school.course, ProgressFilter())
    merged = next(row for row in page.rows if row.attendee_id == 1)
    assert merged.minutes == 3 * (40 + 10)  # the longer of two that overlap, and the grace
    assert all(row.attendee_id != 2 for row in page.rows)


async def test_make_up_sessions_and_the_order(school: School) -> None:
    await school.courses.set_make_up(PROVINCE, school.course, 3, 1)
    await school.was_there(2, {1: 60})
    await school.was_there(3, {1: 60})
    details = await school.courses.get(PROVINCE, school.course)
    assert [(one.session_id, one.makes_up_for) for one in details.lessons] == [(1, None), (3, 1), (2, None)]
    assert (await states(school))["Đỗ Thị Ánh"] is PersonState.COMPLETED
    with pytest.raises(errors.MakeUpInvalid):
        await school.courses.set_make_up(PROVINCE, school.course, 2, 3)
    with pytest.raises(errors.HasMakeUps):
        await school.courses.remove_session(PROVINCE, school.course, 1)
    with pytest.raises(errors.OrderIncomplete):
        await school.courses.order_sessions(PROVINCE, school.course, [1, 1, 2])


async def test_a_branch_sees_its_own_people_and_changes_nothing(school: School) -> None:
    await school.was_there(1, dict.fromkeys((1, 2, 3, 4), 60.0))
    assert set(await states(school, DISTRICT)) == {"Đỗ Thị Ánh", "Nguyễn Văn An"}
    assert set(await states(school, COMMUNE)) == {"Ân Thị Bình"}
    details = await school.courses.get(COMMUNE, school.course)
    assert (details.course.people, details.course.may_edit) == (1, False)
    for change in (
        school.courses.close(COMMUNE, school.course),
        school.courses.remove_session(COMMUNE, school.course, 1),
        school.courses.update(COMMUNE, school.course, CourseInput("Của xã", 5)),
    ):
        with pytest.raises(Forbidden):
            await change
    with pytest.raises(DomainError):
        await school.courses.create(COMMUNE, CourseInput("Của tỉnh", 1))
    nobody = officer("/1/2/", 2, role=Role.OPERATOR)
    with pytest.raises(Forbidden):
        await school.courses.list(nobody)


async def test_every_look_at_people_is_written_down(school: School) -> None:
    await school.courses.progress(PROVINCE, school.course, ProgressFilter(text="ánh"))
    async with school.house.database.reading() as tx:
        look = (await tx.scalars(select(PersonLook))).one()
    assert (look.what, look.detail) == ("course", f"course {school.course}")


async def test_filters(school: School) -> None:
    for session in (1, 2, 3):
        await school.was_there(session, {1: 60, 3: 60})
    await school.courses.refresh(school.course)

    async def names(wanted: ProgressFilter) -> set[str]:
        page = await school.courses.progress(PROVINCE, school.course, wanted)
        return {row.name for row in page.rows}

    assert await names(ProgressFilter(text="duc")) == {"Trần Hữu Đức"}
    assert await names(ProgressFilter(state=PersonState.COMPLETED)) == {"Đỗ Thị Ánh", "Trần Hữu Đức"}
    assert await names(ProgressFilter(unit_id=UnitId(3))) == {"Trần Hữu Đức", "Ân Thị Bình"}
    assert await names(ProgressFilter(certified=True)) == set()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"title": " "}, "title"),
        ({"title": "x" * 500}, "title"),
        ({"description": "x" * 6000}, "description"),
        ({"rule": CompletionRule(threshold=101)}, "threshold"),
        ({"rule": CompletionRule(threshold=0)}, "threshold"),
        ({"rule": CompletionRule(Measure.MINUTES, Scope.ALL, -1)}, "threshold"),
        ({"rule": CompletionRule(grace_min=999)}, "grace_min"),
        ({"number_pattern": "{seq}{seq}"}, "number_pattern"),
    ],
)
async def test_each_field_that_is_wrong_is_named(
    school: School, change: dict[str, object], field: str
) -> None:
    wanted = {"title": "Khoá 2", "unit_id": 1, **change}
    with pytest.raises(DomainError) as refused:
        await school.courses.create(PROVINCE, CourseInput(**wanted))  # type: ignore[arg-type]
    named = {one.field for one in getattr(refused.value, "errors", [refused.value])}
    assert field in named


async def test_a_session_is_in_one_course_and_only_training(school: School) -> None:
    second = await school.courses.create(PROVINCE, CourseInput("Khoá 2", 1))
    with pytest.raises(errors.LessonTaken) as taken:
        await school.courses.add_session(PROVINCE, second, 1)
    assert taken.value.params["course"] == "Quản trị chính quyền số"
    with pytest.raises(DomainError):
        await school.courses.add_session(PROVINCE, second, 999)
    async with school.house.database.reading() as tx:
        count = await tx.scalar(
            select(func.count()).select_from(CourseSession).where(CourseSession.course_id == second)
        )
    assert count == 0


async def test_a_closed_course_stands_until_it_is_opened(school: School) -> None:
    await school.courses.close(PROVINCE, school.course)
    with pytest.raises(errors.CourseClosed):
        await school.courses.remove_session(PROVINCE, school.course, 1)
    page = await school.courses.list(PROVINCE, status=CourseStatus.CLOSED, text="quan tri")
    assert [one.id for one in page.courses] == [school.course]
    await school.courses.reopen(PROVINCE, school.course)
    with pytest.raises(errors.CourseOpen):
        await school.courses.reopen(PROVINCE, school.course)
    async with school.house.database.reading() as tx:
        actions = (await tx.scalars(select(AuditRow.action).order_by(AuditRow.id))).all()
    assert actions[-2:] == ["training:course:close", "training:course:reopen"]


async def test_progress_that_several_make_anew_at_once_is_made_once(
    school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    await school.was_there(1, {1: 60})
    database, now = school.house.database, school.house.clock.now()
    written, abreast = deriving._write, asyncio.Barrier(4)

    async def write(*what: Any) -> None:
        await written(*what)
        await abreast.wait()

    monkeypatch.setattr(deriving, "_write", write)
    await asyncio.gather(*(deriving.refresh(database, school.course, now) for _ in range(4)))
    async with database.reading() as tx:
        kept = (await tx.scalars(select(CourseState))).all()
        assert [row.course_id for row in kept] == [school.course]
        assert await deriving.current(tx, await tx.get_one(CourseRow, school.course))
