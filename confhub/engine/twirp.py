"""Calls to the engine over HTTP, with a time-out each; the broken world is wrapped here, once."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any, TypeVar

import aiohttp
from livekit.api import AccessToken, TwirpError, VideoGrants
from livekit.api.room_service import RoomService

from confhub.engine.errors import EngineRefused, EngineUnavailable, ParticipantGone, SlotRefused

CALL_TIMEOUT_S = 5.0
"""On a LAN an answer comes within milliseconds; longer means that nobody is there."""

ANSWER_MAX_BYTES = 4 * 1024 * 1024
"""Figures of 302 rooms are 40 kB; of all the rooms a relay can hold some hundred times that."""

_REFUSALS = frozenset({"unauthenticated", "permission_denied", "invalid_argument", "malformed"})

Answer = TypeVar("Answer")


Answered = Callable[[], Callable[[str], None]]


def _dated(answered: Answered) -> aiohttp.TraceConfig:
    async def asked(_: object, call: SimpleNamespace, __: object) -> None:
        call.answered = answered()

    async def heard(_: object, call: SimpleNamespace, end: aiohttp.TraceRequestEndParams) -> None:
        call.answered(end.response.headers.get("Date", ""))

    trace = aiohttp.TraceConfig()
    trace.on_request_start.append(asked)
    trace.on_request_end.append(heard)
    return trace


class TwirpCaller:
    """Owns the HTTP client. `rooms` is LiveKit's RoomService client; call it through `ask` only."""

    def __init__(
        self, url: str, key: str, secret: str, *, verify_tls: bool, answered: Answered | None = None
    ) -> None:
        """`url`: `http(s)://` or `ws(s)://`. `verify_tls` False only for the hub's own relay on loopback.
        `answered`: called before each call; gives what is called with its answer's `Date`."""
        self._url = url.replace("ws", "http", 1) if url.startswith("ws") else url
        self._key, self._secret = key, secret
        connector = aiohttp.TCPConnector(limit=16, ssl=verify_tls)
        timeout = aiohttp.ClientTimeout(total=CALL_TIMEOUT_S, sock_connect=2.0)
        self._client = aiohttp.ClientSession(
            connector=connector, timeout=timeout, trace_configs=[_dated(answered)] if answered else None
        )
        self.rooms = RoomService(self._client, self._url, key, secret, failover=False)

    async def close(self) -> None:
        await self._client.close()

    async def ask(self, call: Awaitable[Answer]) -> Answer:
        """Await one RoomService call. ParticipantGone, EngineRefused, EngineUnavailable."""
        try:
            return await call
        except TwirpError as error:
            if error.code == "not_found":
                raise ParticipantGone from error
            if error.code in _REFUSALS:
                raise EngineRefused(reason=error.message) from error
            raise EngineUnavailable(reason=error.message) from error
        except (TimeoutError, aiohttp.ClientError, OSError, ValueError) as error:
            raise EngineUnavailable(reason=type(error).__name__) from error

    async def ask_stage(
        self, method: str, request: dict[str, Any] | None = None, *, room: str = ""
    ) -> dict[str, Any] | None:
        """One call to the Twirp service `confhub.Stage`, in JSON; None where the engine has no such service.
        `room`: the one the call is about.

        EngineRefused where the key is wrong, EngineUnavailable where nobody answers; ParticipantGone and
        SlotRefused as the method has it."""
        grants = VideoGrants(room_list=True, room_create=True, room_admin=True, room=room)
        token = AccessToken(self._key, self._secret).with_grants(grants)
        headers = {"Authorization": f"Bearer {token.to_jwt()}"}
        url = f"{self._url.rstrip('/')}/twirp/confhub.Stage/{method}"
        try:
            async with self._client.post(url, json=request or {}, headers=headers) as response:
                if response.status in (404, 412):
                    self._refuse(await response.content.read(ANSWER_MAX_BYTES))
                if response.status in (404, 405, 501):
                    return None
                if response.status in (401, 403):
                    raise EngineRefused(reason=str(response.status))
                if response.status != 200:
                    raise EngineUnavailable(reason=str(response.status))
                body = await response.content.read(ANSWER_MAX_BYTES)
                answer = json.loads(body)
        except (TimeoutError, aiohttp.ClientError, OSError, ValueError) as error:
            raise EngineUnavailable(reason=type(error).__name__) from error
        return answer if isinstance(answer, dict) else None

    @staticmethod
    def _refuse(body: bytes) -> None:
        """Raise what Twirp's error says; a path that nobody knows is no error here."""
        try:
            error = json.loads(body)
        except ValueError:
            return
        if not isinstance(error, dict):
            return
        if error.get("code") == "not_found":
            raise ParticipantGone
        if error.get("code") == "failed_precondition":
            raise SlotRefused(reason=str(error.get("msg", "")))
