"""A hub with a relay of its own, its webhooks and its stage keeper at work."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from aiohttp import web

from confhub.attendance.service import AttendanceService
from confhub.db.database import Database
from confhub.engine.engine import MediaEngine
from confhub.engine.process import RelayOptions, RelayProcess
from confhub.engine.types import EngineParticipant
from confhub.jobs.clockwork import Clockwork
from confhub.kernel.clock import SystemClock
from confhub.kernel.ids import MediaRoom, SessionId
from confhub.sessions.values import JoinTicket
from tests.contract.engine.clients import Client
from tests.plugins.sessions import ORGANIZER, Hub, principal, services, settle

PATIENCE_S = 30.0


@dataclass
class Running:
    """A hub with its own relay, its webhooks, and its stage keeper at work."""

    hub: Hub
    relay: RelayProcess
    clockwork: Clockwork

    async def enter(self, session: SessionId, endpoint_id: int) -> Client:
        ticket = await self.hub.join.token_for_endpoint(principal(endpoint_id), session)
        return await self.enter_with(ticket)

    async def enter_with(self, ticket: JoinTicket) -> Client:
        return await Client(self.hub.engine, ticket.media_room, ticket.identity).join(ticket.token)

    async def there(self, media_room: MediaRoom, identity: str) -> EngineParticipant | None:
        present = await self.hub.engine.participants(media_room)
        return next((who for who in present if who.identity == identity), None)

    async def kill_relay(self) -> None:
        before = self.relay.restarts
        assert self.relay.pid is not None
        os.kill(self.relay.pid, signal.SIGKILL)
        await eventually(lambda: done(self.relay.restarts > before))


async def done(value: bool) -> bool:
    return value


async def eventually(condition: Callable[[], Awaitable[bool]]) -> None:
    """Ask until it is so; another process's doing has no event to wait for."""
    deadline = asyncio.get_running_loop().time() + PATIENCE_S
    while not await condition():
        assert asyncio.get_running_loop().time() < deadline
        await asyncio.sleep(0.05)


@pytest.fixture
async def running(sqlite_template: Path, tmp_path: Path) -> AsyncIterator[Running]:
    clock = SystemClock()
    async with AsyncExitStack() as stack:
        db = Database(f"sqlite+aiosqlite:///{shutil.copy(sqlite_template, tmp_path / 'hub.db')}")
        stack.push_async_callback(db.close)
        async with db.transaction() as tx:
            await settle(tx, clock.now())
        attendance = AttendanceService(db, clock)
        engine: MediaEngine | None = None

        async def webhook(request: web.Request) -> web.Response:
            assert engine is not None
            event = engine.receive_webhook(await request.read(), request.headers["Authorization"])
            await attendance.observe(event)
            return web.Response()

        app = web.Application()
        app.router.add_post("/engine/webhook", webhook)
        runner = web.AppRunner(app)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        url = f"http://127.0.0.1:{runner.addresses[0][1]}/engine/webhook"
        relay = RelayProcess(
            RelayOptions(tmp_path, "127.0.0.1", 0, 0, webhook_urls=[url], log_level="warning")
        )
        await relay.start()
        stack.push_async_callback(relay.stop)
        engine = MediaEngine(relay.url, relay.key, relay.secret, clock)
        await engine.start()
        stack.push_async_callback(engine.close)
        hub = services(db, clock, engine)  # type: ignore[arg-type]
        keeper = asyncio.create_task(hub.stage.run())
        clockwork = Clockwork(db, clock, engine, hub.sessions, hub.stage, attendance)
        relay.on_restart = clockwork.reopen
        try:
            yield Running(hub, relay, clockwork)
        finally:
            keeper.cancel()
            await asyncio.gather(keeper, return_exceptions=True)


async def joined(running: Running, session: SessionId, code: str) -> bool:
    return (await running.hub.states(session))[code] == "joined"


async def media_room_of(running: Running, session: SessionId) -> MediaRoom:
    found = (await running.hub.sessions.get(ORGANIZER, session)).session.media_room
    assert found is not None
    return found
