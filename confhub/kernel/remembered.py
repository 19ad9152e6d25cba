"""Answers kept in memory until this hub hears of a change; for a while only, as another hub may change it."""

from __future__ import annotations

import asyncio
import math
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Collection, Hashable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final, Generic, TypeVar

from confhub.kernel.clock import Clock
from confhub.kernel.events import Bus, Event, Overflow

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")

TOGETHER: Final = 500
"""Keys in one question: SQLite takes 32,766 parameters; 500 plan quickly."""


@dataclass(slots=True)
class _Kept(Generic[Value]):
    value: Value
    read_at: float
    asked_at: float


class Remembered(Generic[Key, Value]):
    """At most `most` answers, the longest unused go first; each for `for_s` seconds.

    An event of one of `topics` on this hub's bus forgets those that it is `about` (where that is not told:
    all of them) before the next question: what was read while it came is handed out once and not kept. What
    changes the database without the bus (another hub, the terminal) is seen after `for_s`. What is being read
    is waited for, not read by each who asks.
    """

    def __init__(
        self,
        bus: Bus,
        clock: Clock,
        topics: Collection[type[Event]],
        *,
        for_s: float,
        most: int,
        about: Callable[[Any, Value], bool] | None = None,
    ) -> None:
        self._clock, self._for_s, self._most, self._about = clock, for_s, most, about
        self._kept: OrderedDict[Key, _Kept[Value]] = OrderedDict()
        self._generation = 0
        self._looked_at = -math.inf
        self._reading: dict[Key, asyncio.Event] = {}
        self._news = bus.subscribe(*topics)  # for as long as the hub lives
        self._heard = self._news.__enter__()

    async def of(self, key: Key, read: Callable[[], Awaitable[Value]]) -> Value:
        """The answer for `key`, by `read` where none is kept. What `read` raises is kept by nobody."""
        now = self._clock.monotonic()
        kept = await self._fresh(key, now)
        if kept is not None:
            return kept.value
        generation = self._generation
        with self._reads((key,)):
            value = await read()
            self._keep({key: value}, (key,), now, generation)
        return value

    async def among(
        self, key: Key, read: Callable[[Collection[Key]], Awaitable[Mapping[Key, Value]]]
    ) -> Value | None:
        """As `of`, by a `read` that answers for several keys; None where it knows nothing of this one.

        Answers that have been kept for half of their time, and asked for since they were read, are read
        along: 302 who each ask every ten seconds cost a question in five seconds, not thirty a second.
        """
        now = self._clock.monotonic()
        kept = await self._fresh(key, now)
        if kept is not None:
            return kept.value
        generation = self._generation
        keys = {key, *islice(self._aging(now), TOGETHER - 1)}
        with self._reads(keys):
            found = await read(keys)
            self._keep(found, keys, now, generation, key)
        return found.get(key)

    async def _fresh(self, key: Key, now: float) -> _Kept[Value] | None:
        """What is kept for `key`, once whoever reads it now has done so; not after one whose read failed."""
        kept = self._young(key, now)
        if kept is None and (done := self._reading.get(key)) is not None:
            await done.wait()
            kept = self._young(key, now)
        return kept

    @contextmanager
    def _reads(self, keys: Collection[Key]) -> Iterator[None]:
        done = asyncio.Event()
        self._reading.update(dict.fromkeys(keys, done))
        try:
            yield
        finally:
            for key in keys:
                if self._reading.get(key) is done:
                    del self._reading[key]
            done.set()

    def _young(self, key: Key, now: float) -> _Kept[Value] | None:
        self._listen()
        kept = self._kept.get(key)
        if kept is None or now - kept.read_at > self._for_s:
            return None
        kept.asked_at = now
        self._kept.move_to_end(key)
        return kept

    def _aging(self, now: float) -> Iterator[Key]:
        """Not those that somebody is reading already. Looked for only so often: it goes through all."""
        if now - self._looked_at < self._for_s / 8:
            return
        self._looked_at = now
        for key, kept in self._kept.items():
            wanted = kept.asked_at >= kept.read_at and key not in self._reading
            if wanted and now - kept.read_at >= self._for_s / 2:
                yield key

    def _keep(
        self,
        found: Mapping[Key, Value],
        keys: Iterable[Key],
        now: float,
        generation: int,
        asked: Key | None = None,
    ) -> None:
        """What was read at `now` for these keys; `asked` for one of them alone, None: for each."""
        self._listen()
        if generation != self._generation:
            return
        for key in keys:
            before = self._kept.pop(key, None)
            if key in found:
                at = before.asked_at if before is not None and asked not in (None, key) else now
                self._kept[key] = _Kept(found[key], now, at)
        while len(self._kept) > self._most:
            self._kept.popitem(last=False)

    def forget(self) -> None:
        """Everything; what is being read now as well. For what no event tells."""
        self._outdate()
        self._kept.clear()

    def _outdate(self) -> None:
        """What is being read now is kept by nobody, and nobody waits for it any more."""
        self._generation += 1
        self._reading = {}

    def _listen(self) -> None:
        if not self._heard.waiting:
            return
        events, about = self._heard.drain(), self._about
        if about is None or any(isinstance(event, Overflow) for event in events):
            self.forget()
            return
        self._outdate()
        gone = [key for key, kept in self._kept.items() if any(about(event, kept.value) for event in events)]
        for key in gone:
            del self._kept[key]
