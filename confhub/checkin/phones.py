"""Use cases of phones that were taken: whose they are in a session, and taking one back.

A phone counts for one person a session. Whoever lent theirs, tapped a wrong name, or shares one with a
commune, has it taken back by the room or by an officer, who says as well whether its check-ins count on.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, exists, func, select

from confhub.access.rules import Actor, allows
from confhub.audit.service import record
from confhub.checkin import same, store, taken
from confhub.checkin.errors import PhoneUnknown
from confhub.checkin.models import CheckinDevice, CheckinUndo, PhoneTrace
from confhub.checkin.sources import paths_of
from confhub.checkin.undoing import UndoService
from confhub.checkin.undone import DEVICE, PHONE, Undone
from confhub.checkin.values import RoomTeller
from confhub.db.database import Database, Tx
from confhub.kernel.clock import Clock
from confhub.kernel.ids import AttendeeId, EndpointId, SessionId
from confhub.kernel.permissions import Permission
from confhub.people.rules import clean_reason
from confhub.registry.published import RoomColumns
from confhub.sessions import store as sessions
from confhub.sessions.errors import AttendanceSealed


@dataclass(frozen=True, slots=True)
class HeldPhone:
    """A phone that counts for a person in a session. `device`: its mark; `since`: its first check-in;
    `rooms`: where it told something, by name; `events`: what it told and still counts."""

    device: str
    attendee_id: AttendeeId
    since: datetime
    rooms: tuple[str, ...]
    events: int


class PhoneService:
    """Rights by the branch of a room in which the phone told something (`ATTENDANCE_CORRECT`), or that
    room's own tablet."""

    def __init__(self, db: Database, clock: Clock, undoing: UndoService) -> None:
        self._db = db
        self._clock = clock
        self._undoing = undoing

    async def of_person(
        self, actor: Actor, session_id: SessionId, attendee_id: AttendeeId
    ) -> list[HeldPhone]:
        """The phones that count for this person, under any entry, as far as the actor may take them back;
        the oldest first. Raises SessionUnknown."""
        async with self._db.reading() as tx:
            await sessions.visible_view(tx, actor, session_id)
            entries = same.everybody([attendee_id], await same.standing(tx, session_id))
            held = await _held(tx, session_id, CheckinDevice.attendee_id.in_(entries))
            rooms = await _rooms(tx, session_id, [one.device for one in held])
            paths = await paths_of(tx, session_id)
            counted = await taken.counted(tx, session_id, [one.device for one in held])
            names = await _names(tx, {room for found in rooms.values() for room in found})
        return [
            HeldPhone(
                one.device, AttendeeId(one.attendee_id), one.at,
                tuple(names[room] for room in rooms[one.device]), counted.get(one.device, 0),
            )
            for one in held
            if _may(actor, paths, rooms[one.device])
        ]  # fmt: skip

    async def take_back(
        self, actor: Actor, session_id: SessionId, device: str, reason: str, *, check_ins: bool = False
    ) -> Undone:
        """The phone counts for nobody from now on; with `check_ins`, what it told of its person in
        the actor's branches counts no longer either.

        Raises SessionUnknown, PhoneUnknown (also where it is outside the branch), NothingToUndo,
        AttendanceSealed, and what is wrong with the reason.
        """
        cleaned = clean_reason(reason)
        async with self._db.transaction() as tx:
            await sessions.visible_view(tx, actor, session_id)
            await _open_session(tx, session_id)
            held = await _held(tx, session_id, CheckinDevice.device == device[:64])
            rooms = await _rooms(tx, session_id, [device])
            paths = await paths_of(tx, session_id)
            if not held or not _may(actor, paths, rooms[device]):
                raise PhoneUnknown(field="device")
            if not check_ins:
                own = next(room for room in rooms[device] if _may(actor, paths, [room]))
                return await self._release(tx, actor, session_id, held, own, paths[own], cleaned)
            entries = same.everybody([held[0].attendee_id], await same.standing(tx, session_id))
            await taken.release(tx, session_id, [device])
            return await self._undoing.undo_in(
                tx, actor, session_id, f"{DEVICE}:{device}", cleaned, of=entries
            )

    async def take_back_as_room(
        self, teller: RoomTeller, session_id: SessionId, attendee_id: AttendeeId, reason: str
    ) -> Undone:
        """As a room: the phones that count for this person and told something here count for nobody from now
        on. What they told counts on: the room checks people out itself.

        Raises SessionUnknown, PhoneUnknown, AttendanceSealed, and what is wrong with the reason.
        """
        cleaned = clean_reason(reason)
        async with self._db.transaction() as tx:
            await _open_session(tx, session_id)
            entries = same.everybody([attendee_id], await same.standing(tx, session_id))
            here = exists().where(
                PhoneTrace.session_id == session_id,
                PhoneTrace.device == CheckinDevice.device,
                PhoneTrace.endpoint_id == teller.endpoint_id,
            )
            held = await _held(tx, session_id, CheckinDevice.attendee_id.in_(entries), here)
            if not held:
                raise PhoneUnknown(field="attendee")
            return await self._release(
                tx, teller.reader, session_id, held, teller.endpoint_id, teller.path, cleaned
            )

    async def _release(
        self, tx: Tx, actor: Actor, session_id: SessionId, held: Sequence[CheckinDevice], room: int,
        path: str, reason: str,
    ) -> Undone:  # fmt: skip
        """The last of what was written for these phones."""
        now = self._clock.now()
        for one in held:
            source = f"{PHONE}:{one.device}"
            undo = CheckinUndo(
                session_id=session_id, source=source, endpoint_id=room, events=0, heads=0, people=1,
                reason=reason, author_id=actor.account_id, author_name=actor.name, at=now,
            )  # fmt: skip
            tx.add(undo)
            record(
                tx, actor, "checkin:phone:free", "session", session_id, now, path=path, source_name=source,
                room=room, attendee_id=one.attendee_id, reason=reason,
            )  # fmt: skip
        await taken.release(tx, session_id, [one.device for one in held])
        await tx.flush()
        return Undone(undo.id, source, one.device, 0, 0, 1, reason, actor.name, now)


async def _open_session(tx: Tx, session_id: SessionId) -> None:
    session = await sessions.locked_unchecked(tx, session_id)
    if session.sealed_at is not None:
        raise AttendanceSealed(field="session")


def _may(actor: Actor, paths: dict[EndpointId, str], rooms: Collection[EndpointId]) -> bool:
    own = (paths[room] for room in rooms if room in paths)
    return any(allows(actor, Permission.ATTENDANCE_CORRECT, path) for path in own)


async def _held(tx: Tx, session_id: int, *which: ColumnElement[bool]) -> list[CheckinDevice]:
    query = select(CheckinDevice).where(CheckinDevice.session_id == session_id, *which)
    return list(await tx.scalars(query.order_by(CheckinDevice.at, CheckinDevice.device)))


async def _rooms(tx: Tx, session_id: int, devices: Collection[str]) -> dict[str, list[EndpointId]]:
    """Phone → the rooms in which it told something, also what counts no longer; the first one first."""
    t = PhoneTrace
    found: dict[str, list[EndpointId]] = defaultdict(list)
    for part in store.parts(devices):
        query = select(t.device, t.endpoint_id).where(t.session_id == session_id, t.device.in_(part))
        for device, room in await tx.execute(
            query.group_by(t.device, t.endpoint_id).order_by(func.min(t.at))
        ):
            found[device].append(EndpointId(room))
    return found


async def _names(tx: Tx, rooms: Collection[EndpointId]) -> dict[EndpointId, str]:
    query = select(RoomColumns.id, RoomColumns.name).where(RoomColumns.id.in_(rooms))
    return {EndpointId(number): name for number, name in await tx.execute(query)}
