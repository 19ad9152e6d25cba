"""Serving: the hub's application behind its doors, on its listening sockets."""

from __future__ import annotations

import ipaddress
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from functools import lru_cache

from aiohttp import web

from confhub.http.context import SERVICES
from confhub.http.peer import is_proxy
from confhub.kernel.doors import Doors
from confhub.kernel.http_server import DOORS, guard, runner_for

SHUTDOWN_GRACE_S = 5.0
"""How long open requests may take to end when the hub stops."""


@asynccontextmanager
async def serving(
    app: web.Application,
    listeners: Sequence[tuple[socket.socket, ssl.SSLContext | None]],
    doors: Doors | None = None,
) -> AsyncIterator[Doors]:
    """`app` is served on every listener, with TLS where there is a context, for the length of the block."""
    if doors is None:
        doors = Doors(proxy=_proxy_rule(app[SERVICES].settings.trusted_proxies))
    app[DOORS] = doors
    runner = runner_for(app, SHUTDOWN_GRACE_S)
    await runner.setup()
    guard(doors, runner)
    assert runner.server is not None, "setup makes it"
    try:
        for listener, context in listeners:
            doors.open(listener, runner.server, context)
        yield doors
    finally:
        await doors.close()
        await runner.cleanup()


def _proxy_rule(trusted: Sequence[str]) -> Callable[[str], bool]:
    """Whether an address is a trusted proxy's, remembered for those that come again and again."""
    networks = [ipaddress.ip_network(network, strict=False) for network in trusted]

    @lru_cache(maxsize=1024)
    def proxy(address: str) -> bool:
        return is_proxy(address, networks)

    return proxy
