"""Pure decisions of attendance: from reported events to intervals of presence, and to figures.

How the sources are combined
----------------------------
*Hub side* (relay, reconcile, hub) speaks of the media room's connections and **leads**. A connection
begins at its earliest join (or mark) and ends

- at the relay's `left`, which carries the last authenticated packet: a certain end;
- otherwise at the newest mark of it: an uncertain end (relay or hub was killed, or the end was only
  noticed by a time-out: `lost`). A time-out's own moment never ends an interval.

*The room's own log* **fills** what the hub side could not see, and nothing else:

- the session's blind times: where two looks into the media room lie over 30 s apart (hub killed, engine
  away), and before the first or after the last look by more than that;
- for one connection, the time between its uncertain end and the moment its going was noticed, and the
  time between the last look without it and its uncertain beginning.

So a bound is off by 2 s at most where packets were seen, and by one heartbeat (15 s) at most where both
the hub side and the room's log are missing. All bounds are minima and maxima over sets: doubled, late
and reordered events change nothing.
"""

from __future__ import annotations

import itertools
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from confhub.attendance.values import Kind, Source

HEARTBEAT: Final = timedelta(seconds=15)
"""Rooms report, and the hub looks into the media room, this often."""

WATCH_GAP: Final = 2 * HEARTBEAT
"""Two looks this close together leave nothing unseen that a webhook would not have told."""

JOIN_GAP: Final = timedelta(seconds=5)
"""Intervals less than this apart are one."""

FRESH: Final = WATCH_GAP + timedelta(seconds=10)
"""While live, an open connection known present this recently counts as present now."""

ALWAYS_FROM: Final = datetime(1970, 1, 1, tzinfo=UTC)
ALWAYS_UNTIL: Final = datetime(9999, 1, 1, tzinfo=UTC)


class Span(NamedTuple):
    """A stretch of time, `start` <= `end`."""

    start: datetime
    end: datetime

    @property
    def seconds(self) -> float:
        return (self.end - self.start).total_seconds()


@dataclass(frozen=True, slots=True)
class Evidence:
    """One reported fact about one endpoint in one session. `received_at`: when the hub learned it."""

    source: Source
    kind: Kind
    at: datetime
    connection: str
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Margins:
    """The session's settings for late and early.

    `late_from`: nobody is late before; None: before the live time begins. `early_until`: nobody who leaves
    after it leaves early; None: only its end.
    """

    late: timedelta
    left_early: timedelta
    late_from: datetime | None = None
    early_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Figures:
    """One room's attendance. `spans`: disjoint, ordered, inside its expected live time."""

    expected: Span | None
    """The live time in which the room is expected; None where there is none (yet)."""
    spans: tuple[Span, ...]
    seconds: float
    percent: float
    """0..100 of the expected live time."""
    came: bool
    late: bool
    left_early: bool

    @property
    def first(self) -> datetime | None:
        return self.spans[0].start if self.spans else None

    @property
    def last(self) -> datetime | None:
        return self.spans[-1].end if self.spans else None


@dataclass(frozen=True, slots=True)
class _Connection:
    """A hub-side connection: its span, and where it was not seen."""

    span: Span
    unseen: tuple[Span, ...]
    open: bool


# -- spans ---------------------------------------------------------------------------------------


def union(spans: Iterable[Span], gap: timedelta = timedelta(0)) -> list[Span]:
    """The spans as disjoint, ordered ones; those that touch or lie less than `gap` apart are one."""
    merged: list[Span] = []
    for span in sorted(spans):
        if merged and (span.start <= merged[-1].end or span.start - merged[-1].end < gap):
            merged[-1] = Span(merged[-1].start, max(merged[-1].end, span.end))
        else:
            merged.append(span)
    return merged


def intersect(spans: Sequence[Span], others: Sequence[Span]) -> list[Span]:
    """What lies in both; each side disjoint and ordered, as `union` gives it. Empty stretches fall out."""
    found: list[Span] = []
    i = j = 0
    while i < len(spans) and j < len(others):
        start = max(spans[i].start, others[j].start)
        end = min(spans[i].end, others[j].end)
        if start < end:
            found.append(Span(start, end))
        if spans[i].end <= others[j].end:
            i += 1
        else:
            j += 1
    return found


def blind_times(looks: Iterable[datetime]) -> list[Span]:
    """When the hub was not looking into the media room: gaps over `WATCH_GAP`, with both far ends.

    Without any look, everything is blind.
    """
    ordered = sorted(set(looks))
    if not ordered:
        return [Span(ALWAYS_FROM, ALWAYS_UNTIL)]
    blind = [Span(ALWAYS_FROM, ordered[0] - WATCH_GAP)]
    blind += [
        Span(before, after) for before, after in itertools.pairwise(ordered) if after - before > WATCH_GAP
    ]
    blind.append(Span(ordered[-1] + WATCH_GAP, ALWAYS_UNTIL))
    return blind


# -- from events to spans ------------------------------------------------------------------------


def presence(
    evidence: Iterable[Evidence],
    looks: Sequence[datetime],
    *,
    now: datetime | None = None,
    blind: Sequence[Span] | None = None,
    until: datetime | None = None,
) -> list[Span]:
    """When one endpoint was present: disjoint, ordered, not yet cut to live time.

    `looks`: the moments, ordered, at which the hub looked into the media room. `now`: given while the
    session runs; connections still open are then drawn to it. `blind`: `blind_times(looks)`, where the
    caller has it already. `until`: when the session ended; a connection that nobody saw going, and that was
    known of within a heartbeat before, ended with it.
    """
    hub, room = _by_connection(evidence)
    connections = [_hub_connection(items, looks, now, until) for items in hub.values()]
    unseen = union([*(blind_times(looks) if blind is None else blind), *_all_unseen(connections)])
    claims = union(_room_span(items) for items in room.values())
    return union([*(c.span for c in connections), *intersect(claims, unseen)], JOIN_GAP)


def _by_connection(
    evidence: Iterable[Evidence],
) -> tuple[dict[str, list[Evidence]], dict[str, list[Evidence]]]:
    hub: dict[str, list[Evidence]] = defaultdict(list)
    room: dict[str, list[Evidence]] = defaultdict(list)
    for item in evidence:
        (room if item.source is Source.ROOM else hub)[item.connection].append(item)
    return hub, room


def _all_unseen(connections: Iterable[_Connection]) -> list[Span]:
    return [span for connection in connections for span in connection.unseen]


def _hub_connection(
    items: Sequence[Evidence], looks: Sequence[datetime], now: datetime | None, until: datetime | None
) -> _Connection:
    joins = [e.at for e in items if e.kind is Kind.JOINED]
    marks = [e.at for e in items if e.kind is Kind.PRESENT]
    certain_ends = [e.at for e in items if e.kind is Kind.LEFT and e.source is not Source.RECONCILE]
    missed = [e for e in items if e.kind is Kind.LEFT and e.source is Source.RECONCILE]
    noticed = [e.at for e in items if e.kind is Kind.LOST] + [e.received_at for e in missed]
    unseen: list[Span] = []

    known = [*joins, *marks, *(e.at for e in missed)] or certain_ends or noticed
    start = min(joins or known)
    if not joins:
        unseen.append(Span(_look_before(looks, start), start))

    if certain_ends:
        return _Connection(Span(start, max(start, *certain_ends)), tuple(unseen), open=False)
    end = max(start, *(at for at in known))
    gone_at = max(noticed, default=None)
    still_open = gone_at is None or gone_at < end
    if still_open and now is not None and timedelta(0) <= now - end <= FRESH:
        end = now
    if still_open and until is not None and timedelta(0) <= until - end <= HEARTBEAT:
        end = until
    unseen.append(Span(end, ALWAYS_UNTIL if still_open or gone_at is None else gone_at))
    return _Connection(Span(start, end), tuple(unseen), still_open)


def _look_before(looks: Sequence[datetime], at: datetime) -> datetime:
    index = bisect_left(looks, at)
    return looks[index - 1] if index else ALWAYS_FROM


def _room_span(items: Sequence[Evidence]) -> Span:
    """A connection by the room's own log: first to last moment that it names itself.

    A `lost` is the room's noticing: it counts for one heartbeat after the last known presence at most.
    """
    known = [e.at for e in items if e.kind is not Kind.LOST] or [min(e.at for e in items)]
    start = min((e.at for e in items if e.kind is Kind.JOINED), default=min(known))
    lefts = [e.at for e in items if e.kind is Kind.LEFT]
    if lefts:
        return Span(start, max(start, *lefts))
    end = max(known)
    noticed = max((e.at for e in items if e.kind is Kind.LOST), default=end)
    return Span(start, max(start, end, min(noticed, end + HEARTBEAT)))


# -- from spans to figures -----------------------------------------------------------------------


def figures(
    spans: Sequence[Span],
    *,
    live: Span | None,
    ended: bool,
    margins: Margins,
    expected_from: datetime | None = None,
    expected_until: datetime | None = None,
    to_the_end: bool = False,
) -> Figures:
    """One room's figures from its presence.

    `live`: actual start to actual end, or to now while live (`ended` false); None before it went live.
    `expected_from`/`expected_until`: when the room was added or dropped during the session. `to_the_end`: a
    room whose last packet came less than `JOIN_GAP` before the end was connected to the end: the closing of
    the media room cuts every room off, some tenths of a second after its last packet.
    """
    expected = _expected(live, expected_from, expected_until)
    if expected is None:
        return Figures(None, (), 0.0, 0.0, came=False, late=False, left_early=False)
    inside = tuple(intersect(list(spans), [expected]))
    over = ended or (live is not None and expected.end < live.end)
    if to_the_end and over and inside and expected.end - inside[-1].end < JOIN_GAP:
        inside = (*inside[:-1], Span(inside[-1].start, expected.end))
    seconds = sum(span.seconds for span in inside)
    if seconds < 1:
        return Figures(expected, (), 0.0, 0.0, came=False, late=False, left_early=False)
    return Figures(
        expected,
        inside,
        seconds,
        min(100.0, 100.0 * seconds / expected.seconds),
        came=True,
        late=inside[0].start - _later(expected.start, margins.late_from) > margins.late,
        left_early=over and _earlier(expected.end, margins.early_until) - inside[-1].end > margins.left_early,
    )


def _later(moment: datetime, other: datetime | None) -> datetime:
    return moment if other is None else max(moment, other)


def _earlier(moment: datetime, other: datetime | None) -> datetime:
    return moment if other is None else min(moment, other)


def _expected(live: Span | None, since: datetime | None, until: datetime | None) -> Span | None:
    if live is None:
        return None
    start = max(live.start, since) if since is not None else live.start
    end = min(live.end, until) if until is not None else live.end
    return Span(start, end) if start < end else None


def present_over_time(rooms: Iterable[Sequence[Span]], moments: Sequence[datetime]) -> list[int]:
    """How many rooms are present at each of the ordered moments, both ends of a span counted."""
    changes = [0] * (len(moments) + 1)
    for spans in rooms:
        for span in spans:
            changes[bisect_left(moments, span.start)] += 1
            changes[bisect_right(moments, span.end)] -= 1
    counts: list[int] = []
    running = 0
    for change in changes[:-1]:
        running += change
        counts.append(running)
    return counts
