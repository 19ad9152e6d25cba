"""Finding somebody of a session's list by what a room types: a personal code, or a name with its unit."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from sqlalchemy import func, select

from confhub.checkin.values import Named
from confhub.db.database import Tx
from confhub.i18n.identity import identity_key
from confhub.org.dissolved import is_over, standing_first
from confhub.org.published import UnitColumns
from confhub.people.published import PersonColumns
from confhub.people.rules import name_key
from confhub.rosters.published import ListedColumns
from confhub.sessions.published import SessionColumns


async def read(
    tx: Tx,
    found: dict[tuple[int, Named], list[int]],
    visitors: dict[tuple[int, int], int],
    typed: Mapping[tuple[int, int], Iterable[Named]],
) -> None:
    """Fill in whom each code or name fits that was typed, by (session, room); and how many visitors the rooms
    that typed have."""
    wanted: dict[int, set[Named]] = defaultdict(set)
    rooms: dict[int, set[int]] = defaultdict(set)
    for (session_id, endpoint_id), names in typed.items():
        wanted[session_id].update(names)
        rooms[session_id].add(endpoint_id)
    for session_id, of_session in wanted.items():
        for one in of_session:
            found[session_id, one] = await _fitting(tx, session_id, one)
        await _visitors(tx, session_id, rooms[session_id], visitors)


async def _fitting(tx: Tx, session_id: int, typed: Named) -> list[int]:
    a, p = ListedColumns, PersonColumns
    query = (
        select(p.id, UnitColumns.name, UnitColumns.code, UnitColumns.valid_to, SessionColumns.starts_at)
        .join(*a.on(a.attendee_id == p.id))
        .join(*UnitColumns.of(a.unit_id))
        .join(*SessionColumns.of(a.session_id))
        .where(a.session_id == session_id, a.removed_at.is_(None))
    )
    if typed.code:
        code = "".join(typed.code.split())
        rows = await tx.execute(query.where(p.code.in_({code, code.upper()})))
        return [row[0] for row in rows]
    unit = identity_key(typed.unit)
    rows = await tx.execute(query.where(p.name_key == name_key(typed.name)))
    # by its beginning in UTC: a unit that ends within a day of the session bears its name all the same
    return standing_first(
        (row[0], is_over(row[3], row[4].date()))
        for row in rows
        if unit in (identity_key(row[1]), identity_key(row[2]))
    )


async def _visitors(
    tx: Tx, session_id: int, rooms: Iterable[int], visitors: dict[tuple[int, int], int]
) -> None:
    a = ListedColumns
    query = select(a.visits_endpoint_id, func.count()).group_by(a.visits_endpoint_id)
    here = query.where(a.session_id == session_id, a.visits_endpoint_id.in_(list(rooms)))
    for endpoint_id, people in await tx.execute(here):
        assert endpoint_id is not None, "asked for these rooms alone"
        visitors[session_id, endpoint_id] = people
