"""`confhub-endpoint crowd`: the process around a played crowd, and what it writes down.

It is told by one file and two signs: `--people` names the rooms with their tablets' codes and the people's
badges; when `--leave-file` exists, nobody does anything new (the status then says `quiet`); SIGTERM says that
the session is over: what tablets held back is delivered, and the file of those entered afterwards written.
"""

from __future__ import annotations

import asyncio
import contextlib
import csv
import gc
import io
import json
import logging
import os
import signal
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Final

import aiohttp

from confhub.simulator.crowd.hub import REQUEST_TIMEOUT_S, Counts, CrowdHub, GaveUp
from confhub.simulator.crowd.phone import Phone, Screens, Trickster
from confhub.simulator.crowd.plan import FILE, IN, Member, Plan, Span, make_plan
from confhub.simulator.crowd.stage import Stage
from confhub.simulator.crowd.tablet import Tablet
from confhub.simulator.crowd.truth import TruthFile
from confhub.simulator.fleet.files import replace_file
from endpoints.agent.hub import HubAddress

log = logging.getLogger(__name__)

AT_ONCE: Final = 4
"""Tablets that register at the same time."""
TRICKSTERS_EVERY: Final = 40
CLOCK_S: Final = 0.25
VIETNAM: Final = timezone(timedelta(hours=7))
"""Files are written in the province's own time."""


class CrowdUnable(Exception):
    """The crowd cannot begin; the text says why."""


@dataclass(frozen=True, slots=True)
class CrowdOptions:
    """The command line, checked. `credentials`: room's code → its machine's credential."""

    address: HubAddress
    people: dict[str, Any]
    credentials: dict[str, str]
    session: int
    span: Span
    truth: Path
    file: Path
    status: Path
    leave_file: Path
    seed: int = 1


class Crowd:
    """`run` until SIGTERM."""

    def __init__(self, options: CrowdOptions, hub: CrowdHub) -> None:
        self._options, self._hub = options, hub
        self._stage, self._truth = Stage(), TruthFile(options.truth)
        self._tokens: dict[str, str] = {}
        self._members: dict[int, Member] = {}
        self._homes: dict[int, str] = {}
        self._names: dict[str, str] = {}
        self._plan = Plan()
        self._planned = 0
        self._ready = self._quiet = self._final = False

    async def run(self, stop: asyncio.Event) -> None:
        """The whole play. Raises CrowdUnable, OSError."""
        clock = asyncio.create_task(self._clock(stop))
        try:
            rooms = await self._enter()
            self._plan = await asyncio.to_thread(make_plan, rooms, self._options.span, self._options.seed)
            self._planned = self._plan.planned
            gc.collect()
            gc.freeze()  # what exists now stays
            self._stage.begin()
            self._ready = True
            await self._play()
            await asyncio.to_thread(self._write_file)
        finally:
            clock.cancel()
            await asyncio.gather(clock, return_exceptions=True)
        self._final = True
        self._write()

    async def _enter(self) -> dict[str, list[Member]]:
        """Every room's tablet registers and reads its list; the members by room."""
        gate = asyncio.Semaphore(AT_ONCE)
        badges = {int(number): badge for number, badge in self._options.people["badges"].items()}

        async def one(room: dict[str, Any]) -> tuple[str, list[Member]]:
            async with gate:
                return room["code"], await self._enter_room(room, badges)

        return dict(await asyncio.gather(*(one(room) for room in self._options.people["rooms"])))

    async def _enter_room(self, room: dict[str, Any], badges: dict[int, str]) -> list[Member]:
        code = room["code"]
        wanted = {"code": room["tablet_code"], "name": f"Máy tính bảng {code}"}
        answer = await self._hub.insist("POST", "/api/v1/tablet/enter", lambda: wanted)
        if not answer.ok:
            raise CrowdUnable(f"{code}: its tablet was refused: {answer.status} {answer.code}")
        token = self._tokens[code] = answer.body["token"]
        self._names[code] = answer.body["endpoint"]["name"]
        path = f"/api/v1/tablet/sessions/{self._options.session}"
        answer = await self._hub.insist("GET", path, lambda: None, bearer=token)
        if not answer.ok:
            raise CrowdUnable(f"{code}: its list was refused: {answer.status} {answer.code}")
        members = [
            Member(one["id"], one["name"], one["code"], badges.get(one["id"]), one["absence"] == "approved")
            for one in answer.body["people"]
        ]
        self._members |= {member.id: member for member in members}
        self._homes |= {member.id: code for member in members}
        return members

    async def _play(self) -> None:
        """Everybody at once, each by the script; over when the last tablet has delivered."""
        hub, truth, stage, session = self._hub, self._truth, self._stage, self._options.session
        screens = Screens(hub, session, self._options.credentials)
        phones = [
            asyncio.create_task(self._lasting(Phone(plan, hub, truth, stage, screens).run()))
            for plan in self._plan.phones
        ]
        phones += [asyncio.create_task(self._lasting(trick.run())) for trick in self._tricksters(screens)]
        tablets = [
            Tablet(
                plan,
                hub,
                truth,
                stage,
                self._names[plan.room],
                self._tokens[plan.room],
                session,
                self._members,
                self._tokens,
                self._homes,
            )
            for plan in self._plan.tablets
        ]
        working = [asyncio.create_task(self._lasting(tablet.run())) for tablet in tablets]
        await stage.leaving.wait()
        left_at = stage.now()
        await asyncio.gather(*phones, *(tablet.still.wait() for tablet in tablets))
        self._quiet = True
        await asyncio.gather(*working)
        self._plan.filed = [(member, act) for member, act in self._plan.filed if act.at <= left_at]

    def _tricksters(self, screens: Screens) -> list[Trickster]:
        found = []
        odd = {plan.room for plan in self._plan.tablets if plan.skew_s or plan.away or plan.held_from}
        rooms = [room for room, absent in sorted(self._plan.absent.items()) if absent and room not in odd]
        for room in rooms[:1] + rooms[TRICKSTERS_EVERY::TRICKSTERS_EVERY]:
            absent = self._plan.absent[room].pop()
            found.append(
                Trickster(self._hub, self._truth, self._stage, screens, room, self._tokens[room], absent)
            )
        return found

    async def _lasting(self, work: Any) -> None:
        """One person's or room's life; what breaks it is told, and the others go on."""
        try:
            await work
        except GaveUp as error:
            self._hub.counts.surprise(f"the hub did not answer: {error}")
        except Exception as error:
            log.exception("somebody of the crowd ended")
            self._hub.counts.surprise(f"somebody of the crowd ended: {error!r}")

    def _write_file(self) -> None:
        """Who came by the file afterwards: whole seconds, as people write them down."""
        out = io.StringIO()
        writer = csv.writer(out)
        writer.writerow(("Mã số", "Mã thẻ", "Họ và tên", "Giờ vào"))
        for member, act in self._plan.filed:
            at = float(int(self._stage.unix(act.at)))
            self._truth.came(IN, FILE, act.room, at, at, person=member.id)
            self._hub.counts.done[f"{IN} {FILE}"] += 1
            local = datetime.fromtimestamp(at, VIETNAM)
            # One that has both is named by the code.
            badge = "" if member.code else member.badge or ""
            writer.writerow((member.code or "", badge, member.name, f"{local:%Y-%m-%d %H:%M:%S}"))
        self._options.file.write_text(out.getvalue(), encoding="utf-8-sig")

    async def _clock(self, stop: asyncio.Event) -> None:
        while True:
            self._write()
            if self._options.leave_file.exists() or stop.is_set():
                self._stage.leaving.set()
            if stop.is_set():
                self._stage.ended.set()
            await asyncio.sleep(CLOCK_S)

    def _write(self) -> None:
        self._truth.flush()
        counts = self._hub.counts
        status = {
            "pid": os.getpid(),
            "at": time.time(),
            "ready": self._ready,
            "quiet": self._quiet,
            "final": self._final,
            "planned": self._planned,
            "done": dict(counts.done),
            "surprised": counts.surprised,
            "surprises": counts.surprises,
            "cpu_s": round(time.process_time(), 2),
            "took": counts.took if self._final else [],
        }
        replace_file(self._options.status, json.dumps(status, ensure_ascii=False).encode())


@contextlib.asynccontextmanager
async def _http() -> AsyncIterator[aiohttp.ClientSession]:
    connector = aiohttp.TCPConnector(limit=0, ttl_dns_cache=60)  # `CrowdHub` counts them
    timeout = aiohttp.ClientTimeout(
        total=None, sock_connect=REQUEST_TIMEOUT_S, sock_read=REQUEST_TIMEOUT_S
    )  # fmt: skip
    async with aiohttp.ClientSession(
        connector=connector, timeout=timeout, cookie_jar=aiohttp.DummyCookieJar()
    ) as http:
        yield http


def run(options: CrowdOptions) -> None:
    """The whole life of a crowd's process. Raises CrowdUnable, OSError."""
    gc.set_threshold(50_000, 20, 50)
    asyncio.run(_run(options))


async def _run(options: CrowdOptions) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with _http() as http:
        await Crowd(options, CrowdHub(http, options.address, Counts())).run(stop)
