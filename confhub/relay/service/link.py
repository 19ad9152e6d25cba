"""The way back to one client: a bounded queue before its WebSocket, emptied by one task."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque

from aiohttp import ClientConnectionError, web

from confhub.relay.room import limits

log = logging.getLogger(__name__)

_CLOSE_TIMEOUT_S = 5.0


class SocketLink:
    """Implements SignalLink. A client that reads too slowly is cut when SIGNAL_QUEUE_MAX_BYTES wait for
    it."""

    def __init__(self, socket: web.WebSocketResponse) -> None:
        self._socket = socket
        self._queue: deque[bytes] = deque()
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

    def close(self) -> None:
        self._closing = True
        self._wake.set()

    async def run(self) -> None:
        """Write until closed; returns when the socket is closed or broken."""
        with contextlib.suppress(ConnectionError, ClientConnectionError, RuntimeError):
            while True:
                while self._queue:
                    payload = self._queue.popleft()
                    self._queued_bytes -= len(payload)
                    await self._socket.send_bytes(payload)
                if self._closing:
                    break
                self._wake.clear()
                await self._wake.wait()
        self._closing = True
        with contextlib.suppress(ConnectionError, ClientConnectionError, RuntimeError, TimeoutError):
            await asyncio.wait_for(self._socket.close(), _CLOSE_TIMEOUT_S)
