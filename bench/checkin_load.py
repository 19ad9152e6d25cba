"""The people of 300 rooms, in a process of their own: phones one by one, then tablets in batches.

Talks by one JSON line: what was done and how long it took. Run by `bench.checkin`.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.http_load import Connection

BATCH = 40
"""Ticks that a tablet sends at once: a row of seats or two."""
FRESH_S = 12.0
"""A room's code is asked for anew after so long: it is shown for 20 s."""


class Room:
    """One room: its connection, its tablet's token, and who sits in it."""

    def __init__(self, url: str, session: int, number: int, token: str, people: list[int]) -> None:
        self.connection = Connection(url)
        self.session, self.number, self.token = session, number, token
        self.phones = people[0::3]
        self.tablet = [person for person in people if person not in set(self.phones)]
        self._code, self._code_at = "", 0.0
        self._visits: list[tuple[str, str, str]] = []
        self.took_s: list[float] = []

    @property
    def _bearer(self) -> str:
        return f"Authorization: Bearer {self.token}"

    async def _shown(self) -> str:
        """The token of the code on the room's screen."""
        if time.monotonic() - self._code_at > FRESH_S:
            path = f"/api/v1/tablet/sessions/{self.session}/code"
            found = (await self.connection.call("GET", path, None, self._bearer)).json()
            self._code, self._code_at = found["url"].rpartition("/")[2], time.monotonic()
        return self._code

    async def visit(self) -> int:
        """Each phone opens the room's page, and finds its owner's name there."""
        path = f"/api/v1/tablet/sessions/{self.session}"
        sheet = (await self.connection.call("GET", path, None, self._bearer)).json()
        names = {one["id"]: one["name"] for one in sheet["people"]}
        for person in self.phones:
            answer = await self.connection.call("POST", "/api/v1/phone/visit", {"token": await self._shown()})
            visit, cookie = answer.json()["visit"], answer.cookie
            wish = {"visit": visit, "q": names[person]}
            found = await self.connection.call("POST", "/api/v1/phone/search", wish, f"Cookie: {cookie}")
            pick = next(one["id"] for one in found.json()["people"] if one["id"].startswith(f"{person}."))
            self._visits.append((pick, visit, cookie))
        return len(self.phones)

    async def check_in(self) -> int:
        """Each phone says who it is."""
        self.took_s = []
        for pick, visit, cookie in self._visits:
            body = {"visit": visit, "kind": "in", "attendee": pick}
            answer = await self.connection.call("POST", "/api/v1/phone/check-in", body, f"Cookie: {cookie}")
            answer.json()
            self.took_s.append(answer.took_s)
        return len(self._visits)

    async def tick(self) -> int:
        """The tablet ticks the others off."""
        self.took_s = []
        path = f"/api/v1/tablet/sessions/{self.session}/events"
        for start in range(0, len(self.tablet), BATCH):
            now = datetime.now(UTC).isoformat()
            events = [
                {"key": f"bench:{self.number}:{person}", "kind": "in", "at": now, "way": "tablet"}
                | {"attendee": person}
                for person in self.tablet[start : start + BATCH]
            ]
            answer = await self.connection.call(
                "POST", path, {"sent_at": now, "events": events}, self._bearer
            )
            results = answer.json()["results"]
            refused = [one for one in results if one["result"] != "stored"]
            if refused:
                raise RuntimeError(f"room {self.number}: {refused[0]}")
            self.took_s.append(answer.took_s)
        return len(self.tablet)


async def measured(rooms: list[Room], name: str, work: Callable[[Room], Awaitable[int]]) -> dict[str, Any]:
    """All rooms at once."""
    cpu, begun = time.process_time(), time.monotonic()
    done = sum(await asyncio.gather(*(work(room) for room in rooms)))
    took_s = time.monotonic() - begun
    waits = sorted(one for room in rooms for one in room.took_s)
    return {
        "name": name,
        "done": done,
        "seconds": took_s,
        "own_cpu_s": time.process_time() - cpu,
        "p50_ms": 1000 * waits[len(waits) // 2] if waits else 0.0,
        "p95_ms": 1000 * waits[len(waits) * 95 // 100] if waits else 0.0,
    }


async def run(url: str, plan: dict[str, Any]) -> list[dict[str, Any]]:
    """The three parts, one after the other."""
    people, tablets = plan["people"], plan["tablets"]
    rooms = [Room(url, plan["session"], int(number), tablets[number], people[number]) for number in people]
    for room in rooms:
        await room.connection.open()
    found = [
        await measured(rooms, "visits", Room.visit),
        await measured(rooms, "single", Room.check_in),
        await measured(rooms, "batches", Room.tick),
    ]
    for room in rooms:
        await room.connection.close()
    return found


def main(arguments: list[str]) -> int:
    """`python -m bench.checkin_load URL PLAN.json`."""
    url, plan = arguments
    print(json.dumps(asyncio.run(run(url, json.loads(Path(plan).read_text())))))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
