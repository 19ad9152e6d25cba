"""ContactService: where letters to a room, or to a unit's rooms, go."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, delete, func, select
from sqlalchemy.orm import aliased

from confhub.access.rules import Actor
from confhub.audit.service import record
from confhub.calendars.errors import AddressInvalid
from confhub.calendars.marking import mark_coming
from confhub.calendars.models import ADDRESS_MAX_CHARS, ContactRow
from confhub.db.database import Database, Tx
from confhub.ical.writing import AddressUnfit, check_address
from confhub.kernel.clock import Clock
from confhub.kernel.ids import EndpointId, UnitId
from confhub.kernel.permissions import Permission
from confhub.kernel.versions import check_seen
from confhub.post.allowed import check_allowed
from confhub.registry.published import RoomColumns
from confhub.scheduling.room_settings import room_path, unit_path
from confhub.sessions.published import PlaceColumns


@dataclass(frozen=True, slots=True)
class Contact:
    """An address, empty where there is none. `in_force`: where letters go then; of a room without one, its
    unit's."""

    address: str
    in_force: str


class ContactService:
    """Reading asks for the right to view the unit or the room, writing for editing it."""

    def __init__(self, db: Database, clock: Clock, allowed: tuple[str, ...] | None) -> None:
        """`allowed`: domains and addresses that letters may go to; None while there is no mail server."""
        self._db, self._clock, self._allowed = db, clock, allowed

    @property
    def can_send(self) -> bool:
        """Does the hub know a mail server?"""
        return self._allowed is not None

    async def of_unit(self, actor: Actor, unit_id: UnitId) -> Contact:
        """The unit's. NotFound."""
        async with self._db.reading() as tx:
            await unit_path(tx, actor, unit_id, Permission.UNIT_VIEW)
            found = await tx.scalar(select(ContactRow.address).where(ContactRow.unit_id == unit_id)) or ""
        return Contact(found, found)

    async def of_room(self, actor: Actor, endpoint_id: EndpointId) -> Contact:
        """The room's. NotFound."""
        async with self._db.reading() as tx:
            await room_path(tx, actor, endpoint_id, Permission.ENDPOINT_VIEW)
            own = await tx.scalar(select(ContactRow.address).where(ContactRow.endpoint_id == endpoint_id))
            units = select(ContactRow.address).join(
                *RoomColumns.on(RoomColumns.unit_id == ContactRow.unit_id)
            )
            unit = await tx.scalar(units.where(RoomColumns.id == endpoint_id))
        return Contact(own or "", own or unit or "")

    async def set_unit(self, actor: Actor, unit_id: UnitId, address: str, *, seen: str | None = None) -> None:
        """Empty: none. `seen`: see `kernel.versions`. NotFound, Forbidden, AddressInvalid,
        RecipientForbidden."""
        kept = self._clean(address)
        async with self._db.transaction() as tx:
            path = await unit_path(tx, actor, unit_id, Permission.UNIT_EDIT)
            before = await tx.scalar(select(ContactRow.address).where(ContactRow.unit_id == unit_id))
            check_seen(seen, before or "")
            await tx.execute(delete(ContactRow).where(ContactRow.unit_id == unit_id))
            if kept:
                tx.add(ContactRow(unit_id=unit_id, address=kept))
            await self._mark(tx, RoomColumns.unit_id == unit_id)
            record(
                tx,
                actor,
                "calendars:contact:set",
                "unit",
                unit_id,
                self._clock.now(),
                path=path,
                address=kept,
            )

    async def set_room(
        self, actor: Actor, endpoint_id: EndpointId, address: str, *, seen: str | None = None
    ) -> None:
        """As `set_unit`."""
        kept = self._clean(address)
        async with self._db.transaction() as tx:
            path = await room_path(tx, actor, endpoint_id, Permission.ENDPOINT_EDIT)
            before = await tx.scalar(select(ContactRow.address).where(ContactRow.endpoint_id == endpoint_id))
            check_seen(seen, before or "")
            await tx.execute(delete(ContactRow).where(ContactRow.endpoint_id == endpoint_id))
            if kept:
                tx.add(ContactRow(endpoint_id=endpoint_id, address=kept))
            await self._mark(tx, RoomColumns.id == endpoint_id)
            record(
                tx, actor, "calendars:contact:set", "endpoint", endpoint_id, self._clock.now(),
                path=path, address=kept,
            )  # fmt: skip

    async def _mark(self, tx: Tx, rooms: ColumnElement[bool]) -> None:
        """Who has an address now is told of what was announced before; who had one, that it is off."""
        if self._allowed is not None:
            await tx.flush()
            await mark_coming(tx, rooms, self._clock.now())

    def _clean(self, text: str) -> str:
        address = text.strip(" ")
        if not address:
            return ""
        try:
            check_address(address)
        except AddressUnfit as unfit:
            raise AddressInvalid(field="address", limit=ADDRESS_MAX_CHARS) from unfit
        if len(address) > ADDRESS_MAX_CHARS or not address.isascii():
            raise AddressInvalid(field="address", limit=ADDRESS_MAX_CHARS)
        if self._allowed is not None:
            check_allowed([address], self._allowed, field="address")
        return address


_OWN, _UNITS = aliased(ContactRow), aliased(ContactRow)
ADDRESS = func.coalesce(_OWN.address, _UNITS.address)
"""In a statement that has `RoomColumns`, and both joins below: where the room's letters go; NULL: nowhere."""
OWN_CONTACT = (_OWN, _OWN.endpoint_id == RoomColumns.id)
UNIT_CONTACT = (_UNITS, _UNITS.unit_id == RoomColumns.unit_id)


async def unit_addresses(tx: Tx, session_id: int) -> dict[int, str]:
    """Where letters to each unit whose rooms take part in the session go: its own address, or else the first
    of its rooms'. Units without one are left out."""
    p, address = PlaceColumns, func.coalesce(func.max(_UNITS.address), func.min(_OWN.address))
    query = (
        select(RoomColumns.unit_id, address)
        .select_from(p.rows())
        .join(*RoomColumns.of(p.endpoint_id))
        .outerjoin(*OWN_CONTACT)
        .outerjoin(*UNIT_CONTACT)
        .where(p.session_id == session_id, p.expected_until.is_(None), p.removed_at.is_(None))
        .group_by(RoomColumns.unit_id)
        .having(address.is_not(None))
    )
    return {row[0]: row[1] for row in await tx.execute(query)}
