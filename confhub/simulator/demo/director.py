"""The demo's director: brings up province and programs, calls the rooms, goes live, ends, and compares."""

from __future__ import annotations

import asyncio
import signal
from contextlib import AsyncExitStack, suppress
from typing import Any

import aiohttp
from rich.progress import Progress

from confhub.simulator.demo.options import DemoOptions
from confhub.simulator.demo.outcome import Outcome
from confhub.simulator.demo.verdict import settle, tell
from confhub.simulator.province.carrying import Carried, what_is_carried
from confhub.simulator.province.crowd import PlayedCrowd
from confhub.simulator.province.hub_client import HubClient, HubRefused, open_client
from confhub.simulator.province.scene import Scene, as_count
from confhub.simulator.province.settling import packets_sent
from confhub.simulator.province.tree import ADMIN, Province, make_folder, prepare

JOIN_TIMEOUT_S = 90.0
"""Rooms that have not joined by then will be told as missing."""
PLAYED_S = 180.0
"""How long people come and go where nobody said how long the session lasts."""
LOBBY_S = 8.0
"""People come before the session begins; less where it is short."""
BEFORE_END = 0.85
"""The crowd's script is over after this share of live time."""


async def direct(options: DemoOptions) -> int:
    """One whole run. Exit code 0 when everything held, 1 with the shortfalls told."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with AsyncExitStack() as stack:
        return await Director(options, stop, stack).run()


class Director:
    """Holds the run's figures and its scene."""

    def __init__(self, options: DemoOptions, stop: asyncio.Event, stack: AsyncExitStack) -> None:
        self.options, self.stop, self.stack = options, stop, stack
        self.scene = Scene(options.data, options.rooms, options.host, stop, stack)
        self.carried: Carried = what_is_carried("720p")
        self.outcome = Outcome(rooms_expected=options.rooms, picture=self.carried.told)
        self.crowd = PlayedCrowd(self.scene, options.people, options.seed) if options.people else None
        self.outcome.people = self.crowd.outcome if self.crowd is not None else None

    async def run(self) -> int:
        options, scene = self.options, self.scene
        make_folder(options.data)
        say = scene.console.print
        people = f" and {options.people:,} people" if options.people else ""
        say(f"[bold]confhub demo[/bold]: a province of 302 rooms{people} on this machine", highlight=False)
        say(f"  The chair's picture: {self.carried.told}", highlight=False)
        picture = self.carried.picture
        clip = options.data.parent / f"{options.data.name}-clip-{picture}.bin"
        await scene.encode_clip(clip, picture)
        province = await scene.busy(
            "Importing the tree and its rooms", prepare(scene.database_url, scene.clock)
        )
        if self.crowd is not None:
            await self.crowd.import_people(province)
        await scene.start_hub(options.port)
        client = await self.stack.enter_async_context(open_client(scene.url))
        await scene.wait("Starting hub and relay", 1, as_count(client.ready))
        await scene.pair(client, province)
        await client.log_in(ADMIN, province.password)
        await scene.start_fleet("fleet", "--count", str(options.rooms), "--seed", str(options.seed))
        await scene.start_studio(clip)
        await scene.wait("Rooms connecting to the hub", options.rooms + 1, scene.connected)
        session_id = await self._call(client, province)
        self._say_where(scene.url, session_id, province)
        await self._live(client, session_id)
        return await self._end(client, session_id)

    async def _call(self, client: HubClient, province: Province) -> int:
        """Schedule the session, open its lobby (the call), and wait for the rooms."""
        scene, wanted = self.scene, self.options.rooms
        session_id = await scene.schedule(client, province)
        if self.crowd is not None:
            await self.crowd.announce(client, province, session_id)
        called_s = scene.clock.monotonic()
        await client.step(session_id, "open-lobby")
        await scene.wait("Rooms joining the session", wanted, scene.joined, JOIN_TIMEOUT_S, must=False)
        if await scene.joined() >= wanted:
            self.outcome.join_s = round(scene.clock.monotonic() - called_s, 1)
        return session_id

    def _say_where(self, url: str, session_id: int, province: Province) -> None:
        say = self.scene.console.print
        say(f"\n  Log in as [bold]{ADMIN}[/bold] with [bold]{province.password}[/bold]")
        say(f"  Watch and take part:  {url}/sessions/{session_id}/room", highlight=False)
        say(f"  Control room:         {url}/sessions/{session_id}/live", highlight=False)
        say(f"  Attendance report:    {url}/sessions/{session_id}/report", highlight=False)
        if self.crowd is not None:
            say(f"  People:               {url}/sessions/{session_id}/people", highlight=False)
        say(f"  Rooms online:         {url}/fleet\n", highlight=False)

    async def _live(self, client: HubClient, session_id: int) -> None:
        """Go live and watch, until the time is up, Ctrl-C, or somebody ended the session in the browser."""
        if self.crowd is not None:
            seconds = self.options.seconds or PLAYED_S
            lobby_s = min(LOBBY_S, seconds / 10)
            await self.crowd.start(session_id, lobby_s + BEFORE_END * seconds)
            with suppress(TimeoutError):
                await asyncio.wait_for(self.stop.wait(), lobby_s)
        await client.step(session_id, "start")
        ending = f"in {self.options.seconds:.0f} s" if self.options.seconds else "on Ctrl-C"
        self.scene.console.print(f"  The session ends {ending}, or on the control room's page.\n")
        if self.crowd is not None and self.options.seconds is not None:
            length_s = max(2.0, self.options.seconds / 20)
            self.crowd.call_break(client, session_id, self.options.seconds / 2, length_s)
        loop = asyncio.get_running_loop()
        begun = loop.time()
        with self.scene.progress() as progress:
            task = progress.add_task("Live", total=self.options.rooms)
            while not self.stop.is_set():
                self.scene.check_programs()
                self.scene.sample()
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
        status = self.scene.rooms_status()
        received, lost = status.get("packets_received", 0), status.get("packets_lost", 0)
        loss = lost / max(1, received + lost)
        told = f"Live {live_s:4.0f} s  picture {status.get('with_picture', 0)}  sound "
        told += f"{status.get('with_sound', 0)}  {received:,} packets, loss {loss:.3%}"
        if self.crowd is not None:
            told += f"  {self.crowd.told()}"
        progress.update(task, completed=status.get("joined", 0), description=told)

    async def _ended_elsewhere(self, client: HubClient, session_id: int) -> bool:
        """Whether somebody ended the session in the browser. A hub that is just restarting cannot say."""
        try:
            return await client.state(session_id) == "ended"
        except (HubRefused, aiohttp.ClientError, TimeoutError):
            return False

    async def _end(self, client: HubClient, session_id: int) -> int:
        """End the session, let the rooms leave and write their diaries, compare, and tell."""
        scene, outcome = self.scene, self.outcome
        outcome.rooms_joined = await scene.joined()
        if self.crowd is not None:
            await self.crowd.leave()
        # The chair leaves first: then nothing is on its way while sent and received are counted.
        await scene.busy("The chair is leaving", scene.programs["studio"].stop())
        sent = await packets_sent(self.options.data, scene.clock)
        if not await self._ended_elsewhere(client, session_id):
            await client.step(session_id, "end")
        if self.crowd is not None:
            await self.crowd.finish()
        await scene.empty(client, session_id)
        self._fill(sent)
        # A hub that ends writes what is still waiting; only then is everything in that the rooms reported.
        await scene.busy("Stopping hub and relay", scene.programs["hub"].stop())
        if self.crowd is not None:
            await self.crowd.settle(session_id, killed=bool(outcome.restarts))
        report, found = await settle(scene.database_url, scene.clock, session_id, scene.diaries, outcome)
        return tell(scene.console, report, outcome, found, self.options.json_file)

    def _fill(self, sent: int) -> None:
        """The figures of fleet and processes."""
        scene, outcome, status = self.scene, self.outcome, self.scene.rooms_status()
        outcome.restarts = scene.restarts
        outcome.packets_sent = sent
        outcome.packets_received = int(status.get("packets_received", 0))
        outcome.rooms_with_picture = int(status.get("with_picture", 0))
        outcome.rooms_with_sound = int(status.get("with_sound", 0))
        outcome.rooms_decoded = int(status.get("decode_rooms", 0))
        outcome.rooms_decoded_ok = int(status.get("decode_ok", 0))
        scene.account(outcome)
