"""A relay on free ports and unmodified clients of LiveKit's Python SDK that join it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from livekit import api

from confhub.relay.service.server import Relay, Settings
from tests.functional.relay.clients import KEY, SECRET, Person, token

Join = Callable[..., Awaitable[Person]]


@pytest.fixture
async def relay() -> AsyncIterator[Relay]:
    relay = Relay(Settings(keys={KEY: SECRET}, port=0, udp_port=0))
    await relay.start()
    yield relay
    await relay.stop()


@pytest.fixture
async def join(relay: Relay) -> AsyncIterator[Join]:
    """`await join("anna", single=True, room="hall", attributes=..., can_publish=...)`."""
    people: list[Person] = []

    async def join_as(identity: str, *, single: bool = True, **token_options: Any) -> Person:
        person = Person(identity)
        people.append(person)
        await person.connect(f"ws://127.0.0.1:{relay.port}", token(identity, **token_options), single=single)
        return person

    yield join_as
    for person in people:
        await person.leave()


@pytest.fixture
async def livekit(relay: Relay) -> AsyncIterator[api.LiveKitAPI]:
    """LiveKit's own server client, pointed at the relay."""
    client = api.LiveKitAPI(f"http://127.0.0.1:{relay.port}", KEY, SECRET)
    yield client
    await client.aclose()
