"""What a session's report names: the session, its rooms in the asker's branches, the units above them.

All names, and the tree, are those of the session's day (`sessions.freezing`, `rosters.freezing`); before its
lobby opens, those that would be frozen now. Rights follow the same tree: whoever holds a role in a unit sees
what lay below it on that day. Whoever holds none that lay above any of it, because the unit was made since,
sees what lies below it today.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from confhub.access.rules import Actor, allowed_then, allows
from confhub.db.database import Tx
from confhub.kernel.ids import SessionId
from confhub.kernel.permissions import Permission
from confhub.registry.values import EndpointKind
from confhub.reports.session import tree
from confhub.reports.session.units import RoomFacts, UnitFacts
from confhub.sessions import freezing
from confhub.sessions.errors import SessionUnknown
from confhub.sessions.models import FrozenRoom, FrozenUnit, MeetingSession, SessionEndpoint
from confhub.sessions.store import shown_to


@dataclass(frozen=True, slots=True)
class RoomName:
    """A room as it was called."""

    code: str
    name: str
    kind: str
    sort_key: str


@dataclass(frozen=True, slots=True)
class Names:
    """What a session's rooms and units were called. `frozen_at`: when that was written; None: not yet."""

    rooms: Mapping[int, RoomName]
    units: Mapping[int, UnitFacts]
    frozen_at: datetime | None


@dataclass(frozen=True, slots=True)
class SessionShown:
    """A session with the names of its day. `unit`: the organizer; `chair`: None for no chair."""

    row: MeetingSession
    names: Names
    unit: UnitFacts
    parent_name: str
    """Of the unit above the organizer; empty at a root."""
    chair: RoomName | None

    @property
    def names_at(self) -> datetime | None:
        """When the names were written down, where that was only after the session: they are not those of its
        day."""
        at, end = self.names.frozen_at, self.row.actual_end
        return at if at is not None and end is not None and at > end else None


@dataclass(frozen=True, slots=True)
class Seen:
    """Units in which the actor holds a right, of one session."""

    units: frozenset[int]

    def at(self, path: str) -> bool:
        """Whether the unit with this path is one of them."""
        return int(path.rstrip("/").rpartition("/")[2]) in self.units


async def session_facts(tx: Tx, actor: Actor, session_id: int) -> SessionShown | None:
    """The session; None for an unknown one, and for a draft that is not the actor's to edit. No other right
    is checked."""
    s = MeetingSession
    row = await tx.scalar(select(s).where(s.id == session_id, shown_to(actor)))
    if row is None:
        return None
    names = await _names(tx, row, actor.language)
    unit = names.units[row.unit_id]
    parent = names.units.get(unit.parent_id) if unit.parent_id is not None else None
    chair = names.rooms.get(row.chair_endpoint_id) if row.chair_endpoint_id is not None else None
    return SessionShown(row, names, unit, parent.name if parent is not None else "", chair)


async def seen(tx: Tx, actor: Actor, session: SessionShown, permission: Permission) -> Seen:
    """Where of this session the actor holds `permission`."""
    units = session.names.units.values()
    then = frozenset(one.id for one in units if allowed_then(actor, permission, one.path))
    if then:
        return Seen(then)
    today = await tree.paths(tx, session.names.units)
    return Seen(frozenset(one for one, path in today.items() if allows(actor, permission, path)))


async def room_facts(
    tx: Tx, actor: Actor, session: SessionShown, permission: Permission = Permission.REPORT_VIEW
) -> list[RoomFacts]:
    """The session's rooms where the actor holds `permission`, by the units of the session's day."""
    allowed, e = await seen(tx, actor, session, permission), SessionEndpoint
    query = select(e.endpoint_id, e.unit_id, e.is_chair).where(e.session_id == session.row.id)
    names = session.names
    return [
        RoomFacts(
            endpoint_id=endpoint_id,
            code=names.rooms[endpoint_id].code,
            name=names.rooms[endpoint_id].name,
            sort_key=names.rooms[endpoint_id].sort_key,
            unit=names.units[unit_id],
            is_chair=is_chair,
            counted=names.rooms[endpoint_id].kind != EndpointKind.STUDIO.value,
        )
        for endpoint_id, unit_id, is_chair in await tx.execute(query)
        if unit_id in allowed.units
    ]


async def _names(tx: Tx, session: MeetingSession, language: str) -> Names:
    """The frozen names; what is not frozen (yet) by its name of today."""
    u, r, e = FrozenUnit.__table__, FrozenRoom.__table__, SessionEndpoint
    frozen = (await tx.execute(select(u).where(u.c.session_id == session.id))).mappings().all()
    units: dict[int, Mapping[str, Any]] = {row["unit_id"]: dict(row) for row in frozen}
    named = (await tx.execute(select(r).where(r.c.session_id == session.id))).mappings()
    rooms: dict[int, Mapping[str, Any]] = {row["endpoint_id"]: dict(row) for row in named}
    places = (await tx.execute(select(e.endpoint_id, e.unit_id).where(e.session_id == session.id))).all()
    if {session.unit_id, *(place[1] for place in places)} - units.keys():
        units = {row["unit_id"]: row for row in await freezing.units_today(tx, session.id)} | units
    if {session.chair_endpoint_id or 0, *(place[0] for place in places)} - {0} - rooms.keys():
        today = (await tx.execute(freezing.rooms_today(session.id))).mappings()
        rooms = {row["endpoint_id"]: dict(row) for row in today} | rooms
    return Names(
        {number: RoomName(*(row[name] for name in RoomName.__slots__)) for number, row in rooms.items()},
        {number: _unit(row, language) for number, row in units.items()},
        min((row["frozen_at"] for row in frozen), default=None),
    )


def _unit(row: Mapping[str, Any], language: str) -> UnitFacts:
    tier = row["tier_name_en"] if language == "en" and row["tier_name_en"] else row["tier_name"]
    return UnitFacts(
        row["unit_id"], row["parent_id"], row["name"], row["path"], row["sort_key"], row["tier_id"], tier,
        row["tier_rank"],
    )  # fmt: skip


async def visible(tx: Tx, actor: Actor, session_id: SessionId, permission: Permission) -> SessionShown:
    """The session; raises `SessionUnknown` where the actor holds `permission` over none of it."""
    session = await session_facts(tx, actor, session_id)
    if session is None:
        raise SessionUnknown(field="session")
    allowed = await seen(tx, actor, session, permission)
    if session.unit.id not in allowed.units and not await room_facts(tx, actor, session, permission):
        raise SessionUnknown(field="session")
    return session
