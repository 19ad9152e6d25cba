"""The media loop's one timer, on a loop whose clock runs as fast as the timers."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator

import pytest

from confhub.relay.transport.turns import NEVER, Turns
from fuzz.clockwork import Clockwork


class Part:
    """Due at the times it was made with, one after the other."""

    def __init__(self, *due_s: float) -> None:
        self.due_s = list(due_s)
        self.had_s: list[float] = []
        self.during: Callable[[], None] = lambda: None

    @property
    def deadline(self) -> float:
        return self.due_s[0] if self.due_s else NEVER

    def turn(self, now_s: float) -> None:
        self.due_s.pop(0)
        self.had_s.append(now_s)
        self.during()


@pytest.fixture
def loop() -> Iterator[Clockwork]:
    loop = Clockwork()
    yield loop
    loop.close()


def play(loop: Clockwork, script: Callable[[Turns], None], seconds: float = 60.0) -> None:
    async def run() -> None:
        script(Turns(loop.time))
        await asyncio.sleep(seconds)

    loop.drive(run())


def test_each_has_its_turns_when_they_are_due_whoever_was_looked_at_first(loop: Clockwork) -> None:
    late, early = Part(1005.0, 1007.0), Part(1001.0, 1006.0)

    def script(turns: Turns) -> None:
        for part in (late, early):
            turns.look(part)

    play(loop, script)
    assert late.had_s == pytest.approx([1005.0, 1007.0])
    assert early.had_s == pytest.approx([1001.0, 1006.0])


def test_a_deadline_that_comes_nearer_is_kept_and_one_that_goes_away_costs_nothing(loop: Clockwork) -> None:
    nearer, further = Part(1010.0), Part(1002.0)

    def script(turns: Turns) -> None:
        turns.look(nearer)
        turns.look(further)
        nearer.due_s[:0] = [1001.0]
        turns.look(nearer)
        further.due_s[0] = 1020.0

    play(loop, script)
    assert nearer.had_s == pytest.approx([1001.0, 1010.0])
    assert further.had_s == pytest.approx([1020.0])


def test_who_is_due_again_at_once_lets_the_loop_go_on_in_between(loop: Clockwork) -> None:
    order: list[str] = []
    busy = Part(1001.0, 1001.0, 1001.0)

    def during() -> None:
        order.append("turn")
        asyncio.get_running_loop().call_soon(order.append, "loop")

    busy.during = during
    play(loop, lambda turns: turns.look(busy))
    assert order == ["turn", "loop"] * 3


def test_a_fault_in_a_turn_costs_nobody_else_theirs(
    loop: Clockwork, caplog: pytest.LogCaptureFixture
) -> None:
    bad, good = Part(1001.0, 1002.0), Part(1001.0)

    def fail() -> None:
        raise RuntimeError("a bug")

    bad.during = fail

    def script(turns: Turns) -> None:
        turns.look(bad)
        turns.look(good)

    with caplog.at_level(logging.CRITICAL):
        play(loop, script)
    assert (len(bad.had_s), len(good.had_s)) == (2, 1)


def test_who_is_dropped_has_no_turn_and_is_kept_by_nobody(loop: Clockwork) -> None:
    gone, stays = Part(1001.0), Part(1002.0)

    def script(turns: Turns) -> None:
        turns.look(gone)
        turns.look(stays)
        turns.drop(gone)
        assert all(entry[2] is stays for entry in turns._heap)

    play(loop, script)
    assert (gone.had_s, len(stays.had_s)) == ([], 1)
