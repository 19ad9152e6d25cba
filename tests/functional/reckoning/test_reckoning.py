"""Every stored figure of two hundred played sessions, against a computation of its own from the raw rows."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from sqlalchemy import func, select

from confhub.attendance.models import AttendanceEvent, PresenceMark
from confhub.checkin import deriving
from confhub.checkin.models import (
    CheckinPolicy,
    Correction,
    HeadCount,
    PersonEvent,
    PersonPresence,
    PresencePrompt,
    RoomTotals,
    SessionBreak,
)
from confhub.checkin.sealing import SealService
from confhub.db.database import Database, Tx
from confhub.kernel.ids import SessionId
from confhub.people import store as people
from confhub.people.values import PersonDraft
from confhub.rosters.models import AbsenceNotice, CourseSession, SessionAttendee
from confhub.sessions.models import MeetingSession, SessionEndpoint
from confhub.training import deriving as progress
from confhub.training.models import CoursePerson, CourseRow
from tests.functional.reckoning.naive import Raw, Reckoning, course_of
from tests.functional.reckoning.play import PEOPLE, Play
from tests.plugins.attendance import House, house, officer  # noqa: F401 - a fixture

pytestmark = pytest.mark.both_databases

FIRST, SESSIONS = 100, 200
OFFICER = officer("/1/", 1)


async def raw_of(tx: Tx, number: int) -> Raw:
    async def rows(model: Any, *more: Any) -> list[Any]:
        return list(await tx.scalars(select(model).where(model.session_id == number, *more)))

    away = await rows(AbsenceNotice, AbsenceNotice.state == "approved")
    return Raw(
        session=await tx.get_one(MeetingSession, number),
        policy=await tx.get_one(CheckinPolicy, number),
        rooms=await rows(SessionEndpoint),
        room_events=await rows(AttendanceEvent),
        marks=await rows(PresenceMark),
        events=await rows(PersonEvent),
        listed=await rows(SessionAttendee),
        away={one.attendee_id for one in away},
        breaks=await rows(SessionBreak),
        prompts=await rows(PresencePrompt),
        corrections=await rows(Correction),
        heads=await rows(HeadCount),
    )


async def compare(tx: Tx, number: int) -> Reckoning:
    """The stored figures of a session are those that were reckoned apart, column by column."""
    wanted = Reckoning(await raw_of(tx, number))
    p, t = PersonPresence, RoomTotals
    people = {one.attendee_id: one for one in await tx.scalars(select(p).where(p.session_id == number))}
    rooms = {one.endpoint_id: one for one in await tx.scalars(select(t).where(t.session_id == number))}
    for stored, reckoned in ((people, wanted.people), (rooms, wanted.rooms)):
        assert stored.keys() == reckoned.keys(), number
        for who, columns in reckoned.items():
            found = {name: getattr(stored[who], name) for name in columns}
            assert found == columns, f"session {number}, {who}"
    return wanted


async def test_every_stored_figure_is_what_a_second_reckoning_from_the_raw_rows_gives(
    house: House,  # noqa: F811 - the fixture itself
) -> None:
    db, seals = house.database, SealService(house.database, house.clock)
    sessions = SESSIONS if "sqlite" in str(db.url) else SESSIONS // 10
    house.clock.advance(3 * 365 * 86_400)  # after all of them
    async with db.transaction() as tx:
        for person in PEOPLE:
            await people.insert(tx, PersonDraft(f"Người {person}", 4), house.live)  # type: ignore[arg-type]
    reckoned: dict[int, Reckoning] = {}
    for number in range(FIRST, FIRST + sessions):
        play = Play(number)
        async with db.transaction() as tx:
            await play.write(tx)
            await deriving.derive(tx, number, house.clock.now())
            await tx.flush()
            reckoned[number] = await compare(tx, number)
        if number % 4 == 0:
            reckoned[number] = await _reopened(db, seals, play, house)
    seen = {one["status"] for found in reckoned.values() for one in found.people.values()}
    assert len(seen) == 8 or sessions < SESSIONS, seen
    await _courses(house, reckoned)


async def _reopened(db: Database, seals: SealService, play: Play, house: House) -> Reckoning:  # noqa: F811
    """Closed, opened again, corrected, closed again: the figures follow, and hold."""
    session_id = SessionId(play.number)
    await seals.close(OFFICER, session_id)
    assert (await seals.verify(session_id)).holds
    await seals.reopen(OFFICER, session_id, "Sót người")
    async with db.transaction() as tx:
        tx.add_all(play.corrections(1))
    await seals.close(OFFICER, session_id)
    assert (await seals.verify(session_id)).holds
    assert (await seals.rebuild(session_id)).identical
    async with db.transaction() as tx:
        return await compare(tx, play.number)


async def _courses(house: House, reckoned: dict[int, Reckoning]) -> None:  # noqa: F811
    """Courses of two sessions with two that make up for them, by every measure and scope."""
    chance = Random(7)
    numbers = sorted(reckoned)
    for at in range(0, len(numbers) - 3, 4):
        first, second, third, fourth = numbers[at : at + 4]
        lessons = [(first, None), (second, None), (third, first), (fourth, chance.choice((first, second)))]
        rule = CourseRow(
            id=first, title="Lớp", search_key="", unit_id=1, measure=chance.choice(("minutes", "percent")),
            scope=chance.choice(("each", "all")), threshold=chance.randint(3, 90),
            grace_min=chance.randint(0, 3), number_pattern="{seq}", created_at=house.live,
        )  # fmt: skip
        if rule.measure == "minutes":
            rule.threshold = chance.randint(1, 15)
        async with house.database.transaction() as tx:
            tx.add(rule)
            await tx.flush()
            for place, (session, instead) in enumerate(lessons):
                tx.add(CourseSession(course_id=first, session_id=session, makes_up_for=instead, place=place))
        await progress.refresh(house.database, first, house.clock.now())
        lengths = {session: len(reckoned[session].counted) * 500 for session, _ in lessons}
        async with house.database.reading() as tx:
            stored = list(await tx.scalars(select(CoursePerson).where(CoursePerson.course_id == first)))
            assert stored or not await tx.scalar(select(func.count()).select_from(SessionAttendee))
        for one in stored:
            there = {
                session: reckoned[session].people[one.attendee_id]["millis"]
                for session, _ in lessons
                if one.attendee_id in reckoned[session].people
            }
            wanted = course_of(rule, lessons, lengths, there)
            assert (one.state, one.millis, one.share) == wanted, (first, one.attendee_id)
