"""Use cases of reports on people: a session's figures, its persons, its curve; a period; a comparison."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import date
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from confhub.access.rules import Actor, allows_anywhere, branch_filter, require_anywhere
from confhub.checkin import same
from confhub.checkin.inputs import newest_seal, sealed_letterhead
from confhub.db.database import Database
from confhub.kernel.clock import Clock
from confhub.kernel.ids import SessionId
from confhub.kernel.paging import offset_of, page_count, page_within
from confhub.kernel.permissions import Permission
from confhub.org.paper_service import letterhead_of
from confhub.org.papers import Letterhead
from confhub.org.published import UnitColumns
from confhub.people.looks import LookBook
from confhub.reports.people import curve
from confhub.reports.people.errors import PersonNotListed, TooFewSessions
from confhub.reports.people.lines import raw_events
from confhub.reports.people.model import Moment, PeopleFilter, PeopleReport, PersonLine, PersonPage
from confhub.reports.people.period import compare
from confhub.reports.people.period import reading as period
from confhub.reports.people.period.model import Choice, Comparison, PeriodReport
from confhub.reports.people.reading import is_derived, person_query, read
from confhub.reports.session.facts import SessionShown, room_facts, session_facts, visible

LOOK = "report"
"""What `person_look` calls a reading of persons in a report."""
FILE_LOOK = "report_file"
"""And what it calls a report's file."""


EXPORT_GROUP = 1000
"""Persons read at a time for a file: some milliseconds of the loop."""


@dataclass(frozen=True, slots=True)
class Export:
    """A report with its persons to come, `persons` of them."""

    report: PeopleReport
    persons: int
    people: AsyncIterator[list[PersonLine]]
    letterhead: Letterhead


async def nobody() -> AsyncIterator[list[PersonLine]]:
    """No groups at all."""
    return
    yield []


class PeopleReportService:
    """Reads only, but for the note of who looked at persons. Figures are those of the branches in which
    the actor holds `REPORT_VIEW`, persons those where it holds `REPORT_PEOPLE`; the room's unit decides."""

    def __init__(self, db: Database, clock: Clock, timezone: str = "Asia/Ho_Chi_Minh") -> None:
        """`timezone`: IANA name of the zone that reports are written in."""
        self._db = db
        self._clock = clock
        self._zone = ZoneInfo(timezone)
        self._looks = LookBook(db, clock)

    @property
    def timezone(self) -> str:
        """The zone's IANA name."""
        return self._zone.key

    async def session(self, actor: Actor, session_id: SessionId) -> PeopleReport:
        """The figures of a session by tier, unit and room.

        Raises `Forbidden` for an actor who may see no report at all, `SessionUnknown` for a session that is
        not there or has nothing in the actor's branches.
        """
        require_anywhere(actor, Permission.REPORT_VIEW)
        async with self._db.reading() as tx:
            return (await read(tx, actor, session_id, self._clock.now(), self._zone)).report

    async def persons(
        self, actor: Actor, session_id: SessionId, wanted: PeopleFilter, *, page: int = 1, size: int = 100
    ) -> PersonPage:
        """One page of the persons in Vietnamese order; that somebody looked is written down.

        Raises `Forbidden` without `REPORT_PEOPLE` in any branch, `SessionUnknown`.
        """
        require_anywhere(actor, Permission.REPORT_PEOPLE)
        async with self._db.reading() as tx:
            session = await visible(tx, actor, session_id, Permission.REPORT_PEOPLE)
            query = await person_query(tx, actor, session, wanted)
            total = await query.count(tx) if query is not None else 0
            pages, page = page_count(total, size), page_within(page, total, size)
            rows = []
            if query is not None:
                ids = await query.ids(tx, offset=offset_of(page, size), limit=size)
                rows = await query.lines(tx, ids, self._zone, session.row.actual_start)
        shown = [row.attendee_id for row in rows]
        await self._looks.told(actor, LOOK, shown, detail=_look(session, wanted))
        return PersonPage(tuple(rows), total, page, pages)

    async def person(self, actor: Actor, session_id: SessionId, attendee_id: int) -> PersonLine:
        """One person of the session; that somebody looked is written down.

        Raises `Forbidden`, `SessionUnknown`, `PersonNotListed` (also outside the actor's branches).
        """
        require_anywhere(actor, Permission.REPORT_PEOPLE)
        async with self._db.reading() as tx:
            session = await visible(tx, actor, session_id, Permission.REPORT_PEOPLE)
            query = await person_query(tx, actor, session, PeopleFilter(attendee_id=attendee_id))
            ids = await query.ids(tx, limit=1) if query is not None else []
            if query is None or not ids:
                raise PersonNotListed(field="attendee")
            (line,) = await query.lines(tx, ids, self._zone, session.row.actual_start)
            entries = same.everybody([attendee_id], await same.standing(tx, session_id))
            line = replace(line, events=await raw_events(tx, session_id, entries, self._zone))
        await self._looks.told(actor, LOOK, [attendee_id], detail=f"session {session_id}")
        return line

    @asynccontextmanager
    async def export(
        self, actor: Actor, session_id: SessionId, wanted: PeopleFilter | None = None
    ) -> AsyncIterator[Export]:
        """The report, and everybody of it in groups, by room as the tree is read; inside one transaction.

        Persons of the actor's own branches only: none without `REPORT_PEOPLE`. Their reading is written
        down. Raises as `session`.
        """
        require_anywhere(actor, Permission.REPORT_VIEW)
        wanted = wanted or PeopleFilter()
        told = await self._tell_export(actor, session_id, wanted)
        async with self._db.reading() as tx:
            found = await read(tx, actor, session_id, self._clock.now(), self._zone)
            session = await session_facts(tx, actor, session_id)
            assert session is not None, "it was read in the same transaction"
            query = await person_query(tx, actor, session, wanted) if found.report.header.may_people else None
            by_room = await query.ids_by_room(tx) if query is not None else {}
            places = {room.endpoint_id: at for at, room in enumerate(found.report.rooms)}
            rooms = sorted(by_room, key=lambda room: (places.get(room, len(places)), room))
            ids = [one for room in rooms for one in by_room[room]]
            if came := set(ids) - told:  # between the two readings
                await self._looks.told(actor, FILE_LOOK, came, detail=_look(session, wanted))

            async def groups() -> AsyncIterator[list[PersonLine]]:
                assert query is not None, "nobody to read without a question"
                for start in range(0, len(ids), EXPORT_GROUP):
                    part = ids[start : start + EXPORT_GROUP]
                    yield await query.lines(tx, part, self._zone, session.row.actual_start)

            names = {unit.id: unit.name for unit in found.units.values()}
            head = await sealed_letterhead(tx, session_id)
            if head is None:
                head = await letterhead_of(tx, found.report.header.unit_path, names)
            yield Export(found.report, len(ids), groups() if ids else nobody(), head)

    async def _tell_export(self, actor: Actor, session_id: SessionId, wanted: PeopleFilter) -> set[int]:
        """Write down who will be in the file, before the first of them is read."""
        if not allows_anywhere(actor, Permission.REPORT_PEOPLE):
            return set()
        async with self._db.reading() as tx:
            session = await session_facts(tx, actor, session_id)
            query = await person_query(tx, actor, session, wanted) if session is not None else None
            ids = set(await query.ids(tx)) if query is not None else set()
        if session is not None:
            await self._looks.told(actor, FILE_LOOK, ids, detail=_look(session, wanted))
        return ids

    async def curve(self, actor: Actor, session_id: SessionId) -> tuple[Moment, ...]:
        """People and rooms present over live time, in the actor's branches. Raises as `session`."""
        require_anywhere(actor, Permission.REPORT_VIEW)
        now = self._clock.now()
        async with self._db.reading() as tx:
            session = await visible(tx, actor, session_id, Permission.REPORT_VIEW)
            rooms = await room_facts(tx, actor, session)
            there = await is_derived(tx, session)
            counted = {room.endpoint_id for room in rooms if room.counted}
            found = await curve.moments(tx, session_id, counted, now, settled=there)
        return tuple(Moment(one.at.astimezone(self._zone), one.people, one.rooms) for one in found)

    async def period(self, actor: Actor, unit_id: int | None, first: date, last: date) -> PeriodReport:
        """A unit over whole days, both ends counted; None: all of the actor's branches.

        Raises `Forbidden`, `UnitNotFound`, `PeriodWrong`.
        """
        require_anywhere(actor, Permission.REPORT_VIEW)
        async with self._db.reading() as tx:
            return await period.report(tx, actor, unit_id, first, last, self._clock.now(), self._zone)

    async def letterhead(self, actor: Actor, unit_id: int | None) -> Letterhead:
        """What stands on the papers of a unit; without one, of the topmost where the actor sees reports.
        Checks no right: what is asked for was shown before."""
        async with self._db.reading() as tx:
            path = await tx.scalar(select(UnitColumns.path).where(UnitColumns.id == unit_id))
            if path is None:
                seen = branch_filter(actor, Permission.REPORT_VIEW, UnitColumns.path)
                query = (
                    select(UnitColumns.path)
                    .where(seen)
                    .order_by(func.length(UnitColumns.path), UnitColumns.id)
                )
                path = await tx.scalar(query.limit(1))
            return await letterhead_of(tx, path or "")

    async def heads(self, session_ids: Sequence[SessionId]) -> dict[int, str]:
        """Session → the end of its chain, of those whose attendance is closed. Checks no right."""
        found: dict[int, str] = {}
        async with self._db.reading() as tx:
            for one in session_ids:
                seal = await newest_seal(tx, one)
                if seal is not None and seal.stands and seal.head:
                    found[one] = seal.head
        return found

    async def check_period(self, actor: Actor, unit_id: int | None, first: date, last: date) -> None:
        """Raises what `period` would raise, without reading it."""
        require_anywhere(actor, Permission.REPORT_VIEW)
        async with self._db.reading() as tx:
            await period.scope(tx, actor, unit_id, first, last, self._zone)

    async def comparison(self, actor: Actor, session_ids: Sequence[SessionId]) -> Comparison:
        """Two to six sessions side by side. Raises `Forbidden`, `TooFewSessions`, `SessionUnknown`."""
        require_anywhere(actor, Permission.REPORT_VIEW)
        chosen = list(dict.fromkeys(session_ids))
        if not compare.COMPARED_MIN <= len(chosen) <= compare.COMPARED_MAX:
            raise TooFewSessions(field="session", limit=compare.COMPARED_MAX)
        now = self._clock.now()
        async with self._db.reading() as tx:
            return compare.side_by_side([await read(tx, actor, one, now, self._zone) for one in chosen])

    async def choices(self, actor: Actor) -> list[Choice]:
        """Sessions that can be compared, newest first."""
        require_anywhere(actor, Permission.REPORT_VIEW)
        async with self._db.reading() as tx:
            return await compare.choices(tx, actor, self._zone)


def _look(session: SessionShown, wanted: PeopleFilter) -> str:
    """What a list was of, for the note of who looked; not what was searched, which is a name."""
    asked = [f"{name}={value}" for name, value in _asked(wanted) if value not in (None, "")]
    return "; ".join([f"session {session.row.id}", *asked])


def _asked(wanted: PeopleFilter) -> Sequence[tuple[str, object]]:
    return [
        ("unit", wanted.unit_id),
        ("endpoint", wanted.endpoint_id),
        ("status", wanted.status.value if wanted.status else None),
        ("way", wanted.way),
        ("completed", wanted.completed),
    ]
