"""One relay: its media ports, its HTTP port, its rooms and webhooks, started and stopped together."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aiohttp import web

from confhub.kernel.doors import DoorCaps, Doors, listen
from confhub.kernel.http_server import DOORS, answered, guard, runner_for
from confhub.relay.room import ids, limits
from confhub.relay.room.participant import Host
from confhub.relay.room.rooms import Rooms
from confhub.relay.service import absent, twirp
from confhub.relay.service.metrics import Metrics
from confhub.relay.service.room_service import RoomService
from confhub.relay.service.signalling import Signalling
from confhub.relay.service.stage_service import StageService
from confhub.relay.service.tls import ReloadingCertificate
from confhub.relay.service.webhooks import Webhooks
from confhub.relay.transport.mux import UdpMux
from confhub.relay.wire.turn import TurnServers

_CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, POST, OPTIONS",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, X-Livekit-Request-Id",
    "Access-Control-Max-Age": "86400",
}
_SHUTDOWN_S = 3.0
_BACKLOG = 1024
"""Every room of a province connecting at once; beyond, the system lets them wait a second."""


class BindError(Exception):
    """A port cannot be had; `setting` names the option to change."""

    def __init__(self, setting: str, address: str, error: OSError) -> None:
        super().__init__(
            f"cannot listen on {address}: {error.strerror or error}. Choose another with {setting}."
        )
        self.setting = setting


@dataclass(frozen=True)
class Settings:
    """Everything a relay is told at its start."""

    keys: Mapping[str, str]
    host: str = "127.0.0.1"
    port: int = 7880
    udp_port: int = 7882
    tcp_port: int | None = None
    """For media over TCP; None: UDP's number."""
    advertise: Sequence[str] = ()
    turn: TurnServers | None = None
    webhook_urls: Sequence[str] = ()
    tls_cert: str | None = None
    tls_key: str | None = None
    remote_unmute: bool = False
    auto_create: bool = True
    """Does a first join make the room, as in LiveKit? Else CreateRoom alone does."""
    metrics_token: str = ""


class Relay:
    """`await start()`, then the ports are known; `await stop()` sends everybody away first."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.instance = ids.new_sid(ids.INSTANCE)
        self.port = 0
        self.udp_port = 0
        self.tcp_port = 0
        self.doors = Doors(DoorCaps(head_max_bytes=limits.REQUEST_HEAD_MAX_BYTES))
        self._listener: socket.socket | None = None
        self._runner: web.AppRunner | None = None
        self._tls_task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Open its ports. Raises BindError, OSError or ssl.SSLError (certificate), ValueError (address)."""
        settings = self._settings
        certificate = None
        if settings.tls_cert and settings.tls_key:
            certificate = ReloadingCertificate(settings.tls_cert, settings.tls_key)
        self.mux = UdpMux(now=time.monotonic, advertise=settings.advertise)
        self.webhooks = Webhooks(settings.webhook_urls, settings.keys, time.time)
        host = Host(
            now=time.monotonic,
            wall=time.time,
            mux=self.mux,
            events=self.webhooks,
            keys=settings.keys,
            instance=self.instance,
            remote_unmute=settings.remote_unmute,
            turn=settings.turn,
            auto_create=settings.auto_create,
        )
        self.rooms = Rooms(host)
        self.signalling = Signalling(self.rooms)
        try:
            await self._open(certificate)
        except BaseException:
            await self.stop()
            raise

    async def _open(self, certificate: ReloadingCertificate | None) -> None:
        settings = self._settings
        await self.webhooks.start()
        try:
            await self.mux.open(settings.host, settings.udp_port)
        except OSError as error:
            raise BindError(
                "--udp-port (or --host)", f"UDP {settings.host}:{settings.udp_port}", error
            ) from error
        self.udp_port = self.mux.port
        try:
            self.mux.open_tcp(settings.tcp_port)
        except OSError as error:
            number = self.udp_port if settings.tcp_port is None else settings.tcp_port
            raise BindError("--tcp-port (or --host)", f"TCP {settings.host}:{number}", error) from error
        self.tcp_port = self.mux.tcp.port
        self._runner = runner_for(
            self._application(), _SHUTDOWN_S, line_max_bytes=limits.REQUEST_LINE_MAX_BYTES, unpack=True
        )
        await self._runner.setup()
        assert self._runner.server is not None, "setup makes it"
        guard(self.doors, self._runner)
        context = certificate.context if certificate is not None else None
        try:
            self._listener = listen(settings.host, settings.port, _BACKLOG)
        except OSError as error:
            raise BindError("--port (or --host)", f"TCP {settings.host}:{settings.port}", error) from error
        self.port = self._listener.getsockname()[1]
        self.doors.open(self._listener, self._runner.server, context)
        if certificate is not None:
            self._tls_task = asyncio.get_running_loop().create_task(certificate.watch())
        self.rooms.start()

    async def stop(self) -> None:
        """Participants hear `leave`, sockets close, what can be delivered is delivered. Idempotent."""
        if self._tls_task is not None:
            self._tls_task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._tls_task
            self._tls_task = None
        await self.rooms.close()
        self.signalling.close_links()
        await self.doors.close()
        if self._listener is not None:
            self._listener.close()
            self._listener = None
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None
        await self.webhooks.close()
        await self.mux.close()

    def _application(self) -> web.Application:
        app = web.Application(client_max_size=limits.TWIRP_BODY_MAX_BYTES)
        services = {
            "livekit.RoomService": RoomService(self.rooms).methods(),
            "confhub.Stage": StageService(self.rooms).methods(),
        }
        app.router.add_get("/", _ok)
        app.router.add_get("/metrics", Metrics(self.rooms, self._settings.metrics_token).page)
        app.router.add_get("/rtc", self.signalling.v0)
        app.router.add_get("/rtc/v1", self.signalling.v1)
        app.router.add_get("/rtc/validate", self.signalling.validate)
        app.router.add_get("/rtc/v1/validate", self.signalling.validate)
        app.router.add_post("/twirp/{service}/{method}", twirp.handler(self.rooms, services))
        app.router.add_route("*", "/{path:.*}", _elsewhere)
        app.on_response_prepare.append(_allow_origin)
        app.on_response_prepare.append(answered)
        app[DOORS] = self.doors
        return app


async def _ok(request: web.Request) -> web.Response:
    return web.Response(text="OK")


async def _elsewhere(request: web.Request) -> web.Response:
    """Preflights are answered for every path; any other request has gone astray."""
    if request.method == "OPTIONS":
        return web.Response(status=204)
    what = absent.of_path(request.path)
    if what is None:
        return web.Response(status=404, text="not found")
    return web.Response(status=501, text=absent.sentence(what))


async def _allow_origin(request: web.Request, response: web.StreamResponse) -> None:
    """CORS on every answer, errors included: browsers' clients cannot read a refusal otherwise."""
    response.headers.update(_CORS)
