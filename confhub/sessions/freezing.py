"""What a session's rooms and units were called, and the tree they stood in: frozen when its lobby opens.

Completed by rooms that come later; what is there is never written again. A report of a session names nothing
from the rooms' list or the tree, which go on changing. Inside somebody's transaction; no rights checked.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Select, exists, select, update

from confhub.db.database import Tx
from confhub.org.published import TierColumns, UnitColumns
from confhub.registry.published import RoomColumns
from confhub.sessions.models import FrozenRoom, FrozenUnit, MeetingSession, SessionEndpoint

IDS_AT_ONCE: Final = 2_000
"""Ids in one IN list."""


async def is_frozen(tx: Tx, session_id: int) -> bool:
    """Whether the session's names and tree stand frozen; the organizer's unit always does then."""
    query = select(FrozenUnit.unit_id).where(FrozenUnit.session_id == session_id).limit(1)
    return await tx.scalar(query) is not None


async def freeze(tx: Tx, session_id: int, now: datetime) -> None:
    """Freeze the rooms and units that are not yet. The first time, rooms first go to the units that they
    belong to today: what was planned before a reorganization is held, and reported, by the day's own tree."""
    if not await is_frozen(tx, session_id):
        await _place(tx, session_id)
    await _rooms(tx, session_id)
    await units(tx, session_id, now)


async def _place(tx: Tx, session_id: int) -> None:
    e, s = SessionEndpoint, MeetingSession
    today = select(RoomColumns.unit_id).where(RoomColumns.id == e.endpoint_id).scalar_subquery()
    ahead = exists().where(s.id == e.session_id, s.actual_end.is_(None))
    await tx.execute(
        update(e)
        .where(e.session_id == session_id, e.unit_id != today, ahead)
        .values(unit_id=today)
        .execution_options(synchronize_session="fetch")
    )


async def _rooms(tx: Tx, session_id: int) -> None:
    f = FrozenRoom
    known = set(await tx.scalars(select(f.endpoint_id).where(f.session_id == session_id)))
    found = [dict(row) for row in (await tx.execute(rooms_today(session_id))).mappings()]
    if new := [row for row in found if row["endpoint_id"] not in known]:
        statement = tx.upsert(f).on_conflict_do_nothing()
        await tx.rows(statement, [{"session_id": session_id, **row} for row in new])


def rooms_today(session_id: int) -> Select[Any]:
    """Selects the session's rooms in the columns of `FrozenRoom`, as they would be frozen now."""
    s, e, r = MeetingSession, SessionEndpoint, RoomColumns
    chosen = select(e.endpoint_id).where(e.session_id == session_id)
    chair = select(s.chair_endpoint_id).where(s.id == session_id, s.chair_endpoint_id.is_not(None))
    columns: tuple[Any, ...] = (r.id.label("endpoint_id"), r.code, r.name, r.kind, r.sort_key)
    return select(*columns).where(r.id.in_(chosen.union(chair)))


async def units(tx: Tx, session_id: int, now: datetime, more: Iterable[int] = ()) -> None:
    """Freeze the units of organizer and rooms, and `more`, with all above them, where they are not yet."""
    f = FrozenUnit
    known, more = set(await tx.scalars(select(f.unit_id).where(f.session_id == session_id))), set(more)
    if known and not more - known and not await _unknown(tx, session_id):
        return
    found = await units_today(tx, session_id, more)
    if new := [row for row in found if row["unit_id"] not in known]:
        rows = [{"session_id": session_id, "frozen_at": now, **row} for row in new]
        await tx.rows(tx.upsert(f).on_conflict_do_nothing(), rows)


async def _unknown(tx: Tx, session_id: int) -> bool:
    e, f = SessionEndpoint, FrozenUnit
    named = exists().where(f.session_id == session_id, f.unit_id == e.unit_id)
    query = select(e.endpoint_id).where(e.session_id == session_id, ~named).limit(1)
    return await tx.scalar(query) is not None


async def units_today(tx: Tx, session_id: int, more: Iterable[int] = ()) -> list[dict[str, Any]]:
    """The units of organizer and rooms, and `more`, with all above them, in the columns of `FrozenUnit`, as
    they would be frozen now."""
    s, e = MeetingSession, SessionEndpoint
    own = set(await tx.scalars(select(s.unit_id).where(s.id == session_id)))
    own |= set(await tx.scalars(select(e.unit_id).where(e.session_id == session_id)))
    paths = [row["path"] for row in await _read(tx, own | set(more))]
    return await _read(tx, {int(part) for path in paths for part in path.split("/") if part})


async def _read(tx: Tx, unit_ids: Iterable[int]) -> list[dict[str, Any]]:
    u, t, wanted = UnitColumns, TierColumns, sorted(set(unit_ids))
    query = select(
        u.id.label("unit_id"), u.parent_id, u.path, u.code, u.name, u.sort_key, u.tier_id,
        t.name.label("tier_name"), t.name_en.label("tier_name_en"), t.rank.label("tier_rank"),
    ).join(*t.of(u.tier_id))  # fmt: skip
    found: list[dict[str, Any]] = []
    for start in range(0, len(wanted), IDS_AT_ONCE):
        rows = await tx.execute(query.where(u.id.in_(wanted[start : start + IDS_AT_ONCE])))
        found += [dict(row) for row in rows.mappings()]
    return found
