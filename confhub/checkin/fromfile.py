"""A file afterwards: who came and went, by code, badge or name, out of CSV or XLSX."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import select

from confhub.access.rules import Actor, allows
from confhub.checkin import limits
from confhub.checkin.errors import (
    ColumnMissing,
    PersonAmbiguous,
    PersonNotInSession,
    RoomNotInSession,
    TimeUnreadable,
    TooManyFileRows,
)
from confhub.checkin.group import Delivery
from confhub.checkin.models import PersonKind, Way
from confhub.checkin.values import FileLine, FileReceipt, Result, RoomEvent, Told
from confhub.checkin.writing import write
from confhub.db.database import Database, Tx
from confhub.i18n.folding import fold
from confhub.i18n.identity import identity_key
from confhub.kernel.clock import Clock
from confhub.kernel.errors import DomainError, Forbidden
from confhub.kernel.ids import EndpointId, SessionId
from confhub.kernel.local_time import during, local_moment
from confhub.kernel.permissions import Permission
from confhub.org.models import UnitRow
from confhub.people.models import AttendeeRow
from confhub.people.rules import plain_badge
from confhub.registry.file_reading import FileReading
from confhub.registry.models import EndpointRow
from confhub.registry.sheets import Cell, SheetError
from confhub.rosters.models import SessionAttendee
from confhub.rosters.store import freeze, is_frozen
from confhub.sessions.models import MeetingSession, SessionEndpoint
from confhub.sessions.store import visible_view

COLUMNS: Final = {
    "code": ("code", "ma", "ma so", "ma dai bieu", "ma hoc vien", "person code"),
    "badge": ("badge", "the", "ma the"),
    "name": ("name", "ho ten", "ho va ten", "full name"),
    "unit": ("unit", "don vi", "unit name"),
    "room": ("room", "diem cau", "ma diem cau", "room code"),
    "came": ("in", "vao", "gio vao", "den", "gio den", "thoi gian vao", "check in"),
    "went": ("out", "ra", "gio ra", "ve", "gio ve", "thoi gian ra", "check out"),
}
"""A column's names, folded."""

_FORMATS: Final = ("%d/%m/%Y %H:%M", "%d/%m/%Y %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S")
_CLOCKS: Final = ("%H:%M", "%H:%M:%S", "%Hh%M")

Submit = Callable[[Delivery], Awaitable[list[Told]]]


@dataclass(frozen=True, slots=True)
class _Wish:
    """One row, understood."""

    row: int
    name: str
    attendee: int
    endpoint_id: int
    events: tuple[RoomEvent, ...]


@dataclass(slots=True)
class _Session:
    """What the rows are looked up in."""

    start: datetime
    end: datetime
    by_code: dict[str, int]
    by_badge: dict[str, int]
    by_name: dict[str, list[tuple[int, str]]]
    room_of: dict[int, int]
    rooms: dict[str, int]
    allowed: set[int]


class FileReader:
    """Reads one file against one session."""

    def __init__(self, db: Database, clock: Clock, timezone: str, files: FileReading) -> None:
        self._db, self._clock, self._zone, self._files = db, clock, ZoneInfo(timezone), files

    async def take(
        self, actor: Actor, session_id: SessionId, filename: str, content: bytes, submit: Submit, *, dry: bool
    ) -> FileReceipt:
        """As `CheckinService.from_file`. The same row once more is doubled, whatever the file is called."""
        async with self._db.reading() as tx:
            await allowed_rooms(tx, actor, session_id)
        try:
            tables = await self._files.read(filename, content)
        except SheetError as error:
            raise error.error from None
        rows = tables[0].rows
        columns, first = _columns(rows)
        if len(rows) - first > limits.FILE_ROWS_MAX:
            raise TooManyFileRows(max=limits.FILE_ROWS_MAX)
        session = await self._session(actor, session_id)
        wishes: list[_Wish] = []
        lines: dict[int, FileLine] = {}
        for number, row in enumerate(rows[first:], start=first + 1):
            if not any(str(cell).strip() for cell in row):
                continue
            cells = {name: row[at] if at < len(row) else "" for name, at in columns.items()}
            try:
                wishes.append(self._wish(number, cells, session, session_id))
            except DomainError as error:
                name = _text(cells.get("name", "")) or _text(cells.get("code", ""))
                lines[number] = FileLine(number, name, Result.REFUSED, None, error)
        by = f"account:{actor.account_id or 0}"
        for wish, told in zip(wishes, await self._told(session_id, by, wishes, submit, dry=dry), strict=True):
            lines[wish.row] = _line(wish, told)
        ordered = tuple(lines[number] for number in sorted(lines))
        count = {result: sum(line.result is result for line in ordered) for result in Result}
        return FileReceipt(
            dry, ordered, count[Result.STORED], count[Result.DOUBLED], count[Result.REFUSED]
        )  # fmt: skip

    async def _told(
        self, session_id: SessionId, by: str, wishes: Sequence[_Wish], submit: Submit, *, dry: bool
    ) -> list[list[Told]]:
        now = self._clock.now()
        by_room: dict[int, list[int]] = defaultdict(list)
        for index, wish in enumerate(wishes):
            by_room[wish.endpoint_id].append(index)
        answers: list[list[Told]] = [[] for _ in wishes]
        for endpoint_id, indexes in by_room.items():
            for start in range(0, len(indexes), limits.BATCH_MAX):
                part = indexes[start : start + limits.BATCH_MAX]
                events = [event for index in part for event in wishes[index].events]
                delivery = Delivery(session_id, EndpointId(endpoint_id), by, now, tuple(events), dry=dry)
                told = iter(await (self._tried(delivery) if dry else submit(delivery)))
                for index in part:
                    answers[index] = [next(told) for _ in wishes[index].events]
        return answers

    async def _tried(self, delivery: Delivery) -> list[Told]:
        async with self._db.reading() as tx:
            return (await write(tx, [delivery]))[0]

    def _wish(
        self, number: int, cells: dict[str, Cell], session: _Session, session_id: SessionId
    ) -> _Wish:  # fmt: skip
        person = _person(cells, session)
        room = _text(cells.get("room", "")).upper()
        endpoint_id = session.rooms.get(room) if room else session.room_of.get(person)
        if endpoint_id is None:
            raise RoomNotInSession(field="room")
        if not {endpoint_id, session.room_of.get(person, endpoint_id)} <= session.allowed:
            raise Forbidden(permission=Permission.CHECKIN_RUN.value)
        events = []
        for column, kind in (("came", PersonKind.IN), ("went", PersonKind.OUT)):
            at = self._moment(cells.get(column, ""), session, column)
            if at is not None:
                text = f"{person}|{kind}|{at.isoformat()}"
                key = "file:" + hashlib.sha256(text.encode()).hexdigest()[:32]
                events.append(RoomEvent(key, kind, at, Way.FILE, attendee=person))
        if not events:
            raise TimeUnreadable(field="came", value="")
        return _Wish(number, _text(cells.get("name", "")), person, endpoint_id, tuple(events))

    def _moment(self, cell: Cell, session: _Session, column: str) -> datetime | None:
        if isinstance(cell, datetime):
            return local_moment(cell, self._zone, column).astimezone(UTC)
        text = _text(cell)
        if not text:
            return None
        for pattern in _CLOCKS:
            if (found := _parsed(text, pattern)) is not None:
                return during(found.time(), session.start, session.end, self._zone, column).astimezone(UTC)
        for pattern in _FORMATS:
            if (found := _parsed(text.replace("T", " "), pattern)) is not None:
                return local_moment(found, self._zone, column).astimezone(UTC)
        raise TimeUnreadable(field="in", value=text[:40])

    async def _session(self, actor: Actor, session_id: SessionId) -> _Session:
        async with self._db.reading() as tx:
            row, rooms, allowed = await allowed_rooms(tx, actor, session_id)
            frozen = await is_frozen(tx, session_id)
        if not frozen:
            async with self._db.transaction() as tx:
                await freeze(tx, session_id, self._clock.now())
        start = row.actual_start or row.starts_at
        end = row.actual_end or start + timedelta(minutes=row.length_min)
        session = _Session(start, end, {}, {}, defaultdict(list), {}, {}, allowed)
        session.rooms = {code.upper(): endpoint_id for endpoint_id, code, _ in rooms}
        a, p = SessionAttendee, AttendeeRow
        async with self._db.reading() as tx:
            people = await tx.execute(
                select(p.id, p.code, p.badge, p.name_key, UnitRow.name, UnitRow.code, a.endpoint_id)
                .join(a, a.attendee_id == p.id)
                .join(UnitRow, UnitRow.id == a.unit_id)
                .where(a.session_id == session_id, a.removed_at.is_(None))
            )
            for person, code, badge, name_key, unit, unit_code, endpoint_id in people:
                if code:
                    session.by_code[code.upper()] = person
                session.by_badge[badge] = person
                session.by_name[name_key].append((person, f"{identity_key(unit)}|{identity_key(unit_code)}"))
                session.room_of[person] = endpoint_id
        return session


async def allowed_rooms(
    tx: Tx, actor: Actor, session_id: SessionId
) -> tuple[MeetingSession, list[tuple[int, str, str]], set[int]]:
    """The session, its rooms (id, code, path), and the ids of those where the actor may check people in.

    Raises SessionUnknown, and Forbidden where there is no such room.
    """
    await visible_view(tx, actor, session_id)
    row = await tx.get_one(MeetingSession, session_id)
    rooms = await _rooms(tx, session_id)
    allowed = {room[0] for room in rooms if allows(actor, Permission.CHECKIN_RUN, room[2])}
    if not allowed:
        raise Forbidden(permission=Permission.CHECKIN_RUN.value)
    return row, rooms, allowed


async def _rooms(tx: Tx, session_id: int) -> list[tuple[int, str, str]]:
    e = SessionEndpoint
    rows = await tx.execute(
        select(e.endpoint_id, EndpointRow.code, UnitRow.path)
        .join(EndpointRow, EndpointRow.id == e.endpoint_id)
        .join(UnitRow, UnitRow.id == EndpointRow.unit_id)
        .where(e.session_id == session_id)
    )
    return [(endpoint_id, code, path) for endpoint_id, code, path in rows]


def _columns(rows: Sequence[Sequence[Cell]]) -> tuple[dict[str, int], int]:
    """Which column is what, and where the people begin. Looks into the first ten rows for the headings."""
    for index, row in enumerate(rows[:10]):
        found: dict[str, int] = {}
        for at, cell in enumerate(row):
            heading = fold(_text(cell))
            for name, names in COLUMNS.items():
                if heading in names:
                    found.setdefault(name, at)
        if found.keys() & {"code", "badge", "name"} and found.keys() & {"came", "went"}:
            return found, index + 1
    raise ColumnMissing(field="file")


def _person(cells: dict[str, Cell], session: _Session) -> int:
    if code := _text(cells.get("code", "")).upper():
        if (person := session.by_code.get(code)) is not None:
            return person
        raise PersonNotInSession(field="code")
    if badge := _text(cells.get("badge", "")):
        if (person := session.by_badge.get(plain_badge(badge) or "")) is not None:
            return person
        raise PersonNotInSession(field="badge")
    name, unit = _text(cells.get("name", "")), identity_key(_text(cells.get("unit", "")))
    namesakes = session.by_name.get(identity_key(name), [])
    if unit:
        namesakes = [one for one in namesakes if unit in one[1].split("|")]
    if not namesakes:
        raise PersonNotInSession(field="name")
    if len(namesakes) > 1:
        raise PersonAmbiguous(field="name", name=name)
    return namesakes[0][0]


def _line(wish: _Wish, told: Sequence[Told]) -> FileLine:
    """A row is refused where any of it is, doubled where all of it was there before."""
    refused = next((one for one in told if one.result is Result.REFUSED), None)
    name = wish.name or next((one.name for one in told if one.name), "")
    if refused is not None:
        return FileLine(wish.row, name, Result.REFUSED, wish.attendee, refused.error)
    doubled = all(one.result is Result.DOUBLED for one in told)
    return FileLine(wish.row, name, Result.DOUBLED if doubled else Result.STORED, wish.attendee, None)


def _parsed(text: str, pattern: str) -> datetime | None:
    try:
        return datetime.strptime(text, pattern)  # noqa: DTZ007 - the zone is put on by the caller
    except ValueError:
        return None


def _text(cell: Cell) -> str:
    return cell.isoformat(" ") if isinstance(cell, datetime) else " ".join(str(cell).split())
