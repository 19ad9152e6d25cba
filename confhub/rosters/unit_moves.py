"""Use cases of moving all that belongs to one unit to another: look first, move, take it back."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import func, or_, select, text

from confhub.access.rules import Actor, allows, require
from confhub.accounts.errors import LastAdministrator
from confhub.accounts.events import AccountChanged
from confhub.accounts.rules import require_may_grant
from confhub.accounts.store import top_administrator_exists
from confhub.audit.service import record
from confhub.db.database import Database, Tx
from confhub.kernel.clock import Clock
from confhub.kernel.ids import AccountId, EndpointId, UnitId
from confhub.kernel.permissions import Permission, Role
from confhub.org.dissolved import Calendar, check_standing
from confhub.org.events import UnitChanged
from confhub.org.store import unit_by_id, visible_unit
from confhub.org.values import Unit
from confhub.registry.events import EndpointChanged
from confhub.registry.published import RoomColumns
from confhub.rosters import unit_moving as moving
from confhub.rosters.errors import (
    ListRoomElsewhere,
    MoveToItself,
    NothingToMove,
    RoomFull,
    UnitMoveStale,
    UnitMoveUndone,
    UnitMoveUnknown,
)
from confhub.rosters.limits import ROOM_PEOPLE_MAX
from confhub.rosters.models import STANDING_ENTRY, RosterEntry, UnitMoveRow
from confhub.rosters.unit_moving import Load

MOVES_SHOWN: Final = 20
"""Moves of one unit that its page shows: a reorganization makes a handful."""

_NEEDED: Final = {
    "rooms": Permission.ENDPOINT_EDIT,
    "people": Permission.PERSON_EDIT,
    "roles": Permission.ACCOUNT_EDIT,
    "lists": Permission.ROSTER_EDIT,
}


@dataclass(frozen=True, slots=True)
class MoveWish:
    """Where to, and which kinds. Standing lists go with their rooms; `lists_to` is the room of the new unit
    that takes them instead."""

    to_unit_id: UnitId
    rooms: bool = True
    people: bool = True
    roles: bool = True
    lists_to: int | None = None

    @property
    def kinds(self) -> list[str]:
        """The kinds whose rights are asked at both units."""
        chosen = {"rooms": self.rooms, "people": self.people, "roles": self.roles}
        chosen["lists"] = self.lists_to is not None
        return [kind for kind, wanted in chosen.items() if wanted]


@dataclass(frozen=True, slots=True)
class UnitMove:
    """What is moved, or was. `listed`: entries of the standing lists of the rooms, which go with them;
    `lists`: those that another room takes. `sessions`: planned ones that keep the rooms. `seen`: what a
    preview showed. `id`, `at` and what follows: of a move that was done."""

    unit: Unit
    to: Unit
    rooms: int
    people: int
    roles: int
    lists: int
    listed: int = 0
    sessions: int = 0
    units_below: int = 0
    seen: str = ""
    id: int | None = None
    at: datetime | None = None
    actor_name: str = ""
    undone_at: datetime | None = None


class UnitMoveService:
    """Tells EndpointChanged, UnitChanged and AccountChanged, as far as they are concerned.

    Every kind that is chosen needs its right at both units, and the new one must not be dissolved. What lies
    in the past stays: sessions keep the rooms, people and units of their day.
    """

    def __init__(self, db: Database, clock: Clock, timezone: str = "Asia/Ho_Chi_Minh") -> None:
        """`timezone`: whose calendar says which units are dissolved."""
        self._db = db
        self._clock = clock
        self._calendar = Calendar(clock, timezone)

    async def preview(self, actor: Actor, unit_id: UnitId, wish: MoveWish) -> UnitMove:
        """What would be moved; writes nothing. Raises as `move`, but for `NothingToMove`."""
        async with self._db.reading() as tx:
            unit, to = await self._units(tx, actor, unit_id, wish)
            load = await self._load(tx, actor, unit, to, wish)
            return await _told(tx, unit, to, load)

    async def move(
        self, actor: Actor, unit_id: UnitId, wish: MoveWish, *, seen: str | None = None
    ) -> UnitMove:
        """Move it, all or nothing. `seen`: of the preview; else raises `UnitMoveStale`.

        Raises `UnitNotFound`, `Forbidden`, `UnitDissolved`, `MoveToItself`, `ListRoomElsewhere`, `RoomFull`,
        `NothingToMove`, `LastAdministrator`.
        """
        async with self._db.transaction() as tx:
            await _alone(tx)
            unit, to = await self._units(tx, actor, unit_id, wish)
            load = await self._load(tx, actor, unit, to, wish)
            told = await _told(tx, unit, to, load)
            if seen is not None and seen != told.seen:
                raise UnitMoveStale
            if load.empty:
                raise NothingToMove
            there_was, now = await top_administrator_exists(tx), self._clock.now()
            if load.room is not None:
                await moving.carry_lists(tx, load.lists, load.room, now)
            await moving.carry_rooms(tx, load.rooms, unit.id, to.id, to.path)
            await moving.carry_people(tx, load.people, unit.id, to.id)
            await moving.carry_roles(tx, load.roles, unit.id, to.id)
            await tx.flush()
            if there_was and not await top_administrator_exists(tx):
                raise LastAdministrator(field="roles")
            row = UnitMoveRow(from_id=unit.id, to_id=to.id, at=now, actor_name=actor.name, moved=asdict(load))
            tx.add(row)
            await tx.flush()
            counts = {kind: len(getattr(load, kind)) for kind in _NEEDED}
            _note(tx, actor, "org:unit:move", unit, to, now, counts)
            _tell(tx, load)
            return await _done(tx, row, unit, to)

    async def moves(self, actor: Actor, unit_id: UnitId) -> list[UnitMove]:
        """The newest moves away from the unit or to it, as far as the actor sees both units."""
        m = UnitMoveRow
        async with self._db.reading() as tx:
            unit = await visible_unit(tx, actor, unit_id)
            query = select(m).where(or_(m.from_id == unit.id, m.to_id == unit.id))
            rows = await tx.scalars(query.order_by(m.id.desc()).limit(MOVES_SHOWN))
            found = []
            for row in rows.all():
                ends = [await unit_by_id(tx, one) for one in (row.from_id, row.to_id)]
                if all(allows(actor, Permission.UNIT_VIEW, end.path) for end in ends):
                    found.append(await _done(tx, row, *ends))
            return found

    async def undo(self, actor: Actor, move_id: int) -> UnitMove:
        """Take a move back: what of it is still at the new unit returns. What it says is how much returned.

        Raises `UnitMoveUnknown`, `UnitMoveUndone`, `Forbidden`, and `UnitDissolved` while the former unit is.
        """
        async with self._db.transaction() as tx:
            await _alone(tx)
            row = await tx.get(UnitMoveRow, move_id)
            if row is None:
                raise UnitMoveUnknown
            unit, to = [await unit_by_id(tx, one) for one in (row.from_id, row.to_id)]
            if not all(allows(actor, Permission.UNIT_VIEW, end.path) for end in (unit, to)):
                raise UnitMoveUnknown
            load = _stored(row.moved)
            for kind in _NEEDED:
                if getattr(load, kind):
                    _require(actor, kind, unit, to)
            if row.undone_at is not None:
                raise UnitMoveUndone
            await check_standing(tx, unit, self._calendar.today())
            _require_roles(actor, load, unit, to)
            row.undone_at = now = self._clock.now()
            rooms = await moving.carry_rooms(tx, load.rooms, to.id, unit.id, unit.path)
            counts = {
                "rooms": len(rooms),
                "people": await moving.carry_people(tx, load.people, to.id, unit.id),
                "roles": await moving.return_roles(tx, load.roles, unit.id, to.id),
                "lists": 0,
            }
            if load.room is not None:
                counts["lists"] = await moving.return_lists(tx, load.lists, load.room, now)
            _note(tx, actor, "org:unit:unmove", unit, to, now, counts)
            _tell(tx, load)
            return UnitMove(
                unit, to, counts["rooms"], counts["people"], counts["roles"], counts["lists"],
                id=row.id, at=row.at, actor_name=row.actor_name, undone_at=row.undone_at,
            )  # fmt: skip

    async def _units(self, tx: Tx, actor: Actor, unit_id: UnitId, wish: MoveWish) -> tuple[Unit, Unit]:
        unit = await visible_unit(tx, actor, unit_id)
        to = await visible_unit(tx, actor, wish.to_unit_id)
        if unit.id == to.id:
            raise MoveToItself(field="to_unit_id")
        for kind in wish.kinds:
            _require(actor, kind, unit, to)
        await check_standing(tx, to, self._calendar.today(), "to_unit_id")
        return unit, to

    async def _load(self, tx: Tx, actor: Actor, unit: Unit, to: Unit, wish: MoveWish) -> Load:
        rooms = await moving.rooms_at(tx, unit.id)
        load = Load()
        if wish.rooms:
            load.rooms = rooms
        if wish.people:
            load.people = await moving.people_at(tx, unit.id)
        if wish.roles:
            load.roles = await moving.roles_at(tx, unit.id, to.id)
            _require_roles(actor, load, unit, to)
        if wish.lists_to is not None:
            await _check_list_room(tx, to, wish.lists_to)
            load.room = wish.lists_to
            load.lists = await moving.lists_of(tx, rooms)
            await _check_size(tx, load.room, len(load.lists))
        return load


async def _alone(tx: Tx) -> None:
    for name in ("org.unit", "registry.endpoint", "people.person", "accounts.account"):
        await tx.alone(name)


def _require(actor: Actor, kind: str, unit: Unit, to: Unit) -> None:
    require(actor, _NEEDED[kind], unit.path)
    require(actor, _NEEDED[kind], to.path)


def _require_roles(actor: Actor, load: Load, unit: Unit, to: Unit) -> None:
    for role in {role for _, role, _ in load.roles}:
        require_may_grant(actor, Role(role), unit.path)
        require_may_grant(actor, Role(role), to.path)


async def _check_list_room(tx: Tx, to: Unit, room: int) -> None:
    r = RoomColumns
    query = select(r.id).where(r.id == room, r.unit_id == to.id, r.retired_at.is_(None))
    if await tx.scalar(query) is None:
        raise ListRoomElsewhere(field="lists_to")


async def _check_size(tx: Tx, room: int, more: int) -> None:
    r = RosterEntry
    there = await tx.scalar(select(func.count()).where(text(STANDING_ENTRY), r.endpoint_id == room))
    if (there or 0) + more > ROOM_PEOPLE_MAX:
        raise RoomFull(field="lists_to", limit=ROOM_PEOPLE_MAX)


async def _told(tx: Tx, unit: Unit, to: Unit, load: Load) -> UnitMove:
    listed = len(await moving.lists_of(tx, load.rooms)) if load.room is None else 0
    return UnitMove(
        unit, to, len(load.rooms), len(load.people), len(load.roles), len(load.lists), listed,
        len(await moving.planned_sessions(tx, load.rooms)), await moving.units_below(tx, unit.id, unit.path),
        load.seen(),
    )  # fmt: skip


async def _done(tx: Tx, row: UnitMoveRow, unit: Unit, to: Unit) -> UnitMove:
    load = _stored(row.moved)
    return UnitMove(
        unit, to, len(load.rooms), len(load.people), len(load.roles), len(load.lists),
        id=row.id, at=row.at, actor_name=row.actor_name, undone_at=row.undone_at,
    )  # fmt: skip


def _stored(moved: dict[str, Any]) -> Load:
    roles = [(account, role, held) for account, role, held in moved["roles"]]
    lists = [(person, room) for person, room in moved["lists"]]
    return Load(moved["rooms"], moved["people"], roles, lists, moved["room"])


def _note(
    tx: Tx, actor: Actor, action: str, unit: Unit, to: Unit, now: datetime, counts: dict[str, int]
) -> None:
    """One row in each branch, so that both find it."""
    for subject in (unit, to):
        record(tx, actor, action, "unit", subject.id, now, path=subject.path,
               **{"from": unit.code, "to_unit": to.code}, **counts)  # fmt: skip


def _tell(tx: Tx, load: Load) -> None:
    for room in load.rooms:
        tx.tell(EndpointChanged(EndpointId(room)))
    for account in sorted({account for account, _, _ in load.roles}):
        tx.tell(AccountChanged(AccountId(account)))
    tx.tell(UnitChanged())
