"""How many phones may check in to a room: bounded by the people it expects; in all, a minute, by a code."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import exists, func, select

from confhub.checkin import limits, store
from confhub.checkin.errors import TooManyPhones, TooManyPhonesAtOnce
from confhub.checkin.models import HeadCount, PersonEvent, PhoneTrace, UndoneEvent
from confhub.db.database import Tx
from confhub.rosters import store as rosters
from confhub.rosters.models import SessionAttendee

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


async def expected(tx: Tx, session_id: int, rooms: Collection[int]) -> dict[int, int]:
    """Room → the people it expects: on its list or declared in it, whatever is more."""
    a, h = SessionAttendee, HeadCount
    listed = (
        select(a.endpoint_id, func.count())
        .where(a.session_id == session_id, a.endpoint_id.in_(rooms))
        .where(a.removed_at.is_(None), a.origin != rosters.GUEST)
        .group_by(a.endpoint_id)
    )
    newest = select(h.endpoint_id, h.people).where(h.session_id == session_id, h.endpoint_id.in_(rooms))
    newest = newest.where(store.heads_stand())
    found = {row[0]: int(row[1]) for row in await tx.execute(listed)}
    declared = {row[0]: row[1] for row in await tx.execute(newest.order_by(h.at, h.id))}
    for room, heads in declared.items():
        found[room] = max(found.get(room, 0), min(heads, limits.HEADS_BELIEVED_MAX))
    return found


async def phones(
    tx: Tx, session_id: int, rooms: Collection[int], codes: Iterable[str], now: datetime
) -> dict[int, RoomPhones]:
    """What the phones of these rooms are bounded by, and how many there are already."""
    t, e = PhoneTrace, PersonEvent
    taken_back = exists().where(e.key == t.key, e.id == UndoneEvent.event_id)
    people = await expected(tx, session_id, rooms)
    found = {room: RoomPhones(people.get(room, 0)) for room in rooms}
    of_rooms = select(t.endpoint_id, func.count(t.device.distinct())).where(
        t.session_id == session_id, t.endpoint_id.in_(rooms), ~taken_back
    )
    for room, count in await tx.execute(of_rooms.group_by(t.endpoint_id)):
        found[room].total = count
    for room, count in await tx.execute(of_rooms.where(t.at > now - MINUTE).group_by(t.endpoint_id)):
        found[room].minute = count
    by_code = select(t.endpoint_id, t.code, func.count(t.device.distinct())).where(
        t.session_id == session_id, t.endpoint_id.in_(rooms), t.code.in_(set(codes))
    )
    for room, code, count in await tx.execute(by_code.group_by(t.endpoint_id, t.code)):
        found[room].by_code[code] = count
    return found
