"""The calendar of a unit with 1,000 sessions, half of them dates of series, as a program asks for it."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import insert

from bench import machine
from confhub.access.rules import SYSTEM
from confhub.accounts.logins import actor_by_id
from confhub.accounts.models import AccountRow, RoleGrantRow
from confhub.calendars.feeds import FeedService, Scope
from confhub.db.database import Database
from confhub.i18n.catalogue import Catalogue
from confhub.kernel.clock import SystemClock
from confhub.kernel.ids import AccountId, EndpointId, UnitId
from confhub.kernel.permissions import Role
from confhub.org.models import UnitRow
from confhub.scheduling.bookings import BookingKeeper
from confhub.scheduling.days_off import OnDaysOff
from confhub.scheduling.recurrence import Every, Rule
from confhub.scheduling.service import SeriesService
from confhub.scheduling.values import SeriesInput
from confhub.sessions.models import MeetingSession
from confhub.sessions.values import Participants, SessionInput

SESSIONS = 1_000
UNIT = 3
SERIES = 10


async def figures(database: Database, clock: SystemClock, zone: str, runs: int) -> dict[str, float]:
    """Milliseconds from the request to the octets: all of them, and where the asker has them."""
    service = FeedService(database, clock, Catalogue.load(), "https://hop.example.vn", zone)
    await _unit(database, clock, zone)
    async with database.reading() as tx:
        actor = await actor_by_id(tx, AccountId(1))
    assert actor is not None, "the account was made above"
    token = await service.make(actor, Scope(unit_id=UnitId(UNIT)))
    first = await service.asked(token, "127.0.0.1")
    if first.content is None or first.content.count(b"BEGIN:VEVENT") != SESSIONS // 2 + SERIES:
        raise RuntimeError("the feed does not show the unit's sessions")
    whole = await _taken(lambda: service.asked(token, "127.0.0.1"), runs)
    same = await _taken(lambda: service.asked(token, "127.0.0.1", first.etag), runs)
    return {"feed_ms": whole, "feed_304_ms": same, "feed_kb": len(first.content) / 1e3}


async def _taken(asked: Callable[[], object], runs: int) -> float:
    times = []
    for _ in range(runs):
        began = time.perf_counter()
        await asked()  # type: ignore[misc]
        times.append(1e3 * (time.perf_counter() - began))
    return machine.median(times)


async def _unit(database: Database, clock: SystemClock, zone: str) -> None:
    """A unit, who plans there, 500 single sessions, and ten series of 50 weeks."""
    now = clock.now()
    async with database.transaction() as tx:
        tx.add(
            UnitRow(
                id=UNIT, parent_id=1, code="U3", name="Sở Nội vụ", tier_id=1, path=f"/1/{UNIT}/",
                sort_key="s", search_key="so noi vu",
            )
        )  # fmt: skip
        tx.add(
            AccountRow(
                id=1, username="canbo", display_name="Cán bộ", password_hash="x", language="vi",
                created_at=now, sort_key="c", search_key="can bo",
            )
        )  # fmt: skip
        await tx.flush()
        tx.add(RoleGrantRow(account_id=1, role=Role.ORGANIZER.value, unit_id=1))
        plain = {
            "title": "Họp trực tuyến với các xã, phường", "search_key": "hop", "kind": "meeting",
            "state": "scheduled", "unit_id": UNIT, "state_since": now, "created_at": now, "length_min": 60,
            "chair_endpoint_id": 1,
        }  # fmt: skip
        starts = [now + timedelta(hours=7 * n) for n in range(SESSIONS // 2)]
        await tx.execute(insert(MeetingSession), [plain | {"starts_at": at} for at in starts])
    series = SeriesService(database, clock, BookingKeeper(clock, zone), zone)
    for n in range(SERIES):
        await series.create(SYSTEM, _weekly(now + timedelta(days=1 + n % 5), n))


def _weekly(day: datetime, number: int) -> SeriesInput:
    """At night, when nobody else has the rooms."""
    starts_at = day.replace(hour=15 + number // 5, minute=30, second=0, microsecond=0)
    form = SessionInput(
        title=f"Giao ban tuần {number}", kind="meeting", unit_id=UnitId(UNIT), starts_at=starts_at,
        length_min=60, chair_endpoint_id=EndpointId(1),
        participants=Participants(include_endpoints=(EndpointId(2),)),
    )  # fmt: skip
    weeks = SESSIONS // 2 // SERIES
    return SeriesInput(form, Rule(Every.WEEK, count=weeks), OnDaysOff.KEEP)
