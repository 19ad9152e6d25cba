"""`python -m bench hub`: what the hub costs while 302 rooms are in session and 40,000 people check in.

A real hub with its relay, as `confhub run` starts them, on SQLite. Rooms, people and readers are processes
of their own, as in the demo: 302 rooms that are connected and joined (without media, which is the relay's
affair), each with a screen that shows its code and a tablet that shows its list; 40,000 people who come
within three minutes by tablet, badge and phone; an organizer's live page, the desk and the report on
people, open all the time; and somebody who opens page after page, whose waiting is measured. At the end
what the hub has stored is held against what the people did, person by person.

`cpu_share` is of one core, for the hub and whatever it starts but the relay; `serving_share` the serving
process alone. `lag_p99_ms` is the hub's own meter over the whole window (`confhub_loop_lag_seconds`).
"""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import signal
import sys
import tempfile
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench import hub_meter, machine
from confhub.access.rules import SYSTEM
from confhub.checkin.tablets import TabletService
from confhub.db.database import Database
from confhub.simulator.province.crowd import PlayedCrowd
from confhub.simulator.province.hub_client import HubClient, open_client
from confhub.simulator.province.scene import Scene, as_count, read_json
from confhub.simulator.province.tree import ADMIN, Province, make_folder, prepare
from confhub.simulator.rtc.ice import CONSENT_EVERY_S

BOUNDS = {"cpu_share": 0.35, "lag_p99_ms": 50.0, "get_p99_ms": 300.0}
READERS_NICENESS = 5
JOIN_TIMEOUT_S = 180.0
METER_EVERY_S = 5.0


@dataclass(frozen=True, slots=True)
class Plan:
    """`seconds`: of the window, in which everybody comes."""

    rooms: int = 302
    people: int = 40_000
    seconds: float = 180.0
    last_arrival: float = 0.9


QUICK = Plan(rooms=40, people=5_300, seconds=40.0)


@dataclass(slots=True)
class Run:
    """What one run holds while it goes on."""

    plan: Plan
    scene: Scene
    crowd: PlayedCrowd
    province: Province
    tablets: dict[str, str] = field(default_factory=dict)
    session: int = 0


def run(out: Path | None, *, quick: bool) -> int:
    """One window; `out` gets hub.json. Exit code 1 where a bound was missed or an answer was not true."""
    plan = QUICK if quick else Plan()
    print(f"\nhub: {plan.rooms} rooms, {plan.people:,} people come within {plan.seconds:.0f} s, on SQLite\n")
    kept = os.environ.get("CONFHUB_BENCH_DATA")
    with tempfile.TemporaryDirectory(prefix="confhub-bench-") as folder:
        found = asyncio.run(_measure(plan, Path(kept or folder)))
    _tell(found)
    if out is not None:
        (out / "hub.json").write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n")
    missed = [
        f"{name} {found[name]:,.3f} (at most {bound:,.2f})"
        for name, bound in BOUNDS.items()
        if found[name] > bound
    ]
    missed += [f"not true: {text}" for text in found["untrue"]]
    print("\n".join([f"MISSED: {one}" for one in missed] or ["held: every bound, and all answers are true"]))
    return 1 if missed else 0


def _tell(found: dict[str, Any]) -> None:
    rows = [
        [name, f"{found[name]:,.3f}" if isinstance(found[name], float) else f"{found[name]:,}", _bound(name)]
        for name in found
        if isinstance(found[name], int | float)
    ]
    print(machine.table(["", "found", "at most"], rows))
    print(f"pages, p99 in ms: {', '.join(f'{path} {ms:,.0f}' for path, ms in found['pages_p99_ms'].items())}")
    print(f"on {found['machine']}; while measured the machine was {found['machine_busy']:.0%} busy")


def _bound(name: str) -> str:
    return f"{BOUNDS[name]:,.2f}" if name in BOUNDS else ""


async def _measure(plan: Plan, folder: Path) -> dict[str, Any]:
    data = folder / "data"
    make_folder(data)
    async with AsyncExitStack() as stack:
        scene = Scene(data, plan.rooms, "127.0.0.1", asyncio.Event(), stack)
        province = await scene.busy("Importing the tree", prepare(scene.database_url, scene.clock))
        now = Run(plan, scene, PlayedCrowd(scene, plan.people, seed=1), province)
        await now.crowd.import_people(province)
        await _enter_tablets(now)
        token = os.environ["CONFHUB_METRICS_TOKEN"] = secrets.token_urlsafe(12)
        await scene.start_hub(0)
        client = await stack.enter_async_context(open_client(scene.url))
        await scene.wait("Starting hub and relay", 1, as_count(client.ready))
        await _fill_rooms(now, client)
        await _open_pages(now)
        meter = hub_meter.Meter(scene.url, token, _pid(scene), lambda: scene.relay_pid)
        return await _window(now, client, meter)


def _pid(scene: Scene) -> int:
    pid = scene.programs["hub"].pid
    assert pid is not None, "the hub has answered"
    return pid


async def _enter_tablets(now: Run) -> None:
    """A tablet a room whose page is open all the time, beside the crowd's own."""
    database = Database(now.scene.database_url)
    rooms = {slip.endpoint_code: slip.endpoint_id for slip in now.province.rooms}
    try:
        tablets = TabletService(database, now.scene.clock)
        for room in now.crowd.register.tablets:
            now.tablets[room["code"]], _ = await tablets.enter(room["tablet_code"], "bench", "127.0.0.1")
            room["tablet_code"] = (await tablets.issue(SYSTEM, rooms[room["code"]])).code
    finally:
        await database.close()


async def _fill_rooms(now: Run, client: HubClient) -> None:
    """Rooms are paired, connected, called, and in the session, whose lobby is open."""
    scene, plan = now.scene, now.plan
    await scene.pair(client, now.province)
    await client.log_in(ADMIN, now.province.password)
    await scene.start_fleet("fleet", "--count", str(plan.rooms), "--seed", "1")
    await scene.wait("Rooms connecting to the hub", plan.rooms, scene.connected, JOIN_TIMEOUT_S)
    now.session = await scene.schedule(client, now.province)
    await now.crowd.announce(client, now.province, now.session)
    await client.step(now.session, "open-lobby")
    await scene.wait("Rooms joining the session", plan.rooms, scene.joined, JOIN_TIMEOUT_S)


async def _open_pages(now: Run) -> None:
    """Screens and tablets of the rooms, and the readers: two more processes."""
    scene = now.scene
    credentials = [json.loads(line) for line in (scene.folder / "rooms.jsonl").read_text().splitlines()]
    wanted = {
        "url": scene.url, "session": now.session, "tablets": now.tablets, "username": ADMIN,
        "password": now.province.password,
        "credentials": {one["code"]: one["credential"] for one in credentials},
    }  # fmt: skip
    plan_file = scene.folder / "pages-plan.json"
    plan_file.write_text(json.dumps(wanted))
    for name in ("rooms", "readers"):
        status = scene.folder / f"{name}-pages.json"
        argv = [sys.executable, "-m", "bench.hub_pages", name, str(plan_file), str(status)]
        await scene.start(name, argv, READERS_NICENESS)

        async def ready(status: Path = status) -> int:
            return int(bool(read_json(status).get("ready")))

        await scene.wait(f"Opening pages: {name}", 1, ready, JOIN_TIMEOUT_S)


async def _window(now: Run, client: HubClient, meter: hub_meter.Meter) -> dict[str, Any]:
    """From the first person's coming on, for as long as the plan says; then the end, and the comparison."""
    scene, crowd, plan = now.scene, now.crowd, now.plan
    await crowd.start(now.session, plan.seconds, plan.last_arrival)
    await client.step(now.session, "start")
    os.kill(scene.programs["readers"].pids[-1], signal.SIGUSR1)
    before, begun = await meter.read(), time.monotonic()
    with scene.progress() as progress:
        task = progress.add_task("Live", total=plan.seconds)
        while (gone := time.monotonic() - begun) < plan.seconds:
            scene.check_programs()
            progress.update(task, completed=gone, description=f"Live  {crowd.told()}")
            await asyncio.sleep(min(METER_EVERY_S, plan.seconds - gone))
            await meter.note(time.monotonic() - begun)
    after, took_s = await meter.read(), time.monotonic() - begun
    await asyncio.gather(*(scene.programs[name].stop() for name in ("readers", "rooms")))
    await crowd.leave()
    await client.step(now.session, "end")
    await crowd.finish()
    await scene.empty(client, now.session)
    await scene.busy("Stopping hub and relay", scene.programs["hub"].stop())
    await crowd.settle(now.session, killed=False, silence_s=CONSENT_EVERY_S)
    readers, rooms = (read_json(scene.folder / f"{name}-pages.json") for name in ("readers", "rooms"))
    people = crowd.outcome
    return {
        **hub_meter.figures(before, after, took_s),
        "get_p50_ms": readers["p50_ms"],
        "get_p99_ms": readers["p99_ms"],
        "pages_opened": readers["done"],
        "screens_and_tablets_answered": rooms["done"],
        "check_ins": people.check_ins,
        "crowd_requests": people.done.get("requests", 0),
        "intervals_compared": people.intervals_compared,
        "furthest_s": people.furthest_s,
        "pages_p99_ms": readers["pages_p99_ms"],
        "machine": machine.describe(),
        "untrue": [
            *people.shortfalls(),
            *people.differences[:20],
            *people.surprises[:20],
            *readers["untrue"],
            *rooms["untrue"],
        ],
        "course_of_lag": meter.course,
    }
