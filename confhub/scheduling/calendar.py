"""CalendarService: what is held when, by branch, room and organizer; and who has which room."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, exists, func, select

from confhub.access.rules import Actor, allows, branch_filter
from confhub.accounts.published import AccountColumns
from confhub.db.database import Database, Tx
from confhub.i18n.folding import like_pattern
from confhub.kernel.clock import Clock
from confhub.kernel.ids import AccountId, EndpointId, SessionId, UnitId
from confhub.kernel.limits import NAME_MAX_CHARS, SESSION_LENGTH_MAX_MIN
from confhub.kernel.permissions import Permission
from confhub.org.published import UnitColumns
from confhub.registry.published import RoomColumns
from confhub.scheduling import errors
from confhub.scheduling.asked import one_of
from confhub.scheduling.days_off import DaysOff
from confhub.scheduling.limits import (
    CALENDAR_ENTRIES_MAX,
    CALENDAR_FIRST_YEAR,
    CALENDAR_LAST_YEAR,
    CALENDAR_MAX_DAYS,
    CALENDAR_ROOMS_MAX,
)
from confhub.scheduling.models import OccurrenceRow, RoomBuffer
from confhub.scheduling.occurrences import days_off
from confhub.scheduling.values import SeriesId, Standing
from confhub.sessions.published import PlaceColumns, SessionColumns
from confhub.sessions.store import organized_in, visible_beside_unit
from confhub.sessions.values import SessionKind, SessionState

_DAY: Final = timedelta(days=1)
_STATES: Final = {state.value: state for state in SessionState}
_KINDS: Final = {kind.value: kind for kind in SessionKind}
_SHOWN: Final = tuple(value for value, state in _STATES.items() if state is not SessionState.CANCELLED)


class Fixed(StrEnum):
    """Why the asker cannot move a session in the calendar. RIGHT: it is another branch's. CALLED: its rooms
    are in the lobby or live. OVER: it was held."""

    RIGHT = "right"
    CALLED = "called"
    OVER = "over"


class Entry(NamedTuple):
    """A session in the calendar; a tuple, since thousands are made at once. `organizer_…`: who planned it.
    `series_id` and `standing` where it is a date of a series. `fixed`: why the asker cannot move it, None
    where it can be moved."""

    id: SessionId
    title: str
    kind: SessionKind
    state: SessionState
    starts_at: datetime
    ends_at: datetime
    length_min: int
    unit_id: UnitId
    unit_name: str
    chair_endpoint_id: EndpointId | None
    chair_name: str | None
    organizer_id: AccountId | None
    organizer_name: str | None
    series_id: SeriesId | None
    standing: Standing | None
    fixed: Fixed | None


@dataclass(frozen=True, slots=True)
class DayOff:
    """A day off, and what it is called."""

    day: date
    name: str


@dataclass(frozen=True, slots=True)
class Calendar:
    """Sessions by start. `more`: there are more than one answer holds, those that begin later."""

    entries: tuple[Entry, ...]
    more: bool
    days_off: tuple[DayOff, ...]


@dataclass(frozen=True, slots=True)
class CalendarRoom:
    """A room of the timeline, with the minutes that it needs before and after each session."""

    id: EndpointId
    name: str
    unit_id: UnitId
    unit_name: str
    setup_min: int
    clear_min: int


@dataclass(frozen=True, slots=True)
class Hold:
    """A room takes part in a session."""

    endpoint_id: EndpointId
    session_id: SessionId


@dataclass(frozen=True, slots=True)
class Timeline:
    """Some rooms, by name, of `total`; what is held in them, which room takes part in what."""

    rooms: tuple[CalendarRoom, ...]
    total: int
    holds: tuple[Hold, ...]
    entries: tuple[Entry, ...]
    more: bool
    days_off: tuple[DayOff, ...]


class CalendarService:
    """Shows what the list of sessions shows: sessions of the asker's branches, and those in which a room of
    theirs takes part; drafts only to those who may edit them. Cancelled ones are left out."""

    def __init__(self, db: Database, clock: Clock, timezone: str) -> None:
        """`timezone`: of the house, in which days begin."""
        self._db, self._clock, self._zone = db, clock, ZoneInfo(timezone)

    async def between(
        self,
        actor: Actor,
        since: datetime,
        until: datetime,
        *,
        unit_id: UnitId | None = None,
        endpoint_id: EndpointId | None = None,
        organizer_id: AccountId | None = None,
    ) -> Calendar:
        """What is held from `since` until `until`, as planned: organized in the unit's branch, with that
        room, planned by that person. CalendarOutOfRange, CalendarTurned, CalendarTooLong."""
        check_stretch(since, until)
        wanted = []
        if unit_id is not None:
            wanted.append(organized_in(unit_id))
        if endpoint_id is not None:
            wanted.append(_taking_part(PlaceColumns.endpoint_id == endpoint_id))
        if organizer_id is not None:
            wanted.append(SessionColumns.created_by == organizer_id)
        async with self._db.reading() as tx:
            entries, more = await _entries(tx, actor, since, until, wanted)
            off = await self._days_off(tx, actor, since, until, unit_id)
        return Calendar(entries, more, off)

    async def timeline(
        self,
        actor: Actor,
        since: datetime,
        until: datetime,
        *,
        unit_id: UnitId | None = None,
        endpoint_id: EndpointId | None = None,
        organizer_id: AccountId | None = None,
        text: str = "",
        offset: int = 0,
        limit: int = CALENDAR_ROOMS_MAX,
    ) -> Timeline:
        """Rooms of the unit's branch that the asker may view, `text` in their names, or that one room; and
        what of it all is held in them, planned by that person. Raises as `between`."""
        check_stretch(since, until)
        query = _rooms(actor, unit_id, endpoint_id, text)
        page = query.order_by(RoomColumns.sort_key, RoomColumns.id)
        page = page.offset(min(max(offset, 0), 10**9)).limit(min(max(limit, 1), CALENDAR_ROOMS_MAX))
        async with self._db.reading() as tx:
            total = await tx.scalar(select(func.count()).select_from(query.subquery())) or 0
            rooms = tuple(CalendarRoom(*row) for row in await tx.rows(page))
            there = one_of(tx, PlaceColumns.endpoint_id.expression, [room.id for room in rooms])
            wanted = [_taking_part(there)]
            if organizer_id is not None:
                wanted.append(SessionColumns.created_by == organizer_id)
            entries, more = await _entries(tx, actor, since, until, wanted)
            p = PlaceColumns
            places = select(p.endpoint_id, p.session_id).where(
                one_of(tx, p.session_id.expression, [one.id for one in entries]),
                there,
                p.expected_until.is_(None),
                p.removed_at.is_(None),
            )
            holds = tuple(Hold(*row) for row in await tx.rows(places.order_by(p.session_id, p.endpoint_id)))
            off = await self._days_off(tx, actor, since, until, unit_id)
        return Timeline(rooms, total, holds, entries, more, off)

    async def organizer(self, actor: Actor, account_id: AccountId) -> str | None:
        """Who that is, where the actor may view a session that they planned."""
        s = SessionColumns
        query = (
            select(AccountColumns.display_name)
            .join(*s.on(s.created_by == AccountColumns.id))
            .join(*UnitColumns.of(s.unit_id))
            .where(AccountColumns.id == account_id, visible_beside_unit(actor))
            .limit(1)
        )
        async with self._db.reading() as tx:
            return await tx.scalar(query)

    async def _days_off(
        self, tx: Tx, actor: Actor, since: datetime, until: datetime, unit_id: UnitId | None
    ) -> tuple[DayOff, ...]:
        """The public holidays, and those of the unit's own that it shares with those above it."""
        off = DaysOff()
        if unit_id is not None:
            path = await tx.scalar(select(UnitColumns.path).where(UnitColumns.id == unit_id))
            if path is not None and allows(actor, Permission.UNIT_VIEW, path):
                off = await days_off(tx, unit_id)
        language = "vi" if actor.language == "vi" else "en"
        day, last = (at.astimezone(self._zone).date() for at in (since, until - timedelta.resolution))
        found = []
        while day <= last:
            if name := off.name(day, language):
                found.append(DayOff(day, name))
            day += _DAY
        return tuple(found)


def check_stretch(since: datetime, until: datetime) -> None:
    """CalendarOutOfRange, CalendarTurned, CalendarTooLong."""
    for field, at in (("since", since), ("until", until)):
        if not CALENDAR_FIRST_YEAR <= at.year <= CALENDAR_LAST_YEAR:
            raise errors.CalendarOutOfRange(field=field, first=CALENDAR_FIRST_YEAR, last=CALENDAR_LAST_YEAR)
    if until <= since:
        raise errors.CalendarTurned(field="until")
    if until - since > CALENDAR_MAX_DAYS * _DAY:
        raise errors.CalendarTooLong(field="until", max_days=CALENDAR_MAX_DAYS)


def fixed_by(state: SessionState, *, may_edit: bool) -> Fixed | None:
    """Why a session cannot be moved in the calendar."""
    if state in (SessionState.LOBBY, SessionState.LIVE):
        return Fixed.CALLED
    if state not in (SessionState.DRAFT, SessionState.SCHEDULED):
        return Fixed.OVER
    return None if may_edit else Fixed.RIGHT


def _taking_part(rooms: ColumnElement[bool]) -> ColumnElement[bool]:
    p = PlaceColumns
    return exists(
        select(p.endpoint_id)
        .where(p.session_id == SessionColumns.id, rooms, p.expected_until.is_(None), p.removed_at.is_(None))
        .correlate(SessionColumns.rows())
    )


def _rooms(actor: Actor, unit_id: UnitId | None, endpoint_id: EndpointId | None, text: str) -> Select[Any]:
    r = RoomColumns
    setup, clear = (func.coalesce(minutes, 0) for minutes in (RoomBuffer.setup_min, RoomBuffer.clear_min))
    columns: list[Any] = [r.id, r.name, r.unit_id, UnitColumns.name, setup, clear]
    query = (
        select(*columns)
        .join(*UnitColumns.of(r.unit_id))
        .outerjoin(RoomBuffer, RoomBuffer.endpoint_id == r.id)
        .where(r.retired_at.is_(None), branch_filter(actor, Permission.ENDPOINT_VIEW, UnitColumns.path))
    )
    if unit_id is not None:
        query = query.where(organized_in(unit_id))
    if endpoint_id is not None:
        query = query.where(r.id == endpoint_id)
    if text.strip():
        query = query.where(r.search_key.like(like_pattern(text[:NAME_MAX_CHARS]), escape="\\"))
    return query


async def _entries(
    tx: Tx, actor: Actor, since: datetime, until: datetime, wanted: Collection[ColumnElement[bool]]
) -> tuple[tuple[Entry, ...], bool]:
    s, o = SessionColumns, OccurrenceRow
    query = (
        select(
            s.id, s.title, s.kind, s.state, s.starts_at, s.length_min, s.unit_id, UnitColumns.name,
            s.chair_endpoint_id, RoomColumns.name, s.created_by, AccountColumns.display_name,
            o.series_id, o.standing, UnitColumns.path,
        )
        .join(*UnitColumns.of(s.unit_id))
        .outerjoin(*RoomColumns.of(s.chair_endpoint_id))
        .outerjoin(*AccountColumns.of(s.created_by))
        .outerjoin(o, o.session_id == s.id)
        .where(
            s.state.in_(_SHOWN),  # by the index over state and start
            s.starts_at > since - timedelta(minutes=SESSION_LENGTH_MAX_MIN),
            s.starts_at < until,
            visible_beside_unit(actor),
            *wanted,
        )
        .order_by(s.starts_at, s.id)
        .limit(CALENDAR_ENTRIES_MAX + 1)
    )  # fmt: skip
    rows = (await tx.rows(query)).all()
    may_edit = cache(lambda path: allows(actor, Permission.SESSION_EDIT, path))
    found = [_entry(row, may_edit(row[-1])) for row in rows[:CALENDAR_ENTRIES_MAX]]
    return tuple(one for one in found if one.ends_at > since), len(rows) > CALENDAR_ENTRIES_MAX


def _entry(row: Sequence[Any], may_edit: bool) -> Entry:
    """By place, and without checks that the columns make needless: there are thousands."""
    key, title, kind, state, starts_at, length_min, unit_id, unit_name, *rest, _ = row
    chair_id, chair_name, organizer_id, organizer_name, series_id, standing = rest
    now = _STATES[state]
    return Entry(
        key, title, _KINDS[kind], now, starts_at, starts_at + timedelta(minutes=length_min), length_min,
        unit_id, unit_name, chair_id, chair_name, organizer_id, organizer_name, series_id,
        None if standing is None else Standing(standing), fixed_by(now, may_edit=may_edit),
    )  # fmt: skip
