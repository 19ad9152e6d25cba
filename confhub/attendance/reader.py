"""A session's attendance as figures, derived anew from the stored events at every call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from confhub.attendance import rules, store
from confhub.attendance.rules import Figures, Margins, Span
from confhub.db.database import Tx
from confhub.kernel.ids import EndpointId, SessionId
from confhub.sessions.published import PlaceColumns, SessionColumns


@dataclass(frozen=True, slots=True)
class SessionAttendance:
    """`live`: actual start to actual end, or to `now` while live; None before it went live.

    `rooms`: the figures of every room that is or was expected.
    """

    live: Span | None
    ended: bool
    rooms: Mapping[EndpointId, Figures]


async def session_attendance(tx: Tx, session_id: SessionId, now: datetime) -> SessionAttendance | None:
    """The figures of all rooms of a session, no rights checked; None for an unknown session."""
    s, e = SessionColumns, PlaceColumns
    session = (
        await tx.execute(
            select(
                s.actual_start,
                s.actual_end,
                s.late_min,
                s.left_early_min,
                s.starts_at,
                s.length_min,
                s.by_plan,
                s.attendance_rules,
            ).where(s.id == session_id)
        )
    ).one_or_none()
    if session is None:
        return None
    ended = session.actual_end is not None
    live = _live(session.actual_start, session.actual_end, now)
    looks = await store.looks(tx, session_id)
    blind = rules.blind_times(looks)
    evidence = await store.evidence(tx, session_id)
    margins = margins_of(session, live)
    until = session.actual_end if session.attendance_rules > 1 else None
    expected = await tx.execute(
        select(e.endpoint_id, e.expected_from, e.expected_until).where(e.session_id == session_id)
    )
    return SessionAttendance(
        live,
        ended,
        {
            EndpointId(endpoint_id): rules.figures(
                rules.presence(
                    evidence.get(endpoint_id, ()),
                    looks,
                    now=None if ended else now,
                    blind=blind,
                    until=until,
                ),
                live=live,
                ended=ended,
                margins=margins,
                expected_from=since,
                expected_until=dropped,
                to_the_end=session.attendance_rules > 1,
            )
            for endpoint_id, since, dropped in expected
        },
    )


def margins_of(session: Any, live: Span | None) -> Margins:
    """The session's margins for late and early. `session`: a row with its hours and its rules."""
    late, early = timedelta(minutes=session.late_min), timedelta(minutes=session.left_early_min)
    if live is None or not session.by_plan or session.attendance_rules < 2:
        return Margins(late, early)
    begins, ends = session.starts_at, session.starts_at + timedelta(minutes=session.length_min)
    late_from = max(begins, live.start)
    return Margins(late, early, late_from, min(ends, live.end) if ends > late_from else live.end)


def _live(start: datetime | None, end: datetime | None, now: datetime) -> Span | None:
    if start is None:
        return None
    end = end or now
    return Span(start, end) if start < end else None
