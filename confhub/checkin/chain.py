"""The hash chain over everything that a session's attendance of people rests on.

Each part is a chain of its own: SHA-256 of what stood before and one row in canonical form, row by row in the
order of their numbers. The head is SHA-256 over the seal before it (where the attendance was reopened) and
all parts. A byte that changes, a row that goes, comes or moves changes its part's hash, and so the head.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from confhub.attendance.models import AttendanceEvent, Observation, PresenceMark
from confhub.checkin.models import (
    CheckinPolicy,
    Correction,
    HeadCount,
    PersonEvent,
    PresencePrompt,
    SessionBreak,
)
from confhub.db.database import Tx
from confhub.rosters.models import AbsenceNotice, SessionAttendee
from confhub.sessions.models import MeetingSession, SessionEndpoint

VERSION: Final = 1
"""Goes up whenever a part's columns change: older seals are verified by their own version's parts."""
PIECE: Final = 2_000


UNREADABLE: Final = (ValueError, TypeError, LookupError, SQLAlchemyError)
"""What a row raises whose bytes were changed into something that its column cannot be."""


class Segment(NamedTuple):
    """One part: its name, how many rows it has, and its hash (hexadecimal)."""

    name: str
    rows: int
    hash: str


def _all(model: Any) -> list[Any]:
    return [column for column in model.__table__.columns if column.name != "session_id"]


def parts(session_id: int) -> dict[str, Any]:
    """Part → its rows. Free texts on notices of absence and limits that change no figure are left out: they
    may be erased with a person, or changed, and the figures stay."""
    s, e, p = MeetingSession, SessionEndpoint, CheckinPolicy
    a, n, m, o = SessionAttendee, AbsenceNotice, PresenceMark, Observation
    of_session: dict[str, Any] = {
        "session": select(s.actual_start, s.actual_end, s.late_min, s.left_early_min).where(
            s.id == session_id
        ),
        "policy": select(p.prompts_count, p.complete_percent).where(p.session_id == session_id),
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
    }
    for name, model in APPEND_ONLY.items():
        query = select(*_all(model)).where(model.session_id == session_id)
        of_session[name] = query.order_by(model.id)
    return of_session


APPEND_ONLY: Final[dict[str, Any]] = {
    "room_events": AttendanceEvent,
    "person_events": PersonEvent,
    "head_counts": HeadCount,
    "corrections": Correction,
    "breaks": SessionBreak,
    "prompts": PresencePrompt,
}
"""Events and corrections, with all their columns."""


async def segments(tx: Tx, session_id: int) -> list[Segment]:
    """Every part's hash as the rows stand now; hashing runs in a thread, piece by piece."""
    return [await _segment(tx, name, query) for name, query in parts(session_id).items()]


async def segments_as_they_are(tx: Tx, session_id: int) -> list[Segment]:
    """As `segments`; a part that cannot be read any more has no hash."""
    found = []
    for name, query in parts(session_id).items():
        try:
            found.append(await _segment(tx, name, query))
        except UNREADABLE:
            found.append(Segment(name, 0, ""))
    return found


async def _segment(tx: Tx, name: str, query: Any) -> Segment:
    hash_, rows = hashlib.sha256(name.encode()).digest(), 0
    result = await tx.stream(query)
    async for piece in result.partitions(PIECE):
        rows += len(piece)
        hash_ = await asyncio.to_thread(_chained, hash_, piece)
    return Segment(name, rows, hash_.hex())


def _chained(hash_: bytes, rows: Sequence[Any]) -> bytes:
    for row in rows:
        hash_ = hashlib.sha256(hash_ + canonical(row)).digest()
    return hash_


def canonical(row: Sequence[Any]) -> bytes:
    """A row as JSON, alike from every database: moments in UTC to the microsecond, keys in order."""
    return json.dumps([_plain(value) for value in row], sort_keys=True, separators=(",", ":")).encode()


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return value


def head(session_id: int, previous: str, found: Sequence[Segment]) -> str:
    """The end of the chain, hexadecimal."""
    text = json.dumps([VERSION, session_id, previous, found], separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
