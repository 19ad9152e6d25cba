"""What holds of people's minutes whatever comes in: by property."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from confhub.attendance.reader import SessionAttendance
from confhub.attendance.rules import Margins, Span, figures
from confhub.checkin import derived, deriving, rules
from confhub.checkin.figures import Status, Stretch
from confhub.checkin.inputs import Inputs
from confhub.checkin.rules import Change, Event, Frame, Place, Prompt, RoomFrame
from confhub.kernel.ids import EndpointId
from confhub.rosters.store import Expected

START = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
LIVE = 60_000
"""A session of a minute is as good as one of hours: everything is in milliseconds."""
ROOMS = (1, 2, 3)
MARGINS = Margins(timedelta(minutes=5), timedelta(minutes=5))

millis = st.integers(-5_000, LIVE + 5_000)
pairs = st.tuples(st.integers(0, LIVE), st.integers(0, LIVE)).map(lambda pair: (min(pair), max(pair)))
stretches = st.lists(pairs, max_size=4).map(lambda found: tuple(rules.union(found)))


@st.composite
def events(draw: st.DrawFn, rooms: Sequence[int] = ROOMS) -> list[Event]:
    found = draw(
        st.lists(st.tuples(millis, st.sampled_from([0, 1, 2]), st.sampled_from(list(rooms))), max_size=8)
    )
    return [Event(at * 1000 + 7, rank, f"k{place}", room) for place, (at, rank, room) in enumerate(found)]


@st.composite
def frames(draw: st.DrawFn) -> Frame:
    counted = tuple(rules.subtract([(0, LIVE)], draw(stretches)))
    rooms = {room: RoomFrame(tuple(rules.intersect(draw(stretches), counted)), counted) for room in ROOMS}
    opens = draw(st.lists(st.integers(0, LIVE - 3_000), max_size=2))
    prompts = tuple(Prompt(at * 1000, (at + 2_000) * 1000) for at in sorted(opens))
    return Frame(START, True, counted, rooms, prompts, draw(st.booleans()))


changes = st.lists(
    st.builds(
        lambda add, room, pair: Change(add, room, *pair), st.booleans(), st.sampled_from(list(ROOMS)), pairs
    ),
    max_size=4,
)


def covers(outer: Sequence[Stretch], inner: Sequence[Stretch]) -> bool:
    return not rules.subtract(inner, outer)


@given(events(), changes, frames(), st.randoms(use_true_random=False))
def test_order_and_doubling_change_nothing(
    found: list[Event], put_right: list[Change], frame: Frame, chance: random.Random
) -> None:
    once = rules.presence(found, put_right, frame)
    again = [*found, *chance.choices(found, k=5)] if found else []
    chance.shuffle(again)
    assert rules.presence(again, put_right, frame) == once


@given(events(), changes, frames())
def test_spans_are_disjoint_ordered_and_inside_connected_counted_time(
    found: list[Event], put_right: list[Change], frame: Frame
) -> None:
    spans = rules.presence(found, put_right, frame).spans
    assert list(spans) == rules.union(spans)
    connected = rules.union(stretch for room in frame.rooms.values() for stretch in room.connected)
    assert covers(connected, spans)
    assert covers(frame.counted, spans)


@given(events(), frames(), st.data())
def test_a_lost_leave_never_shortens(found: list[Event], frame: Frame, data: st.DataObject) -> None:
    lost = data.draw(st.sets(st.integers(0, 7)))
    kept = [one for place, one in enumerate(found) if one.rank != 0 or place not in lost]
    assert covers(rules.presence(kept, (), frame).spans, rules.presence(found, (), frame).spans)


@given(events(rooms=[1]), frames(), st.data())
def test_a_lost_arrival_never_lengthens_in_one_room(
    found: list[Event], frame: Frame, data: st.DataObject
) -> None:
    lost = data.draw(st.sets(st.integers(0, 7)))
    kept = [one for place, one in enumerate(found) if one.rank == 0 or place not in lost]
    assert covers(rules.presence(found, (), frame).spans, rules.presence(kept, (), frame).spans)


@given(events(), changes, frames(), st.sampled_from(list(ROOMS)), pairs)
def test_adding_and_removing_the_same_is_removing_it(
    found: list[Event], put_right: list[Change], frame: Frame, room: int, pair: tuple[int, int]
) -> None:
    add, remove = Change(True, room, *pair), Change(False, room, *pair)
    both = rules.presence(found, [*put_right, add, remove], frame)
    assert both == rules.presence(found, [*put_right, remove], frame)
    last = rules.presence(found, [*put_right, remove, add], frame)
    assert last == rules.presence(found, [*put_right, add], frame)


@given(events(), changes, frames())
def test_corrections_of_apart_stretches_may_come_in_any_order(
    found: list[Event], put_right: list[Change], frame: Frame
) -> None:
    apart: list[Change] = []
    for one in put_right:
        same_room = [other for other in apart if other.endpoint_id == one.endpoint_id]
        if not any(rules.intersect([one[2:]], [other[2:]]) for other in same_room):
            apart.append(one)
    assert rules.presence(found, apart, frame) == rules.presence(found, apart[::-1], frame)


@given(events(), changes, frames(), st.booleans(), st.booleans())
def test_the_figures_agree_with_the_spans(
    found: list[Event], put_right: list[Change], frame: Frame, expected: bool, away: bool
) -> None:
    one = rules.person(Place(1, 1, 1, expected, away), found, put_right, frame)
    assert one.millis == sum(end - start for start, end in one.spans) <= frame.counted_millis
    assert one.completed == (frame.counted_millis > 0 and 100 * one.millis >= 80 * frame.counted_millis)
    assert 0 <= one.percent <= 10_000
    assert one.confirmed <= one.prompts <= len(frame.prompts)
    assert one.status.came == bool(one.spans or one.prompt_millis)
    assert (one.first_at is None) == (one.millis + one.unconnected_millis + one.prompt_millis == 0)
    if one.first_at is not None:
        assert one.status.came or one.status is Status.NOT_CONNECTED
    else:
        absent = Status.WITH_LEAVE if away else Status.WITHOUT_LEAVE
        assert one.status is (absent if expected else Status.NOT_EXPECTED)


@given(st.lists(events(), min_size=1, max_size=4), frames(), st.randoms(use_true_random=False))
def test_the_same_facts_in_any_order_give_the_same_bytes(
    of_people: list[list[Event]], frame: Frame, chance: random.Random
) -> None:
    names = {rank: kind for kind, rank in rules.RANKS.items()}
    rows = [
        (person, one.endpoint_id, names[one.rank], "tablet", _moment(one), f"{person}{one.key}")
        for person, found in enumerate(of_people, 1)
        for one in found
    ]  # fmt: skip
    people = [Expected(person, 1, 1, "roster", START, None) for person in range(1, len(of_people) + 1)]

    def digest() -> str:
        inputs = Inputs(
            session_id=1, now=START, margins=MARGINS, actual_start=START, prompts_cut=False,
            complete_percent=80, unconnected_counts=False, rules=rules.RULES,
            attendance=_attendance(frame), units=dict.fromkeys(ROOMS, 1), people=people, same={}, away=(),
            events=rows, corrections=(), breaks=(), prompts=(), heads={}, seal=None,
        )  # fmt: skip
        return derived.digest(deriving.people_of(inputs))

    first = digest()
    chance.shuffle(rows)
    chance.shuffle(people)
    assert digest() == first


def _moment(event: Event) -> datetime:
    return START + timedelta(microseconds=event.micros)


def _attendance(frame: Frame) -> SessionAttendance:
    def spans(room: RoomFrame) -> tuple[Span, ...]:
        return tuple(
            Span(START + timedelta(milliseconds=start), START + timedelta(milliseconds=end))
            for start, end in room.connected
        )

    live = Span(START, START + timedelta(milliseconds=LIVE))
    rooms = {
        EndpointId(number): figures(spans(room), live=live, ended=True, margins=MARGINS)
        for number, room in frame.rooms.items()
    }
    return SessionAttendance(live, True, rooms)
