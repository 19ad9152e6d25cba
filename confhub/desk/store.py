"""What the desk reads: counts per room of one session, or of several, in a few statements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, case, func, select
from sqlalchemy.orm import aliased

from confhub.checkin import store as checkin
from confhub.checkin.models import HeadCount, PresencePrompt, RoomTotals
from confhub.db.base import as_written
from confhub.db.database import Tx
from confhub.desk.models import RoomReminder
from confhub.org.published import UnitColumns
from confhub.registry.published import RoomColumns
from confhub.registry.values import EndpointKind
from confhub.rosters import store as rosters
from confhub.rosters.published import FrozenColumns, ListedColumns, NoticeColumns
from confhub.sessions.models import MeetingSession, SessionEndpoint
from confhub.sessions.values import RoomState

_CHUNK = 500
"""Ids in one IN list."""


class Room(NamedTuple):
    """One room of one session as it stands in the tables."""

    session_id: int
    endpoint_id: int
    code: str
    name: str
    sort_key: str
    unit_name: str
    unit_path: str
    operator_name: str | None
    operator_phone: str | None
    state: str


@dataclass(slots=True)
class Counts:
    """People of one room. `heads`: the newest declared, None for none."""

    expected: int = 0
    checked_in: int = 0
    present: int = 0
    missing: int = 0
    explained: int = 0
    pending: int = 0
    heads: int | None = None
    was_connected: bool = False
    unanswered: int = 0
    reminded: int = 0


Key = tuple[int, int]
"""(session id, endpoint id)"""


async def rooms(tx: Tx, session_ids: Sequence[int], branch: ColumnElement[bool]) -> list[Room]:
    """Every counted room that is still expected, within the branches; by the unit it had when chosen."""
    e, p, u = SessionEndpoint, RoomColumns, UnitColumns
    columns = (e.session_id, e.endpoint_id, p.code, p.name, p.sort_key, u.name, u.path)
    query = select(*columns, p.operator_name, p.operator_phone, e.state)  # in the order of Room's fields
    found = await tx.execute(
        query.join(*p.of(e.endpoint_id))
        .join(*u.of(e.unit_id))
        .where(
            e.session_id.in_(session_ids),
            e.removed_at.is_(None),
            e.expected_until.is_(None),
            p.kind != EndpointKind.STUDIO.value,
            branch,
        )
    )
    return [Room._make(line) for line in found]


async def counts(tx: Tx, session_ids: Sequence[int], now: datetime) -> dict[Key, Counts]:
    """Counts of every room of these sessions that has any; of others none (a defaultdict)."""
    found: dict[Key, Counts] = defaultdict(Counts)
    await _people(tx, session_ids, found)
    await _notices(tx, session_ids, found)
    await _heads(tx, session_ids, found)
    await _derived(tx, session_ids, found)
    await _reminders(tx, session_ids, found)
    await _unanswered(tx, session_ids, found, now)
    return found


async def frozen(tx: Tx, session_ids: Sequence[int]) -> set[int]:
    """Those of the sessions whose list of people stands."""
    query = select(FrozenColumns.session_id).where(FrozenColumns.session_id.in_(session_ids))
    return set(await tx.scalars(query))


async def _people(tx: Tx, session_ids: Sequence[int], found: dict[Key, Counts]) -> None:
    a = ListedColumns
    expected = and_(a.removed_at.is_(None), a.origin != "guest")
    rows = await tx.execute(
        select(
            a.session_id,
            a.endpoint_id,
            func.sum(case((expected, 1), else_=0)),
            func.sum(case((a.state != "expected", 1), else_=0)),
            func.sum(case((a.state == "in", 1), else_=0)),
            func.sum(case((and_(expected, a.state == "expected"), 1), else_=0)),
        )
        .where(a.session_id.in_(session_ids))
        .group_by(a.session_id, a.endpoint_id)
    )
    for session_id, endpoint_id, wanted, ever, present, missing in rows:
        one = found[session_id, endpoint_id]
        one.expected, one.checked_in, one.present, one.missing = wanted, ever, present, missing


async def _notices(tx: Tx, session_ids: Sequence[int], found: dict[Key, Counts]) -> None:
    """Notices of people on the session's list, by the room where they are expected."""
    n, a = NoticeColumns, ListedColumns
    absent = and_(n.state != "refused", a.state == "expected", a.removed_at.is_(None))
    rows = await tx.execute(
        select(
            n.session_id,
            a.endpoint_id,
            func.sum(case((n.state == "pending", 1), else_=0)),
            func.sum(case((absent, 1), else_=0)),
        )
        .join(*a.on(and_(a.session_id == n.session_id, a.attendee_id == n.attendee_id)))
        .where(n.session_id.in_(session_ids), n.state != as_written("withdrawn"))
        .group_by(n.session_id, a.endpoint_id)
    )
    for session_id, endpoint_id, pending, explained in rows:
        one = found[session_id, endpoint_id]
        one.pending, one.explained = pending, explained


async def _heads(tx: Tx, session_ids: Sequence[int], found: dict[Key, Counts]) -> None:
    h, later = HeadCount, aliased(HeadCount)
    newer = and_(
        later.session_id == h.session_id,
        later.endpoint_id == h.endpoint_id,
        (later.at > h.at) | and_(later.at == h.at, later.id > h.id),
        checkin.heads_stand(later),
    )
    rows = await tx.execute(
        select(h.session_id, h.endpoint_id, h.people).where(
            h.session_id.in_(session_ids),
            checkin.heads_stand(),
            ~select(later.id).where(newer).exists(),
        )
    )
    for session_id, endpoint_id, people in rows:
        found[session_id, endpoint_id].heads = people


async def _derived(tx: Tx, session_ids: Sequence[int], found: dict[Key, Counts]) -> None:
    t = RoomTotals
    rows = await tx.execute(
        select(t.session_id, t.endpoint_id).where(t.session_id.in_(session_ids), t.connected)
    )
    for session_id, endpoint_id in rows:
        found[session_id, endpoint_id].was_connected = True


async def _reminders(tx: Tx, session_ids: Sequence[int], found: dict[Key, Counts]) -> None:
    r = RoomReminder
    rows = await tx.execute(
        select(r.session_id, r.endpoint_id, func.count(r.at.distinct()))
        .where(r.session_id.in_(session_ids))
        .group_by(r.session_id, r.endpoint_id)
    )
    for session_id, endpoint_id, number in rows:
        found[session_id, endpoint_id].reminded = number


async def _unanswered(tx: Tx, session_ids: Sequence[int], found: dict[Key, Counts], now: datetime) -> None:
    p = PresencePrompt
    asked = select(p.session_id).where(p.session_id.in_(session_ids), p.opens_at <= now).distinct()
    for session_id in list(await tx.scalars(asked)):
        for endpoint_id, people in (await checkin.unanswered(tx, session_id, now)).items():
            found[session_id, endpoint_id].unanswered = people


async def sessions(tx: Tx, wanted: ColumnElement[bool], limit: int) -> list[tuple[MeetingSession, str, str]]:
    """(session, unit's name, unit's path), the newest first."""
    s, u = MeetingSession, UnitColumns
    query = select(s, u.name, u.path).join(*u.of(s.unit_id)).where(wanted).order_by(s.starts_at.desc())
    return [(row, name, path) for row, name, path in await tx.execute(query.limit(limit))]


async def planned(tx: Tx, session_id: int) -> Mapping[int, int]:
    """Endpoint id → people who will be expected there, before the session's list is frozen."""
    expected = rosters.effective(session_id).subquery()
    rows = await tx.execute(select(expected.c.endpoint_id, func.count()).group_by(expected.c.endpoint_id))
    return {row[0]: row[1] for row in rows}


def is_in(state: str) -> bool:
    """Is a room of that state connected now?"""
    return state == RoomState.JOINED.value
