"""Who has which of these rooms at these hours: one question for all dates of a series."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, cast

from sqlalchemy import Table, func, not_, select

from confhub.access.rules import Actor
from confhub.accounts.published import AccountColumns
from confhub.db.database import Tx
from confhub.kernel.ids import SessionId
from confhub.kernel.limits import SESSION_LENGTH_MAX_MIN
from confhub.org.published import UnitColumns
from confhub.registry.published import RoomColumns
from confhub.scheduling.asked import Window, listed, one_of
from confhub.scheduling.models import Booking, RoomBuffer
from confhub.sessions.published import SessionColumns
from confhub.sessions.store import visible_to

_MINUTE_S: Final = 60
_BOOKING = cast(Table, Booking.__table__)
_BUFFER = cast(Table, RoomBuffer.__table__)


@dataclass(frozen=True, slots=True)
class Clash:
    """At the window `key`, another session has `rooms` of the rooms asked for, the first of them
    `endpoint_id`; the last one is cleared at `until_s`."""

    key: int
    session_id: int
    rooms: int
    endpoint_id: int
    until_s: int


@dataclass(frozen=True, slots=True)
class Conflict:
    """A clash in words. `session_id`, `title` and `contact`, who planned it, are None where the asker may not
    see that session; `unit_name`, the unit to ask, always stands. `until`: when its rooms are cleared."""

    key: int
    starts_at: datetime
    until: datetime
    session_id: SessionId | None
    title: str | None
    unit_name: str
    contact: str | None
    room_name: str
    rooms: int


async def clashes(
    tx: Tx, windows: Sequence[Window], rooms: Collection[int], besides: Collection[int] = ()
) -> list[Clash]:
    """By window and then by session; setting up and clearing count on both sides. `besides`: sessions that do
    not count."""
    if not windows or not rooms:
        return []
    setup_s, clear_s = await _longest_buffers(tx)
    reach_s = SESSION_LENGTH_MAX_MIN * _MINUTE_S + 2 * setup_s + clear_s
    wanted, b = listed(tx, windows), _BOOKING.c
    w, r = wanted.c, _BUFFER.c
    query = select(w.key, b.session_id, func.count(), func.min(b.endpoint_id), func.max(b.until_s))
    query = query.select_from(wanted.join(_BOOKING, b.from_s < w.until_s + clear_s)).where(
        b.from_s > w.from_s - reach_s, b.until_s > w.from_s - setup_s, one_of(tx, b.endpoint_id, rooms)
    )
    if setup_s or clear_s:
        query = query.outerjoin(_BUFFER, r.endpoint_id == b.endpoint_id).where(
            b.from_s < w.until_s + func.coalesce(r.clear_min, 0) * _MINUTE_S,
            b.until_s > w.from_s - func.coalesce(r.setup_min, 0) * _MINUTE_S,
        )
    if besides:
        query = query.where(not_(one_of(tx, b.session_id, besides)))
    found = await tx.rows(query.group_by(w.key, b.session_id).order_by(w.key, b.session_id))
    return [Clash(*row) for row in found]


async def _longest_buffers(tx: Tx) -> tuple[int, int]:
    """Seconds of the longest setting up and clearing of any room."""
    query = select(func.max(_BUFFER.c.setup_min), func.max(_BUFFER.c.clear_min))
    setup, clear = (await tx.rows(query)).one()
    return (setup or 0) * _MINUTE_S, (clear or 0) * _MINUTE_S


async def told(tx: Tx, actor: Actor, found: Sequence[Clash]) -> list[Conflict]:
    """The clashes as this actor may read them."""
    s = SessionColumns
    keys = {one.session_id for one in found}
    query = (
        select(s.id, s.title, s.starts_at, UnitColumns.name, AccountColumns.display_name)
        .join(*UnitColumns.of(s.unit_id))
        .outerjoin(*AccountColumns.of(s.created_by))
        .where(s.id.in_(keys))
    )
    sessions = {row.id: row for row in await tx.execute(query)}
    shown = set(await tx.scalars(select(s.id).where(s.id.in_(keys), visible_to(actor))))
    names = select(RoomColumns.id, RoomColumns.name).where(
        RoomColumns.id.in_({one.endpoint_id for one in found})
    )
    rooms = {row.id: row.name for row in await tx.execute(names)}
    told = []
    for one in found:
        row, seen = sessions[one.session_id], one.session_id in shown
        told.append(
            Conflict(
                key=one.key,
                starts_at=row.starts_at,
                until=datetime.fromtimestamp(one.until_s, UTC),
                session_id=SessionId(row.id) if seen else None,
                title=row.title if seen else None,
                unit_name=row[3],
                contact=row.display_name if seen else None,
                room_name=rooms[one.endpoint_id],
                rooms=one.rooms,
            )
        )
    return told
