"""Who still owes check-ins: what each door of a room said it holds back, and who was not heard since the end.

A tablet says with everything it asks and sends how much of the session waits on it. So the hub knows by when
it had delivered all it had (`settled_at`): what it tells later of an earlier moment was not kept over an
outage.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import select

from confhub.checkin.group import Delivery, Group
from confhub.checkin.models import RoomDelivery, TabletRow
from confhub.db.database import Tx
from confhub.registry.published import RoomColumns


class Owing(NamedTuple):
    """A room's device that may have more to tell. `waiting`: how much it said waits on it, 0 for one that was
    not heard since the session's end."""

    endpoint_id: int
    code: str
    name: str
    waiting: int
    heard_at: datetime


def owes(waiting: int, heard_at: datetime, ended_at: datetime) -> bool:
    """Whether more may come: it said so, or was not heard since the end and may have noted something
    since."""
    return waiting > 0 or heard_at < ended_at


async def note(tx: Tx, group: Group, deliveries: Sequence[Delivery]) -> None:
    """Keep what the deliveries say of what waits; the last one counts."""
    rows = {
        (int(one.session_id), one.by): {
            "session_id": one.session_id,
            "by": one.by,
            "endpoint_id": one.endpoint_id,
            "heard_at": one.received_at,
            "waiting": one.waiting,
        }
        for one in deliveries
        if one.waiting is not None and (one.session_id, one.endpoint_id) in group.rooms
    }
    if rows:
        await tx.rows(_said(tx.upsert(RoomDelivery)), list(rows.values()))


@cache
def _said(insert: Any) -> Any:
    taken = {name: insert.excluded[name] for name in ("endpoint_id", "heard_at", "waiting")}
    return insert.on_conflict_do_update(index_elements=["session_id", "by"], set_=taken)


async def owing(tx: Tx, session_id: int, ended_at: datetime | None) -> list[Owing]:
    """The rooms that may still have check-ins to deliver, by code; those that said so first. None of a
    session that is not over, nor by a tablet that was shut out."""
    if ended_at is None:
        return []
    r, e, t = RoomDelivery, RoomColumns, TabletRow
    rows = await tx.execute(
        select(r.endpoint_id, e.code, e.name, r.waiting, r.heard_at, r.by)
        .join(*e.of(r.endpoint_id))
        .where(r.session_id == session_id)
    )
    shut = {f"tablet:{one}" for one in await tx.scalars(select(t.id).where(t.revoked_at.is_not(None)))}
    found = [
        Owing(endpoint_id, code, name, waiting, heard_at)
        for endpoint_id, code, name, waiting, heard_at, by in rows
        if by not in shut and owes(waiting, heard_at, ended_at)
    ]
    return sorted(found, key=lambda one: (one.waiting == 0, one.code))
