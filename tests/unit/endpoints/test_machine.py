"""The room's state machine, by its table and by random sequences of events."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from endpoints.agent.backoff import Backoff
from endpoints.agent.machine import (
    AskToken,
    Called,
    CloseSeat,
    Event,
    Join,
    LeaveOrdered,
    Log,
    Machine,
    MediaGrant,
    Report,
    SeatJoined,
    SeatLost,
    State,
    Tick,
    TokenArrived,
    TokenRefused,
)

MEDIA = MediaGrant("wss://media", "t1", 0.0)
FRESH = MediaGrant("wss://media", "t2", 100.0)
CALL = Called(7, MEDIA)
UP = SeatJoined("PA_1")
DOWN = SeatLost("away")


def machine(*events: Event, now: float = 0.0) -> Machine:
    made = Machine(Backoff(random.Random(3)))
    for event in events:
        made.handle(event, now)
    return made


TABLE = [
    ("a call joins", (), CALL, State.CALLED, [Report(), Join(7, MEDIA)]),
    ("the same call again changes nothing", (CALL,), CALL, State.CALLED, []),
    ("a joined seat is logged", (CALL,), UP, State.JOINED, [Log("joined", 7, "PA_1"), Report()]),
    ("a call while joined changes nothing", (CALL, UP), CALL, State.JOINED, []),
    ("a lost seat is logged", (CALL, UP), DOWN, State.LOST, [Log("lost", 7, "PA_1"), Report()]),
    ("a failed join stays called", (CALL,), DOWN, State.CALLED, []),
    ("call again cuts the waiting short", (CALL, UP, DOWN), CALL, State.LOST, [Join(7, MEDIA)]),
    (
        "a rejoin is logged as a new connection",
        (CALL, UP, DOWN, CALL),
        SeatJoined("PA_2"),
        State.JOINED,
        [Log("joined", 7, "PA_2"), Report()],
    ),
    (
        "leaving is logged and closes the seat",
        (CALL, UP),
        LeaveOrdered(7, "ended"),
        State.IDLE,
        [Log("left", 7, "PA_1"), CloseSeat("ended"), Report()],
    ),
    ("an order for another session is ignored", (CALL, UP), LeaveOrdered(8, "ended"), State.JOINED, []),
    (
        "a lost room that is told to leave has nothing to log",
        (CALL, UP, DOWN),
        LeaveOrdered(7, "ended"),
        State.IDLE,
        [CloseSeat("ended"), Report()],
    ),
    (
        "another session ends this one first",
        (CALL, UP),
        Called(8, FRESH),
        State.CALLED,
        [Log("left", 7, "PA_1"), CloseSeat("other session"), Report(), Report(), Join(8, FRESH)],
    ),
    ("an idle room ignores a seat's news", (), UP, State.IDLE, []),
    ("an idle room ignores tokens", (), TokenArrived(7, FRESH), State.IDLE, []),
]


@pytest.mark.parametrize(
    ("name", "before", "event", "state", "actions"), TABLE, ids=[row[0] for row in TABLE]
)
def test_table(
    name: str, before: tuple[Event, ...], event: Event, state: State, actions: list[object]
) -> None:
    made = machine(*before)
    assert made.handle(event, 0.0) == actions
    assert made.state is state


def test_a_lost_room_asks_for_a_fresh_token_after_its_backoff_and_joins_with_it() -> None:
    made = machine(CALL, UP, DOWN)
    due = made.deadline
    assert 0.2 <= due <= 1.0
    assert made.handle(Tick(), due - 0.01) == []
    assert made.handle(Tick(), due) == [AskToken(7)]
    assert made.handle(TokenArrived(7, FRESH), due) == [Join(7, FRESH)]


def test_with_the_hub_away_a_token_that_is_still_fresh_is_used_again() -> None:
    made = machine(CALL, UP, DOWN)
    made.handle(Tick(), made.deadline)
    assert made.handle(TokenRefused(final=False), 60.0) == [Join(7, MEDIA)]


def test_with_the_hub_away_an_old_or_refused_token_is_not_used_again() -> None:
    old = machine(CALL, UP, DOWN)
    old.handle(Tick(), old.deadline)
    assert old.handle(TokenRefused(final=False), 500.0) == []
    assert old.deadline > 500.0
    refused = machine(CALL, SeatLost("401", refused=True))
    refused.handle(Tick(), refused.deadline)
    assert refused.handle(TokenRefused(final=False), 1.0) == []


def test_a_token_refreshed_in_the_room_is_the_one_used_for_the_rejoin() -> None:
    made = machine(CALL, UP)
    assert made.handle(TokenArrived(None, MediaGrant("", "t9", 300.0)), 300.0) == []
    made.handle(DOWN, 700.0)
    made.handle(Tick(), made.deadline)
    actions = made.handle(TokenRefused(final=False), 702.0)
    assert actions == [Join(7, MediaGrant("wss://media", "t9", 300.0))]


def test_a_removed_room_goes_idle_and_asks_no_more() -> None:
    made = machine(CALL, UP, DOWN)
    made.handle(Tick(), made.deadline)
    assert made.handle(TokenRefused(final=True), 1.0) == [CloseSeat("refused"), Report()]
    assert made.state is State.IDLE
    assert made.deadline == float("inf")


def test_waits_in_a_session_never_exceed_two_seconds() -> None:
    made = machine(CALL, UP)
    now = 0.0
    for _ in range(20):
        made.handle(DOWN, now)
        assert made.deadline - now <= 2.0
        now = made.deadline
        assert made.handle(Tick(), now) == [AskToken(7)]
        assert any(isinstance(a, Join) for a in made.handle(TokenArrived(7, FRESH), now))


EVENTS = st.one_of(
    st.builds(Called, st.integers(1, 2), st.just(MEDIA)),
    st.builds(
        TokenArrived, st.sampled_from([None, 1, 2]), st.sampled_from([MEDIA, MediaGrant("", "x", 1.0)])
    ),
    st.builds(TokenRefused, st.booleans()),
    st.builds(SeatJoined, st.sampled_from(["PA_1", "PA_2"])),
    st.builds(SeatLost, st.just("x"), st.booleans()),
    st.builds(LeaveOrdered, st.sampled_from([None, 1, 2]), st.just("ended")),
    st.just(Tick()),
)


@given(st.lists(st.tuples(EVENTS, st.floats(0, 3)), max_size=60))
def test_whatever_happens_the_log_pairs_up_and_no_room_waits_for_ever(
    steps: list[tuple[Event, float]],
) -> None:
    made = Machine(Backoff(random.Random(1)))
    now, open_connection, seat_asked = 0.0, "", False
    for event, wait in steps:
        now += wait
        for action in made.handle(event, now):
            if isinstance(action, Log) and action.event == "joined":
                assert open_connection == ""
                open_connection = action.connection
            elif isinstance(action, Log):
                assert action.connection == open_connection
                open_connection = ""
            seat_asked = isinstance(action, Join | AskToken) or (
                seat_asked and not isinstance(action, CloseSeat)
            )
        assert (made.state is State.JOINED) == bool(open_connection)
        assert (made.session is None) == (made.state is State.IDLE)
        if made.state is State.LOST:
            assert made.deadline < float("inf") or seat_asked


def test_a_server_that_is_away_is_tried_again_with_the_token_at_hand_while_it_is_fresh() -> None:
    made = machine(CALL, UP)
    made.handle(SeatLost("away", away=True), 10.0)
    assert made.state is State.LOST
    assert made.deadline < 10.5
    assert made.handle(Tick(), made.deadline) == [Join(7, MEDIA)]
    made.handle(SeatLost("away", away=True), 500.0)
    assert made.handle(Tick(), made.deadline) == [AskToken(7)]
    made.handle(TokenArrived(7, FRESH), 501.0)
    made.handle(SeatLost("refused", refused=True), 502.0)
    assert made.handle(Tick(), made.deadline) == [AskToken(7)]
