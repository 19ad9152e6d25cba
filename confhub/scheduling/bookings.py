"""BookingKeeper: who has which room when, kept beside the sessions in their own transactions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final, cast
from zoneinfo import ZoneInfo

from sqlalchemy import Table, delete, func, insert, literal, select

from confhub.access.rules import Actor, within
from confhub.audit.service import record
from confhub.db.database import Tx
from confhub.kernel.clock import Clock
from confhub.org.published import UnitColumns
from confhub.registry.published import RoomColumns
from confhub.scheduling import errors
from confhub.scheduling.asked import Window, ids_listed, listed, one_of
from confhub.scheduling.conflicts import clashes, told
from confhub.scheduling.models import Booking, BookingRule, RoomBuffer
from confhub.scheduling.occurrences import note_cancelled, note_edited
from confhub.sessions.overlaps import HOLDS_ROOMS
from confhub.sessions.published import PlaceColumns, SessionColumns
from confhub.sessions.values import SessionInput, SessionState

_ALONE: Final = "scheduling.bookings"
_BOOKING = cast(Table, Booking.__table__)
_BUFFER = cast(Table, RoomBuffer.__table__)
_HOLDS: Final = frozenset(state.value for state in HOLDS_ROOMS)
_IDS_AT_ONCE: Final = 500
_MINUTE_S: Final = 60


class OnConflict(StrEnum):
    """What happens where a room is wanted twice: shown and booked; booked with a reason; refused."""

    SHOW = "show"
    REASON = "reason"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class _Held:
    """A session that has rooms."""

    id: int
    window: Window


class BookingKeeper:
    """`sessions.bookings.Bookings` over the tables here. Whoever books asks `alone` first: of two at the same
    instant one is first, and the other reads who."""

    def __init__(self, clock: Clock, timezone: str) -> None:
        """`timezone`: of the house, in which hours are said."""
        self._clock, self._zone = clock, ZoneInfo(timezone)

    async def alone(self, tx: Tx) -> None:
        """Until this transaction ends, nobody else books."""
        await tx.alone(_ALONE)
        tx.info[_ALONE] = True

    async def settle(self, tx: Tx, actor: Actor, session_ids: Sequence[int], *, reason: str = "") -> None:
        """Make the bookings of these sessions what their state, hours and rooms say. RoomsTaken and
        ReasonNeeded where the rules of the rooms' units stand against it."""
        assert _ALONE in tx.info, "rooms are booked by one transaction at a time"
        await tx.flush()
        held, over = await _states(tx, session_ids)
        await _free(tx, session_ids)
        await note_cancelled(tx, over)
        if not held:
            return
        policies = await policies_in_force(tx)
        strict: set[int] = set()
        groups = await _alike(tx, held)
        if policies:
            for rooms, windows in groups:
                by_policy = await self._check(tx, actor, rooms, windows, policies, reason, session_ids)
                strict |= by_policy[OnConflict.REFUSE]
                if reason.strip():
                    found = await clashes(tx, windows, by_policy[OnConflict.REASON], session_ids)
                    await self._note(tx, actor, sorted({one.key for one in found}), reason.strip())
        for rooms, windows in groups:
            await _book(tx, rooms, windows, strict)

    async def edited(self, tx: Tx, session_id: int, wanted: SessionInput, now: datetime) -> None:
        """A date of a series says from now on that it was changed by itself, or stands in line again."""
        await note_edited(tx, session_id, wanted)

    async def check(
        self,
        tx: Tx,
        actor: Actor,
        rooms: Collection[int],
        windows: Sequence[Window],
        reason: str,
        besides: Collection[int] = (),
    ) -> None:
        """Raise RoomsTaken or ReasonNeeded where these rooms may not be booked at these hours."""
        if policies := await policies_in_force(tx):
            await self._check(tx, actor, rooms, windows, policies, reason, besides)

    async def _check(
        self,
        tx: Tx,
        actor: Actor,
        rooms: Collection[int],
        windows: Sequence[Window],
        policies: Mapping[str, OnConflict],
        reason: str,
        besides: Collection[int],
    ) -> Mapping[OnConflict, set[int]]:
        """The rooms by the rule that holds for them."""
        by_policy = await _by_policy(tx, rooms, policies)
        await self._refuse(tx, actor, errors.RoomsTaken, by_policy[OnConflict.REFUSE], windows, besides)
        if not reason.strip():
            asked = by_policy[OnConflict.REASON]
            await self._refuse(tx, actor, errors.ReasonNeeded, asked, windows, besides)
        return by_policy

    async def _note(self, tx: Tx, actor: Actor, session_ids: Sequence[int], reason: str) -> None:
        """Into the audit trail: these sessions have rooms that others have as well, and why."""
        s, now = SessionColumns, self._clock.now()
        paths = select(s.id, UnitColumns.path).join(*UnitColumns.of(s.unit_id)).where(s.id.in_(session_ids))
        for key, path in await tx.rows(paths.order_by(s.id)):
            record(tx, actor, "scheduling:booking:share", "session", key, now, path=path, reason=reason)

    async def _refuse(
        self,
        tx: Tx,
        actor: Actor,
        error: type[errors.RoomsTaken],
        rooms: Collection[int],
        windows: Sequence[Window],
        besides: Collection[int],
    ) -> None:
        found = await clashes(tx, windows, rooms, besides)
        if not found:
            return
        (first,) = await told(tx, actor, found[:1])
        raise error(
            field="conflict_reason" if error is errors.ReasonNeeded else None,
            dates=len({one.key for one in found}),
            room=first.room_name,
            since=self._said(first.starts_at),
            until=self._said(first.until),
            holder=first.title or first.unit_name,
            contact=f"{first.contact}, {first.unit_name}" if first.contact else first.unit_name,
        )

    def _said(self, at: datetime) -> str:
        return f"{at.astimezone(self._zone):%H:%M %d/%m/%Y}"


async def policies_in_force(tx: Tx) -> dict[str, OnConflict]:
    """Path of a branch → its rule; the nearest one above a room holds."""
    query = select(UnitColumns.path, BookingRule.on_conflict).join(
        BookingRule, BookingRule.unit_id == UnitColumns.id
    )
    return {path: OnConflict(said) for path, said in await tx.execute(query)}


def policy_at(path: str, policies: Mapping[str, OnConflict]) -> OnConflict:
    """The rule for a unit with this path."""
    nearest = max((branch for branch in policies if within(path, branch)), key=len, default=None)
    return OnConflict.SHOW if nearest is None else policies[nearest]


async def strictest(
    tx: Tx, rooms: Collection[int], windows: Sequence[Window], besides: Collection[int]
) -> OnConflict:
    """The strictest rule of those of these rooms that other sessions have at these hours."""
    policies = await policies_in_force(tx)
    by_policy = await _by_policy(tx, rooms, policies) if policies else {}
    for rule in (OnConflict.REFUSE, OnConflict.REASON):
        if await clashes(tx, windows, by_policy.get(rule, ()), besides):
            return rule
    return OnConflict.SHOW


async def _by_policy(
    tx: Tx, rooms: Collection[int], policies: Mapping[str, OnConflict]
) -> defaultdict[OnConflict, set[int]]:
    query = select(RoomColumns.id, UnitColumns.path).join(*UnitColumns.of(RoomColumns.unit_id))
    found: defaultdict[OnConflict, set[int]] = defaultdict(set)
    for key, path in await tx.rows(query.where(one_of(tx, RoomColumns.id.expression, rooms))):
        found[policy_at(path, policies)].add(key)
    return found


async def _states(tx: Tx, session_ids: Sequence[int]) -> tuple[list[_Held], list[int]]:
    """The sessions that have rooms, and the ids of those that were cancelled."""
    s = SessionColumns
    held, over = [], []
    query = select(s.id, s.state, s.starts_at, s.length_min).where(one_of(tx, s.id.expression, session_ids))
    for key, state, starts_at, length_min in await tx.rows(query):
        if state in _HOLDS:
            held.append(_Held(key, Window.of(key, starts_at.astimezone(UTC), length_min)))
        elif state == SessionState.CANCELLED.value:
            over.append(key)
    return held, over


async def _alike(tx: Tx, held: Sequence[_Held]) -> list[tuple[set[int], list[Window]]]:
    """Rooms, and the windows of the sessions that have them: one group where all have the same."""
    p = PlaceColumns
    keys = [one.id for one in held]
    taking_part = (
        one_of(tx, p.session_id.expression, keys),
        p.expected_until.is_(None),
        p.removed_at.is_(None),
    )
    counted = select(p.endpoint_id, func.count()).where(*taking_part).group_by(p.endpoint_id)
    rooms: dict[int, int] = {row[0]: row[1] for row in await tx.rows(counted)}
    if all(count == len(held) for count in rooms.values()):
        return [(set(rooms), [one.window for one in held])]
    apart: defaultdict[int, set[int]] = defaultdict(set)
    for session_id, endpoint_id in await tx.rows(select(p.session_id, p.endpoint_id).where(*taking_part)):
        apart[session_id].add(endpoint_id)
    return [(apart[one.id], [one.window]) for one in held]


async def _free(tx: Tx, session_ids: Sequence[int]) -> None:
    await tx.rows(delete(_BOOKING).where(one_of(tx, _BOOKING.c.session_id, session_ids)))


async def _book(tx: Tx, rooms: Collection[int], windows: Sequence[Window], strict: Collection[int]) -> None:
    """Write a booking for each of these rooms at each of these windows, whose keys are the sessions. Of the
    places, which this transaction has just written, PostgreSQL knows too little to join them well."""
    r = _BUFFER.c
    wanted, places = listed(tx, windows), ids_listed(tx, rooms)
    w, room = wanted.c, places.c.id
    rows = (
        select(
            w.key,
            room,
            w.from_s - func.coalesce(r.setup_min, 0) * _MINUTE_S,
            w.until_s + func.coalesce(r.clear_min, 0) * _MINUTE_S,
            one_of(tx, room, strict) if strict else literal(value=False),
        )
        .select_from(wanted.join(places, literal(value=True)))
        .outerjoin(_BUFFER, r.endpoint_id == room)
    )
    names = ["session_id", "endpoint_id", "from_s", "until_s", "exclusive"]
    await tx.rows(insert(_BOOKING).from_select(names, rows))
