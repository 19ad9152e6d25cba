"""The small province of the sessions' tests, with series and bookings over it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from confhub.access.rules import Actor
from confhub.db.database import Database
from confhub.engine.engine import MediaEngine
from confhub.kernel.clock import ManualClock
from confhub.kernel.ids import EndpointId, SessionId, UnitId
from confhub.scheduling.bookings import BookingKeeper, OnConflict
from confhub.scheduling.days_off import OnDaysOff
from confhub.scheduling.models import BookingRule, RoomBuffer
from confhub.scheduling.recurrence import Every, Rule
from confhub.scheduling.service import SeriesService
from confhub.scheduling.values import Occurrence, SeriesDetails, SeriesId, SeriesInput
from confhub.sessions.service import SessionService
from confhub.sessions.values import Participants, SessionInput
from tests.plugins.sessions import ORGANIZER, settle

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
CHAIR = EndpointId(2)
"""The province's hall leads; no studio is needed."""


def at(day: date, hour: int = 8) -> datetime:
    """An hour in the house's zone."""
    return datetime(day.year, day.month, day.day, hour, tzinfo=HANOI)


@dataclass
class Desk:
    """An organizer's services."""

    db: Database
    clock: ManualClock
    sessions: SessionService
    series: SeriesService
    engine: MediaEngine

    def form(self, day: date, hour: int = 8, **changed: object) -> SessionInput:
        wanted = SessionInput(
            title="Giao ban tuần",
            kind="meeting",
            unit_id=UnitId(1),
            starts_at=at(day, hour),
            length_min=60,
            chair_endpoint_id=CHAIR,
            participants=Participants(include_endpoints=(EndpointId(3), EndpointId(4))),
        )
        return replace(wanted, **changed)  # type: ignore[arg-type]

    def weekly(self, day: date, hour: int = 8, how: OnDaysOff = OnDaysOff.KEEP, count: int | None = 6,
               **changed: object) -> SeriesInput:  # fmt: skip
        return SeriesInput(self.form(day, hour, **changed), Rule(Every.WEEK, count=count), how)

    async def planned(self, day: date, hour: int = 8, **changed: object) -> SeriesDetails:
        return await self.series.create(ORGANIZER, self.weekly(day, hour, **changed))  # type: ignore[arg-type]

    async def dates(self, series: SeriesId) -> list[Occurrence]:
        return list((await self.series.get(ORGANIZER, series)).occurrences)

    async def single(self, day: date, hour: int = 8, who: Actor = ORGANIZER, **changed: object) -> SessionId:
        session = (await self.sessions.create(who, self.form(day, hour, **changed))).session.id
        await self.sessions.schedule(who, session)
        return session

    async def rule(self, unit: int, on_conflict: OnConflict) -> None:
        async with self.db.transaction() as tx:
            await tx.merge(BookingRule(unit_id=unit, on_conflict=on_conflict.value))

    async def buffer(self, room: int, setup_min: int, clear_min: int) -> None:
        async with self.db.transaction() as tx:
            await tx.merge(RoomBuffer(endpoint_id=room, setup_min=setup_min, clear_min=clear_min))


@pytest.fixture
async def desk(database: Database, clock: ManualClock) -> AsyncIterator[Desk]:
    """Monday, 2 March 2026, eight in the morning; no media server."""
    made = await desk_over(database, clock)
    yield made
    await made.engine.close()


async def desk_over(database: Database, clock: ManualClock) -> Desk:
    """The services over a database with nothing in it."""
    async with database.transaction() as tx:
        await settle(tx, clock.now())
    engine = MediaEngine("http://127.0.0.1:9", "key", "s" * 32, clock)
    bookings = BookingKeeper(clock, "Asia/Ho_Chi_Minh")
    sessions = SessionService(database, clock, engine, bookings=bookings)
    series = SeriesService(database, clock, bookings, "Asia/Ho_Chi_Minh")
    return Desk(database, clock, sessions, series, engine)


def in_weeks(first: date, *weeks: int) -> list[date]:
    return [first + timedelta(weeks=n) for n in weeks]
