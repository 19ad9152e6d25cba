"""Who checked people in: tablets, accounts, and codes on rooms' screens, each with what it told and what
stands out. Reading, in somebody's transaction."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import func, select

from confhub.access.rules import Actor, branch_filter
from confhub.accounts.published import AccountColumns
from confhub.audit import marks
from confhub.checkin import store
from confhub.checkin.models import CheckinUndo, PersonEvent, PhoneTrace, TabletRow, UndoneEvent
from confhub.checkin.patterns import Remark, Trace, alike, remarks
from confhub.checkin.undone import ACCOUNT, CODE, DEVICE, TABLET, Undone
from confhub.db.database import Tx
from confhub.kernel.ids import EndpointId
from confhub.kernel.permissions import Permission
from confhub.org.published import UnitColumns
from confhub.registry.published import RoomColumns
from confhub.sessions.published import PlaceColumns

CODES_SHOWN_MAX: Final = 200
"""Codes on one page, those that stand out first: a room of 130 fills ten."""


@dataclass(frozen=True, slots=True)
class Source:
    """What one device or code told in one room, and still counts. `name`: `tablet:<id>`, `account:<id>`,
    `code:<room>.<way>.<period>`; `who`: for people; `alike`: of a code's phones, the most that look alike."""

    name: str
    kind: str
    who: str
    room: str
    people: int
    events: int
    first_at: datetime
    last_at: datetime
    remarks: tuple[Remark, ...] = ()
    alike: int = 0


async def paths_of(tx: Tx, session_id: int) -> dict[EndpointId, str]:
    """The session's rooms → the paths of their units."""
    e = PlaceColumns
    query = select(e.endpoint_id, UnitColumns.path).join(*UnitColumns.of(e.unit_id))
    return {EndpointId(row[0]): row[1] for row in await tx.execute(query.where(e.session_id == session_id))}


def _rooms(actor: Actor, session_id: int) -> Any:
    """The session's rooms in whose branch the actor may correct."""
    e = PlaceColumns
    return (
        select(e.endpoint_id)
        .join(*UnitColumns.of(e.unit_id))
        .where(
            e.session_id == session_id, branch_filter(actor, Permission.ATTENDANCE_CORRECT, UnitColumns.path)
        )
    )


async def of_session(tx: Tx, actor: Actor, session_id: int) -> list[Source]:
    """Codes that stand out first, then those of most people, then devices."""
    devices = await _devices(tx, actor, session_id)
    codes = await _codes(tx, actor, session_id)
    codes.sort(key=lambda one: (-len(one.remarks), -one.people, one.first_at, one.name))
    return [*codes[:CODES_SHOWN_MAX], *devices]


async def _devices(tx: Tx, actor: Actor, session_id: int) -> list[Source]:
    e = PersonEvent
    rows = await tx.execute(
        select(
            e.by, RoomColumns.name, func.count(e.attendee_id.distinct()), func.count(), func.min(e.at),
            func.max(e.at),
        )
        .join(*RoomColumns.of(e.endpoint_id))
        .where(e.session_id == session_id, e.endpoint_id.in_(_rooms(actor, session_id)), store.stands())
        .where(~e.by.startswith(f"{DEVICE}:"))
        .group_by(e.by, e.endpoint_id, RoomColumns.name)
        .order_by(RoomColumns.name, e.by)
    )  # fmt: skip
    found = rows.all()
    names = await who(tx, [row[0] for row in found])
    return [Source(row[0], row[0].partition(":")[0], names[row[0]], *row[1:]) for row in found]


async def _codes(tx: Tx, actor: Actor, session_id: int) -> list[Source]:
    t, e = PhoneTrace, PersonEvent
    rows = await tx.execute(
        select(
            t.endpoint_id, RoomColumns.name, t.code, t.device, e.attendee_id, e.at, t.network, t.browser,
            t.silent,
        )
        .join(e, e.key == t.key)
        .join(*RoomColumns.of(t.endpoint_id))
        .where(t.session_id == session_id, t.endpoint_id.in_(_rooms(actor, session_id)), store.stands())
        .order_by(t.at, t.key)
    )  # fmt: skip
    return await asyncio.to_thread(_by_code, rows.all())


def _by_code(rows: Sequence[Any]) -> list[Source]:
    by_code: dict[tuple[int, str, str], list[Any]] = defaultdict(list)
    for row in rows:
        by_code[row.endpoint_id, row.name, row.code].append(row)
    found = []
    people: dict[str, set[int]] = defaultdict(set)
    for row in rows:
        people[row.device].add(row.attendee_id)
    for (endpoint_id, room, code), own in by_code.items():
        first = list({row.device: row for row in reversed(own)}.values())
        traces = [
            Trace(row.at, row.network, row.browser, row.silent, len(people[row.device]) > 1) for row in first
        ]
        found.append(
            Source(
                f"{CODE}:{endpoint_id}.{code}", CODE, code, room, len({row.attendee_id for row in own}),
                len(own), own[0].at, own[-1].at, remarks(traces), alike(traces),
            )
        )  # fmt: skip
    return found


async def undone_for(tx: Tx, actor: Actor, session_id: int) -> list[Undone]:
    """What was taken back in rooms where the actor may correct, newest first."""
    return await undone(tx, session_id, _rooms(actor, session_id))


async def undone(tx: Tx, session_id: int, rooms: Any) -> list[Undone]:
    """What was taken back in these rooms of the session, newest first."""
    u, e = CheckinUndo, PersonEvent
    touched = (
        select(UndoneEvent.undo_id)
        .join(e, e.id == UndoneEvent.event_id)
        .where(UndoneEvent.session_id == session_id, e.endpoint_id.in_(rooms))
    )
    query = select(u).where(u.session_id == session_id, u.id.in_(touched) | u.endpoint_id.in_(rooms))
    rows = list(await tx.scalars(query.order_by(u.id.desc())))
    names = await who(tx, [row.source for row in rows])
    return [
        Undone(
            row.id, row.source, names[row.source], row.events, row.heads, row.people,
            marks.shown(row.reason), row.author_name, row.at,
        )
        for row in rows
    ]  # fmt: skip


async def who(tx: Tx, sources: Sequence[str]) -> dict[str, str]:
    """What tablets and accounts are called; codes and phones by themselves."""
    numbers: dict[str, list[int]] = defaultdict(list)
    for source in set(sources):
        kind, _, rest = source.partition(":")
        if kind in (TABLET, ACCOUNT) and rest.isdigit():
            numbers[kind].append(int(rest))
    t, a = TabletRow, AccountColumns
    named = {f"{TABLET}:{row[0]}": row[1] for row in await tx.execute(
        select(t.id, t.name).where(t.id.in_(numbers[TABLET])))}  # fmt: skip
    named |= {f"{ACCOUNT}:{row[0]}": row[1] for row in await tx.execute(
        select(a.id, a.display_name).where(a.id.in_(numbers[ACCOUNT])))}  # fmt: skip
    return {one: named.get(one) or one.partition(":")[2] for one in sources}
