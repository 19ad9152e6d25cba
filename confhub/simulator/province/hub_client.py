"""The way to the hub: the same API as an organizer's page and a room's machine use."""

from __future__ import annotations

import asyncio
import json
import random
import re
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any

import aiohttp

from confhub import __version__
from confhub.kernel.errors import StartError
from confhub.simulator.province.tree import Slip

PAIRING_AT_ONCE = 16
"""Requests under way; the hub has two cores to share with the rooms."""


PATIENCE_S = 180.0
"""So long an organizer tries a hub that says it is busy."""
AWAY_S = 30.0
"""And one that nobody answers for: it is started again within seconds where it died."""

CSRF_META = re.compile(r'<meta name="csrf-token" content="([^"]+)"')


class HubRefused(StartError):
    """The hub answered with an error; its text is the hub's own message."""


class HubClient:
    """Speaks to one hub. `log_in` comes first for everything but pairing."""

    def __init__(self, session: aiohttp.ClientSession, pages: aiohttp.ClientSession, url: str) -> None:
        """`pages`: the same browser's, on a standing connection."""
        self._session, self._pages = session, pages
        self._url = url
        self._csrf = ""

    async def ready(self) -> bool:
        """Whether the hub answers."""
        try:
            async with self._session.get(f"{self._url}/healthz") as answer:
                return answer.status == HTTPStatus.OK
        except aiohttp.ClientError:
            return False

    async def pair(self, slip: Slip) -> dict[str, str]:
        """Exchange the room's code for its credential."""
        body = {"code": slip.code, "version": __version__, "machine": "demo"}
        found = await self._call("POST", "/api/v1/endpoint/pair", body)
        return {"code": slip.endpoint_code, "credential": found["credential"]}

    async def pair_all(self, slips: Sequence[Slip]) -> AsyncIterator[dict[str, str]]:
        """Pair every room; credentials come as they are ready."""
        gate = asyncio.Semaphore(PAIRING_AT_ONCE)

        async def one(slip: Slip) -> dict[str, str]:
            async with gate:
                return await self.pair(slip)

        for done in asyncio.as_completed([one(slip) for slip in slips]):
            yield await done

    async def log_in(self, username: str, password: str) -> None:
        """Log in by the form, as a person does."""
        form = {"username": username, "password": password, "csrf_token": await self._token("/login")}
        async with self._session.post(f"{self._url}/login", data=form, allow_redirects=False) as answer:
            if answer.status != HTTPStatus.SEE_OTHER:
                raise HubRefused(f"POST /login: {answer.status}")
        self._csrf = await self._token("/")

    async def _token(self, path: str) -> str:
        """The CSRF token that the page carries."""
        async with self._session.get(self._url + path) as answer:
            found = CSRF_META.search(await answer.text())
        if found is None:
            raise HubRefused(f"GET {path}: {answer.status}, a page without a CSRF token")
        return found[1]

    async def create_session(self, wanted: dict[str, Any]) -> int:
        """A scheduled session."""
        made = await self._call("POST", "/api/v1/sessions", wanted)
        session_id = int(made["session"]["id"])
        await self.step(session_id, "schedule")
        return session_id

    async def step(self, session_id: int, name: str) -> None:
        """`schedule`, `open-lobby`, `start` or `end`."""
        await self._call("POST", f"/api/v1/sessions/{session_id}/{name}")

    async def create_course(self, title: str, unit_id: int, session_id: int) -> int:
        """A course of the unit with this one session."""
        made = await self._call("POST", "/api/v1/courses", {"title": title, "unit_id": unit_id})
        course_id = int(made["course"]["id"])
        await self._call("POST", f"/api/v1/courses/{course_id}/sessions", {"session_id": session_id})
        return course_id

    async def state(self, session_id: int) -> str:
        """Where the session stands in its life."""
        found = await self._call("GET", f"/api/v1/sessions/{session_id}")
        return str(found["session"]["state"])

    async def joined(self, session_id: int) -> int:
        """How many rooms the hub knows to be in the media room, chair included."""
        live = await self._call("GET", f"/api/v1/sessions/{session_id}/live")
        return sum(row["state"] == "joined" for row in live["rows"])

    async def give_floor(self, session_id: int, identity: str) -> None:
        """The control room's order."""
        await self._call("PUT", f"/api/v1/sessions/{session_id}/stage/{identity}")

    async def take_floor(self, session_id: int, identity: str) -> None:
        """The same."""
        await self._call("DELETE", f"/api/v1/sessions/{session_id}/stage/{identity}")

    async def enter_as_room(self, credential: str, session_id: int) -> None:
        """Become the page in a room's own browser: by a ticket, as the room's machine opens it."""
        found = await self._call(
            "POST", "/api/v1/endpoint/ticket", {"session": session_id}, bearer=credential
        )
        form = {"ticket": found["ticket"]}
        async with self._session.post(found["enter_url"], data=form, allow_redirects=False) as answer:
            if answer.status != HTTPStatus.SEE_OTHER:
                raise HubRefused(f"POST {found['enter_url']}: {answer.status}")
        self._csrf = await self._token(f"/sessions/{session_id}/room")

    async def raise_hand(self, session_id: int) -> None:
        """Ask for the floor; after `enter_as_room`."""
        await self._call("POST", f"/api/v1/sessions/{session_id}/hand", {})

    async def add_viewer(self, username: str, password: str, unit_id: int) -> None:
        """An account that may look at everything in the unit's branch and do nothing."""
        grants = [{"role": "viewer", "unit_id": unit_id}]
        wish = {"username": username, "display_name": username, "password": password, "grants": grants}
        await self._call("POST", "/api/v1/accounts", wish)

    async def page(self, path: str) -> bool:
        """Open a page as this browser; whether it came."""
        async with self._pages.get(self._url + path, allow_redirects=False) as answer:
            await answer.read()
            return answer.status == HTTPStatus.OK

    async def press(self, path: str) -> None:
        """Send a page's form that is only a button."""
        form = {"csrf_token": self._csrf}
        async with self._session.post(self._url + path, data=form, allow_redirects=False) as answer:
            if answer.status != HTTPStatus.SEE_OTHER:
                raise HubRefused(f"POST {path}: {answer.status}")

    async def call(self, method: str, path: str, body: object = None, *, bearer: str = "") -> Any:
        """Any operation of the API; `bearer` instead of this browser's cookie. Raises HubRefused."""
        return await self._call(method, path, body, bearer=bearer)

    async def _call(self, method: str, path: str, body: object = None, *, bearer: str = "") -> Any:
        """A hub that is pressed did nothing, and is asked again when it wishes; so is one that is just being
        started again."""
        headers = {"X-CSRF-Token": self._csrf, "Accept": "application/json", "Accept-Language": "en"}
        if bearer:
            headers["Authorization"] = f"Bearer {bearer}"
        begun = time.monotonic()
        while True:
            wait_s = 1.0
            try:
                async with self._session.request(
                    method, self._url + path, json=body, headers=headers
                ) as answer:
                    text = await answer.text()
                    if answer.status < HTTPStatus.BAD_REQUEST:
                        return json.loads(text) if text else None
                    after = answer.headers.get("Retry-After", "")
                    pressed = answer.status == HTTPStatus.SERVICE_UNAVAILABLE and after.isdigit()
                    if not pressed or time.monotonic() > begun + PATIENCE_S:
                        raise HubRefused(f"{method} {path}: {answer.status} {text[:500]}")
                    wait_s = float(after)
            except aiohttp.ClientConnectorError as error:
                if time.monotonic() > begun + AWAY_S:
                    raise HubRefused(f"{method} {path}: no hub answers at {self._url} ({error})") from error
            except (aiohttp.ClientError, TimeoutError) as error:
                raise HubRefused(f"{method} {path}: the hub did not answer ({error!r})") from error
            await asyncio.sleep(wait_s * random.uniform(1.0, 1.5))


@asynccontextmanager
async def open_client(url: str) -> AsyncIterator[HubClient]:
    """A client for the length of the block."""
    timeout = aiohttp.ClientTimeout(total=PATIENCE_S)
    jar = aiohttp.CookieJar(unsafe=True)  # a province's hub has an address for a name
    # A connection that was kept may be that of a hub killed since: what is sent on it is lost unanswered.
    fresh = aiohttp.TCPConnector(force_close=True)
    async with (
        aiohttp.ClientSession(timeout=timeout, cookie_jar=jar, connector=fresh) as session,
        aiohttp.ClientSession(timeout=timeout, cookie_jar=jar) as pages,
    ):
        yield HubClient(session, pages, url)
