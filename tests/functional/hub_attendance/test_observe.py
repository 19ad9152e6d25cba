"""Webhooks, room logs and reconciliation against a real database, on SQLite and PostgreSQL."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import event as sql_event
from sqlalchemy import func, select

from confhub.attendance.errors import RoomClockUnmeasured
from confhub.attendance.models import AttendanceEvent, PresenceMark
from confhub.attendance.reader import SessionAttendance, session_attendance
from confhub.attendance.rules import Span
from confhub.attendance.service import AttendanceService, LogEntry
from confhub.attendance.values import Kind, Source
from confhub.engine.types import EventKind
from confhub.kernel.ids import EndpointId, MediaRoom, SessionId
from confhub.kernel.roundtrip import RoundTrip
from confhub.sessions.models import SessionEndpoint
from tests.plugins.attendance import House, add_session, participant, principal, webhook

pytestmark = pytest.mark.both_databases


@pytest.fixture
def attendance(house: House) -> AttendanceService:
    return AttendanceService(house.database, house.clock)


async def figures(house: House) -> SessionAttendance:
    async with house.database.reading() as tx:
        found = await session_attendance(tx, house.session, house.clock.now())
    assert found is not None
    return found


async def spans(house: House, endpoint_id: int) -> tuple[Span, ...]:
    return (await figures(house)).rooms[EndpointId(endpoint_id)].spans


async def count(house: House, table: type) -> int:
    async with house.database.reading() as tx:
        return (await tx.scalar(select(func.count()).select_from(table))) or 0


async def test_a_join_and_a_leave_become_an_interval(house: House, attendance: AttendanceService) -> None:
    house.move_to(10)
    assert await attendance.observe(webhook(EventKind.JOINED, 2, house.at(10), "PA_1"))
    house.move_to(130)
    left = webhook(EventKind.LEFT, 2, house.at(125), "PA_1", last_seen=house.at(110))
    assert await attendance.observe(left)
    await house.end(200)
    assert await spans(house, 2) == (Span(house.at(10), house.at(110)),)


async def test_nothing_happened_after_the_hub_learned_of_it(
    house: House, attendance: AttendanceService
) -> None:
    """The clock of a cluster is ahead, and nobody could measure it."""
    house.move_to(10)
    assert await attendance.observe(webhook(EventKind.JOINED, 2, house.at(100), "PA_1"))
    house.move_to(110)
    assert await attendance.observe(webhook(EventKind.LEFT, 2, house.at(200), "PA_1"))
    await attendance.reconcile(house.session, [participant(3, "PA_3", house.at(200), None)])
    await house.end(120)
    assert await spans(house, 2) == (Span(house.at(10), house.at(110)),)
    assert await spans(house, 3) == (Span(house.at(110), house.at(120)),)


async def test_the_same_webhook_again_changes_nothing(house: House, attendance: AttendanceService) -> None:
    event = webhook(EventKind.JOINED, 2, house.at(10), "PA_1")
    assert await attendance.observe(event)
    assert not await attendance.observe(event)
    assert await count(house, AttendanceEvent) == 1


async def test_live_presence_follows_in_the_same_transaction(
    house: House, attendance: AttendanceService
) -> None:
    await attendance.observe(webhook(EventKind.JOINED, 2, house.at(10), "PA_1"))
    async with house.database.reading() as tx:
        row = await tx.get_one(SessionEndpoint, (1, 2))
    assert (row.state, row.connection) == ("joined", "PA_1")


async def test_an_unknown_media_room_is_ignored(house: House, attendance: AttendanceService) -> None:
    event = webhook(EventKind.JOINED, 2, house.at(10), "PA_1", media_room=MediaRoom("elsewhere"))
    assert not await attendance.observe(event)
    assert await count(house, AttendanceEvent) == 0


async def test_a_person_or_a_stranger_leaves_no_attendance(
    house: House, attendance: AttendanceService
) -> None:
    event = webhook(EventKind.JOINED, 2, house.at(10), "PA_1")
    await attendance.observe(replace(event, identity="user:7-abcdef"))  # type: ignore[arg-type]
    await attendance.observe(replace(event, identity=None, id="EV_2"))
    assert await count(house, AttendanceEvent) == 0


async def test_joins_that_come_together_are_one_commit_and_all_are_acknowledged(
    house: House, attendance: AttendanceService
) -> None:
    commits = 0

    def committed(_connection: object) -> None:
        nonlocal commits
        commits += 1

    sql_event.listen(house.database.engine.sync_engine, "commit", committed)
    await attendance.start()
    events = [webhook(EventKind.JOINED, i, house.at(10), f"PA_{i}") for i in range(1, 7)]
    results = await asyncio.gather(*(attendance.observe(e) for e in [*events, events[0]]))
    await attendance.close()
    assert sorted(results) == [False] + [True] * 6
    assert await count(house, AttendanceEvent) == 6
    assert commits == 1


async def test_after_close_nothing_that_was_waiting_is_lost(
    house: House, attendance: AttendanceService
) -> None:
    await attendance.start()
    waiting = asyncio.create_task(attendance.observe(webhook(EventKind.JOINED, 2, house.at(1), "PA_1")))
    await asyncio.sleep(0)  # let it be handed in
    await attendance.close()
    assert await waiting
    assert await count(house, AttendanceEvent) == 1


async def test_reconciliation_finds_a_missed_join_and_a_missed_leave(
    house: House, attendance: AttendanceService
) -> None:
    house.move_to(60)
    await attendance.reconcile(house.session, [participant(2, "PA_1", house.at(5), house.at(59))])
    house.move_to(75)
    await attendance.reconcile(house.session, [])
    await house.end(200)
    assert await spans(house, 2) == (Span(house.at(5), house.at(59)),)
    async with house.database.reading() as tx:
        events = (await tx.scalars(select(AttendanceEvent).order_by(AttendanceEvent.id))).all()
    assert [(e.source, e.kind) for e in events] == [("reconcile", "joined"), ("reconcile", "left")]
    assert events[1].received_at == house.at(75)


async def test_reconciling_again_writes_no_event_twice(house: House, attendance: AttendanceService) -> None:
    for moment in (60, 75, 90):
        house.move_to(moment)
        await attendance.reconcile(house.session, [participant(2, "PA_1", house.at(5), house.at(moment))])
    assert await count(house, AttendanceEvent) == 1
    assert await count(house, PresenceMark) == 3
    assert await spans(house, 2) == (Span(house.at(5), house.at(90)),)


async def test_one_who_joined_while_the_list_was_on_its_way_is_not_lost(
    house: House, attendance: AttendanceService
) -> None:
    house.move_to(60)
    await attendance.observe(webhook(EventKind.JOINED, 2, house.at(59), "PA_1"))
    await attendance.reconcile(house.session, [])
    assert await count(house, AttendanceEvent) == 1


async def test_a_restarted_relay_leaves_a_gap_that_the_rooms_log_narrows(
    house: House, attendance: AttendanceService
) -> None:
    for moment in (0, 15, 30):
        house.move_to(moment)
        await attendance.reconcile(house.session, [participant(2, "PA_1", house.at(-30), house.at(moment))])
    house.move_to(45)
    await attendance.reconcile(house.session, [])  # the new relay is empty
    house.move_to(50)
    await attendance.observe(webhook(EventKind.JOINED, 2, house.at(50), "PA_2"))
    house.move_to(60)
    log = [
        LogEntry(1, house.at(-30), Kind.JOINED, house.session, "own-1"),
        LogEntry(4, house.at(31), Kind.PRESENT, house.session, "own-1"),
        LogEntry(2, house.at(41), Kind.LOST, house.session, "own-1"),
        LogEntry(3, house.at(50), Kind.JOINED, house.session, "own-2"),
    ]
    await attendance.observe_room_log(principal(2), log)
    await attendance.reconcile(house.session, [participant(2, "PA_2", house.at(50), house.at(60))])
    house.move_to(100)
    await attendance.observe(webhook(EventKind.LEFT, 2, house.at(100), "PA_2", last_seen=house.at(100)))
    await house.end(100)
    assert await spans(house, 2) == (
        Span(house.at(0), house.at(41)),
        Span(house.at(50), house.at(100)),
    )


async def test_a_rooms_log_is_stored_once_however_often_it_is_sent(
    house: House, attendance: AttendanceService
) -> None:
    house.move_to(100)
    log = [
        LogEntry(1, house.at(10), Kind.JOINED, house.session, "own-1"),
        LogEntry(2, house.at(25), Kind.PRESENT, house.session, "own-1"),
        LogEntry(3, house.at(40), Kind.LEFT, house.session, "own-1"),
    ]
    first = await attendance.observe_room_log(principal(2), log)
    again = await attendance.observe_room_log(principal(2), log)
    assert (first.log_through, first.stored, first.refused) == (3, 3, 0)
    assert (again.log_through, again.doubled, again.refused) == (3, 2, 0)
    assert await count(house, AttendanceEvent) == 2
    assert await count(house, PresenceMark) == 1


async def test_what_a_room_cannot_know_is_refused_and_acknowledged(
    house: House, attendance: AttendanceService
) -> None:
    async with house.database.transaction() as tx:
        await add_session(tx, 2, "s2-other", house.live, [1, 3])
    house.move_to(100)
    log = [
        LogEntry(5, house.at(-3600), Kind.JOINED, house.session, "own-1"),  # before the lobby
        LogEntry(6, house.at(10), Kind.JOINED, SessionId(2), "own-1"),  # a session of others
        LogEntry(7, house.at(10), Kind.JOINED, SessionId(99), "own-1"),  # no session at all
        LogEntry(8, house.at(10), Kind.JOINED, house.session, "own-1"),
    ]
    receipt = await attendance.observe_room_log(principal(2), log)
    assert (receipt.log_through, receipt.stored, receipt.refused) == (8, 1, 3)
    assert await count(house, AttendanceEvent) == 1


async def test_a_rooms_wrong_clock_is_corrected(house: House, attendance: AttendanceService) -> None:
    house.move_to(100)
    wrong = timedelta(minutes=7)
    log = [LogEntry(1, house.at(40) + wrong, Kind.JOINED, house.session, "own-1")]
    trip = RoundTrip(house.at(20) + wrong, house.at(20), house.at(20), house.at(20) + wrong)
    await attendance.observe_room_log(principal(2), log, sent_at=house.at(50) + wrong, trip=trip)
    async with house.database.reading() as tx:
        assert await tx.scalar(select(AttendanceEvent.at)) == house.at(40)


async def test_a_log_long_under_way_moves_nothing(house: House, attendance: AttendanceService) -> None:
    house.move_to(100)
    log = [LogEntry(1, house.at(22), Kind.JOINED, house.session, "own-1")]
    trip = RoundTrip(house.at(20), house.at(20), house.at(20), house.at(20))
    await attendance.observe_room_log(principal(2), log, sent_at=house.at(23), trip=trip)
    async with house.database.reading() as tx:
        assert await tx.scalar(select(AttendanceEvent.at)) == house.at(22)


async def test_a_log_whose_clock_nobody_knows_is_not_acknowledged(
    house: House, attendance: AttendanceService
) -> None:
    house.move_to(100)
    log = [LogEntry(1, house.at(22), Kind.JOINED, house.session, "own-1")]
    with pytest.raises(RoomClockUnmeasured):
        await attendance.observe_room_log(principal(2), log, sent_at=house.at(23))
    assert await count(house, AttendanceEvent) == 0


async def test_an_abort_without_a_last_sign_does_not_end_an_interval_at_the_timeout(
    house: House, attendance: AttendanceService
) -> None:
    await attendance.observe(webhook(EventKind.JOINED, 2, house.at(0), "PA_1"))
    house.move_to(15)
    await attendance.reconcile(house.session, [participant(2, "PA_1", house.at(0))])
    house.move_to(40)
    await attendance.observe(webhook(EventKind.ABORTED, 2, house.at(38), "PA_1"))
    await house.end(100)
    assert await spans(house, 2) == (Span(house.at(0), house.at(15)),)


async def test_a_leave_tells_when_its_connection_began_where_the_join_was_lost(
    house: House, attendance: AttendanceService
) -> None:
    house.move_to(50)
    left = webhook(EventKind.LEFT, 2, house.at(45), "PA_1", last_seen=house.at(44))
    await attendance.observe(replace(left, joined_at=house.at(12)))
    await house.end(100)
    assert await spans(house, 2) == (Span(house.at(12), house.at(44)),)


async def test_marks_and_events_name_their_source(house: House, attendance: AttendanceService) -> None:
    house.move_to(60)
    await attendance.reconcile(house.session, [participant(2, "PA_1", house.at(5))])
    await attendance.observe_room_log(
        principal(2), [LogEntry(1, house.at(50), Kind.PRESENT, house.session, "own-1")]
    )
    async with house.database.reading() as tx:
        sources = set(await tx.scalars(select(PresenceMark.source)))
    assert sources == {Source.RECONCILE.value, Source.ROOM.value}


async def test_a_session_that_is_not_there_is_not_reconciled(
    house: House, attendance: AttendanceService
) -> None:
    await attendance.reconcile(SessionId(99), [])
    assert await count(house, PresenceMark) == 0
