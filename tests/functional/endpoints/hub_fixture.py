"""A small real hub on aiohttp that speaks the hub↔agent contract; the tests steer it and look into it."""

from __future__ import annotations

import asyncio
import json
import time
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import WSMsgType, web
from livekit import api

KEY, SECRET = "devkey", "a-secret-of-at-least-32-characters-long"


def iso_now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class StandInHub:
    """`credentials` maps credential to code; `media_url` is where rooms join; `session` is the running
    one."""

    def __init__(self, media_url: str = "ws://127.0.0.1:1") -> None:
        self.credentials: dict[str, str] = {}
        self.revoked: set[str] = set()
        self.removed: set[str] = set()
        self.codes: dict[str, dict[str, Any]] = {}
        self.media_url, self.media_room = media_url, "s1-test"
        self.session: dict[str, Any] | None = None
        self.can_publish: set[str] = set()
        self.sockets: dict[str, web.WebSocketResponse] = {}
        self.hellos: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self.beats: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self.log: dict[str, dict[tuple[int, str, str], dict[str, Any]]] = defaultdict(dict)
        self.entries_received: dict[str, int] = defaultdict(int)
        self.requests: list[str] = []
        self.acknowledge = True
        self.token_answer: web.Response | None = None
        self.tickets: dict[str, str] = {}
        self.entered: list[str] = []
        self.changed = asyncio.Condition()
        self.port = 0
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self, port: int = 0, ssl: Any = None) -> None:
        app = web.Application()
        app.router.add_post("/api/v1/endpoint/pair", self._pair)
        app.router.add_get("/api/v1/endpoint/ws", self._ws)
        app.router.add_post("/api/v1/endpoint/sessions/{id}/token", self._token)
        app.router.add_post("/api/v1/endpoint/ticket", self._ticket)
        app.router.add_post("/enter", self._enter)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", port, ssl_context=ssl, reuse_address=True)
        await site.start()
        self.port = site._server.sockets[0].getsockname()[1]  # type: ignore[union-attr]

    async def stop(self) -> None:
        if self._runner is not None:
            for ws in list(self.sockets.values()):
                await ws.close(code=1001)
            await self._runner.cleanup()
            self._runner = None

    async def until(self, condition: Callable[[], bool], timeout_s: float = 15.0) -> None:
        """Waits for a change after which the condition holds."""
        async with asyncio.timeout(timeout_s), self.changed:
            await self.changed.wait_for(condition)

    async def _notify(self) -> None:
        async with self.changed:
            self.changed.notify_all()

    def rooms(self, number: int) -> list[dict[str, str]]:
        """Credentials for so many rooms, as the fleet's file has them."""
        made = [{"code": f"H44.{i:03d}", "credential": f"ep_{i:03d}_secret"} for i in range(1, number + 1)]
        self.credentials.update({room["credential"]: room["code"] for room in made})
        return made

    def media_token(self, code: str) -> str:
        grants = api.VideoGrants(
            room_join=True,
            room=self.media_room,
            can_subscribe=True,
            can_publish=code in self.can_publish,
            can_publish_data=False,
        )
        token = api.AccessToken(KEY, SECRET).with_identity(f"room:{code}").with_grants(grants)
        token = token.with_attributes({"confhub.view": "stage"}).with_ttl(timedelta(minutes=10))
        return token.to_jwt()

    def media(self, code: str) -> dict[str, str]:
        return {"url": self.media_url, "token": self.media_token(code)}

    async def open_session(self, number: int = 1) -> None:
        """The lobby opens: every room is called."""
        self.session = {
            "id": number,
            "title": "Giao ban",
            "kind": "meeting",
            "state": "lobby",
            "starts_at": iso_now(),
        }
        for code in list(self.sockets):
            await self.call(code)

    async def call(self, code: str) -> None:
        await self.send(code, {"type": "call", "session": self.session, "media": self.media(code)})

    async def send(self, code: str, message: dict[str, Any]) -> None:
        await self.sockets[code].send_str(json.dumps(message))

    async def end_session(self) -> None:
        session, self.session = self.session, None
        assert session is not None
        for code in list(self.sockets):
            await self.send(code, {"type": "leave", "session": session["id"], "reason": "ended"})

    def states(self) -> list[str]:
        """The last state told by each room."""
        return [beats[-1]["state"] for beats in self.beats.values() if beats]

    def events(self, code: str) -> list[str]:
        """Logged events in order of their sequence number, without the repeated "present"."""
        ordered = sorted(self.log[code].values(), key=lambda entry: entry["seq"])
        return [entry["event"] for entry in ordered if entry["event"] != "present"]

    # handlers

    async def _pair(self, request: web.Request) -> web.Response:
        code = (await request.json())["code"]
        known = self.codes.get(code)
        if known is None:
            return _error(404, "pairing_code_unknown")
        if known.get("error"):
            headers = {"Retry-After": "42"} if known["status"] == 429 else None
            return _error(known["status"], known["error"], headers)
        self.credentials[known["credential"]] = known["code"]
        self.codes[code] = {"status": 409, "error": "pairing_code_used"}
        endpoint = {"id": 7, "code": known["code"], "name": "Hội trường", "unit": "Việt Trì"}
        return web.json_response(
            {"endpoint": endpoint, "credential": known["credential"], "hub_time": iso_now()}
        )

    def _who(self, request: web.Request) -> str:
        self.requests.append(request.path_qs)
        credential = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if credential in self.revoked:
            raise web.HTTPForbidden(
                text=json.dumps({"error": {"code": "credential_revoked"}}), content_type="application/json"
            )
        if credential not in self.credentials:
            raise web.HTTPUnauthorized(
                text=json.dumps({"error": {"code": "credential_unknown"}}), content_type="application/json"
            )
        return self.credentials[credential]

    async def _token(self, request: web.Request) -> web.Response:
        code = self._who(request)
        if self.token_answer is not None:
            return self.token_answer
        if code in self.removed:
            return _error(403, "removed_from_session")
        if self.session is None or str(self.session["id"]) != request.match_info["id"]:
            return _error(409, "session_not_open")
        return web.json_response(self.media(code) | {"identity": f"room:{code}", "expires_in_s": 600})

    async def _ticket(self, request: web.Request) -> web.Response:
        code = self._who(request)
        ticket = f"tk_{len(self.tickets)}_{time.monotonic_ns()}"
        self.tickets[ticket] = code
        return web.json_response({"ticket": ticket, "enter_url": f"{self.url}/enter", "expires_in_s": 60})

    async def _enter(self, request: web.Request) -> web.Response:
        ticket = str((await request.post()).get("ticket", ""))
        code = self.tickets.pop(ticket, None)
        if code is None:
            return web.Response(status=403, text="used")
        self.entered.append(code)
        await self._notify()
        return web.Response(text="<title>room</title>", content_type="text/html")

    async def _ws(self, request: web.Request) -> web.WebSocketResponse:
        code = self._who(request)
        ws = web.WebSocketResponse()
        await ws.prepare(request)
        older = self.sockets.get(code)
        self.sockets[code] = ws
        if older is not None:
            await older.close(code=4009)
        async for frame in ws:
            if frame.type is WSMsgType.TEXT:
                await self._on_message(code, ws, json.loads(frame.data))
        if self.sockets.get(code) is ws:
            del self.sockets[code]
        await self._notify()
        return ws

    async def _on_message(self, code: str, ws: web.WebSocketResponse, body: dict[str, Any]) -> None:
        if body["type"] == "hello":
            self.hellos[code].append(body)
            endpoint = {"id": 7, "code": code, "name": "Hội trường", "unit": "Việt Trì"}
            welcome = {"type": "welcome", "endpoint": endpoint, "heartbeat_s": 15, "hub_time": iso_now()}
            await ws.send_str(json.dumps(welcome))
            if self.session is not None and code not in self.removed:
                await self.call(code)
        if body["type"] in ("hello", "heartbeat"):
            self.beats[code].append(body)
            for entry in body["log"]:
                self.entries_received[code] += 1
                self.log[code][entry["seq"], entry["connection"], entry["event"]] = entry
            if self.acknowledge:
                through = max((entry["seq"] for entry in body["log"]), default=0)
                ack = {"type": "heartbeat_ack", "log_through": through, "hub_time": iso_now()}
                await ws.send_str(json.dumps(ack))
        await self._notify()


def _error(status: int, code: str, headers: dict[str, str] | None = None) -> web.Response:
    return web.json_response({"error": {"code": code, "message": code}}, status=status, headers=headers)
