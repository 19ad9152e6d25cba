"""Derived figures as rows: written, read again, and their digest, which a rebuild must give again."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import fields
from datetime import datetime
from functools import cache
from typing import Any, Final

from sqlalchemy import delete, insert, select

from confhub.attendance.rules import Span
from confhub.checkin import inputs, rules
from confhub.checkin.figures import PersonFigures, RoomPeople, SessionPeople, Status, Stretch
from confhub.checkin.models import DerivedState, PersonPresence, RoomTotals
from confhub.db.database import Tx

CHUNK: Final = 2_000
"""Rows handed to the driver at a time: preparing them holds the loop for some milliseconds."""

_ROOM_FIELDS: Final = tuple(field.name for field in fields(RoomPeople))
_ROOM_FIELDS_1: Final = _ROOM_FIELDS[: _ROOM_FIELDS.index("unconnected")]
"""What rules 1 knew of a room."""


def digest(found: SessionPeople) -> str:
    """SHA-256 over the figures in canonical form: a line of JSON per person, by number, and per room."""
    hasher = hashlib.sha256()
    live = found.live
    head = [found.rules, found.session_id, _text(live.start if live else None), found.counted_millis]
    hasher.update(_line(head))
    start = live.start if live is not None else None
    for one in found.people:
        hasher.update(
            _line(
                [
                    one.attendee_id, one.endpoint_id, one.unit_id, one.expected, one.status.value,
                    one.ways, _after(start, one.first_at), _after(start, one.last_at), one.millis,
                    one.percent, one.completed, one.prompts, one.confirmed, one.spans,
                    *_lost(found, one),
                ]
            )
        )  # fmt: skip
    names = _ROOM_FIELDS if found.rules > 1 else _ROOM_FIELDS_1
    for number in sorted(found.rooms):
        room = found.rooms[number]
        hasher.update(_line([getattr(room, name) for name in names]))
    return hasher.hexdigest()


def _lost(found: SessionPeople, one: PersonFigures) -> list[int]:
    return [one.unconnected_millis, one.prompt_millis] if found.rules > 1 else []


def _line(values: list[Any]) -> bytes:
    return json.dumps(values).encode() + b"\n"


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="microseconds") if moment is not None else None


def _after(start: datetime | None, moment: datetime | None) -> int | None:
    return rules.micros_after(start, moment) if start is not None and moment is not None else None


# -- writing -------------------------------------------------------------------------------------


async def write(tx: Tx, found: SessionPeople, summed: str, mark: str, now: datetime) -> None:
    """The session's rows instead of those that are there. `summed`: the digest; `mark`: of the inputs."""
    people, rooms = await asyncio.to_thread(rows_of, found)
    await _delete(tx, found.session_id)
    connection = await tx.connection()
    for start in range(0, len(people), CHUNK):
        await connection.execute(insert(PersonPresence.__table__), people[start : start + CHUNK])  # type: ignore[arg-type]
    if rooms:
        await connection.execute(insert(RoomTotals.__table__), rooms)  # type: ignore[arg-type]
    await _state(tx, found.session_id, summed, mark, now)


async def _delete(tx: Tx, session_id: int) -> None:
    for model in (PersonPresence, RoomTotals):
        await tx.execute(delete(model).where(model.session_id == session_id))


async def _state(tx: Tx, session_id: int, summed: str, mark: str, now: datetime) -> None:
    """Whoever calls it stale waits for the row, so that what came in while the figures were computed is seen
    here, or there."""
    d = DerivedState
    await tx.execute(select(d.session_id).where(d.session_id == session_id).with_for_update())
    stale = await inputs.mark(tx, session_id) != mark
    values = {"derived_at": now, "digest": summed, "mark": mark, "stale": stale}
    statement = tx.upsert(d).values(session_id=session_id, **values)
    await tx.execute(statement.on_conflict_do_update(index_elements=[d.session_id], set_=values))


def rows_of(found: SessionPeople) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """(people's rows, rooms' rows) as the tables take them."""
    start = _start(found)
    return (
        [_person_row(found.session_id, one) for one in found.people],
        [_room_row(found.session_id, start, room) for room in found.rooms.values()],
    )


def _start(found: SessionPeople) -> datetime:
    assert found.live is not None, "only a session that was live has derived figures"
    return found.live.start


def _person_row(session_id: int, one: PersonFigures) -> dict[str, Any]:
    return {
        "session_id": session_id,
        "attendee_id": one.attendee_id,
        "endpoint_id": one.endpoint_id,
        "unit_id": one.unit_id,
        "expected": one.expected,
        "status": one.status.value,
        "ways": ",".join(one.ways),
        "first_at": one.first_at,
        "last_at": one.last_at,
        "millis": one.millis,
        "percent": one.percent,
        "completed": one.completed,
        "prompts": one.prompts,
        "confirmed": one.confirmed,
        "spans": ",".join(f"{start}-{end}" for start, end in one.spans),
        "unconnected_millis": one.unconnected_millis,
        "prompt_millis": one.prompt_millis,
    }


def _room_row(session_id: int, started_at: datetime, room: RoomPeople) -> dict[str, Any]:
    return {
        "session_id": session_id,
        "started_at": started_at,
        **{name: getattr(room, name) for name in _ROOM_FIELDS},
    }


# -- reading -------------------------------------------------------------------------------------


async def state(tx: Tx, session_id: int) -> DerivedState | None:
    """How the session's derived figures were made; None where there are none."""
    query = select(DerivedState).where(DerivedState.session_id == session_id)
    return (await tx.scalars(query.execution_options(populate_existing=True))).one_or_none()


async def read(tx: Tx, session_id: int, frame: SessionPeople) -> SessionPeople:
    """The stored rows. `frame`: the session's own side (live time, breaks, seal); its people are ignored."""
    p, r = PersonPresence, RoomTotals
    columns = (
        p.attendee_id, p.endpoint_id, p.unit_id, p.expected, p.status, p.ways, p.first_at, p.last_at,
        p.millis, p.percent, p.completed, p.prompts, p.confirmed, p.spans, p.unconnected_millis,
        p.prompt_millis,
    )  # fmt: skip
    stored = await inputs.rows(tx, select(*columns).where(p.session_id == session_id).order_by(p.attendee_id))
    totals = await inputs.rows(
        tx,
        select(*(getattr(r, name) for name in _ROOM_FIELDS))
        .where(r.session_id == session_id)
        .order_by(r.endpoint_id),
    )
    people = await asyncio.to_thread(_people, stored)
    return SessionPeople(
        session_id=session_id,
        live=frame.live,
        ended=frame.ended,
        breaks=frame.breaks,
        counted_millis=frame.counted_millis,
        people=people,
        rooms=_rooms(totals),
        seal=frame.seal,
        rules=frame.rules,
    )


def _people(stored: Iterable[Any]) -> tuple[PersonFigures, ...]:
    return tuple(
        PersonFigures(
            row[0],
            row[1],
            row[2],
            row[3],
            Status(row[4]),
            _ways(row[5]),
            row[6],
            row[7],
            row[8],
            row[9],
            row[10],
            row[11],
            row[12],
            _spans(row[13]),
            row[14],
            row[15],
        )
        for row in stored
    )


@cache
def _ways(text: str) -> tuple[str, ...]:
    return tuple(text.split(",")) if text else ()


def _spans(text: str) -> tuple[Stretch, ...]:
    if not text:
        return ()
    return tuple(Stretch(int(start), int(end)) for start, end in (p.split("-") for p in text.split(",")))


def _rooms(stored: Iterable[Any]) -> Mapping[int, RoomPeople]:
    return {row[0]: RoomPeople(*row) for row in stored}


def counted_within(live: Span, breaks: Iterable[Span]) -> int:
    """Live time without the breaks (inside it, disjoint and ordered), in whole milliseconds."""
    whole = [Stretch(0, rules.millis_after(live.start, live.end))]
    holes = rules.union(
        (rules.millis_after(live.start, one.start), rules.millis_after(live.start, one.end)) for one in breaks
    )
    return rules.length(rules.subtract(whole, holes))
