"""`confhub-endpoint run`: one real room, as a kiosk or headless."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from endpoints import state
from endpoints.agent.agent import Agent, RoomIdentity, Seat
from endpoints.agent.hub import HubAddress
from endpoints.agent.journal import Journal
from endpoints.clip.container import Clip
from endpoints.seats.code_screen import CodeScreen
from endpoints.seats.kiosk import KioskOptions, KioskSeat, find_browser

LOG_FILE = "connection.log"


@dataclass(frozen=True, slots=True)
class RoomOptions:
    """The command line, checked."""

    address: HubAddress
    identity: RoomIdentity
    folder: Path
    version: str
    headless: bool = False
    clip: Clip | None = None
    browser: Path | None = None
    browser_flags: tuple[str, ...] = ()


class RoomUnable(Exception):
    """The room cannot run on this machine; `key` is the sentence in `words`."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


def run(options: RoomOptions, announce: Callable[[], None]) -> int:
    """Until SIGTERM or SIGINT. Raises RoomUnable, JournalError, OSError."""
    state.prepare(options.folder)
    return asyncio.run(_run(options, announce))


async def _run(options: RoomOptions, announce: Callable[[], None]) -> int:
    journal = Journal(options.folder / LOG_FILE)
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http:
        seat = _seat(http, options)
        agent = Agent(http, options.address, options.identity, seat, journal, options.version)
        life = asyncio.create_task(agent.run())
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, life.cancel)
        announce()
        try:
            await life
        except asyncio.CancelledError:
            return 0
    return 1


def code_screen(wanted: Path | None, folder: Path, flags: tuple[str, ...]) -> CodeScreen:
    """The room's screen for the code of a machine that is not paired. Raises RoomUnable."""
    browser = find_browser(wanted)
    if browser is None:
        raise RoomUnable("browser_missing")
    return CodeScreen(KioskOptions(browser, folder.absolute(), flags))


def _seat(http: aiohttp.ClientSession, options: RoomOptions) -> Seat:
    if options.headless:
        try:
            from endpoints.seats.headless import HeadlessSeat
        except ImportError as error:
            raise RoomUnable("sdk_missing") from error
        return HeadlessSeat(options.clip)
    browser = find_browser(options.browser)
    if browser is None:
        raise RoomUnable("browser_missing")
    return KioskSeat(http, KioskOptions(browser, options.folder.absolute(), options.browser_flags))
