"""The hash chain over everything that a session's attendance of people rests on.

Each part is a chain of its own: SHA-256 of what stood before and one row in canonical form, row by row in the
order of their numbers. The head is SHA-256 over the seal before it (where the attendance was reopened) and
all parts. A byte that changes, a row that goes, comes or moves changes its part's hash, and so the head.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import func, literal, select
from sqlalchemy.exc import SQLAlchemyError

from confhub.attendance.models import AttendanceEvent, Observation, PresenceMark
from confhub.audit.marks import mark, mark_of_person, shown
from confhub.checkin.models import (
    AttendanceSeal,
    CheckinPolicy,
    CheckinUndo,
    Correction,
    HeadCount,
    PersonEvent,
    PresencePrompt,
    SessionBreak,
    UndoneEvent,
    UndoneHeads,
)
from confhub.db.base import UtcDateTime
from confhub.db.database import Tx
from confhub.people.published import PersonColumns
from confhub.rosters.freezing import NAMES
from confhub.rosters.models import AbsenceNotice, FrozenPerson, SessionAttendee
from confhub.sessions.models import FrozenRoom, FrozenUnit, MeetingSession, SessionEndpoint

VERSION: Final = 6
"""Goes up whenever a part's columns change: older seals are verified by their own version's parts.

1: texts as they are. 2: texts that may be erased with a person (`ERASABLE`) by their marks. 3: the
plan and the rules that figures follow as well. 4: the names, the tree and the session's own lines as its
reports show them, what was taken back, and the closings before this one. 5: what its papers are headed and
signed with. 6: reasons of reopenings by their marks."""
NAMED_SINCE: Final = 4
"""The version from which a seal covers names and tree."""
HEADED_SINCE: Final = 5
"""The version from which it covers the papers' head."""
ERASABLE: Final = {
    "person_events": ("key", 2),
    "corrections": ("reason", 2),
    "undos": ("reason", 2),
    "closings": ("reopen_reason", 6),
}
"""Part → its column that is hashed by its mark, and the version from which it is."""
PIECE: Final = 2_000
MARK: Final = 6
"""Bytes of a row's own mark, kept beside the part's hash: it names the row that was changed, and proves
nothing (the hash does)."""
NAMED_MAX: Final = 20
"""Rows that are named of one part: whoever changed more is found by the first ones."""


UNREADABLE: Final = (ValueError, TypeError, LookupError, SQLAlchemyError)
"""What a row raises whose bytes were changed into something that its column cannot be."""


class Segment(NamedTuple):
    """One part: its name, how many rows it has, and its hash (hexadecimal)."""

    name: str
    rows: int
    hash: str


class Hashed(NamedTuple):
    """A part and the marks of its rows, `MARK` bytes each, in order."""

    segment: Segment
    marks: bytes


class Place(NamedTuple):
    """A row that is not as it was sealed. `row`: counted from 1 in the part's order; `label`: its number or
    key as it stands now, "" where it is gone; `what`: changed | added | gone | unreadable."""

    part: str
    row: int
    label: str
    what: str


def _all(model: Any) -> list[Any]:
    return [column for column in model.__table__.columns if column.name != "session_id"]


def parts(session_id: int, version: int = VERSION) -> dict[str, Any]:
    """Part → its rows, in that version. Free texts on notices of absence and limits that change no figure are
    left out: they may be erased with a person, or changed, and the figures stay."""
    s, e, p = MeetingSession, SessionEndpoint, CheckinPolicy
    a, n, m, o, c = SessionAttendee, AbsenceNotice, PresenceMark, Observation, AttendanceSeal
    of_session: dict[str, Any] = {
        "session": select(
            s.actual_start, s.actual_end, s.late_min, s.left_early_min, *_of_plan(version)
        ).where(s.id == session_id),
        "policy": select(
            p.prompts_count, p.complete_percent, *((p.unconnected_counts,) if version > 2 else ())
        ).where(p.session_id == session_id),
        "rooms": select(e.endpoint_id, e.unit_id, e.expected_from, e.expected_until)
        .where(e.session_id == session_id)
        .order_by(e.endpoint_id),
        "list": select(a.attendee_id, a.endpoint_id, a.unit_id, a.origin, a.added_at, a.removed_at)
        .where(a.session_id == session_id)
        .order_by(a.attendee_id),
        "absences": select(n.id, n.attendee_id, n.decided_at)
        .where(n.session_id == session_id, n.state == "approved")
        .order_by(n.id),
        "room_marks": select(m.endpoint_id, m.source, m.connection, m.at)
        .where(m.session_id == session_id)
        .order_by(m.endpoint_id, m.source, m.connection, m.at),
        "observations": select(o.at).where(o.session_id == session_id).order_by(o.at),
        "merges": select(c.merges).where(c.session_id == session_id).order_by(c.id.desc()).limit(1),
    }
    for name, model in APPEND_ONLY.items():
        query = select(*_all(model)).where(model.session_id == session_id)
        of_session[name] = query.order_by(model.id)
    if version >= NAMED_SINCE:
        of_session |= _named(session_id)
    if version >= HEADED_SINCE:
        head_ = select(c.letterhead).where(c.session_id == session_id)
        of_session["letterhead"] = head_.order_by(c.id.desc()).limit(1)
    return of_session


def _named(session_id: int) -> dict[str, Any]:
    """What a report names, what was taken back, and how often the attendance was closed before."""
    s, e, a, f, p = MeetingSession, SessionEndpoint, SessionAttendee, FrozenPerson, PersonColumns
    u, r, c, ue, uh = FrozenUnit, FrozenRoom, AttendanceSeal, UndoneEvent, UndoneHeads
    people = select(a.attendee_id, f.salt, f.mark, p.erased_at, *(getattr(f, name) for name in NAMES))
    own = c.session_id == session_id
    return {
        "session": select(
            s.actual_start,
            s.actual_end,
            s.late_min,
            s.left_early_min,
            *_of_plan(NAMED_SINCE),
            s.title,
            s.kind,
            s.unit_id,
            s.chair_endpoint_id,
        ).where(s.id == session_id),
        "rooms": select(e.endpoint_id, e.unit_id, e.expected_from, e.expected_until, e.is_chair)
        .where(e.session_id == session_id)
        .order_by(e.endpoint_id),
        "room_names": select(*_all(r)).where(r.session_id == session_id).order_by(r.endpoint_id),
        "units": select(*_all(u)).where(u.session_id == session_id).order_by(u.unit_id),
        "people": people.outerjoin(f, f.id == a.frozen_id)
        .join(*p.of(a.attendee_id))
        .where(a.session_id == session_id)
        .order_by(a.attendee_id),
        "undos": select(*_all(CheckinUndo))
        .where(CheckinUndo.session_id == session_id)
        .order_by(CheckinUndo.id),
        "undone_events": select(ue.event_id, ue.undo_id)
        .where(ue.session_id == session_id)
        .order_by(ue.event_id),
        "undone_heads": select(uh.head_id, uh.undo_id)
        .where(uh.session_id == session_id)
        .order_by(uh.head_id),
        "closing": select(c.sealed_at, c.sealed_by).where(own).order_by(c.id.desc()).limit(1),
        "closings": select(c.head, c.sealed_at, c.sealed_by, c.reopened_at, c.reopened_by, c.reopen_reason)
        .where(own, c.reopened_at.is_not(None))
        .order_by(c.id),
    }


def _of_plan(version: int) -> tuple[Any, ...]:
    s = MeetingSession
    return (s.starts_at, s.length_min, s.by_plan, s.attendance_rules) if version > 2 else ()


APPEND_ONLY: Final[dict[str, Any]] = {
    "room_events": AttendanceEvent,
    "person_events": PersonEvent,
    "head_counts": HeadCount,
    "corrections": Correction,
    "breaks": SessionBreak,
    "prompts": PresencePrompt,
}
"""Events and corrections, with all their columns."""


async def segments(tx: Tx, session_id: int, version: int = VERSION) -> list[Segment]:
    """Every part's hash as the rows stand now; hashing runs in a thread, piece by piece."""
    return [one.segment for one in await hashed(tx, session_id, version)]


async def hashed(tx: Tx, session_id: int, version: int = VERSION) -> list[Hashed]:
    """As `segments`, with the rows' marks."""
    return [await _hashed(tx, name, query, version) for name, query in parts(session_id, version).items()]


async def hashed_as_they_are(tx: Tx, session_id: int, version: int = VERSION) -> list[Hashed]:
    """As `hashed`; a part that cannot be read any more has no hash."""
    found = []
    for name, query in parts(session_id, version).items():
        try:
            found.append(await _hashed(tx, name, query, version))
        except UNREADABLE:
            found.append(Hashed(Segment(name, 0, ""), b""))
    return found


async def _hashed(tx: Tx, name: str, query: Any, version: int) -> Hashed:
    told = _told(name, query, version)
    hash_, rows, marks = hashlib.sha256(name.encode()).digest(), 0, bytearray()
    result = await tx.stream(query)
    async for piece in result.partitions(PIECE):
        rows += len(piece)
        hash_ = await asyncio.to_thread(_chained, hash_, piece, marks, told)
    return Hashed(Segment(name, rows, hash_.hex()), bytes(marks))


def _told(name: str, query: Any, version: int) -> Callable[[Sequence[Any]], Sequence[Any]] | None:
    """How a row of this part is hashed; None: as it is."""
    if name == "people":
        return _person
    column, since = ERASABLE.get(name, ("", VERSION + 1))
    if version < since:
        return None
    at = [one["name"] for one in query.column_descriptions].index(column)
    return lambda row: [*row[:at], mark(row[at]), *row[at + 1 :]]


def _person(row: Sequence[Any]) -> Sequence[Any]:
    """Number and mark. A mark that is stored counts for those alone who were erased."""
    number, salt, kept, erased_at, *names = row
    return [number, kept if kept and erased_at is not None else mark_of_person(salt, names)]


def _chained(
    hash_: bytes,
    rows: Sequence[Any],
    marks: bytearray,
    told: Callable[[Sequence[Any]], Sequence[Any]] | None,
) -> bytes:
    for row in rows:
        text = canonical(row if told is None else told(row))
        marks += hashlib.sha256(text).digest()[:MARK]
        hash_ = hashlib.sha256(hash_ + text).digest()
    return hash_


async def closings_known(tx: Tx, session_id: int, version: int) -> bool:
    """Whether the earlier closings can still be hashed by this version: before it took reasons by their
    marks, a reason that was erased with a person since takes that away. No figure rests on them."""
    _, since = ERASABLE["closings"]
    if not NAMED_SINCE <= version < since:
        return True
    reason = AttendanceSeal.reopen_reason
    opened = select(reason).where(AttendanceSeal.session_id == session_id, reason.is_not(None))
    reasons = list(await tx.scalars(opened))
    return all(shown(one or "") for one in reasons)


async def hidden(tx: Tx, session_id: int) -> list[Place]:
    """Reasons that stand as marks, by which they are hashed, though nobody was erased with whom they could
    have gone: somebody took them away. Of a correction its own person counts, of an undoing anybody of the
    session, of a reopening anybody at all, erased since."""
    p, c, u, s = PersonColumns, Correction, CheckinUndo, AttendanceSeal
    of_session = select(SessionAttendee.attendee_id).where(SessionAttendee.session_id == session_id)
    erased = select(func.max(p.erased_at))
    anybody = (await tx.execute(erased)).scalar()
    of_them = (await tx.execute(erased.where(p.id.in_(of_session)))).scalar()
    corrections = select(c.id, c.reason, p.erased_at).join(*p.of(c.attendee_id))
    undos = select(u.id, u.reason, literal(of_them, UtcDateTime))
    opened = select(s.id, s.reopen_reason, literal(anybody, UtcDateTime)).where(s.reopened_at.is_not(None))
    found: list[Place] = []
    cases: tuple[tuple[str, Any, Any], ...] = (
        ("corrections", c, corrections), ("undos", u, undos), ("closings", s, opened),
    )  # fmt: skip
    for name, model, query in cases:
        rows = await tx.execute(query.where(model.session_id == session_id).order_by(model.id))
        found += [
            Place(name, row, f"id {number}", "changed")
            for row, (number, reason, gone) in enumerate(rows, 1)
            if gone is None and reason and not shown(reason)
        ]
    return found


async def places(
    tx: Tx, session_id: int, name: str, sealed: bytes, there: Hashed, version: int = VERSION
) -> list[Place]:
    """The rows of a changed part by which it differs from the marks that were sealed."""
    query = parts(session_id, version).get(name)
    if query is None:
        return []
    if not there.segment.hash:
        return [Place(name, await _unreadable(tx, query, len(sealed) // MARK + 1) + 1, "", "unreadable")]
    found = differing(sealed, there.marks)[:NAMED_MAX]
    return [
        Place(name, row + 1, await _label(tx, query, row) if what != "gone" else "", what)
        for row, what in found
    ]


def differing(before: bytes, after: bytes) -> list[tuple[int, str]]:
    """(row from 0, what) where two lists of marks differ; a run that grew or shrank in one place is added or
    gone, the rest is changed."""
    old, new = ([one[at : at + MARK] for at in range(0, len(one), MARK)] for one in (before, after))
    if len(old) == len(new):
        return [(row, "changed") for row, (a, b) in enumerate(zip(old, new, strict=True)) if a != b]
    shorter = min(len(old), len(new))
    head_ = next((row for row in range(shorter) if old[row] != new[row]), shorter)
    tail = next((row for row in range(shorter - head_) if old[-1 - row] != new[-1 - row]), shorter - head_)
    changed = shorter - head_ - tail
    longer = max(len(old), len(new)) - tail
    what = "added" if len(new) > len(old) else "gone"
    return [
        *((row, "changed") for row in range(head_, head_ + changed)),
        *((row, what) for row in range(head_ + changed, longer)),
    ]


async def _label(tx: Tx, query: Any, row: int) -> str:
    """What tells the row from its neighbours: its first column."""
    name = query.column_descriptions[0]["name"]
    found = (await tx.execute(query.offset(row).limit(1))).first()
    return f"{name} {_plain(found[0])}" if found is not None else ""


async def _unreadable(tx: Tx, query: Any, rows: int) -> int:
    """The first row (from 0) that cannot be read; all rows before it can."""
    low, high = 0, rows
    while low < high:
        middle = (low + high) // 2
        try:
            (await tx.execute(query.offset(low).limit(middle - low + 1))).all()
            low = middle + 1
        except UNREADABLE:
            high = middle
    return low


def canonical(row: Sequence[Any]) -> bytes:
    """A row as JSON, alike from every database: moments in UTC to the microsecond, keys in order."""
    return json.dumps([_plain(value) for value in row], sort_keys=True, separators=(",", ":")).encode()


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return value


def head(session_id: int, previous: str, found: Sequence[Segment], version: int = VERSION) -> str:
    """The end of the chain, hexadecimal."""
    text = json.dumps([version, session_id, previous, found], separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def version_of(session_id: int, previous: str, found: Sequence[Segment], sealed: str) -> int:
    """By which version these parts were sealed with this head; the newest where by none."""
    versions = range(VERSION, 0, -1)
    return next((one for one in versions if head(session_id, previous, found, one) == sealed), VERSION)
