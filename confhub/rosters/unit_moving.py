"""What hangs at a unit, and carrying it to another inside somebody's transaction; no rights checked."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Final, TypeVar

from sqlalchemy import delete, select, text, update

from confhub.access.rules import below
from confhub.accounts.models import RoleGrantRow
from confhub.db.database import Tx
from confhub.org.published import UnitColumns
from confhub.people.models import AttendeeRow
from confhub.registry.models import EndpointRow
from confhub.rosters.models import STANDING_ENTRY, RosterEntry
from confhub.sessions.models import MeetingSession, SessionChoice, SessionEndpoint
from confhub.sessions.store import INCLUDE
from confhub.sessions.values import SessionState

_AT_ONCE: Final = 500
_PLANNED: Final = (SessionState.DRAFT.value, SessionState.SCHEDULED.value)
"""Sessions whose lobby has not opened: from then on a session keeps the units of its day."""
_T = TypeVar("_T")


@dataclass(slots=True)
class Load:
    """What is moved. `roles`: (account, role, whether it was held at the new unit already). `lists`: (person,
    the room on whose standing list they were)."""

    rooms: list[int] = field(default_factory=list)
    people: list[int] = field(default_factory=list)
    roles: list[tuple[int, str, bool]] = field(default_factory=list)
    lists: list[tuple[int, int]] = field(default_factory=list)
    room: int | None = None
    """The room that takes the lists."""

    @property
    def empty(self) -> bool:
        """Whether nothing would be moved."""
        return not (self.rooms or self.people or self.roles or self.lists)

    def seen(self) -> str:
        """SHA-256 over what would be moved."""
        return hashlib.sha256(repr(asdict(self)).encode()).hexdigest()


def parts(items: Sequence[_T]) -> Iterator[Sequence[_T]]:
    """Pieces that one IN list takes."""
    return (items[start : start + _AT_ONCE] for start in range(0, len(items), _AT_ONCE))


async def rooms_at(tx: Tx, unit_id: int) -> list[int]:
    """The rooms in use that belong to the unit itself."""
    e = EndpointRow
    query = select(e.id).where(e.unit_id == unit_id, e.retired_at.is_(None)).order_by(e.id)
    return list(await tx.scalars(query))


async def people_at(tx: Tx, unit_id: int) -> list[int]:
    """The people of the unit itself who are in use; who left stays where he was."""
    a = AttendeeRow
    alone = (a.retired_at.is_(None), a.erased_at.is_(None), a.merged_into_id.is_(None))
    return list(await tx.scalars(select(a.id).where(a.unit_id == unit_id, *alone).order_by(a.id)))


async def roles_at(tx: Tx, unit_id: int, to_id: int) -> list[tuple[int, str, bool]]:
    """The roles held at the unit itself, as in `Load.roles`."""
    g = RoleGrantRow
    held = {tuple(row) for row in await tx.execute(select(g.account_id, g.role).where(g.unit_id == to_id))}
    query = select(g.account_id, g.role).where(g.unit_id == unit_id).order_by(g.account_id, g.role)
    return [(account, role, (account, role) in held) for account, role in await tx.execute(query)]


async def lists_of(tx: Tx, rooms: Sequence[int]) -> list[tuple[int, int]]:
    """The standing lists of these rooms: (person, room)."""
    r = RosterEntry
    found: list[tuple[int, int]] = []
    for some in parts(rooms):
        query = select(r.attendee_id, r.endpoint_id).where(text(STANDING_ENTRY), r.endpoint_id.in_(some))
        found += [(row[0], row[1]) for row in await tx.execute(query.order_by(r.attendee_id))]
    return found


async def planned_sessions(tx: Tx, rooms: Sequence[int]) -> set[int]:
    """The sessions with these rooms whose lobby has not opened."""
    e, s = SessionEndpoint, MeetingSession
    found: set[int] = set()
    for some in parts(rooms):
        query = select(e.session_id).join(s, s.id == e.session_id).where(s.state.in_(_PLANNED))
        found |= set(await tx.scalars(query.where(e.endpoint_id.in_(some), e.removed_at.is_(None))))
    return found


async def units_below(tx: Tx, unit_id: int, path: str) -> int:
    """How many units hang below; they are moved by their own pages."""
    query = select(UnitColumns.id).where(below(path, UnitColumns.path), UnitColumns.id != unit_id)
    return len(list(await tx.scalars(query)))


async def carry_rooms(tx: Tx, rooms: Sequence[int], from_id: int, to_id: int, to_path: str) -> list[int]:
    """Hang rooms of `from_id` at `to_id`; planned sessions keep them. Gives those that were still there."""
    e, moved = EndpointRow, []
    for some in parts(rooms):
        there = list(await tx.scalars(select(e.id).where(e.id.in_(some), e.unit_id == from_id)))
        await tx.execute(update(e).where(e.id.in_(there)).values(unit_id=to_id))
        moved += there
    for session_id in sorted(await planned_sessions(tx, moved)):
        await _keep_in_session(tx, session_id, set(moved), to_id, to_path)
    return moved


async def _keep_in_session(tx: Tx, session_id: int, rooms: set[int], to_id: int, to_path: str) -> None:
    """A session that invites a branch without the new unit goes on inviting the rooms, by name."""
    c, e = SessionChoice, SessionEndpoint
    here = (e.session_id == session_id, e.endpoint_id.in_(sorted(rooms)), e.removed_at.is_(None))
    present = list(await tx.scalars(select(e.endpoint_id).where(*here, ~e.is_chair)))
    await tx.execute(
        update(e).where(*here).values(unit_id=to_id).execution_options(synchronize_session=False)
    )
    branches = await tx.scalars(
        select(UnitColumns.path).join(c, c.unit_id == UnitColumns.id).where(c.session_id == session_id)
    )
    if any(to_path.startswith(path) for path in branches):
        return
    named = set(await tx.scalars(select(c.endpoint_id).where(c.session_id == session_id)))
    tx.add_all(
        SessionChoice(session_id=session_id, endpoint_id=room, mode=INCLUDE)
        for room in present
        if room not in named
    )


async def carry_people(tx: Tx, people: Sequence[int], from_id: int, to_id: int) -> int:
    """People of `from_id` belong to `to_id` now. How many were still there."""
    a, moved = AttendeeRow, 0
    for some in parts(people):
        there = list(await tx.scalars(select(a.id).where(a.id.in_(some), a.unit_id == from_id)))
        await tx.execute(update(a).where(a.id.in_(there)).values(unit_id=to_id))
        moved += len(there)
    return moved


async def carry_roles(tx: Tx, roles: Sequence[tuple[int, str, bool]], from_id: int, to_id: int) -> int:
    """Roles at `from_id` are held at `to_id` now, once. How many were still there."""
    g, moved = RoleGrantRow, 0
    for account, role, held in roles:
        own = (g.account_id == account, g.role == role, g.unit_id == from_id)
        if await tx.scalar(select(g.id).where(*own)) is None:
            continue
        change = delete(g).where(*own) if held else update(g).where(*own).values(unit_id=to_id)
        await tx.execute(change.execution_options(synchronize_session=False))
        moved += 1
    return moved


async def return_roles(tx: Tx, roles: Sequence[tuple[int, str, bool]], from_id: int, to_id: int) -> int:
    """Take `carry_roles` back: what was held at both is held at both again."""
    g, moved = RoleGrantRow, 0
    for account, role, held in roles:
        there = (g.account_id == account, g.role == role)
        rows = {row.unit_id: row for row in await tx.scalars(select(g).where(*there))}
        if to_id not in rows or from_id in rows:
            continue
        if held:
            tx.add(RoleGrantRow(account_id=account, role=role, unit_id=from_id))
        else:
            rows[to_id].unit_id = from_id
        moved += 1
    await tx.flush()
    return moved


async def carry_lists(tx: Tx, lists: Sequence[tuple[int, int]], room: int, now: datetime) -> int:
    """Who is on the standing list of the room named with them is on that of `room` now."""
    return await _relist(tx, [(person, at, room) for person, at in lists], now)


async def return_lists(tx: Tx, lists: Sequence[tuple[int, int]], room: int, now: datetime) -> int:
    """Take `carry_lists` back for those who are still on the list of `room`."""
    return await _relist(tx, [(person, room, at) for person, at in lists], now)


async def _relist(tx: Tx, entries: Sequence[tuple[int, int, int]], now: datetime) -> int:
    r, moved = RosterEntry, 0
    by_rooms: dict[tuple[int, int], list[int]] = {}
    for person, source, target in entries:
        by_rooms.setdefault((source, target), []).append(person)
    for (source, target), people in by_rooms.items():
        for some in parts(people):
            here = (text(STANDING_ENTRY), r.endpoint_id == source, r.attendee_id.in_(some))
            moved += len(list(await tx.scalars(select(r.id).where(*here))))
            values: dict[str, Any] = {"endpoint_id": target, "created_at": now}
            change = update(r).where(*here).values(**values)
            await tx.execute(change.execution_options(synchronize_session=False))
    return moved
