"""Ends a page's open streams at once when the right behind them does: account closed or changed, logged out,
a room's machine revoked."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import structlog
from aiohttp import web

from confhub.accounts.events import AccountChanged, LoggedOut, LoginEnded
from confhub.http.context import (
    KIOSK_COOKIE,
    LOGIN_COOKIE,
    SERVICES,
    kiosk_or_none,
    login_or_none,
    services,
)
from confhub.http.event_stream import STREAMS
from confhub.kernel.events import Event
from confhub.registry.events import MachineRevoked

_log = structlog.get_logger(__name__)


class StreamGuard:
    """The browser opens an ended stream again, and its rights are checked anew, as for any request."""

    def __init__(self, app: web.Application) -> None:
        self._app = app
        self._task: asyncio.Task[None] | None = None

    async def start(self, _app: web.Application) -> None:
        """Listening when this returns."""
        listening = asyncio.Event()
        self._task = asyncio.create_task(self._listen(listening), name="stream-guard")
        await listening.wait()

    async def close(self, _app: web.Application) -> None:
        """Stop listening."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _listen(self, listening: asyncio.Event) -> None:
        with self._app[SERVICES].bus.subscribe(AccountChanged, LoggedOut, LoginEnded, MachineRevoked) as news:
            listening.set()
            async for event in news:
                try:
                    await self._look(event)
                except Exception:  # noqa: BLE001 - one look's failure; streams end by themselves in minutes
                    _log.exception("stream_guard.failed", topic=event.topic)

    async def _look(self, event: Event) -> None:
        for task, request in list(self._app[STREAMS].items()):
            if _concerns(event, request) and not await _still(request):
                task.cancel()


def _concerns(event: Event, request: web.Request) -> bool:
    login, kiosk = login_or_none(request), kiosk_or_none(request)
    match event:
        case AccountChanged(account_id) | LoggedOut(account_id) | LoginEnded(account_id):
            return login is not None and login.account_id == account_id
        case MachineRevoked(endpoint_id):
            return kiosk is not None and kiosk.endpoint.endpoint_id == endpoint_id
        case _:
            return True


async def _still(request: web.Request) -> bool:
    """Whether the same cookies would open the same doors now."""
    found = services(request)
    login, kiosk = login_or_none(request), kiosk_or_none(request)
    if login is not None:
        now = await found.accounts.actor_of(request.cookies.get(LOGIN_COOKIE, ""))
        if now is None or now.actor != login.actor:
            return False
    return kiosk is None or await found.kiosk.principal_of(request.cookies.get(KIOSK_COOKIE, "")) is not None


def install(app: web.Application) -> None:
    """Let `app` watch over its streams."""
    guard = StreamGuard(app)
    app.on_startup.append(guard.start)
    app.on_shutdown.append(guard.close)
