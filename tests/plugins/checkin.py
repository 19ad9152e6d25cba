"""The small province of attendance, with people on its rooms' lists, and the real application over it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, CookieJar
from aiohttp.test_utils import TestServer

from confhub.access.rules import SYSTEM
from confhub.attendance.models import AttendanceEvent, Observation, PresenceMark
from confhub.checkin import reader
from confhub.checkin.corrections import CorrectionService
from confhub.checkin.models import CheckinPolicy, PresencePrompt, SessionBreak
from confhub.checkin.sealing import SealService
from confhub.http.app import build_app
from confhub.http.context import Services
from confhub.kernel.ids import AttendeeId, EndpointId, SessionId
from confhub.people import store as people
from confhub.people.values import PersonDraft
from confhub.rosters import store as rosters
from confhub.rosters.models import AbsenceNotice
from confhub.settings import Settings
from tests.plugins.attendance import KEY, SECRET, House, officer
from tests.plugins.website import composed

ROOM = 5
"""The commune Ấm Hạ; its session is number 1."""
SESSION = SessionId(1)
PROVINCE = officer("/1/", 1)
DISTRICT = officer("/1/3/", 3)

NAMES = ("Nguyễn Văn An", "Nguyễn Văn An", "Trần Thị Bình", "Lê Hoà", "Đỗ Mạnh")


@dataclass(frozen=True)
class Hall:
    """People 1–5 expected in room 5 (two of one name), 6 in room 6; one tablet of room 5."""

    house: House
    services: Services
    server: TestServer
    token: str
    badges: tuple[str, ...]

    def phone(self) -> ClientSession:
        """A browser with a cookie jar of its own; all come from one address."""
        return ClientSession(self.server.make_url("/"), cookie_jar=CookieJar(unsafe=True))

    async def tell(self, client: ClientSession, body: dict[str, Any], session: int = 1) -> Any:
        """Send a batch as the tablet of room 5."""
        answer = await client.post(
            f"/api/v1/tablet/sessions/{session}/events",
            json=body,
            headers={"Authorization": f"Bearer {self.token}", "Accept-Language": "en"},
        )
        return answer.status, await answer.json()

    async def states(self) -> dict[int, str]:
        """Person → live state."""
        from sqlalchemy import select

        from confhub.rosters.models import SessionAttendee as A

        async with self.house.database.reading() as tx:
            return {row[0]: row[1] for row in await tx.execute(select(A.attendee_id, A.state))}

    async def count(self, model: Any) -> int:
        """Rows of a table."""
        from sqlalchemy import func, select

        async with self.house.database.reading() as tx:
            return int(await tx.scalar(select(func.count()).select_from(model)) or 0)


@pytest.fixture
async def hall(house: House, tmp_path: Path) -> AsyncIterator[Hall]:
    now = house.clock.now()
    async with house.database.transaction() as tx:
        ids = [await people.insert(tx, PersonDraft(name, 4), now) for name in NAMES]  # type: ignore[arg-type]
        ids.append(await people.insert(tx, PersonDraft("Phạm Lan", 5), now))  # type: ignore[arg-type]
        await people.insert(tx, PersonDraft("Vũ Khách", 5), now)  # type: ignore[arg-type]
        rooms = [(person, ROOM) for person in ids[:5]] + [(ids[5], 6)]
        await rosters.fill(tx, rooms, now)
        from sqlalchemy import select

        from confhub.people.models import AttendeeRow

        badges = tuple(await tx.scalars(select(AttendeeRow.badge).order_by(AttendeeRow.id)))
    settings = Settings(data_dir=tmp_path, database_url=str(house.database.url))
    async with composed(settings, house.database, house.clock, key=(KEY, SECRET)) as services:
        await services.checkin.start()
        slip = await services.tablets.issue(SYSTEM, EndpointId(ROOM))
        token, _ = await services.tablets.enter(slip.code, "máy 1", "127.0.0.1")
        async with TestServer(build_app(services)) as server:
            yield Hall(house, services, server, token, badges)
        await services.checkin.close()


@pytest.fixture
async def over(hall: Hall) -> Hall:
    """An hour that is over: persons 1–3 came, 3 left after half of it, 4 is away with leave. A break of ten
    minutes, a prompt, a head count, a correction; one row at least in every part of the chain."""
    house = hall.house
    async with house.database.transaction() as tx:
        for kind, second in (("joined", 0), ("left", 3600)):
            tx.add(
                AttendanceEvent(
                    session_id=1, endpoint_id=ROOM, source="relay", kind=kind, at=house.at(second),
                    received_at=house.at(second), connection="PA_5", key=f"{kind} 5",
                )
            )  # fmt: skip
        tx.add(
            PresenceMark(session_id=1, endpoint_id=ROOM, source="room", connection="PA_5", at=house.at(900))
        )
        tx.add(Observation(session_id=1, at=house.at(900)))
        tx.add(SessionBreak(session_id=1, starts_at=house.at(600), ends_at=house.at(1200), by="Cán bộ"))
        tx.add(
            PresencePrompt(
                session_id=1, opens_at=house.at(2000), closes_at=house.at(2120), drawn_at=house.live
            )
        )
        tx.add(
            CheckinPolicy(
                session_id=1, ways="tablet,qr", scan_margin_s=20, guests=True, prompts=1,
                prompts_count=False, complete_percent=80, secret="5a" * 32,
            )
        )  # fmt: skip
        tx.add(
            AbsenceNotice(
                session_id=1, attendee_id=4, reason="Ốm", entered_at=house.live, entered_by="Cán bộ",
                state="approved", decided_at=house.live, decided_by="Cán bộ",
            )
        )  # fmt: skip
    now = house.at(10)
    async with hall.phone() as client:
        house.move_to(1900)
        events = [
            {"key": f"in{person}", "kind": "in", "at": now.isoformat(), "way": "tablet", "attendee": person}
            for person in (1, 2, 3)
        ]
        left = {"kind": "out", "at": house.at(1800).isoformat(), "way": "tablet", "attendee": 3}
        body = {
            "sent_at": house.clock.now().isoformat(),
            "events": [*events, {"key": "out3", **left}],
            "head_counts": [{"key": "heads", "people": 3, "at": now.isoformat()}],
        }
        status, answer = await hall.tell(client, body)
    assert status == 200, answer
    assert {one["result"] for one in answer["results"]} == {"stored"}
    house.move_to(3700)
    await house.end(3600)
    await CorrectionService(house.database, house.clock).add(
        PROVINCE,
        SESSION,
        AttendeeId(2),
        "remove",
        EndpointId(ROOM),
        house.at(3000),
        house.at(3300),
        "Ra ngoài",
    )
    return hall


@pytest.fixture
def seals(over: Hall) -> SealService:
    return SealService(over.house.database, over.house.clock)


async def people_of(hall: Hall) -> dict[int, Any]:
    async with hall.house.database.reading() as tx:
        found = await reader.session_people(tx, SESSION, hall.house.clock.now())
    assert found is not None
    return {one.attendee_id: one for one in found.people}
