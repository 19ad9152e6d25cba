"""Strangers: a program of its own that does to a hub what people who mean it no good do. Only on loopback.

    python -m confhub.simulator.drill.strangers --hub http://127.0.0.1:8080 \\
        --seconds 40 --session 1 --report FILE

One attack after the other, each for the same time, then all together. How many and how fast is bounded: it is
to find out what the hub makes of it, not how fast this machine is. The account of somebody who may only look
comes by the environment: CONFHUB_DRILL_NAME, CONFHUB_DRILL_PASSWORD.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import ipaddress
import json
import os
import random
import re
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp

from confhub.kernel.doors import raise_open_files
from confhub.simulator.drill.poisoned import workbook

SILENT, SLOW, HALF, LOGINS, FEEDS = 1_200, 200, 300, 100, 300
FLOODS, WORKBOOKS, ABORTED, LOOKUPS = 10, 4, 10, 20
PAUSE_S = 0.05
"""Between two requests of one stranger: bounded, so that the machine is left to the hub."""
SECONDS_MAX = 600
SOURCES = ("127.0.0.1", "127.0.3.1", "127.0.3.2", "127.0.3.3")
"""The address that honest people have as well, and others."""
_CSRF = re.compile(r'<meta name="csrf-token" content="([^"]+)"')
_FORM = "application/x-www-form-urlencoded"
_GONE = (OSError, aiohttp.ClientError, asyncio.IncompleteReadError, TimeoutError)


@dataclass
class Crowd:
    """What all attacks share. `viewer`: a browser in which somebody is logged in who may only look; `token`:
    its page's. `done`: by attack, how often what came of it."""

    url: str
    session_id: int
    name: str
    password: str
    viewer: aiohttp.ClientSession = field(init=False)
    token: str = ""
    done: dict[str, Counter[str]] = field(default_factory=dict)

    def note(self, attack: str, what: object) -> None:
        """Count one outcome."""
        self.done.setdefault(attack, Counter())[str(what)] += 1

    @property
    def at(self) -> tuple[str, int]:
        parts = urlsplit(self.url)
        return parts.hostname or "127.0.0.1", parts.port or 80


async def silent(crowd: Crowd) -> None:
    """More connections than a service may have files, which say nothing."""
    await _lines(crowd, "silent", SILENT, lambda _writer: _never())


async def slow_heads(crowd: Crowd) -> None:
    """A header that grows by a letter a second."""

    async def drip(writer: asyncio.StreamWriter) -> None:
        writer.write(b"GET / HTTP/1.1\r\nHost: hub\r\nX-Slow: ")
        while True:
            writer.write(b"a")
            await writer.drain()
            await asyncio.sleep(1)

    await _lines(crowd, "slow heads", SLOW, drip)


async def half_forms(crowd: Crowd) -> None:
    """Forms that are announced whole and sent by half, and some that announce as much as an import."""

    async def half(writer: asyncio.StreamWriter) -> None:
        size = random.choice((60_000, 60_000, 12_000_000))
        head = f"POST /login HTTP/1.1\r\nHost: hub\r\nContent-Type: {_FORM}\r\nContent-Length: {size}\r\n\r\n"
        writer.write(head.encode() + b"a" * 30_000)
        await writer.drain()
        await asyncio.sleep(SECONDS_MAX)

    await _lines(crowd, "half forms", HALF, half)


async def field_floods(crowd: Crowd) -> None:
    """Forms in parts with thousands of fields."""
    part = '--b\r\nContent-Disposition: form-data; name="{0}"\r\n\r\n1\r\n'
    body = ("".join(part.format(number) for number in range(4_900)) + "--b--\r\n").encode()

    async def send(http: aiohttp.ClientSession) -> object:
        headers = {"Content-Type": "multipart/form-data; boundary=b"}
        async with http.post(f"{crowd.url}/login", data=_chunks(body), headers=headers) as answer:
            return answer.status

    await _many(crowd, "field floods", FLOODS, send)


async def logins(crowd: Crowd) -> None:
    """Passwords for names that nobody has."""

    async def attempt(http: aiohttp.ClientSession) -> object:
        token = await _token(crowd, http, "/login")
        form = {"username": f"x{random.random()}", "password": "not this one", "csrf_token": token}
        async with http.post(f"{crowd.url}/login", data=form, allow_redirects=False) as answer:
            return answer.status

    await _many(crowd, "logins", LOGINS, attempt)


async def lookups(crowd: Crowd) -> None:
    """Certificates' codes by the hundred."""

    async def look(http: aiohttp.ClientSession) -> object:
        code = f"{random.randrange(10**16):016d}"
        async with http.get(f"{crowd.url}/api/v1/verify", params={"code": code}) as answer:
            return answer.status

    await _many(crowd, "lookups", LOOKUPS, look)


async def workbooks(crowd: Crowd) -> None:
    """A workbook that is hard to read, from somebody who may only look."""
    poison = workbook()

    async def send(_http: aiohttp.ClientSession) -> object:
        form = aiohttp.FormData({"csrf_token": crowd.token})
        form.add_field("file", poison, filename="a.xlsx")
        path = random.choice(("/import", f"/sessions/{crowd.session_id}/checkin/file"))
        async with crowd.viewer.post(f"{crowd.url}{path}", data=form, allow_redirects=False) as answer:
            return answer.status

    await _many(crowd, "workbooks", WORKBOOKS, send)


async def aborted(crowd: Crowd) -> None:
    """Uploads whose sender goes away in the middle."""
    cookies = "; ".join(f"{cookie.key}={cookie.value}" for cookie in crowd.viewer.cookie_jar)
    head = (
        f"POST /language HTTP/1.1\r\nHost: hub\r\nCookie: {cookies}\r\nContent-Type: {_FORM}\r\n"
        f"Content-Length: 900000\r\n\r\n"
    )

    async def send(_http: aiohttp.ClientSession) -> object:
        _, writer = await asyncio.open_connection(*crowd.at)
        writer.write(head.encode() + b"a" * 50_000)
        with contextlib.suppress(OSError):
            await writer.drain()
        writer.transport.abort()
        return "gone"

    await _many(crowd, "aborted", ABORTED, send)


async def feeds(crowd: Crowd) -> None:
    """Hundreds of live feeds of one account, which are never read."""
    path = f"/api/v1/sessions/{crowd.session_id}/events"

    async def follow() -> None:
        crowd.note("feeds", "tried")
        try:
            async with crowd.viewer.get(f"{crowd.url}{path}", timeout=aiohttp.ClientTimeout(None)) as answer:
                crowd.note("feeds", answer.status)
                await asyncio.sleep(SECONDS_MAX)
        except _GONE:
            crowd.note("feeds", "gone")

    async with asyncio.TaskGroup() as group:
        for _ in range(FEEDS):
            group.create_task(follow())
            await asyncio.sleep(0.002)


ATTACKS: tuple[Callable[[Crowd], Awaitable[None]], ...] = (
    silent, slow_heads, half_forms, field_floods, logins, lookups, workbooks, aborted, feeds,
)  # fmt: skip


async def attack(crowd: Crowd, seconds: float) -> None:
    """Each in turn, then all together."""
    each_s = seconds / (len(ATTACKS) + 1)
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(cookie_jar=jar, connector=aiohttp.TCPConnector(limit=0)) as crowd.viewer:
        await _log_in(crowd)
        for one in ATTACKS:
            await _for(each_s, one(crowd))
        async with asyncio.TaskGroup() as group:
            for one in ATTACKS:
                group.create_task(_for(each_s, one(crowd)))


async def _for(seconds: float, work: Awaitable[None]) -> None:
    """Until its time is over; an attack that the hub beats off early is over early."""
    with contextlib.suppress(*_GONE):
        async with asyncio.timeout(seconds):
            try:
                await work
            except* _GONE:
                pass


async def _lines(
    crowd: Crowd, attack_name: str, count: int, act: Callable[[asyncio.StreamWriter], Awaitable[None]]
) -> None:
    """Raw connections from all sources, each acting until it is cut; a cut one comes again."""

    async def one(source: str) -> None:
        while True:
            try:
                reader, writer = await asyncio.open_connection(*crowd.at, local_addr=(source, 0))
            except OSError:
                crowd.note(attack_name, "refused")
                await asyncio.sleep(1)
                continue
            crowd.note(attack_name, "connected")
            acting = asyncio.ensure_future(act(writer))
            ended = asyncio.ensure_future(reader.read())
            try:
                await asyncio.wait({acting, ended}, return_when=asyncio.FIRST_COMPLETED)
                crowd.note(attack_name, "cut")
            finally:
                for task in (acting, ended):
                    task.cancel()
                await asyncio.gather(acting, ended, return_exceptions=True)
                writer.transport.abort()
            await asyncio.sleep(1)

    async with asyncio.TaskGroup() as group:
        for number in range(count):
            group.create_task(one(SOURCES[number % len(SOURCES)]))
            if number % 20 == 0:
                await asyncio.sleep(0.005)


async def _many(
    crowd: Crowd, attack_name: str, count: int, act: Callable[[aiohttp.ClientSession], Awaitable[object]]
) -> None:
    """`count` strangers, each acting again and again with a connection of its own."""

    async def one(http: aiohttp.ClientSession) -> None:
        while True:
            crowd.note(attack_name, "tried")
            try:
                crowd.note(attack_name, await act(http))
            except _GONE:
                crowd.note(attack_name, "gone")
            await asyncio.sleep(PAUSE_S)

    async with AsyncExitStack() as stack, asyncio.TaskGroup() as group:
        for number in range(count):
            source = (SOURCES[number % len(SOURCES)], 0)
            connector = aiohttp.TCPConnector(local_addr=source)
            jar = aiohttp.CookieJar(unsafe=True)  # a form's token is good with its page's cookie alone
            http = aiohttp.ClientSession(connector=connector, cookie_jar=jar)
            group.create_task(one(await stack.enter_async_context(http)))


async def _log_in(crowd: Crowd) -> None:
    """The browser of somebody who may only look."""
    token = await _token(crowd, crowd.viewer, "/login")
    form = {"username": crowd.name, "password": crowd.password, "csrf_token": token}
    async with crowd.viewer.post(f"{crowd.url}/login", data=form, allow_redirects=False) as answer:
        crowd.note("log-in", answer.status)
    await _own_password(crowd)
    crowd.token = await _token(crowd, crowd.viewer, "/profile")


async def _own_password(crowd: Crowd) -> None:
    """Whoever got the password from somebody else may do nothing before it is changed, no harm either."""
    path = f"{crowd.url}/first-password"
    token = await _token(crowd, crowd.viewer, "/first-password")
    new = f"{crowd.password} của riêng tôi"
    form = {"old": crowd.password, "new": new, "again": new, "csrf_token": token}
    async with crowd.viewer.post(path, data=form, allow_redirects=False) as answer:
        crowd.note("log-in", answer.status)


async def _token(crowd: Crowd, http: aiohttp.ClientSession, path: str) -> str:
    async with http.get(f"{crowd.url}{path}") as answer:
        found = _CSRF.search(await answer.text())
    return found[1] if found else ""


async def _chunks(body: bytes) -> AsyncIterator[bytes]:
    for at in range(0, len(body), 16_384):
        yield body[at : at + 16_384]


async def _never() -> None:
    await asyncio.sleep(SECONDS_MAX)


def main(argv: list[str] | None = None) -> int:
    """Attack, and leave the report."""
    parser = argparse.ArgumentParser(prog="confhub.simulator.drill.strangers", description=__doc__)
    parser.add_argument("--hub", required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--session", type=int, required=True)
    parser.add_argument("--report", type=Path, required=True)
    args = parser.parse_args(argv)
    host = urlsplit(args.hub).hostname or ""
    try:
        loopback = ipaddress.ip_address(host).is_loopback
    except ValueError:
        loopback = False
    if not loopback or not 0 < args.seconds <= SECONDS_MAX:
        sys.stderr.write("only a hub on 127.0.0.0/8, and ten minutes at the most\n")
        return 2
    raise_open_files(8_192)
    crowd = Crowd(
        args.hub,
        args.session,
        os.environ.get("CONFHUB_DRILL_NAME", ""),
        os.environ.get("CONFHUB_DRILL_PASSWORD", ""),
    )
    began = time.monotonic()
    asyncio.run(attack(crowd, args.seconds))
    report = {"seconds": round(time.monotonic() - began, 1), "done": crowd.done}
    args.report.write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
