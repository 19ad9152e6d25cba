"""Events of the hub: who changed, never what. Listeners look again; nothing here is a truth.

A topic is a frozen dataclass in its subject's `events.py`. Its fields are ids, so that another hub can be
told of it in a line of JSON; what became of them is read from the database by whoever hears of it.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import MISSING, asdict, dataclass, fields
from typing import Any, ClassVar, Protocol, get_args, get_type_hints

from confhub.kernel.limits import EVENT_QUEUE


class EventUnreadable(ValueError):
    """A line that is no event of this version. Its text says why, in English, for the log."""


@dataclass(frozen=True, slots=True)
class Event:
    """The kind of every topic. `topic` is its dotted name on the wire, e.g. `session.state`."""

    topic: ClassVar[str] = ""

    def __init_subclass__(cls) -> None:
        known = TOPICS.setdefault(cls.topic, cls)
        assert known.__qualname__ == cls.__qualname__, f"{cls.topic} is told by one class"
        TOPICS[cls.topic] = cls  # a dataclass with slots is made twice; the second one is it


TOPICS: dict[str, type[Event]] = {}
"""Every topic whose module was imported, by its name."""


@dataclass(frozen=True, slots=True)
class Overflow(Event):
    """Told to a listener that fell behind: events were lost, look at everything anew."""

    topic: ClassVar[str] = "overflow"


OVERFLOW = Overflow()


def encode(event: Event) -> str:
    """The event as one line of JSON: its topic and its ids."""
    return json.dumps({"topic": event.topic, **asdict(event)}, separators=(",", ":"))


def decode(line: str) -> Event:
    """The event of that line. Raises `EventUnreadable`, whatever the line."""
    try:
        body = json.loads(line)
    except (ValueError, RecursionError):
        raise EventUnreadable("no JSON") from None
    topic = body.pop("topic", None) if isinstance(body, dict) else None
    kind = TOPICS.get(topic) if isinstance(topic, str) else None
    if kind is None:
        raise EventUnreadable("no topic of ours")
    shapes, needed = _shape_of(kind)
    if not needed <= body.keys() <= shapes.keys():
        raise EventUnreadable(f"{kind.topic}: other ids")
    for name, value in body.items():
        if type(value) not in shapes[name]:
            raise EventUnreadable(f"{kind.topic}: {name} is no id")
    return kind(**body)


def _shape_of(kind: type[Event]) -> tuple[dict[str, tuple[type, ...]], frozenset[str]]:
    """The plain types each id may have, and the ids that must be there."""
    hints = get_type_hints(kind)
    shapes = {field.name: _plain(hints[field.name]) for field in fields(kind)}
    return shapes, frozenset(field.name for field in fields(kind) if field.default is MISSING)


def _plain(hint: Any) -> tuple[type, ...]:
    """`EndpointId | None` is int or None."""
    return tuple(getattr(one, "__supertype__", one) for one in get_args(hint) or (hint,))


class Subscription:
    """One listener's bounded queue. When full, it is emptied and replaced by OVERFLOW."""

    def __init__(self, kinds: tuple[type[Event], ...], wanted: Callable[[Event], bool] | None = None) -> None:
        self._kinds = (*kinds, Overflow) if kinds else (Event,)
        self._wanted = wanted
        self._queue: asyncio.Queue[Event] = asyncio.Queue(EVENT_QUEUE)

    def offer(self, event: Event) -> None:
        """Queue the event where the listener wants it."""
        if not isinstance(event, self._kinds):
            return
        if self._wanted is not None and not (isinstance(event, Overflow) or self._wanted(event)):
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


class Bus(Protocol):
    """What the hub tells, and is told. Events may be lost: a listener that falls behind gets `OVERFLOW`."""

    @property
    def listeners(self) -> int:
        """How many subscriptions there are."""

    @property
    def longest_queue(self) -> int:
        """Events that wait for the slowest listener."""

    def publish(self, event: Event) -> None:
        """Tell everybody who wants it. Never blocks and never fails."""

    def subscribe(
        self, *kinds: type[Event], wanted: Callable[[Event], bool] | None = None
    ) -> AbstractContextManager[Subscription]:
        """A `Subscription` for the length of the `with` block: to these kinds (all, where none is named) as
        far as they are `wanted`, and to `OVERFLOW`."""


class InProcessBus:
    """The bus of a hub that is alone on its database."""

    def __init__(self) -> None:
        self._subscriptions: set[Subscription] = set()

    @property
    def listeners(self) -> int:
        return len(self._subscriptions)

    @property
    def longest_queue(self) -> int:
        return max((subscription.waiting for subscription in self._subscriptions), default=0)

    def publish(self, event: Event) -> None:
        for subscription in tuple(self._subscriptions):
            subscription.offer(event)

    @contextmanager
    def subscribe(
        self, *kinds: type[Event], wanted: Callable[[Event], bool] | None = None
    ) -> Iterator[Subscription]:
        subscription = Subscription(kinds, wanted)
        self._subscriptions.add(subscription)
        try:
            yield subscription
        finally:
            self._subscriptions.discard(subscription)
