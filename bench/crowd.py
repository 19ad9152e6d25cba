"""The rooms of a benchmark, in a process of their own: the simulated rooms' client code, and a chair.

Talks by JSON lines: a command on standard input, one answer on standard output. Run by `bench.relay`.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import resource
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import aiohttp

from bench.servers import KEY, SECRET, Server
from confhub.engine.engine import MediaEngine
from confhub.engine.types import SPEAKER_SOURCES, StageSlot
from confhub.kernel.clock import SystemClock
from confhub.kernel.ids import Identity, MediaRoom
from confhub.relay.wire.dtls import DtlsIdentity
from confhub.simulator.clip.encode import FORMATS, encode
from confhub.simulator.rtc.connection import MediaConnection, Tools
from confhub.simulator.rtc.loop import MediaLoop
from endpoints.clip.container import Clip

ROOM = MediaRoom("bench")
CHAIR = Identity("ep:chair")
JOIN_TIMEOUT_S = 90.0
SWITCH_INTERVAL_S = 0.00005
"""As the fleet has it: the media thread gets the interpreter lock back at once."""
LOOK_EVERY_S = 0.03
SETTLE_S = 0.5
"""What was sent has arrived on the loopback, be the machine busy."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Sums over the rooms, and of the chair."""

    received: int
    lost: int
    sent: int
    cpu_s: float
    at_s: float


class Crowd:
    """The chair and its rooms on one server."""

    def __init__(self, server: Server, rooms: int, http: aiohttp.ClientSession, clip: Clip) -> None:
        self._server, self._clip = server, clip
        self._engine = MediaEngine(server.url, KEY, SECRET, SystemClock())
        self._media = MediaLoop()
        self._tools = Tools(http, self._media, DtlsIdentity(datetime.now(UTC)), "bench")
        self._names = [Identity(f"ep:{number:03}") for number in range(rooms)]
        self._rooms: list[MediaConnection] = []
        self._connected: dict[Identity, float] = {}
        self._tasks: list[asyncio.Task[str]] = []
        self._chair: MediaConnection | None = None

    async def open(self) -> dict[str, Any]:
        """The room exists and the chair is in it, not yet on stage."""
        self._media.start()
        await self._engine.start()
        await self._engine.open_room(ROOM)
        self._chair, enter = self._prepare(CHAIR, self._clip)
        enter()
        await self._until(lambda: CHAIR in self._connected)
        return {"engine": self._engine.capabilities.engine}

    def _prepare(
        self, name: Identity, clip: Clip | None = None
    ) -> tuple[MediaConnection, Callable[[], None]]:
        """A connection with its token, and what makes it join."""

        def joined(_sid: str) -> None:
            self._connected[name] = time.monotonic()

        connection = MediaConnection(
            self._tools, name, on_joined=joined, on_token=lambda _token: None, clip=clip
        )
        token = self._engine.mint_token(ROOM, name, name)

        def enter() -> None:
            self._tasks.append(asyncio.create_task(connection.run(self._server.url, token)))

        return connection, enter

    async def stage(self, on: bool) -> dict[str, Any]:
        """The chair begins to send, or ends."""
        assert self._chair is not None
        if not on:
            await self._engine.take_off_stage(ROOM, CHAIR)
            await asyncio.sleep(SETTLE_S)
            return {}
        await self._engine.put_on_stage(ROOM, CHAIR, SPEAKER_SOURCES)
        if self._engine.capabilities.slots:
            await self._engine.point_slot(ROOM, StageSlot.CHAIR, CHAIR)
        chair = self._chair
        await self._until(lambda: chair.publishing)
        await asyncio.sleep(SETTLE_S)
        return {}

    async def join(self) -> dict[str, Any]:
        """All rooms at once; until each is connected, and has a whole keyframe of the chair's picture."""
        prepared = [self._prepare(name) for name in self._names]
        self._rooms = [connection for connection, _ in prepared]
        await asyncio.sleep(SETTLE_S)
        cpu, begun, own = self._server.cpu_s(), time.monotonic(), time.process_time()
        for _, enter in prepared:
            enter()
        await self._until(lambda: len(self._connected) > len(self._names))
        ended = max(self._connected.values())
        waiting = list(self._rooms)
        async with asyncio.timeout(JOIN_TIMEOUT_S):
            while waiting:
                await self._refresh(waiting)
                waiting = [room for room in waiting if not room.stats.keyframes]
                await asyncio.sleep(LOOK_EVERY_S)
        return {
            "join_s": time.monotonic() - begun,
            "connected_s": ended - begun,
            "join_cpu_s": self._server.cpu_s() - cpu,
            "own_cpu_s": time.process_time() - own,
        }

    async def _refresh(self, rooms: list[MediaConnection]) -> None:
        """Bring the rooms' figures up to date, all in one moment."""
        done = asyncio.Event()
        loop = asyncio.get_running_loop()

        def read(now: float) -> None:
            for room in rooms:
                room._peer.refresh_stats(now)
            loop.call_soon_threadsafe(done.set)

        self._media.call(read)
        await done.wait()

    async def window(self, seconds: float) -> dict[str, Any]:
        """What is forwarded in so many seconds, and the server's CPU for it."""
        before = await self._count()
        await asyncio.sleep(seconds)
        after = await self._count()
        received, sent = after.received - before.received, after.sent - before.sent
        lost = max(0, after.lost - before.lost)
        return {
            "seconds": after.at_s - before.at_s,
            "received": received,
            "lost": lost,
            "wanted": sent * len(self._rooms),
            "cpu_s": after.cpu_s - before.cpu_s,
        }

    async def _count(self) -> Counts:
        """All connections' figures of one moment."""
        done: asyncio.Future[Counts] = asyncio.get_running_loop().create_future()
        loop = asyncio.get_running_loop()
        assert self._chair is not None
        peers = [room._peer for room in self._rooms]
        chair = self._chair._peer

        def read(now: float) -> None:
            for peer in (*peers, chair):
                peer.refresh_stats(now)
            counts = Counts(
                sum(peer.stats.received for peer in peers),
                sum(peer.stats.lost for peer in peers),
                chair.stats.sent,
                self._server.cpu_s(),
                now,
            )
            loop.call_soon_threadsafe(done.set_result, counts)

        self._media.call(read)
        return await done

    async def idle(self, seconds: float) -> dict[str, Any]:
        """The server's CPU while everybody is there and nothing is sent."""
        cpu, begun = self._server.cpu_s(), time.monotonic()
        await asyncio.sleep(seconds)
        return {"cpu_s": self._server.cpu_s() - cpu, "seconds": time.monotonic() - begun}

    async def close(self) -> dict[str, Any]:
        """Everybody leaves."""
        for connection in (*self._rooms, *([self._chair] if self._chair else [])):
            connection.stop()
        reasons = await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._engine.close()
        await asyncio.to_thread(self._media.stop)
        return {"left": sum(reason == "left" for reason in reasons)}

    async def _until(self, reached: Callable[[], bool]) -> None:
        """Watch for it. RuntimeError when a connection ended, or it does not come about in time."""
        async with asyncio.timeout(JOIN_TIMEOUT_S):
            while not reached():
                for task in self._tasks:
                    if task.done():
                        raise RuntimeError(f"a connection ended: {task.result()}")
                await asyncio.sleep(0.01)


async def serve(server: Server, rooms: int) -> None:
    """Commands until `close`, or until standard input ends."""
    clip = encode(FORMATS["180p"], 10, 10)
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as http:
        crowd = Crowd(server, rooms, http, clip)
        gc.collect()
        gc.freeze()
        commands: dict[str, Callable[..., Awaitable[dict[str, Any]]]] = {
            name: getattr(crowd, name) for name in ("open", "stage", "join", "window", "idle", "close")
        }
        while line := await asyncio.to_thread(sys.stdin.readline):
            name, *arguments = json.loads(line)
            try:
                answer = await commands[name](*arguments)
            except (RuntimeError, TimeoutError) as error:
                answer = {"error": f"{name}: {error or type(error).__name__}"}
            print(json.dumps(answer), flush=True)
            if name == "close":
                return


def main(arguments: list[str]) -> int:
    """`python -m bench.crowd NAME URL PID ROOMS`."""
    name, url, pid, rooms = arguments
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 8192) if hard > 0 else 8192, hard))
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    gc.set_threshold(50_000, 20, 50)
    asyncio.run(serve(Server(name, url, int(pid)), int(rooms)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
