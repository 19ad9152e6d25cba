"""A stand-in hub, a real LiveKit server, and the room's program as a real process."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import aiohttp
import pytest
from livekit import api

from bench.peers import livekit_server
from confhub.kernel.ports import free_port
from tests.functional.endpoints.hub_fixture import KEY, SECRET, StandInHub
from tests.peers import required

Program = Callable[..., Awaitable[asyncio.subprocess.Process]]


@pytest.fixture
async def hub() -> AsyncIterator[StandInHub]:
    """A hub on a port of its own."""
    hub = StandInHub()
    await hub.start()
    yield hub
    await hub.stop()


@pytest.fixture
async def program(tmp_path: Path) -> AsyncIterator[Program]:
    """Starts `confhub-endpoint` with arguments; what still runs at the end is killed."""
    started: list[asyncio.subprocess.Process] = []

    async def start(*arguments: object, env: dict[str, str] | None = None) -> asyncio.subprocess.Process:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "endpoints.main",
            *(str(argument) for argument in arguments),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={**os.environ, "LANG": "en_US.UTF-8", **(env or {})},
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.returncode is None:
            process.kill()
        _, errors = await process.communicate()
        sys.stderr.write(errors.decode()[-3000:])  # pytest shows it when the test failed


class LiveKit:
    """A real LiveKit server that can be stopped and started again on the same ports."""

    def __init__(self, binary: str, folder: Path, rtc_more: str = "") -> None:
        self._binary, self._config = binary, folder / "livekit.yaml"
        self._port, rtc, udp = (
            free_port(kind) for kind in (socket.SOCK_STREAM, socket.SOCK_STREAM, socket.SOCK_DGRAM)
        )
        self.url = f"ws://127.0.0.1:{self._port}"
        self._config.write_text(
            f'port: {self._port}\nbind_addresses: ["127.0.0.1"]\n'
            f"rtc: {{udp_port: {udp}, tcp_port: {rtc}, use_external_ip: false,"
            f" enable_loopback_candidate: true, node_ip: 127.0.0.1{rtc_more}}}\n"
            f"keys: {{{KEY}: {SECRET}}}\nlogging: {{level: error}}\n"
        )
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Returns when it answers."""
        nothing = asyncio.subprocess.DEVNULL
        self._process = await asyncio.create_subprocess_exec(
            self._binary, "--config", str(self._config), stdout=nothing, stderr=nothing
        )
        async with asyncio.timeout(20), aiohttp.ClientSession() as http:
            while True:
                with contextlib.suppress(aiohttp.ClientError):
                    async with http.get(self.url.replace("ws", "http", 1)):
                        return
                await asyncio.sleep(0.02)  # no signal tells that the port is open

    async def kill(self) -> None:
        """SIGKILL."""
        if self._process is not None:
            self._process.kill()
            await self._process.wait()
            self._process = None

    def api(self) -> RoomApi:
        """The server's own API."""
        return RoomApi(self.url.replace("ws", "http", 1))


class RoomApi:
    """What the tests ask of a LiveKit-compatible server."""

    def __init__(self, url: str) -> None:
        self._api = api.LiveKitAPI(url, KEY, SECRET)

    async def tracks(self, room: str, identity: str) -> list[str]:
        """Sids of a participant's tracks."""
        request = api.RoomParticipantIdentity(room=room, identity=identity)
        return [track.sid for track in (await self._api.room.get_participant(request)).tracks]

    async def allow(self, room: str, identity: str, *, publish: bool) -> None:
        """Grants or withdraws publishing."""
        permission = api.ParticipantPermission(can_subscribe=True, can_publish=publish)
        request = api.UpdateParticipantRequest(room=room, identity=identity, permission=permission)
        await self._api.room.update_participant(request)

    async def close(self) -> None:
        """Ends the HTTP session."""
        await self._api.aclose()  # type: ignore[no-untyped-call]


def require_livekit() -> str:
    """Its path; the test is skipped where there is none, and fails in CI."""
    return str(required(livekit_server))


@pytest.fixture
async def livekit(tmp_path: Path) -> AsyncIterator[LiveKit]:
    """A LiveKit server of this test's own."""
    server = LiveKit(require_livekit(), tmp_path)
    await server.start()
    yield server
    await server.kill()


async def read_status(path: Path) -> dict[str, object]:
    """The fleet's status file, empty while there is none."""
    text = await asyncio.to_thread(lambda: path.read_text() if path.exists() else "{}")
    value: dict[str, object] = json.loads(text)
    return value


async def status_until(
    path: Path, condition: Callable[[dict[str, object]], bool], timeout_s: float = 20.0
) -> dict[str, object]:
    """Reads the status file until the condition holds: the file is the fleet's only signal."""
    status: dict[str, object] = {}
    try:
        async with asyncio.timeout(timeout_s):
            while True:
                status = await read_status(path)
                if status and condition(status):
                    return status
                await asyncio.sleep(0.1)
    except TimeoutError:
        raise AssertionError(f"never so: {status}") from None
