"""When rooms are free: what is busy, the gaps in it, and the hours of the day at which a series fits best."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from sqlalchemy import not_, select

from confhub.db.database import Tx
from confhub.scheduling.asked import one_of
from confhub.scheduling.limits import WINDOWS_MAX
from confhub.scheduling.models import Booking, RoomBuffer

_MINUTE: Final = timedelta(minutes=1)
_HALF_HOUR: Final = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class FreeWindow:
    """All rooms are free from `starts_at` to `ends_at`, setting up and clearing included."""

    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class FreeHour:
    """Beginning at `hour`, `taken` dates of a series meet another session."""

    hour: time
    taken: int


async def busy_hours(
    tx: Tx, rooms: Sequence[int], span: tuple[int, int], besides: Sequence[int] = ()
) -> list[tuple[datetime, datetime]]:
    """When a session cannot be in all of these rooms, in order: another one is set up, held or cleared, or
    there is no time to set up or clear. `besides`: sessions that do not count."""
    b, r = Booking, RoomBuffer
    query = (
        select(b.from_s, b.until_s, r.setup_min, r.clear_min)
        .outerjoin(r, r.endpoint_id == b.endpoint_id)
        .where(
            one_of(tx, b.endpoint_id.expression, rooms),
            b.until_s > span[0] - 86_400,
            b.from_s > span[0] - 3 * 86_400,
            b.from_s < span[1] + 86_400,
        )
        .distinct()
    )
    if besides:
        query = query.where(not_(one_of(tx, b.session_id.expression, besides)))
    return sorted(
        (
            datetime.fromtimestamp(from_s, UTC) - (clear or 0) * _MINUTE,
            datetime.fromtimestamp(until_s, UTC) + (setup or 0) * _MINUTE,
        )
        for from_s, until_s, setup, clear in await tx.rows(query)
    )


def gaps(
    open_hours: Iterable[tuple[datetime, datetime]],
    busy: Sequence[tuple[datetime, datetime]],
    length: timedelta,
) -> Iterator[FreeWindow]:
    """Up to WINDOWS_MAX stretches of the open hours that nothing busy touches, `length` at least."""
    told = 0
    for opens, closes in open_hours:
        free_from = opens
        for begins, ends in [*busy, (closes, closes)]:
            if ends <= free_from and begins < closes:
                continue
            until = min(begins, closes)
            if until - free_from >= length:
                yield FreeWindow(free_from, until)
                told += 1
                if told == WINDOWS_MAX:
                    return
            free_from = max(free_from, ends)
            if free_from >= closes:
                break


def half_hours(opens: time, closes: time, length: timedelta) -> Iterator[time]:
    """Every half hour at which something of that length still ends by then."""
    day = date(2000, 1, 1)
    at, last = datetime.combine(day, opens), datetime.combine(day, closes) - length
    while at <= last:
        yield at.time()
        at += _HALF_HOUR


def taken_days(
    busy: Sequence[tuple[datetime, datetime]], starts: Sequence[datetime], length: timedelta
) -> int:
    """How many of these sessions meet something busy; `busy` is in order."""
    begun = [begins for begins, _ in busy]
    latest: list[datetime] = []
    for _, ends in busy:
        latest.append(max(ends, latest[-1]) if latest else ends)
    taken = 0
    for at in starts:
        before = bisect_left(begun, at + length)
        taken += before > 0 and latest[before - 1] > at
    return taken
