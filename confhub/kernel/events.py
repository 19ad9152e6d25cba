"""Events inside one hub: who changed, never what. Listeners re-query; nothing here is a truth."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from confhub.kernel.limits import EVENT_QUEUE


@dataclass(frozen=True, slots=True)
class Event:
    """`topic` is dotted, e.g. `session.state`; `key` the id concerned; `data` small hints for a page."""

    topic: str
    key: int | str | None = None
    data: dict[str, Any] = field(default_factory=dict)


OVERFLOW = Event("overflow")
"""Told to a listener that fell behind: reload everything."""


class Subscription:
    """One listener's bounded queue. When full, it is emptied and replaced by OVERFLOW."""

    def __init__(self, wanted: Callable[[Event], bool]) -> None:
        self._wanted = wanted
        self._queue: asyncio.Queue[Event] = asyncio.Queue(EVENT_QUEUE)

    def offer(self, event: Event) -> None:
        if not self._wanted(event):
            return
        if self._queue.full():
            while not self._queue.empty():
                self._queue.get_nowait()
            event = OVERFLOW
        self._queue.put_nowait(event)

    @property
    def waiting(self) -> int:
        """Events not taken yet."""
        return self._queue.qsize()

    async def get(self) -> Event:
        """The next event; waits for it."""
        return await self._queue.get()

    def drain(self) -> list[Event]:
        """What waits now, taken at once; for those who look in at their own pace."""
        return [self._queue.get_nowait() for _ in range(self._queue.qsize())]

    async def __aiter__(self) -> AsyncIterator[Event]:
        while True:
            yield await self._queue.get()


class EventBus:
    """In-process publish and subscribe. `publish` never blocks and never fails."""

    def __init__(self) -> None:
        self._subscriptions: set[Subscription] = set()

    @property
    def listeners(self) -> int:
        """How many subscriptions there are."""
        return len(self._subscriptions)

    @property
    def longest_queue(self) -> int:
        """Events that wait for the slowest listener."""
        return max((subscription.waiting for subscription in self._subscriptions), default=0)

    def publish(self, event: Event) -> None:
        for subscription in tuple(self._subscriptions):
            subscription.offer(event)

    @contextmanager
    def subscribe(self, wanted: Callable[[Event], bool] = lambda _event: True) -> Iterator[Subscription]:
        """A `Subscription` for the length of the `with` block."""
        subscription = Subscription(wanted)
        self._subscriptions.add(subscription)
        try:
            yield subscription
        finally:
            self._subscriptions.discard(subscription)
