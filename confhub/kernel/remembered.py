"""Answers kept in memory until this hub hears of a change; for a while only, as another hub may change it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Collection, Hashable
from typing import Generic, TypeVar

from confhub.kernel.clock import Clock
from confhub.kernel.events import OVERFLOW, EventBus

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Remembered(Generic[Key, Value]):
    """At most `most` answers, the longest unused go first; each for `for_s` seconds.

    An event of one of `topics` on this hub's bus forgets all of them before the next question: what was read
    while it came is handed out once and not kept. What changes the database without the bus (another hub, the
    terminal) is seen after `for_s`.
    """

    def __init__(
        self, bus: EventBus, clock: Clock, topics: Collection[str], *, for_s: float, most: int
    ) -> None:
        self._clock, self._for_s, self._most = clock, for_s, most
        self._kept: OrderedDict[Key, tuple[float, Value]] = OrderedDict()
        self._generation = 0
        wanted = frozenset({*topics, OVERFLOW.topic})
        self._news = bus.subscribe(lambda event: event.topic in wanted)  # for as long as the hub lives
        self._heard = self._news.__enter__()

    async def of(self, key: Key, read: Callable[[], Awaitable[Value]]) -> Value:
        """The answer for `key`, by `read` where none is kept. What `read` raises is kept by nobody."""
        self._listen()
        now = self._clock.monotonic()
        kept = self._kept.get(key)
        if kept is not None and now - kept[0] <= self._for_s:
            self._kept.move_to_end(key)
            return kept[1]
        generation = self._generation
        value = await read()
        self._listen()
        if generation == self._generation:
            self._kept[key] = (now, value)
            self._kept.move_to_end(key)
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
        return value

    def forget(self) -> None:
        """Everything; what is being read now as well. For what no event tells."""
        self._generation += 1
        self._kept.clear()

    def _listen(self) -> None:
        if self._heard.waiting:
            self._heard.drain()
            self.forget()
