"""The director's hand on the played crowd: people and lists before, its process, the verdict after."""

from __future__ import annotations

import asyncio
import time
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import aiohttp

from confhub.access.rules import SYSTEM
from confhub.attendance.rules import Span
from confhub.checkin.deriving import derive
from confhub.checkin.inputs import breaks as stored_breaks
from confhub.checkin.sealing import SealService
from confhub.checkin.service import CheckinService
from confhub.db.database import Database
from confhub.kernel.ids import SessionId
from confhub.reports.people.model import PeopleHeader, PersonLine, PersonStatus
from confhub.reports.people.service import PeopleReportService
from confhub.simulator.province.hub_client import HubClient, HubRefused
from confhub.simulator.province.people import Register, announce_absences, import_people
from confhub.simulator.province.people_outcome import PeopleOutcome
from confhub.simulator.province.scene import TITLE, Scene, endpoint_program, read_json
from confhub.simulator.province.tree import Province
from confhub.simulator.truth.people import WITH_LEAVE, WITHOUT_LEAVE, Reported, Setting, added_up, compare
from confhub.simulator.truth.played import guest_key, person_key, read_truth
from confhub.simulator.truth.rooms import AFTER_KILL_S, TOLERANCE_S, read_diary

NICENESS: Final = 10
"""40,000 people have tablets and phones of their own; here they give way to the hub."""
READY_TIMEOUT_S: Final = 90.0
QUIET_TIMEOUT_S: Final = 300.0
"""Phones are taken until the session ends: it ends once they are answered."""
INSIST_S: Final = 60.0
DELIVERY_GRACE_S: Final = 300.0
"""After the end tablets go on offering until the hub has acknowledged; so long it may take on a busy
machine."""
FILE_NAME: Final = "diem-danh-bo-sung.csv"


class PlayedCrowd:
    """One run's people; the calls come in the order in which they stand here."""

    def __init__(self, scene: Scene, people: int, seed: int) -> None:
        self.scene, self.seed = scene, seed
        self.outcome = PeopleOutcome(people)
        self.register = Register()
        folder = scene.folder
        self._people, self._truth = folder / "people.json", folder / "crowd-truth.jsonl"
        self._status, self._leave = folder / "crowd-status.json", folder / "crowd-leave"
        self._file = folder / FILE_NAME
        self._break: asyncio.Task[tuple[Span, Span]] | None = None

    async def import_people(self, province: Province) -> None:
        """Before the hub starts: everybody into the register and on their room's list."""
        scene, people = self.scene, self.outcome.people
        begun = time.monotonic()
        work = import_people(
            scene.database_url, scene.clock, province.rooms[: scene.rooms], people, self.seed
        )
        self.register = await scene.busy(f"Importing {people:,} people", work)
        self.outcome.seconds = round(time.monotonic() - begun, 1)

    async def announce(self, client: HubClient, province: Province, session_id: int) -> None:
        """Before the lobby opens: a course with this session, and notices of absence."""
        scene = self.scene
        await client.create_course(TITLE, province.root, session_id)
        work = announce_absences(scene.database_url, scene.clock, session_id, self.register, self.seed)
        self.outcome.absences = await scene.busy("Entering notices of absence", work)

    async def start(self, session_id: int, seconds: float, last_arrival: float = 0.65) -> None:
        """The lobby is open: the tablets read their lists, and people begin to come; the last after that
        share of the time."""
        scene = self.scene
        self.register.write(self._people)
        options = {
            "hub": scene.url, "credentials": scene.folder / "rooms.jsonl", "people": self._people,
            "session": session_id, "seconds": f"{seconds:.1f}", "last-arrival": last_arrival,
            "truth": self._truth, "file": self._file, "status": self._status,
            "leave-file": self._leave, "seed": self.seed,
        }  # fmt: skip
        argv = [*endpoint_program(), "crowd"]
        for name, value in options.items():
            argv += [f"--{name}", str(value)]
        await scene.start("crowd", argv, NICENESS)

        async def ready() -> int:
            return int(bool(read_json(self._status).get("ready")))

        await scene.wait("Tablets reading their lists", 1, ready, READY_TIMEOUT_S)

    def call_break(self, client: HubClient, session_id: int, after_s: float, length_s: float) -> None:
        """The organizer calls a break so long after now. Nobody's minutes run in it."""
        self._break = asyncio.create_task(_call_break(client, session_id, after_s, length_s))

    def told(self) -> str:
        """How far it is, for a line of progress."""
        status = read_json(self._status)
        done = status.get("done", {})
        came = sum(number for name, number in done.items() if name.startswith("in "))
        return f"check-ins {came:,} of {status.get('planned', 0):,}"

    def took(self) -> list[tuple[float, float]]:
        """(Unix seconds, seconds to the answer) of each delivery of check-ins."""
        return [(at, took_s) for at, took_s in read_json(self._status).get("took", [])]

    async def leave(self) -> None:
        """Nobody does anything new; what tablets have is delivered, but for the few held back."""
        self._leave.touch()
        if self._break is not None:
            self.outcome.breaks = 1
            await self.scene.busy("Waiting for the end of the break", self._break)

        async def quiet() -> int:
            return int(bool(read_json(self._status).get("quiet")))

        await self.scene.wait(
            "Tablets delivering what they have", 1, quiet, QUIET_TIMEOUT_S, must=False
        )  # fmt: skip

    async def finish(self) -> None:
        """After the session's end: what was held back is delivered."""
        await self.scene.busy(
            "The last tablets are delivering", self.scene.programs["crowd"].stop(DELIVERY_GRACE_S)
        )
        self.outcome.take_status(read_json(self._status))
        if not read_json(self._status).get("final"):
            self.outcome.surprise(f"the crowd did not end: {self.scene.programs['crowd'].tail()}")

    async def settle(self, session_id: int, *, killed: bool, silence_s: float = 0.0) -> None:
        """The hub has stopped: enter the file, derive, and hold the report against the truth. `silence_s`:
        how long a room may hear nothing of its line, where no media tells it sooner."""
        tolerance_s = (AFTER_KILL_S if killed else TOLERANCE_S) + silence_s
        await self.scene.busy("Comparing person by person", self._settle(session_id, tolerance_s))

    async def _settle(self, session_id: int, tolerance_s: float) -> None:
        scene, outcome = self.scene, self.outcome
        database = Database(scene.database_url)
        try:
            await self._enter_file(database, session_id)
            async with database.transaction() as tx:
                await derive(tx, session_id, scene.clock.now())
            async with database.reading() as tx:
                breaks = [Span(start, end) for start, end in await stored_breaks(tx, session_id) if end]
            reports = PeopleReportService(database, scene.clock)
            async with reports.export(SYSTEM, SessionId(session_id)) as export:
                reported = [
                    self._reported(line) async for group in export.people for line in group
                ]  # fmt: skip
                report = export.report
            await self._seal(database, SessionId(session_id))
        finally:
            await database.close()
        truth = read_truth(self._truth.read_text(encoding="utf-8").splitlines())
        self._check_breaks(breaks)
        setting = _setting(report.header, breaks, tolerance_s)
        expected = self.register.expected()
        compared = compare(truth, expected, reported, self._connections(session_id), setting)
        outcome.take(truth, compared, report.totals, added_up(reported))
        outcome.people_compared = len(expected.keys() | truth.moments.keys())
        outcome.intervals_compared = sum(len(row.spans) for row in reported)

    async def _seal(self, database: Database, session_id: SessionId) -> None:
        """Close the attendance, verify the chain, and derive everything once more."""
        seals = SealService(database, self.scene.clock)
        if owing := await seals.owing(SYSTEM, session_id):
            rooms = ", ".join(one.code for one in owing[:5])
            self.outcome.surprise(f"{len(owing)} rooms still owe check-ins: {rooms}")
        self.outcome.seal = await seals.close(SYSTEM, session_id, even_so=True)
        verified = await seals.verify(session_id, self.outcome.seal)
        rebuilt = await seals.rebuild(session_id)
        self.outcome.sealed_rows = verified.rows
        if not verified.holds:
            self.outcome.surprise(f"the seal does not hold: {verified}")
        if not rebuilt.identical:
            self.outcome.surprise(f"derived anew, the figures are others: {rebuilt}")

    def _check_breaks(self, stored: list[Span]) -> None:
        """The hub names a break's bounds; they have to lie where it was asked for them."""
        if self._break is None:
            return
        begun, ended = self._break.result()
        right = [one for one in stored if _within(one.start, begun) and _within(one.end, ended)]
        if len(right) != 1 or len(stored) != 1:
            self.outcome.surprise(f"a break asked for in {begun} to {ended} is {stored}")

    async def _enter_file(self, database: Database, session_id: int) -> None:
        """The file afterwards, twice: the second time nothing may change."""
        content = self._file.read_bytes() if self._file.exists() else b""
        if content.count(b"\n") < 2:
            return
        service, session = CheckinService(database, self.scene.clock), SessionId(session_id)
        first = await service.from_file(SYSTEM, session, FILE_NAME, content, dry=False)
        again = await service.from_file(SYSTEM, session, FILE_NAME, content, dry=False)
        self.outcome.filed = first.stored
        if first.refused or first.doubled or again.stored or again.refused:
            told = [asdict(receipt) | {"lines": ()} for receipt in (first, again)]
            self.outcome.surprise(f"the file afterwards: {told}")

    def _reported(self, line: PersonLine) -> Reported:
        known = line.attendee_id in self.register.room_of
        absent = {PersonStatus.WITH_LEAVE: WITH_LEAVE, PersonStatus.WITHOUT_LEAVE: WITHOUT_LEAVE}
        return Reported(
            person_key(line.attendee_id) if known else guest_key(line.room_code, line.name),
            line.room_code,
            line.expected,
            tuple(Span(start, end) for start, end in line.stretches),
            line.completed,
            absent.get(line.status, ""),
        )

    def _connections(self, session_id: int) -> dict[str, list[Span]]:
        """By room, from the rooms' own diaries."""
        found: dict[str, list[Span]] = {}
        for entry in read_diary(_lines(self.scene.diaries), session_id):
            found.setdefault(entry.code, []).append(entry.span)
        return found


async def _call_break(
    client: HubClient, session_id: int, after_s: float, length_s: float
) -> tuple[Span, Span]:
    """When it was asked to begin, and to end: from the request to the answer."""
    asked = []
    for what, wait_s in (("begin", after_s), ("end", length_s)):
        await asyncio.sleep(wait_s)
        before = datetime.now(UTC)
        await _insist(client, f"/sessions/{session_id}/checkin/break-{what}")
        asked.append(Span(before, datetime.now(UTC)))
    return asked[0], asked[1]


async def _insist(client: HubClient, path: str) -> None:
    """Press the button again where the hub was away: an organizer sees whether it was done. Pressed twice, it
    says so by a refusal."""
    until, lost = time.monotonic() + INSIST_S, False
    while True:
        try:
            return await client.press(path)
        except aiohttp.ClientError:
            lost = True
            if time.monotonic() > until:
                raise
        except HubRefused:
            if not lost:
                raise
            return None
        await asyncio.sleep(1.0)


def _within(moment: datetime, span: Span) -> bool:
    return span.start <= moment <= span.end


def _lines(paths: list[Path]) -> list[str]:
    return [line for path in paths if path.exists() for line in path.read_text().splitlines()]


def _setting(header: PeopleHeader, breaks: list[Span], tolerance_s: float) -> Setting:
    assert header.actual_start is not None, "a session that ended was live"
    assert header.actual_end is not None, "the report is read after the end"
    live = Span(header.actual_start, header.actual_end)
    bounds = [live.start, *(bound for one in breaks for bound in one), live.end]
    counted = [Span(*pair) for pair in zip(bounds[::2], bounds[1::2], strict=True)]
    return Setting(live, tuple(counted), header.complete_percent, tolerance_s)
