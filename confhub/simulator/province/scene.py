"""The scene: hub, relay and rooms of a whole province, brought up in one folder, watched, and accounted."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sys
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from confhub.kernel.clock import SystemClock
from confhub.kernel.errors import StartError
from confhub.kernel.ports import free_port
from confhub.simulator.province.hub_client import HubClient
from confhub.simulator.province.programs import Program
from confhub.simulator.province.tree import Province, Slip
from confhub.simulator.province.usage import Costs, Usage

START_TIMEOUT_S = 60.0
"""Hub and relay are up in two seconds; a busy machine may take longer."""
FLEET_NICENESS = 5
"""302 rooms would have machines of their own; here they give way to hub, relay and chair. What they are
judged by are the kernel's arrival times, so their own slowness hides nothing and spoils nothing."""
HUB_GROUP_NICENESS = 3
"""40,000 check-ins on the machine that carries all the media: the relay comes first."""
SETTLE_TIMEOUT_S = 20.0
"""The relay's last events reach the hub within a second; a room it could not tell of is told all the same."""
POLL_S = 0.2
LOG_WIDTH = 100
"""Columns where nobody's terminal says how many there are."""
TITLE = "Hội nghị trực tuyến toàn tỉnh"


class Scene:
    """Holds the folder, the programs, and what they have used. `stop` ends every waiting early; `patience`:
    how many times as long as usual things may take, where others have the machine as well."""

    def __init__(
        self,
        folder: Path,
        rooms: int,
        host: str,
        stop: asyncio.Event,
        stack: AsyncExitStack,
        patience: int = 1,
    ) -> None:
        self.folder, self.rooms, self.host, self.stop, self._stack = folder, rooms, host, stop, stack
        self.patience = patience
        plain = Console()
        self.console = plain if plain.is_terminal else Console(width=LOG_WIDTH)
        self.clock = SystemClock()
        self.database_url = f"sqlite+aiosqlite:///{folder / 'confhub.db'}"
        self.url = ""
        self.programs: dict[str, Program] = {}
        self.fleets: list[str] = []
        self._ended: list[dict[str, Any]] = []
        self.hub_usage, self.relay_usage, self.fleet_usage = Usage(), Usage(), Usage()

    # --- programs -------------------------------------------------------------------------------
    async def encode_clip(self, path: Path, picture: str, *more: str) -> None:
        """A clip that a room will publish, unless an earlier run left it there."""
        if await asyncio.to_thread(path.exists):
            return
        argv = [*endpoint_program(), "clip", "--out", str(path), "--picture", picture, *more]
        process = await asyncio.create_subprocess_exec(*argv, stdout=asyncio.subprocess.DEVNULL)
        if await self.busy(f"Encoding a {picture} picture and tone (once)", process.wait()):
            raise StartError(f"The {picture} clip could not be encoded; see the message above.")

    async def start_hub(self, port: int) -> None:
        """The hub, which starts the relay. `port` 0, or one that is taken: any free one."""
        host = self.host
        port = _free_port(host, port)
        argv = [sys.executable, "-m", "confhub", "run", "--data", str(self.folder)]
        argv += ["--host", host, "--port", str(port)]
        argv += ["--relay-port", str(_free_port(host, 7880))]
        argv += ["--relay-udp-port", str(_free_port(host, 7882, socket.SOCK_DGRAM))]
        argv += ["--relay-tcp-port", str(_free_port(host, 7882))]
        self.url = f"http://{'127.0.0.1' if host == '0.0.0.0' else host}:{port}"  # noqa: S104
        await self.start("hub", argv, group_niceness=HUB_GROUP_NICENESS)

    async def start_fleet(self, name: str, *options: str) -> None:
        """Simulated rooms, with their diary and status beside the others' in the folder."""
        await self._start_rooms(name, "fleet", "rooms.jsonl", options, FLEET_NICENESS)
        self.fleets.append(name)

    async def start_studio(self, clip: Path) -> None:
        """The chair's studio."""
        await self._start_rooms("studio", "studio", "studio.jsonl", ("--clip", str(clip)), 0)

    async def _start_rooms(
        self, name: str, command: str, credentials: str, options: Sequence[str], niceness: int
    ) -> None:
        folder = self.folder
        argv = [*endpoint_program(), command, "--hub", self.url, "--state", str(folder / name)]
        argv += ["--credentials", str(folder / credentials), "--diary", str(self.diary(name))]
        argv += ["--status", str(self._status_file(name)), *options]
        await self.start(name, argv, niceness)

    async def start(self, name: str, argv: list[str], niceness: int = 0, *, group_niceness: int = 0) -> None:
        """Any program; it is stopped with the scene."""
        log = self.folder / f"{name}.log"
        program = self.programs[name] = Program(
            name, argv, log, niceness=niceness, group_niceness=group_niceness
        )
        await program.start()
        self._stack.push_async_callback(program.stop)

    async def stop_rooms(self) -> None:
        """The fleets leave and write their diaries."""
        await asyncio.gather(*(self.programs[name].stop() for name in self.fleets))

    async def empty(self, client: HubClient, session_id: int) -> None:
        """The session is over: the rooms leave, the hub hears of it; what all used is read a last time."""
        await self.busy("Rooms are leaving", self.stop_rooms())

        async def gone() -> int:
            return int(await client.joined(session_id) == 0)

        await self.wait("Settling attendance", 1, gone, SETTLE_TIMEOUT_S, must=False)
        self.sample()

    def check_programs(self) -> None:
        """Raise what a program's watcher met."""
        for program in self.programs.values():
            program.check()

    @property
    def restarts(self) -> int:
        """How often programs had to be started again, the relay included."""
        relays = max(0, len(self.relay_usage.cpu_by_pid) - 1)
        return sum(program.restarts for program in self.programs.values()) + relays

    # --- the organizer's part -------------------------------------------------------------------
    async def pair(self, client: HubClient, province: Province) -> None:
        """Pair the rooms and the studio; their credentials are left for the programs to read."""
        slips = [*province.rooms[: self.rooms], province.studio]
        found: dict[str, dict[str, str]] = {}
        with self.progress() as progress:
            task = progress.add_task("Pairing rooms by their codes", total=len(slips))
            async for credential in client.pair_all(slips):
                found[credential["code"]] = credential
                progress.advance(task)
        rooms = [found[slip.endpoint_code] for slip in slips[:-1]]
        _write_secret(self.folder / "rooms.jsonl", rooms)
        _write_secret(self.folder / "studio.jsonl", [found[province.studio.endpoint_code]])

    async def schedule(self, client: HubClient, province: Province, *more: Slip) -> int:
        """A session of the whole branch, or where fewer rooms are played, of those alone."""
        participants: dict[str, list[int]] = {"include_units": [province.root]}
        if self.rooms != len(province.rooms):
            chosen = [*province.rooms[: self.rooms], *more]
            participants = {"include_endpoints": [slip.endpoint_id for slip in chosen]}
        return await client.create_session(
            {
                "title": TITLE,
                "kind": "training",
                "unit_id": province.root,
                "starts_at": (self.clock.now() + timedelta(minutes=5)).isoformat(),
                "length_min": 120,
                "chair_endpoint_id": province.studio.endpoint_id,
                "participants": participants,
                "lobby_min": 1,
                "auto_start": False,
            }
        )

    # --- figures --------------------------------------------------------------------------------
    def diary(self, name: str) -> Path:
        """The diary of a fleet, or the studio."""
        return self.folder / f"{name}-diary.jsonl"

    @property
    def diaries(self) -> list[Path]:
        """Everybody's."""
        return [self.diary(name) for name in (*self.fleets, "studio")]

    def _status_file(self, name: str) -> Path:
        return self.folder / f"{name}-status.json"

    def status(self, name: str) -> dict[str, Any]:
        """A program's figures, at most a second or two old; empty before the first."""
        return read_json(self._status_file(name))

    def rooms_status(self) -> dict[str, Any]:
        """The fleets' figures as one: numbers added up, lists joined, latest and longest kept."""
        return merged([*self._ended, *(self._present_status(name) for name in self.fleets)])

    def _present_status(self, name: str) -> dict[str, Any]:
        """The status of the process that runs, or ran last: not that of a killed one."""
        pid, status = self.programs[name].pid, self.status(name)
        return status if pid is None or status.get("pid") == pid else {}

    def keep_status(self, name: str) -> None:
        """A fleet is about to be killed: what it has counted until now stays counted."""
        self._ended.append({key: value for key, value in self.status(name).items() if key in _COUNTED})

    async def connected(self) -> int:
        """Rooms, chair included, whose way to the hub is open."""
        return int(self.rooms_status().get("connected", 0)) + int(self.status("studio").get("connected", 0))

    async def joined(self) -> int:
        """Rooms in the session."""
        return int(self.rooms_status().get("joined", 0))

    def sample(self) -> None:
        """Account for what the programs have used until now."""
        self.hub_usage.sample(self.programs["hub"].pid)
        self.relay_usage.sample(self.relay_pid)
        for name in self.fleets:
            self.fleet_usage.sample(self.programs[name].pid)

    def account(self, costs: Costs) -> None:
        """What the programs have used, as sampled."""
        costs.hub_cpu_s = round(self.hub_usage.cpu_s, 2)
        costs.relay_cpu_s = round(self.relay_usage.cpu_s, 2)
        costs.fleet_cpu_s = round(self.fleet_usage.cpu_s, 2)
        costs.hub_rss_mb = round(self.hub_usage.peak_rss_mb, 1)
        costs.relay_rss_mb = round(self.relay_usage.peak_rss_mb, 1)

    @property
    def relay_pid(self) -> int | None:
        """The relay's process as the hub knows it."""
        pid = read_json(self.folder / "relay.json").get("pid")
        return pid if isinstance(pid, int) else None

    # --- the terminal ---------------------------------------------------------------------------
    def progress(self) -> Progress:
        """Bars of this scene's console."""
        columns = (
            TextColumn("{task.description:<48}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
        )
        return Progress(*columns, console=self.console, transient=not self.console.is_terminal)

    async def busy(self, label: str, work: Awaitable[Any]) -> Any:
        """Do it under a turning sign."""
        with self.console.status(label):
            return await work

    async def wait(
        self,
        label: str,
        wanted: int,
        count: Callable[[], Awaitable[int]],
        timeout_s: float = START_TIMEOUT_S,
        *,
        must: bool = True,
    ) -> None:
        """Watch a count grow to `wanted`. StartError where it must and does not."""
        timeout_s *= self.patience
        try:
            async with asyncio.timeout(timeout_s):
                with self.progress() as progress:
                    task = progress.add_task(label, total=wanted)
                    while True:
                        self.check_programs()
                        found = await count()
                        progress.update(task, completed=min(found, wanted))
                        if found >= wanted or self.stop.is_set():
                            return
                        await asyncio.sleep(POLL_S)
        except TimeoutError:
            if must:
                tails = "\n".join(f"--- {p.name}\n{p.tail()}" for p in self.programs.values())
                raise StartError(f"{label}: not done after {timeout_s:.0f} s.\n{tails}") from None


_COUNTED = frozenset(
    {
        "packets_received",
        "packets_lost",
        "packets_sent",
        "renegotiations",
        "freezes",
        "freeze_s",
        "faults",
        "rejoins",
        "switches",
    }
)
"""What a fleet counts up, other than what its rooms are now."""
_LATEST = ("at", "last_join_s", "media_longest_round_s", "media_us_per_packet")
_EARLIEST = ("first_join_s",)


def merged(statuses: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Several programs' figures as one: counts added up, lists joined; of times the last, or the first."""
    found: dict[str, Any] = {}
    for status in statuses:
        for name, value in status.items():
            before = found.get(name)
            if before is None or value is None:
                found[name] = value if before is None else before
            elif name in _LATEST:
                found[name] = max(before, value)
            elif name in _EARLIEST:
                found[name] = min(before, value)
            elif isinstance(value, dict):
                found[name] = merged([before, value])
            elif isinstance(value, bool | str):
                found[name] = before if before == value else f"{before}, {value}"
            else:
                found[name] = before + value
    return found


def _free_port(host: str, wanted: int, kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    try:
        return free_port(kind, host, wanted)
    except OSError as error:
        raise StartError(f"--host: {host} is no address of this machine ({error.strerror}).") from error


def endpoint_program() -> list[str]:
    """How a room's program is started."""
    return [sys.executable, "-m", "endpoints.main"]


def as_count(question: Callable[[], Awaitable[bool]]) -> Callable[[], Awaitable[int]]:
    """A yes or no as a count to wait for."""

    async def count() -> int:
        return int(await question())

    return count


def read_json(path: Path) -> dict[str, Any]:
    """The object in a file; empty where there is none, or half of one."""
    try:
        found = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _write_secret(path: Path, lines: Sequence[dict[str, str]]) -> None:
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.writelines(json.dumps(line) + "\n" for line in lines)
