"""The way back to one client: a bounded queue before its WebSocket, emptied by one task."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Callable

from aiohttp import ClientConnectionError, web

from confhub.relay.room import limits

log = logging.getLogger(__name__)

_CLOSE_TIMEOUT_S = 5.0
_PING_BYTES = 4
_UNREAD_MAX = 100


class SocketLink:
    """Implements SignalLink. A client that reads too slowly is cut when SIGNAL_QUEUE_MAX_BYTES wait for
    it."""

    def __init__(self, socket: web.WebSocketResponse) -> None:
        self._socket = socket
        self._queue: deque[bytes | int] = deque()  # a number: a ping with it
        self._pings = 0
        self._unread: dict[int, Callable[[], None]] = {}
        self._queued_bytes = 0
        self._closing = False
        self._wake = asyncio.Event()

    def send(self, payload: bytes) -> None:
        if self._closing:
            return
        if self._queued_bytes + len(payload) > limits.SIGNAL_QUEUE_MAX_BYTES:
            log.warning("a client reads its signalling too slowly and is cut")
            self._queue.clear()
            self.close()
            return
        self._queue.append(payload)
        self._queued_bytes += len(payload)
        self._wake.set()

    def when_read(self, then: Callable[[], None]) -> None:
        """By a ping behind what is queued (RFC 6455, 5.5.2): clients answer it in the order of messages."""
        if self._closing or len(self._unread) >= _UNREAD_MAX:
            then()
            return
        self._pings += 1
        self._unread[self._pings] = then
        self._queue.append(self._pings)
        self._wake.set()

    def ponged(self, payload: bytes) -> None:
        """The client answered: a ping of `when_read`, and with it those before; or the heartbeat's."""
        number = int.from_bytes(payload[:_PING_BYTES], "big")
        for earlier in [one for one in self._unread if one <= number]:
            self._unread.pop(earlier)()

    def close(self) -> None:
        self._closing = True
        self._wake.set()

    async def run(self) -> None:
        """Write until closed; returns when the socket is closed or broken."""
        try:
            with contextlib.suppress(ConnectionError, ClientConnectionError, RuntimeError):
                await self._write()
        finally:
            self._closing = True
            self.ponged(b"\xff" * _PING_BYTES)  # nobody reads any more
        with contextlib.suppress(ConnectionError, ClientConnectionError, RuntimeError, TimeoutError):
            await asyncio.wait_for(self._socket.close(), _CLOSE_TIMEOUT_S)

    async def _write(self) -> None:
        while True:
            while self._queue:
                payload = self._queue.popleft()
                if isinstance(payload, int):
                    await self._socket.ping(payload.to_bytes(_PING_BYTES, "big"))
                    continue
                self._queued_bytes -= len(payload)
                await self._socket.send_bytes(payload)
            if self._closing:
                return
            self._wake.clear()
            await self._wake.wait()
