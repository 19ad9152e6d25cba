"""Attendance reckoned a second time, from the raw rows alone: half-seconds, one by one.

Written from the words of `docs/attendance.md`, apart from the product's rules: nothing of `confhub` is
imported. Every moment of a played session is a multiple of `TICK`; what was true of somebody is a set of
ticks, tick `n` being the half-second that begins `n` half-seconds after the session's start.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

TICK_MS = 500
TICK = timedelta(milliseconds=TICK_MS)
JOINED = 10
"""Stretches of a connection less than five seconds apart are one."""
HEARTBEAT = 30
"""A connection that nobody saw going ended with the session, if known of in its last fifteen seconds."""


@dataclass
class Raw:
    """A session's rows as they stand in the tables, by the tables' names of columns."""

    session: Any
    policy: Any
    rooms: list[Any]
    room_events: list[Any]
    marks: list[Any]
    events: list[Any]
    listed: list[Any]
    away: set[int]
    breaks: list[Any]
    prompts: list[Any]
    corrections: list[Any]
    heads: list[Any]


@dataclass
class Room:
    """Ticks, breaks left out but of `whole`."""

    expected: set[int] = field(default_factory=set)
    connected: set[int] = field(default_factory=set)
    whole: int = 0


class Reckoning:
    """One session. `people`, `rooms`: number → the columns of `person_presence` and `room_totals`."""

    def __init__(self, raw: Raw) -> None:
        self.raw = raw
        self.start, self.end = raw.session.actual_start, raw.session.actual_end
        self.length = self.tick(self.end)
        self.counted = set(range(self.length)) - self._pauses()
        self.frames = {room.endpoint_id: self._room(room) for room in raw.rooms}
        self.people = {number: self._person(number, home) for number, home in self._places().items()}
        self.rooms = {room.endpoint_id: self._totals(room.endpoint_id) for room in raw.rooms}

    def tick(self, moment: datetime) -> int:
        number, rest = divmod(moment - self.start, TICK)
        assert not rest, "played sessions keep to half-seconds"
        return number

    def _pauses(self) -> set[int]:
        found: set[int] = set()
        for one in self.raw.breaks:
            until = self.length if one.ends_at is None else self.tick(one.ends_at)
            found |= set(range(self.tick(one.starts_at), until))
        return found

    # -- rooms -----------------------------------------------------------------------------------------

    def _room(self, room: Any) -> Room:
        first = max(0, self.tick(room.expected_from)) if room.expected_from else 0
        last = min(self.length, self.tick(room.expected_until)) if room.expected_until else self.length
        window = set(range(first, last))
        there = self._connected(room.endpoint_id) & window
        if len(there) * TICK_MS < 1000:
            there = set()
        elif last - max(there) - 1 < JOINED:
            there |= set(range(max(there), last))
        return Room(window & self.counted, there & self.counted, len(there))

    def _connected(self, endpoint_id: int) -> set[int]:
        spans = []
        told = [one for one in self.raw.room_events if one.endpoint_id == endpoint_id]
        for connection in {one.connection for one in told}:
            own = [one for one in told if one.connection == connection]
            begin = min(self.tick(one.at) for one in own if one.kind == "joined")
            left = [self.tick(one.at) for one in own if one.kind == "left"]
            known = [begin, *(self.tick(one.at) for one in self.raw.marks if one.connection == connection)]
            if left:
                spans.append((begin, max(left)))
            else:
                silent = self.length - max(known)
                spans.append((begin, self.length if 0 <= silent <= HEARTBEAT else max(known)))
        spans.sort()
        found: set[int] = set()
        reached = None
        for begin, until in spans:
            if reached is not None and begin - reached < JOINED:
                found |= set(range(reached, begin))
            found |= set(range(begin, until))
            reached = until if reached is None else max(reached, until)
        return found

    # -- people ----------------------------------------------------------------------------------------

    def _places(self) -> dict[int, tuple[int, int, bool]]:
        """Person → (room, unit, expected)."""
        heard = {one.attendee_id for one in (*self.raw.events, *self.raw.corrections)}
        places = {
            one.attendee_id: (
                one.endpoint_id, one.unit_id, one.removed_at is None and one.origin != "guest"
            )
            for one in self.raw.listed
            if one.removed_at is None or one.attendee_id in heard
        }  # fmt: skip
        units = {room.endpoint_id: room.unit_id for room in self.raw.rooms}
        for number in heard - places.keys():
            own = sorted(self._heard(number))
            room = own[0][3] if own else self._changes(number)[0].value["endpoint_id"]
            if room in units:
                places[number] = (room, units[room], False)
        return dict(sorted(places.items()))

    def _heard(self, number: int) -> list[tuple[int, int, str, int]]:
        order = {"out": 0, "in": 1, "confirm": 2}
        return [
            (self.tick(one.at), order[one.kind], one.key, one.endpoint_id)
            for one in self.raw.events
            if one.attendee_id == number
        ]

    def _changes(self, number: int) -> list[Any]:
        own = [one for one in self.raw.corrections if one.attendee_id == number]
        return sorted(own, key=lambda one: one.id)

    def _prompts(self) -> list[tuple[int, int]]:
        found = [(self.tick(one.opens_at), self.tick(one.closes_at)) for one in self.raw.prompts]
        return [(opens, closes) for opens, closes in found if opens >= 0 and closes <= self.length]

    def _walk(self, heard: list[tuple[int, int, str, int]], cuts: set[int]) -> dict[int, int]:
        """Tick → the room that the person was checked in to, moment by moment from long before the start."""
        at: dict[int, list[tuple[int, int, str, int]]] = {}
        for one in sorted(heard):
            at.setdefault(one[0], []).append(one)
        where: dict[int, int] = {}
        now: int | None = None
        for tick in range(min([0, *at]), self.length):
            if tick in cuts:
                now = None
            for _, kind, _, room in at.get(tick, ()):
                if kind:
                    now = room
                elif now == room:
                    now = None
            if now is not None:
                where[tick] = now
        return where

    def _corrected(
        self, where: dict[int, int], changes: list[Any]
    ) -> tuple[dict[int, set[int]], dict[int, set[int]]]:
        """Room → ticks checked in, and ticks that an officer answers for."""
        inside: dict[int, set[int]] = {}
        for tick, room in where.items():
            inside.setdefault(room, set()).add(tick)
        answered: dict[int, set[int]] = {}
        for one in changes:
            room = int(one.value["endpoint_id"])
            ends = [self.tick(datetime.fromisoformat(one.value[name])) for name in ("from", "to")]
            span = set(range(*ends))
            if one.action == "add":
                kept = answered if one.value.get("vouched") else inside
                kept[room] = kept.get(room, set()) | span
            else:
                for kept in (inside, answered):
                    kept[room] = kept.get(room, set()) - span
        return inside, answered

    def _counts(
        self, inside: dict[int, set[int]], answered: dict[int, set[int]], *, anyway: bool
    ) -> set[int]:
        found: set[int] = set()
        for number, frame in self.frames.items():
            there = frame.expected if anyway else frame.connected
            found |= inside.get(number, set()) & there
            found |= answered.get(number, set()) & frame.expected
        return found

    def _person(self, number: int, home: tuple[int, int, bool]) -> dict[str, Any]:
        heard, changes, policy = self._heard(number), self._changes(number), self.raw.policy
        met = hit = 0
        cuts = set()
        for opens, closes in self._prompts():
            told = any(kind and opens <= tick <= closes for tick, kind, _, _ in heard)
            before = self._last(heard, opens)
            met, hit = met + before, hit + (before and told)
            if not told and policy.prompts_count:
                cuts.add(opens)
        whole = self._corrected(self._walk(heard, set()), changes)
        here = self._counts(*whole, anyway=True)
        connected = self._counts(*whole, anyway=policy.unconnected_counts)
        cut = self._corrected(self._walk(heard, cuts), changes)
        counts = self._counts(*cut, anyway=policy.unconnected_counts)
        ways = {one.way for one in self.raw.events if one.attendee_id == number and one.kind != "out"}
        if any(one.action == "add" for one in changes):
            ways.add("officer")
        total = len(self.counted)
        return {
            "endpoint_id": home[0],
            "unit_id": home[1],
            "expected": home[2],
            "status": self._status(number, home, here, connected, counts),
            "ways": ",".join(sorted(ways)),
            "first_at": self.start + min(here) * TICK if here else None,
            "last_at": self.start + (max(here) + 1) * TICK if here else None,
            "millis": len(counts) * TICK_MS,
            "percent": 10_000 * len(counts) // total if total else 0,
            "completed": bool(total) and 100 * len(counts) >= policy.complete_percent * total,
            "prompts": met,
            "confirmed": hit,
            "spans": spans_of(counts),
            "unconnected_millis": (len(here) - len(connected)) * TICK_MS,
            "prompt_millis": (len(connected) - len(counts)) * TICK_MS,
        }

    def _last(self, heard: list[tuple[int, int, str, int]], before: int) -> bool:
        """Checked in somewhere by what was heard before that tick."""
        now: int | None = None
        for tick, kind, _, room in sorted(heard):
            if tick >= before:
                break
            now = room if kind else None if now == room else now
        return now is not None

    def _status(
        self, number: int, home: tuple[int, int, bool], here: set[int], connected: set[int], counts: set[int]
    ) -> str:
        if not here:
            if not home[2]:
                return "not_expected"
            return "absent_with_leave" if number in self.raw.away else "absent_without_leave"
        if not connected and not counts:
            return "room_not_connected"
        session = self.raw.session
        wanted = self.frames[home[0]].expected if home[0] in self.frames else self.counted
        late_from, early_until = 0, self.length
        if session.by_plan:
            planned = self.tick(session.starts_at), self.tick(session.starts_at) + session.length_min * 120
            late_from = max(0, planned[0])
            if planned[1] > late_from:
                early_until = min(self.length, planned[1])
        before = sum(late_from <= tick < min(here) for tick in wanted)
        after = sum(max(here) < tick < early_until for tick in wanted)
        late, early = before > session.late_min * 120, after > session.left_early_min * 120
        return (
            "late_left_early" if late and early else "late" if late else "left_early" if early else "present"
        )

    # -- rooms' totals ---------------------------------------------------------------------------------

    def _totals(self, endpoint_id: int) -> dict[str, Any]:
        people = [one for one in self.people.values() if one["endpoint_id"] == endpoint_id]
        wanted = [one for one in people if one["expected"]]
        came = [one for one in people if one["first_at"] is not None]
        heads = [one for one in self.raw.heads if one.endpoint_id == endpoint_id]

        def count(*names: str) -> int:
            return sum(one["status"] in names for one in wanted)

        return {
            "connected": self.frames[endpoint_id].whole > 0,
            "room_millis": self.frames[endpoint_id].whole * TICK_MS,
            "heads": max(heads, key=lambda one: (one.at, one.key)).people if heads else None,
            "expected": len(wanted),
            "checked_in": len(came),
            "guests": sum(not one["expected"] for one in came),
            "on_time": count("present"),
            "late": count("late", "late_left_early"),
            "left_early": count("left_early", "late_left_early"),
            "with_leave": count("absent_with_leave"),
            "without_leave": count("absent_without_leave"),
            "completed": sum(one["completed"] for one in wanted),
            "person_millis": sum(one["millis"] for one in people),
            "unconnected": count("room_not_connected"),
            "unanswered": sum(one["prompts"] > one["confirmed"] for one in wanted),
            "unconnected_millis": sum(one["unconnected_millis"] for one in people),
            "prompt_millis": sum(one["prompt_millis"] for one in people),
        }


def spans_of(ticks: set[int]) -> str:
    """Runs of ticks as `person_presence` writes them, in milliseconds."""
    runs = []
    for _, run in itertools.groupby(enumerate(sorted(ticks)), lambda pair: pair[1] - pair[0]):
        found = [tick for _, tick in run]
        runs.append(f"{found[0] * TICK_MS}-{(found[-1] + 1) * TICK_MS}")
    return ",".join(runs)


def course_of(
    rule: Any, lessons: list[tuple[int, int | None]], lengths: dict[int, int], there: dict[int, int]
) -> tuple[str, int, int]:
    """(state, milliseconds, share) of one person where every session is over. `lessons`: (session, the one
    it makes up for); `lengths`: counted milliseconds; `there`: session → the person's."""
    total = weight = weighed = 0
    all_reached = True
    for session, instead in lessons:
        if instead is not None:
            continue
        best, enough = (0, 0), False
        for one in [session, *(other for other, made_up in lessons if made_up == session)]:
            millis = there.get(one, 0)
            if not millis:
                continue
            millis = max(millis, min(lengths[one], millis + rule.grace_min * 60_000))
            share = min(10_000, millis * 10_000 // lengths[one])
            need = min(rule.threshold * 60_000, lengths[one])
            fits = share >= rule.threshold * 100 if rule.measure == "percent" else millis >= need
            by = 1 if rule.measure == "percent" else 0
            key = (rule.scope == "each" and fits, (millis, share)[by])
            if key > (rule.scope == "each" and enough, best[by]):
                best, enough = (millis, share), fits
        total += best[0]
        weighed += best[1] * lengths[session]
        weight += lengths[session]
        all_reached = all_reached and enough
    share = weighed // weight if weight else 0
    if rule.scope == "each":
        done = all_reached
    elif rule.measure == "minutes":
        done = total >= rule.threshold * 60_000
    else:
        done = share >= rule.threshold * 100
    return "completed" if done else "missing", total, share
