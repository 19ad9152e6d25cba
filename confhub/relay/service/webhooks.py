"""Webhooks as LiveKit sends them: signed, retried, in order for each participant.

For each URL: events wait in one line per participant (room events in one per room), several lines are
emptied side by
side. A failed delivery is tried again with growing pauses; after RETRY_FOR_S the event is dropped. When
WEBHOOK_QUEUE
events wait, the oldest waiting one is dropped. Drops are counted in `num_dropped` of the next event.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import logging
from collections import OrderedDict, deque
from collections.abc import Callable, Mapping, Sequence

import aiohttp
import jwt
from google.protobuf import json_format
from livekit.protocol import models, webhook

from confhub.relay.room import ids, limits
from confhub.relay.room.events import service_info
from confhub.relay.room.participant import House, Participant

log = logging.getLogger(__name__)

_WORKERS = 8
"""Deliveries under way per URL; the receiver is one hub on the same machine or next to it."""
_FIRST_PAUSE_S = 0.25
_LONGEST_PAUSE_S = 10.0
RETRY_FOR_S = 600.0
"""A hub that is being upgraded is back by then; afterwards it reconciles with ListParticipants."""
_TIMEOUT_S = 10.0
_TOKEN_TTL_S = 300
_DRAIN_S = 8.0
"""At the end; whoever stops the relay waits longer than that before killing it."""


class Webhooks:
    """Implements RoomEvents. Created with the loop running; `close` delivers what goes at once and ends
    the tasks."""

    def __init__(self, urls: Sequence[str], keys: Mapping[str, str], wall: Callable[[], float]) -> None:
        self._wall = wall
        key, secret = next(iter(keys.items()))
        self._targets = [_Target(url, key, secret, wall) for url in urls]

    async def start(self) -> None:
        """Open the HTTP client and the workers."""
        for target in self._targets:
            target.start()

    def emit(
        self,
        event: str,
        room: House,
        participant: Participant | None = None,
        track: models.TrackInfo | None = None,
        end_reason: models.RoomEndReason | None = None,
    ) -> None:
        """Queue one event for every URL, as the world is now."""
        if not self._targets:
            return
        message = webhook.WebhookEvent(
            event=event, id=ids.new_sid(ids.EVENT), created_at=int(self._wall()), room=room.info()
        )
        if participant is not None:
            message.participant.CopyFrom(service_info(participant))
        if track is not None:
            message.track.CopyFrom(track)
        if end_reason is not None:
            message.room_end_reason = end_reason
        line = f"{room.name}\n{participant.identity if participant is not None else ''}"
        for target in self._targets:
            target.put(line, message)

    async def close(self) -> None:
        """Give what waits a moment to be delivered, then end."""
        await asyncio.gather(*(target.close() for target in self._targets))


class _Target:
    """One URL: its lines, its workers, its HTTP client."""

    def __init__(self, url: str, key: str, secret: str, wall: Callable[[], float]) -> None:
        self._url = url
        self._key = key
        self._secret = secret
        self._wall = wall
        self._lines: OrderedDict[str, deque[webhook.WebhookEvent]] = OrderedDict()
        self._busy: set[str] = set()
        self._waiting = 0
        self._dropped = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self._ready: asyncio.Queue[str] = asyncio.Queue()
        self._tasks: list[asyncio.Task[None]] = []
        self._http: aiohttp.ClientSession | None = None

    def start(self) -> None:
        self._http = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_TIMEOUT_S))
        loop = asyncio.get_running_loop()
        self._tasks = [loop.create_task(self._work()) for _ in range(_WORKERS)]

    def put(self, line: str, message: webhook.WebhookEvent) -> None:
        while self._waiting >= limits.WEBHOOK_QUEUE:
            self._drop_oldest()
        events = self._lines.get(line)
        if events is None:
            events = self._lines[line] = deque()
            if line not in self._busy:
                self._ready.put_nowait(line)
        events.append(message)
        self._waiting += 1
        self._idle.clear()

    async def close(self) -> None:
        try:
            await asyncio.wait_for(self._idle.wait(), _DRAIN_S)
        except TimeoutError:
            log.warning("%d webhook events were not delivered before the end", self._waiting)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._http is not None:
            await self._http.close()

    def _drop_oldest(self) -> None:
        line, events = next(iter(self._lines.items()))
        events.popleft()
        self._waiting -= 1
        self._count_drop("too many events wait")
        if not events:
            del self._lines[line]

    def _count_drop(self, reason: str) -> None:
        self._dropped += 1
        if self._dropped == 1:
            log.warning("webhook events to %s are dropped: %s", self._url, reason)

    async def _work(self) -> None:
        while True:
            line = await self._ready.get()
            events = self._lines.get(line)
            if not events or line in self._busy:
                continue
            self._busy.add(line)
            message = events.popleft()
            if not events:
                del self._lines[line]
            await self._deliver(message)
            self._waiting -= 1
            self._busy.discard(line)
            if line in self._lines:
                self._ready.put_nowait(line)
            if self._waiting == 0:
                self._idle.set()

    async def _deliver(self, message: webhook.WebhookEvent) -> None:
        """Try until accepted or RETRY_FOR_S passed."""
        loop = asyncio.get_running_loop()
        give_up_s = loop.time() + RETRY_FOR_S
        pause_s = _FIRST_PAUSE_S
        while True:
            message.num_dropped, told = self._dropped, self._dropped
            if await self._post(message):
                self._dropped -= told
                return
            if loop.time() + pause_s > give_up_s:
                self._count_drop("the receiver does not take them")
                return
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)

    async def _post(self, message: webhook.WebhookEvent) -> bool:
        """One attempt; True if the receiver took it."""
        assert self._http is not None, "started before events are worked on"
        body = json_format.MessageToJson(message, indent=None).encode()
        headers = {"Content-Type": "application/webhook+json", "Authorization": self._token(body)}
        try:
            async with self._http.post(self._url, data=body, headers=headers) as response:
                if response.status >= 300:
                    log.info("webhook %s to %s: status %d", message.event, self._url, response.status)
                return response.status < 300
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            log.info("webhook %s to %s: %s", message.event, self._url, error)
            return False

    def _token(self, body: bytes) -> str:
        now_s = int(self._wall())
        digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
        claims = {"iss": self._key, "nbf": now_s, "exp": now_s + _TOKEN_TTL_S, "sha256": digest}
        return jwt.encode(claims, self._secret, algorithm="HS256")
