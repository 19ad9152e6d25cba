"""What an import of people reads from the database and writes to it, inside the service's transaction."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any, TypeVar

from sqlalchemy import bindparam, insert, select, text, update

from confhub.db.database import Tx
from confhub.org.dissolved import is_over
from confhub.org.published import UnitColumns
from confhub.people import store as people
from confhub.people.models import AttendeeRow
from confhub.people.values import PersonDraft
from confhub.registry.published import RoomColumns
from confhub.rosters import reading, store
from confhub.rosters.import_rows import Tell
from confhub.rosters.limits import ROWS_AT_ONCE
from confhub.rosters.models import RosterEntry, SessionAttendee
from confhub.rosters.planning import Planned
from confhub.rosters.register import FIELDS, Known, Place, Places, Present
from confhub.rosters.values import Scope

_T = TypeVar("_T")
_READ_AT_ONCE = 5_000


async def units(tx: Tx, today: date) -> Places:
    """Every unit, dissolved ones too: people of those stay where they were."""
    rows = await tx.execute(
        select(UnitColumns.id, UnitColumns.code, UnitColumns.name, UnitColumns.path, UnitColumns.valid_to)
    )
    return Places([Place(*row[:4], _ended(row[4], today)) for row in rows])


def _ended(last_day: date | None, today: date) -> date | None:
    return last_day if is_over(last_day, today) else None


async def load(tx: Tx, units: Places, scope: Scope | None, today: date) -> Present:
    """Everything there is, as plain values (never ORM rows: there may be 100,000). `scope`: whose list is
    filled."""
    rooms = list(
        await tx.execute(
            select(
                RoomColumns.id,
                RoomColumns.code,
                RoomColumns.name,
                UnitColumns.path,
                UnitColumns.valid_to,
                RoomColumns.retired_at,
                RoomColumns.unit_id,
            ).join(*UnitColumns.of(RoomColumns.unit_id))
        )
    )
    places = [Place(*row[:4], _ended(row[4], today)) for row in rooms if row[5] is None]
    present = Present(units, Places(places))
    present.room_units = {row[0]: row[6] for row in rooms}
    present.room_paths = {row[0]: (row[2], row[3]) for row in rooms}
    a = AttendeeRow
    columns = [getattr(a, name) for name in FIELDS]
    result = await tx.stream(select(a.id, a.retired_at, *columns).where(a.erased_at.is_(None)).order_by(a.id))
    async for piece in result.partitions(_READ_AT_ONCE):
        present.people += await asyncio.to_thread(_known, piece, units)
    merged = store.merged()
    present.merged = {row[0]: row[1] for row in await tx.execute(select(merged.c.id, merged.c.kept))}
    if scope is not None:
        await _lists(tx, present, scope)
    return present


def _known(rows: Sequence[Any], units: Places) -> list[Known]:
    found = []
    for number, retired_at, *values in rows:
        fields = dict(zip(FIELDS, values, strict=True))
        path = units.by_id[fields["unit_id"]].path
        found.append(Known(number, fields, dict(fields), path, retired_at is not None))
    return found


async def _lists(tx: Tx, present: Present, scope: Scope) -> None:
    if scope.session_id is not None:
        present.rooms_allowed = frozenset(await tx.scalars(reading.session_rooms(scope.session_id)))
    if scope.session_id is not None and await store.is_frozen(tx, scope.session_id):
        a = SessionAttendee
        query = select(a.attendee_id, a.endpoint_id).where(
            a.session_id == scope.session_id, a.removed_at.is_(None)
        )
    else:
        r = RosterEntry
        query = select(r.attendee_id, r.endpoint_id).where(reading.entries(scope), ~r.excluded)
    result = await tx.stream(query)
    async for piece in result.partitions(_READ_AT_ONCE):
        present.listed.update((row[0], row[1]) for row in piece)


async def write(tx: Tx, planned: Planned, scope: Scope | None, now: datetime, tell: Tell) -> None:
    """Do everything that was planned; texts are prepared in a thread."""
    total = len(planned.added) + len(planned.changed) + len(planned.placed)
    done = 0
    connection = await tx.connection()
    table = AttendeeRow.__table__
    for new in _parts(planned.added):
        tell("writing", done, total)
        values = await asyncio.to_thread(_columns_of, new, now)
        await connection.execute(insert(table), values)  # type: ignore[arg-type]
        await _take_numbers(tx, dict(zip((row["badge"] for row in values), new, strict=True)))
        done += len(new)
    for changed in _parts(planned.changed):
        tell("writing", done, total)
        rows = await asyncio.to_thread(_changes_of, changed, now)
        names = [name for name in rows[0] if name != "of_person"]
        await connection.execute(
            update(table)  # type: ignore[arg-type]
            .where(table.c.id == bindparam("of_person"))
            .values({name: bindparam(name) for name in names}),
            rows,
        )
        done += len(changed)
    assert scope is not None or not planned.placed, "nobody is placed without a list"
    for placed in _parts(planned.placed):
        tell("writing", done, total)
        if scope is not None:
            await _place(tx, placed, scope, now)
        done += len(placed)
    if total > ROWS_AT_ONCE and tx.get_bind().dialect.name == "postgresql":
        # Until its own statistics are made anew, PostgreSQL plans as if the tables were empty.
        await tx.execute(text("ANALYZE attendee, roster_entry"))
    tell("writing", done, total)


async def _take_numbers(tx: Tx, by_badge: dict[str, Known]) -> None:
    """The numbers that the database gave, by the badges, which are unique: SQLite tells numbers of many rows
    in their order one by one only."""
    a = AttendeeRow
    for start in range(0, len(by_badge), _READ_AT_ONCE):
        part = list(by_badge)[start : start + _READ_AT_ONCE]
        for number, badge in await tx.execute(select(a.id, a.badge).where(a.badge.in_(part))):
            by_badge[badge].id = number


async def _place(tx: Tx, placed: Sequence[tuple[Known, int]], scope: Scope, now: datetime) -> None:
    if scope.session_id is not None and await store.is_frozen(tx, scope.session_id):
        places = [(_id(person), room, person.now["unit_id"]) for person, room in placed]
        await store.place_in_session(tx, scope.session_id, places, now)
        return
    pairs = [(_id(person), room) for person, room in placed]
    await store.fill(tx, pairs, now, session_id=scope.session_id, course_id=scope.course_id)


def _id(person: Known) -> int:
    assert person.id is not None, "whoever is placed has been written"
    return person.id


def _columns_of(added: Sequence[Known], now: datetime) -> list[dict[str, Any]]:
    return [people.values_of(PersonDraft(**person.now), now) for person in added]


def _changes_of(changed: Sequence[Known], now: datetime) -> list[dict[str, Any]]:
    """A row for each, with all columns that an import may change; badges stay, and whoever was out of use
    comes back."""
    rows = []
    for person in changed:
        values = people.values_of(PersonDraft(**person.now), now)
        del values["badge"], values["created_at"]
        rows.append({"of_person": person.id, "retired_at": None, **values})
    return rows


def _parts(items: Sequence[_T]) -> Iterator[Sequence[_T]]:
    return (items[start : start + ROWS_AT_ONCE] for start in range(0, len(items), ROWS_AT_ONCE))
