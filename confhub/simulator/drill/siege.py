"""The siege: strangers at the hub's port while a session is live, and how honest people fare meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import time
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any

import aiohttp

from confhub.http.context import DEVICE_COOKIE
from confhub.simulator.province.hub_client import CSRF_META, HubClient
from confhub.simulator.province.scene import Scene, read_json

PAGE_MAX_S = 1.0
"""An honest page at the 99th percentile."""
MEMORY_MAX_MB = 50.0
LOGS_MAX_BYTES = 2**20
LOGIN_MAX_S = 2.0
"""An honest log-in at the 99th percentile, from a browser that is known. It waits for the two checks that are
running and one of each address that guesses, 50 ms each of a processor that 302 rooms leave a third of."""
LOGIN_EVERY_S = 0.3
PAGE_EVERY_S = 0.1
PAGE_TIMEOUT_S = 30.0
SETTLE_S = 30.0
"""For memory to come back: the last connections are cut after IDLE_S at the latest, most at once."""
NAME, PASSWORD = "nguoi-xem", "chỉ được xem thôi 2026"
HONEST = "nguoi-that"
"""Logs in meanwhile; the password is the same."""


@dataclass
class Siege:
    """What was measured. `page_s`: from asking to the whole page; `login_s`: from sending name and
    password to being in; `rooms_least`: joined, at the worst."""

    page_s: list[float] = field(default_factory=list)
    login_s: list[float] = field(default_factory=list)
    logins_failed: int = 0
    pages_failed: int = 0
    rooms_before: int = 0
    rooms_least: int = 0
    memory_before_mb: float = 0.0
    memory_peak_mb: float = 0.0
    memory_after_mb: float = 0.0
    logs_bytes: int = 0
    done: dict[str, dict[str, int]] = field(default_factory=dict)

    @property
    def grown_mb(self) -> float:
        """What the hub did not give back."""
        return self.memory_after_mb - self.memory_before_mb


async def lay(scene: Scene, client: HubClient, session_id: int, seconds: float, siege: Siege) -> None:
    """One siege of `seconds`, and the time for the hub to come to rest. The accounts NAME and HONEST are
    there."""
    siege.rooms_before = siege.rooms_least = await scene.joined()
    siege.memory_before_mb = _memory_mb(scene.programs["hub"].pid)
    logs_before = _logs(scene.folder)
    ended = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(_watch(scene, siege, ended))
        group.create_task(_honest(scene.url, client, session_id, siege, ended))
        group.create_task(_log_ins(scene.url, siege, ended))
        await _strangers(scene, session_id, seconds)
        ended.set()
    until = time.monotonic() + SETTLE_S
    while time.monotonic() < until:
        siege.memory_after_mb = _memory_mb(scene.programs["hub"].pid)
        if siege.grown_mb <= MEMORY_MAX_MB:
            break
        await asyncio.sleep(1)
    siege.logs_bytes = _logs(scene.folder) - logs_before
    siege.done = read_json(scene.folder / "strangers.json").get("done", {})


async def _strangers(scene: Scene, session_id: int, seconds: float) -> None:
    argv = [sys.executable, "-m", "confhub.simulator.drill.strangers", "--hub", scene.url]
    argv += ["--seconds", str(seconds), "--session", str(session_id)]
    argv += ["--report", str(scene.folder / "strangers.json")]
    with (scene.folder / "strangers.log").open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            *argv, stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log,
            env={**os.environ, "CONFHUB_DRILL_NAME": NAME, "CONFHUB_DRILL_PASSWORD": PASSWORD},
        )  # fmt: skip
    try:
        await process.wait()
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()


async def _watch(scene: Scene, siege: Siege, ended: asyncio.Event) -> None:
    """Rooms and memory, each second."""
    while not ended.is_set():
        siege.rooms_least = min(siege.rooms_least, await scene.joined())
        siege.memory_peak_mb = max(siege.memory_peak_mb, _memory_mb(scene.programs["hub"].pid))
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(ended.wait(), 1.0)


async def _honest(url: str, client: HubClient, session_id: int, siege: Siege, ended: asyncio.Event) -> None:
    """In turn: an operator's live page on a standing connection, a newcomer's log-in page on a new one."""
    newcomer = False
    while not ended.is_set():
        began = time.monotonic()
        try:
            async with asyncio.timeout(PAGE_TIMEOUT_S):
                if newcomer:
                    async with aiohttp.ClientSession() as http, http.get(f"{url}/login") as answer:
                        await answer.read()
                        good = answer.status == 200
                else:
                    good = await client.page(f"/sessions/{session_id}/live")
        except (TimeoutError, aiohttp.ClientError, OSError):
            good = False
        siege.page_s.append(time.monotonic() - began)
        siege.pages_failed += not good
        newcomer = not newcomer
        await asyncio.sleep(PAGE_EVERY_S)


async def _log_ins(url: str, siege: Siege, ended: asyncio.Event) -> None:
    """One person logs in again and again, in the same browser."""
    jar = aiohttp.CookieJar(unsafe=True)
    timeout = aiohttp.ClientTimeout(total=PAGE_TIMEOUT_S)
    async with aiohttp.ClientSession(cookie_jar=jar, timeout=timeout) as http:
        known = False
        while not ended.is_set():
            jar.clear(lambda cookie: cookie.key != DEVICE_COOKIE)
            try:
                seconds = await _log_in(http, url)
            except (TimeoutError, aiohttp.ClientError, OSError):
                seconds = None
            if known and seconds is not None:
                siege.login_s.append(seconds)
            siege.logins_failed += seconds is None
            known = known or seconds is not None
            await asyncio.sleep(LOGIN_EVERY_S)


async def _log_in(http: aiohttp.ClientSession, url: str) -> float | None:
    """Seconds from the sent form to its answer; None where that is not the way in."""
    async with http.get(f"{url}/login") as page:
        found = CSRF_META.search(await page.text())
    form = {"username": HONEST, "password": PASSWORD, "csrf_token": found[1] if found else ""}
    began = time.monotonic()
    async with http.post(f"{url}/login", data=form, allow_redirects=False) as answer:
        await answer.read()
        return time.monotonic() - began if answer.status == HTTPStatus.SEE_OTHER else None


def _memory_mb(pid: int | None) -> float:
    """What a process holds in memory now."""
    try:
        lines: list[str] = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    found: dict[str, Any] = dict(line.split(":", 1) for line in lines if ":" in line)
    return int(str(found.get("VmRSS", "0 kB")).split()[0]) / 1024


def _logs(folder: Path) -> int:
    """Bytes of the hub's and the relay's logs."""
    logs = (folder / name for name in ("hub.log", "relay.log", "relay.log.1"))
    return sum(log.stat().st_size for log in logs if log.exists())
