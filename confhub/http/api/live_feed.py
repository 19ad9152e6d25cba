"""The live page's news: one reading of the database a batch, shared by everybody who may see the same."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from weakref import WeakKeyDictionary

import structlog
from aiohttp import web

from confhub.access.rules import Actor
from confhub.http.api.shapes.live import LiveOut
from confhub.http.context import Services, services
from confhub.http.event_stream import json_line
from confhub.kernel.errors import DomainError
from confhub.kernel.events import Event, Subscription
from confhub.kernel.ids import SessionId
from confhub.registry.events import FleetChanged
from confhub.sessions.events import FloorChanged, PresenceChanged, RoomsCalled, SessionChanged
from confhub.sessions.values import LiveSnapshot

log = structlog.get_logger("confhub.http.live")

_TOPICS = (FleetChanged, SessionChanged, PresenceChanged, FloorChanged, RoomsCalled)

BATCH_S = 0.25
"""Changes of this long are told together: 302 rooms join within seconds."""
IDLE_NEWS_S = 2.0
"""Batch for news of the rooms' agents, which come with every heartbeat and move slowly."""
SHARE = 4
"""A reading that took t seconds is followed by a pause of at least SHARE × t: at most a fifth of the loop."""

PARTS = ("session", "chair", "people", "floor", "stage", "tiers", "total")
"""What is told whole when it changed; rows are told one by one."""


def picture(snapshot: LiveSnapshot) -> dict[str, Any]:
    """A snapshot as JSON values: ids as numbers, moments as ISO 8601 in UTC."""
    return LiveOut.of(snapshot).model_dump(mode="json")


def difference(before: dict[str, Any], now: dict[str, Any]) -> dict[str, Any] | None:
    """What to tell a reader who knows `before`; None where nothing changed but the hour.

    `rows`: new and changed ones; `gone`: endpoint ids; `order`: all ids, where the order changed.
    """
    known = {row["endpoint_id"]: row for row in before["rows"]}
    current = {row["endpoint_id"]: row for row in now["rows"]}
    told: dict[str, Any] = {name: now[name] for name in PARTS if now[name] != before[name]}
    if changed := [row for key, row in current.items() if row != known.get(key)]:
        told["rows"] = changed
    if gone := [key for key in known if key not in current]:
        told["gone"] = gone
    if list(known) != list(current):
        told["order"] = list(current)
    return {"at": now["at"], **told} if told else None


class Feed:
    """One session as one kind of reader sees it. Runs while somebody reads."""

    def __init__(self, hub: Services, actor: Actor, session_id: SessionId) -> None:
        self._hub = hub
        self._actor = actor
        self._session_id = session_id
        self._changed = asyncio.Condition()
        self.readers = 0
        self.now: dict[str, Any] | None = None
        self.failed = False
        self._lines: dict[
            int, tuple[dict[str, Any], str | None]
        ] = {}  # by what a reader knew, until `now` changes
        self._whole: str | None = None
        self.task: asyncio.Task[None] | None = None

    async def after(self, seen: dict[str, Any] | None) -> dict[str, Any] | None:
        """The picture that follows `seen`; None when there will be none any more."""
        async with self._changed:
            await self._changed.wait_for(lambda: self.now is not seen or self.failed)
            return None if self.failed else self.now

    def whole(self) -> str:
        """`now` as one line, made once for all readers."""
        assert self.now is not None, "there is a picture"
        if self._whole is None:
            self._whole = json_line(self.now)
        return self._whole

    def told(self, seen: dict[str, Any]) -> str | None:
        """What leads from `seen` to `now` as one line, made once for all readers; None where nothing does."""
        assert self.now is not None, "there is a picture"
        if id(seen) not in self._lines:
            change = difference(seen, self.now)
            self._lines[id(seen)] = (seen, None if change is None else json_line(change))
        return self._lines[id(seen)][1]

    async def run(self) -> None:
        """Read again after each batch of news."""
        try:
            with self._hub.bus.subscribe(*_TOPICS, wanted=self._wanted) as news:
                pause_s = 0.0
                while True:
                    pause_s = await self._read()
                    event = await news.get()
                    batch_s = IDLE_NEWS_S if isinstance(event, FleetChanged) else BATCH_S
                    await self._gather(news, max(batch_s, pause_s))
        except DomainError:
            log.info("a live page lost its right to look", session=self._session_id)
        finally:
            async with self._changed:
                self.failed = True
                self._changed.notify_all()

    async def _read(self) -> float:
        """Take a new picture; gives how long to leave the database in peace."""
        began = self._hub.clock.monotonic()
        snapshot = await self._hub.live.snapshot(self._actor, self._session_id)
        now = picture(snapshot)
        async with self._changed:
            self.now, self._whole = now, None
            self._lines.clear()
            self._changed.notify_all()
        return SHARE * (self._hub.clock.monotonic() - began)

    async def _gather(self, news: Subscription, seconds: float) -> None:
        """Swallow the news of the next `seconds`; news of the session itself shortens a longer wait."""
        end = self._hub.clock.monotonic() + seconds
        while (left := end - self._hub.clock.monotonic()) > 0:
            try:
                async with asyncio.timeout(left):
                    event = await news.get()
            except TimeoutError:
                return
            if not isinstance(event, FleetChanged):
                end = min(end, self._hub.clock.monotonic() + max(BATCH_S, 0.0))

    def _wanted(self, event: Event) -> bool:
        """Whether it is of this session; a room's machine may be."""
        match event:
            case FleetChanged():
                return True
            case SessionChanged(key) | PresenceChanged(key) | FloorChanged(key) | RoomsCalled(key):
                return key == self._session_id
            case _:
                return False


_FEEDS: WeakKeyDictionary[web.Application, dict[tuple[int, Actor], Feed]] = WeakKeyDictionary()


@asynccontextmanager
async def feed_of(request: web.Request, actor: Actor, session_id: SessionId) -> AsyncIterator[Feed]:
    """The feed for this reader, shared with every other reader of the same rights; ends with its last one."""
    feeds = _FEEDS.setdefault(request.app, {})
    key = (session_id, actor)
    feed = feeds.get(key)
    if feed is None or feed.failed:
        feed = feeds[key] = Feed(services(request), actor, session_id)
        feed.task = asyncio.create_task(feed.run(), name=f"live feed of session {session_id}")
    feed.readers += 1
    try:
        yield feed
    finally:
        feed.readers -= 1
        if feed.readers == 0:
            if feeds.get(key) is feed:
                del feeds[key]
            assert feed.task is not None, "a feed that is handed out runs"
            feed.task.cancel()
            await asyncio.wait({feed.task})
            if not feed.task.cancelled() and (error := feed.task.exception()) is not None:
                log.error("a live feed failed", session=session_id, error=repr(error))
