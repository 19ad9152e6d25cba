"""Lines of a week out of the database, inside somebody's transaction; no rights checked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, exists, func, or_, select
from sqlalchemy.orm import aliased

from confhub.access.rules import below
from confhub.audit.service import last_deeds
from confhub.calendars.reading import SHOWN
from confhub.db.database import Tx
from confhub.kernel.ids import UnitId
from confhub.org.published import UnitColumns
from confhub.registry.published import RoomColumns
from confhub.scheduling.asked import one_of
from confhub.sessions.published import PlaceColumns, SessionColumns
from confhub.sessions.values import SessionState
from confhub.weekly.limits import ROOMS_NAMED, SESSIONS_MAX
from confhub.weekly.models import EntryRow, NoteRow
from confhub.weekly.rules import DAYS
from confhub.weekly.values import TEXTS, Line, Mark, NoteDraft, Reach

_CHAIR = aliased(RoomColumns.rows())
_DAY: Final = timedelta(days=1)
Key = tuple[int, int]


async def entry_lines(tx: Tx, unit_id: UnitId, monday: date) -> list[Line]:
    """The unit's own entries of that week."""
    e = EntryRow
    rows = await tx.scalars(
        select(e).where(e.unit_id == unit_id, e.day.between(monday, monday + (DAYS - 1) * _DAY),
                        e.removed_at.is_(None)).order_by(e.day, e.begins, e.id)
    )  # fmt: skip
    return [line_of(row) for row in rows]


def line_of(row: EntryRow) -> Line:
    """An own entry as a line."""
    return Line(
        row.day, row.begins, row.ends, row.content, row.place, row.chair, row.participants, row.prepared_by,
        entry_id=row.id,
    )  # fmt: skip


async def session_lines(
    tx: Tx, unit_id: UnitId, path: str, reach: Reach, monday: date, zone: ZoneInfo
) -> tuple[list[Line], bool]:
    """Announced sessions that begin in that week, with the unit's notes; and whether there are more."""
    s = SessionColumns
    since, until = (datetime.combine(day, time(), zone) for day in (monday, monday + DAYS * _DAY))
    query = (
        select(s.id, s.title, s.starts_at, s.length_min, UnitColumns.name, _CHAIR.name)
        .join(*UnitColumns.of(s.unit_id))
        .outerjoin(_CHAIR, _CHAIR.id == s.chair_endpoint_id)
        .where(
            s.state.in_(SHOWN),
            s.starts_at >= since,
            s.starts_at < until,
            _concerns(unit_id, path, reach),
        )
        .order_by(s.starts_at, s.id)
        .limit(SESSIONS_MAX + 1)
    )
    rows = (await tx.rows(query)).all()
    ids = [row[0] for row in rows[:SESSIONS_MAX]]
    places, counts = await _rooms(tx, ids, _own(unit_id, path, reach))
    notes = await _notes(tx, unit_id, ids)
    found = []
    for key, title, starts_at, length_min, unit, chair in rows[:SESSIONS_MAX]:
        start, end = (one.astimezone(zone) for one in (starts_at, starts_at + timedelta(minutes=length_min)))
        note = notes.get(key, NoteDraft())
        found.append(
            Line(
                start.date(), start.time(), end.time() if end.date() == start.date() else None, title,
                note.place or places.get(key, "") or chair or "", note.chair or chair or "",
                note.participants, note.prepared_by or unit, rooms=counts.get(key, 0), session_id=key,
            )
        )  # fmt: skip
    return found, len(rows) > SESSIONS_MAX


async def why_gone(tx: Tx, keys: Sequence[Key]) -> dict[Key, Mark]:
    """Why lines that were told are there no more."""
    s = SessionColumns
    ids = [session for session, _ in keys if session]
    rows = await tx.execute(select(s.id, s.state).where(one_of(tx, s.id.expression, ids))) if ids else ()
    states = {row[0]: row[1] for row in rows}
    found: dict[Key, Mark] = {}
    for session, entry in keys:
        if not session:
            found[session, entry] = Mark.REMOVED
        elif states.get(session, SessionState.CANCELLED.value) == SessionState.CANCELLED.value:
            found[session, entry] = Mark.CANCELLED
        else:
            found[session, entry] = Mark.AWAY
    return found


async def last_changes(tx: Tx, unit_id: UnitId, keys: Sequence[Key], since: datetime) -> dict[Key, datetime]:
    """When each line was changed last, after `since`; those of which nothing is known are left out."""
    found: dict[Key, datetime] = {}
    entries = [entry for _, entry in keys if entry]
    e, n, s = EntryRow, NoteRow, SessionColumns
    if entries:
        wrote = select(e.id, func.coalesce(e.removed_at, e.changed_at)).where(
            one_of(tx, e.id.expression, entries)
        )
        found |= {(0, key): at for key, at in await tx.execute(wrote)}
    sessions = [session for session, _ in keys if session]
    if sessions:
        moments: defaultdict[int, list[datetime]] = defaultdict(list)
        for subject, at in (await last_deeds(tx, "session", [str(one) for one in sessions], since)).items():
            moments[int(subject)].append(at)
        of_notes = select(n.session_id, n.changed_at).where(
            n.unit_id == unit_id, one_of(tx, n.session_id.expression, sessions)
        )
        of_states = select(s.id, s.state_since).where(one_of(tx, s.id.expression, sessions))
        for query in (of_notes, of_states):
            for key, at in await tx.execute(query):
                moments[key].append(at)
        for key, each in moments.items():
            if max(each) > since:
                found[key, 0] = max(each)
    return found


def _concerns(unit_id: UnitId, path: str, reach: Reach) -> ColumnElement[bool]:
    """Sessions that the unit or its branch organizes, and those in which a room of it takes part."""
    p, s = PlaceColumns, SessionColumns
    organized = s.unit_id == unit_id if reach is Reach.UNIT else below(path, UnitColumns.path)
    there = aliased(UnitColumns.rows())
    own = p.unit_id == unit_id if reach is Reach.UNIT else below(path, there.path)
    rooms = select(p.endpoint_id).join(there, there.id == p.unit_id)
    taking = exists(rows_of(rooms).where(p.session_id == s.id, own).correlate(SessionColumns.rows()))
    return or_(organized, taking)


def rows_of(query: Any) -> Any:
    """Rooms that take part still."""
    return query.where(PlaceColumns.expected_until.is_(None), PlaceColumns.removed_at.is_(None))


def _own(unit_id: UnitId, path: str, reach: Reach) -> ColumnElement[bool]:
    return PlaceColumns.unit_id == unit_id if reach is Reach.UNIT else below(path, UnitColumns.path)


async def _rooms(
    tx: Tx, ids: Sequence[int], own: ColumnElement[bool]
) -> tuple[dict[int, str], dict[int, int]]:
    """Session → its rooms of the unit, the first by name and how many more; session → how many in all."""
    if not ids:
        return {}, {}
    p = PlaceColumns
    wanted = one_of(tx, p.session_id.expression, ids)
    ranked = rows_of(
        select(
            p.session_id.label("session"),
            RoomColumns.name.label("name"),
            func.row_number()
            .over(partition_by=p.session_id, order_by=(RoomColumns.sort_key, RoomColumns.id))
            .label("place"),
            func.count().over(partition_by=p.session_id).label("total"),
        )
        .join(*RoomColumns.of(p.endpoint_id))
        .join(*UnitColumns.of(p.unit_id))
        .where(wanted, own)
    ).subquery()
    c = ranked.c
    first = select(c.session, c.name, c.total).where(c.place <= ROOMS_NAMED).order_by(c.session, c.place)
    named: defaultdict[int, list[str]] = defaultdict(list)
    totals: dict[int, int] = {}
    for session, name, total in await tx.rows(first):
        named[session].append(name)
        totals[session] = total
    places = {
        key: "; ".join(names) + (f" (+{totals[key] - len(names)})" if totals[key] > len(names) else "")
        for key, names in named.items()
    }
    counted = rows_of(select(p.session_id, func.count()).where(wanted)).group_by(p.session_id)
    return places, {row[0]: row[1] for row in await tx.rows(counted)}


async def _notes(tx: Tx, unit_id: UnitId, ids: Sequence[int]) -> dict[int, NoteDraft]:
    if not ids:
        return {}
    n = NoteRow
    rows = await tx.scalars(select(n).where(n.unit_id == unit_id, one_of(tx, n.session_id.expression, ids)))
    return {row.session_id: note_of(row) for row in rows}


def note_of(row: NoteRow | None) -> NoteDraft:
    """What is written of a session; nothing where there is no row."""
    return NoteDraft() if row is None else NoteDraft(**{name: getattr(row, name) for name in TEXTS})
