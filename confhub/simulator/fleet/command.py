"""`confhub-endpoint fleet` and `studio`: the process around simulated rooms."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import random
import resource
import signal
import sys
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp

from confhub.relay.wire.dtls import DtlsIdentity
from confhub.simulator.fleet.decoder import Decoder
from confhub.simulator.fleet.diary import Diary
from confhub.simulator.fleet.faults import FaultDirector, line_seed, seed_of
from confhub.simulator.fleet.progress import Progress
from confhub.simulator.fleet.proofs import KnownClips, Watch
from confhub.simulator.fleet.room import SimulatedRoom
from confhub.simulator.fleet.seat import Gate
from confhub.simulator.fleet.status import Status, measure, write
from confhub.simulator.native import Twin
from confhub.simulator.rtc.connection import Tools
from confhub.simulator.rtc.loop import MediaLoop
from confhub.simulator.rtc.roomline import RoomLine
from endpoints.agent.agent import RoomIdentity
from endpoints.agent.hub import HubAddress
from endpoints.agent.journal import Journal
from endpoints.clip.container import Clip

log = logging.getLogger(__name__)

FILES_A_ROOM = 4  # two WebSockets, one UDP socket, one more while ICE tries
SWITCH_INTERVAL_S = (
    0.00005  # the media thread gives the interpreter lock away at each system call and must get
)
# it back at once, or 302 joining rooms starve it (the default is 5 ms)
JOIN_WIDTH = 24  # rooms joining at the same time
ALL_AT_ONCE_PER_S = 1000  # who wishes that many joins a second wishes a wave: nobody waits for another
STARTS_A_SECOND = 100.0  # rooms that open their WebSocket to the hub


@dataclass(frozen=True, slots=True)
class FleetOptions:
    """The command line, checked."""

    address: HubAddress
    rooms: list[RoomIdentity]
    version: str
    diary: Path | None = None
    status: Path | None = None
    state: Path | None = None
    until_file: Path | None = None
    clip: Clip | None = None
    decode: int = 0
    seed: int | None = None
    joins_per_s: float = 60.0
    show: bool = False
    first: int = 0  # the place of the first of `rooms` in the credentials file
    faults: Path | None = None
    known_clips: KnownClips | None = None
    speakers: dict[str, Clip] = field(default_factory=dict)  # by code; others send `clip`
    intrude: bool = False
    twin: Twin | None = None  # what reads the packets; None: the compiled one where it was built


class Fleet:
    """All rooms of a process; `run` until stopped. Returns the final status."""

    def __init__(self, options: FleetOptions) -> None:
        self._options = options
        self._media = MediaLoop(options.twin)
        self._decoder = Decoder()
        self._diary = Diary(options.diary)
        self._ended: list[dict[str, Any]] = []
        self._rooms: list[SimulatedRoom] = []
        self._faults: FaultDirector | None = None
        self._switches: list[dict[str, Any]] = []

    async def run(self, stop: asyncio.Event) -> Status:
        """Raises OSError where diary or status cannot be written at the start, JournalError for the log."""
        options = self._options
        journal = Journal(options.state / "fleet.log" if options.state is not None else None)
        self._media.start()
        self._decoder.start()
        try:
            async with _http() as http:
                identity = DtlsIdentity(datetime.now(UTC))
                tools = Tools(http, self._media, identity, options.version, options.address.tls)
                self._make_rooms(tools, journal)
                await self._live(stop)
            await asyncio.to_thread(self._decoder.stop)
            status = self._measure(final=True)
            await asyncio.to_thread(self._write, status)
            return status
        finally:
            await asyncio.to_thread(self._decoder.stop)
            await asyncio.to_thread(self._media.stop)

    def _make_rooms(self, tools: Tools, journal: Journal) -> None:
        options = self._options
        dice = random.Random(options.seed)
        chosen = {room.code for room in dice.sample(options.rooms, min(options.decode, len(options.rooms)))}
        at_once = options.joins_per_s >= ALL_AT_ONCE_PER_S
        gate = Gate(len(options.rooms) if at_once else JOIN_WIDTH, options.joins_per_s)
        lines = self._make_lines()
        known = options.known_clips
        self._rooms = [
            SimulatedRoom(
                tools,
                options.address,
                identity,
                journal,
                gate,
                clip=options.speakers.get(identity.code, options.clip),
                check=self._decoder.check(identity.code) if identity.code in chosen else None,
                line=lines.get(options.first + number),
                watch=Watch(identity.code, known) if known is not None else None,
                intrude=options.intrude,
                on_ended=self._ended.append,
            )
            for number, identity in enumerate(options.rooms)
        ]
        gc.collect()
        gc.freeze()  # what exists now stays: a full collection would hold the media thread up for 100 ms

    def _make_lines(self) -> dict[int, RoomLine]:
        """By the rooms' places in the credentials file; none without a plan of faults."""
        options = self._options
        if options.faults is None:
            return {}
        seed, make = seed_of(options.faults), self._media.twin.line
        places = range(options.first, options.first + len(options.rooms))
        lines = {place: RoomLine(make(line_seed(seed, place))) for place in places}
        self._faults = FaultDirector(options.faults, lines, self._media.call)
        return lines

    async def _live(self, stop: asyncio.Event) -> None:
        lives = [asyncio.create_task(self._room(number, room)) for number, room in enumerate(self._rooms)]
        clock = asyncio.create_task(self._clock(stop))
        helpers = [asyncio.create_task(self._faults.run())] if self._faults is not None else []
        stopped = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait({stopped, clock, *helpers}, return_when=asyncio.FIRST_COMPLETED)
            if clock.done():
                clock.result()  # it has no end of its own: a fault of ours is shown
            for helper in helpers:
                if helper.done():
                    helper.result()
        finally:
            for life in lives:
                life.cancel()
            await asyncio.gather(*lives, return_exceptions=True)
            for task in (clock, stopped, *helpers):
                task.cancel()
            await asyncio.gather(clock, stopped, *helpers, return_exceptions=True)

    async def _room(self, number: int, room: SimulatedRoom) -> None:
        await asyncio.sleep(number / STARTS_A_SECOND)
        try:
            await room.agent.run()
        except Exception:
            log.exception("room %s ended", room.code)

    async def _clock(self, stop: asyncio.Event) -> None:
        with Progress(self._options.show) as progress:
            while True:
                status = self._measure()
                progress.show(status)
                try:
                    await asyncio.to_thread(self._write, status)
                except OSError as error:
                    log.warning("status or diary cannot be written: %s", error)
                until = self._options.until_file
                if until is not None and await asyncio.to_thread(until.exists):
                    stop.set()
                await asyncio.sleep(1.0)

    def _measure(self, *, final: bool = False) -> Status:
        status = measure(self._rooms, self._media, final=final)
        if self._faults is not None:
            status.faults = self._faults.counts()
        if self._options.known_clips is not None:
            more = self._options.known_clips.switches(len(self._switches))
            self._switches += [asdict(switch) for switch in more]
            status.switches = self._switches
        return status

    def _write(self, status: Status) -> None:
        ended = self._ended[:]
        if status.final:
            self._diary.close(ended)
        else:
            open_lines = [line for room in self._rooms if (line := room.open_line()) is not None]
            self._diary.write(ended, open_lines)
        del self._ended[: len(ended)]
        if self._options.status is not None:
            write(status, self._options.status)


@contextlib.asynccontextmanager
async def _http() -> AsyncIterator[aiohttp.ClientSession]:
    connector = aiohttp.TCPConnector(limit=0, ttl_dns_cache=60)
    async with aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar()) as http:
        yield http


def run(options: FleetOptions) -> Status:
    """The whole life of a fleet's process, until SIGTERM, SIGINT or the until-file."""
    _allow_files(len(options.rooms) * FILES_A_ROOM + 100)
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    gc.set_threshold(50_000, 20, 50)
    return asyncio.run(_run(options))


async def _run(options: FleetOptions) -> Status:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    return await Fleet(options).run(stop)


def _allow_files(wanted: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < wanted:
        limit = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
