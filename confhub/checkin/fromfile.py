"""A file afterwards: who came and went, by code, badge or name, out of CSV or XLSX."""

from __future__ import annotations

import asyncio
import hashlib
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select

from confhub.access.rules import Actor, allows
from confhub.checkin import filetable, limits
from confhub.checkin.errors import (
    ColumnMissing,
    OutBeforeIn,
    PersonAmbiguous,
    PersonNotInSession,
    SheetWithoutList,
    TimeUnreadable,
    TooManyFileRows,
)
from confhub.checkin.filetable import FileLine, FileReceipt, FileRow, FileRows
from confhub.checkin.group import Delivery
from confhub.checkin.values import PersonKind, Result, RoomEvent, Told, Way
from confhub.checkin.writing import write
from confhub.db.database import Database, Tx
from confhub.i18n.identity import identity_key
from confhub.kernel.clock import Clock
from confhub.kernel.errors import DomainError, Forbidden
from confhub.kernel.ids import EndpointId, SessionId
from confhub.kernel.local_time import during, local_moment
from confhub.kernel.permissions import Permission
from confhub.org.dissolved import is_over, standing_first
from confhub.org.published import UnitColumns
from confhub.people.published import PersonColumns
from confhub.people.rules import plain_badge
from confhub.registry.errors import ChoiceImpossible
from confhub.registry.published import RoomColumns
from confhub.rosters.import_errors import RoomAmbiguous
from confhub.rosters.published import ListedColumns
from confhub.rosters.store import freeze, is_frozen
from confhub.rosters.unit_names import bare, meant
from confhub.sessions.errors import RoomNotInSession
from confhub.sessions.models import MeetingSession, SessionEndpoint
from confhub.sessions.store import visible_view
from confhub.sheets import errors as sheet_errors
from confhub.sheets.choices import ReadingChoices, by_heading_row, by_place, over
from confhub.sheets.errors import FormulaCell, HiddenOpen, LettersOpen
from confhub.sheets.headings import WRITTEN_OF_PEOPLE
from confhub.sheets.hidden import SKIP, hidden_parts, without_hidden
from confhub.sheets.reading import FileReading
from confhub.sheets.table import Cell, SheetError, Table, cell_text

Submit = Callable[[Delivery], Awaitable[list[Told]]]


@dataclass(frozen=True, slots=True)
class _Wish:
    """One row, understood."""

    row: FileRow
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
    by_name: dict[str, list[tuple[int, set[str], bool]]]
    """A name's identity → people with those of their unit's name and code, and whether that is dissolved."""
    room_of: dict[int, int]
    rooms: dict[str, int]
    allowed: set[int]
    rooms_by_name: dict[str, list[tuple[int, bool]]]
    """A name's identity → rooms, and whether their unit is dissolved."""


class FileReader:
    """Reads one file against one session."""

    def __init__(self, db: Database, clock: Clock, timezone: str, files: FileReading) -> None:
        self._db, self._clock, self._zone, self._files = db, clock, ZoneInfo(timezone), files

    async def take(
        self,
        actor: Actor,
        session_id: SessionId,
        filename: str,
        content: bytes,
        submit: Submit,
        *,
        dry: bool,
        choices: ReadingChoices,
    ) -> FileReceipt:
        """As `CheckinService.from_file`. The same row once more is doubled, whatever the file is called."""
        if any(name not in ("", *filetable.FIELDS) for name in choices.columns.values()):
            raise ChoiceImpossible(field="columns")
        async with self._db.reading() as tx:
            await allowed_rooms(tx, actor, session_id)
        try:
            tables = await self._files.read(filename, content)
        except SheetError as error:
            raise error.error from None
        hidden = hidden_parts(tables)
        if choices.hidden == SKIP:
            tables = without_hidden(tables)
        choices, found = await self._read(actor, tables, choices)
        if not (found.read or dry):
            raise ColumnMissing(field="file")
        if found.letters is not None and not (dry or choices.letters):
            raise LettersOpen(field="letters", old=found.letters.name)
        if hidden and not (dry or choices.hidden):
            raise HiddenOpen(field="hidden")
        if len(found.rows) > limits.FILE_ROWS_MAX:
            raise TooManyFileRows(max=limits.FILE_ROWS_MAX)
        session = await self._session(actor, session_id)
        wishes: list[_Wish] = []
        lines: dict[tuple[int, int], FileLine] = {}
        for place, name in found.unread.items():
            lines[place, 0] = FileLine(0, "", Result.REFUSED, None, SheetWithoutList(value=name), name)
        for place, wanted in found.lacking.items():
            lacking = sheet_errors.ColumnMissing(value=WRITTEN_OF_PEOPLE[wanted])
            lines[place, 0] = FileLine(0, "", Result.REFUSED, None, lacking, found.names[place])
        for row in found.rows:
            try:
                wishes.append(self._wish(row, session))
            except DomainError as error:
                told_name = row.name or _text(row.cells.get("code", ""))
                sheet = found.names[row.sheet]
                column = found.column(row.sheet, error.field)
                lines[row.sheet, row.number] = FileLine(
                    row.number, told_name, Result.REFUSED, None, error, sheet, column
                )
        by = f"account:{actor.account_id or 0}"
        tried = await self._told(session_id, by, wishes, submit, dry=True)
        if not dry:  # a row is one statement: its first half is not taken where its second is refused
            whole = [
                at for at, told in enumerate(tried) if all(one.result is not Result.REFUSED for one in told)
            ]
            taken = await self._told(session_id, by, [wishes[at] for at in whole], submit, dry=False)
            for at, told in zip(whole, taken, strict=True):
                tried[at] = told
            async with self._db.transaction() as tx:
                await filetable.MEMORY.keep(tx, actor, found.read, choices.said(), self._clock.now())
        for wish, told in zip(wishes, tried, strict=True):
            lines[wish.row.sheet, wish.row.number] = _line(wish, told, found.names[wish.row.sheet])
        ordered = tuple(lines[key] for key in sorted(lines))
        count = {result: sum(line.result is result for line in ordered) for result in Result}
        return FileReceipt(
            dry, ordered, count[Result.STORED], count[Result.DOUBLED], count[Result.REFUSED],
            tuple(found.ignored), tuple(found.left_out.first), dict(found.left_out.counts),
            found.letters, choices, tuple(found.read), found.first_rows, hidden,
            found.computed,
        )  # fmt: skip

    async def _read(
        self, actor: Actor, tables: list[Table], choices: ReadingChoices
    ) -> tuple[ReadingChoices, FileRows]:
        """The rows; and the choices, with what this branch has said before of columns under such headings."""
        keep = choices.letters == "keep"
        headings = await asyncio.to_thread(filetable.headings_of, tables, choices.said(), keep_letters=keep)
        async with self._db.reading() as tx:
            known = await filetable.MEMORY.recall(tx, actor, headings)
        chosen = over(known, choices.said())
        found = await asyncio.to_thread(filetable.read, tables, chosen, keep_letters=keep)
        found.read = [replace(one, remembered=one.sheet in known) for one in found.read]
        return replace(choices, columns=by_place(chosen), headings=by_heading_row(chosen)), found

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

    def _wish(self, row: FileRow, session: _Session) -> _Wish:
        cells = row.cells
        if row.formula:
            raise FormulaCell(field=row.formula)
        person = _person(row, session)
        room = _text(cells.get("room", ""))
        endpoint_id = _room(room, session) if room else session.room_of.get(person)
        if endpoint_id is None:
            raise RoomNotInSession(field="room")
        if not {endpoint_id, session.room_of.get(person, endpoint_id)} <= session.allowed:
            raise Forbidden(permission=Permission.CHECKIN_RUN.value)
        events, moments = [], []
        for column, kind in (("came", PersonKind.IN), ("went", PersonKind.OUT)):
            at = self._moment(cells.get(column, ""), session, column)
            if at is not None:
                text = f"{person}|{kind}|{at.isoformat()}"
                key = "file:" + hashlib.sha256(text.encode()).hexdigest()[:32]
                events.append(RoomEvent(key, kind, at, Way.FILE, attendee=person))
                moments.append(at)
        if not events:
            raise TimeUnreadable(field="came", value="")
        if moments != sorted(moments):
            raise OutBeforeIn(field="went")
        return _Wish(row, person, endpoint_id, tuple(events))

    def _moment(self, cell: Cell, session: _Session, column: str) -> datetime | None:
        said = filetable.hour_of(cell, column)
        if said is None:
            return None
        if isinstance(said, datetime):
            return local_moment(said, self._zone, column).astimezone(UTC)
        return during(said, session.start, session.end, self._zone, column).astimezone(UTC)

    async def _session(self, actor: Actor, session_id: SessionId) -> _Session:
        async with self._db.reading() as tx:
            row, rooms, allowed = await allowed_rooms(tx, actor, session_id)
            frozen = await is_frozen(tx, session_id)
        if not frozen:
            async with self._db.transaction() as tx:
                await freeze(tx, session_id, self._clock.now())
        start = row.actual_start or row.starts_at
        end = row.actual_end or start + timedelta(minutes=row.length_min)
        session = _Session(start, end, {}, {}, defaultdict(list), {}, {}, allowed, defaultdict(list))
        day = start.astimezone(self._zone).date()
        session.rooms = {code.upper(): endpoint_id for endpoint_id, code, _ in rooms}
        a, p, e = ListedColumns, PersonColumns, SessionEndpoint
        async with self._db.reading() as tx:
            named = (
                select(e.endpoint_id, RoomColumns.name, UnitColumns.valid_to)
                .join(*RoomColumns.of(e.endpoint_id))
                .join(*UnitColumns.of(RoomColumns.unit_id))
            )
            for endpoint_id, name, last_day in await tx.execute(named.where(e.session_id == session_id)):
                session.rooms_by_name[identity_key(name)].append((endpoint_id, is_over(last_day, day)))
            people = await tx.execute(
                select(
                    p.id,
                    p.code,
                    p.badge,
                    p.name_key,
                    UnitColumns.name,
                    UnitColumns.code,
                    UnitColumns.valid_to,
                    a.endpoint_id,
                )
                .join(*a.on(a.attendee_id == p.id))
                .join(*UnitColumns.of(a.unit_id))
                .where(a.session_id == session_id, a.removed_at.is_(None))
            )
            for person, code, badge, name_key, unit, unit_code, last_day, endpoint_id in people:
                if code:
                    session.by_code[code.upper()] = person
                session.by_badge[badge] = person
                keys = {identity_key(unit), bare(identity_key(unit)), identity_key(unit_code)}
                session.by_name[name_key].append((person, keys, is_over(last_day, day)))
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
        select(e.endpoint_id, RoomColumns.code, UnitColumns.path)
        .join(*RoomColumns.of(e.endpoint_id))
        .join(*UnitColumns.of(RoomColumns.unit_id))
        .where(e.session_id == session_id)
    )
    return [(endpoint_id, code, path) for endpoint_id, code, path in rows]


def _person(row: FileRow, session: _Session) -> int:
    cells = row.cells
    if code := _text(cells.get("code", "")).upper():
        if (person := session.by_code.get(code)) is not None:
            return person
        raise PersonNotInSession(field="code")
    if badge := _text(cells.get("badge", "")):
        if (person := session.by_badge.get(plain_badge(badge) or "")) is not None:
            return person
        raise PersonNotInSession(field="badge")
    unit = _text(cells.get("unit", ""))
    namesakes = session.by_name.get(identity_key(row.name), [])
    if unit:
        keys = {identity_key(unit), *meant(unit)}
        namesakes = standing_first((one, one[2]) for one in namesakes if keys & one[1])
    if not namesakes:
        raise PersonNotInSession(field="name")
    if len(namesakes) > 1:
        raise PersonAmbiguous(field="name", name=row.name)
    return namesakes[0][0]


def _room(text: str, session: _Session) -> int:
    """The session's room with this code or name. Raises `RoomNotInSession`, `RoomAmbiguous`."""
    by_code = session.rooms.get(text.upper())
    by_name = session.rooms_by_name.get(identity_key(text), [])
    named = [by_code] if by_code is not None else standing_first(by_name)
    if not named:
        raise RoomNotInSession(field="room")
    if len(named) > 1:
        raise RoomAmbiguous(field="room", value=text)
    return named[0]


def _line(wish: _Wish, told: Sequence[Told], sheet: str) -> FileLine:
    """A row is refused where any of it is, doubled where all of it was there before."""
    refused = next((one for one in told if one.result is Result.REFUSED), None)
    number, name = wish.row.number, wish.row.name or next((one.name for one in told if one.name), "")
    if refused is not None:
        return FileLine(number, name, Result.REFUSED, wish.attendee, refused.error, sheet)
    doubled = all(one.result is Result.DOUBLED for one in told)
    return FileLine(number, name, Result.DOUBLED if doubled else Result.STORED, wish.attendee, None, sheet)


def _text(cell: Cell) -> str:
    return " ".join(cell_text(cell).split())
