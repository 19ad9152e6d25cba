"""Two sessions that expect the same rooms: touching, overlapping, overrunning, cancelled, moved by name."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import func, select, text

from confhub.audit.models import AuditRow
from confhub.db.database import Database
from confhub.engine.types import EventKind
from confhub.jobs.clockwork import Clockwork
from confhub.kernel.errors import Forbidden
from confhub.kernel.ids import EndpointId, Identity, SessionId, UnitId
from confhub.sessions.errors import NotInSession, RoomInOtherSession
from confhub.sessions.events import PresenceChanged, RoomsCalled, SessionChanged
from confhub.sessions.models import MeetingSession
from confhub.sessions.truth import read_truth
from confhub.sessions.values import LiveRow, Participants
from tests.plugins.sessions import (
    DISTRICT_ORGANIZER,
    ORGANIZER,
    OTHER_ORGANIZER,
    VIEWER,
    Hub,
    principal,
)

pytestmark = pytest.mark.both_databases

H1, CHAIR = "room:H1", "room:TQ"
HOUR = timedelta(hours=1)


async def belongs(hub: Hub, endpoint_id: int = 3) -> SessionId | None:
    """Where the hub sends the room when it comes in; every other way to ask must say the same."""
    call = await hub.call_of(endpoint_id)
    return None if call is None else call.session_id


async def row_of(hub: Hub, session: SessionId, code: str = "H1") -> LiveRow:
    rows = (await hub.live.snapshot(ORGANIZER, session)).rows
    return next(row for row in rows if row.code == code)


async def welcome(hub: Hub, session: SessionId) -> frozenset[str]:
    async with hub.db.reading() as tx:
        return (await read_truth(tx, await tx.get_one(MeetingSession, session), slots=True)).welcome


async def test_the_next_lobby_takes_no_room_out_of_the_live_session(hub: Hub) -> None:
    first = await hub.live_now()
    await hub.joins(first, CHAIR, H1)
    second = await hub.in_lobby(starts_at=hub.clock.now() + 3 * HOUR)
    assert await belongs(hub) == first
    assert await hub.calls_to(second) == []
    with pytest.raises(RoomInOtherSession):
        await hub.join.token_for_endpoint(principal(3), second)
    assert H1 in await welcome(hub, first)
    assert H1 not in await welcome(hub, second)
    assert await hub.states(first) == {
        "TQ": "joined", "P0": "called", "H1": "joined", "H2": "called", "X1": "called",
    }  # fmt: skip
    assert set((await hub.states(second)).values()) == {"elsewhere"}


async def test_the_later_lobby_is_told_which_session_has_the_room_and_until_when(hub: Hub) -> None:
    first = await hub.live_now(title="Giao ban")
    second = await hub.in_lobby(starts_at=hub.clock.now() + 3 * HOUR)
    other = (await row_of(hub, second)).elsewhere
    assert other is not None
    assert (other.session_id, other.title, other.state) == (first, "Giao ban", "live")
    assert other.ends_at == hub.clock.now() + 3 * HOUR
    assert other.may_move


async def test_calling_the_missing_of_the_next_session_takes_nobody_back(hub: Hub) -> None:
    first = await hub.live_now()
    second = await hub.in_lobby(starts_at=hub.clock.now() + 3 * HOUR)
    assert await hub.control.call_again(ORGANIZER, second) == 0
    with pytest.raises(RoomInOtherSession):
        await hub.control.call_again(ORGANIZER, second, EndpointId(3))
    assert await belongs(hub) == first


async def test_rooms_go_over_by_themselves_when_the_session_ends(hub: Hub) -> None:
    first = await hub.live_now()
    await hub.joins(first, H1)
    second = await hub.in_lobby(starts_at=hub.clock.now() + 3 * HOUR)
    assert (await row_of(hub, second)).called_at is None
    hub.clock.advance(600)
    with hub.db.bus.subscribe(SessionChanged, RoomsCalled) as news:
        await hub.sessions.end(ORGANIZER, first)
        told = news.drain()
    assert told == [SessionChanged(first), RoomsCalled(second)], "out first, then over"
    assert await belongs(hub) == second
    row = await row_of(hub, second)
    assert (row.state, row.called_at) == ("called", hub.clock.now())


async def test_a_session_that_overruns_keeps_its_rooms_from_the_next_that_goes_live(hub: Hub) -> None:
    first = await hub.live_now()
    await hub.joins(first, H1)
    hub.clock.advance(4 * 3600)  # three hours over its time
    second = await hub.live_now()
    assert await belongs(hub) == first
    assert (await row_of(hub, second)).state == "elsewhere"
    await hub.sessions.end(ORGANIZER, first)
    assert await belongs(hub) == second


async def test_the_clock_hands_rooms_over_at_the_end_of_an_overrun(hub: Hub) -> None:
    first = await hub.live_now(length_min=60, overrun_min=30)
    second = await hub.in_lobby(starts_at=hub.clock.now() + HOUR)
    clockwork = Clockwork(hub.db, hub.clock, hub.engine, hub.sessions, hub.stage, None)  # type: ignore[arg-type]
    hub.clock.advance(3 * 3600 + 29 * 60)  # its lobby opened two hours before its start
    await clockwork.move_due()
    assert (await hub.sessions.get(ORGANIZER, second)).session.state == "live"
    assert await belongs(hub) == first
    hub.clock.advance(60)
    await clockwork.move_due()
    assert await belongs(hub) == second


async def test_of_two_lobbies_the_one_that_starts_first_has_the_rooms(hub: Hub) -> None:
    later = await hub.in_lobby(starts_at=hub.clock.now() + 2 * HOUR)
    await hub.joins(later, H1)
    sooner = await hub.in_lobby(starts_at=hub.clock.now() + HOUR)
    assert await belongs(hub) == sooner
    await hub.tell(later, EventKind.LEFT, H1, f"PA_{H1}")
    assert (await row_of(hub, later)).state == "elsewhere", "it has not left by itself"
    await hub.sessions.cancel(ORGANIZER, sooner)
    assert await belongs(hub) == later
    assert (await row_of(hub, later)).state == "called"


async def test_a_session_that_goes_live_takes_its_rooms_out_of_a_lobby_that_waits(hub: Hub) -> None:
    waiting = await hub.in_lobby(starts_at=hub.clock.now() + HOUR)
    await hub.joins(waiting, H1)
    await hub.control.raise_hand(principal(3), waiting)
    started = await hub.live_now(starts_at=hub.clock.now() + 2 * HOUR)
    assert await belongs(hub) == started
    assert (await hub.live.snapshot(ORGANIZER, waiting)).floor == (), "its hand went with it"


async def test_a_room_that_is_removed_or_dropped_goes_to_the_session_that_waits_for_it(hub: Hub) -> None:
    first = await hub.live_now()
    second = await hub.in_lobby(starts_at=hub.clock.now() + 3 * HOUR)
    await hub.control.remove(ORGANIZER, first, Identity(H1))
    assert await belongs(hub) == second
    await hub.control.let_in_again(ORGANIZER, first, Identity(H1))
    assert await belongs(hub) == first
    await hub.drop(first, 3)
    assert await belongs(hub) == second


async def test_an_operator_of_both_brings_a_room_over_by_name_and_both_are_told(hub: Hub) -> None:
    first = await hub.live_now()
    await hub.joins(first, H1)
    await hub.control.give_floor(ORGANIZER, first, Identity(H1))
    second = await hub.in_lobby(starts_at=hub.clock.now() + 3 * HOUR)
    with hub.db.bus.subscribe(PresenceChanged) as news:
        await hub.control.bring_over(ORGANIZER, second, EndpointId(3))
        told = news.drain()
        assert {event.session_id for event in told if isinstance(event, PresenceChanged)} >= {first, second}
    assert await belongs(hub) == second
    assert await belongs(hub, 5) == first, "nobody else was moved"
    await hub.tell(first, EventKind.LEFT, H1, f"PA_{H1}")
    row = await row_of(hub, first)
    assert row.elsewhere is not None
    assert (row.state, row.on_stage, row.elsewhere.moved_by) == ("elsewhere", False, ORGANIZER.name)
    assert (await row_of(hub, second)).moved_by == ORGANIZER.name
    async with hub.db.reading() as tx:
        moves = select(AuditRow.subject_id).where(AuditRow.action == "sessions:room:move")
        assert set(await tx.scalars(moves)) == {str(first), str(second)}


async def waiting_for_locks(db: Database) -> int:
    """How many statements of this PostgreSQL wait for another transaction."""
    async with db.reading() as tx:
        waiting = (
            select(func.count()).select_from(text("pg_stat_activity")).where(text("wait_event_type = 'Lock'"))
        )
        return await tx.scalar(waiting) or 0


@pytest.mark.parametrize("step", ["bring over", "end"])
async def test_two_operators_in_opposite_directions_both_come_through(hub: Hub, step: str) -> None:
    """Each transaction writes in both sessions. On PostgreSQL both wait for their first lock, and get it at
    the same moment."""
    first, second = await hub.live_now(), await hub.live_now()
    await hub.control.bring_over(ORGANIZER, second, EndpointId(3))
    await hub.control.bring_over(ORGANIZER, first, EndpointId(5))
    async with hub.db.transaction() as tx:
        await tx.execute(select(MeetingSession.id).with_for_update())
        if step == "end":
            moves = [hub.sessions.end(ORGANIZER, each) for each in (first, second)]
        else:
            moves = [
                hub.control.bring_over(ORGANIZER, into, EndpointId(room))
                for into, room in ((first, 3), (second, 5))
            ]
        tasks = [asyncio.create_task(each) for each in moves]
        async with asyncio.timeout(20):
            # Another program's state: nothing tells when it changes.
            while not hub.db.is_sqlite and await waiting_for_locks(hub.db) < 2:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
    await asyncio.gather(*tasks)
    assert await belongs(hub, 3) == (first if step == "bring over" else None)
    assert await belongs(hub, 5) == (second if step == "bring over" else None)


async def test_a_room_brought_over_returns_when_that_session_ends(hub: Hub) -> None:
    first = await hub.live_now()
    second = await hub.live_now()
    await hub.control.bring_over(ORGANIZER, second, EndpointId(3))
    assert await belongs(hub) == second
    await hub.sessions.end(ORGANIZER, second)
    assert await belongs(hub) == first


async def test_bringing_over_needs_the_right_over_both_sessions(hub: Hub) -> None:
    district = Participants(include_units=(UnitId(2),))
    first = await hub.live_now()
    own = (
        await hub.sessions.create(
            DISTRICT_ORGANIZER,
            hub.form(unit_id=UnitId(2), participants=district, chair_endpoint_id=EndpointId(3)),
        )
    ).session.id
    await hub.sessions.schedule(DISTRICT_ORGANIZER, own)
    await hub.sessions.open_lobby(DISTRICT_ORGANIZER, own)
    with pytest.raises(Forbidden):
        await hub.control.bring_over(DISTRICT_ORGANIZER, own, EndpointId(3))
    with pytest.raises(Forbidden):
        await hub.control.bring_over(VIEWER, own, EndpointId(3))
    with pytest.raises(NotInSession):
        await hub.control.bring_over(ORGANIZER, own, EndpointId(4))
    assert await belongs(hub) == first


async def test_the_title_of_another_branchs_session_is_not_told(hub: Hub) -> None:
    mixed = Participants(include_endpoints=(EndpointId(3), EndpointId(4)))
    await hub.live_now(participants=Participants(include_endpoints=(EndpointId(4),)))
    own = await hub.in_lobby(participants=mixed, unit_id=UnitId(2))
    rows = {row.code: row for row in (await hub.live.snapshot(DISTRICT_ORGANIZER, own)).rows}
    other = rows["H2"].elsewhere
    assert other is not None
    assert (other.session_id, other.title, other.may_move) == (None, None, False)
    assert rows["H2"].state == "elsewhere"
    seen = {row.code: row for row in (await hub.live.snapshot(OTHER_ORGANIZER, own)).rows}["H2"].elsewhere
    assert seen is not None
    assert seen.title == "Học tập nghị quyết", "who sees one of its rooms may see the session"


async def test_a_restarted_hub_sends_rooms_to_the_same_sessions(hub: Hub, database: Database) -> None:
    """What decides is stored: nothing is remembered in the process."""
    first = await hub.live_now()
    second = await hub.in_lobby(starts_at=hub.clock.now() + 3 * HOUR)
    await hub.control.bring_over(ORGANIZER, second, EndpointId(3))
    anew = type(hub.join)(database, hub.clock, hub.engine)
    assert (await anew.standings([EndpointId(3)]))[EndpointId(3)].call == (await hub.call_of(3))
    assert await belongs(hub) == second
    assert await belongs(hub, 5) == first
