"""What happens by itself at its hour, and by one hub only."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import InstrumentedAttribute

from confhub.accounts.models import AttemptRow, LoginRow
from confhub.engine.types import EngineParticipant
from confhub.jobs.clockwork import CLOCKWORK, COMPARED, HEARD, MOVED, Clockwork
from confhub.jobs.lease import Lease
from confhub.jobs.recurring import Recurring, Work
from confhub.jobs.sweeping import SWEEP_S, every_sweep
from confhub.kernel.ids import Identity, MediaRoom, SessionId
from confhub.registry.models import CredentialRow, ImportDraftRow, KioskTicketRow
from confhub.sessions import presence
from confhub.sessions.values import SessionState
from tests.plugins.sessions import ORGANIZER, Hub

pytestmark = pytest.mark.both_databases


@dataclass
class Attendance:
    """Where reconciled participants would go."""

    asked: list[SessionId] = field(default_factory=list)

    async def reconcile(self, session_id: SessionId, participants: Sequence[EngineParticipant]) -> None:
        self.asked.append(session_id)


class Ticking(Recurring):
    """The clock's works, run as the clock is moved by hand."""

    sweeps: tuple[str, ...]

    async def tick(self) -> None:
        """Sessions are moved, and what has expired is swept, where its time has come."""
        await self.turn(MOVED, *self.sweeps)

    async def hear(self) -> None:
        await self.turn(HEARD)

    async def reconcile(self) -> None:
        await self.turn(COMPARED)


def ticking(hub: Hub, attendance: Attendance, sweeps: list[Work]) -> Ticking:
    made = Clockwork(hub.db, hub.clock, hub.engine, hub.sessions, hub.stage, attendance)
    works = Ticking(hub.db, hub.clock, [*made.works(), *sweeps])
    works.sweeps = tuple(work.name for work in sweeps)
    return works


@pytest.fixture
def clockwork(hub: Hub) -> Ticking:
    return ticking(hub, Attendance(), every_sweep(hub.db, hub.clock, CLOCKWORK))


async def state(hub: Hub, session: SessionId) -> SessionState:
    return (await hub.sessions.get(ORGANIZER, session)).session.state


async def test_a_session_goes_its_whole_way_by_the_clock(hub: Hub, clockwork: Ticking) -> None:
    session = await hub.scheduled(starts_at=hub.clock.now() + timedelta(hours=2), length_min=60)
    seen = []
    for minutes in (59, 1, 59, 1, 89, 1, 30 * 24 * 60):
        hub.clock.advance(minutes * 60)
        await clockwork.tick()
        seen.append(await state(hub, session))
    assert [each.value for each in seen] == [
        "scheduled", "lobby", "lobby", "live", "live", "ended", "archived",
    ]  # fmt: skip


async def test_a_session_nobody_scheduled_stays_a_draft(hub: Hub, clockwork: Ticking) -> None:
    draft = (await hub.sessions.create(ORGANIZER, hub.form())).session.id
    hub.clock.advance(3 * 3600)
    await clockwork.tick()
    assert await state(hub, draft) is SessionState.DRAFT


async def test_only_the_leader_moves_the_clock_until_its_lease_runs_out(hub: Hub, clockwork: Ticking) -> None:
    other = Lease(hub.db, hub.clock, "clockwork")
    assert await other.hold()
    session = await hub.scheduled(starts_at=hub.clock.now() + timedelta(minutes=30))
    await clockwork.tick()
    assert await state(hub, session) is SessionState.SCHEDULED
    hub.clock.advance(11)
    await clockwork.tick()
    assert await state(hub, session) is SessionState.LOBBY
    assert not await other.hold()


async def test_a_hub_that_leads_again_believes_nothing_of_what_it_wrote_before(
    hub: Hub, clockwork: Ticking, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = await hub.live_now()
    await hub.joins(session, "room:H1")
    silence = {Identity("room:H1"): hub.clock.now()}

    async def silent(rooms: Sequence[MediaRoom]) -> dict[MediaRoom, dict[Identity, datetime]]:
        return dict.fromkeys(rooms, silence)

    async def is_silent() -> bool:
        rows = (await hub.live.snapshot(ORGANIZER, session)).rows
        return next(row.silent_since is not None for row in rows if row.code == "H1")

    monkeypatch.setattr(hub.engine, "silent", silent)  # the media server's answer
    await clockwork.hear()
    assert await is_silent()
    hub.clock.advance(20)
    other = Lease(hub.db, hub.clock, "clockwork")
    assert await other.hold()
    await clockwork.hear()
    async with hub.db.transaction() as tx:
        await presence.note_silence(tx, session, {})  # the other hub heard the room
    await other.release()
    hub.clock.advance(1)
    await clockwork.hear()
    assert await is_silent(), "silent again as this hub leads again"


async def test_a_released_lease_is_taken_at_once(hub: Hub) -> None:
    first, second = Lease(hub.db, hub.clock, "x"), Lease(hub.db, hub.clock, "x")
    assert await first.hold()
    assert not await second.hold()
    await first.release()
    assert await second.hold()


async def test_jobs_that_ask_at_the_same_time_ask_the_database_once(hub: Hub) -> None:
    lease, written = Lease(hub.db, hub.clock, "x"), []
    event.listen(hub.db.engine.sync_engine, "commit", lambda _connection: written.append("commit"))
    assert await asyncio.gather(*(lease.hold() for _ in range(5))) == [True] * 5
    hub.clock.advance(4)
    del written[:]
    assert await asyncio.gather(*(lease.hold() for _ in range(5))) == [True] * 5
    assert written == ["commit"]


async def test_an_engine_that_is_away_stops_no_job(hub: Hub) -> None:
    attendance = Attendance()
    swept: list[str] = []

    async def broken() -> None:
        swept.append("broken")
        raise RuntimeError("a job's own fault")

    async def fine() -> None:
        swept.append("fine")

    clockwork = ticking(
        hub, attendance, [Work(job.__name__, SWEEP_S, job, CLOCKWORK) for job in (broken, fine)]
    )
    session = await hub.scheduled(starts_at=hub.clock.now() + timedelta(minutes=30))
    await clockwork.tick()
    await clockwork.reconcile()
    assert await state(hub, session) is SessionState.LOBBY
    assert swept == ["broken", "fine"]
    assert attendance.asked == [], "what is not known is not written down"


async def test_expired_tickets_of_kiosks_are_swept(hub: Hub, clockwork: Ticking) -> None:
    now = hub.clock.now()
    async with hub.db.transaction() as tx:
        tx.add(CredentialRow(id=1, endpoint_id=3, token_hash="c", machine="", created_at=now))
        await tx.flush()
        tx.add_all(
            KioskTicketRow(
                ticket_hash=name, endpoint_id=3, credential_id=1, session_id=1, expires_at=expires_at
            )
            for name, expires_at in (("old", now - timedelta(hours=2)), ("new", now + timedelta(minutes=1)))
        )
    await clockwork.tick()
    async with hub.db.reading() as tx:
        assert (await tx.scalars(select(KioskTicketRow.ticket_hash))).all() == ["new"]


async def test_expired_logins_failed_attempts_and_forgotten_imports_are_swept(
    hub: Hub, clockwork: Ticking
) -> None:
    now, hour, minute = hub.clock.now(), timedelta(hours=1), timedelta(minutes=1)
    async with hub.db.transaction() as tx:
        for name, expires_at in (("old", now), ("new", now + minute)):
            tx.add(
                LoginRow(
                    token_hash=name, account_id=1, csrf=name, created_at=now, last_seen_at=now,
                    expires_at=expires_at,
                )
            )  # fmt: skip
            tx.add(
                ImportDraftRow(
                    token_hash=name, account_id=1, filename="a.csv", content=b"", complete=False, seen="",
                    expires_at=expires_at,
                )
            )  # fmt: skip
        tx.add(AttemptRow(kind="login-name", key="old", count=20, since=now, last_at=now - hour - minute))
        tx.add(AttemptRow(kind="login-name", key="new", count=20, since=now, last_at=now - hour))
    kept = (LoginRow.token_hash, ImportDraftRow.token_hash, AttemptRow.key)
    await clockwork.tick()
    assert await stored(hub, *kept) == [["new"], ["new"], ["new"]]
    hub.clock.advance(9 * 60)
    await clockwork.tick()  # sweeping again would be too early
    assert await stored(hub, *kept) == [["new"], ["new"], ["new"]]
    hub.clock.advance(60)
    await clockwork.tick()
    assert await stored(hub, *kept) == [[], [], []]


async def stored(hub: Hub, *columns: InstrumentedAttribute[str]) -> list[list[str]]:
    async with hub.db.reading() as tx:
        return [list(await tx.scalars(select(column))) for column in columns]
