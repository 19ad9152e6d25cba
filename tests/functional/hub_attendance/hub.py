"""The hub over a real socket, as rooms see it: pairs, connects, speaks."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from aiohttp import ClientWebSocketResponse, WSMsgType
from aiohttp.test_utils import TestClient

from confhub.access.rules import SYSTEM
from confhub.http.context import Services
from confhub.kernel.ids import EndpointId
from tests.plugins.attendance import House

PATIENCE_S = 30.0
"""How long a test waits for a message that is to come."""


@dataclass
class Hub:
    """One running hub."""

    house: House
    services: Services
    client: TestClient[Any, Any]

    async def pair(self, endpoint_id: int) -> str:
        """The room's credential."""
        slip = await self.services.pairing.issue(SYSTEM, EndpointId(endpoint_id))
        async with self.client.post(
            "/api/v1/endpoint/pair", json={"code": slip.code, "version": "1.0", "machine": "hall"}
        ) as answer:
            assert answer.status == 200, await answer.text()
            credential: str = (await answer.json())["credential"]
        return credential

    async def connect(self, credential: str) -> Room:
        """A WebSocket that has been welcomed and has not said hello yet."""
        ws = await self.client.ws_connect("/api/v1/endpoint/ws", headers=bearer(credential))
        room = Room(ws)
        assert (await room.next())["type"] == "welcome"
        return room

    async def room(self, endpoint_id: int, **hello: Any) -> Room:
        """A paired room that has said hello; its call is still to be read."""
        room = await self.connect(await self.pair(endpoint_id))
        await room.hello(**hello)
        return room


@dataclass
class Room:
    """The room's end of the WebSocket."""

    ws: ClientWebSocketResponse

    async def say(self, **message: Any) -> None:
        await self.ws.send_str(json.dumps(message))

    async def hello(self, **more: Any) -> None:
        """Say hello and read its acknowledgement."""
        message = {"type": "hello", "version": "1.0", "mode": "simulated", "state": "idle", "session": None}
        await self.say(**{**message, "log": [], **more})
        assert (await self.next())["type"] == "heartbeat_ack"

    async def next(self) -> dict[str, Any]:
        """The next message."""
        received = await self.ws.receive(timeout=PATIENCE_S)
        assert received.type is WSMsgType.TEXT, received
        message: dict[str, Any] = json.loads(received.data)
        return message

    async def until(self, kind: str) -> dict[str, Any]:
        """The next message of this type; others are passed over."""
        while (message := await self.next())["type"] != kind:
            pass
        return message

    async def closed(self) -> int | None:
        """The code with which the hub closes, after whatever it still says."""
        while (received := await self.ws.receive(timeout=PATIENCE_S)).type is WSMsgType.TEXT:
            pass
        return received.data if received.type is WSMsgType.CLOSE else self.ws.close_code


def bearer(credential: str) -> dict[str, str]:
    """The header that proves a room."""
    return {"Authorization": f"Bearer {credential}"}
