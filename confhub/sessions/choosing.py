"""From branches, exceptions and single additions to the rooms of a session."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar

from sqlalchemy import or_, select

from confhub.access.rules import Actor, allows, below
from confhub.db.database import Tx
from confhub.kernel.errors import DomainError
from confhub.kernel.ids import SessionId, endpoint_identity
from confhub.kernel.limits import SESSION_ENDPOINTS_MAX
from confhub.kernel.permissions import Permission
from confhub.org.published import UnitColumns
from confhub.org.store import find_unit, units_by_id
from confhub.org.values import Unit
from confhub.registry.published import RoomColumns
from confhub.registry.values import EndpointKind
from confhub.sessions import errors, freezing
from confhub.sessions.events import RoomsChosen
from confhub.sessions.models import MeetingSession, SessionEndpoint
from confhub.sessions.rules import OPEN
from confhub.sessions.values import RoomState, SessionInput, SessionState

IDS_AT_ONCE = 500
"""Ids in one IN list."""

_Item = TypeVar("_Item")


@dataclass(frozen=True, slots=True)
class Chosen:
    """A room that takes part."""

    id: int
    code: str
    unit_id: int


async def choose(
    tx: Tx, actor: Actor, wanted: SessionInput, day: date
) -> tuple[dict[int, Chosen], list[DomainError]]:
    """The rooms by id, and what is wrong with the choice. `day`: of the session, in the house's zone.

    A branch brings its rooms in use whose unit is valid on that day; studios come by name only.
    """
    faults: list[DomainError] = []
    await _check_branch(tx, actor, wanted, day, faults)
    rooms = await _of_branches(tx, actor, wanted, day, faults)
    excluded = {row.id for row in await _named(tx, wanted.participants.exclude_endpoints)}
    if len(excluded) < len(set(wanted.participants.exclude_endpoints)):
        faults.append(errors.EndpointUnknown(field="exclude_endpoints"))
    for endpoint_id in excluded:
        rooms.pop(endpoint_id, None)
    rooms |= await _single(tx, actor, wanted.participants.include_endpoints, "include_endpoints", faults)
    if wanted.chair_endpoint_id is not None:
        rooms |= await _single(tx, actor, [wanted.chair_endpoint_id], "chair_endpoint_id", faults)
    if len(rooms) > SESSION_ENDPOINTS_MAX:
        faults.append(
            errors.TooManyEndpoints(field="include_units", count=len(rooms), max_count=SESSION_ENDPOINTS_MAX)
        )
    return rooms, faults


def readiness_faults(wanted: SessionInput, rooms: dict[int, Chosen]) -> list[DomainError]:
    """What keeps a draft from being scheduled."""
    faults: list[DomainError] = []
    if wanted.chair_endpoint_id is None:
        faults.append(errors.ChairMissing(field="chair_endpoint_id"))
    if not rooms.keys() - {wanted.chair_endpoint_id}:
        faults.append(errors.NobodyChosen(field="include_units"))
    return faults


async def _check_branch(
    tx: Tx, actor: Actor, wanted: SessionInput, day: date, faults: list[DomainError]
) -> None:
    unit = await find_unit(tx, wanted.unit_id)
    if unit is None or not allows(actor, Permission.SESSION_EDIT, unit.path):
        faults.append(errors.UnitUnknown(field="unit_id"))
    elif not _valid(unit, day):
        faults.append(errors.UnitNotValid(field="unit_id", name=unit.name))


async def _of_branches(
    tx: Tx, actor: Actor, wanted: SessionInput, day: date, faults: list[DomainError]
) -> dict[int, Chosen]:
    paths: list[str] = []
    unit_ids = set(wanted.participants.include_units)
    units = await units_by_id(tx, unit_ids)
    for unit_id in sorted(unit_ids):
        unit = units.get(unit_id)
        if unit is None or not allows(actor, Permission.SESSION_EDIT, unit.path):
            faults.append(errors.UnitUnknown(field="include_units"))
        elif not _valid(unit, day):
            faults.append(errors.UnitNotValid(field="include_units", name=unit.name))
        else:
            paths.append(unit.path)
    rooms: dict[int, Chosen] = {}
    for some in _portions(_outermost(paths)):
        query = (
            select(RoomColumns.id, RoomColumns.code, RoomColumns.unit_id)
            .join(*UnitColumns.of(RoomColumns.unit_id))
            .where(
                or_(*(below(path, UnitColumns.path) for path in some)),
                RoomColumns.retired_at.is_(None),
                RoomColumns.kind == EndpointKind.ROOM.value,
                or_(UnitColumns.valid_from.is_(None), UnitColumns.valid_from <= day),
                or_(UnitColumns.valid_to.is_(None), UnitColumns.valid_to >= day),
            )
            .limit(SESSION_ENDPOINTS_MAX + 1)
        )
        rooms |= {row.id: Chosen(row.id, row.code, row.unit_id) for row in await tx.execute(query)}
    return rooms


async def _single(
    tx: Tx, actor: Actor, endpoint_ids: Sequence[int], field: str, faults: list[DomainError]
) -> dict[int, Chosen]:
    rooms: dict[int, Chosen] = {}
    found = {row.id: row for row in await _named(tx, endpoint_ids)}
    for endpoint_id in dict.fromkeys(endpoint_ids):
        row = found.get(endpoint_id)
        if row is None or not allows(actor, Permission.SESSION_EDIT, row.path):
            faults.append(errors.EndpointUnknown(field=field))
        elif row.retired_at is not None:
            faults.append(errors.EndpointRetired(field=field, name=row.name))
        else:
            rooms[endpoint_id] = Chosen(row.id, row.code, row.unit_id)
    return rooms


@dataclass(frozen=True, slots=True)
class _Named:
    id: int
    code: str
    name: str
    unit_id: int
    retired_at: datetime | None
    path: str


async def _named(tx: Tx, endpoint_ids: Sequence[int]) -> list[_Named]:
    rows: list[_Named] = []
    for some in _portions(list(dict.fromkeys(endpoint_ids))):
        query = (
            select(
                RoomColumns.id,
                RoomColumns.code,
                RoomColumns.name,
                RoomColumns.unit_id,
                RoomColumns.retired_at,
                UnitColumns.path,
            )
            .join(*UnitColumns.of(RoomColumns.unit_id))
            .where(RoomColumns.id.in_(some))
        )
        rows += [_Named(*row) for row in await tx.execute(query)]
    return rows


def _valid(unit: Unit, day: date) -> bool:
    return (unit.valid_from is None or unit.valid_from <= day) and (
        unit.valid_to is None or day <= unit.valid_to
    )


def _outermost(paths: Sequence[str]) -> list[str]:
    outer: list[str] = []
    for path in sorted(set(paths)):
        if not any(path.startswith(branch) for branch in outer):
            outer.append(path)
    return outer


def _portions(items: Sequence[_Item]) -> list[Sequence[_Item]]:
    return [items[start : start + IDS_AT_ONCE] for start in range(0, len(items), IDS_AT_ONCE)]


@dataclass(frozen=True, slots=True)
class Matched:
    """What changed among a session's rooms: endpoint ids added (or expected again), and identities gone."""

    added: tuple[int, ...]
    gone: tuple[SessionEndpoint, ...]


async def match_rooms(tx: Tx, session: MeetingSession, rooms: dict[int, Chosen], now: datetime) -> Matched:
    """Make the session's rows follow the choice.

    Before live, rooms gone are forgotten. While live nothing is: a room added is expected from `now`, a room
    gone was expected until `now`; one that comes back is expected from its first day on.
    """
    live = session.state == SessionState.LIVE.value
    query = select(SessionEndpoint).where(SessionEndpoint.session_id == session.id)
    present = {row.endpoint_id: row for row in await tx.scalars(query)}
    added: list[int] = []
    for endpoint_id, room in rooms.items():
        row = present.get(endpoint_id)
        if row is None:
            tx.add(_new_row(session, room, now if live else None))
            added.append(endpoint_id)
        elif row.expected_until is not None:
            row.expected_until = None
            added.append(endpoint_id)
    gone = [row for key, row in present.items() if key not in rooms and row.expected_until is None]
    for row in gone:
        if live:
            row.expected_until = now
        else:
            await tx.delete(row)
    for row in present.values():
        row.is_chair = row.endpoint_id == session.chair_endpoint_id
    await tx.flush()
    if added or gone:
        tx.tell(RoomsChosen(SessionId(session.id)))
    if session.state in OPEN:
        await freezing.freeze(tx, session.id, now)
    return Matched(tuple(added), tuple(gone))


def _new_row(session: MeetingSession, room: Chosen, expected_from: datetime | None) -> SessionEndpoint:
    return SessionEndpoint(
        session_id=session.id,
        endpoint_id=room.id,
        unit_id=room.unit_id,
        identity=endpoint_identity(room.code),
        is_chair=room.id == session.chair_endpoint_id,
        expected_from=expected_from,
        state=RoomState.EXPECTED.value,
    )
