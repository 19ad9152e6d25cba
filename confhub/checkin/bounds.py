"""How many phones may check in to a room: bounded by the people it expects; in all, a minute, by a code."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import bindparam, case, func, select

from confhub.checkin import limits, store
from confhub.checkin.errors import TooManyPhones, TooManyPhonesAtOnce
from confhub.checkin.models import HeadCount, PersonEvent, PhoneTrace, UndoneEvent
from confhub.checkin.store import among
from confhub.db.database import Tx
from confhub.rosters import store as rosters
from confhub.rosters.published import ListedColumns

MINUTE: Final = timedelta(minutes=1)


@dataclass(slots=True)
class RoomPhones:
    """The phones of one room of one session. `expected`: the people it is bounded by."""

    expected: int = 0
    total: int = 0
    minute: int = 0
    by_code: dict[str, int] = field(default_factory=dict)

    def admit(self, code: str) -> None:
        """One more phone by this code. Raises TooManyPhones, TooManyPhonesAtOnce."""
        people = max(limits.PHONES_LEAST, self.expected)
        if self.total >= people + people // limits.PHONES_OVER + limits.PHONES_LEAST:
            raise TooManyPhones(retry_after_s=300)
        if self.minute >= people or self.by_code.get(code, 0) >= people:
            raise TooManyPhonesAtOnce(retry_after_s=limits.SIX_PERIOD_S)
        self.total += 1
        self.minute += 1
        self.by_code[code] = self.by_code.get(code, 0) + 1


_OF_ROOMS: Final = (
    PhoneTrace.session_id == bindparam("session"),
    among(PhoneTrace.endpoint_id, "rooms"),
)
_DEVICES: Final = func.count(PhoneTrace.device.distinct())
LISTED: Final = (
    select(ListedColumns.endpoint_id, func.count())
    .where(ListedColumns.session_id == bindparam("session"), among(ListedColumns.endpoint_id, "rooms"))
    .where(ListedColumns.removed_at.is_(None), ListedColumns.origin != rosters.GUEST)
    .group_by(ListedColumns.endpoint_id)
)
OF_ROOM: Final = (
    select(func.count())
    .where(ListedColumns.session_id == bindparam("session"), ListedColumns.endpoint_id == bindparam("room"))
    .where(ListedColumns.removed_at.is_(None), ListedColumns.origin != rosters.GUEST)
    .scalar_subquery(),
    select(HeadCount.people)
    .where(HeadCount.session_id == bindparam("session"), HeadCount.endpoint_id == bindparam("room"))
    .where(store.heads_stand())
    .order_by(HeadCount.at.desc(), HeadCount.id.desc())
    .limit(1)
    .scalar_subquery(),
)
"""What `expects` is told, of one room: how many stand on its list; the number declared last, or null."""
_DECLARED: Final = (
    select(HeadCount.endpoint_id, HeadCount.people)
    .where(HeadCount.session_id == bindparam("session"), among(HeadCount.endpoint_id, "rooms"))
    .where(store.heads_stand())
    .order_by(HeadCount.at, HeadCount.id)
)
_TAKEN_BACK: Final = (
    select(PersonEvent.key)
    .join(UndoneEvent, UndoneEvent.event_id == PersonEvent.id)
    .where(UndoneEvent.session_id == bindparam("session"))
)
_PHONES: Final = (
    select(
        PhoneTrace.endpoint_id,
        _DEVICES,
        func.count(case((PhoneTrace.at > bindparam("since"), PhoneTrace.device)).distinct()),
    )
    .where(*_OF_ROOMS, PhoneTrace.key.not_in(_TAKEN_BACK))
    .group_by(PhoneTrace.endpoint_id)
)
_BY_CODE: Final = (
    select(PhoneTrace.endpoint_id, PhoneTrace.code, _DEVICES)
    .where(*_OF_ROOMS, among(PhoneTrace.code, "codes"))
    .group_by(PhoneTrace.endpoint_id, PhoneTrace.code)
)


def expects(listed: int, declared: int | None) -> int:
    """The people that a room expects: on its list or declared in it, whatever is more."""
    return max(listed, min(declared or 0, limits.HEADS_BELIEVED_MAX))


async def expected(tx: Tx, session_id: int, rooms: Collection[int]) -> dict[int, int]:
    """Room → the people it expects, as `expects`; rooms without any may be left out."""
    asked = {"session": session_id, "rooms": list(rooms)}
    found = {room: int(people) for room, people in await tx.rows(LISTED, asked)}
    for room, heads in dict(tuple(row) for row in await tx.rows(_DECLARED, asked)).items():  # the newest
        found[room] = expects(found.get(room, 0), heads)
    return found


async def phones(
    tx: Tx, session_id: int, rooms: Collection[int], codes: Iterable[str], now: datetime
) -> dict[int, RoomPhones]:
    """What the phones of these rooms are bounded by, and how many there are already."""
    people = await expected(tx, session_id, rooms)
    found = {room: RoomPhones(people.get(room, 0)) for room in rooms}
    asked = {"session": session_id, "rooms": list(rooms)}
    for room, total, lately in await tx.rows(_PHONES, asked | {"since": now - MINUTE}):
        found[room].total, found[room].minute = total, lately
    for room, code, count in await tx.rows(_BY_CODE, asked | {"codes": list(set(codes))}):
        found[room].by_code[code] = count
    return found
