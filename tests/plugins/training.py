"""The province of the attendance tests with a course of three past sessions, and people who were there."""

from __future__ import annotations

from datetime import timedelta

import pytest
from argon2 import PasswordHasher
from sqlalchemy import update

from confhub.accounts.models import AccountRow, RoleGrantRow
from confhub.checkin.models import DerivedState, PersonPresence
from confhub.i18n.collation import person_sort_key
from confhub.i18n.folding import fold
from confhub.i18n.identity import identity_key
from confhub.kernel.ids import CourseId
from confhub.people.models import AttendeeRow
from confhub.rosters.models import SessionAttendee, SessionRoster
from confhub.sessions.models import MeetingSession
from confhub.training.service import CourseService
from confhub.training.values import CourseInput
from tests.plugins.attendance import House, add_session, officer

PROVINCE = officer("/1/", 1)
DISTRICT = officer("/1/2/", 2)
MINUTE = 60_000
NAMES = ("Đỗ Thị Ánh", "Nguyễn Văn An", "Trần Hữu Đức", "Ân Thị Bình")
"""Persons 1–4: in units 2 (Hạ Hoà), 4 (its commune), 3 (Đoan Hùng), 5 (its commune)."""
UNITS_OF = (2, 4, 3, 5)
PASSWORD = "một câu dài dễ nhớ"
CHEAP = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
"""Argon2 for tests: the same code, less work."""


class School:
    """A course with sessions 1–3 of an hour each, all ended; 60 minutes is the whole of each."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.courses = CourseService(house.database, house.clock)
        self.course = CourseId(0)

    async def set_up(self) -> None:
        """The people, the sessions, the course."""
        house = self.house
        async with house.database.transaction() as tx:
            for number, username in enumerate(("can-bo", "quan-tri"), 1):
                tx.add(
                    AccountRow(
                        id=number, username=username, display_name="Cán bộ", language="vi",
                        password_hash=CHEAP.hash(PASSWORD), created_at=house.live, sort_key="",
                        search_key=username,
                    )
                )  # fmt: skip
            await tx.flush()
            tx.add(RoleGrantRow(account_id=1, role="training_officer", unit_id=1))
            tx.add(RoleGrantRow(account_id=2, role="administrator"))
            for number, (name, unit) in enumerate(zip(NAMES, UNITS_OF, strict=True), 1):
                tx.add(
                    AttendeeRow(
                        id=number, code=f"CB{number}", name=name, unit_id=unit, badge=f"BADGE{number:011}",
                        sort_key=person_sort_key(name), search_key=fold(f"{name} CB{number}"),
                        name_key=identity_key(name),
                        created_at=house.live,
                    )
                )  # fmt: skip
            await tx.flush()
            await add_session(tx, 2, "s2", house.live, [1, 2])
            await add_session(tx, 3, "s3", house.live, [1, 2])
            end = house.live + timedelta(hours=1)
            await tx.execute(update(MeetingSession).values(state="ended", actual_end=end))
            for session in (1, 2, 3):
                tx.add(SessionRoster(session_id=session, frozen_at=house.live, people=len(NAMES)))
                for person, unit in enumerate(UNITS_OF, 1):
                    tx.add(
                        SessionAttendee(
                            session_id=session, attendee_id=person, endpoint_id=2, unit_id=unit,
                            origin="roster", added_at=house.live, state="expected",
                        )
                    )  # fmt: skip
        house.move_to(7200)
        self.course = await self.courses.create(PROVINCE, CourseInput("Quản trị chính quyền số", 1))
        for session in (1, 2, 3):
            await self.courses.add_session(PROVINCE, self.course, session)

    async def was_there(self, session: int, minutes: dict[int, float]) -> None:
        """Write the derived presence of a session: person → minutes from its beginning."""
        async with self.house.database.transaction() as tx:
            for person, there in minutes.items():
                millis = round(there * MINUTE)
                row = await tx.get(PersonPresence, (session, person))
                if row is None:
                    row = PersonPresence(session_id=session, attendee_id=person, endpoint_id=2)
                    tx.add(row)
                row.unit_id, row.expected, row.ways, row.prompts, row.confirmed = 1, True, "tablet", 0, 0
                row.status = "present" if millis else "absent_without_leave"
                row.millis, row.percent, row.completed = millis, millis * 10_000 // (60 * MINUTE), there >= 48
                row.spans = f"0-{millis}" if millis else ""
            state = await tx.get(DerivedState, session)
            if state is None:
                state = DerivedState(session_id=session, mark="", stale=False)
                tx.add(state)
            state.derived_at = self.house.clock.now()
            state.digest = f"{minutes}"[:64]

    async def seal(self, session: int) -> None:
        """The session's attendance is closed now."""
        async with self.house.database.transaction() as tx:
            row = await tx.get_one(MeetingSession, session)
            row.sealed_at = self.house.clock.now()

    async def open_again(self, session: int) -> None:
        """The session's attendance is open again."""
        async with self.house.database.transaction() as tx:
            (await tx.get_one(MeetingSession, session)).sealed_at = None


@pytest.fixture
async def school(house: House) -> School:
    """A course; nobody's presence is written yet."""
    made = School(house)
    await made.set_up()
    return made
