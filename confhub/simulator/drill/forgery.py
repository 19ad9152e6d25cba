"""The forgery: forgers at their doors while honest people check in; what they changed, what the trail says,
what one undoing takes back."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from sqlalchemy import func, select

from confhub.access.rules import SYSTEM
from confhub.accounts.service import AccountService
from confhub.accounts.values import GrantWish
from confhub.audit.models import AuditRow
from confhub.checkin.models import PersonEvent, UndoneEvent
from confhub.db.database import Database
from confhub.kernel.clock import Clock
from confhub.kernel.ids import UnitId
from confhub.kernel.permissions import Role
from confhub.org.published import UnitColumns
from confhub.people.published import PersonColumns
from confhub.registry.published import RoomColumns
from confhub.simulator.drill.bounds import Bound, percentile
from confhub.simulator.drill.forgers import SENDS_AWAY
from confhub.simulator.province.hub_client import HubClient
from confhub.simulator.province.people import Register
from confhub.simulator.province.scene import Scene, read_json
from confhub.simulator.province.tree import Slip

OPERATOR, PASSWORD = "can-bo-nhanh-khac", "chỉ phụ trách một xã 2026"
OTHERS_MAX: Final = 2_000
OWN: Final = 20
NAMES_KNOWN: Final = 24
"""People of the phone's room whose names it knows: two visits."""
DOORS: Final = 4
SLOWER_MAX: Final = 2.0
QUICK_S: Final = 0.25
"""Honest check-ins at the 95th percentile: at most so many times as long as without the attack; or so quick
that nobody notices."""
NOTED: Final = ("checkin:person:refuse", "checkin:move:ask", "checkin:code:fail", "http:request:throttle")
WHY: Final = "Điểm danh giả trong diễn tập"


@dataclass
class Forgery:
    """What was measured. `strayed`: events of the forgers about people of other rooms that were stored;
    `noted`: refusals and requests in the audit trail; `left`: of the tablet's events that still count after
    the undoing; seconds of honest check-ins with and without the attack."""

    answers: dict[str, dict[str, int]] = field(default_factory=dict)
    names: int = 0
    strayed: int = 0
    stored: int = 0
    undone: int = 0
    left: int = 0
    noted: int = 0
    from_unix: float = 0.0
    to_unix: float = 0.0
    p95_s: float = 0.0
    p95_calm_s: float = 0.0
    counted: int = 0
    counted_calm: int = 0

    @property
    def attempts(self) -> int:
        """Everything that was tried and not stored as it was meant."""
        return sum(
            number for told in self.answers.values() for what, number in told.items() if _refused(what)
        )

    @property
    def sent_away(self) -> int:
        """Check-outs by a phone that was not the person's, which were stored."""
        return self.answers.get(SENDS_AWAY, {}).get("stored", 0)

    @property
    def unheard(self) -> int:
        return sum(
            n for told in self.answers.values() for what, n in told.items() if what.startswith("unheard")
        )

    def take_times(self, took: Sequence[tuple[float, float]]) -> None:
        """(Unix seconds, seconds) of the crowd's check-ins: during the attack, and as long before it."""
        length = self.to_unix - self.from_unix
        during = [s for at, s in took if self.from_unix <= at < self.to_unix]
        calm = [s for at, s in took if self.from_unix - length <= at < self.from_unix]
        self.counted, self.counted_calm = len(during), len(calm)
        self.p95_s = percentile(during, 95) if during else 0.0
        self.p95_calm_s = percentile(calm, 95) if calm else 0.0

    def bounds(self) -> list[Bound]:
        """What has to hold."""
        tried = ", ".join(f"{who} {sum(told.values()):,}" for who, told in self.answers.items())
        quick = self.p95_s <= max(QUICK_S, SLOWER_MAX * self.p95_calm_s)
        before = f"{self.p95_calm_s:.3f} s of {self.counted_calm}"
        times = f"p95 {self.p95_s:.3f} s of {self.counted}, before {before}"
        back = f"{self.undone} of {self.stored}, {self.left} left"
        doors = len(self.answers) == DOORS
        return [
            Bound("forgers: all doors tried", doors and not self.unheard, tried or "none"),
            Bound("forgers: 0 people of other rooms changed", not self.strayed, str(self.strayed)),
            Bound("forgers: nobody sent away by a phone", not self.sent_away, str(self.sent_away)),
            Bound("forgers: 0 names told", not self.names, str(self.names)),
            Bound(
                "forgers: every attempt in the audit", 0 < self.attempts <= self.noted,
                f"{self.noted:,} of {self.attempts:,}",
            ),
            Bound(
                "forgers: honest check-ins as fast as before", quick and self.counted > 0, times, timing=True
            ),
            Bound("forgers: one undo takes all back", 0 < self.stored == self.undone and not self.left, back),
        ]  # fmt: skip


def _refused(what: str) -> bool:
    return what not in ("stored", "doubled") and not what.startswith("unheard")


@dataclass
class Forgers:
    """The director's hand on them; the calls come in the order in which they stand here."""

    scene: Scene
    found: Forgery = field(default_factory=Forgery)
    _wish: dict[str, Any] = field(default_factory=dict)
    _tablet_room: int = 0
    _phone_room: str = ""
    _rooms: dict[int, int] = field(default_factory=dict)
    """Person → the number of the room on whose list they stand."""

    async def prepare(self, rooms: Sequence[Slip], register: Register, clock: Clock) -> None:
        """Before the hub starts: an operator for the smallest branch, and of whom will be told."""
        database = Database(self.scene.database_url)
        try:
            paths = await _paths(database, rooms)
            deepest = max(rooms, key=lambda slip: (paths[slip.endpoint_code].count("/"), slip.endpoint_code))
            branch = paths[deepest.endpoint_code]
            tablet_room = next(slip for slip in rooms if slip is not deepest)
            phone_room = next(slip for slip in rooms if slip not in (deepest, tablet_room))
            unit = UnitId(int(branch.strip("/").rpartition("/")[2]))
            grants = [GrantWish(Role.OPERATOR, unit)]
            await AccountService(database, clock).create_account(SYSTEM, OPERATOR, PASSWORD, OPERATOR, grants)
            here = [one for one, room in register.room_of.items() if room == phone_room.endpoint_code]
            names = await _names(database, here[:NAMES_KNOWN])
        finally:
            await database.close()
        room_of = register.room_of
        numbers = {slip.endpoint_code: int(slip.endpoint_id) for slip in rooms}
        self._rooms = {one: numbers[room] for one, room in room_of.items()}
        own = [one for one, room in room_of.items() if room == tablet_room.endpoint_code]
        self._tablet_room, self._phone_room = tablet_room.endpoint_id, phone_room.endpoint_code
        self._wish = {
            "operator": OPERATOR, "password": PASSWORD, "operator_room": int(deepest.endpoint_id),
            "tablet_own": own[:OWN],
            "tablet_others": _spread([one for one in room_of if one not in set(own)]),
            "operator_others": _spread(
                [one for one, room in room_of.items() if not paths[room].startswith(branch)]
            ),
            "phone_people": _spread(
                [one for one, room in room_of.items() if room != phone_room.endpoint_code]
            ),
            "phone_names": names,
        }  # fmt: skip

    async def forge(
        self, client: HubClient, credentials: dict[str, str], session_id: int, seconds: float
    ) -> None:
        """Enter by the doors, forge, and take back what one tablet told."""
        slip = await client.call("POST", f"/api/v1/endpoints/{self._tablet_room}/tablet-code")
        entered = await client.call("POST", "/api/v1/tablet/enter", {"code": slip["code"], "name": "giả"})
        path = f"/api/v1/endpoint/sessions/{session_id}/code"
        shown = await client.call("GET", path, bearer=credentials[self._phone_room])
        self._wish |= {
            "session": session_id, "tablet_token": entered["token"],
            "token": str(shown["url"]).rpartition("/")[2],
        }  # fmt: skip
        folder, found = self.scene.folder, self.found
        wish, report = folder / "forgers-wish.json", folder / "forgers.json"
        _write(wish, self._wish)
        found.from_unix = time.time()
        await _run(self.scene.url, folder, wish, report, seconds)
        found.to_unix = time.time()
        told = read_json(report)
        found.answers, found.names = told.get("answers", {}), len(told.get("names", []))
        found.stored = told.get("stored", {}).get("tablet", 0)
        await self._take_back(client, session_id, int(entered["endpoint"]["id"]))

    async def _take_back(self, client: HubClient, session_id: int, room: int) -> None:
        database = Database(self.scene.database_url)
        try:
            async with database.reading() as tx:
                e = PersonEvent
                forged = e.key.contains(":forged-")
                query = select(e.attendee_id, e.endpoint_id).where(e.session_id == session_id, forged)
                told = (await tx.execute(query)).all()
                self.found.strayed = sum(self._rooms[row[0]] != row[1] for row in told)
                source = await tx.scalar(
                    select(e.by).where(e.session_id == session_id, e.endpoint_id == room, forged).limit(1)
                )
            body = {"source": source or "", "reason": WHY}
            undone = await client.call("POST", f"/api/v1/sessions/{session_id}/checkin/undo", body)
            self.found.undone = int(undone["events"])
            async with database.reading() as tx:
                left = select(func.count()).select_from(e).where(e.session_id == session_id, e.by == source)
                gone = select(UndoneEvent.event_id).where(UndoneEvent.session_id == session_id)
                self.found.left = int(await tx.scalar(left.where(e.id.not_in(gone))) or 0)
        finally:
            await database.close()

    async def settle(self) -> None:
        """The hub has stopped and written its trail."""
        database = Database(self.scene.database_url)
        try:
            async with database.reading() as tx:
                query = select(AuditRow.details).where(AuditRow.action.in_(NOTED))
                self.found.noted = sum(int(row.get("count", 0)) for row in await tx.scalars(query))
        finally:
            await database.close()


def _write(path: Path, wish: dict[str, Any]) -> None:
    """Keys and passwords are nobody else's to read."""
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        json.dump(wish, file)


async def _run(hub: str, folder: Path, wish: Path, report: Path, seconds: float) -> None:
    argv = [sys.executable, "-m", "confhub.simulator.drill.forgers", "--hub", hub, "--seconds", str(seconds)]
    argv += ["--wish", str(wish), "--report", str(report)]
    with (folder / "forgers.log").open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            *argv, stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log
        )
    try:
        await process.wait()
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()


async def _paths(database: Database, rooms: Sequence[Slip]) -> dict[str, str]:
    """Room's code → its unit's path."""
    e = RoomColumns
    async with database.reading() as tx:
        rows = await tx.execute(select(e.code, UnitColumns.path).join(*UnitColumns.of(e.unit_id)))
        found = {row[0]: row[1] for row in rows}
    return {slip.endpoint_code: found[slip.endpoint_code] for slip in rooms}


async def _names(database: Database, people: Sequence[int]) -> list[str]:
    """What these people are called, each name once."""
    async with database.reading() as tx:
        rows = await tx.scalars(select(PersonColumns.name).where(PersonColumns.id.in_(people)))
        return sorted(set(rows))


def _spread(people: Sequence[int]) -> list[int]:
    """At most `OTHERS_MAX` of them, from all over."""
    step = max(1, len(people) // OTHERS_MAX)
    return list(people[::step][:OTHERS_MAX])
