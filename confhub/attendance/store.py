"""Reading and writing attendance's tables inside somebody's transaction. Inserts only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from confhub.attendance.models import AttendanceEvent, Observation, PresenceMark
from confhub.attendance.rules import Evidence
from confhub.attendance.values import Kind, Source
from confhub.db.database import Tx
from confhub.kernel.ids import EndpointId, SessionId


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event about to be stored; `key` as in `AttendanceEvent`."""

    key: str
    session_id: SessionId
    endpoint_id: EndpointId
    source: Source
    kind: Kind
    at: datetime
    received_at: datetime
    connection: str
    seq: int | None = None

    def values(self) -> dict[str, Any]:
        return {
            "key": self.key,
            "session_id": self.session_id,
            "endpoint_id": self.endpoint_id,
            "source": self.source.value,
            "kind": self.kind.value,
            "at": self.at,
            "received_at": self.received_at,
            "connection": self.connection,
            "seq": self.seq,
        }


@dataclass(frozen=True, slots=True)
class NewMark:
    """A room known present at `at`."""

    session_id: SessionId
    endpoint_id: EndpointId
    source: Source
    connection: str
    at: datetime

    def values(self) -> dict[str, Any]:
        return {
            "session_id": self.session_id,
            "endpoint_id": self.endpoint_id,
            "source": self.source.value,
            "connection": self.connection,
            "at": self.at,
        }


async def add_events(tx: Tx, events: Sequence[NewEvent]) -> set[str]:
    """Insert those that are not there yet; gives the keys of the new ones."""
    rows = [event.values() for event in {event.key: event for event in events}.values()]
    if not rows:
        return set()
    insert = tx.only_new(AttendanceEvent, AttendanceEvent.__table__.c.key)
    return {row.key for row in await tx.rows(insert, rows)}


async def add_marks(tx: Tx, marks: Iterable[NewMark]) -> None:
    """Insert those that are not there yet."""
    if rows := [mark.values() for mark in set(marks)]:
        await tx.rows(tx.only_new(PresenceMark), rows)


async def add_observation(tx: Tx, session_id: SessionId, at: datetime) -> None:
    """Remember that the media room was looked into."""
    await tx.rows(tx.only_new(Observation), {"session_id": session_id, "at": at})


async def evidence(tx: Tx, session_id: SessionId) -> dict[int, list[Evidence]]:
    """All that was reported, by endpoint id. Of the marks, each connection's first and last suffice."""
    found: dict[int, list[Evidence]] = defaultdict(list)
    e = AttendanceEvent
    events = await tx.execute(
        select(e.endpoint_id, e.source, e.kind, e.at, e.connection, e.received_at).where(
            e.session_id == session_id
        )
    )
    for endpoint_id, source, kind, at, connection, received_at in events:
        found[endpoint_id].append(Evidence(Source(source), Kind(kind), at, connection, received_at))
    m = PresenceMark
    marks = await tx.execute(
        select(m.endpoint_id, m.source, m.connection, func.min(m.at), func.max(m.at))
        .where(m.session_id == session_id)
        .group_by(m.endpoint_id, m.source, m.connection)
    )
    for endpoint_id, source, connection, first, last in marks:
        for at in {first, last}:
            found[endpoint_id].append(Evidence(Source(source), Kind.PRESENT, at, connection, at))
    return found


async def looks(tx: Tx, session_id: SessionId) -> list[datetime]:
    """When the media room was looked into, ordered."""
    query = select(Observation.at).where(Observation.session_id == session_id).order_by(Observation.at)
    return list(await tx.scalars(query))


async def joined_connections(tx: Tx, session_id: SessionId, connections: Sequence[str]) -> set[str]:
    """Those of these connections whose join the hub side has stored."""
    e = AttendanceEvent
    query = select(e.connection).where(
        e.session_id == session_id,
        e.source != Source.ROOM.value,
        e.kind == Kind.JOINED.value,
        e.connection.in_(connections),
    )
    return set(await tx.scalars(query))


async def open_connections(tx: Tx, session_id: SessionId) -> dict[str, tuple[EndpointId, datetime]]:
    """Connection → (endpoint id, latest join) of the hub side's connections without any leave."""
    e = AttendanceEvent
    rows = await tx.execute(
        select(e.connection, e.endpoint_id, e.kind, e.at).where(
            e.session_id == session_id, e.source != Source.ROOM.value
        )
    )
    joined: dict[str, tuple[EndpointId, datetime]] = {}
    gone: set[str] = set()
    for connection, endpoint_id, kind, at in rows:
        if kind == Kind.JOINED.value:
            before = joined.get(connection)
            joined[connection] = (EndpointId(endpoint_id), max(at, before[1]) if before else at)
        else:
            gone.add(connection)
    return {connection: known for connection, known in joined.items() if connection not in gone}


async def last_marks(
    tx: Tx, session_id: SessionId, connections: Sequence[str], endpoint_ids: Sequence[int]
) -> dict[str, datetime]:
    """The newest hub-side mark of each of these connections, where there is one."""
    if not connections:
        return {}
    m = PresenceMark
    rows = await tx.execute(
        select(m.connection, func.max(m.at))
        .where(
            m.session_id == session_id,
            m.endpoint_id.in_(endpoint_ids),
            m.source == Source.RECONCILE.value,
            m.connection.in_(connections),
        )
        .group_by(m.connection)
    )
    return {row[0]: row[1] for row in rows}
