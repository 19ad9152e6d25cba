"""One room's WebSocket: its bounded queue of messages, its sender, its rate, its end."""

from __future__ import annotations

import asyncio
import json
import math
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime
from typing import Any, Final

import structlog
from aiohttp import web

from confhub.http.context import Peer
from confhub.kernel.clock import Clock
from confhub.kernel.ids import SessionId
from confhub.kernel.roundtrip import RoundTrip
from confhub.registry.values import EndpointPrincipal
from confhub.sessions.orders import Known

OUTBOX_MAX: Final = 100
"""Messages waiting for one room; a room gets a handful a minute. One that takes no more is cut off."""

CLOSE_TIMEOUT_S: Final = 5.0
"""A room that does not answer the close in this time is cut off."""

TOKEN_REFRESH_S: Final = (270.0, 330.0)
"""A joined room gets a new token after about half of a token's ten minutes; spread, for 302 rooms."""

SESSIONS_MAX: Final = 8
"""Sessions one room is given tokens for; it can be in one at a time."""

WAYS_MIN: Final = 4
"""Messages of a room before the quickest of them judges its clock: a minute of heartbeats."""

RATE_PER_S: Final = 5.0
"""Messages of one room, on the average: heartbeats come each 15 s and at each change of state."""

RATE_BURST: Final = 60.0
"""Messages of one room at once, e.g. its log after a day without the hub."""

Message = dict[str, Any]
Late = Callable[[], Awaitable[Message | None]]
"""Makes a message when its turn has come (a token is minted then); None: nothing is to be said any more."""

_log = structlog.get_logger(__name__)


class Ways:
    """What a room's clock is off by, for rooms whose older program states no round trip: the quickest of
    several ways here. One alone does not tell a clock that is behind from a message that was under way."""

    def __init__(self) -> None:
        self._quickest: RoundTrip | None = None
        self._heard = 0

    def trip(self, sent_at: datetime | None, received_at: datetime) -> RoundTrip | None:
        """Count one message; the quickest of all, as a round trip, once there were enough."""
        if sent_at is None:
            return None
        self._heard += 1
        way = RoundTrip(sent_at, received_at, received_at, sent_at)
        if self._quickest is None or way.offset < self._quickest.offset:
            self._quickest = way
        return self._quickest if self._heard >= WAYS_MIN else None


class RoomConnection:
    """`say` and `close` never wait. `run_sender` is the one task that writes; the handler owns it."""

    def __init__(
        self,
        ws: web.WebSocketResponse,
        request: web.Request,
        principal: EndpointPrincipal,
        credential: str,
        peer: Peer,
        clock: Clock,
    ) -> None:
        self.ws = ws
        self.principal = principal
        self.credential = credential
        self.peer = peer
        self.hello_done = False
        self.session_id: SessionId | None = None
        """The session the room says it is in."""
        self.known: Known | None = None
        """What the room knows of its orders, once it said hello."""
        self.refresh_after_s = random.uniform(*TOKEN_REFRESH_S)  # noqa: S311 - spreads load, no secret
        self.fleet_number: int | None = None
        """What the fleet knows this connection by, once the room said hello."""
        self.ways = Ways()
        self.malformed = 0
        self.closing: int | None = None
        self._closed = asyncio.Event()
        self._request = request
        self._clock = clock
        self._outbox: asyncio.Queue[Message | Late] = asyncio.Queue(OUTBOX_MAX)
        self._token_at: dict[SessionId, float] = {}
        self._allowance = RATE_BURST
        self._counted_at = clock.monotonic()

    def say(self, message: Message | Late) -> bool:
        """Queue a message; False where the queue is full: the caller closes the connection."""
        try:
            self._outbox.put_nowait(message)
        except asyncio.QueueFull:
            return False
        return True

    def token_given(self, session_id: SessionId) -> None:
        """Remember that the room was given a token for this session now."""
        if len(self._token_at) >= SESSIONS_MAX:
            self._token_at.clear()
        self._token_at[session_id] = self._clock.monotonic()

    def token_failed(self, session_id: SessionId) -> None:
        """No token could be made: it is due still."""
        self._token_at.pop(session_id, None)

    def token_age_s(self, session_id: SessionId) -> float:
        """Seconds since the newest token for this session was given; infinite where none was."""
        given_at = self._token_at.get(session_id)
        return math.inf if given_at is None else self._clock.monotonic() - given_at

    def within_rate(self) -> bool:
        """Count one incoming message; False where the room sends too many (token bucket)."""
        now = self._clock.monotonic()
        self._allowance = min(RATE_BURST, self._allowance + (now - self._counted_at) * RATE_PER_S)
        self._counted_at = now
        if self._allowance < 1:
            return False
        self._allowance -= 1
        return True

    async def run_sender(self) -> None:
        """Write what is queued, in order, until cancelled or the socket is gone."""
        while True:
            queued = await self._outbox.get()
            try:
                message = await queued() if callable(queued) else queued
            except Exception:  # noqa: BLE001 - one message of one room; it asks again by its heartbeat
                _log.exception("gateway.message_failed", endpoint=self.principal.code)
                continue
            if message is None:
                continue
            try:
                await self.ws.send_str(json.dumps(message, ensure_ascii=False, separators=(",", ":")))
            except (ConnectionError, RuntimeError):
                return  # the reader sees the end of the socket as well

    async def close(self, code: int, reason: str) -> None:
        """End the connection with this code; cut it off where the room does not answer."""
        if self.closing is not None:
            return
        self.closing = code
        try:
            with suppress(TimeoutError, ConnectionError, RuntimeError):
                async with asyncio.timeout(CLOSE_TIMEOUT_S):
                    await self.ws.close(code=code, message=reason.encode())
            if not self.ws.closed and self._request.transport is not None:
                self._request.transport.abort()
        finally:
            self._closed.set()

    async def farewell_done(self) -> None:
        """Wait until a close that was begun is over: the handler must not end before, or it cuts it off."""
        if self.closing is not None:
            await self._closed.wait()
