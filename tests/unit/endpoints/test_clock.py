"""The room's own clock, and how it learns the hub's."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest

from endpoints.agent.clock import RoomClock, iso, unix
from endpoints.agent.journal import Journal

HUB = 1_800_000_000.0


class World:
    """True time, a wall clock that somebody sets, a steady one that nobody does."""

    def __init__(self, wrong_s: float) -> None:
        self.passed, self.wrong_s = 0.0, wrong_s
        self.clock = RoomClock(lambda: HUB + self.passed + self.wrong_s, lambda: 1000 + self.passed)

    def round_trip(self, there_s: float, back_s: float) -> bool:
        sent_at = self.clock.ask()
        self.passed += there_s
        received = HUB + self.passed
        self.passed += back_s
        return self.clock.heard(sent_at, received, received)


@pytest.mark.parametrize("wrong_s", [-7200.0, 0.0, 500.0])
def test_the_quickest_round_trip_counts(wrong_s: float) -> None:
    world = World(wrong_s)
    assert not world.clock.known
    assert world.round_trip(0.01, 9.0)  # the answer took its time
    world.round_trip(0.01, 0.01)
    world.round_trip(6.0, 0.01)
    assert abs(world.clock.now() - (HUB + world.passed)) < 0.02


def test_a_wall_clock_that_is_set_moves_nothing() -> None:
    world = World(0.0)
    world.round_trip(0.01, 0.01)
    before = world.clock.now()
    world.wrong_s = 3600.0
    world.passed += 5
    assert world.clock.now() - before == pytest.approx(5)


def test_a_clock_of_the_hub_that_was_set_is_believed_anew() -> None:
    world = World(0.0)
    world.round_trip(0.001, 0.001)
    sent_at = world.clock.ask()
    world.passed += 1.0  # a slower answer, but the hub's clock is an hour ahead now
    world.clock.heard(sent_at, HUB + world.passed + 3600, HUB + world.passed + 3600)
    assert abs(world.clock.now() - (HUB + world.passed + 3600)) <= 0.5


def test_what_it_states_is_by_the_clock_that_its_times_are_by() -> None:
    world = World(-7200.0)
    world.round_trip(0.02, 0.02)
    told = world.clock.stated()
    assert told is not None
    moments = {name: unix(text) or 0.0 for name, text in told.items()}
    assert moments["asked_at"] <= moments["received_at"] <= moments["answered_at"] <= moments["heard_at"]


def test_an_answer_to_nothing_and_an_older_hub_tell_no_time() -> None:
    clock = World(300.0).clock
    assert not clock.heard("2026-01-01T00:00:00.000Z", HUB, HUB)
    assert not clock.known
    assert clock.heard("", None, None)
    assert (clock.offset_s, clock.stated()) == (0.0, None)


@pytest.mark.parametrize("text", ["", "yesterday", "2026-11-22T01:00:00", "2026-11-22T25:00:00Z"])
def test_no_moment_is_read_as_none(text: str) -> None:
    assert unix(text) is None


async def test_what_was_noted_before_the_time_was_known_is_moved_and_stays_so(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "log")
    room = journal.room("R1")
    noted = room.add("joined", 1, "c", iso(HUB))
    sent = room.add("left", 1, "c", iso(HUB + 1))
    kept = room.add("joined", 1, "d", iso(HUB + 2))
    room.acknowledge(noted.seq)
    room.move([noted, sent, kept], 60.0)
    await journal.sync()
    again = Journal(tmp_path / "log").room("R1")
    for one in (room, again):
        assert [(e.seq, unix(e.at)) for e in one.pending(9)] == [(2, HUB + 61), (3, HUB + 62)]
        assert one.open_connection is not None
        assert datetime.datetime.fromisoformat(one.open_connection.at).timestamp() == HUB + 62
