"""The drill's director: a province in a temporary folder, the faults by plan, the figures, the verdict."""

from __future__ import annotations

import asyncio
import json
import signal
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from confhub.engine.types import EngineStats
from confhub.simulator.drill import kills, returning, siege
from confhub.simulator.drill.burning import burning
from confhub.simulator.drill.floor import FloorChanges, Speaker, switch_times
from confhub.simulator.drill.forgery import Forgers
from confhub.simulator.drill.options import KILLS, DrillOptions, Fault
from confhub.simulator.drill.outcome import DrillOutcome
from confhub.simulator.drill.plan import (
    CALM_S,
    FLOOR_EVERY_S,
    Phase,
    Plan,
    hit_by_dead_line,
    line_faults,
    make_plan,
)
from confhub.simulator.drill.sockets import SocketDrops
from confhub.simulator.drill.telling import tell
from confhub.simulator.province.carrying import lighter, what_is_carried
from confhub.simulator.province.crowd import PlayedCrowd
from confhub.simulator.province.hub_client import HubClient, open_client
from confhub.simulator.province.scene import Scene, as_count, read_json
from confhub.simulator.province.settling import differences, live_time, read_report, relay_stats
from confhub.simulator.province.tree import ADMIN, Province, make_folder, prepare
from confhub.simulator.province.usage import busy_and_all_s, left_over

JOIN_TIMEOUT_S = 90.0
COMEBACK_TIMEOUT_S = 30.0
"""Before the session ends; a room that is not back from its kill by then is told as missing."""
STATUS_AGE_S = 2.5
"""The rooms write their figures each second; so long after a fault they hold all of it."""
JOINS_PER_S = 100
"""How fast one process's rooms join when it is no wave."""
ALL_AT_ONCE = 10_000
SPEAKERS = 3
INTRUDER = "intruder"
LOBBY_S = 5.0
CROWD_SHARE = 0.9
"""The crowd's script is over after this share of live time."""
BREAK_S = (6.0, 4.0)
"""A break begins so long after going live, and lasts so long: no program is killed by then."""
LAST_ARRIVAL = 0.85
"""Somebody is always just coming, whatever goes wrong."""


async def direct(options: DrillOptions) -> int:
    """One whole drill. Exit code 0 where every bound held, else 1."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with AsyncExitStack() as stack:
        folder = options.folder
        if folder is None:
            place = tempfile.TemporaryDirectory(prefix="confhub-drill-", ignore_cleanup_errors=True)
            folder = Path(stack.enter_context(place)) / "province"
        return await Director(options, folder, stop, stack).run()


class Director:
    """One drill: `run` once."""

    def __init__(
        self, options: DrillOptions, folder: Path, stop: asyncio.Event, stack: AsyncExitStack
    ) -> None:
        self.options, self.stop, self.stack = options, stop, stack
        self.scene = Scene(folder, options.rooms, "127.0.0.1", stop, stack, patience=1 + options.burn)
        self.plan: Plan = make_plan(options.faults, options.minutes, brisk=options.brisk)
        carried = what_is_carried(options.picture, options.rooms)
        self.outcome = DrillOutcome(
            options.rooms, carried.picture, [str(fault) for fault in options.faults], carried.reason
        )
        self.outcome.burn = options.burn
        self.crowd = PlayedCrowd(self.scene, options.people, options.seed) if options.people else None
        self.outcome.people = self.crowd.outcome if self.crowd is not None else None
        self.forgers = Forgers(self.scene) if Fault.FORGERS in options.faults else None
        self.outcome.forgery = self.forgers.found if self.forgers is not None else None
        self.drops = SocketDrops()
        self.codes: list[str] = []
        self.slices: list[list[str]] = []
        self.speakers: list[Speaker] = []
        self.floor: FloorChanges | None = None
        self.credentials: dict[str, str] = {}
        self.epoch = 0.0
        self.killed: dict[Fault, tuple[float, float]] = {}

    async def run(self) -> int:
        scene, options = self.scene, self.options
        say = scene.console.print
        make_folder(scene.folder)
        say(
            f"[bold]confhub drill[/bold]: {options.rooms} rooms, {self.plan.live_s:.0f} s live",
            highlight=False,
        )
        if self.outcome.picture_reason:
            say(f"  picture {self.outcome.picture}: {self.outcome.picture_reason}", highlight=False)
        clips = await self._clips()
        province = await scene.busy(
            "Importing the tree and its rooms", prepare(scene.database_url, scene.clock)
        )
        if self.crowd is not None:
            await self.crowd.import_people(province)
            if self.forgers is not None:
                rooms = province.rooms[: options.rooms]
                await self.forgers.prepare(rooms, self.crowd.register, scene.clock)
        if options.burn:
            say(f"  {options.burn} busy programs beside it: bounds on timing are void", highlight=False)
            await self.stack.enter_async_context(burning(options.burn))
        await scene.start_hub(0)
        client = await self.stack.enter_async_context(open_client(scene.url))
        await scene.wait("Starting hub and relay", 1, as_count(client.ready))
        await scene.pair(client, province)
        await client.log_in(ADMIN, province.password)
        if Fault.STRANGERS in options.faults:
            for name in (siege.NAME, siege.HONEST):
                await client.add_viewer(name, siege.PASSWORD, province.root)
        self._write_lines(0.0)
        await self._start_rooms(clips)
        await scene.wait("Rooms connecting to the hub", options.rooms + 1, scene.connected)
        session_id = await self._call(client, province)
        await self._live(client, session_id)
        return await self._end(client, session_id)

    # --- set-up ---------------------------------------------------------------------------------
    async def _clips(self) -> dict[str, Path]:
        """By name, what chair, speakers and intruder send: of different size, told apart by payload."""
        picture, folder = self.outcome.picture, self.scene.folder
        wanted = {"chair": picture}
        if Fault.FLOOR in self.options.faults:
            wanted |= {"speaker-1": picture, "speaker-2": lighter(picture), "speaker-3": picture}
        if self.options.faults:
            wanted[INTRUDER] = "180p"
        paths = {name: folder / f"{name}.bin" for name in wanted}
        for number, (name, size) in enumerate(wanted.items()):
            hue = () if name == "chair" else ("--hue", str(60 * number))
            await self.scene.encode_clip(paths[name], size, *hue)
        return paths

    async def _start_rooms(self, clips: dict[str, Path]) -> None:
        scene, options = self.scene, self.options
        lines = (scene.folder / "rooms.jsonl").read_text().splitlines()
        self.credentials = {entry["code"]: entry["credential"] for entry in map(json.loads, lines)}
        self.codes = list(self.credentials)
        known = ["--known-clips", *map(str, clips.values())]
        usual = ["--faults", str(self._lines_file), "--seed", str(options.seed), "--decode", "0"]
        speed = ALL_AT_ONCE if Fault.WAVE in options.faults else JOINS_PER_S
        usual += ["--joins-per-s", str(speed), *known]
        rooms = self.codes[:-1] if INTRUDER in clips else self.codes
        speaking = [name for name in clips if name.startswith("speaker")]
        if speaking:
            chosen = rooms[-min(SPEAKERS, len(rooms)) :]
            usual += ["--speakers", *chosen]
            usual += ["--speaker-clips", *(str(clips[name]) for name in speaking[: len(chosen)])]
        parts = 3 if options.has(KILLS) else 1
        for number in range(parts):
            first, end = (len(rooms) * step // parts for step in (number, number + 1))
            self.slices.append(rooms[first:end])
            where = ("--first", str(first), "--count", str(end - first))
            await scene.start_fleet(f"fleet-{number + 1}", *where, *usual)
        if INTRUDER in clips:
            last = ("--first", str(len(rooms)), "--count", "1", "--decode", "0", "--intrude")
            await scene.start_fleet(INTRUDER, *last, "--clip", str(clips[INTRUDER]))
        await scene.start_studio(clips["chair"])

    @property
    def _lines_file(self) -> Path:
        return self.scene.folder / "lines.json"

    def _write_lines(self, epoch: float) -> None:
        wish = line_faults(self.plan, self.options.rooms, epoch, self.options.seed)
        if not epoch:
            wish["faults"] = []
        part = self._lines_file.with_suffix(".part")
        part.write_text(json.dumps(wish))
        part.replace(self._lines_file)

    async def _call(self, client: HubClient, province: Province) -> int:
        scene, wanted = self.scene, self.options.rooms
        session_id = await scene.schedule(client, province)
        if self.crowd is not None:
            await self.crowd.announce(client, province, session_id)
        called_at = time.time()
        await client.step(session_id, "open-lobby")
        await scene.wait("Rooms joining the session", wanted, scene.joined, JOIN_TIMEOUT_S, must=False)
        self.outcome.rooms_joined = await scene.joined()
        await asyncio.sleep(STATUS_AGE_S)  # the diaries' lines of open connections are a second behind
        firsts = returning.first_packets(scene.diaries)
        self.outcome.join_s = [max(0.0, firsts[code][0] - called_at) for code in self.codes if code in firsts]
        if Fault.FLOOR in self.options.faults:
            await self._prepare_floor(client, session_id)
        return session_id

    async def _prepare_floor(self, client: HubClient, session_id: int) -> None:
        rooms = self.codes[:-1]
        for number, code in enumerate(rooms[-min(SPEAKERS, len(rooms)) :], 1):
            page = await self.stack.enter_async_context(open_client(self.scene.url))
            await page.enter_as_room(self.credentials[code], session_id)
            self.speakers.append(Speaker(code, f"speaker-{number}", page))
        self.floor = FloorChanges(client, session_id, self.speakers)

    # --- live -----------------------------------------------------------------------------------
    async def _live(self, client: HubClient, session_id: int) -> None:
        """The session is live: phase by phase, to the end of the plan or Ctrl-C."""
        if self.crowd is not None:
            lobby_s = LOBBY_S if not self.options.brisk else 1.0
            seconds = lobby_s + CROWD_SHARE * (CALM_S + self.plan.live_s)
            await self.crowd.start(session_id, seconds, LAST_ARRIVAL)
            await asyncio.sleep(lobby_s)
        await client.step(session_id, "start")
        if self.crowd is not None:
            self.crowd.call_break(client, session_id, *BREAK_S)
        if self.floor is not None:
            await self.floor.prepare()
        loop = asyncio.get_running_loop()
        await asyncio.sleep(CALM_S if not self.options.brisk else 1.0)
        self.epoch = time.time()
        begun = loop.time()
        self._write_lines(self.epoch)
        before, worked = await self._relay(), busy_and_all_s()
        with self.scene.progress() as progress:
            task = progress.add_task("Live", total=int(self.plan.live_s))

            def show(label: str) -> None:
                told = f"Live: {label}" + (f", {self.crowd.told()}" if self.crowd is not None else "")
                progress.update(task, completed=int(loop.time() - begun), description=told)

            for phase in self.plan.phases:
                await self._watch(begun + phase.from_s, lambda: show("calm"))
                if before is not None:
                    self._count_calm(before, await self._relay())
                    before = None
                if self.stop.is_set():
                    return
                await self._do(phase, begun, client, session_id, lambda name=phase.fault: show(name))  # type: ignore[misc]
            await self._watch(begun + self.plan.live_s, lambda: show("calm"))
        self.outcome.left_over = left_over(worked, busy_and_all_s())
        if before is not None:
            self._count_calm(before, await self._relay())

    async def _watch(self, until: float, show: Callable[[], None]) -> None:
        """Wait, looking after programs and figures each second."""
        loop = asyncio.get_running_loop()
        while not self.stop.is_set() and (left := until - loop.time()) > 0:
            self.scene.check_programs()
            self.scene.sample()
            port = read_json(self.scene.folder / "relay.json").get("udp_port")
            if isinstance(port, int):
                self.drops.sample(port)
            show()
            with suppress(TimeoutError):
                await asyncio.wait_for(self.stop.wait(), min(1.0, left))

    async def _do(
        self, phase: Phase, begun: float, client: HubClient, session_id: int, show: Callable[[], None]
    ) -> None:
        """One fault, from its beginning to its end."""
        end = begun + phase.to_s
        actions: dict[Fault, Callable[[], Awaitable[object]]] = {
            Fault.FLOOR: lambda: self._change_floor(phase.to_s - phase.from_s),
            Fault.FORGERS: lambda: self._forge(client, session_id, phase),
            Fault.STRANGERS: lambda: self._besiege(client, session_id, phase),
            Fault.KILL_RELAY: lambda: kills.kill_relay(self.scene),
            Fault.KILL_HUB: lambda: kills.kill_hub(self.scene, client),
            Fault.KILL_AGENTS: lambda: kills.kill_agents(self.scene, self.scene.fleets[0]),
        }
        async with self._counted(phase.fault):
            if phase.fault in actions:
                async with asyncio.TaskGroup() as group:
                    work = group.create_task(_finish(actions[phase.fault]))
                    group.create_task(self._watch(end, show))
                if phase.fault in KILLS:
                    self.killed[phase.fault] = work.result()  # type: ignore[assignment]
            else:
                await self._watch(end, show)

    async def _besiege(self, client: HubClient, session_id: int, phase: Phase) -> None:
        self.outcome.siege = found = siege.Siege()
        await siege.lay(self.scene, client, session_id, phase.to_s - phase.from_s, found)

    async def _forge(self, client: HubClient, session_id: int, phase: Phase) -> None:
        assert self.forgers is not None, "made with the plan"
        await self.forgers.forge(client, self.credentials, session_id, phase.to_s - phase.from_s)

    async def _change_floor(self, seconds: float) -> None:
        assert self.floor is not None, "prepared before going live"
        await self.floor.run(round(seconds / FLOOR_EVERY_S))

    @asynccontextmanager
    async def _counted(self, fault: Fault) -> AsyncIterator[None]:
        """Note the loss that was really made."""
        if fault not in (Fault.LOSS_1, Fault.LOSS_5, Fault.LOSS_10):
            yield
            return
        before = self.scene.rooms_status().get("faults", {})
        yield
        await asyncio.sleep(STATUS_AGE_S)
        after = self.scene.rooms_status().get("faults", {})
        made = {name: after.get(name, 0) - before.get(name, 0) for name in after}
        dropped = made.get("down_dropped", 0) + made.get("up_dropped", 0)
        passed = made.get("down_passed", 0) + made.get("up_passed", 0)
        self.outcome.applied[fault] = dropped / max(1, dropped + passed)

    async def _relay(self) -> tuple[EngineStats, float] | None:
        stats = await relay_stats(self.scene.folder, self.scene.clock)
        return (stats, time.monotonic()) if stats is not None else None

    def _count_calm(
        self, before: tuple[EngineStats, float] | None, after: tuple[EngineStats, float] | None
    ) -> None:
        """What the relay used and sent by its own accounting, while nothing was done to anybody."""
        if before is None or after is None:
            return
        seconds = max(0.1, after[1] - before[1])
        self.outcome.relay_core = ((after[0].cpu_s or 0.0) - (before[0].cpu_s or 0.0)) / seconds
        self.outcome.packets_per_s = ((after[0].packets_out or 0) - (before[0].packets_out or 0)) / seconds

    # --- the end --------------------------------------------------------------------------------
    async def _end(self, client: HubClient, session_id: int) -> int:
        scene, outcome = self.scene, self.outcome
        wanted = self.options.rooms
        await scene.wait("Rooms all there again", wanted, scene.joined, COMEBACK_TIMEOUT_S, must=False)
        if self.crowd is not None:
            await self.crowd.leave()
        await asyncio.sleep(STATUS_AGE_S)
        status = scene.rooms_status()
        outcome.rooms_joined = min(outcome.rooms_joined, int(status.get("joined", 0)))
        outcome.rooms_with_picture = int(status.get("with_picture", 0))
        outcome.rooms_with_sound = int(status.get("with_sound", 0))
        # The chair leaves first: then nothing is on its way while sent and received are counted.
        await scene.busy("The chair is leaving", scene.programs["studio"].stop())
        stats = await self._relay()
        outcome.packets_sent = (stats[0].packets_out or 0) if stats is not None else 0
        await client.step(session_id, "end")
        if self.crowd is not None:
            await self.crowd.finish()
        await scene.empty(client, session_id)
        await scene.busy("Stopping hub and relay", scene.programs["hub"].stop())
        report = await read_report(scene.database_url, scene.clock, session_id)
        outcome.restarts = scene.restarts
        if self.crowd is not None:
            await self.crowd.settle(session_id, killed=outcome.is_lenient)
        if self.forgers is not None and self.crowd is not None:
            await self.forgers.settle()
            self.forgers.found.take_times(self.crowd.took())
        found = differences(report, session_id, scene.diaries, killed=outcome.is_lenient)
        start, end = live_time(report)
        outcome.live_s = round((end - start).total_seconds(), 1)
        outcome.attendance_rows, outcome.attendance_differences = len(report.rows), len(found)
        self._fill()
        code = tell(scene.console, outcome, found)
        if self.options.json_file is not None:
            outcome.write(self.options.json_file)
        return code

    def _fill(self) -> None:
        """The figures of rooms and processes."""
        scene, outcome, status = self.scene, self.outcome, self.scene.rooms_status()
        outcome.packets_received = int(status.get("packets_received", 0))
        outcome.packets_lost = int(status.get("packets_lost", 0))
        if not outcome.faults:
            outcome.packets_lost = max(outcome.packets_lost, outcome.packets_sent - outcome.packets_received)
        outcome.rooms_longest_round_s = float(status.get("media_longest_round_s", 0.0))
        outcome.rooms_socket_drops, outcome.relay_socket_drops = self.drops.rooms, self.drops.relay
        outcome.receiver = str(status.get("receiver", ""))
        outcome.fan_out = self.options.fan_out
        outcome.freezes = int(status.get("freezes", 0))
        outcome.freeze_s = float(status.get("freeze_s", 0.0))
        outcome.renegotiations = int(status.get("renegotiations", 0))
        self._fill_floor(status)
        self._fill_returns(status)
        scene.account(outcome)

    def _fill_floor(self, status: dict[str, Any]) -> None:
        outcome, switches = self.outcome, status.get("switches", [])
        if self.floor is not None:
            outcome.floor_changes = len(self.floor.changes)
            outcome.refusals = self.floor.refusals
            rooms = [code for part in self.slices for code in part]
            outcome.switch_ms, outcome.switches_missing = switch_times(self.floor.changes, switches, rooms)
        if outcome.faults:
            outcome.intruder_sent = int(self.scene.status(INTRUDER).get("packets_sent", 0))
            outcome.intruder_heard = len({s["room"] for s in switches if s["source"] == INTRUDER})

    def _fill_returns(self, status: dict[str, Any]) -> None:
        outcome, firsts = self.outcome, returning.first_packets(self.scene.diaries)
        if Fault.KILL_RELAY in self.killed:
            outcome.back["kill-relay"] = returning.after_kill(
                self.codes, firsts, *self.killed[Fault.KILL_RELAY]
            )
        if Fault.KILL_AGENTS in self.killed:
            coming = returning.after_kill(self.slices[0], firsts, *self.killed[Fault.KILL_AGENTS])
            coming.what = "after its new start"
            outcome.back["kill-agents"] = coming
        phase = self.plan.phase(Fault.DEAD_LINE)
        if phase is not None and self.epoch:
            hit = [self.codes[number] for number in hit_by_dead_line(self.options.rooms)]
            outcome.back["dead-line"] = returning.after_line(
                hit, status.get("rejoins", []), self.epoch + phase.from_s, self.epoch + phase.back_s
            )


async def _finish(action: Callable[[], Awaitable[object]]) -> object:
    return await action()
