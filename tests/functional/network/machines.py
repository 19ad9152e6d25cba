"""Two machines on one cable: network namespaces, with IPv4 and IPv6 addresses of the test's own."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.functional.relay.clients import KEY, SECRET, token

RELAY, RELAY6 = "198.51.100.1", "2001:db8:51::1"  # RFC 5737 and RFC 3849: for documentation
CALLER, CALLER6 = "198.51.100.2", "2001:db8:51::2"
CALLER_SCRIPT = Path(__file__).with_name("caller.py")
DEADLINE_S = 20.0


def ip(*words: str) -> None:
    done = subprocess.run(["ip", *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"ip {' '.join(words)}: {done.stderr}"


@contextmanager
def two_machines() -> Iterator[tuple[str, str]]:
    """(the relay's namespace, the caller's); the caller's end of the cable is called "cable"."""
    missing = [] if shutil.which("ip") else ["ip"]
    if os.geteuid() != 0:
        missing.append("root")
    if missing:
        reason = f"needs {', '.join(missing)}"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    tag = secrets.token_hex(3)
    names = (f"relay-{tag}", f"call-{tag}")
    made: list[str] = []
    try:
        for name in names:
            ip("netns", "add", name)
            made.append(name)
        ip(*f"link add cable netns {names[0]} type veth peer name cable netns {names[1]}".split())
        for name, v4, v6 in zip(names, (RELAY, CALLER), (RELAY6, CALLER6), strict=True):
            ip("-n", name, "address", "add", f"{v4}/24", "dev", "cable")
            ip("-n", name, "address", "add", f"{v6}/64", "dev", "cable", "nodad")
            for device in ("lo", "cable"):
                ip("-n", name, "link", "set", device, "up")
        yield names
    finally:
        for name in made:
            ip("netns", "delete", name)


@dataclass
class Program:
    """A program in a namespace that prints JSON lines."""

    process: asyncio.subprocess.Process
    said: list[dict[str, Any]] = field(default_factory=list)

    async def next(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = await asyncio.wait_for(self.process.stdout.readline(), DEADLINE_S)
        assert line, "it ended"
        self.said.append(json.loads(line))
        return self.said[-1]

    async def until(self, event: str, after_s: float = 0.0) -> float:
        """When it says that, at or after a time of the machine's clock; lines before are kept in `said`."""
        async with asyncio.timeout(2 * DEADLINE_S):
            while True:
                told = await self.next()
                if told["event"] == event and told.get("at_s", 0.0) >= after_s:
                    return float(told.get("at_s", 0.0))

    def count(self, event: str) -> int:
        return sum(told["event"] == event for told in self.said)

    async def end(self) -> None:
        if self.process.returncode is None:
            self.process.terminate()
        await self.process.communicate()


async def start(namespace: str, *words: str | Path, log: Path) -> Program:
    """Run Python with these words in a namespace."""
    with log.open("ab") as errors:
        process = await asyncio.create_subprocess_exec(
            "ip", "netns", "exec", namespace, sys.executable, *map(str, words),
            env=os.environ | {"LIVEKIT_KEYS": f"{KEY}: {SECRET}"},
            stdout=asyncio.subprocess.PIPE, stderr=errors,
        )  # fmt: skip
    return Program(process)


async def start_relay(namespace: str, log: Path, *words: str) -> tuple[Program, dict[str, Any]]:
    """A relay and its ready line."""
    relay = await start(namespace, "-m", "confhub.relay", "--port", "0", "--udp-port", "0", *words, log=log)
    return relay, await relay.next()


async def call(namespace: str, url: str, name: str, log: Path) -> Program:
    """Somebody joins the hall from there, hums and listens."""
    caller = await start(namespace, CALLER_SCRIPT, url, token(name), log=log)
    await caller.until("joined")
    return caller
