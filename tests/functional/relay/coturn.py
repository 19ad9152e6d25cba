"""Debian's coturn on loopback, with the shared secret that a relay hands credentials out of."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from confhub.kernel.ports import free_port
from confhub.relay.wire.turn import TurnServers
from tests.peers import listening

SECRET = "coturn-static-auth-secret"
READY_S = 15


@asynccontextmanager
async def running(
    folder: Path, *, transports: tuple[str, ...] = ("udp", "tcp")
) -> AsyncIterator[TurnServers]:
    """A TURN server and how clients reach it. Skips where it is not installed (fails in CI)."""
    program = shutil.which("turnserver")
    if program is None:
        reason = "no turnserver: install Debian's coturn"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    port = free_port()
    config = folder / "turnserver.conf"
    config.write_text(
        f"listening-ip=127.0.0.1\nrelay-ip=127.0.0.1\nlistening-port={port}\nrealm=test\n"
        f"use-auth-secret\nstatic-auth-secret={SECRET}\nfingerprint\n"
        "denied-peer-ip=0.0.0.0-255.255.255.255\n"
        "denied-peer-ip=::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff\nallowed-peer-ip=127.0.0.1\n"
        "no-tls\nno-dtls\nno-cli\nallow-loopback-peers\nno-multicast-peers\n"
        f"log-file=stdout\npidfile={folder / 'pid'}\nuserdb={folder / 'turndb'}\n"
    )
    with (folder / "turnserver.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            program, "-c", str(config), stdout=log, stderr=log, cwd=folder
        )
    try:
        await listening(port, process, folder / "turnserver.log", READY_S)
        yield TurnServers(tuple(f"turn:127.0.0.1:{port}?transport={name}" for name in transports), SECRET)
    finally:
        process.terminate()
        await process.wait()
