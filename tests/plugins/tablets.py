"""A hub that can be killed and started again at its address, a room with people, and its tablet."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser, BrowserContext, Page, Playwright
from sqlalchemy import select, update

from confhub.access.rules import SYSTEM
from confhub.checkin.models import HeadCount, PersonEvent
from confhub.db.database import Database, Tx
from confhub.kernel.events import InProcessBus
from confhub.kernel.ids import EndpointId
from confhub.people import store as people
from confhub.people.models import AttendeeRow
from confhub.people.values import PersonDraft
from confhub.registry.models import EndpointRow
from confhub.rosters import store as rosters
from confhub.sessions.models import MeetingSession
from tests.browser.room.hall import PASSWORD
from tests.plugins.browsers import CALM, chromium_path
from tests.plugins.rooms import PROVINCE, confhub
from tests.programs import Program

NAMES = ("Nguyễn Văn An", "Trần Thị Bình", "Lê Hoà", "Đỗ Mạnh", "Phạm Lan", "Vũ Đức Ánh")
USUAL = ("Failed to load resource", "Cross-Origin-Opener-Policy header has been ignored")
"""What Chromium says of a hub that is away, and of plain http."""
KEY, SECRET = "devkey", "a secret that is long enough for HS256"
SENT = 'body[data-waiting="0"]'
SET_UP_MS = 120_000
"""For an answer before a test begins, on a machine that many share."""

KEPT = """async (page) => {
  const cache = await caches.open("confhub-tablet-1");
  const vendored = ["qr.js", "jsQR.js", "idb.js", "lit-html/lit-html.js"];
  const files = ["js/tablet/outbox.js", ...vendored.map((name) => `vendor/${name}`)];
  for (const one of ["/tablet", page, ...files.map((name) => `/static/${name}`)]) {
    while (!(await cache.match(one))) await new Promise((done) => setTimeout(done, 50));
  }
}"""
"""Returns once the browser can open the page without the hub."""


class Hub:
    """`confhub run` as its own process; stays at one address over stop and start."""

    def __init__(self, data: Path, media: str) -> None:
        self.data = data
        self._media = media
        self.url = ""
        self._port = 0
        self._running: Program | None = None

    def start(self) -> None:
        """Start it, and wait until it says that it is ready."""
        command = ["confhub.cli.main", "run", "--data", str(self.data), "--port", str(self._port)]
        command += ["--default-language", "en", "--livekit-url", self._media, "--livekit-key", KEY]
        env = {**os.environ, "CONFHUB_LIVEKIT_SECRET": SECRET}
        with (self.data / "hub.log").open("ab") as log:
            self._running = Program(*command, stderr=log, env=env)
        printed = self._running.stdout.readline()
        found = re.search(r"ready: (http\S+)", printed)
        assert found, printed + (self.data / "hub.log").read_text()
        address = urlsplit(found[1])
        self.url, self._port = f"{address.scheme}://{address.netloc}", address.port or 0

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End it: SIGKILL is a power cut."""
        running, self._running = self._running, None
        if running is not None:
            running.send_signal(how)
            running.wait(30)
            running.stdout.close()


@dataclass
class Room:
    """Room T.01 in the lobby of a session, six people on its list; `context` is its tablet's browser."""

    hub: Hub
    profile: Path
    playwright: Playwright
    chromium: Browser
    session: int
    code: str
    badges: dict[str, str]
    faults: list[str] = field(default_factory=list)
    context: BrowserContext | None = None

    async def tablet(self, **options: Any) -> Page:
        """A tablet that is new to the hub; gives its tab."""
        context = await self.chromium.new_context(**self._usual(options))
        self._watch(context)
        return await context.new_page()

    async def started(self, *arguments: str, **options: Any) -> Page:
        """A tablet's browser of its own is started; gives its tab. What it kept before is still there."""
        context = await self.playwright.chromium.launch_persistent_context(
            self.profile, executable_path=chromium_path(), args=[*CALM, *arguments], **self._usual(options)
        )
        self._watch(context)
        return context.pages[0]

    def _usual(self, options: dict[str, Any]) -> dict[str, Any]:
        viewport = {"width": 1024, "height": 768}
        return {"locale": "en-GB", "viewport": viewport, "base_url": self.hub.url, **options}

    def _watch(self, context: BrowserContext) -> None:
        self.context = context
        context.on("weberror", lambda error: self.faults.append(str(error.error)))
        context.on("console", lambda said: self._heard(said.type, said.text))

    def _heard(self, kind: str, text: str) -> None:
        if kind == "error" and not any(usual in text for usual in USUAL):
            self.faults.append(text)

    async def off(self) -> None:
        """The tablet is switched off."""
        if self.context is not None:
            await self.context.close()
            self.context = None

    async def entered(self, **options: Any) -> Page:
        """A tablet that typed its code and opened the session's list, kept for being without the hub."""
        page = await self.tablet(**options)
        await self.enter(page)
        return page

    async def enter(self, page: Page, *, session: bool = True) -> None:
        """Type the code, open the session's list, and wait until the page is kept."""
        await page.goto("/tablet")
        await page.fill("#f-code", self.code)
        await page.fill("#f-name", "Cửa bên trái")
        await page.click("form[action='/tablet'] button[type=submit]")
        if not session:
            return
        await page.click(f"a[href='/tablet/sessions/{self.session}']")
        await page.wait_for_selector("body[data-ready=true]")
        await page.evaluate(KEPT, f"/tablet/sessions/{self.session}")

    async def seal(self) -> None:
        """Close the session's attendance behind the tablet's back."""
        async with reading(self.hub.data) as tx:
            await tx.execute(update(MeetingSession).values(sealed_at=datetime.now(UTC)))

    async def endpoint(self, code: str = "T.01") -> int:
        """The room's id, or another one's."""
        async with reading(self.hub.data) as tx:
            return int(await tx.scalar(select(EndpointRow.id).where(EndpointRow.code == code)) or 0)

    async def attendee(self, name: str) -> AttendeeRow:
        """Somebody of the room's list."""
        async with reading(self.hub.data) as tx:
            return (await tx.execute(select(AttendeeRow).where(AttendeeRow.name == name))).scalar_one()

    async def put(self, *rows: Any) -> None:
        """Write rows behind the tablet's back."""
        async with reading(self.hub.data) as tx:
            tx.add_all(rows)

    async def events(self) -> list[tuple[str, str, str]]:
        """(person, kind, way) as the hub has stored them, in order."""
        async with reading(self.hub.data) as tx:
            rows = await tx.execute(
                select(AttendeeRow.name, PersonEvent.kind, PersonEvent.way)
                .join(AttendeeRow, AttendeeRow.id == PersonEvent.attendee_id)
                .order_by(PersonEvent.id)
            )
            return [(name, str(kind), str(way)) for name, kind, way in rows]

    async def moments(self) -> list[datetime]:
        """When the stored events happened, in the order of storing."""
        async with reading(self.hub.data) as tx:
            return list(await tx.scalars(select(PersonEvent.at).order_by(PersonEvent.id)))

    async def heads(self) -> list[int]:
        """Head counts as the hub has stored them, in order."""
        async with reading(self.hub.data) as tx:
            return list(await tx.scalars(select(HeadCount.people).order_by(HeadCount.id)))


def database_of(data: Path) -> Database:
    """The hub's own file."""
    return Database(f"sqlite+aiosqlite:///{data / 'confhub.db'}", InProcessBus())


@asynccontextmanager
async def reading(data: Path) -> AsyncIterator[Tx]:
    """A transaction on the hub's own file."""
    database = database_of(data)
    try:
        async with database.transaction() as tx:
            yield tx
    finally:
        await database.close()


async def fill(data: Path) -> tuple[dict[str, str], str]:
    """People on the standing list of room T.01, and a code for its tablet: name → badge, code."""
    from confhub.checkin.tablets import TabletService
    from confhub.kernel.clock import SystemClock

    now = datetime.now(UTC)
    async with reading(data) as tx:
        room = (await tx.execute(select(EndpointRow).where(EndpointRow.code == "T.01"))).scalar_one()
        ids = [await people.insert(tx, PersonDraft(name, room.unit_id), now) for name in NAMES]
        await rosters.fill(tx, [(person, EndpointId(room.id)) for person in ids], now)
        rows = await tx.execute(select(AttendeeRow.name, AttendeeRow.badge))
        badges = {str(row[0]): str(row[1]) for row in rows}
        room_id = EndpointId(room.id)
    database = database_of(data)
    slip = await TabletService(database, SystemClock()).issue(SYSTEM, room_id)
    await database.close()
    return badges, slip.code


async def plan(playwright: Playwright, url: str) -> int:
    """A session of all rooms whose lobby is open."""
    asking = await playwright.request.new_context(base_url=url, timeout=SET_UP_MS)
    page = await (await asking.get("/login")).text()
    form = {"csrf_token": token_of(page), "username": "admin", "password": PASSWORD}
    await asking.post("/login", form=form, max_redirects=0)
    headers = {"X-CSRF-Token": token_of(await (await asking.get("/profile")).text())}
    rooms = await (await asking.get("/api/v1/endpoints")).json()
    units = await (await asking.get("/api/v1/units")).json()
    made = await asking.post(
        "/api/v1/sessions",
        headers=headers,
        data={
            "title": "Bồi dưỡng nghị quyết",
            "unit_id": units["units"][0]["id"],
            "starts_at": (datetime.now(UTC) + timedelta(minutes=40)).isoformat(),
            "length_min": 60,
            "chair_endpoint_id": rooms["endpoints"][0]["id"],
            "participants": {"include_endpoints": [one["id"] for one in rooms["endpoints"]]},
        },
    )
    assert made.ok, await made.text()
    session = int((await made.json())["session"]["id"])
    for step in ("schedule", "open-lobby"):
        done = await asking.post(f"/api/v1/sessions/{session}/{step}", headers=headers, data={})
        assert done.ok or step == "open-lobby", await done.text()
    await asking.dispose()
    return session


def token_of(page: str) -> str:
    """The CSRF token of a page."""
    found = re.search(r'name="csrf-token" content="([^"]+)"', page)
    assert found, page[:500]
    return found[1]


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str], str]:
    """A data folder to copy, with the badges and the tablet's code in it."""
    data = tmp_path_factory.mktemp("tablet")
    province = data / "province.csv"
    province.write_text(PROVINCE, "utf-8")
    confhub(data, "user", "add", "admin", "--password-stdin", typed=PASSWORD + "\n")
    confhub(data, "import", str(province))
    badges, code = asyncio.run(fill(data))
    return data, badges, code


@pytest.fixture(scope="session")
def media() -> Iterator[str]:
    """Where a relay is that all these hubs share: no tablet asks it, and one for each is one more start."""
    env = {**os.environ, "LIVEKIT_KEYS": f"{KEY}: {SECRET}"}
    relay = Program(
        "confhub.relay.launcher", "--port", "0", "--udp-port", "0", "--log-level", "error", env=env
    )
    yield f"ws://127.0.0.1:{json.loads(relay.stdout.readline())['port']}"
    relay.terminate()
    relay.wait(30)
    relay.stdout.close()


@pytest.fixture
async def room(
    filled: tuple[Path, dict[str, str], str],
    media: str,
    playwright: Playwright,
    chromium: Browser,
    tmp_path: Path,
) -> AsyncIterator[Room]:
    """Any error that a script or the content policy reports on the tablet fails the test."""
    template, badges, code = filled
    hub = Hub(Path(shutil.copytree(template, tmp_path / "data")), media)
    try:
        await asyncio.to_thread(hub.start)
        session = await plan(playwright, hub.url)
        room = Room(hub, tmp_path / "profile", playwright, chromium, session, code, badges)
        yield room
        await room.off()
        assert room.faults == []
    finally:
        hub.stop()
