"""An unpaired room's program: shows a code on the screen until somebody has typed it on the hub's page."""

from __future__ import annotations

import asyncio
import json
import platform
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import aiohttp

from endpoints import state
from endpoints.agent.backoff import Backoff
from endpoints.agent.hub import HubAddress, HubRefused, HubUnreachable, post
from endpoints.pairing import MAX_FIELD, PairingFailed, parse_answer
from endpoints.words import say

DOOR = "/api/v1/endpoint/pairing-requests"
INTERVAL_MIN_S, INTERVAL_MAX_S = 1.0, 60.0
EXPIRES_MAX_S = 3600.0
SLOWER_BY_S = 5.0  # RFC 8628, 3.5: after slow_down
USER_CODE_MAX_CHARS = 40


@dataclass(frozen=True, slots=True)
class Asked:
    """What the hub gave: the secret to come back with, the code for the screen, where it is typed."""

    device_code: str
    user_code: str
    address: str
    expires_in_s: float
    interval_s: float


class Screen(Protocol):
    """Where the code is shown besides the terminal."""

    async def show(self, asked: Asked) -> None:
        """A new code."""

    async def close(self) -> None:
        """The room is paired, or the program ends."""


def parse_asked(text: str) -> Asked | None:
    """The hub's answer, None when it is not the hub's."""
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(body, dict):
        return None
    device, user = body.get("device_code"), body.get("user_code")
    address, expires, interval = (
        body.get(name) for name in ("verification_uri", "expires_in_s", "interval_s")
    )
    if not (isinstance(device, str) and isinstance(user, str) and isinstance(address, str)):
        return None
    if not (isinstance(expires, int) and isinstance(interval, int)) or not 0 < len(device) <= MAX_FIELD:
        return None
    if not (0 < len(user) <= USER_CODE_MAX_CHARS and user.isascii() and user.isprintable()):
        return None
    if not address.startswith(("http://", "https://")) or len(address) > MAX_FIELD:
        return None
    if not address.isprintable():
        return None
    return Asked(
        device,
        user,
        address,
        min(max(expires, 1), EXPIRES_MAX_S),
        min(max(interval, INTERVAL_MIN_S), INTERVAL_MAX_S),
    )


class Asking:
    """Asks for codes, one after another, until the room is paired. Raises PairingFailed where only a person
    can help; a hub that cannot be reached is waited for."""

    def __init__(
        self,
        http: aiohttp.ClientSession,
        address: HubAddress,
        version: str,
        lang: str,
        tell: Callable[[str], None],
        screen: Screen | None,
    ) -> None:
        self._http, self._address, self._version = http, address, version
        self._lang, self._tell, self._screen = lang, tell, screen
        self._backoff = Backoff()
        self._away = False

    async def run(self) -> tuple[dict[str, str], str]:
        """(endpoint's code, name and unit; credential)."""
        while True:
            asked = await self._ask()
            self._tell(say(self._lang, "screen_code", code=_wide(asked.user_code), address=asked.address))
            if self._screen is not None:
                await self._screen.show(asked)
            answer = await self._poll(asked)
            if answer is not None:
                return answer
            self._tell(say(self._lang, "screen_code_expired"))

    async def _ask(self) -> Asked:
        body = {"version": self._version, "machine": platform.node()[:200]}
        while True:
            try:
                asked = parse_asked(await post(self._http, self._address, DOOR, body))
            except HubRefused as error:
                await self._wait_or_fail(error)
                continue
            except HubUnreachable as error:
                await self._wait_for_hub(error)
                continue
            if asked is None:
                raise PairingFailed(say(self._lang, "hub_answer_wrong", hub=self._address.url))
            self._found()
            return asked

    async def _poll(self, asked: Asked) -> tuple[dict[str, str], str] | None:
        """The hub's answer to this code; None when the code is dead."""
        loop = asyncio.get_running_loop()
        interval_s, until = asked.interval_s, loop.time() + asked.expires_in_s
        while loop.time() < until:
            await asyncio.sleep(interval_s)
            try:
                text = await post(
                    self._http, self._address, f"{DOOR}/token", {"device_code": asked.device_code}
                )
            except HubRefused as error:
                if error.code == "pairing_request_expired":
                    return None
                if error.code == "slow_down":
                    interval_s = min(interval_s + SLOWER_BY_S, INTERVAL_MAX_S)
                elif error.code == "pairing_request_refused":
                    raise PairingFailed(say(self._lang, "pairing_refused")) from error
                else:
                    await self._wait_or_fail(error)
                continue
            except HubUnreachable as error:
                await self._wait_for_hub(error)
                continue
            self._found()
            if (answer := parse_answer(text)) is not None:
                return answer
        return None

    async def _wait_or_fail(self, error: HubRefused) -> None:
        if error.status != 429 and error.status < 500:
            refused = say(self._lang, "hub_refused", status=error.status, code=error.code)
            raise PairingFailed(refused) from error
        await asyncio.sleep(max(error.retry_after_s, self._backoff.next_s(False)))

    async def _wait_for_hub(self, error: HubUnreachable) -> None:
        """Told once, not at each try; a certificate that is not trusted does not heal by waiting."""
        if error.tls:
            text = say(self._lang, "tls_not_trusted", hub=self._address.url, reason=error)
            raise PairingFailed(text) from error
        if not self._away:
            self._away = True
            self._tell(say(self._lang, "hub_unreachable", hub=self._address.url, reason=error))
        await asyncio.sleep(self._backoff.next_s(False))

    def _found(self) -> None:
        self._away = False
        self._backoff.reset()


def _wide(code: str) -> str:
    """Letters apart from each other: read from the other end of a room."""
    return " ".join(code)


async def pair_by_screen(
    address: HubAddress,
    ca: str,
    folder: Path,
    version: str,
    lang: str,
    tell: Callable[[str], None],
    screen: Screen | None,
) -> state.Pairing | None:
    """Shows codes until the room is paired, and stores the pairing; None when SIGTERM or SIGINT came first.

    `ca` as in `pairing.pair`. Raises PairingFailed, OSError.
    """
    state.prepare(folder)  # before anybody types a code
    loop = asyncio.get_running_loop()
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http:
        life = asyncio.ensure_future(Asking(http, address, version, lang, tell, screen).run())
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, life.cancel)
        try:
            fields, credential = await life
        except asyncio.CancelledError:
            return None
        finally:
            if screen is not None:
                await screen.close()
    pairing = state.Pairing(address.url, fields["code"], fields["name"], fields["unit"], credential, ca)
    path = state.save(folder, pairing)
    tell(say(lang, "paired", path=path, **fields))
    return pairing
