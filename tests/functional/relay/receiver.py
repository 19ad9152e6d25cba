"""A webhook receiver: verifies with LiveKit's own library, keeps what came, can be told to fail."""

from __future__ import annotations

import asyncio
from typing import Any

from aiohttp import web
from livekit import api
from livekit.protocol.webhook import WebhookEvent

from tests.functional.relay.clients import DEADLINE_S, KEY, SECRET


class Receiver:
    """`failures` next deliveries are answered 500."""

    def __init__(self) -> None:
        self.events: list[WebhookEvent] = []
        self.attempts = 0
        self.failures = 0
        self.url = ""
        self._changed = asyncio.Event()
        self._verifier = api.WebhookReceiver(api.TokenVerifier(KEY, SECRET))
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        app = web.Application()
        app.router.add_post("/hook", self._take)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}/hook"

    async def stop(self) -> None:
        assert self._runner is not None
        await self._runner.cleanup()

    async def _take(self, request: web.Request) -> web.Response:
        self.attempts += 1
        if self.failures > 0:
            self.failures -= 1
            return web.Response(status=500)
        assert request.content_type == "application/webhook+json"
        self.events.append(self._verifier.receive(await request.text(), request.headers["Authorization"]))
        self._changed.set()
        return web.Response()

    def names(self, identity: str | None = None) -> list[str]:
        """Event names in order, of one participant or of all."""
        return [e.event for e in self.events if identity in (None, e.participant.identity)]

    async def event(self, name: str, **fields: Any) -> WebhookEvent:
        """The first event of that name (and participant identity) that came or comes."""
        identity = fields.get("identity")
        async with asyncio.timeout(DEADLINE_S):
            while True:
                for event in self.events:
                    if event.event == name and identity in (None, event.participant.identity):
                        return event
                self._changed.clear()
                await self._changed.wait()
