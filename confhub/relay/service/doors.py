"""How many connections the HTTP port takes, and how long one may stand there without asking for anything."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

from aiohttp import web

from confhub.relay.room import limits
from confhub.relay.transport.strangers import network_of


class Doors:
    """Watches one server's connections. `refused` counts those cut, by reason."""

    def __init__(self) -> None:
        self.refused: Counter[str] = Counter()
        self._waiting: dict[
            Any, asyncio.TimerHandle
        ] = {}  # by connection, until it is answered for the first time
        self._networks: dict[Any, int] = {}
        self._of: Counter[int] = Counter()

    def guard(self, server: web.Server) -> None:
        """Count every connection from now on."""
        made, lost = server.connection_made, server.connection_lost

        def connection_made(handler: Any, transport: asyncio.Transport) -> None:
            made(handler, transport)
            reason = self._refusal(server, transport)
            if reason is not None:
                self.refused[reason] += 1
                transport.abort()
                return
            network = self._networks[handler] = _network(transport)
            self._of[network] += 1
            loop = asyncio.get_running_loop()
            self._waiting[handler] = loop.call_later(limits.FIRST_REQUEST_S, self._expire, handler, transport)

        def connection_lost(handler: Any, exc: BaseException | None = None) -> None:
            lost(handler, exc)
            self._forget(handler)

        server.connection_made = connection_made  # type: ignore[method-assign]
        server.connection_lost = connection_lost  # type: ignore[method-assign]

    async def answered(self, request: web.Request, response: web.StreamResponse) -> None:
        """The signal `on_response_prepare`: this connection has asked for something."""
        self._forget(request.protocol)

    def _refusal(self, server: web.Server, transport: asyncio.Transport) -> str | None:
        if len(server.connections) > limits.HTTP_CONNECTIONS:
            return "HTTP connections in all"
        if len(self._waiting) >= limits.HTTP_WAITING:
            return "HTTP connections without a request"
        if self._of[_network(transport)] >= limits.HTTP_WAITING_PER_ADDRESS:
            return "HTTP connections of one address without a request"
        return None

    def _expire(self, handler: Any, transport: asyncio.Transport) -> None:
        self.refused["no HTTP request"] += 1
        transport.abort()

    def _forget(self, handler: Any) -> None:
        timer = self._waiting.pop(handler, None)
        if timer is None:
            return
        timer.cancel()
        network = self._networks.pop(handler)
        self._of[network] -= 1
        if not self._of[network]:
            del self._of[network]


def _network(transport: asyncio.Transport) -> int:
    peer = transport.get_extra_info("peername")
    return network_of(peer[0]) if peer else 0
