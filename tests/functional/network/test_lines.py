"""Lines that die, change their address, or speak IPv6 only; between two machines, with LiveKit's client."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.functional.network.machines import (
    CALLER,
    CALLER6,
    RELAY,
    RELAY6,
    Program,
    call,
    ip,
    start_relay,
    two_machines,
)

Conference = Callable[..., Coroutine[Any, Any, tuple[Program, Program]]]


@pytest.fixture
def machines() -> Iterator[tuple[str, str]]:
    with two_machines() as names:
        yield names


@pytest.fixture
async def conference(machines: tuple[str, str], tmp_path: Path) -> AsyncIterator[Conference]:
    """`await conference(host)`: (somebody beside the relay, somebody over the cable), who hear each other."""
    programs: list[Program] = []

    async def begin(host: str, *words: str) -> tuple[Program, Program]:
        relay, ready = await start_relay(machines[0], tmp_path / "relay.log", "--host", host, *words)
        programs.append(relay)
        url = f"ws://{f'[{host}]' if ':' in host else host}:{ready['port']}"
        here = await call(machines[0], url, "here", tmp_path / "here.log")
        programs.append(here)
        there = await call(machines[1], url, "there", tmp_path / "there.log")
        programs.append(there)
        await asyncio.gather(here.until("audible"), there.until("audible"))
        return here, there

    yield begin
    for program in reversed(programs):
        await program.end()


async def test_after_a_line_was_dead_for_twenty_seconds_both_are_heard_again(
    conference: Conference, machines: tuple[str, str]
) -> None:
    here, there = await conference(RELAY)
    ip("-n", machines[1], "link", "set", "cable", "down")
    await asyncio.gather(here.until("silent"), there.until("silent"))
    await asyncio.sleep(20)  # the fault itself
    ip("-n", machines[1], "link", "set", "cable", "up")
    back_s = time.monotonic()
    heard_s = await asyncio.gather(here.until("audible", back_s), there.until("audible", back_s))
    assert max(heard_s) - back_s < 8  # the client joins anew meanwhile: it gives up resuming after some tries
    assert there.count("disconnected") == 0


async def test_a_caller_whose_address_changes_goes_on(
    conference: Conference, machines: tuple[str, str]
) -> None:
    here, there = await conference(RELAY)
    changed_s = time.monotonic()
    ip("-n", machines[1], "address", "add", "198.51.100.77/24", "dev", "cable")
    ip("-n", machines[1], "address", "delete", f"{CALLER}/24", "dev", "cable")
    ip("-n", machines[1], "address", "replace", "198.51.100.77/24", "dev", "cable")
    await asyncio.gather(here.until("silent"), there.until("silent"))
    heard_s = await asyncio.gather(here.until("audible"), there.until("audible"))
    assert max(heard_s) - changed_s < 10  # the client looks for new networks every two seconds
    assert here.count("track") == there.count("track") == 1
    assert there.count("disconnected") == 0


async def test_a_network_of_ipv6_only_is_served(conference: Conference, machines: tuple[str, str]) -> None:
    ip("-n", machines[1], "address", "delete", f"{CALLER}/24", "dev", "cable")
    here, there = await conference(RELAY6)
    assert (here.count("track"), there.count("track")) == (1, 1)
    assert CALLER6 != RELAY6
