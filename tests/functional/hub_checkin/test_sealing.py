"""Attendance that stands: closed, verified to the byte, reopened, corrected, rebuilt."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import String, delete, select, text, update
from sqlalchemy.exc import SQLAlchemyError

from confhub.attendance.models import AttendanceEvent, Observation, PresenceMark
from confhub.audit.models import AuditRow
from confhub.checkin import chain, deriving, reader
from confhub.checkin.corrections import CorrectionService
from confhub.checkin.errors import (
    HeadReopened,
    HeadUnknown,
    NotEnded,
    NotSealed,
    PersonNotInSession,
    SealedAlready,
    StretchInvalid,
)
from confhub.checkin.models import (
    AttendanceSeal,
    CheckinPolicy,
    CheckinUndo,
    Correction,
    HeadCount,
    PersonEvent,
    PresencePrompt,
    SessionBreak,
    UndoneEvent,
    UndoneHeads,
)
from confhub.checkin.sealing import SealService
from confhub.cli.attendance import verified_lines
from confhub.cli.words import Words
from confhub.db.base import UtcDateTime
from confhub.kernel.errors import DomainError, Forbidden
from confhub.kernel.ids import AttendeeId, EndpointId
from confhub.rosters.models import AbsenceNotice, SessionAttendee
from confhub.sessions.errors import AttendanceSealed
from confhub.sessions.models import MeetingSession, SessionEndpoint
from tests.plugins.checkin import DISTRICT, PROVINCE, ROOM, SESSION, Hall, people_of


async def test_what_follows_from_the_events_is_what_is_sealed(over: Hall, seals: SealService) -> None:
    head = await seals.close(PROVINCE, SESSION)
    people = await people_of(over)
    minutes = {number: people[number].millis / 60_000 for number in (1, 2, 3, 4)}
    assert minutes[1] == pytest.approx(50 - 10 / 60)
    assert minutes[2] == pytest.approx(45 - 10 / 60)
    assert minutes[3] == pytest.approx(20 - 10 / 60)
    assert minutes[4] == 0
    assert people[4].status == "absent_with_leave"
    verified = await seals.verify(SESSION, head.upper())
    assert verified.holds
    assert verified.head == head
    assert verified.rows >= len(chain.parts(1))


ROWS: list[tuple[type[Any], dict[str, Any], str]] = [
    (PersonEvent, {"at": "+1"}, "person_events"),
    (PersonEvent, {"received_at": "+1"}, "person_events"),
    (PersonEvent, {"kind": "out"}, "person_events"),
    (PersonEvent, {"way": "tablex"}, "person_events"),
    (PersonEvent, {"by": "tablet:9"}, "person_events"),
    (PersonEvent, {"key": "1.5:other"}, "person_events"),
    (PersonEvent, {"attendee_id": 5}, "person_events"),
    (PersonEvent, {"endpoint_id": 6}, "person_events"),
    (Correction, {"reason": "Ra ngoàị"}, "corrections"),
    (Correction, {"author_name": "Ai đó"}, "corrections"),
    (Correction, {"author_id": 2}, "corrections"),
    (Correction, {"at": "+1"}, "corrections"),
    (Correction, {"action": "add"}, "corrections"),
    (Correction, {"attendee_id": 1}, "corrections"),
    (Correction, {"value": {"endpoint_id": 5, "from": "x", "to": "y"}}, "corrections"),
    (Correction, {"old": {"spans": [], "millis": 1}}, "corrections"),
    (HeadCount, {"people": 4}, "head_counts"),
    (HeadCount, {"at": "+1"}, "head_counts"),
    (AttendanceEvent, {"at": "+1"}, "room_events"),
    (AttendanceEvent, {"kind": "lost"}, "room_events"),
    (PresenceMark, {"at": "+1"}, "room_marks"),
    (Observation, {"at": "+1"}, "observations"),
    (SessionBreak, {"ends_at": "+1"}, "breaks"),
    (SessionBreak, {"by": "Ai đó"}, "breaks"),
    (PresencePrompt, {"closes_at": "+1"}, "prompts"),
    (SessionAttendee, {"origin": "guest"}, "list"),
    (SessionAttendee, {"removed_at": "now"}, "list"),
    (AbsenceNotice, {"attendee_id": 5}, "absences"),
    (AbsenceNotice, {"state": "declined"}, "absences"),
    (CheckinPolicy, {"complete_percent": 81}, "policy"),
    (MeetingSession, {"actual_end": "+1"}, "session"),
    (SessionEndpoint, {"unit_id": 2}, "rooms"),
    (AttendanceSeal, {"merges": [[1, 2]]}, "merges"),
]


@pytest.mark.parametrize(("model", "change", "part"), ROWS)
async def test_one_changed_value_is_found_and_its_part_named(
    over: Hall, seals: SealService, model: type[Any], change: dict[str, Any], part: str
) -> None:
    await seals.close(PROVINCE, SESSION)
    async with over.house.database.transaction() as tx:
        of_session = model.id if model is MeetingSession else model.session_id
        keys = list(model.__table__.primary_key.columns)
        row = (await tx.execute(select(model).where(of_session == 1).order_by(*keys).limit(1))).scalar_one()
        ((name, value),) = change.items()
        if value == "+1":
            value = getattr(row, name) + timedelta(microseconds=1)
        elif value == "now":
            value = over.house.clock.now()
        assert getattr(row, name) != value
        where = [getattr(model, key.name) == getattr(row, key.name) for key in keys]
        await tx.execute(update(model).where(*where).values({name: value}))
    verified = await seals.verify(SESSION)
    assert not verified.holds
    assert [sealed.name for sealed, _ in verified.changed] == [part]


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("statement", "part"),
    [
        ("UPDATE person_event SET at = 'x' || substr(at, 2) WHERE id = 1", "person_events"),
        ("UPDATE person_event SET kind = 'io' WHERE id = 1", "person_events"),
        ("UPDATE attendance_correction SET value = 'x' || substr(value, 2)", "corrections"),
        ("UPDATE attendance_event SET source = 'relax' WHERE id = 1", "room_events"),
    ],
)
async def test_bytes_that_mean_nothing_any_more_are_found_as_well(
    over: Hall, seals: SealService, statement: str, part: str
) -> None:
    await seals.close(PROVINCE, SESSION)
    try:
        async with over.house.database.transaction() as tx:
            await tx.execute(text(statement))
    except SQLAlchemyError:
        assert not over.house.database.is_sqlite  # PostgreSQL itself refuses what its column cannot be
        return
    verified = await seals.verify(SESSION)
    assert part in [sealed.name for sealed, _ in verified.changed]
    assert not verified.figures_hold


@pytest.mark.parametrize("what", ["gone", "more"])
async def test_a_row_that_goes_or_comes_is_found(over: Hall, seals: SealService, what: str) -> None:
    await seals.close(PROVINCE, SESSION)
    async with over.house.database.transaction() as tx:
        row = (await tx.scalars(select(PersonEvent).order_by(PersonEvent.id).limit(1))).one()
        if what == "gone":
            await tx.delete(row)
        else:
            tx.add(
                PersonEvent(
                    session_id=1, endpoint_id=ROOM, attendee_id=5, kind="in", way="tablet", at=row.at,
                    received_at=row.received_at, by=row.by, key="1.5:slipped in",
                )
            )  # fmt: skip
    ((sealed, there),) = (await seals.verify(SESSION)).changed
    assert (sealed.name, there.rows - sealed.rows) == ("person_events", 1 if what == "more" else -1)


@pytest.mark.both_databases
async def test_an_undoing_that_was_slipped_in_is_found(over: Hall, seals: SealService) -> None:
    await seals.close(PROVINCE, SESSION)
    async with over.house.database.transaction() as tx:
        undo = CheckinUndo(
            session_id=1, source="tablet:1", endpoint_id=ROOM, events=1, heads=1, people=1, reason="x",
            author_id=1, author_name="Ai đó", at=over.house.at(3700),
        )  # fmt: skip
        tx.add(undo)
        await tx.flush()
        event, head = await tx.scalar(select(PersonEvent.id)), await tx.scalar(select(HeadCount.id))
        tx.add(UndoneEvent(event_id=event, session_id=1, undo_id=undo.id))
        tx.add(UndoneHeads(head_id=head, session_id=1, undo_id=undo.id))
    changed = (await seals.verify(SESSION)).changed
    assert {sealed.name for sealed, _ in changed} == EMPTY


@pytest.mark.both_databases
async def test_a_seal_made_to_fit_is_found_by_the_head_on_paper(over: Hall, seals: SealService) -> None:
    head = await seals.close(PROVINCE, SESSION)
    async with over.house.database.transaction() as tx:
        await tx.execute(update(HeadCount).values(people=99))
        forged = await chain.segments(tx, 1)
        segments = [list(one) for one in forged]
        await tx.execute(update(AttendanceSeal).values(segments=segments))
    assert not (await seals.verify(SESSION)).seal_holds
    async with over.house.database.transaction() as tx:
        await deriving.derive(tx, SESSION, over.house.clock.now())
        await tx.execute(update(AttendanceSeal).values(head=chain.head(1, "", forged)))
    assert (await seals.verify(SESSION)).holds  # a forger with the database can do that much
    assert not (await seals.verify(SESSION, head)).holds


async def test_nothing_comes_in_after_closing(over: Hall, seals: SealService) -> None:
    head = await seals.close(PROVINCE, SESSION)
    with pytest.raises(SealedAlready):
        await seals.close(PROVINCE, SESSION)
    async with over.phone() as client:
        at = over.house.at(20).isoformat()
        body = {
            "sent_at": over.house.clock.now().isoformat(),
            "events": [{"key": "late", "kind": "in", "at": at, "way": "tablet", "attendee": 5}],
            "head_counts": [{"key": "heads2", "people": 9, "at": at}],
        }
        status, answer = await over.tell(client, body)
    assert status == 200
    assert {(one["result"], one["code"]) for one in answer["results"]} == {("refused", "attendance_sealed")}
    corrections = CorrectionService(over.house.database, over.house.clock)
    with pytest.raises(AttendanceSealed):
        await corrections.add(
            PROVINCE, SESSION, AttendeeId(1), "add", EndpointId(ROOM), over.house.at(0), over.house.at(9), "x"
        )
    assert (await seals.verify(SESSION, head)).holds


async def test_reopening_is_seen_and_the_next_seal_stands_on_the_first(
    over: Hall, seals: SealService
) -> None:
    with pytest.raises(NotSealed):
        await seals.reopen(PROVINCE, SESSION, "Sót người")
    first = await seals.close(PROVINCE, SESSION)
    with pytest.raises(DomainError):
        await seals.reopen(PROVINCE, SESSION, " ")
    await seals.reopen(PROVINCE, SESSION, "Sót người")
    with pytest.raises(NotSealed):
        await seals.verify(SESSION)
    async with over.house.database.reading() as tx:
        found = await reader.session_people(tx, SESSION, over.house.clock.now())
        actions = list(await tx.scalars(select(AuditRow.action).order_by(AuditRow.id)))
    assert found is not None
    assert found.seal is not None
    assert (found.seal.stands, found.seal.head, found.seal.reopen_reason) == (False, first, "Sót người")
    assert actions[-2:] == ["checkin:attendance:seal", "checkin:attendance:reopen"]
    second = await seals.close(PROVINCE, SESSION)
    assert second != first
    assert (await seals.verify(SESSION, second)).holds


async def test_a_former_head_is_known_with_who_opened_it_again_when_and_why(
    over: Hall, seals: SealService
) -> None:
    first = await seals.close(PROVINCE, SESSION)
    await seals.reopen(PROVINCE, SESSION, "Sót người")
    with pytest.raises(HeadReopened) as opened:
        await seals.verify(SESSION, first.upper())
    assert opened.value.params["by"] == "Cán bộ"
    assert opened.value.params["reason"] == "Sót người"
    with pytest.raises(HeadUnknown):
        await seals.verify(SESSION, "0" * 64)
    second = await seals.close(PROVINCE, SESSION)
    found = await seals.verify(SESSION, first)
    assert (found.holds, found.stored_hold, found.head) == (False, True, second)
    assert found.former is not None
    assert (found.former.reopened_by, found.former.reason) == ("Cán bộ", "Sót người")
    lines = verified_lines(found, Words("en"))
    assert "It was opened again by Cán bộ at 02/03/2026 " in "\n".join(lines)
    assert "because: Sót người" in "\n".join(lines)
    assert second in lines[-2]
    assert lines[-1].startswith("Nothing was changed")
    unknown = await seals.verify(SESSION, "0" * 64)
    assert (unknown.former, unknown.holds) == (None, False)
    assert "ALTERED" in "\n".join(verified_lines(unknown, Words("en")))


@pytest.mark.both_databases
@pytest.mark.parametrize("change", [{"reopen_reason": "Khác"}, {"reopened_by": "Ai đó"}, {"head": "0" * 64}])
async def test_a_changed_trace_of_reopening_is_found(
    over: Hall, seals: SealService, change: dict[str, str]
) -> None:
    await seals.close(PROVINCE, SESSION)
    await seals.reopen(PROVINCE, SESSION, "Sót người")
    await seals.close(PROVINCE, SESSION)
    async with over.house.database.transaction() as tx:
        former = update(AttendanceSeal).where(AttendanceSeal.reopened_at.is_not(None))
        await tx.execute(former.values(change))
    assert [sealed.name for sealed, _ in (await seals.verify(SESSION)).changed] == ["closings"]


@pytest.mark.both_databases
async def test_a_seal_that_was_begun_is_finished_later(over: Hall, seals: SealService) -> None:
    head = await seals.close(PROVINCE, SESSION)
    async with over.house.database.transaction() as tx:
        await tx.execute(update(AttendanceSeal).values(head="", segments=[]))
    assert await seals.finish_due() == 1
    assert (await seals.verify(SESSION, head)).holds
    assert await seals.finish_due() == 0


async def test_only_the_branch_s_officer_closes_and_corrects(over: Hall, seals: SealService) -> None:
    for attempt in (seals.close(DISTRICT, SESSION), seals.reopen(DISTRICT, SESSION, "Không")):
        with pytest.raises(Forbidden):
            await attempt
    corrections = CorrectionService(over.house.database, over.house.clock)
    with pytest.raises(Forbidden):
        await corrections.add(
            DISTRICT, SESSION, AttendeeId(1), "add", EndpointId(ROOM), over.house.at(0), over.house.at(9), "x"
        )
    with pytest.raises(Forbidden):
        await corrections.list(DISTRICT, SESSION, AttendeeId(1))


async def test_a_live_session_cannot_be_closed(hall: Hall) -> None:
    with pytest.raises(NotEnded):
        await SealService(hall.house.database, hall.house.clock).close(PROVINCE, SESSION)


@pytest.mark.both_databases
async def test_a_correction_keeps_what_was_before(over: Hall) -> None:
    corrections = CorrectionService(over.house.database, over.house.clock)
    (one,) = await corrections.list(PROVINCE, SESSION, AttendeeId(2))
    assert (one.action, one.author, one.reason) == ("remove", "Cán bộ", "Ra ngoài")
    assert one.old_millis == ((50 * 60 - 10) * 1000)
    assert one.old_spans[0] == (over.house.at(10), over.house.at(600))
    house = over.house
    for start, end in ((-1, 20), (30, 20), (3000, 3601)):
        with pytest.raises(StretchInvalid):
            await corrections.add(
                PROVINCE, SESSION, AttendeeId(1), "add", EndpointId(ROOM), house.at(start), house.at(end), "x"
            )
    with pytest.raises(PersonNotInSession):
        await corrections.add(
            PROVINCE, SESSION, AttendeeId(7), "add", EndpointId(ROOM), house.at(0), house.at(20), "x"
        )


@pytest.mark.both_databases
async def test_closing_while_check_ins_arrive_seals_all_that_was_acknowledged(
    over: Hall, seals: SealService
) -> None:
    async with over.phone() as client:

        async def send(number: int) -> str:
            event = {
                "key": f"race{number}", "kind": "confirm", "at": over.house.at(30 + number).isoformat(),
                "way": "tablet", "attendee": 1,
            }  # fmt: skip
            body = {"sent_at": over.house.clock.now().isoformat(), "events": [event], "head_counts": []}
            return str((await over.tell(client, body))[1]["results"][0]["result"])

        head, *told = await asyncio.gather(seals.close(PROVINCE, SESSION), *map(send, range(40)))
    verified = await seals.verify(SESSION, head)
    assert verified.holds
    async with over.house.database.reading() as tx:
        stored = list(await tx.scalars(select(PersonEvent.key).where(PersonEvent.key.like("%race%"))))
    assert len(stored) == told.count("stored")


def another(column: Any, value: Any, over: Hall) -> Any:
    """Another value that the column can have."""
    name = column.name
    known = {"endpoint_id": 6, "attendee_id": 7, "unit_id": 2, "decided_at": over.house.at(7)}
    if name in known and known[name] != value:
        return known[name]
    match value:
        case bool():
            return not value
        case int():
            return value + 1 if name != "id" else value + 1000
        case str():
            return value[:-1] + ("x" if not value.endswith("x") else "y")
        case list():
            return [*value, [1, 2]]
        case dict():
            return {**value, "more": 1}
        case None:
            if isinstance(column.type, UtcDateTime):
                return over.house.at(3)
            return "3" if isinstance(column.type, String) else 3
        case _:
            return value + timedelta(microseconds=1)


EMPTY = {"undos", "undone_events", "undone_heads"}
"""Nothing was taken back in this session; that it was would be found by the rows that come."""

ELSEWHERE: dict[str, set[tuple[str, str]]] = {
    # all rooms of the little province take part: there is no other one
    "rooms": {("session_endpoint", "endpoint_id")},
    "room_names": {("frozen_room", "session_id"), ("frozen_room", "endpoint_id")},
    "units": {("frozen_unit", "session_id"), ("frozen_unit", "unit_id")},
    # who is on the list is the list's part; a mark alone says nothing of one who was not erased
    "people": {("session_attendee", "attendee_id"), ("attendee", "erased_at"), ("frozen_person", "mark")},
    # there is none before the first
    "closings": {
        ("attendance_seal", name)
        for name in ("head", "sealed_at", "sealed_by", "reopened_at", "reopened_by", "reopen_reason")
    },
}
"""Columns that no single row of the test can change alone, by part; other tests change them."""


@pytest.mark.both_databases
async def test_every_sealed_column_of_every_part_is_watched(over: Hall, seals: SealService) -> None:
    head = await seals.close(PROVINCE, SESSION)
    tried = 0
    for part, query in chain.parts(1).items():
        for column in query.selected_columns if part not in EMPTY else ():
            table = column.table
            if (table.name, column.name) in ELSEWHERE.get(part, ()):
                continue
            keys = list(table.primary_key.columns)
            of_session = table.c.id if table.name in ("session", "frozen_person") else table.c.session_id
            async with over.house.database.transaction() as tx:
                first = select(table).where(of_session == 1).order_by(*keys).limit(1)
                row = dict((await tx.execute(first)).mappings().one())
                changed = {**row, column.name: another(column, row[column.name], over)}
                at = [key == row[key.name] for key in keys]
                await tx.execute(update(table).where(*at).values({column.name: changed[column.name]}))
            verified = await seals.verify(SESSION, head)
            both = (part, column.name) == ("list", "attendee_id")  # another person has another name, too
            found = [part, "people"] if both else [part]
            assert [one.name for one, _ in verified.changed] == found, column
            assert {one.part for one in verified.places} == set(found), column
            async with over.house.database.transaction() as tx:
                at = [key == changed[key.name] for key in keys]
                await tx.execute(update(table).where(*at).values({column.name: row[column.name]}))
            tried += 1
    assert tried >= 60
    assert (await seals.verify(SESSION, head)).holds


@pytest.mark.both_databases
async def test_the_changed_row_is_named(over: Hall, seals: SealService) -> None:
    await seals.close(PROVINCE, SESSION)
    async with over.house.database.transaction() as tx:
        ids = list(await tx.scalars(select(PersonEvent.id).order_by(PersonEvent.id)))
        await tx.execute(update(PersonEvent).where(PersonEvent.id == ids[1]).values(way="badge"))
        await tx.execute(update(HeadCount).values(people=99))
    verified = await seals.verify(SESSION)
    assert verified.places == (
        chain.Place("person_events", 2, f"id {ids[1]}", "changed"),
        chain.Place("head_counts", 1, "id 1", "changed"),
    )
    told = verified_lines(verified, Words("vi"))
    assert f"  Dòng 2 (id {ids[1]}) đã bị sửa" in told
    async with over.house.database.transaction() as tx:
        await tx.execute(delete(PersonEvent).where(PersonEvent.id == ids[1]))
    assert (await seals.verify(SESSION)).places[0] == chain.Place("person_events", 2, "", "gone")
    if over.house.database.is_sqlite:
        async with over.house.database.transaction() as tx:
            await tx.execute(text("UPDATE person_event SET at = 'x' WHERE id = :id"), {"id": ids[2]})
        assert (await seals.verify(SESSION)).places[0] == chain.Place("person_events", 2, "", "unreadable")


@pytest.mark.both_databases
async def test_marks_changed_in_the_seal_are_found(over: Hall, seals: SealService) -> None:
    await seals.close(PROVINCE, SESSION)
    async with over.house.database.transaction() as tx:
        kept = (await tx.scalars(select(AttendanceSeal.segments))).one()
        kept[-1][3] = "AAAAAAAA"
        await tx.execute(update(AttendanceSeal).values(segments=kept))
    assert not (await seals.verify(SESSION)).seal_holds
