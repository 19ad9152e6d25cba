"""People and rooms present over time: counted from spans, at evenly spaced moments."""

from __future__ import annotations

import asyncio
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select

from confhub.attendance.reader import session_attendance
from confhub.attendance.rules import Span, present_over_time
from confhub.checkin import store
from confhub.checkin.published import EventColumns, PresenceColumns
from confhub.checkin.values import PersonKind
from confhub.db.database import Tx
from confhub.kernel.ids import EndpointId, SessionId
from confhub.reports.people.lines import millis_of
from confhub.reports.people.model import Moment

POINTS_MAX: Final = 240
"""More points than a chart has pixels to spare for."""
_MILLISECOND: Final = timedelta(milliseconds=1)
_SEVERAL: Final = 2


async def moments(
    tx: Tx, session_id: SessionId, rooms: Collection[int], now: datetime, *, settled: bool
) -> tuple[Moment, ...]:
    """How many people and rooms of `rooms` were present over live time; nothing before it went live."""
    attendance = await session_attendance(tx, session_id, now)
    if attendance is None or attendance.live is None or not rooms:
        return ()
    live = attendance.live
    at = spread(live)
    lines = [attendance.rooms[EndpointId(one)].spans for one in rooms if EndpointId(one) in attendance.rooms]
    if settled:
        people = await _settled(tx, session_id, rooms, live.start, at)
    else:
        people = await _moving(tx, session_id, rooms, live, at)
    connected = present_over_time(lines, at)
    return tuple(Moment(*one) for one in zip(at, people, connected, strict=True))


def spread(live: Span) -> list[datetime]:
    """At most `POINTS_MAX` moments from the live time's start to its end."""
    points = max(_SEVERAL, min(POINTS_MAX, int(live.seconds) + 1))
    step = (live.end - live.start) / (points - 1)
    return [live.start + i * step for i in range(points - 1)] + [live.end]


async def _settled(
    tx: Tx, session_id: int, rooms: Collection[int], start: datetime, at: Sequence[datetime]
) -> list[int]:
    p = PresenceColumns
    rows = await tx.execute(select(p.endpoint_id, p.spans).where(p.session_id == session_id, p.spans != ""))
    wanted = frozenset(rooms)
    texts = [spans for endpoint_id, spans in rows if endpoint_id in wanted]
    marks = [(moment - start) // _MILLISECOND for moment in at]
    return await asyncio.to_thread(present, texts, marks)


def present(texts: Iterable[str], marks: Sequence[int]) -> list[int]:
    """How many of the stored spans cover each of the ordered marks, both ends counted."""
    changes = [0] * (len(marks) + 1)
    for text in texts:
        for first, last in millis_of(text):
            changes[bisect_left(marks, first)] += 1
            changes[bisect_right(marks, last)] -= 1
    return _running(changes)


async def _moving(
    tx: Tx, session_id: int, rooms: Collection[int], live: Span, at: Sequence[datetime]
) -> list[int]:
    """From what was heard so far: whoever checked in is there until a check-out."""
    e = EventColumns
    rows = await tx.execute(
        select(e.endpoint_id, e.attendee_id, e.kind, e.at)
        .where(e.session_id == session_id, store.stands())
        .order_by(e.attendee_id, e.at, e.id)
    )
    wanted = frozenset(rooms)
    changes = [0] * (len(at) + 1)
    there: tuple[int, int | None] = (0, None)
    for endpoint_id, attendee_id, kind, moment in rows:
        was = there[1] if there[0] == attendee_id else None
        now: int | None = endpoint_id
        if kind == PersonKind.OUT.value:
            now = None if was == endpoint_id else was  # a check-out ends the stay in its own room alone
        if (was in wanted) != (now in wanted):
            changes[bisect_left(at, max(moment, live.start))] += 1 if now in wanted else -1
        there = (attendee_id, now)
    return _running(changes)


def _running(changes: Sequence[int]) -> list[int]:
    counts: list[int] = []
    total = 0
    for change in changes[:-1]:
        total += change
        counts.append(total)
    return counts
