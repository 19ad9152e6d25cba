"""Compares what the rooms themselves received (their diary) with what a report says of them. Pure.

The diary is written by the rooms from packets they decrypted, and is read here alone: JSON lines
`{"code", "session", "connection", "from", "to"}`, times in ISO 8601 with a zone, `from` and `to` the first
and the last authenticated packet of one connection.

A difference is a room or an interval missing or extra, or a bound that is off by more than the tolerance: 2
s, or 15 s after a kill; then a stretch that only one side has, and that is no longer, is none either, as a
killed room's diary lacks its last seconds. Both sides are cut to live time; stretches less than 5 s apart
are one, as in the report. So that a gap of 4.9 s in one and of 5.1 s in the other is no difference, gaps up
to 5 s plus twice the tolerance that only one side kept are closed before intervals are matched; a gap in
the report only where the diary's connections have one as well.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from confhub.attendance.rules import JOIN_GAP, Span, intersect, union
from confhub.simulator.truth.errors import DiaryUnreadable

TOLERANCE_S: Final = 2.0
AFTER_KILL_S: Final = 15.0

LINE_MAX_CHARS: Final = 2_000
"""A line has about 150 characters."""

CODE_MAX_CHARS: Final = 200


class Wrong(StrEnum):
    """In what way report and diary differ."""

    ROOM_MISSING = "room_missing"
    """The room received in live time; the report has it not, or as never come."""
    ROOM_EXTRA = "room_extra"
    """The report has the room as present; it received nothing in live time."""
    INTERVAL_MISSING = "interval_missing"
    INTERVAL_EXTRA = "interval_extra"
    START_OFF = "start_off"
    END_OFF = "end_off"
    OUTSIDE_LIVE = "outside_live"
    """The report's interval reaches out of live time, overlaps another, or ends before it begins."""


@dataclass(frozen=True, slots=True)
class DiaryEntry:
    """One connection as its room saw it."""

    code: str
    session: str
    connection: str
    span: Span


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference, of one room. `off_s`: report minus diary, where a bound is off."""

    code: str
    wrong: Wrong
    reported: Span | None = None
    received: Span | None = None
    off_s: float | None = None

    def __str__(self) -> str:
        off = f", off by {self.off_s:+.1f} s" if self.off_s is not None else ""
        return (
            f"{self.code}: {self.wrong}: report {_shown(self.reported)}, diary {_shown(self.received)}{off}"
        )


def read_diary(lines: Iterable[str], session: int | str) -> list[DiaryEntry]:
    """The entries of one session, empty lines skipped. Raises `DiaryUnreadable` with the line's number."""
    entries: list[DiaryEntry] = []
    for number, line in enumerate(lines, 1):
        if line.strip():
            entry = _entry(line, number)
            if entry.session == str(session):
                entries.append(entry)
    return entries


def compare(
    diary: Iterable[DiaryEntry],
    report: Mapping[str, Sequence[tuple[datetime, datetime]]],
    live: tuple[datetime, datetime],
    *,
    tolerance_s: float = TOLERANCE_S,
) -> list[Difference]:
    """The differences, in the order of the rooms' codes; empty where the report is right.

    `report`: code → its intervals (start, end), an empty sequence for a room that never came.
    `live`: actual start and actual end of the session.
    """
    window = Span(*live)
    tolerance = timedelta(seconds=tolerance_s)
    received: dict[str, list[Span]] = defaultdict(list)
    for entry in diary:
        received[entry.code].append(entry.span)
    found: list[Difference] = []
    for code in sorted({*received, *report}):
        said = [Span(start, end) for start, end in report.get(code, ())]
        found += _room(code, said, union(received.get(code, ())), window, tolerance)
    return found


def _room(
    code: str, said: list[Span], connections: list[Span], window: Span, tolerance: timedelta
) -> list[Difference]:
    """The differences of one room; `connections`: the diary's, disjoint and ordered."""
    seen = intersect(union(connections, JOIN_GAP), [window])
    kept = [span for span in seen if _counts(span, window, tolerance) or _meets(span, said)]
    said = [span for span in said if _counts(span, window, tolerance) or _meets(span, seen) or not seen]
    seen = kept
    broken = [
        Difference(code, Wrong.OUTSIDE_LIVE, span)
        for i, span in enumerate(said)
        if span.end < span.start
        or span.start < window.start - timedelta(seconds=1)
        or span.end > window.end + timedelta(seconds=1)
        or (i and span.start < said[i - 1].end)
    ]
    if broken:
        return broken
    if not said:
        return [Difference(code, Wrong.ROOM_MISSING, None, seen[0])] if seen else []
    if not seen:
        real = [span for span in said if _counts(span, window, tolerance)]
        return [Difference(code, Wrong.ROOM_EXTRA, real[0], None)] if real else []
    said, seen = (
        _without_doubtful_gaps(said, seen, tolerance, unless=connections),
        _without_doubtful_gaps(seen, said, tolerance, unless=()),
    )
    return _matched(code, said, seen, window, tolerance)


def _matched(
    code: str, said: list[Span], seen: list[Span], window: Span, tolerance: timedelta
) -> list[Difference]:
    """Walk both lists in order; intervals that overlap belong together, else those within the tolerance."""
    found: list[Difference] = []
    killed = tolerance > timedelta(seconds=TOLERANCE_S)
    i = j = 0
    while i < len(said) or j < len(seen):
        if j == len(seen) or (i < len(said) and _is_alone(said[i], seen[j], said[i + 1 :], tolerance)):
            if _counts(said[i], window, tolerance) and not (killed and _length(said[i]) <= tolerance):
                found.append(Difference(code, Wrong.INTERVAL_EXTRA, said[i], None))
            i += 1
        elif i == len(said) or _is_alone(seen[j], said[i], seen[j + 1 :], tolerance):
            if not (killed and _length(seen[j]) <= tolerance):
                found.append(Difference(code, Wrong.INTERVAL_MISSING, None, seen[j]))
            j += 1
        else:
            found += _bounds(code, said[i], seen[j], tolerance)
            i, j = i + 1, j + 1
    return found


def _is_alone(span: Span, other: Span, later: Sequence[Span], tolerance: timedelta) -> bool:
    """Whether the other side has nothing for this one: its next, `other`, begins later, and is too far away
    or belongs to a later one of this side."""
    if span.end >= other.start:
        return False
    return span.end + tolerance < other.start or _meets(other, later)


def _length(span: Span) -> timedelta:
    return span.end - span.start


def _bounds(code: str, said: Span, seen: Span, tolerance: timedelta) -> list[Difference]:
    return [
        Difference(code, wrong, said, seen, off.total_seconds())
        for wrong, off in (
            (Wrong.START_OFF, said.start - seen.start),
            (Wrong.END_OFF, said.end - seen.end),
        )
        if abs(off) > tolerance
    ]


def _without_doubtful_gaps(
    spans: list[Span], others: list[Span], tolerance: timedelta, *, unless: Sequence[Span]
) -> list[Span]:
    """Close the short gaps that the other side has not: there the two joined differently at about 5 s.

    A gap stays that lies well inside one of `unless`: there never was one.
    """
    joined: list[Span] = []
    for span in spans:
        if joined and span.start - joined[-1].end <= JOIN_GAP + 2 * tolerance:
            gap = Span(joined[-1].end, span.start)
            bridged = any(other.start <= gap.start and gap.end <= other.end for other in others)
            invented = any(
                one.start <= gap.start - tolerance and gap.end + tolerance <= one.end for one in unless
            )
            if bridged and not invented:
                joined[-1] = Span(joined[-1].start, span.end)
                continue
        joined.append(span)
    return joined


def _counts(span: Span, window: Span, tolerance: timedelta) -> bool:
    """Whether a stretch is more than a bound's inaccuracy at the edge of live time."""
    at_edge = span.end <= window.start + tolerance or span.start >= window.end - tolerance
    return not at_edge


def _meets(span: Span, others: Sequence[Span]) -> bool:
    """Whether the other side has a stretch at that time: then the two are held against each other, however
    short they are."""
    return any(span.start < other.end and other.start < span.end for other in others)


def _entry(line: str, number: int) -> DiaryEntry:
    try:
        if len(line) > LINE_MAX_CHARS:
            raise ValueError("too long")
        raw = json.loads(line)
        if not isinstance(raw, dict):
            raise ValueError("no object")
        code, connection, session = raw["code"], raw["connection"], raw["session"]
        span = Span(_moment(raw["from"]), _moment(raw["to"]))
        if not (isinstance(code, str) and 0 < len(code) <= CODE_MAX_CHARS):
            raise ValueError("code")
        if type(session) not in (int, str) or not isinstance(connection, str) or span.end < span.start:
            raise ValueError("session, connection or times")
    except (ValueError, KeyError, RecursionError, OverflowError):
        raise DiaryUnreadable(line=number) from None
    return DiaryEntry(code, str(session), connection, span)


def _moment(text: Any) -> datetime:
    if not isinstance(text, str):
        raise ValueError("no time")
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("no zone")
    return moment


def shown(span: Span) -> str:
    """The stretch for people to read, in UTC."""
    start, end = span.start.astimezone(UTC), span.end.astimezone(UTC)
    return f"{start:%H:%M:%S.%f}–{end:%H:%M:%S.%f}Z"


def _shown(span: Span | None) -> str:
    return shown(span) if span is not None else "nothing"
