"""A bare signalling client: sends and receives LiveKit's protobuf messages, without any media."""

from __future__ import annotations

import asyncio
import base64
from types import TracebackType
from typing import Any, Self

import aiohttp
from google.protobuf import json_format
from livekit.protocol import models, rtc

DEADLINE_S = 10.0


def join_query(**fields: Any) -> str:
    """v1's join_request parameter."""
    request = rtc.JoinRequest(client_info=models.ClientInfo(sdk="PYTHON", protocol=17), **fields)
    wrapped = rtc.WrappedJoinRequest(join_request=request.SerializeToString())
    return base64.urlsafe_b64encode(wrapped.SerializeToString()).decode()


class Signal:
    """`async with Signal(http, port, token) as s:`; what is not waited for is kept."""

    def __init__(
        self, http: aiohttp.ClientSession, port: int, access_token: str, *, v0: bool = False, **join: Any
    ) -> None:
        self._http = http
        self._v0 = v0
        base = f"ws://127.0.0.1:{port}/rtc"
        if v0:
            query = "".join(f"&{name}={value}" for name, value in join.items())
            self._url = f"{base}?access_token={access_token}&protocol=17&sdk=js{query}"
        else:
            join.setdefault("connection_settings", rtc.ConnectionSettings(auto_subscribe=True))
            self._url = f"{base}/v1?access_token={access_token}&join_request={join_query(**join)}"
        self.got: list[rtc.SignalResponse] = []
        self.bytes_received = 0

    async def __aenter__(self) -> Self:
        self.socket = await self._http.ws_connect(self._url, max_msg_size=0)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.socket.close()

    async def send(self, **message: Any) -> None:
        request = json_format.ParseDict(message, rtc.SignalRequest())
        await self.socket.send_bytes(request.SerializeToString())

    async def next(self) -> rtc.SignalResponse:
        """The next message; raises ConnectionError when the relay closed."""
        message = await asyncio.wait_for(self.socket.receive(), DEADLINE_S)
        if message.type is not aiohttp.WSMsgType.BINARY:
            raise ConnectionError(f"closed by the relay: {message.type}")
        self.bytes_received += len(message.data)
        response = rtc.SignalResponse.FromString(message.data)
        self.got.append(response)
        return response

    async def expect(self, kind: str) -> Any:
        """The next message of that kind; others are kept in `got`."""
        while True:
            response = await self.next()
            if response.WhichOneof("message") == kind:
                return getattr(response, kind)

    async def settle(self) -> None:
        """Everything the relay sent so far has arrived: it answers in order, so a ping marks the place."""
        await self.send(ping_req={"timestamp": 7})
        await self.expect("pong_resp")

    async def closed(self) -> None:
        """Read until the relay closes."""
        while True:
            message = await asyncio.wait_for(self.socket.receive(), DEADLINE_S)
            if message.type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.CLOSING):
                return

    def kinds(self) -> list[str | None]:
        return [response.WhichOneof("message") for response in self.got]

    def participants(self) -> list[models.ParticipantInfo]:
        """Everybody this client was told of, in updates, in order."""
        return [info for response in self.got for info in response.update.participants]
