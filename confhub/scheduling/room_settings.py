"""RoomSettings: what a branch says of its rooms: conflicts, days off, setting up and clearing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import delete, exists, select, update
from sqlalchemy.orm import aliased

from confhub.access.rules import Actor, allows
from confhub.audit.service import record
from confhub.db.database import Database, Tx
from confhub.kernel.clock import Clock
from confhub.kernel.errors import Forbidden, NotFound
from confhub.kernel.ids import EndpointId, UnitId
from confhub.kernel.limits import NAME_MAX_CHARS
from confhub.kernel.permissions import Permission
from confhub.kernel.versions import check_seen
from confhub.org.published import UnitColumns
from confhub.org.store import find_unit
from confhub.registry.published import RoomColumns
from confhub.scheduling import errors
from confhub.scheduling.bookings import BookingKeeper, OnConflict, policies_in_force, policy_at
from confhub.scheduling.limits import BUFFER_MAX_MIN, OWN_DAYS_MAX
from confhub.scheduling.models import Booking, BookingRule, DayOffRow, RoomBuffer
from confhub.sessions.rules import printable

_MINUTE_S: Final = 60
_DAYS: Final = "scheduling.days_off"


@dataclass(frozen=True, slots=True)
class UnitBooking:
    """A unit's own rule, None where it has none, and the one that holds for its rooms."""

    own: OnConflict | None
    in_force: OnConflict


@dataclass(frozen=True, slots=True)
class OwnDay:
    """A day off and its name."""

    day: date
    name: str


@dataclass(frozen=True, slots=True)
class Buffers:
    """Minutes that a room needs before and after each session."""

    setup_min: int = 0
    clear_min: int = 0


class RoomSettings:
    """Reading asks for the right to view the unit or the room, writing for editing the room, or the unit."""

    def __init__(self, db: Database, clock: Clock, bookings: BookingKeeper) -> None:
        self._db, self._clock, self._bookings = db, clock, bookings

    async def booking_rule(self, actor: Actor, unit_id: UnitId) -> UnitBooking:
        """The unit's rule. NotFound."""
        async with self._db.reading() as tx:
            path = await unit_path(tx, actor, unit_id, Permission.UNIT_VIEW)
            return await _rule(tx, unit_id, path)

    async def set_booking_rule(
        self, actor: Actor, unit_id: UnitId, own: OnConflict | None, *, seen: str | None = None
    ) -> UnitBooking:
        """What holds from now on for rooms of the unit and below it; None: what holds above it. What is
        booked stays booked. `seen`: see `kernel.versions`. NotFound, Forbidden."""
        async with self._db.transaction() as tx:
            await self._bookings.alone(tx)
            path = await unit_path(tx, actor, unit_id, Permission.UNIT_EDIT)
            check_seen(seen, await _rule(tx, unit_id, path))
            await tx.execute(delete(BookingRule).where(BookingRule.unit_id == unit_id))
            if own is not None:
                tx.add(BookingRule(unit_id=unit_id, on_conflict=own.value))
            await tx.flush()
            record(
                tx, actor, "scheduling:booking:rule", "unit", unit_id, self._clock.now(),
                path=path, on_conflict=own.value if own else None,
            )  # fmt: skip
            return await _rule(tx, unit_id, path)

    async def days_off(self, actor: Actor, unit_id: UnitId) -> tuple[OwnDay, ...]:
        """The unit's own days off, in order. NotFound."""
        async with self._db.reading() as tx:
            await unit_path(tx, actor, unit_id, Permission.UNIT_VIEW)
            return await _days(tx, unit_id)

    async def set_days_off(
        self, actor: Actor, unit_id: UnitId, days: Sequence[OwnDay], *, seen: str | None = None
    ) -> tuple[OwnDay, ...]:
        """The unit's own days off instead of those before; dates that are made already stay. `seen`: see
        `kernel.versions`. NotFound, Forbidden, TooManyOwnDays, DayOffNameMissing."""
        if len(days) > OWN_DAYS_MAX:
            raise errors.TooManyOwnDays(field="days", max_count=OWN_DAYS_MAX)
        named = {one.day: one.name.strip() for one in days}
        if not all(0 < len(name) <= NAME_MAX_CHARS and printable(name) for name in named.values()):
            raise errors.DayOffNameMissing(field="days", max_chars=NAME_MAX_CHARS)
        async with self._db.transaction() as tx:
            path = await unit_path(tx, actor, unit_id, Permission.UNIT_EDIT)
            await tx.alone(_DAYS)
            check_seen(seen, await _days(tx, unit_id))
            await tx.execute(delete(DayOffRow).where(DayOffRow.unit_id == unit_id))
            tx.add_all(DayOffRow(unit_id=unit_id, day=day, name=name) for day, name in named.items())
            await tx.flush()
            record(
                tx, actor, "scheduling:unit:days_off", "unit", unit_id, self._clock.now(),
                path=path, count=len(named),
            )  # fmt: skip
            return await _days(tx, unit_id)

    async def change_day_off(
        self,
        actor: Actor,
        unit_id: UnitId,
        was: date | None,
        wanted: OwnDay | None,
        *,
        seen: str | None = None,
    ) -> None:
        """One day off added (`was` None), changed, or removed (`wanted` None); dates that are made already
        stay. `seen`: of the day as it was. NotFound, Forbidden, DayOffGone, DayOffTwice, TooManyOwnDays,
        DayOffNameMissing."""
        if wanted is not None:
            wanted = OwnDay(wanted.day, wanted.name.strip())
            if not 0 < len(wanted.name) <= NAME_MAX_CHARS or not printable(wanted.name):
                raise errors.DayOffNameMissing(field="name", max_chars=NAME_MAX_CHARS)
        async with self._db.transaction() as tx:
            path = await unit_path(tx, actor, unit_id, Permission.UNIT_EDIT)
            await tx.alone(_DAYS)
            known = {one.day: one for one in await _days(tx, unit_id)}
            if was is not None:
                if was not in known:
                    raise errors.DayOffGone
                check_seen(seen, known.pop(was))
            if wanted is not None and wanted.day in known:
                raise errors.DayOffTwice(field="day", name=known[wanted.day].name)
            if wanted is not None and len(known) >= OWN_DAYS_MAX:
                raise errors.TooManyOwnDays(field="day", max_count=OWN_DAYS_MAX)
            await tx.execute(delete(DayOffRow).where(DayOffRow.unit_id == unit_id, DayOffRow.day == was))
            if wanted is not None:
                tx.add(DayOffRow(unit_id=unit_id, day=wanted.day, name=wanted.name))
            await tx.flush()
            record(
                tx, actor, "scheduling:unit:days_off", "unit", unit_id, self._clock.now(), path=path,
                count=len(known) + (wanted is not None),
                day=wanted.day.isoformat() if wanted else None,
                name=wanted.name if wanted else None,
                day_removed=was.isoformat() if was else None,
            )  # fmt: skip

    async def buffers(self, actor: Actor, endpoint_id: EndpointId) -> Buffers:
        """The room's. NotFound."""
        async with self._db.reading() as tx:
            await room_path(tx, actor, endpoint_id, Permission.ENDPOINT_VIEW)
            return await _buffers(tx, endpoint_id)

    async def set_buffers(
        self, actor: Actor, endpoint_id: EndpointId, wanted: Buffers, *, seen: str | None = None
    ) -> Buffers:
        """Other minutes; what the room is booked for from now on follows. `seen`: see `kernel.versions`.
        NotFound, Forbidden, BufferOutOfRange, BuffersMeet."""
        for name in ("setup_min", "clear_min"):
            if not 0 <= getattr(wanted, name) <= BUFFER_MAX_MIN:
                raise errors.BufferOutOfRange(field=name, max_min=BUFFER_MAX_MIN)
        now = self._clock.now()
        async with self._db.transaction() as tx:
            await self._bookings.alone(tx)
            path = await room_path(tx, actor, endpoint_id, Permission.ENDPOINT_EDIT)
            before = await _buffers(tx, endpoint_id)
            check_seen(seen, before)
            await _rebook(tx, endpoint_id, before, wanted, int(now.timestamp()))
            await tx.execute(delete(RoomBuffer).where(RoomBuffer.endpoint_id == endpoint_id))
            tx.add(
                RoomBuffer(endpoint_id=endpoint_id, setup_min=wanted.setup_min, clear_min=wanted.clear_min)
            )
            record(
                tx, actor, "scheduling:room:buffers", "endpoint", endpoint_id, now,
                path=path, setup_min=wanted.setup_min, clear_min=wanted.clear_min,
            )  # fmt: skip
        return wanted


async def unit_path(tx: Tx, actor: Actor, unit_id: UnitId, permission: Permission) -> str:
    """The unit's path. NotFound, Forbidden."""
    unit = await find_unit(tx, unit_id)
    if unit is None or not allows(actor, Permission.UNIT_VIEW, unit.path):
        raise NotFound
    if not allows(actor, permission, unit.path):
        raise Forbidden(permission=permission.value)
    return unit.path


async def room_path(tx: Tx, actor: Actor, endpoint_id: EndpointId, permission: Permission) -> str:
    """The path of the room's unit. NotFound, Forbidden."""
    query = select(UnitColumns.path).join(*RoomColumns.on(RoomColumns.unit_id == UnitColumns.id))
    path = await tx.scalar(query.where(RoomColumns.id == endpoint_id))
    if path is None or not allows(actor, Permission.ENDPOINT_VIEW, path):
        raise NotFound
    if not allows(actor, permission, path):
        raise Forbidden(permission=permission.value)
    return path


async def _rule(tx: Tx, unit_id: UnitId, path: str) -> UnitBooking:
    policies = await policies_in_force(tx)
    return UnitBooking(policies.get(path), policy_at(path, policies))


async def _days(tx: Tx, unit_id: UnitId) -> tuple[OwnDay, ...]:
    query = select(DayOffRow.day, DayOffRow.name).where(DayOffRow.unit_id == unit_id)
    return tuple(OwnDay(*row) for row in await tx.execute(query.order_by(DayOffRow.day)))


async def _buffers(tx: Tx, endpoint_id: EndpointId) -> Buffers:
    query = select(RoomBuffer.setup_min, RoomBuffer.clear_min).where(RoomBuffer.endpoint_id == endpoint_id)
    row = (await tx.execute(query)).one_or_none()
    return Buffers() if row is None else Buffers(*row)


async def _rebook(tx: Tx, endpoint_id: EndpointId, before: Buffers, wanted: Buffers, now_s: int) -> None:
    """Move both ends of the room's bookings to come; BuffersMeet where two that exclude each other would."""
    b, other = Booking, aliased(Booking)
    earlier_s = (wanted.setup_min - before.setup_min) * _MINUTE_S
    later_s = (wanted.clear_min - before.clear_min) * _MINUTE_S
    meeting = exists().where(
        b.endpoint_id == endpoint_id, other.endpoint_id == endpoint_id, b.exclusive, other.exclusive,
        b.until_s > now_s, other.from_s > b.from_s, other.from_s - earlier_s < b.until_s + later_s,
    )  # fmt: skip
    if await tx.scalar(select(meeting)):
        raise errors.BuffersMeet
    coming = update(b).where(b.endpoint_id == endpoint_id, b.from_s > now_s)
    moved = coming.values(from_s=b.from_s - earlier_s, until_s=b.until_s + later_s)
    await tx.execute(moved.execution_options(synchronize_session=False))
