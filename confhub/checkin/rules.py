"""Pure decisions of check-in: from one person's events to minutes of presence, and to figures.

From events to minutes
----------------------
1. *Checked in.* Events stand in the total order of (moment, kind, key): at one moment a check-out comes
   before a check-in, and a check-in before a confirmation. A check-in (a confirmation alike) puts the person
   into its room; in another room before, the person moves: the newer one counts. A check-out ends the stay in
   its own room and says nothing about another one. Whoever never checks out stays until the session's end.
2. *Presence prompts*, where the session's policy lets them cut: a prompt that was over before the session's
   end and that the person did not answer (no check-in and no confirmation from its opening to its closing) is
   a check-out at its opening, wherever the person was. The next thing heard brings the person back. It takes
   minutes, and never makes anybody late or leave early.
3. *Corrections*, in the order in which they were made: a stretch of being checked in to one room is added to
   it, or taken out of it. One that vouches counts whether the room was connected or not.
4. *Minutes*: the union over all rooms of (checked in to the room ∩ the room was connected), inside live time,
   without the breaks. Where the session's policy says so, a room counts as connected as long as it is
   expected. In whole milliseconds after the session's actual start, every bound rounded down.
5. *Status* follows from when the person was checked in (prompts and connections left out), inside the time in
   which the room was expected. Checked in and never connected is neither present nor absent.

Two numbers say what was lost: `unconnected_millis`, checked in while no room of the person's was connected,
and `prompt_millis`, what unanswered prompts took. Minutes and both together are the time checked in.

Rules 1, of attendance that was closed before there were rules 2: the status followed from the minutes that
counted, measured from the actual start to the actual end; nothing was said of what was lost.

What holds, whatever comes in
-----------------------------
- Order, doubling and the way of delivery change nothing.
- Spans are disjoint, ordered, and covered by the connected time of rooms that the person was checked in to.
- A lost check-out never shortens: every moment that counted still counts.
- A lost check-in or confirmation never lengthens while all of the person's events are of one room. Where it
  was the move into another room, the person stays in the former one until the next event that ends it.
- Adding a stretch and removing the same one is as if it had been removed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from confhub.checkin.figures import PersonFigures, Status, Stretch
from confhub.checkin.values import PersonKind, Way
from confhub.sessions.values import ATTENDANCE_RULES

RULES: Final = ATTENDANCE_RULES
"""Raised whenever these rules give other figures than before. A session keeps the number it was closed by
(`session.attendance_rules`); what was derived by others is derived anew."""

ALL: Final = 10_000
"""All of live time, in hundredths of a percent."""

_MILLISECOND: Final = timedelta(milliseconds=1)
_MICROSECOND: Final = timedelta(microseconds=1)
_MICROS: Final = 1000
_FOREVER: Final = 2**62
_CUT, _OUT, _IN, _CONFIRM = -1, 0, 1, 2

RANKS: Final = {PersonKind.OUT.value: _OUT, PersonKind.IN.value: _IN, PersonKind.CONFIRM.value: _CONFIRM}
"""The order of kinds at one moment; what is at least a check-in says that the person is there."""


class Event(NamedTuple):
    """A person's event, `micros` after the session's start, `rank` as in `RANKS`. Sorts as rule 1 says."""

    micros: int
    rank: int
    key: str
    endpoint_id: int


class Stay(NamedTuple):
    """Checked in to a room, in milliseconds after the session's start. `vouched`: an officer answers for it,
    whatever the room's connection says."""

    endpoint_id: int
    start: int
    end: int
    vouched: bool = False


class Change(NamedTuple):
    """A correction: a stretch of being checked in is added to a room, or taken out. `vouched`: it counts
    whether the room was connected or not."""

    add: bool
    endpoint_id: int
    start: int
    end: int
    vouched: bool = False


class Prompt(NamedTuple):
    """A presence prompt, in microseconds after the session's start."""

    opens: int
    closes: int


@dataclass(frozen=True, slots=True)
class RoomFrame:
    """A room's connected stretches, and the time in which it is expected; both without breaks."""

    connected: tuple[Stretch, ...]
    expected: tuple[Stretch, ...]


@dataclass(frozen=True, slots=True)
class Frame:
    """What counts for everybody in a session. `counted`: live time without breaks.

    `prompts`: those that were over before the session's end (or now). Margins in milliseconds. `late_from`,
    `early_until`: nobody is late before, or leaves early after, in milliseconds after the start.
    `unconnected_counts`: rooms count as connected while they are expected. `version`: by which rules.
    """

    start: datetime
    ended: bool
    counted: tuple[Stretch, ...]
    rooms: Mapping[int, RoomFrame]
    prompts: tuple[Prompt, ...] = ()
    prompts_cut: bool = False
    late_millis: int = 300_000
    left_early_millis: int = 300_000
    complete_percent: int = 80
    late_from: int = 0
    early_until: int = _FOREVER
    unconnected_counts: bool = False
    version: int = RULES
    counted_millis: int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "counted_millis", length(self.counted))


@dataclass(frozen=True, slots=True)
class Place:
    """Where a person counts: as on the session's list. `ways`: of check-ins, any order, may be doubled."""

    attendee_id: int
    endpoint_id: int
    unit_id: int
    expected: bool
    with_leave: bool = False
    ways: tuple[str, ...] = ()


# -- stretches -----------------------------------------------------------------------------------


def millis_after(start: datetime, moment: datetime) -> int:
    """Whole milliseconds, rounded down."""
    return (moment - start) // _MILLISECOND


def millis_of(length_: timedelta) -> int:
    """A length of time in whole milliseconds."""
    return length_ // _MILLISECOND


def micros_after(start: datetime, moment: datetime) -> int:
    """Whole microseconds."""
    return (moment - start) // _MICROSECOND


def length(stretches: Iterable[Stretch]) -> int:
    """Milliseconds of disjoint stretches."""
    return sum(end - start for start, end in stretches)


def union(stretches: Iterable[tuple[int, int]]) -> list[Stretch]:
    """The stretches as disjoint, ordered ones; those that touch are one, empty ones fall out."""
    merged: list[Stretch] = []
    for start, end in sorted(stretches):
        if start >= end:
            continue
        if merged and start <= merged[-1][1]:
            if end > merged[-1][1]:
                merged[-1] = Stretch(merged[-1][0], end)
        else:
            merged.append(Stretch(start, end))
    return merged


def intersect(left: Sequence[tuple[int, int]], right: Sequence[tuple[int, int]]) -> list[Stretch]:
    """What lies in both; each side disjoint and ordered."""
    found: list[Stretch] = []
    i = j = 0
    while i < len(left) and j < len(right):
        start = max(left[i][0], right[j][0])
        end = min(left[i][1], right[j][1])
        if start < end:
            found.append(Stretch(start, end))
        if left[i][1] <= right[j][1]:
            i += 1
        else:
            j += 1
    return found


def subtract(whole: Sequence[tuple[int, int]], holes: Sequence[tuple[int, int]]) -> list[Stretch]:
    """What lies in `whole` and in no hole; each side disjoint and ordered."""
    found: list[Stretch] = []
    for start, end in whole:
        at = start
        for hole_start, hole_end in holes:
            if hole_end <= at or hole_start >= end:
                continue
            if hole_start > at:
                found.append(Stretch(at, hole_start))
            at = hole_end
        if at < end:
            found.append(Stretch(at, end))
    return found


# -- from events to minutes ----------------------------------------------------------------------


def stays(events: Iterable[Event], cuts: Iterable[int] = ()) -> list[Stay]:
    """When the person was checked in where. `cuts`: moments (microseconds) that check out of any room."""
    ordered = sorted([*events, *(Event(at, _CUT, "", 0) for at in cuts)])
    found: list[Stay] = []
    room: int | None = None
    since = 0
    for micros, rank, _, endpoint_id in ordered:
        if rank >= _IN:
            if room == endpoint_id:
                continue
            if room is not None:
                found.append(Stay(room, since // _MICROS, micros // _MICROS))
            room, since = endpoint_id, micros
        elif room is not None and (rank == _CUT or room == endpoint_id):
            found.append(Stay(room, since // _MICROS, micros // _MICROS))
            room = None
    if room is not None:
        found.append(Stay(room, since // _MICROS, _FOREVER))
    return found


def answered(events: Iterable[Event], prompt: Prompt) -> bool:
    """Whether the person was heard while the prompt was open."""
    return any(rank >= _IN and prompt.opens <= micros <= prompt.closes for micros, rank, _, _ in events)


def prompts_met(events: Sequence[Event], prompts: Iterable[Prompt]) -> list[tuple[Prompt, bool]]:
    """The prompts that found the person checked in at their opening, each with whether it was answered."""
    found = []
    for prompt in prompts:
        before = [event for event in events if event.micros < prompt.opens]
        here = stays(before)
        if here and here[-1].end == _FOREVER:
            found.append((prompt, answered(events, prompt)))
    return found


def corrected(found: Iterable[Stay], changes: Iterable[Change]) -> list[Stay]:
    """The stays after the corrections, in their order; per room disjoint."""
    rooms: dict[tuple[int, bool], list[Stretch]] = {}
    for stay in found:
        rooms.setdefault((stay.endpoint_id, stay.vouched), []).append(Stretch(stay.start, stay.end))
    for change in changes:
        stretch = Stretch(change.start, change.end)
        for vouched in (change.vouched,) if change.add else (False, True):
            before = union(rooms.get((change.endpoint_id, vouched), ()))
            after = union([*before, stretch]) if change.add else subtract(before, [stretch])
            rooms[change.endpoint_id, vouched] = after
    return [
        Stay(room, start, end, vouched)
        for (room, vouched), spans in rooms.items()
        for start, end in union(spans)
    ]


def minutes(found: Sequence[Stay], frame: Frame) -> list[Stretch]:
    """The union over the rooms of (checked in ∩ connected)."""
    return _inside(found, frame.rooms, connected=not frame.unconnected_counts)


def checked_in(found: Sequence[Stay], frame: Frame) -> list[Stretch]:
    """When the person was checked in to a room that was expected, connected or not."""
    return _inside(found, frame.rooms, connected=False)


def _inside(found: Sequence[Stay], rooms: Mapping[int, RoomFrame], *, connected: bool) -> list[Stretch]:
    inside: list[Stretch] = []
    for endpoint_id, start, end, vouched in found:
        room = rooms.get(endpoint_id)
        if room is not None and start < end:
            inside += intersect(
                [(start, end)], room.connected if connected and not vouched else room.expected
            )
    return inside if len(found) == 1 else union(inside)


@dataclass(frozen=True, slots=True)
class Presence:
    """One person's time. `here`: checked in; `spans`: what counts of it; the two numbers: what was lost."""

    here: tuple[Stretch, ...]
    spans: tuple[Stretch, ...]
    unconnected_millis: int
    prompt_millis: int


_NEVER: Final = Presence((), (), 0, 0)


def presence(events: Sequence[Event], changes: Sequence[Change], frame: Frame) -> Presence:
    """One person's presence, and what became of it."""
    heard = stays(events)
    cuts = [prompt.opens for prompt in frame.prompts if not answered(events, prompt)]
    cut = stays(events, cuts) if frame.prompts_cut and cuts else heard
    if changes:
        uncut, heard = cut is heard, corrected(heard, changes)
        cut = heard if uncut else corrected(cut, changes)
    here = checked_in(heard, frame)
    connected = minutes(heard, frame)
    spans = connected if cut is heard else minutes(cut, frame)
    lost, taken = length(here) - length(connected), length(connected) - length(spans)
    return Presence(tuple(here), tuple(spans), lost, taken)


# -- from minutes to figures ---------------------------------------------------------------------


def person(place: Place, events: Sequence[Event], changes: Sequence[Change], frame: Frame) -> PersonFigures:
    """One person's figures."""
    found = presence(events, changes, frame) if events or changes else _NEVER
    if frame.version < 2:
        found = Presence(found.spans, found.spans, 0, 0)
    here, spans = found.here, found.spans
    met = prompts_met(events, frame.prompts) if frame.prompts and events else []
    ways = {*place.ways}
    if any(change.add for change in changes):
        ways.add(Way.OFFICER.value)
    millis = length(spans)
    counted = frame.counted_millis
    return PersonFigures(
        attendee_id=place.attendee_id,
        endpoint_id=place.endpoint_id,
        unit_id=place.unit_id,
        expected=place.expected,
        status=status(place, found, frame),
        ways=tuple(sorted(ways)),
        first_at=frame.start + here[0].start * _MILLISECOND if here else None,
        last_at=frame.start + here[-1].end * _MILLISECOND if here else None,
        millis=millis,
        percent=ALL * millis // counted if counted else 0,
        completed=bool(counted) and 100 * millis >= frame.complete_percent * counted,
        prompts=len(met),
        confirmed=sum(heard for _, heard in met),
        spans=spans,
        unconnected_millis=found.unconnected_millis,
        prompt_millis=found.prompt_millis,
    )


def status(place: Place, found: Presence, frame: Frame) -> Status:
    """By the session's margins, in time that counts: a break before coming makes nobody late.

    Measured in the time in which the person's own room is expected; where the room is none of the session's,
    in all that counts.
    """
    here = found.here
    if not here:
        if not place.expected:
            return Status.NOT_EXPECTED
        return Status.WITH_LEAVE if place.with_leave else Status.WITHOUT_LEAVE
    if not found.spans and not found.prompt_millis:
        return Status.NOT_CONNECTED
    room = frame.rooms.get(place.endpoint_id)
    expected = room.expected if room is not None else frame.counted
    first, last = here[0].start, here[-1].end
    since, until = frame.late_from, frame.early_until
    missed_before = sum(max(0, min(end, first) - max(start, since)) for start, end in expected)
    missed_after = sum(max(0, min(end, until) - max(start, last)) for start, end in expected)
    over = frame.ended or bool(expected and expected[-1].end < frame.counted[-1].end)
    late = missed_before > frame.late_millis
    early = over and missed_after > frame.left_early_millis
    if late and early:
        return Status.LATE_LEFT_EARLY
    return Status.LATE if late else Status.LEFT_EARLY if early else Status.PRESENT
