"""Answers kept in memory, and when they are read anew."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from datetime import UTC, datetime

import pytest

from confhub.kernel.clock import ManualClock
from confhub.kernel.events import InProcessBus
from confhub.kernel.ids import EndpointId
from confhub.kernel.limits import EVENT_QUEUE
from confhub.kernel.remembered import Remembered
from confhub.registry.events import EndpointChanged, FleetChanged


class Source:
    """What is asked; counts how often."""

    def __init__(self) -> None:
        self.bus, self.clock = InProcessBus(), ManualClock(datetime(2026, 11, 1, tzinfo=UTC))
        self.kept: Remembered[str, int] = Remembered(
            self.bus, self.clock, [EndpointChanged], for_s=10, most=2
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
    source.bus.publish(FleetChanged(EndpointId(1)))
    assert await source.of("a") == 1
    source.bus.publish(EndpointChanged(EndpointId(1)))
    assert await source.of("a") == 2


async def test_a_listener_that_fell_behind_forgets_everything() -> None:
    source = Source()
    await source.of("a")
    for _ in range(EVENT_QUEUE + 2):
        source.bus.publish(EndpointChanged())
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
    source.bus.publish(EndpointChanged(EndpointId(1)))
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


class Many:
    """Keys that are known, and which were asked for together."""

    def __init__(self, *known: str) -> None:
        self.bus, self.clock = InProcessBus(), ManualClock(datetime(2026, 11, 1, tzinfo=UTC))
        self.kept: Remembered[str, str] = Remembered(
            self.bus, self.clock, [EndpointChanged], for_s=10, most=50
        )
        self.known = set(known)
        self.asked: list[set[str]] = []

    async def read(self, keys: Collection[str]) -> dict[str, str]:
        self.asked.append(set(keys))
        return {key: key.upper() for key in keys if key in self.known}

    async def of(self, key: str) -> str | None:
        return await self.kept.among(key, self.read)


async def test_what_is_half_old_is_read_along_with_what_is_too_old() -> None:
    many = Many("a", "b", "c")
    assert await many.of("a") == "A"
    many.clock.advance(4)
    await many.of("b")
    many.clock.advance(3)
    await many.of("c")
    assert many.asked == [{"a"}, {"b"}, {"c", "a"}]
    many.clock.advance(5)
    assert [await many.of("a"), await many.of("c"), await many.of("b")] == ["A", "C", "B"]
    assert many.asked[3:] == []


async def test_what_nobody_asked_for_since_is_not_read_along_again() -> None:
    many = Many("a", "b")
    await many.of("a")
    for _ in range(3):
        many.clock.advance(10.5)
        await many.of("b")
    assert many.asked == [{"a"}, {"b", "a"}, {"b"}, {"b"}]


async def test_what_was_read_along_and_is_gone_is_known_no_longer() -> None:
    many = Many("a", "b")
    await many.of("a")
    many.known.remove("a")
    many.clock.advance(6)
    await many.of("b")
    assert await many.of("a") is None
    assert many.asked == [{"a"}, {"b", "a"}, {"a"}]


async def test_an_event_while_several_are_read_leaves_none_of_them_kept() -> None:
    many = Many("a", "b")
    await many.of("a")
    many.clock.advance(6)
    read = many.read

    async def disturbed(keys: Collection[str]) -> dict[str, str]:
        many.bus.publish(EndpointChanged())
        return await read(keys)

    assert await many.kept.among("b", disturbed) == "B"
    await many.of("a")
    await many.of("b")
    assert many.asked == [{"a"}, {"b", "a"}, {"a"}, {"b"}]


async def test_two_who_ask_at_once_do_not_read_the_same_others() -> None:
    many = Many("a", "b", "c")
    await many.of("a")
    many.clock.advance(6)
    going = asyncio.Event()
    read = many.read

    async def slow(keys: Collection[str]) -> dict[str, str]:
        found = await read(keys)
        await going.wait()
        return found

    both = [asyncio.create_task(many.kept.among(key, slow)) for key in ("b", "c")]
    await asyncio.sleep(0)
    going.set()
    assert await asyncio.gather(*both) == ["B", "C"]
    assert many.asked == [{"a"}, {"b", "a"}, {"c"}]


async def test_whoever_asks_while_it_is_read_waits_for_that_answer() -> None:
    many, going = Many("a", "b"), asyncio.Event()
    await many.of("b")
    many.clock.advance(6)
    await many.of("b")
    many.clock.advance(5)
    read = many.read

    async def slow(keys: Collection[str]) -> dict[str, str]:
        found = await read(keys)
        await going.wait()
        return found

    asking = [asyncio.create_task(many.kept.among(key, slow)) for key in ("a", "b", "a", "b")]
    await asyncio.sleep(0)
    going.set()
    assert await asyncio.gather(*asking) == ["A", "B", "A", "B"]
    assert many.asked[1:] == [{"a", "b"}]


async def test_whoever_asks_after_a_change_does_not_wait_for_what_was_read_before_it() -> None:
    source = Source()
    going = asyncio.Event()

    async def slow() -> int:
        await going.wait()
        return 100

    early = asyncio.create_task(source.kept.of("a", slow))
    await asyncio.sleep(0)
    source.bus.publish(EndpointChanged(EndpointId(1)))
    assert await source.of("a") == 1
    going.set()
    assert await early == 100
    assert await source.of("a") == 1


async def test_whoever_waited_for_a_read_that_failed_reads_by_itself() -> None:
    source = Source()
    going = asyncio.Event()

    async def broken() -> int:
        await going.wait()
        raise RuntimeError("no database")

    failing = asyncio.create_task(source.kept.of("a", broken))
    await asyncio.sleep(0)
    waiting = asyncio.create_task(source.of("a"))
    await asyncio.sleep(0)
    going.set()
    with pytest.raises(RuntimeError, match="no database"):
        await failing
    assert await waiting == 1


async def test_an_event_forgets_what_it_is_about_alone() -> None:
    bus, clock = InProcessBus(), ManualClock(datetime(2026, 11, 1, tzinfo=UTC))
    kept: Remembered[str, int] = Remembered(
        bus, clock, [EndpointChanged], for_s=10, most=9, about=lambda event, room: event.endpoint_id == room
    )
    asked: list[int] = []

    async def of(room: int) -> None:
        async def read() -> int:
            asked.append(room)
            return room

        await kept.of(str(room), read)

    for room in (1, 2):
        await of(room)
    bus.publish(EndpointChanged(EndpointId(2)))
    for room in (1, 2):
        await of(room)
    assert asked == [1, 2, 2]
    for _ in range(EVENT_QUEUE + 2):
        bus.publish(EndpointChanged(EndpointId(3)))
    for room in (1, 2):
        await of(room)
    assert asked == [1, 2, 2, 1, 2]
