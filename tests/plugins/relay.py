"""A relay on free ports and unmodified clients of LiveKit's Python SDK that join it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from livekit import api

from confhub.relay.service.server import Relay, Settings
from tests.functional.relay.clients import KEY, SECRET, Person, token
from tests.functional.relay.ways import DEFAULT_WAY, relay_over

Join = Callable[..., Awaitable[Person]]


@pytest.fixture
def way() -> str:
    """How clients reach the relay: "udp", "tcp" or "turn"."""
    return DEFAULT_WAY


@pytest.fixture
def twin() -> str:
    """Which fan-out forwards: "python" or "compiled"; "auto" takes what a relay takes by itself."""
    return "auto"


@pytest.fixture
async def relay(way: str, twin: str, tmp_path: Path) -> AsyncIterator[Relay]:
    settings = Settings(keys={KEY: SECRET}, port=0, udp_port=0)
    async with relay_over(settings, way, tmp_path, twin) as relay:
        yield relay


@pytest.fixture
async def join(relay: Relay, way: str) -> AsyncIterator[Join]:
    """`await join("anna", single=True, room="hall", attributes=..., can_publish=...)`."""
    people: list[Person] = []

    async def join_as(identity: str, *, single: bool = True, **token_options: Any) -> Person:
        person = Person(identity, by_turn=way == "turn")
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
