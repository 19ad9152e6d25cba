"""The crowd's way to the hub: requests over kept connections, repeated until they are answered."""

from __future__ import annotations

import asyncio
import itertools
import json
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Any, Final

import aiohttp

from endpoints.agent.hub import HubAddress

REQUEST_TIMEOUT_S: Final = 20.0
CONNECTIONS: Final = 48
"""At a time; thousands of devices have one each, and wait for a turn here."""
AGAIN_S: Final = 0.5
GIVE_UP_S: Final = 900.0
"""A hub that answers nothing for so long is not coming back."""
AGAIN_MAX_S: Final = 8.0
"""So long is waited at the most, after attempts that nobody answered; what the hub asks for is kept to."""
SURPRISES_MAX: Final = 50

_TRY_AGAIN: Final = (429, 502, 503, 504)
_DELIVERIES: Final = ("/events", "/check-in")


@dataclass(slots=True)
class Counts:
    """What was done and how it was answered. `surprises`: answers that no rule explains."""

    done: Counter[str] = field(default_factory=Counter)
    surprises: list[str] = field(default_factory=list)
    surprised: int = 0
    took: list[tuple[float, float]] = field(default_factory=list)
    """(Unix seconds, seconds to the answer) of each delivery of check-ins."""

    def surprise(self, text: str) -> None:
        """Something came otherwise than it had to."""
        self.surprised += 1
        if len(self.surprises) < SURPRISES_MAX:
            self.surprises.append(text)


@dataclass(frozen=True, slots=True)
class Answer:
    """`code`: the hub's own of a refusal, else empty. `cookie`: what was set for this device. `tries`: how
    often it had to be asked."""

    status: int
    body: Any
    cookie: str = ""
    tries: int = 1

    @property
    def ok(self) -> bool:
        return self.status < HTTPStatus.BAD_REQUEST

    @property
    def code(self) -> str:
        error = self.body.get("error", self.body) if isinstance(self.body, dict) else {}
        return str(error.get("code", "")) if isinstance(error, dict) and not self.ok else ""


@dataclass(frozen=True, slots=True)
class Later:
    """Nobody answered, or the hub asks to come again after so many seconds."""

    after_s: float = 0.0


class GaveUp(Exception):
    """The hub did not answer for too long."""


class CrowdHub:
    """One hub, one pool of connections. Cookies are the callers' own affair."""

    def __init__(
        self,
        http: aiohttp.ClientSession,
        address: HubAddress,
        counts: Counts,
        places: AbstractAsyncContextManager[object] | None = None,
    ) -> None:
        """`http` opens as many connections as it is asked for. `places`: what a request waits for."""
        self._http, self._address, self.counts = http, address, counts
        self._places = asyncio.Semaphore(CONNECTIONS) if places is None else places

    @asynccontextmanager
    async def line(self) -> AsyncIterator[CrowdHub]:
        """The hub over a connection that is one's own meanwhile: nobody else's request comes in between."""
        async with self._places:
            yield CrowdHub(self._http, self._address, self.counts, nullcontext())

    async def once(
        self, method: str, path: str, body: object = None, *, bearer: str = "", cookie: str = ""
    ) -> Answer | Later:
        """One attempt, in its turn."""
        async with self._places:
            return await self._once(method, path, body, bearer, cookie)

    async def _once(self, method: str, path: str, body: object, bearer: str, cookie: str) -> Answer | Later:
        headers = {"Accept": "application/json"}
        if bearer:
            headers["Authorization"] = f"Bearer {bearer}"
        if cookie:
            headers["Cookie"] = f"confhub_device={cookie}"
        self.counts.done["requests"] += 1
        asked, at = time.monotonic(), time.time()
        try:
            async with self._http.request(
                method, self._address.url + path, json=body, headers=headers, ssl=self._address.tls
            ) as answer:
                text = await answer.text()
                if path.endswith(_DELIVERIES):
                    self.counts.took.append((round(at, 3), round(time.monotonic() - asked, 4)))
                if answer.status in _TRY_AGAIN and not _counted_against(text):
                    self.counts.done["busy"] += 1
                    return Later(_seconds(answer.headers.get("Retry-After", "")))
                device = answer.cookies.get("confhub_device")
                return Answer(answer.status, _parsed(text), device.value if device is not None else "")
        except (aiohttp.ClientError, TimeoutError, OSError):
            self.counts.done["unanswered"] += 1
            return Later()

    async def insist(
        self, method: str, path: str, body: Callable[[], object], *, bearer: str = "", cookie: str = ""
    ) -> Answer:
        """Again and again, `body` made anew each time, as soon as the hub wishes and ever more slowly where
        it says nothing; spread, so that not all come in the same instant. Raises GaveUp."""
        until = time.monotonic() + GIVE_UP_S
        wait_s = AGAIN_S
        for tries in itertools.count(1):
            answer = await self.once(method, path, body(), bearer=bearer, cookie=cookie)
            if isinstance(answer, Answer):
                return replace(answer, tries=tries)
            if time.monotonic() > until:
                raise GaveUp(path)
            await asyncio.sleep(max(answer.after_s, wait_s) * random.uniform(1.0, 1.5))
            wait_s = min(2 * wait_s, AGAIN_MAX_S)
        raise AssertionError("it counts without end")


def _seconds(text: str) -> float:
    return float(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0.0


def _parsed(text: str) -> Any:
    try:
        return json.loads(text) if text else None
    except ValueError:
        return None


def _counted_against(text: str) -> bool:
    """A refusal of this very phone is an answer; coming again would not help."""
    return "too_many_" in text
