"""Persons of a report: filtered, sorted and paged in the database. Inside somebody's transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta, tzinfo
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, exists, func, literal, or_, select

from confhub.accounts.published import AccountColumns
from confhub.audit import marks
from confhub.checkin import same
from confhub.checkin import store as checkin_store
from confhub.checkin.models import (
    CheckinUndo,
    Correction,
    PersonEvent,
    PersonPresence,
    TabletRow,
    UndoneEvent,
)
from confhub.checkin.values import PersonKind
from confhub.db.database import Tx
from confhub.kernel.rounding import told
from confhub.people.store import matches
from confhub.reports.people import store
from confhub.reports.people.model import (
    CorrectionLine,
    PeopleFilter,
    PersonLine,
    PersonStatus,
    RawEvent,
)
from confhub.reports.session.facts import SessionShown
from confhub.reports.session.units import RoomFacts
from confhub.rosters.models import AbsenceNotice, FrozenPerson, SessionAttendee
from confhub.rosters.store import GUEST
from confhub.sessions.published import FrozenRoomColumns

RAW_MAX: Final = 500
"""Raw check-ins shown of one person: nobody has more but by a machine gone wrong."""


class PersonQuery:
    """Who is asked for, of one session: the condition, and what is read of each."""

    def __init__(
        self, session: SessionShown, wanted: PeopleFilter, rooms: Sequence[RoomFacts], *, settled: bool
    ) -> None:
        """`rooms`: those whose persons the asker may read, in the wanted branch. `settled`: the derived
        rows stand."""
        self._session, self._session_id = session, session.row.id
        self._rooms = {room.endpoint_id: room for room in rooms}
        self._settled = settled
        self._source: Any = PersonPresence if settled else SessionAttendee
        self._where = [
            self._source.session_id == self._session_id,
            self._source.endpoint_id.in_(sorted(self._rooms)),
            *self._conditions(wanted),
        ]
        self._same: Mapping[int, int] | None = None
        self._words = bool(wanted.text.strip())

    def _conditions(self, wanted: PeopleFilter) -> Iterable[ColumnElement[bool]]:
        if wanted.endpoint_id is not None:
            yield self._source.endpoint_id == wanted.endpoint_id
        if wanted.attendee_id is not None:
            yield self._source.attendee_id == wanted.attendee_id
        if wanted.way is not None and self._settled:
            yield ("," + PersonPresence.ways + ",").contains(f",{wanted.way},", autoescape=True)
        elif wanted.way is not None:
            e = PersonEvent
            yield exists().where(
                e.session_id == self._session_id,
                e.attendee_id == self._source.attendee_id,
                e.way == wanted.way,
                e.kind == PersonKind.IN.value,
                checkin_store.stands(),
            )
        if self._settled:
            yield from _settled_conditions(wanted)
        else:
            yield from _moving_conditions(wanted)
        yield from matches(wanted.text, FrozenPerson.search_key)

    def _from(self, query: Select[Any], *, with_person: bool) -> Select[Any]:
        query = query.select_from(self._source)
        if with_person:
            query = self._named(query)
        return query.where(*self._where)

    def _named(self, query: Select[Any]) -> Select[Any]:
        """With the persons as they were put on the list."""
        source, a, f = self._source, SessionAttendee, FrozenPerson
        if source is not a:
            listed = and_(a.session_id == source.session_id, a.attendee_id == source.attendee_id)
            query = query.outerjoin(a, listed)
        return query.outerjoin(f, f.id == a.frozen_id)

    async def count(self, tx: Tx) -> int:
        """How many there are."""
        query = self._from(select(func.count()), with_person=self._words)
        return int(await tx.scalar(query) or 0)

    async def ids(self, tx: Tx, *, offset: int = 0, limit: int | None = None) -> list[int]:
        """Their ids in Vietnamese order of names."""
        query = self._from(select(self._source.attendee_id), with_person=True)
        query = query.order_by(FrozenPerson.sort_key, self._source.attendee_id).offset(offset).limit(limit)
        return list(await tx.scalars(query))

    async def ids_by_room(self, tx: Tx) -> dict[int, list[int]]:
        """Room → ids in Vietnamese order of names."""
        query = self._from(
            select(self._source.endpoint_id, self._source.attendee_id), with_person=True
        ).order_by(FrozenPerson.sort_key, self._source.attendee_id)
        found: dict[int, list[int]] = {}
        for endpoint_id, attendee_id in await tx.execute(query):
            found.setdefault(endpoint_id, []).append(attendee_id)
        return found

    async def lines(
        self, tx: Tx, ids: Sequence[int], zone: tzinfo, start: datetime | None
    ) -> list[PersonLine]:
        """These people in full, in the order of `ids`. `start`: the session's, for their stretches."""
        found: dict[int, PersonLine] = {}
        if self._same is None:
            self._same = await same.standing(tx, self._session_id)
        for at in range(0, len(ids), store.IDS_AT_ONCE):
            part = ids[at : at + store.IDS_AT_ONCE]
            names = await self._names(tx, part)
            notes = await store.corrections(tx, self._session_id, part, self._same)
            heard = {} if self._settled else await _heard(tx, self._session_id, part)
            visits = await _visits(tx, self._session_id, part)
            rows = (await tx.execute(self._columns(part))).all()
            for row in rows:
                who = self._who(row, names.get(row.attendee_id, _NOBODY))
                line = (
                    _settled_line(row, who, zone, start)
                    if self._settled
                    else _moving_line(row, who, zone, heard.get(row.attendee_id, ()))
                )
                rooms = visits.get(row.attendee_id, set()) - {row.endpoint_id}
                called = self._session.names.rooms
                away = sorted(called[one].name for one in rooms if one in called)
                line = replace(line, elsewhere=", ".join(away)) if away else line
                found[row.attendee_id] = _with_notes(line, notes.get(row.attendee_id, ()), zone)
        return [found[one] for one in ids if one in found]

    def _columns(self, ids: Sequence[int]) -> Select[Any]:
        """Rows of one table by its key: a plan without statistics, which a table just filled has not got."""
        s = self._source
        query = select(*(_SETTLED if self._settled else _MOVING))
        return query.where(s.session_id == self._session_id, s.attendee_id.in_(ids))

    async def _names(self, tx: Tx, ids: Sequence[int]) -> dict[int, Any]:
        """Person → code, name and position as they were put on the list."""
        a, f = SessionAttendee, FrozenPerson
        query = select(a.attendee_id, f.code, f.name, f.position).join(f, f.id == a.frozen_id)
        rows = await tx.execute(query.where(a.session_id == self._session_id, a.attendee_id.in_(ids)))
        return {row[0]: row[1:] for row in rows}

    def _who(self, row: Any, person: Any) -> dict[str, Any]:
        code, name, position = person
        room, unit = self._rooms[row.endpoint_id], self._session.names.units.get(row.unit_id)
        assert self._same is not None, "read before the lines"
        return {
            "attendee_id": row.attendee_id,
            "person_id": self._same.get(row.attendee_id, row.attendee_id),
            "code": code,
            "name": name,
            "position": position,
            "unit_name": unit.name if unit is not None else "",
            "endpoint_id": row.endpoint_id,
            "room_code": room.code,
            "room_name": room.name,
            "room_path": room.unit.path,
        }


_NOBODY = (None, "", None)


def _leave(session_id: Any, attendee_id: Any) -> ColumnElement[bool]:
    n = AbsenceNotice
    return exists().where(n.session_id == session_id, n.attendee_id == attendee_id, n.state == "approved")


_P, _A = PersonPresence, SessionAttendee
_SETTLED = (
    _P.attendee_id, _P.endpoint_id, _P.unit_id, _P.expected, _P.status, _P.ways, _P.first_at, _P.last_at,
    _P.millis, _P.percent, _P.completed, _P.prompts, _P.confirmed, _P.spans,
    _P.unconnected_millis, _P.prompt_millis,
)  # fmt: skip
_MOVING = (
    _A.attendee_id, _A.endpoint_id, _A.unit_id, _A.origin, _A.removed_at, _A.state,
    _leave(_A.session_id, _A.attendee_id).label("leave"),
)  # fmt: skip


def _settled_conditions(wanted: PeopleFilter) -> Iterable[ColumnElement[bool]]:
    p = PersonPresence
    if wanted.status is None:
        yield p.status != PersonStatus.NOT_EXPECTED.value
    elif wanted.status in (PersonStatus.LATE, PersonStatus.LEFT_EARLY):
        yield p.status.in_([wanted.status.value, PersonStatus.LATE_LEFT_EARLY.value])
    else:
        yield p.status == wanted.status.value
    if wanted.completed is not None:
        yield p.completed.is_(wanted.completed)


def _moving_conditions(wanted: PeopleFilter) -> Iterable[ColumnElement[bool]]:
    a = SessionAttendee
    yield or_(a.removed_at.is_(None), a.state != PersonStatus.AWAITED.value)
    if wanted.completed is not None:
        yield literal(value=False)
    if wanted.status is None:
        return
    if wanted.status is PersonStatus.WITH_LEAVE:
        yield and_(a.state == PersonStatus.AWAITED.value, _leave(a.session_id, a.attendee_id))
    elif wanted.status is PersonStatus.AWAITED:
        yield and_(a.state == PersonStatus.AWAITED.value, ~_leave(a.session_id, a.attendee_id))
    else:
        yield a.state == wanted.status.value


async def _heard(tx: Tx, session_id: int, ids: Sequence[int]) -> dict[int, list[tuple[str, str, datetime]]]:
    """(kind, way, moment) of what was heard of each, in order: for sessions whose figures do not stand."""
    e = PersonEvent
    found: dict[int, list[tuple[str, str, datetime]]] = {}
    query = select(e.attendee_id, e.kind, e.way, e.at).where(e.session_id == session_id)
    query = query.where(checkin_store.stands())
    for attendee_id, kind, way, at in await tx.execute(query.where(e.attendee_id.in_(ids)).order_by(e.at)):
        found.setdefault(attendee_id, []).append((kind, way, at))
    return found


async def _visits(tx: Tx, session_id: int, ids: Sequence[int]) -> dict[int, set[int]]:
    """Person → the rooms in which they were checked in, other than that of their list."""
    e, a = PersonEvent, SessionAttendee
    query = (
        select(e.attendee_id, e.endpoint_id)
        .join(a, and_(a.session_id == e.session_id, a.attendee_id == e.attendee_id))
        .where(e.session_id == session_id, e.attendee_id.in_(ids), e.kind != PersonKind.OUT.value)
        .where(e.endpoint_id != a.endpoint_id, checkin_store.stands())
        .distinct()
    )
    found: dict[int, set[int]] = {}
    for attendee_id, endpoint_id in await tx.execute(query):
        found.setdefault(attendee_id, set()).add(endpoint_id)
    return found


async def raw_events(tx: Tx, session_id: int, ids: Iterable[int], zone: tzinfo) -> tuple[RawEvent, ...]:
    """What was told of a person under any of these entries, as it came, in the order in which it happened."""
    e, t, r, u = PersonEvent, TabletRow, FrozenRoomColumns, CheckinUndo
    account = AccountColumns
    rows = (
        await tx.execute(
            select(e.kind, e.way, r.code, r.name, e.at, e.received_at, e.by, u.at.label("undone_at"))
            .outerjoin(*r.on(and_(r.session_id == e.session_id, r.endpoint_id == e.endpoint_id)))
            .outerjoin(UndoneEvent, UndoneEvent.event_id == e.id)
            .outerjoin(u, u.id == UndoneEvent.undo_id)
            .where(e.session_id == session_id, e.attendee_id.in_(list(ids)))
            .order_by(e.at, e.key)
            .limit(RAW_MAX)
        )
    ).all()
    tellers = {row.by for row in rows}
    names: dict[str, str] = {}
    for kind, key, column in (("tablet", t.id, t.name), ("account", account.id, account.display_name)):
        wanted = [int(by[len(kind) + 1 :]) for by in tellers if by.startswith(f"{kind}:")]
        for number, name in await tx.execute(select(key, column).where(key.in_(wanted))):
            names[f"{kind}:{number}"] = name
    return tuple(
        RawEvent(
            row.kind,
            row.way,
            row.code or "",
            row.name or "",
            row.at.astimezone(zone),
            row.received_at.astimezone(zone),
            row.by.split(":")[0],
            names.get(row.by, ""),
            _local(row.undone_at, zone),
        )
        for row in rows
    )


def _settled_line(row: Any, who: dict[str, Any], zone: tzinfo, start: datetime | None) -> PersonLine:
    return PersonLine(
        **who,
        expected=row.expected,
        status=PersonStatus(row.status),
        ways=tuple(row.ways.split(",")) if row.ways else (),
        first_at=_counted(row.first_at, zone),
        last_at=_counted(row.last_at, zone),
        millis=row.millis,
        percent=row.percent,
        completed=row.completed,
        prompts=row.prompts,
        confirmed=row.confirmed,
        stretches=stretches(row.spans, start.astimezone(zone)) if start is not None else (),
        unconnected_millis=row.unconnected_millis,
        prompt_millis=row.prompt_millis,
    )


def _moving_line(
    row: Any, who: dict[str, Any], zone: tzinfo, heard: Sequence[tuple[str, str, datetime]]
) -> PersonLine:
    status = PersonStatus(row.state)
    if status is PersonStatus.AWAITED and row.leave:
        status = PersonStatus.WITH_LEAVE
    came = [(way, at) for kind, way, at in heard if kind == PersonKind.IN.value]
    return PersonLine(
        **who,
        expected=row.origin != GUEST and row.removed_at is None,
        status=status,
        ways=tuple(sorted({way for way, _ in came})),
        first_at=_local(came[0][1] if came else None, zone),
        last_at=_local(heard[-1][2] if heard else None, zone),
        millis=0,
        percent=0,
        completed=False,
        prompts=0,
        confirmed=sum(kind == PersonKind.CONFIRM.value for kind, _, _ in heard),
    )


def _with_notes(line: PersonLine, notes: Sequence[Correction], zone: tzinfo) -> PersonLine:
    if not notes:
        return line
    return replace(line, corrections=tuple(_note(note, zone) for note in notes))


def _note(row: Correction, zone: tzinfo) -> CorrectionLine:
    def moment(name: str) -> datetime | None:
        text = row.value.get(name)
        return datetime.fromisoformat(text).astimezone(zone) if text else None

    return CorrectionLine(
        row.action,
        moment("from"),
        moment("to"),
        marks.shown(row.reason),
        row.author_name,
        row.at.astimezone(zone),
        row.value.get("vouched") is True,
    )


def _local(moment: datetime | None, zone: tzinfo) -> datetime | None:
    return moment.astimezone(zone) if moment is not None else None


def _counted(moment: datetime | None, zone: tzinfo) -> datetime | None:
    return told(moment).astimezone(zone) if moment is not None else None


def stretches(spans: str, start: datetime) -> tuple[tuple[datetime, datetime], ...]:
    """`0-1500,2000-3000`, milliseconds after `start`, as moments."""
    return tuple(
        (told(start + timedelta(milliseconds=first)), told(start + timedelta(milliseconds=last)))
        for first, last in millis_of(spans)
    )


def millis_of(spans: str) -> list[tuple[int, int]]:
    """The numbers of a stored `spans`."""
    pairs = (part.split("-") for part in spans.split(",") if part)
    return [(int(first), int(last)) for first, last in pairs]
