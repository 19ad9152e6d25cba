"""Answers kept in memory, and when they are read anew."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from confhub.kernel.clock import ManualClock
from confhub.kernel.events import Event, EventBus
from confhub.kernel.limits import EVENT_QUEUE
from confhub.kernel.remembered import Remembered


class Source:
    """What is asked; counts how often."""

    def __init__(self) -> None:
        self.bus, self.clock = EventBus(), ManualClock(datetime(2026, 11, 1, tzinfo=UTC))
        self.kept: Remembered[str, int] = Remembered(
            self.bus, self.clock, ["registry.endpoint"], for_s=10, most=2
        )
        self.asked = 0

    async def read(self) -> int:
        self.asked += 1
        return self.asked

    async def of(self, key: str) -> int:
        return await self.kept.of(key, self.read)


async def test_an_answer_is_read_once_until_its_time_is_over() -> None:
    source = Source()
    assert [await source.of("a"), await source.of("a")] == [1, 1]
    source.clock.advance(10.5)
    assert await source.of("a") == 2


async def test_an_event_of_its_topics_forgets_it_at_once_and_no_other() -> None:
    source = Source()
    await source.of("a")
    source.bus.publish(Event("fleet.endpoint", 1))
    assert await source.of("a") == 1
    source.bus.publish(Event("registry.endpoint", 1))
    assert await source.of("a") == 2


async def test_a_listener_that_fell_behind_forgets_everything() -> None:
    source = Source()
    await source.of("a")
    for _ in range(EVENT_QUEUE + 2):
        source.bus.publish(Event("registry.endpoint"))
    assert await source.of("a") == 2
    assert await source.of("a") == 2


async def test_what_was_read_while_it_changed_is_not_kept() -> None:
    source = Source()
    going = asyncio.Event()

    async def slow() -> int:
        await going.wait()
        return 100  # as it was before the change

    waiting = asyncio.create_task(source.kept.of("a", slow))
    await asyncio.sleep(0)
    source.bus.publish(Event("registry.endpoint", 1))
    going.set()
    assert await waiting == 100
    assert await source.of("a") == 1


async def test_the_longest_unused_goes_first() -> None:
    source = Source()
    assert [await source.of(key) for key in ("a", "b", "a", "c", "a")] == [1, 2, 1, 3, 1]
    assert await source.of("b") == 4


async def test_forgetting_holds_for_what_is_being_read() -> None:
    source = Source()

    async def during() -> int:
        source.kept.forget()
        return 7

    assert await source.kept.of("a", during) == 7
    assert await source.of("a") == 1
