"""A hall to test in: persons and rooms, each with a browser of their own, and the hub's API behind them."""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, BrowserContext, Page

PASSWORD = "một câu dài dễ nhớ"
ENTER_PAGE = Path(__file__).resolve().parents[3] / "endpoints" / "kiosk" / "enter.html"
PICTURE = ".tile[data-picture=on]:not([data-own=true])"

_files = itertools.count(1)


@dataclass(frozen=True)
class Hub:
    """A running hub."""

    url: str
    data: Path

    @property
    def relay_pid(self) -> int | None:
        """Of the relay that the hub runs now."""
        pid = json.loads((self.data / "relay.json").read_text())["pid"]
        return None if pid is None else int(pid)


@dataclass
class Hall:
    """`desk` is the organizer's tab."""

    browser: Browser
    hub: Hub
    folder: Path
    desk: Page
    faults: list[str] = field(default_factory=list)
    credentials: dict[str, str] = field(default_factory=dict)

    @classmethod
    async def opened(cls, browser: Browser, hub: Hub, folder: Path) -> Hall:
        """With the organizer logged in."""
        context = await browser.new_context(base_url=hub.url, locale="en-GB")
        hall = cls(browser, hub, folder, await context.new_page())
        hall._watch(context)
        await hall.desk.goto("/login")
        await hall.desk.fill("[name=username]", "admin")
        await hall.desk.fill("[name=password]", PASSWORD)
        await hall.desk.click("form[action='/login'] button[type=submit]")
        await hall.desk.wait_for_url("**/")
        return hall

    def _watch(self, context: BrowserContext) -> None:
        context.on("weberror", lambda error: self.faults.append(str(error.error)))

    async def ask(self, method: str, path: str, body: Any = None) -> Any:
        """One call of the API as the organizer; gives the answer's JSON."""
        token = await self.desk.locator("meta[name=csrf-token]").get_attribute("content")
        answer = await self.desk.context.request.fetch(
            f"/api/v1{path}", method=method, data=body, headers={"X-CSRF-Token": token or ""}
        )
        text = await answer.text()
        assert answer.ok, f"{method} {path}: {answer.status} {text}"
        return json.loads(text) if text else None

    async def endpoints(self) -> dict[str, int]:
        """Code → id of every room."""
        listed = await self.ask("GET", "/endpoints")
        return {one["code"]: one["id"] for one in listed["endpoints"]}

    async def alone(self) -> None:
        """No session of an earlier test keeps a room."""
        for state, step in (("lobby", "cancel"), ("live", "end")):
            for one in (await self.ask("GET", f"/sessions?state={state}"))["sessions"]:
                await self.ask("POST", f"/sessions/{one['id']}/{step}", {})

    async def session(
        self,
        *,
        lobby: bool = True,
        floor_auto_accept: bool = True,
        title: str = "Họp thử",
        beside: bool = False,
    ) -> int:
        """A session of all rooms, led from T.00; its lobby open unless `lobby` is False. `beside`: those that
        are open already stay so."""
        if not beside:
            await self.alone()
        rooms = await self.endpoints()
        units = await self.ask("GET", "/units")
        made = await self.ask(
            "POST",
            "/sessions",
            {
                "title": title,
                "unit_id": units["units"][0]["id"],
                "starts_at": (datetime.now(UTC) + timedelta(hours=3)).isoformat(),
                "length_min": 60,
                "chair_endpoint_id": rooms["T.00"],
                "participants": {"include_endpoints": list(rooms.values())},
                "floor_auto_accept": floor_auto_accept,
            },
        )
        session = int(made["session"]["id"])
        await self.ask("POST", f"/sessions/{session}/schedule")
        if lobby:
            await self.ask("POST", f"/sessions/{session}/open-lobby")
        return session

    async def pair(self, code: str) -> str:
        """The room's credential, got by a pairing code as its machine does."""
        if code not in self.credentials:
            slip = await self.ask("POST", f"/endpoints/{(await self.endpoints())[code]}/pairing-code")
            body = {"code": slip["code"], "version": "0", "machine": "test"}
            paired = await self.ask("POST", "/endpoint/pair", body)
            self.credentials[code] = paired["credential"]
        return self.credentials[code]

    async def ticket(self, code: str, session: int) -> dict[str, Any]:
        """A single-use ticket for the room's browser."""
        answer = await self.desk.context.request.post(
            "/api/v1/endpoint/ticket",
            data={"session": session},
            headers={"Authorization": f"Bearer {await self.pair(code)}"},
        )
        assert answer.ok, await answer.text()
        found: dict[str, Any] = await answer.json()
        return found

    async def kiosk(self, code: str, session: int, browser: Browser | None = None) -> Page:
        """The room's own browser, opened as its machine does: on a local file that posts the ticket.
        `browser`: a Firefox, which asks nobody for its fake devices; Chromium where there is none."""
        ticket = await self.ticket(code, session)
        page = ENTER_PAGE.read_text("utf-8")
        page = page.replace("{{ enter_url }}", ticket["enter_url"]).replace("{{ ticket }}", ticket["ticket"])
        local = self.folder / f"enter-{next(_files)}.html"
        local.write_text(page, "utf-8")
        context = await (browser or self.browser).new_context(base_url=self.hub.url, locale="en-GB")
        if browser is None:
            await context.grant_permissions(["camera", "microphone"], origin=self.hub.url)
        self._watch(context)
        tab = await context.new_page()
        await tab.goto(local.as_uri())
        await tab.wait_for_url(f"**/sessions/{session}/room")
        return tab

    async def person(self, session: int) -> Page:
        """The organizer's second tab, joined in the session."""
        await self.desk.context.grant_permissions(["camera", "microphone"], origin=self.hub.url)
        tab = await self.desk.context.new_page()
        await tab.goto(f"/sessions/{session}/room")
        await tab.click("#join")
        await tab.wait_for_selector("body[data-link=joined]")
        return tab
