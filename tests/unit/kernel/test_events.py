"""The bus and what is told on it: queues that overflow, and events as lines of JSON."""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
from dataclasses import fields
from typing import get_args, get_type_hints

import pytest

import confhub
from confhub.kernel.events import OVERFLOW, TOPICS, Event, EventUnreadable, InProcessBus, decode, encode
from confhub.kernel.ids import EndpointId, SessionId
from confhub.kernel.limits import EVENT_QUEUE
from confhub.registry.events import EndpointChanged, FleetChanged
from confhub.sessions.events import RoomOrdered, RoomsCalled, SessionChanged

for _module in pkgutil.iter_modules(confhub.__path__, "confhub."):
    if importlib.util.find_spec(f"{_module.name}.events") if _module.ispkg else False:
        importlib.import_module(f"{_module.name}.events")

SAMPLES = {int: 7, str: "room:H1", type(None): None}


def _plain(hint: object) -> list[type]:
    return [getattr(one, "__supertype__", one) for one in get_args(hint) or (hint,)]


@pytest.mark.parametrize("kind", TOPICS.values(), ids=TOPICS)
def test_every_event_is_a_small_line_of_ids_and_comes_back(kind: type[Event]) -> None:
    hints = get_type_hints(kind)
    choices = {field.name: _plain(hints[field.name]) for field in fields(kind)}
    assert all(set(plain) <= set(SAMPLES) for plain in choices.values()), "ids alone"
    for pick in (0, -1):
        told = kind(**{name: SAMPLES[plain[pick]] for name, plain in choices.items()})
        line = encode(told)
        assert len(line) < 200
        assert decode(line) == told


@pytest.mark.parametrize(
    "line",
    [
        "", "[" * 9000, "null", "[]", "{}", '{"topic":1}', '{"topic":"nobody"}', '{"topic":"session.order"}',
        '{"topic":"session.order","endpoint_id":true}', '{"topic":"session.order","endpoint_id":"1"}',
        '{"topic":"session.order","endpoint_id":1,"message":{}}',
    ],
)  # fmt: skip
def test_what_is_no_event_is_refused(line: str) -> None:
    with pytest.raises(EventUnreadable):
        decode(line)


def test_a_listener_hears_the_kinds_it_wants() -> None:
    bus = InProcessBus()
    with (
        bus.subscribe(EndpointChanged) as rooms,
        bus.subscribe(RoomsCalled, wanted=lambda told: told == RoomsCalled(SessionId(2))) as calls,
        bus.subscribe() as everything,
    ):
        for told in (EndpointChanged(), FleetChanged(EndpointId(1)), RoomsCalled(SessionId(1))):
            bus.publish(told)
        bus.publish(RoomsCalled(SessionId(2)))
        bus.publish(OVERFLOW)
        assert rooms.drain() == [EndpointChanged(), OVERFLOW]
        assert calls.drain() == [RoomsCalled(SessionId(2)), OVERFLOW]
        assert everything.waiting == 5
    assert bus.listeners == 0


def test_a_listener_that_falls_behind_is_told_so_instead() -> None:
    bus = InProcessBus()
    with bus.subscribe(RoomOrdered) as slow:
        for number in range(EVENT_QUEUE + 1):
            bus.publish(RoomOrdered(EndpointId(number)))
        bus.publish(SessionChanged(SessionId(1)))
        assert slow.drain() == [OVERFLOW]
