"""The province of the attendance tests after a session of an hour, its check-ins told and derived."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from confhub.access.rules import SYSTEM
from confhub.attendance.service import AttendanceService
from confhub.checkin import deriving
from confhub.checkin.models import HeadCount, PersonEvent
from confhub.db.database import Tx
from confhub.engine.types import EventKind
from confhub.i18n.collation import sort_key
from confhub.i18n.folding import fold
from confhub.i18n.identity import identity_key
from confhub.kernel.ids import CourseId
from confhub.people.models import AttendeeRow
from confhub.reports.drawing.files import ReportFiles
from confhub.reports.people.service import PeopleReportService
from confhub.rosters.models import AbsenceNotice, SessionAttendee, SessionRoster
from confhub.sessions.models import MeetingSession
from confhub.training.service import CourseService
from confhub.training.values import CourseInput
from tests.plugins.attendance import (
    ENDPOINTS,
    House,
    add_session,
    officer,
    webhook,
)

HOME = "https://hop.phutho.gov.vn"
FORMULA = '=HYPERLINK("http://x","Bấm")'
HOUR = 3600

PEOPLE = (
    # id, room, name, position, in and out in seconds after the start (None: never), way
    (1, 2, "Ân Thị Ý", "Chủ tịch", (-60, None), "qr"),
    (2, 2, "Bùi Văn Bình", None, (600, None), "tablet"),
    (3, 2, "Cao Thị Chi", None, (0, 2400), "badge"),
    (4, 2, "Đỗ Văn Dũng", None, None, ""),
    (5, 2, "Đặng Thị Em", None, None, ""),
    (6, 3, "Hà Văn Giang", None, (-60, None), "tablet"),
    (7, 3, "Hoàng Thị Hoa", "+84 cán bộ", (1200, 3000), "tablet"),
    (8, 5, "Lê Văn Khoa", None, (0, None), "tablet"),
    (9, 6, FORMULA, "@SUM(A1)", (0, None), "qr"),
    (10, 2, "Vũ Khách Mời", None, (0, None), "tablet"),
)
"""10 is a guest; 4 has leave; the room of 8 never connects; H2 (room 3) connects late, at 600 s."""

PROVINCE = officer("/1/", 1)
HA_HOA = officer("/1/2/", 2)


class Session:
    """Session 1 of the house with its people, straight into the tables, derived by the real rules."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.id = house.session

    async def fill(self) -> None:
        house, attendance = self.house, AttendanceService(self.house.database, self.house.clock)
        house.move_to(HOUR)
        for endpoint_id, connection, start in ((2, "b", -60), (3, "c", 600), (4, "e", 0), (6, "f", 0)):
            at = house.at(start)
            await attendance.observe(webhook(EventKind.JOINED, endpoint_id, at, connection))
            left = house.at(HOUR)
            await attendance.observe(webhook(EventKind.LEFT, endpoint_id, left, connection, last_seen=left))
        async with house.database.transaction() as tx:
            tx.add(SessionRoster(session_id=self.id, frozen_at=house.at(-600), people=len(PEOPLE)))
            for person in PEOPLE:
                await self._person(tx, *person)
            tx.add(
                AbsenceNotice(
                    session_id=self.id, attendee_id=4, reason="Đi công tác", entered_at=house.live,
                    entered_by="Cán bộ", state="approved",
                )
            )  # fmt: skip
            for endpoint_id, people in ((2, 4), (3, 2), (4, 0), (6, 1)):
                at = house.at(60)
                tx.add(
                    HeadCount(
                        session_id=self.id, endpoint_id=endpoint_id, people=people, at=at, received_at=at,
                        by="tablet:1", key=f"h{endpoint_id}",
                    )
                )  # fmt: skip
        await house.end(HOUR)
        await self.derive()

    async def _person(
        self, tx: Tx, number: int, endpoint_id: int, name: str, position: str | None,
        times: tuple[int, int | None] | None, way: str,
    ) -> None:  # fmt: skip
        unit_id = ENDPOINTS[endpoint_id - 1][3]
        tx.add(
            AttendeeRow(
                id=number, code=f"CB{number}", name=name, unit_id=unit_id, position=position,
                badge=f"BADGE{number:011}", sort_key=sort_key(name),
                search_key=fold(f"CB{number} {name} {position or ''}"), name_key=identity_key(name),
                created_at=self.house.live,
            )
        )  # fmt: skip
        await tx.flush()
        tx.add(
            SessionAttendee(
                session_id=self.id, attendee_id=number, endpoint_id=endpoint_id, unit_id=unit_id,
                origin="guest" if number == 10 else "roster", added_at=self.house.live,
                state="expected" if times is None else "in",
            )
        )  # fmt: skip
        await tx.flush()
        for kind, second in zip(("in", "out"), times or (), strict=False):
            if second is not None:
                at = self.house.at(second)
                tx.add(
                    PersonEvent(
                        session_id=self.id, endpoint_id=endpoint_id, attendee_id=number, kind=kind, way=way,
                        at=at, received_at=at, by="tablet:1", key=f"{number}:{kind}",
                    )
                )  # fmt: skip

    async def derive(self) -> None:
        async with self.house.database.transaction() as tx:
            await deriving.derive(tx, self.id, self.house.clock.now())

    async def another(self, session_id: int, days: int, rooms: Sequence[int] = (2, 3)) -> None:
        """An ended session some days later, to which nobody came."""
        begun = self.house.live + timedelta(days=days)
        async with self.house.database.transaction() as tx:
            await add_session(tx, session_id, f"s{session_id}", begun, rooms)
            tx.add(SessionRoster(session_id=session_id, frozen_at=begun, people=1))
            tx.add(
                SessionAttendee(
                    session_id=session_id, attendee_id=1, endpoint_id=2, unit_id=1, origin="roster",
                    added_at=begun, state="expected",
                )
            )  # fmt: skip
            row = await tx.get_one(MeetingSession, session_id)
            row.state, row.actual_end = "ended", begun + timedelta(hours=1)
        async with self.house.database.transaction() as tx:
            await deriving.derive(tx, session_id, begun + timedelta(hours=2))


@pytest.fixture
async def session(house: House) -> Session:
    made = Session(house)
    await made.fill()
    return made


@pytest.fixture
def reports(house: House) -> PeopleReportService:
    return PeopleReportService(house.database, house.clock)


@pytest.fixture
async def files(house: House, reports: PeopleReportService, tmp_path: Path) -> AsyncIterator[ReportFiles]:
    courses = CourseService(house.database, house.clock)
    made = ReportFiles(reports, house.clock, tmp_path / "files", courses)
    yield made
    await made.close()


@pytest.fixture
async def course(session: Session) -> CourseId:
    """A course of the one session."""
    courses = CourseService(session.house.database, session.house.clock)
    number = await courses.create(SYSTEM, CourseInput("Lớp bồi dưỡng nghị quyết", 1))
    await courses.add_session(SYSTEM, number, session.id)
    return number
