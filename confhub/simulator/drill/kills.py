"""`kill -9` of relay, hub and agents, and when each was there again."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time

import aiohttp

from confhub.simulator.province.hub_client import HubClient
from confhub.simulator.province.scene import Scene, read_json

POLL_S = 0.02
BACK_TIMEOUT_S = 15.0


async def kill_relay(scene: Scene) -> tuple[float, float]:
    """(killed at, listening again at), Unix seconds. The second is inf where it did not come back."""
    scene.sample()
    port = read_json(scene.folder / "relay.json").get("port", 0)
    killed_at = _kill(scene.relay_pid)
    until = time.time() + BACK_TIMEOUT_S * scene.patience
    while time.time() < until:
        await asyncio.sleep(POLL_S)
        with contextlib.suppress(OSError):  # it comes back on the same port
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            listening_at = time.time()
            writer.close()
            return killed_at, listening_at
    return killed_at, float("inf")


async def kill_hub(scene: Scene, client: HubClient) -> tuple[float, float]:
    """The same of the hub."""
    scene.sample()
    killed_at = _kill(scene.programs["hub"].pid)
    until = time.time() + BACK_TIMEOUT_S * scene.patience
    while time.time() < until:
        await asyncio.sleep(POLL_S * 5)
        with contextlib.suppress(TimeoutError, aiohttp.ClientError):
            if await client.ready():
                return killed_at, time.time()
    return killed_at, float("inf")


async def kill_agents(scene: Scene, fleet: str) -> tuple[float, float]:
    """The same of one fleet's process; again there is when a new one runs."""
    scene.sample()
    scene.keep_status(fleet)
    program = scene.programs[fleet]
    killed = program.pid
    killed_at = _kill(killed)
    until = time.time() + BACK_TIMEOUT_S * scene.patience
    while time.time() < until:
        await asyncio.sleep(POLL_S)
        if program.pid not in (None, killed):
            return killed_at, time.time()
    return killed_at, float("inf")


def _kill(pid: int | None) -> float:
    if pid is not None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return time.time()
