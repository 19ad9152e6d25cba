"""The demo's director: brings up province and programs, calls the rooms, goes live, ends, and compares."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sys
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from confhub.cli.demo.hub_client import HubClient, HubRefused, open_client
from confhub.cli.demo.options import DemoOptions
from confhub.cli.demo.outcome import Outcome
from confhub.cli.demo.programs import Program
from confhub.cli.demo.province import ADMIN, Province, make_folder, prepare
from confhub.cli.demo.usage import Usage
from confhub.cli.demo.verdict import packets_sent, settle, tell
from confhub.kernel.clock import SystemClock
from confhub.kernel.errors import StartError

START_TIMEOUT_S = 60.0
"""Hub and relay are up in two seconds; a busy machine may take longer."""
JOIN_TIMEOUT_S = 90.0
"""Rooms that have not joined by then will be told as missing."""
SETTLE_TIMEOUT_S = 20.0
"""The relay's last events reach the hub within a second; a room it could not tell of is told all the same."""
FLEET_NICENESS = 5
"""302 rooms would have machines of their own; here they give way to hub, relay and chair. What they are
judged by are the kernel's arrival times, so their own slowness hides nothing and spoils nothing."""
POLL_S = 0.2
LOG_WIDTH = 100
"""Columns where nobody's terminal says how many there are."""


async def direct(options: DemoOptions) -> int:
    """One whole run. Exit code 0 when everything held, 1 with the shortfalls told."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with AsyncExitStack() as stack:
        return await Director(options, stop, stack).run()


class Director:
    """Holds the run's programs and figures."""

    def __init__(self, options: DemoOptions, stop: asyncio.Event, stack: AsyncExitStack) -> None:
        self.options = options
        self.stop = stop
        self.stack = stack
        plain = Console()
        self.console = plain if plain.is_terminal else Console(width=LOG_WIDTH)
        self.clock = SystemClock()
        self.outcome = Outcome(rooms_expected=options.rooms)
        self.hub_usage, self.relay_usage, self.fleet_usage = Usage(), Usage(), Usage()
        folder = options.data
        self.database_url = f"sqlite+aiosqlite:///{folder / 'confhub.db'}"
        self.status, self.studio_status = folder / "fleet-status.json", folder / "studio-status.json"
        self.diaries = (folder / "fleet-diary.jsonl", folder / "studio-diary.jsonl")
        self.clip = folder.parent / f"{folder.name}-clip.bin"
        self.programs: dict[str, Program] = {}

    async def run(self) -> int:
        options = self.options
        make_folder(options.data)
        self.console.print("[bold]confhub demo[/bold]: a province of 302 rooms on this machine")
        await self._encode_clip()
        province = await self._busy(
            "Importing the tree and its rooms", prepare(self.database_url, self.clock)
        )
        port = free_port(options.host, options.port)
        url = f"http://{'127.0.0.1' if options.host == '0.0.0.0' else options.host}:{port}"  # noqa: S104
        await self._start_hub(port)
        client = await self.stack.enter_async_context(open_client(url))
        await self._wait("Starting hub and relay", 1, _as_count(client.ready))
        await self._pair(client, province)
        await client.log_in(ADMIN, province.password)
        await self._start_rooms(url)
        await self._wait("Rooms connecting to the hub", options.rooms + 1, self._connected)
        session_id = await self._call(client, province)
        self._say_where(url, session_id, province)
        await self._live(client, session_id)
        return await self._end(client, session_id)

    # --- set-up ---------------------------------------------------------------------------------
    async def _encode_clip(self) -> None:
        if self.clip.exists():
            return
        argv = [*_endpoint(), "clip", "--out", str(self.clip), "--picture", "180p"]
        process = await asyncio.create_subprocess_exec(*argv, stdout=asyncio.subprocess.DEVNULL)
        if await self._busy("Encoding the chair's picture and tone (once)", process.wait()):
            raise StartError("The chair's clip could not be encoded; see the message above.")

    async def _start_hub(self, port: int) -> None:
        options = self.options
        argv = [sys.executable, "-m", "confhub", "run", "--data", str(options.data)]
        argv += ["--host", options.host, "--port", str(port)]
        argv += ["--relay-port", str(free_port(options.host, 7880))]
        argv += ["--relay-udp-port", str(free_port(options.host, 7882, socket.SOCK_DGRAM))]
        await self._start("hub", argv)

    async def _start_rooms(self, url: str) -> None:
        folder, options = self.options.data, self.options
        common = ["--hub", url, "--state"]
        fleet = [*_endpoint(), "fleet", *common, str(folder / "fleet"), "--count", str(options.rooms)]
        fleet += ["--credentials", str(folder / "rooms.jsonl"), "--diary", str(self.diaries[0])]
        fleet += ["--status", str(self.status), "--seed", str(options.seed)]
        studio = [*_endpoint(), "studio", *common, str(folder / "studio"), "--clip", str(self.clip)]
        studio += ["--credentials", str(folder / "studio.jsonl"), "--diary", str(self.diaries[1])]
        studio += ["--status", str(self.studio_status)]
        await self._start("fleet", fleet, FLEET_NICENESS)
        await self._start("studio", studio)

    async def _start(self, name: str, argv: list[str], niceness: int = 0) -> None:
        log = self.options.data / f"{name}.log"
        program = self.programs[name] = Program(name, argv, log, niceness=niceness)
        await program.start()
        self.stack.push_async_callback(program.stop)

    async def _pair(self, client: HubClient, province: Province) -> None:
        slips = [*province.rooms[: self.options.rooms], province.studio]
        rooms: list[dict[str, str]] = []
        with self._progress() as progress:
            task = progress.add_task("Pairing rooms by their codes", total=len(slips))
            async for credential in client.pair_all(slips):
                rooms.append(credential)
                progress.advance(task)
        studio = province.studio.endpoint_code
        _write_secret(self.options.data / "rooms.jsonl", [r for r in rooms if r["code"] != studio])
        _write_secret(self.options.data / "studio.jsonl", [r for r in rooms if r["code"] == studio])

    # --- the session ----------------------------------------------------------------------------
    async def _call(self, client: HubClient, province: Province) -> int:
        """Schedule the session, open its lobby (the call), and wait for the rooms."""
        session_id = await client.create_session(
            {
                "title": "Hội nghị trực tuyến toàn tỉnh",
                "kind": "training",
                "unit_id": province.root,
                "starts_at": (self.clock.now() + timedelta(minutes=5)).isoformat(),
                "length_min": 120,
                "chair_endpoint_id": province.studio.endpoint_id,
                "participants": self._participants(province),
                "lobby_min": 1,
                "auto_start": False,
            }
        )
        called_s = self.clock.monotonic()
        await client.step(session_id, "open-lobby")
        await self._wait(
            "Rooms joining the session", self.options.rooms, self._joined, JOIN_TIMEOUT_S, must=False
        )
        if await self._joined() >= self.options.rooms:
            self.outcome.join_s = round(self.clock.monotonic() - called_s, 1)
        return session_id

    def _participants(self, province: Province) -> dict[str, list[int]]:
        """The whole branch, or where fewer rooms are played, those alone."""
        if self.options.rooms == len(province.rooms):
            return {"include_units": [province.root]}
        return {"include_endpoints": [slip.endpoint_id for slip in province.rooms[: self.options.rooms]]}

    async def _connected(self) -> int:
        return int(self._status().get("connected", 0)) + int(_json(self.studio_status).get("connected", 0))

    async def _joined(self) -> int:
        return int(self._status().get("joined", 0))

    def _say_where(self, url: str, session_id: int, province: Province) -> None:
        say = self.console.print
        say(f"\n  Log in as [bold]{ADMIN}[/bold] with [bold]{province.password}[/bold]")
        say(f"  Watch and take part:  {url}/sessions/{session_id}/room", highlight=False)
        say(f"  Control room:         {url}/sessions/{session_id}/live", highlight=False)
        say(f"  Attendance report:    {url}/sessions/{session_id}/report", highlight=False)
        say(f"  Rooms online:         {url}/fleet\n", highlight=False)
        ending = f"in {self.options.seconds:.0f} s" if self.options.seconds else "on Ctrl-C"
        say(f"  The session ends {ending}, or on the control room's page.\n")

    async def _live(self, client: HubClient, session_id: int) -> None:
        """Go live and watch, until the time is up, Ctrl-C, or somebody ended the session in the browser."""
        await client.step(session_id, "start")
        loop = asyncio.get_running_loop()
        begun = loop.time()
        with self._progress() as progress:
            task = progress.add_task("Live", total=self.options.rooms)
            while not self.stop.is_set():
                self._check_programs()
                self._sample()
                live_s = loop.time() - begun
                if self.options.seconds is not None and live_s >= self.options.seconds:
                    break
                if await self._ended_elsewhere(client, session_id):
                    break
                self._show(progress, task, live_s)
                with suppress(TimeoutError):
                    await asyncio.wait_for(self.stop.wait(), 1.0)
        self.outcome.live_s = round(loop.time() - begun, 1)

    def _show(self, progress: Progress, task: Any, live_s: float) -> None:
        status = self._status()
        received, lost = status.get("packets_received", 0), status.get("packets_lost", 0)
        loss = lost / max(1, received + lost)
        progress.update(
            task,
            completed=status.get("joined", 0),
            description=f"Live {live_s:4.0f} s  picture {status.get('with_picture', 0)}  sound "
            f"{status.get('with_sound', 0)}  {received:,} packets, loss {loss:.3%}",
        )

    async def _ended_elsewhere(self, client: HubClient, session_id: int) -> bool:
        """Whether somebody ended the session in the browser. A hub that is just restarting cannot say."""
        try:
            return await client.state(session_id) == "ended"
        except (HubRefused, aiohttp.ClientError, TimeoutError):
            return False

    async def _end(self, client: HubClient, session_id: int) -> int:
        """End the session, let the rooms leave and write their diaries, compare, and tell."""
        options, outcome = self.options, self.outcome
        outcome.rooms_joined = await self._joined()
        # The chair leaves first: then nothing is on its way while sent and received are counted.
        await self._busy("The chair is leaving", self.programs["studio"].stop())
        sent = await packets_sent(options.data, self.clock)
        if not await self._ended_elsewhere(client, session_id):
            await client.step(session_id, "end")
        await self._busy("Rooms are leaving", self.programs["fleet"].stop())

        async def gone() -> int:
            return int(await client.joined(session_id) == 0)

        await self._wait("Settling attendance", 1, gone, SETTLE_TIMEOUT_S, must=False)
        self._sample()
        outcome.restarts = sum(program.restarts for program in self.programs.values())
        outcome.restarts += len(self.relay_usage.cpu_by_pid) - 1
        self._fill(sent)
        # A hub that ends writes what is still waiting; only then is everything in that the rooms reported.
        await self._busy("Stopping hub and relay", self.programs["hub"].stop())
        report, differences = await settle(self.database_url, self.clock, session_id, self.diaries, outcome)
        return tell(self.console, report, outcome, differences, options.json_file)

    def _fill(self, sent: int) -> None:
        """The figures of fleet and processes."""
        outcome, status = self.outcome, self._status()
        outcome.packets_sent = sent
        outcome.packets_received = int(status.get("packets_received", 0))
        outcome.rooms_with_picture = int(status.get("with_picture", 0))
        outcome.rooms_with_sound = int(status.get("with_sound", 0))
        outcome.rooms_decoded = int(status.get("decode_rooms", 0))
        outcome.rooms_decoded_ok = int(status.get("decode_ok", 0))
        outcome.hub_cpu_s = round(self.hub_usage.cpu_s, 2)
        outcome.relay_cpu_s = round(self.relay_usage.cpu_s, 2)
        outcome.fleet_cpu_s = round(self.fleet_usage.cpu_s, 2)
        outcome.hub_rss_mb = round(self.hub_usage.peak_rss_mb, 1)
        outcome.relay_rss_mb = round(self.relay_usage.peak_rss_mb, 1)

    # --- small things ---------------------------------------------------------------------------
    def _check_programs(self) -> None:
        for program in self.programs.values():
            program.check()

    def _sample(self) -> None:
        self.hub_usage.sample(self.programs["hub"].pid)
        self.fleet_usage.sample(self.programs["fleet"].pid)
        self.relay_usage.sample(_json(self.options.data / "relay.json").get("pid"))

    def _status(self) -> dict[str, Any]:
        return _json(self.status)

    def _progress(self) -> Progress:
        columns = (
            TextColumn("{task.description:<48}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
        )
        return Progress(*columns, console=self.console, transient=not self.console.is_terminal)

    async def _busy(self, label: str, work: Awaitable[Any]) -> Any:
        with self.console.status(label):
            return await work

    async def _wait(
        self,
        label: str,
        wanted: int,
        count: Callable[[], Awaitable[int]],
        timeout_s: float = START_TIMEOUT_S,
        *,
        must: bool = True,
    ) -> None:
        """Watch a count grow to `wanted`. StartError where it must and does not."""
        try:
            async with asyncio.timeout(timeout_s):
                with self._progress() as progress:
                    task = progress.add_task(label, total=wanted)
                    while True:
                        self._check_programs()
                        found = await count()
                        progress.update(task, completed=min(found, wanted))
                        if found >= wanted or self.stop.is_set():
                            return
                        await asyncio.sleep(POLL_S)
        except TimeoutError:
            if must:
                tails = "\n".join(f"--- {p.name}\n{p.tail()}" for p in self.programs.values())
                raise StartError(f"{label}: not done after {timeout_s:.0f} s.\n{tails}") from None


def free_port(host: str, wanted: int, kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    """`wanted` if nobody has it, else any free one."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for port in (wanted, 0):
        with socket.socket(family, kind) as probe:
            if kind == socket.SOCK_STREAM:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError as error:
                if port == 0:
                    raise StartError(
                        f"--host: {host} is no address of this machine ({error.strerror})."
                    ) from error
                continue
            return int(probe.getsockname()[1])
    raise AssertionError("the loop returns or raises")


def _endpoint() -> list[str]:
    return [sys.executable, "-m", "endpoints.main"]


def _as_count(question: Callable[[], Awaitable[bool]]) -> Callable[[], Awaitable[int]]:
    async def count() -> int:
        return int(await question())

    return count


def _json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _write_secret(path: Path, lines: list[dict[str, str]]) -> None:
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.writelines(json.dumps(line) + "\n" for line in lines)
