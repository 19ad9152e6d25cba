"""The way to the hub: one authenticated WebSocket that is opened again and again, and two HTTP calls."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import aiohttp

from endpoints.agent import protocol
from endpoints.agent.backoff import IDLE_CAP_S, Backoff
from endpoints.agent.line import Line, alive

log = logging.getLogger(__name__)

REQUEST_TIMEOUT_S = 8.0
OPEN_TIMEOUT_S = 10.0
PING_EVERY_S = 10.0  # WebSocket pings by aiohttp: a cut line is noticed within 15 s
CLOSE_REVOKED, CLOSE_REPLACED = 4003, 4009


class HubRefused(Exception):
    """The hub answered with an error. `code` is its stable code, `status` the HTTP status."""

    def __init__(self, code: str, status: int, retry_after_s: int = 0) -> None:
        super().__init__(f"{status} {code}")
        self.code, self.status, self.retry_after_s = code, status, retry_after_s


class HubUnreachable(Exception):
    """No answer from the hub, or one that makes no sense. `tls`: its certificate is not trusted."""

    def __init__(self, reason: str, *, tls: bool = False) -> None:
        super().__init__(reason)
        self.tls = tls


@dataclass(frozen=True, slots=True)
class HubAddress:
    """Where the hub is. `url` has no slash at its end; `tls` is what aiohttp's `ssl` parameter takes."""

    url: str
    tls: ssl.SSLContext | bool = True


def hub_address(url: str, ca_file: str | None) -> HubAddress:
    """Checks `--hub` and `--ca`. Raises ValueError for a URL that is neither http nor https, OSError or
    ssl.SSLError for a CA file that cannot be used."""
    if not url.startswith(("http://", "https://")):
        raise ValueError(url)
    context = ssl.create_default_context(cafile=ca_file) if ca_file else True
    return HubAddress(url.rstrip("/"), context)


async def post(
    http: aiohttp.ClientSession, hub: HubAddress, path: str, body: dict[str, Any], credential: str = ""
) -> str:
    """POSTs JSON, returns the answer's text. Raises HubRefused and HubUnreachable."""
    headers = {"Authorization": f"Bearer {credential}"} if credential else {}
    timeout = aiohttp.ClientTimeout(total=REQUEST_TIMEOUT_S)
    try:
        async with http.post(
            hub.url + path, json=body, headers=headers, ssl=hub.tls, timeout=timeout, allow_redirects=False
        ) as response:
            data = await response.content.read(protocol.MAX_MESSAGE_BYTES)
            text = data.decode("utf-8", "replace")
            if response.status != 200:
                wait = response.headers.get("Retry-After", "")
                seconds = int(wait) if wait.isascii() and wait.isdigit() and len(wait) < 6 else 0
                raise HubRefused(protocol.error_code(text), response.status, seconds)
            return text
    except aiohttp.ClientConnectorCertificateError as error:
        raise HubUnreachable(str(error.certificate_error), tls=True) from error
    except aiohttp.ClientSSLError as error:
        raise HubUnreachable(str(error), tls=True) from error
    except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
        raise HubUnreachable(str(error) or type(error).__name__) from error


class HubLink:
    """Keeps the WebSocket open. `on_message` gets each message of the hub; `hello` makes the first one of
    ours; `in_session` says how eagerly to reconnect; `on_revoked` is told when the credential is no good any
    more."""

    def __init__(
        self,
        http: aiohttp.ClientSession,
        hub: HubAddress,
        credential: str,
        *,
        hello: Callable[[], dict[str, Any]],
        prepare: Callable[[], Any],
        on_message: Callable[[protocol.Message], None],
        in_session: Callable[[], bool],
        on_revoked: Callable[[str], None],
        line: Line | None = None,
    ) -> None:
        self._http, self._hub, self._credential = http, hub, credential
        self._hello, self._prepare, self._on_message = hello, prepare, on_message
        self._in_session, self._on_revoked = in_session, on_revoked
        self._line = line
        self._ws: aiohttp.ClientWebSocketResponse | None = None
        self._backoff = Backoff()

    @property
    def connected(self) -> bool:
        """Whether the WebSocket is open."""
        return self._ws is not None and not self._ws.closed

    async def send(self, message: dict[str, Any]) -> bool:
        """Sends one message; False when the link is down: nothing is queued, the next heartbeat says it
        all."""
        ws = self._ws
        if ws is None or ws.closed:
            return False
        try:
            async with asyncio.timeout(REQUEST_TIMEOUT_S):
                await alive(self._line)
                await ws.send_str(json.dumps(message))
        except (ConnectionError, TimeoutError):
            return False
        return True

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            wait_s = await self._once()
            if wait_s is None:
                wait_s = self._backoff.next_s(self._in_session())
            await asyncio.sleep(wait_s)

    async def _once(self) -> float | None:
        """One connection from its opening to its end; the wait before the next, None for the usual one."""
        try:
            async with asyncio.timeout(OPEN_TIMEOUT_S):
                await alive(self._line)
                ws = await self._http.ws_connect(
                    self._hub.url + "/api/v1/endpoint/ws",
                    headers={"Authorization": f"Bearer {self._credential}"},
                    heartbeat=PING_EVERY_S,
                    max_msg_size=protocol.MAX_MESSAGE_BYTES,
                    ssl=self._hub.tls,
                    compress=0,
                )
        except aiohttp.WSServerHandshakeError as error:
            if error.status in (401, 403):
                self._on_revoked("credential_unknown" if error.status == 401 else "credential_revoked")
                return IDLE_CAP_S
            log.info("the hub answered %s", error.status)
            return None
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            log.info("the hub cannot be reached: %s", type(error).__name__)
            return None
        try:
            return await self._talk(ws)
        finally:
            self._ws = None
            with contextlib.suppress(ConnectionError, TimeoutError):
                async with asyncio.timeout(1.0):
                    await ws.close()

    async def _talk(self, ws: aiohttp.ClientWebSocketResponse) -> float | None:
        await self._prepare()
        with contextlib.suppress(ConnectionError):
            await ws.send_str(json.dumps(self._hello()))
        self._ws = ws
        async for frame in ws:
            await alive(self._line)
            if frame.type is not aiohttp.WSMsgType.TEXT:
                continue
            try:
                message = protocol.parse(frame.data)
            except protocol.ProtocolError as error:
                log.warning("a message of the hub was ignored: %s", error)
                continue
            if isinstance(message, protocol.Welcome):
                self._backoff.reset()
            if isinstance(message, protocol.Ping):
                await self.send({"type": "pong"})
            elif message is not None:
                self._on_message(message)
        if ws.close_code == CLOSE_REVOKED:
            self._on_revoked("credential_revoked")
            return IDLE_CAP_S
        if ws.close_code == CLOSE_REPLACED:
            log.warning("another program is running with this room's credential")
            return IDLE_CAP_S
        return None
