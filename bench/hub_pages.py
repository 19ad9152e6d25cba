"""The pages that are open while `bench.hub` measures, in processes of their own.

`python -m bench.hub_pages rooms PLAN STATUS`: each room's screen asks for its code, each room's tablet for
its list, as often as their pages do. `… readers PLAN STATUS`: an organizer's live page, the desk, the
report on people; and, from SIGUSR1 on, one who opens page after page and is timed. Both until SIGTERM; what
was found is in STATUS.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import random
import re
import signal
import sys
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import aiohttp

from bench.http_load import Answer, Connection

SCREEN_S, TABLET_S = 10.0, 10.0
"""web/static/js: room/code.js asks after as long or when the code changes, tablet/main.js so long after each
answer."""
QUALITY_S, DESK_S, REPORT_S = 5.0, 5.0, 10.0
"""live/lines.js; `hx-trigger` of desk/session.html and of report/people.html."""
OPEN_EVERY_S = 1.0
PAGES = (
    "/", "/sessions/{session}", "/sessions/{session}/live", "/desk", "/desk/sessions/{session}",
    "/sessions/{session}/report", "/sessions/{session}/people", "/sessions/{session}/people/rooms", "/fleet",
    "/sessions", "/people",
)  # fmt: skip
_CSRF = re.compile(rb'name="csrf-token" content="([^"]+)"')


class Told:
    """What is written into STATUS."""

    def __init__(self, path: Path) -> None:
        self.path, self.ready, self.done = path, False, 0
        self.untrue: list[str] = []
        self.took_ms: defaultdict[str, list[float]] = defaultdict(list)

    def wrong(self, what: str) -> None:
        """An answer that is not true."""
        if len(self.untrue) < 50:
            self.untrue.append(what[:300])

    def write(self) -> None:
        """Bring the file up to date."""
        every = sorted(ms for times in self.took_ms.values() for ms in times)
        values = {
            "ready": self.ready, "done": self.done, "untrue": self.untrue,
            "p50_ms": _at(every, 0.5), "p99_ms": _at(every, 0.99),
            "pages_p99_ms": {path: _at(sorted(ms), 0.99) for path, ms in self.took_ms.items()},
        }  # fmt: skip
        fresh = self.path.with_suffix(".new")
        fresh.write_text(json.dumps(values))
        fresh.replace(self.path)


def _at(ordered: list[float], share: float) -> float:
    return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))], 1) if ordered else 0.0


class Asker:
    """One page's connection, opened again where the hub closed it."""

    def __init__(self, url: str, *headers: str) -> None:
        self.url, self.headers = url, headers
        self._connection: Connection | None = None

    async def ask(self, method: str, path: str, body: object = None) -> Answer:
        """One request; once more where a kept connection was closed meanwhile."""
        for fresh in (False, True):
            if self._connection is None or fresh:
                self._connection = Connection(self.url)
                await self._connection.open()
            with suppress(ConnectionError, asyncio.IncompleteReadError):
                return await self._connection.call(method, path, body, *self.headers)
        raise ConnectionError(f"{method} {path} was not answered")


async def rooms(
    plan: dict[str, Any], told: Told, _measuring: asyncio.Event
) -> list[Coroutine[Any, Any, None]]:
    """Screens and tablets, opened; what keeps them going."""
    session, url = plan["session"], plan["url"]
    going = []
    dice = random.Random(3)
    for code, credential in plan["credentials"].items():
        screen = await _screen(url, session, credential)
        show = partial(_code, screen, session, code, told)
        going.append(_every(show, dice.uniform(0, SCREEN_S), told))
        tablet = Tablet(Asker(url, f"Authorization: Bearer {plan['tablets'][code]}"), session)
        going.append(_every(partial(tablet.ask, told), dice.uniform(0, TABLET_S), told))
    return going


async def _screen(url: str, session: int, credential: str) -> Asker:
    """The browser of a room's machine, entered by a ticket."""
    machine = Asker(url, f"Authorization: Bearer {credential}")
    ticket = (await machine.ask("POST", "/api/v1/endpoint/ticket", {"session": session})).json()["ticket"]
    browser = Asker(url, "Content-Type: application/x-www-form-urlencoded")
    answer = await _form(browser, "/kiosk/enter", {"ticket": ticket})
    return Asker(url, f"Cookie: {answer.cookie}")


async def _form(asker: Asker, path: str, fields: dict[str, str]) -> Answer:
    async with (
        aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http,
        http.post(
            asker.url + path, data=urlencode(fields), allow_redirects=False,
            headers=dict(line.split(": ", 1) for line in asker.headers),
        ) as answer,
    ):  # fmt: skip
        if answer.status != 303:
            raise RuntimeError(f"{path}: {answer.status} {(await answer.text())[:300]}")
        cookie = next(iter(answer.cookies.values()))
        return Answer(answer.status, b"", f"{cookie.key}={cookie.value}", 0.0)


async def _every(work: Callable[[], Awaitable[float]], first_s: float, told: Told) -> None:
    """`work` gives after how many seconds it wants to be done again."""
    await asyncio.sleep(first_s)
    while True:
        try:
            pause_s = await work()
            told.done += 1
        except (RuntimeError, ConnectionError, KeyError) as error:
            told.wrong(repr(error))
            pause_s = 1.0
        await asyncio.sleep(pause_s)


async def _code(screen: Asker, session: int, room: str, told: Told) -> float:
    shown = (await screen.ask("GET", f"/api/v1/sessions/{session}/room-code")).json()
    token = shown["url"].rpartition("/")[2]
    if not (token.startswith(f"{session}-") and len(shown["six"]) == 6 and shown["room"] == room):
        told.wrong(f"{room}: its screen shows {shown['url']} {shown['six']} {shown['room']}")
    return min(max(shown["next_in_ms"] / 1e3, 0.5), SCREEN_S)


class Tablet:
    """A room's list as its tablet keeps it: what changed is laid over what is there."""

    def __init__(self, asker: Asker, session: int) -> None:
        self._asker, self._path = asker, f"/api/v1/tablet/sessions/{session}"
        self._own: set[int] = set()
        self._mark = ""

    async def ask(self, told: Told) -> float:
        """Once, and once more as a whole where what changed does not fit; how long to wait until the next."""
        for since in (f"?since={self._mark}" if self._mark else "", ""):
            shown = (await self._asker.ask("GET", self._path + since)).json()
            own = {one["id"] for one in shown["people"] if one["origin"] != "visitor"}
            if shown["whole"]:
                self._own = own
            elif own - self._own or len(self._own) != shown["listed"]:
                continue
            self._mark = shown["mark"]
            break
        if not self._own or len(self._own) != shown["listed"]:
            told.wrong(f"a tablet shows {len(self._own)} people of {shown['listed']}")
        return TABLET_S


async def readers(
    plan: dict[str, Any], told: Told, measuring: asyncio.Event
) -> list[Coroutine[Any, Any, None]]:
    """Somebody logs in and opens live page, desk and report; and page after page."""
    url, session = plan["url"], plan["session"]
    cookie = await _log_in(url, plan["username"], plan["password"])
    for path in PAGES:
        await _page(Asker(url, cookie), path.format(session=session), told)
    again = (
        (f"/api/v1/sessions/{session}/quality", QUALITY_S),
        (f"/desk/sessions/{session}", DESK_S),
        (f"/sessions/{session}/people", REPORT_S),
    )
    return [
        _stream(url, cookie, session, told),
        *(
            _every(partial(_read, Asker(url, cookie), path, every_s, told), 0.3, told)
            for path, every_s in again
        ),
        _open(Asker(url, cookie), session, measuring, told),
    ]


async def _log_in(url: str, username: str, password: str) -> str:
    page = await Asker(url).ask("GET", "/login")
    found = _CSRF.search(page.body)
    assert found is not None, "the log-in page has its token"
    form = {"username": username, "password": password, "csrf_token": found[1].decode()}
    browser = Asker(url, "Content-Type: application/x-www-form-urlencoded", f"Cookie: {page.cookie}")
    return f"Cookie: {(await _form(browser, '/login', form)).cookie}"


async def _read(asker: Asker, path: str, pause_s: float, told: Told) -> float:
    await _page(asker, path, told)
    return pause_s


async def _page(asker: Asker, path: str, told: Told) -> float:
    answer = await asker.ask("GET", path)
    if answer.status != 200:
        told.wrong(f"{path}: {answer.status}")
    return answer.took_s


async def _open(asker: Asker, session: int, measuring: asyncio.Event, told: Told) -> None:
    """Page after page, in turns; one that takes longer than its turn makes the next one late, no more."""
    await measuring.wait()
    for path in itertools.cycle(PAGES):
        begun = time.monotonic()
        took_s = await _page(asker, path.format(session=session), told)
        told.took_ms[path].append(1e3 * took_s)
        await asyncio.sleep(max(0.0, OPEN_EVERY_S - (time.monotonic() - begun)))


async def _stream(url: str, cookie: str, session: int, told: Told) -> None:
    """The live page's events, read as they come."""
    headers = {"Cookie": cookie.partition(": ")[2], "Accept": "text/event-stream"}
    timeout = aiohttp.ClientTimeout(total=None)
    async with aiohttp.ClientSession(timeout=timeout, cookie_jar=aiohttp.DummyCookieJar()) as http:
        while True:
            async with http.get(f"{url}/api/v1/sessions/{session}/events", headers=headers) as answer:
                if answer.status != 200:
                    told.wrong(f"the live page's events: {answer.status}")
                async for _ in answer.content.iter_any():
                    pass
            await asyncio.sleep(1.0)


async def main(arguments: list[str]) -> int:
    """Until SIGTERM."""
    name, plan_file, status = arguments
    plan = json.loads(await asyncio.to_thread(Path(plan_file).read_text))
    told = Told(Path(status))
    stop, measuring = asyncio.Event(), asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, measuring.set)
    going = await {"rooms": rooms, "readers": readers}[name](plan, told, measuring)
    tasks = [asyncio.create_task(one) for one in going]
    told.ready = True
    told.write()
    while not stop.is_set():
        for task in tasks:
            if task.done():
                task.result()
        told.write()
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), 1.0)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    told.write()
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main(sys.argv[1:])))
