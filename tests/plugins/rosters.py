"""A small province with people, a course and a session that is not open yet, written into the tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from confhub.access.rules import Actor, Grant
from confhub.db.database import Database, Tx
from confhub.i18n.collation import sort_key
from confhub.i18n.folding import fold
from confhub.i18n.identity import identity_key
from confhub.kernel.clock import ManualClock
from confhub.kernel.ids import AccountId, SessionId, UnitId, endpoint_identity
from confhub.kernel.permissions import Role
from confhub.org.models import TierRow, UnitRow
from confhub.people.models import AttendeeRow
from confhub.registry.models import EndpointRow
from confhub.rosters.models import CourseSession, SessionAttendee
from confhub.sessions.models import MeetingSession, SessionEndpoint
from confhub.training.models import CourseRow

UNITS = (
    # id, parent, name, tier, path
    (1, None, "Tỉnh Phú Thọ", 1, "/1/"),
    (2, 1, "Huyện Hạ Hoà", 2, "/1/2/"),
    (3, 1, "Huyện Đoan Hùng", 2, "/1/3/"),
    (4, 2, "Xã Ấm Hạ", 3, "/1/2/4/"),
)
ROOMS = (
    # id, code, name, unit
    (1, "HT", "Hội trường tỉnh", 1),
    (2, "HH", "Phòng họp Hạ Hoà", 2),
    (3, "DH", "Phòng họp Đoan Hùng", 3),
    (4, "AH", "Phòng họp xã Ấm Hạ", 4),
)
SESSION = SessionId(1)
COURSE = 1


@dataclass(frozen=True)
class House:
    """Session 1 has the rooms 1 to 3 and belongs to course 1; it begins two hours from now."""

    database: Database
    clock: ManualClock
    starts: datetime

    async def person(self, name: str, unit_id: int = 2, **more: object) -> int:
        """A new person of the unit; gives the id."""
        async with self.database.transaction() as tx:
            return await add_person(tx, name, unit_id, self.clock.now(), **more)

    async def people(self, names: Sequence[str], unit_id: int = 2) -> list[int]:
        """Some new people of one unit."""
        return [await self.person(name, unit_id) for name in names]

    async def set_state(self, state: str, session_id: int = SESSION) -> None:
        """The session is in this state now."""
        async with self.database.transaction() as tx:
            row = await tx.get_one(MeetingSession, session_id)
            row.state, row.state_since = state, self.clock.now()

    async def seal(self, session_id: int = SESSION) -> None:
        """The session's attendance is closed."""
        async with self.database.transaction() as tx:
            row = await tx.get_one(MeetingSession, session_id)
            row.state, row.sealed_at = "ended", self.clock.now()

    async def listed(self, session_id: int = SESSION) -> dict[int, tuple[int, str, bool]]:
        """The frozen list: person → (room, origin, still there)."""
        async with self.database.reading() as tx:
            query = select(SessionAttendee).where(SessionAttendee.session_id == session_id)
            rows = list(await tx.scalars(query))
        return {r.attendee_id: (r.endpoint_id, r.origin, r.removed_at is None) for r in rows}


async def add_person(tx: Tx, name: str, unit_id: int, now: datetime, **more: object) -> int:
    """A row of the register, as the register itself would write it."""
    row = AttendeeRow(
        name=name, unit_id=unit_id, badge="", sort_key=sort_key(name), search_key=fold(name),
        name_key=identity_key(name), created_at=now, **more,
    )  # fmt: skip
    row.badge = f"{abs(hash((name, unit_id, str(more)))) % 32**8:016d}"[:16]
    tx.add(row)
    await tx.flush()
    return row.id


def officer(path: str, unit_id: int, role: Role = Role.TRAINING_OFFICER) -> Actor:
    """A person with one role in one branch."""
    return Actor(AccountId(1), "Cán bộ", "vi", (Grant(role, UnitId(unit_id), path),))


PROVINCE = officer("/1/", 1)
HA_HOA = officer("/1/2/", 2)
DOAN_HUNG = officer("/1/3/", 3)


@pytest.fixture
async def house(database: Database, clock: ManualClock) -> House:
    """A province of four units and four rooms, nobody in the register yet."""
    now = clock.now()
    starts = now + timedelta(hours=2)
    async with database.transaction() as tx:
        for rank, (code, name) in enumerate((("p", "Tỉnh"), ("d", "Huyện"), ("c", "Xã")), 1):
            tx.add(TierRow(id=rank, code=code, name=name, name_en=code, rank=rank))
        await tx.flush()
        for unit_id, parent_id, name, tier_id, path in UNITS:
            tx.add(
                UnitRow(
                    id=unit_id, code=f"U{unit_id}", name=name, tier_id=tier_id, parent_id=parent_id,
                    path=path,
                    sort_key=sort_key(name), search_key=fold(f"U{unit_id} {name}"),
                )
            )  # fmt: skip
            await tx.flush()
        for room_id, code, name, unit_id in ROOMS:
            tx.add(
                EndpointRow(
                    id=room_id, code=code, name=name, unit_id=unit_id, kind="room", bandwidth_profile="full",
                    created_at=now, sort_key=sort_key(name), search_key=fold(f"{code} {name}"),
                )
            )  # fmt: skip
        await tx.flush()
        await add_session(tx, SESSION, starts, (1, 2, 3))
        tx.add(
            CourseRow(
                id=COURSE, title="Lớp bồi dưỡng", search_key="lop boi duong", unit_id=1, measure="percent",
                scope="each", threshold=80, grace_min=0, number_pattern="{number}", created_at=now,
            )
        )  # fmt: skip
        await tx.flush()
        tx.add(CourseSession(course_id=COURSE, session_id=SESSION, place=1))
    return House(database, clock, starts)


async def add_session(tx: Tx, session_id: int, starts: datetime, rooms: Sequence[int]) -> None:
    """A scheduled session with these rooms; the first is the chair's."""
    tx.add(
        MeetingSession(
            id=session_id, title="Học tập Nghị quyết", search_key="hoc tap nghi quyet", kind="training",
            state="scheduled", state_since=starts, unit_id=1, starts_at=starts, length_min=60,
            chair_endpoint_id=rooms[0], created_at=starts,
        )
    )  # fmt: skip
    await tx.flush()
    for room in rooms:
        _, code, _, unit_id = ROOMS[room - 1]
        tx.add(
            SessionEndpoint(
                session_id=session_id, endpoint_id=room, unit_id=unit_id, identity=endpoint_identity(code),
                is_chair=room == rooms[0],
            )
        )  # fmt: skip
    await tx.flush()
