"""Use cases of rosters: look at a room's list, change it, count a session's rooms, freeze what is due."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, exists, func, select, update

from confhub.access.rules import Actor, allows, require
from confhub.audit.service import record
from confhub.db.database import Database, Tx
from confhub.kernel.clock import Clock
from confhub.kernel.ids import EndpointId
from confhub.kernel.limits import PAGE_SIZE, PAGE_SIZE_MAX
from confhub.kernel.permissions import Permission
from confhub.org.dissolved import Calendar, check_standing
from confhub.org.published import UnitColumns
from confhub.org.store import unit_by_id
from confhub.people.errors import PersonNotFound
from confhub.people.limits import IDS_AT_ONCE
from confhub.people.looks import LookBook
from confhub.people.published import PersonColumns
from confhub.registry.published import RoomColumns
from confhub.registry.store import visible_endpoint
from confhub.registry.values import Endpoint
from confhub.rosters import reading, store
from confhub.rosters.errors import (
    ListedElsewhere,
    NobodyNamed,
    PersonNotListable,
    PersonNotOnList,
    RoomFull,
    RoomNotInSession,
    TooManyNamed,
)
from confhub.rosters.limits import CANDIDATES_SHOWN, FREEZE_AT_ONCE, PEOPLE_AT_ONCE, ROOM_PEOPLE_MAX
from confhub.rosters.models import RosterEntry, SessionAttendee, SessionRoster
from confhub.rosters.values import STANDING, Candidate, CourseAsked, RoomRoster, RosterCounts, Scope
from confhub.sessions.errors import AttendanceSealed, SessionCancelled
from confhub.sessions.facts import session_facts
from confhub.sessions.published import PlaceColumns, SessionColumns
from confhub.sessions.store import locked_unchecked, visible_view


@dataclass(frozen=True, slots=True)
class _Place:
    """A room's list that is looked at or changed."""

    room: Endpoint
    scope: Scope
    title: str
    frozen_at: datetime | None
    sealed: bool
    cancelled: bool


class RosterService:
    """Lists of rooms: standing, of a course, of a session.

    Looking needs `PERSON_VIEW` at the room's unit, changing `ROSTER_EDIT` there, and `PERSON_VIEW` at the
    unit of everybody who is put on the list. A session's list that was frozen is changed where it was
    frozen, until the session's attendance is closed.
    """

    def __init__(
        self, db: Database, clock: Clock, course: CourseAsked, timezone: str = "Asia/Ho_Chi_Minh"
    ) -> None:
        """`course`: asked for the courses whose lists are meant. `timezone`: whose calendar says which units
        are dissolved."""
        self._db = db
        self._clock = clock
        self._course = course
        self._calendar = Calendar(clock, timezone)
        self._looks = LookBook(db, clock)

    async def room(
        self,
        actor: Actor,
        endpoint_id: int,
        scope: Scope = STANDING,
        *,
        words: str = "",
        page: int = 1,
        size: int = PAGE_SIZE,
    ) -> RoomRoster:
        """One page of a room's list. Raises `EndpointNotFound`, `SessionUnknown`, `CourseUnknown`."""
        size, page = min(max(size, 1), PAGE_SIZE_MAX), min(max(page, 1), 10**6)
        async with self._db.reading() as tx:
            place = await self._place(tx, actor, endpoint_id, scope)
            frozen = place.frozen_at is not None
            rows, total = await reading.people(tx, scope, frozen, endpoint_id, words, page, size)
        room = place.room
        await self._looks.told(actor, "roster", [one.id for one in rows], detail=_list_name(place))
        may = allows(actor, Permission.ROSTER_EDIT, room.path) and not place.sealed and not place.cancelled
        return RoomRoster(
            room.id, room.code, room.name, room.unit_name, scope, place.title, place.frozen_at, place.sealed,
            may, rows, total, page, size,
        )  # fmt: skip

    async def counts(self, actor: Actor, scope: Scope) -> RosterCounts:
        """The rooms of a session or of a course with their numbers, as far as they are the actor's.

        Raises `SessionUnknown`, `CourseUnknown`.
        """
        async with self._db.reading() as tx:
            if scope.session_id is None:
                title = await reading.visible_course(tx, actor, scope.course_id or 0, self._course)
                rooms = await reading.counts(tx, actor, scope, False)
                return RosterCounts(scope, title, None, None, None, False, rooms)
            view = await visible_view(tx, actor, scope.session_id)
            known = await session_facts(tx, scope.session_id)
            frozen_at = await _frozen_at(tx, scope.session_id)
            rooms = await reading.counts(tx, actor, scope, frozen_at is not None)
        return RosterCounts(
            scope, view.title, view.starts_at, view.state.value, frozen_at, known.sealed_at is not None, rooms
        )

    async def candidates(
        self, actor: Actor, endpoint_id: int, scope: Scope, words: str, limit: int = CANDIDATES_SHOWN
    ) -> list[Candidate]:
        """People of the actor's branches who are not on this room's list and fit the words."""
        async with self._db.reading() as tx:
            place = await self._place(tx, actor, endpoint_id, scope)
            require(actor, Permission.ROSTER_EDIT, place.room.path)
            found = await reading.candidates(
                tx,
                actor,
                scope,
                place.frozen_at is not None,
                endpoint_id,
                words,
                min(limit, CANDIDATES_SHOWN),
            )
        await self._looks.told(actor, "search", [one.id for one in found], detail=_list_name(place))
        return found

    async def add(
        self, actor: Actor, endpoint_id: int, people: Sequence[int], scope: Scope = STANDING
    ) -> int:
        """Put people on a room's list; who is on another room's moves here. How many are new on it.

        Raises `PersonNotFound`, `PersonNotListable`, `ListedElsewhere`, `RoomNotInSession`, `RoomFull`,
        `AttendanceSealed`; `UnitDissolved` where it is no session's list, which has a day of its own.
        """
        named = _named(people)
        async with self._db.transaction() as tx:
            place = await self._editable(tx, actor, endpoint_id, scope)
            await self._check_standing(tx, place)
            units = await _listable(tx, actor, named)
            now = self._clock.now()
            there = await self._rooms_of(tx, actor, place, named)
            new = [person for person in named if there.get(person) != endpoint_id]
            await _check_room(tx, place, len(new))
            if place.frozen_at is not None and scope.session_id is not None:
                places = [(person, endpoint_id, units[person]) for person in new]
                await store.place_in_session(tx, scope.session_id, places, now)
            else:
                await store.fill(
                    tx,
                    [(person, endpoint_id) for person in named],
                    now,
                    session_id=scope.session_id,
                    course_id=scope.course_id,
                )
            if new:
                self._note(tx, actor, "add", place, new)
            return len(new)

    async def remove(
        self, actor: Actor, endpoint_id: int, people: Sequence[int], scope: Scope = STANDING
    ) -> int:
        """Take people off a room's list. Raises `PersonNotOnList`, `AttendanceSealed`."""
        named = _named(people)
        async with self._db.transaction() as tx:
            place = await self._editable(tx, actor, endpoint_id, scope)
            await _check_there(tx, place, named)
            now = self._clock.now()
            if place.frozen_at is not None:
                a = SessionAttendee
                await tx.execute(
                    update(a)
                    .where(a.session_id == scope.session_id, a.attendee_id.in_(named), a.removed_at.is_(None))
                    .values(removed_at=now)
                    .execution_options(synchronize_session=False)
                )
            else:
                await _take_off(tx, place, named, now)
            self._note(tx, actor, "remove", place, named)
            return len(named)

    async def move(
        self,
        actor: Actor,
        endpoint_id: int,
        people: Sequence[int],
        to_endpoint_id: int,
        scope: Scope = STANDING,
    ) -> int:
        """Move people of one room's list to another room's. `ROSTER_EDIT` is needed at both."""
        named = _named(people)
        async with self._db.transaction() as tx:
            place = await self._editable(tx, actor, endpoint_id, scope)
            to = await self._editable(tx, actor, to_endpoint_id, scope)
            await self._check_standing(tx, to)
            await _check_there(tx, place, named)
            if to_endpoint_id == endpoint_id:
                return 0
            await _check_room(tx, to, len(named))
            now = self._clock.now()
            if place.frozen_at is not None:
                a = SessionAttendee
                await tx.execute(
                    update(a)
                    .where(a.session_id == scope.session_id, a.attendee_id.in_(named))
                    .values(endpoint_id=to_endpoint_id)
                    .execution_options(synchronize_session=False)
                )
            else:
                await store.fill(
                    tx,
                    [(person, to_endpoint_id) for person in named],
                    now,
                    session_id=scope.session_id,
                    course_id=scope.course_id,
                )
            self._note(tx, actor, "move", place, named, to=to.room.code)
            return len(named)

    async def copy_standing(self, actor: Actor, endpoint_id: int, scope: Scope) -> int:
        """Take the room's standing list over into the session's or course's. Who has a place there keeps it.

        How many came with it. After the freezing: the late-comers of the standing list.
        """
        async with self._db.transaction() as tx:
            place = await self._editable(tx, actor, endpoint_id, scope)
            await self._check_standing(tx, place)
            standing = reading.listed(STANDING, frozen=False)
            r, a = RosterEntry, SessionAttendee
            taken = exists().where(reading.entries(scope), r.attendee_id == standing.c.attendee_id)
            if place.frozen_at is not None:
                taken = exists().where(
                    a.session_id == scope.session_id, a.attendee_id == standing.c.attendee_id
                )
            query = (
                select(standing.c.attendee_id, PersonColumns.unit_id)
                .join(*PersonColumns.of(standing.c.attendee_id))
                .where(standing.c.endpoint_id == endpoint_id, ~taken)
                .order_by(standing.c.attendee_id)
            )
            found = [(line[0], line[1]) for line in await tx.execute(query)]
            now = self._clock.now()
            if place.frozen_at is not None and scope.session_id is not None:
                places = [(person, endpoint_id, unit) for person, unit in found]
                await store.place_in_session(tx, scope.session_id, places, now)
            else:
                await store.fill(
                    tx,
                    [(person, endpoint_id) for person, _ in found],
                    now,
                    session_id=scope.session_id,
                    course_id=scope.course_id,
                )
            if found:
                self._note(tx, actor, "copy", place, [person for person, _ in found])
            return len(found)

    async def freeze_due(self) -> int:
        """Freeze the lists of sessions whose lobby is open; the clock's servant. How many were frozen."""
        s = SessionColumns
        query = (
            select(s.id)
            .where(s.state.in_(("lobby", "live")))
            .where(~exists().where(SessionRoster.session_id == s.id))
            .order_by(s.starts_at)
            .limit(FREEZE_AT_ONCE)
        )
        async with self._db.reading() as tx:
            due = list(await tx.scalars(query))
        for session_id in due:
            async with self._db.transaction() as tx:
                await store.freeze(tx, session_id, self._clock.now())
        return len(due)

    async def _place(self, tx: Tx, actor: Actor, endpoint_id: int, scope: Scope) -> _Place:
        room = await visible_endpoint(tx, actor, EndpointId(endpoint_id), Permission.PERSON_VIEW)
        if scope.session_id is not None:
            view = await visible_view(tx, actor, scope.session_id)
            known = await session_facts(tx, scope.session_id)
            return _Place(
                room,
                scope,
                view.title,
                await _frozen_at(tx, scope.session_id),
                known.sealed_at is not None,
                view.state.value == "cancelled",
            )
        title = ""
        if scope.course_id is not None:
            title = await reading.visible_course(tx, actor, scope.course_id, self._course)
        return _Place(room, scope, title, None, False, False)

    async def _editable(self, tx: Tx, actor: Actor, endpoint_id: int, scope: Scope) -> _Place:
        if scope.session_id is not None:
            await store.alone(tx, scope.session_id)
            await locked_unchecked(tx, scope.session_id)
        place = await self._place(tx, actor, endpoint_id, scope)
        require(actor, Permission.ROSTER_EDIT, place.room.path)
        if place.sealed:
            raise AttendanceSealed
        if place.cancelled:
            raise SessionCancelled
        if scope.session_id is not None:
            rooms = reading.session_rooms(scope.session_id)
            if await tx.scalar(rooms.where(PlaceColumns.endpoint_id == endpoint_id)) is None:
                raise RoomNotInSession(name=place.room.name, field="endpoint_id")
        return place

    async def _check_standing(self, tx: Tx, place: _Place) -> None:
        if place.scope.session_id is None:
            unit = await unit_by_id(tx, place.room.unit_id)
            await check_standing(tx, unit, self._calendar.today(), "endpoint_id")

    async def _rooms_of(self, tx: Tx, actor: Actor, place: _Place, named: Sequence[int]) -> dict[int, int]:
        """Person → room in this very list. Raises `ListedElsewhere` where the actor may not change it."""
        if place.frozen_at is not None:
            a = SessionAttendee
            query = select(a.attendee_id, a.endpoint_id).where(
                a.session_id == place.scope.session_id, a.removed_at.is_(None), a.attendee_id.in_(named)
            )
        else:
            r = RosterEntry
            query = select(r.attendee_id, r.endpoint_id).where(
                reading.entries(place.scope), ~r.excluded, r.attendee_id.in_(named)
            )
        there = {line[0]: line[1] for line in await tx.execute(query)}
        others = sorted(set(there.values()) - {place.room.id})
        rooms = await tx.execute(
            select(RoomColumns.id, RoomColumns.name, UnitColumns.path)
            .join(*UnitColumns.of(RoomColumns.unit_id))
            .where(RoomColumns.id.in_(others))
        )
        for room, name, path in rooms:
            if not allows(actor, Permission.ROSTER_EDIT, path):
                person = next(person for person, at in there.items() if at == room)
                who = await tx.scalar(select(PersonColumns.name).where(PersonColumns.id == person))
                raise ListedElsewhere(name=who, room=name)
        return there

    def _note(
        self, tx: Tx, actor: Actor, what: str, place: _Place, people: Sequence[int], **more: object
    ) -> None:
        scope, room = place.scope, place.room
        record(
            tx, actor, f"rosters:roster:{what}", "roster", room.id, self._clock.now(), path=room.path,
            room=room.code, list=scope.kind, session_id=scope.session_id, course_id=scope.course_id,
            people=len(people), attendee_ids=people[:PAGE_SIZE_MAX], **more,
        )  # fmt: skip


def _named(people: Sequence[int]) -> list[int]:
    named = sorted(set(people))
    if not named:
        raise NobodyNamed(field="people")
    if len(named) > PEOPLE_AT_ONCE:
        raise TooManyNamed(field="people", limit=PEOPLE_AT_ONCE)
    assert PEOPLE_AT_ONCE <= IDS_AT_ONCE, "they stand in one IN list"
    return named


def _list_name(place: _Place) -> str:
    scope = place.scope
    of = f"; {scope.kind} {scope.session_id or scope.course_id}" if scope != STANDING else ""
    return f"room {place.room.code}{of}"


async def _frozen_at(tx: Tx, session_id: int) -> datetime | None:
    query = select(SessionRoster.frozen_at).where(SessionRoster.session_id == session_id)
    return await tx.scalar(query)


async def _listable(tx: Tx, actor: Actor, named: Sequence[int]) -> dict[int, int]:
    """Person → unit id. Raises `PersonNotFound`, `PersonNotListable`."""
    a = PersonColumns
    query = (
        select(a.id, a.name, a.unit_id, a.retired_at, a.merged_into_id, a.erased_at, UnitColumns.path)
        .join(*UnitColumns.of(a.unit_id))
        .where(a.id.in_(named))
    )
    units: dict[int, int] = {}
    for person, name, unit_id, retired_at, merged_into, erased_at, path in await tx.execute(query):
        if allows(actor, Permission.PERSON_VIEW, path):
            if retired_at or merged_into or erased_at:
                raise PersonNotListable(field="people", name=name)
            units[person] = unit_id
    if len(units) < len(named):
        raise PersonNotFound(field="people")
    return units


async def _check_there(tx: Tx, place: _Place, named: Sequence[int]) -> None:
    found = reading.listed(place.scope, place.frozen_at is not None)
    query = select(func.count()).where(
        found.c.endpoint_id == place.room.id, found.c.attendee_id.in_(named), found.c.removed_at.is_(None)
    )
    if await tx.scalar(query) != len(named):
        raise PersonNotOnList(field="people")


async def _check_room(tx: Tx, place: _Place, more: int) -> None:
    found = reading.listed(place.scope, place.frozen_at is not None)
    query = select(func.count()).where(found.c.endpoint_id == place.room.id, found.c.removed_at.is_(None))
    if (await tx.scalar(query) or 0) + more > ROOM_PEOPLE_MAX:
        raise RoomFull(limit=ROOM_PEOPLE_MAX)


async def _take_off(tx: Tx, place: _Place, named: Sequence[int], now: datetime) -> None:
    """Delete the list's own entries; where a wider list would bring a person back, say that they are off."""
    r = RosterEntry
    await tx.execute(
        delete(r)
        .where(reading.entries(place.scope), r.attendee_id.in_(named))
        .execution_options(synchronize_session=False)
    )
    if place.scope == STANDING:
        return
    wider = reading.entries(STANDING)
    if place.scope.session_id is not None:
        wider = wider | r.course_id.is_not(None)
    merged = store.merged()
    same = select(merged.c.id).where(merged.c.kept.in_(named))
    query = select(r.attendee_id).where(r.attendee_id.in_(named) | r.attendee_id.in_(same), wider)
    if await tx.scalar(query.limit(1)) is not None:
        await store.fill(
            tx,
            [(person, place.room.id) for person in named],
            now,
            session_id=place.scope.session_id,
            course_id=place.scope.course_id,
            excluded=True,
        )
