"""Compares what people really did (a played crowd's own truth) with what a report says of them. Pure.

Whoever checks in elsewhere has left the room before. A person's presence is (in, out or end) ∩ the room's
connections by the room's own diary ∩ live time without breaks, over all rooms. The report's presence may
differ by stretches no longer than the tolerance: 2 s, or 15 s after a kill, and where the hub names the
moment (a phone), as long as that took. A gap up to 5 s plus twice the tolerance that only one side kept is no
difference where the room's connections have one as well: stretches less than 5 s apart are one, and the two
may have measured 4.9 s and 5.1 s.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from confhub.attendance.rules import JOIN_GAP, Span, intersect, union
from confhub.simulator.truth.played import Moment, Truth
from confhub.simulator.truth.rooms import shown


class Wrong(StrEnum):
    """In what way report and truth differ."""

    LOST = "lost"
    """Somebody expected is not in the report, or came and has no presence there."""
    DOUBLED = "doubled"
    """The report has somebody twice, or one who never was."""
    NOT_THERE = "not_there"
    """The report has presence of one who never came."""
    ROOM = "wrong_room"
    """The person stands in another room's list."""
    MISSING = "stretch_missing"
    EXTRA = "stretch_extra"
    START = "start_off"
    END = "end_off"
    OUTSIDE = "outside_live"
    """The report's stretch reaches out of live time, overlaps another, or ends before it begins."""
    STATUS = "status"
    """Absent with or without leave, or completed, where it is beyond doubt."""


@dataclass(frozen=True, slots=True)
class Expected:
    """One person on a list: in which room, and whether leave was granted."""

    room: str
    with_leave: bool = False


@dataclass(frozen=True, slots=True)
class Reported:
    """One person as the report has them. `absent`: "" for one who came, else with | without leave."""

    person: str
    room: str
    expected: bool
    spans: tuple[Span, ...]
    completed: bool
    absent: str = ""


WITH_LEAVE, WITHOUT_LEAVE = "with_leave", "without_leave"


ROUNDING_S = 0.005
"""Reports count in whole milliseconds, rounded down."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What the session was: live time, what of it counts (breaks taken out), when one has completed."""

    live: Span
    counted: tuple[Span, ...]
    complete_percent: int
    tolerance_s: float


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference of one person. `stretch`: what only one side has."""

    person: str
    wrong: Wrong
    stretch: Span | None = None
    told: str = ""

    def __str__(self) -> str:
        where = f" {shown(self.stretch)}, {self.stretch.seconds:.1f} s" if self.stretch is not None else ""
        return f"{self.person}: {self.wrong}{where}{f' ({self.told})' if self.told else ''}"


class Range(NamedTuple):
    """A total of the truth: between `low` and `high`, where some people's share lies within the tolerance."""

    low: int
    high: int

    def holds(self, value: int) -> bool:
        return self.low <= value <= self.high

    def __str__(self) -> str:
        return f"{self.low:,}" if self.low == self.high else f"{self.low:,}–{self.high:,}"


@dataclass(slots=True)
class Compared:
    """The outcome: each difference, and the totals that the truth allows. `furthest_s`: how far apart the two
    are at most, within the tolerance or not, short gaps of rooms left out."""

    differences: list[Difference] = field(default_factory=list)
    furthest_s: float = 0.0
    totals: dict[str, Range] = field(default_factory=dict)

    def count(self, *wrongs: Wrong) -> int:
        """How many people differ in one of these ways."""
        return len({d.person for d in self.differences if d.wrong in wrongs})

    @property
    def intervals(self) -> int:
        """How many stretches of presence differ."""
        off = (Wrong.MISSING, Wrong.EXTRA, Wrong.START, Wrong.END, Wrong.OUTSIDE)
        return sum(d.wrong in off for d in self.differences)


# --- what a person's presence should be ---------------------------------------------------------------


def checked_in(moments: Sequence[Moment], end: datetime) -> list[tuple[str, Span]]:
    """(room, from–to), in the order of time; whoever never checked out stays to `end`."""
    found: list[tuple[str, Span]] = []
    room, since = "", end
    for moment in moments:
        leaves = room and (moment.room != room if moment.is_in else moment.room == room)
        if leaves:
            found.append((room, Span(since, max(since, moment.at))))
            room = ""
        if moment.is_in and not room:
            room, since = moment.room, moment.at
    if room and since < end:
        found.append((room, Span(since, end)))
    return found


def presence(
    moments: Sequence[Moment], connections: Mapping[str, Sequence[Span]], setting: Setting
) -> list[Span]:
    """When the person was there by the truth. `connections`: by room, disjoint, ordered, short gaps
    joined."""
    there: list[Span] = []
    for room, span in checked_in(moments, setting.live.end):
        there += intersect([span], connections.get(room, ()))
    return intersect(union(there), setting.counted)


# --- comparing --------------------------------------------------------------------------------------


def added_up(reported: Iterable[Reported]) -> dict[str, int]:
    """The totals that a report's own persons come to; what is not of persons is missing."""
    tallies: Counter[str] = Counter()
    for row in reported:
        tallies["expected"] += row.expected
        tallies["checked_in"] += bool(row.spans)
        tallies["guests"] += bool(row.spans) and not row.expected
        tallies["completed"] += row.completed and row.expected
        if row.absent:
            tallies[row.absent] += 1
    return dict(tallies)


def compare(
    truth: Truth,
    expected: Mapping[str, Expected],
    reported: Iterable[Reported],
    connections: Mapping[str, Iterable[Span]],
    setting: Setting,
) -> Compared:
    """Every difference, by person; empty where the report is right.

    `expected`: everybody on a list, by `person_key`. `connections`: by room, from the rooms' own diaries.
    """
    outcome = Compared()
    raw = {room: union(spans) for room, spans in connections.items()}
    gaps = {room: _gaps(spans) for room, spans in raw.items()}
    rooms = {room: union(spans, JOIN_GAP) for room, spans in raw.items()}
    by_person: dict[str, Reported] = {}
    for row in reported:
        if row.person in by_person:
            outcome.differences.append(Difference(row.person, Wrong.DOUBLED))
        elif row.person not in expected and row.person not in truth.moments:
            outcome.differences.append(Difference(row.person, Wrong.DOUBLED, told="nobody of that name"))
        else:
            by_person[row.person] = row
    tallies: Counter[str] = Counter()
    for person in [*expected, *(person for person in truth.moments if person not in expected)]:
        moments = truth.moments.get(person, ())
        seen = presence(moments, rooms, setting)
        between = [gap for room in {moment.room for moment in moments} for gap in gaps.get(room, ())]
        slack = max((moment.until - moment.at for moment in moments), default=timedelta(0))
        tolerance = timedelta(seconds=setting.tolerance_s) + slack
        found = _person(
            person, by_person.get(person), expected.get(person), seen, between, tolerance, setting
        )
        outcome.differences += found
        if person in by_person:
            apart = _apart(list(by_person[person].spans), seen, between, tolerance)
            outcome.furthest_s = max(outcome.furthest_s, apart)
        _tally(tallies, expected.get(person), seen, setting, tolerance)
    outcome.totals = {
        name: Range(tallies[f"{name} low"], tallies[f"{name} high"])
        for name in ("checked_in", "guests", WITH_LEAVE, WITHOUT_LEAVE, "completed")
    }
    outcome.totals["expected"] = Range(len(expected), len(expected))
    heads = sum(truth.heads.values())
    outcome.totals["heads"] = Range(heads, heads)
    return outcome


def _person(
    person: str,
    row: Reported | None,
    wanted: Expected | None,
    seen: list[Span],
    gaps: list[Span],
    tolerance: timedelta,
    setting: Setting,
) -> list[Difference]:
    """The differences of one person; `gaps`: between the connections of the rooms where they were."""
    came = any(span.end - span.start > tolerance for span in seen)
    if row is None:
        lost = came or wanted is not None
        return [Difference(person, Wrong.LOST, told="not in the report")] if lost else []
    found = []
    if wanted is not None and row.room != wanted.room:
        found.append(Difference(person, Wrong.ROOM, told=f"{row.room} instead of {wanted.room}"))
    if (wanted is not None) != row.expected:
        found.append(Difference(person, Wrong.STATUS, told=f"expected: {row.expected}"))
    said = list(row.spans)
    if broken := _broken(said, setting.live):
        return [*found, Difference(person, Wrong.OUTSIDE, broken)]
    if came and not said:
        return [*found, Difference(person, Wrong.LOST, seen[0], "no presence in the report")]
    stretches = _stretches(person, said, seen, gaps, tolerance)
    if said and not seen and stretches:
        return [*found, Difference(person, Wrong.NOT_THERE, said[0])]
    return [*found, *stretches, *_status(person, row, wanted, seen, setting, tolerance)]


def _stretches(
    person: str, said: list[Span], seen: list[Span], gaps: list[Span], tolerance: timedelta
) -> list[Difference]:
    """What only one side has, for longer than the tolerance."""
    found = []
    for one, other, whole in ((said, seen, Wrong.EXTRA), (seen, said, Wrong.MISSING)):
        for stretch in _without(one, other):
            if stretch.end - stretch.start <= tolerance or _doubtful(stretch, other, gaps, tolerance):
                continue
            wrong = whole
            # What follows the other side's end, or comes before its beginning, is one bound that is off.
            if any(span.end == stretch.start for span in other):
                wrong = Wrong.END
            elif any(span.start == stretch.end for span in other):
                wrong = Wrong.START
            found.append(Difference(person, wrong, stretch))
    return found


def _apart(said: list[Span], seen: list[Span], gaps: list[Span], tolerance: timedelta) -> float:
    """Seconds of the longest stretch that only one side has."""
    return max(
        (
            stretch.seconds
            for one, other in ((said, seen), (seen, said))
            for stretch in _without(one, other)
            if not _doubtful(stretch, other, gaps, tolerance)
        ),
        default=0.0,
    )


def _doubtful(stretch: Span, gapped: Sequence[Span], gaps: Sequence[Span], tolerance: timedelta) -> bool:
    """Whether the stretch is a short gap of the other side at which the room's connections have one too."""
    if stretch.end - stretch.start > JOIN_GAP + 2 * tolerance:
        return False
    between = any(span.end == stretch.start for span in gapped) and any(
        span.start == stretch.end for span in gapped
    )
    return between and any(
        gap.start <= stretch.end + tolerance and stretch.start <= gap.end + tolerance for gap in gaps
    )


def _status(
    person: str,
    row: Reported,
    wanted: Expected | None,
    seen: list[Span],
    setting: Setting,
    tolerance: timedelta,
) -> list[Difference]:
    """What follows from presence, where the tolerance leaves no doubt."""
    low, high = _bounds(seen, tolerance)
    found = []
    if wanted is not None and not seen and not row.spans:
        absent = WITH_LEAVE if wanted.with_leave else WITHOUT_LEAVE
        if row.absent != absent:
            found.append(Difference(person, Wrong.STATUS, told=f"{row.absent or 'came'} instead of {absent}"))
    if row.completed != _follows(row, setting):
        found.append(
            Difference(person, Wrong.STATUS, told=f"completed: {row.completed} against its intervals")
        )
    need = _need(setting)
    if wanted is not None and ((low >= need) if not row.completed else (high < need)):
        found.append(Difference(person, Wrong.STATUS, told=f"completed: {row.completed}"))
    return found


def _follows(row: Reported, setting: Setting) -> bool:
    """Whether the report's own intervals make the person complete; its word counts within rounding."""
    surplus = sum(span.seconds for span in row.spans) - _need(setting)
    return surplus > 0 if abs(surplus) > ROUNDING_S else row.completed


def _tally(
    tallies: Counter[str],
    wanted: Expected | None,
    seen: list[Span],
    setting: Setting,
    tolerance: timedelta,
) -> None:
    low, high = _bounds(seen, tolerance)
    surely = any(span.end - span.start > tolerance for span in seen)
    absent = WITH_LEAVE if wanted is not None and wanted.with_leave else WITHOUT_LEAVE
    tallies["checked_in low"] += surely
    tallies["checked_in high"] += bool(seen)
    if wanted is None:
        tallies["guests low"] += surely
        tallies["guests high"] += bool(seen)
        return
    tallies[f"{absent} low"] += not seen
    tallies[f"{absent} high"] += not surely
    tallies["completed low"] += low >= _need(setting)
    tallies["completed high"] += high >= _need(setting)


def _need(setting: Setting) -> float:
    return sum(span.seconds for span in setting.counted) * setting.complete_percent / 100


def _bounds(seen: list[Span], tolerance: timedelta) -> tuple[float, float]:
    """Least and most seconds that a report may give: each bound may be off by the tolerance."""
    there = sum(span.seconds for span in seen)
    doubt = 2 * tolerance.total_seconds() * len(seen)
    return there - doubt, there + doubt


def _broken(said: list[Span], live: Span) -> Span | None:
    second = timedelta(seconds=1)
    for number, span in enumerate(said):
        if span.end < span.start or span.start < live.start - second or span.end > live.end + second:
            return span
        if number and span.start < said[number - 1].end:
            return span
    return None


def _gaps(spans: Sequence[Span]) -> list[Span]:
    return [Span(before.end, after.start) for before, after in itertools.pairwise(spans)]


def _without(spans: Sequence[Span], others: Sequence[Span]) -> list[Span]:
    """What lies in `spans` alone; both disjoint and ordered."""
    left: list[Span] = []
    for span in spans:
        start = span.start
        for other in others:
            if other.end <= start or other.start >= span.end:
                continue
            if start < other.start:
                left.append(Span(start, other.start))
            start = max(start, other.end)
        if start < span.end:
            left.append(Span(start, span.end))
    return left
