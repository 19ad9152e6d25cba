"""The kiosk seat: the session's page in Chromium over the whole screen, watched, and closed at the end.

The room's credential never meets the browser: a single-use ticket goes by an auto-submitting form in a local
file of mode 0600, and the hub answers it with an HttpOnly cookie. Nothing secret stands in a URL, an argument
list or a log. `joined` here means that the browser is open on the session; the media server knows about
media.
"""

from __future__ import annotations

import asyncio
import contextlib
import html
import logging
import os
import shutil
import signal
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp

from endpoints.agent import machine as m
from endpoints.agent import protocol
from endpoints.agent.hub import HubAddress, HubRefused, HubUnreachable, post
from endpoints.devices import count_devices
from endpoints.state import write_private

log = logging.getLogger(__name__)

BROWSERS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
SETTLE_S = 1.5  # a browser that cannot start ends sooner
STOP_S = 5.0  # time to close before it is killed
TICKET_LIFE_S = 60.0
FLAGS = (
    "--kiosk",
    "--no-first-run",
    "--noerrdialogs",
    "--disable-session-crashed-bubble",
    "--disable-features=Translate,MediaRouter",
    "--disable-background-networking",
    "--disable-component-update",
    "--password-store=basic",
    "--autoplay-policy=no-user-gesture-required",
    "--auto-accept-camera-and-microphone-capture",
)


@dataclass(frozen=True, slots=True)
class KioskOptions:
    """`browser` is the program, `folder` the room's state folder (absolute),
    `flags` go to the browser besides FLAGS."""

    browser: Path
    folder: Path
    flags: tuple[str, ...] = ()
    settle_s: float = SETTLE_S


def find_browser(wanted: Path | None) -> Path | None:
    """The program named, or the first Chromium on PATH; None when there is none."""
    found = shutil.which(str(wanted)) if wanted is not None else None
    if wanted is not None:
        return Path(found) if found else None
    for name in BROWSERS:
        found = shutil.which(name)
        if found:
            return Path(found)
    return None


def ticket_page(ticket: str, enter_url: str) -> bytes:
    """The auto-submitting page. Raises ProtocolError for an address that is no web address."""
    if not enter_url.startswith(("http://", "https://")):
        raise protocol.ProtocolError("enter_url is no web address")
    template = resources.files("endpoints").joinpath("kiosk/enter.html").read_text("utf-8")
    page = template.replace("{{ enter_url }}", html.escape(enter_url, quote=True))
    return page.replace("{{ ticket }}", html.escape(ticket, quote=True)).encode()


def forget_page(page: Path) -> None:
    """Removes the page with its ticket."""
    page.unlink(missing_ok=True)


async def open_browser(options: KioskOptions, page: Path) -> asyncio.subprocess.Process:
    """Chromium over the whole screen on a local file. Raises OSError."""
    return await asyncio.create_subprocess_exec(
        str(options.browser),
        *FLAGS,
        f"--user-data-dir={options.folder / 'browser'}",
        *options.flags,
        f"file://{quote(str(page))}",
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        start_new_session=True,
        env={name: value for name, value in os.environ.items() if not name.startswith("CONFHUB_")},
    )


class KioskSeat:
    """See agent.Seat."""

    mode = "kiosk"

    def __init__(self, http: aiohttp.ClientSession, options: KioskOptions) -> None:
        self._http, self._options = http, options
        self._emit: Callable[[m.Event], None] = lambda _event: None
        self._address = HubAddress("")
        self._credential = ""
        self._task: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def bind(self, emit: Callable[[m.Event], None], address: HubAddress, credential: str) -> None:
        """See Seat."""
        self._emit, self._address, self._credential = emit, address, credential

    def join(self, session: int | str, media: m.MediaGrant) -> None:
        """See Seat. The page gets its own media token by its cookie; `media` is not used."""
        self.leave()
        task = asyncio.get_running_loop().create_task(self._sit(session))
        self._task = task
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def leave(self) -> None:
        """See Seat."""
        if self._task is not None:
            self._task.cancel()
            self._task = None

    async def _sit(self, session: int | str) -> None:
        await self._others_gone()
        page = self._options.folder / "enter.html"
        reason = "browser ended"
        try:
            ticket = await self._ticket(session)
            await asyncio.to_thread(write_private, page, ticket)
            await self._watch(page)
        except (HubRefused, HubUnreachable, protocol.ProtocolError) as error:
            reason = f"no ticket: {error}"
        except OSError as error:
            reason = f"browser cannot be started: {error.strerror}"
        finally:
            forget_page(page)
        log.warning("%s", reason)
        if self._task is asyncio.current_task():
            self._emit(m.SeatLost(reason))

    async def _others_gone(self) -> None:
        """One browser at a time: the one before has the same profile folder."""
        mine = asyncio.current_task()
        await asyncio.gather(*(task for task in self._tasks if task is not mine), return_exceptions=True)

    async def _ticket(self, session: int | str) -> bytes:
        text = await post(
            self._http, self._address, "/api/v1/endpoint/ticket", {"session": session}, self._credential
        )
        return ticket_page(*protocol.ticket(text))

    async def _watch(self, page: Path) -> None:
        """Runs the browser until it ends; when this task is cancelled, the browser is closed."""
        process = await open_browser(self._options, page)
        try:
            try:
                async with asyncio.timeout(self._options.settle_s):
                    await process.wait()
                    return
            except TimeoutError:
                self._emit(m.SeatJoined(f"kiosk-{uuid.uuid4().hex[:16]}"))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(TICKET_LIFE_S):
                    await process.wait()
            forget_page(page)  # the ticket is spent or void
            await process.wait()
        finally:
            await stop_browser(process)

    def floor(self, granted: bool, sources: tuple[str, ...]) -> None:
        """The page hears of the floor by itself."""

    def mute(self, source: str) -> None:
        """The page hears of it by itself."""

    def report(self) -> dict[str, Any]:
        """See Seat."""
        return {}

    def devices(self) -> dict[str, int]:
        """See Seat."""
        return count_devices()

    async def close(self) -> None:
        """See Seat."""
        self.leave()
        await asyncio.gather(*self._tasks, return_exceptions=True)


async def stop_browser(process: asyncio.subprocess.Process) -> None:
    """Closes the browser with all its helpers: first asked, then killed."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(STOP_S):
                await process.wait()
                if number is signal.SIGTERM:
                    continue  # helpers that outlived it are killed without waiting
                return
