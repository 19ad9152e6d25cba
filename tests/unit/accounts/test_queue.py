"""The queue before the password check: fair between lanes, bounded, and nobody's place is lost."""

from __future__ import annotations

import asyncio

import pytest

from confhub.accounts.queue import FairQueue, LoginsWaiting


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


class Crowd:
    """People who wait for their turn, and note who had it."""

    def __init__(self, queue: FairQueue) -> None:
        self.queue, self.served = queue, list[str]()
        self.gate = asyncio.Event()

    async def come(self, lane: str) -> None:
        async with self.queue.turn(lane):
            self.served.append(lane)
            await self.gate.wait()

    def crowd(self, lane: str, count: int) -> list[asyncio.Task[None]]:
        return [asyncio.create_task(self.come(lane)) for _ in range(count)]


async def test_a_hundred_waiting_at_one_address_hold_up_another_one_by_a_single_turn() -> None:
    crowd = Crowd(FairQueue(1))
    many = crowd.crowd("attacker", 100)
    await settle()
    honest = crowd.crowd("honest", 1)
    await settle()
    crowd.gate.set()
    await asyncio.gather(*many, *honest)
    assert crowd.served.index("honest") <= 2
    assert len(crowd.served) == 101


async def test_one_lane_over_its_bound_is_sent_away_at_once_and_others_are_not() -> None:
    crowd = Crowd(FairQueue(1, lane_max=3))
    many = crowd.crowd("attacker", 10)
    await settle()
    done = [task for task in many if task.done()]
    assert len(done) == 6  # one at work, three wait
    for task in done:
        error = task.exception()
        assert isinstance(error, LoginsWaiting)
        assert error.params == {"retry_after_s": 10}
    honest = crowd.crowd("honest", 1)
    crowd.gate.set()
    await asyncio.gather(*honest)


async def test_a_full_queue_takes_from_the_longest_lane() -> None:
    crowd = Crowd(FairQueue(1, lane_max=10, waiting_max=6))
    many = crowd.crowd("attacker", 6)
    await settle()
    few = [*crowd.crowd("one", 1), *crowd.crowd("two", 1)]
    await settle()
    assert [task.done() for task in many] == [False] * 5 + [True]
    assert not any(task.done() for task in few)
    late = crowd.crowd("attacker", 1)
    await settle()
    assert isinstance(late[0].exception(), LoginsWaiting)
    crowd.gate.set()
    await asyncio.gather(*few, *many[:5])


async def test_who_leaves_gives_the_place_to_the_next() -> None:
    crowd = Crowd(FairQueue(1))
    first, second, third = crowd.crowd("a", 3)
    await settle()
    second.cancel()
    first.cancel()
    await settle()
    assert crowd.served == ["a", "a"]
    assert not third.done()
    third.cancel()
    with pytest.raises(asyncio.CancelledError):
        await third
    crowd.gate.set()
    await crowd.come("b")
    assert crowd.served[-1] == "b"
