"""`python -m bench checkin`: check-ins over HTTP from 300 rooms, each acknowledged after its commit.

A real hub with its relay beside it, as `confhub run` starts them; on SQLite (WAL, synchronous=FULL) and on
PostgreSQL (as it comes). The rooms are a process of their own. Single check-ins are phones, one request each
after the visit that a scan opens; batches are tablets. At the end the database is asked what it holds.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from socket import SOCK_DGRAM, SOCK_STREAM
from typing import Any

from sqlalchemy import func, select

from bench import databases, hall, machine
from bench.servers import ROOT, cpu_s, wait_until_it_answers
from confhub.checkin.models import PersonEvent
from confhub.db.database import Database
from confhub.kernel.ports import free_port

SINGLE_MIN = 2_000
"""Check-ins a second that are asked for."""
RUNS, QUICK_PEOPLE = 3, 6_000
_LOAD_S = 300.0


def run(out: Path | None, *, quick: bool) -> int:
    """Both databases; 1 where a bound was missed or something was lost."""
    found: dict[str, dict[str, float]] = {}
    print(f"\ncheck-ins a second over HTTP, {hall.ROOMS} rooms; medians of {1 if quick else RUNS} runs\n")
    rows = []
    for kind in databases.KINDS:
        trials = [_trial(kind, QUICK_PEOPLE if quick else hall.PEOPLE) for _ in range(1 if quick else RUNS)]
        figures = {name: machine.median([trial[name] for trial in trials]) for name in trials[0]}
        found[kind] = {name: round(value, 3) for name, value in figures.items()}
        shown = ("single_per_s", "single_p95_ms", "batch_per_s", "visits_per_s", "hub_us", "load_us")
        rows.append([kind, *(f"{figures[name]:,.0f}" for name in shown)])
    head = ["database", "single/s", "p95 ms", "in batches/s", "visits/s", "hub µs", "rooms µs"]
    print(machine.table(head, rows))
    print("hub µs, rooms µs: CPU of a single check-in on either side; both share the machine's cores.")
    if out is not None:
        (out / "checkin.json").write_text(json.dumps(found, indent=2) + "\n")
    missed = [
        f"{kind}: {name} {figures[name]:,.0f} a second (at least {SINGLE_MIN:,})"
        for kind, figures in found.items()
        for name in ("single_per_s", "batch_per_s")
        if figures[name] < SINGLE_MIN
    ]
    print("\n".join([f"MISSED: {one}" for one in missed] or [f"held: at least {SINGLE_MIN:,} a second"]))
    return 1 if missed else 0


def _trial(kind: str, people: int) -> dict[str, float]:
    """One fresh database, one hub, everybody once. Raises RuntimeError where an event was lost or doubled."""
    with databases.url(kind) as address:
        plan = asyncio.run(_filled(address, people))
        with tempfile.TemporaryDirectory(prefix="confhub-bench-") as folder, _hub(address, folder) as server:
            url, pid = server
            file = Path(folder) / "plan.json"
            file.write_text(json.dumps(plan))
            before = cpu_s(pid)
            parts = _load(url, file)
            spent = cpu_s(pid) - before
        held, persons = asyncio.run(_held(address))
    by_name = {part["name"]: part for part in parts}
    told = by_name["single"]["done"] + by_name["batches"]["done"]
    if not held == persons == told == people:
        raise RuntimeError(f"{kind}: {told} check-ins acknowledged, {held} stored, of {persons} people")
    single, batches, visits = by_name["single"], by_name["batches"], by_name["visits"]
    seconds = sum(part["seconds"] for part in parts)
    return {
        "single_per_s": single["done"] / single["seconds"],
        "single_p50_ms": single["p50_ms"],
        "single_p95_ms": single["p95_ms"],
        "batch_per_s": batches["done"] / batches["seconds"],
        "batch_p95_ms": batches["p95_ms"],
        "visits_per_s": visits["done"] / visits["seconds"],
        "hub_us": 1e6 * spent * (single["seconds"] / seconds) / single["done"],
        "load_us": 1e6 * single["own_cpu_s"] / single["done"],
    }


async def _filled(address: str, people: int) -> dict[str, Any]:
    database = Database(address)
    try:
        made = await hall.fill(database, people=people)
    finally:
        await database.close()
    return {"session": made.session, "people": made.people, "tablets": made.tablets}


@contextmanager
def _hub(address: str, folder: str) -> Iterator[tuple[str, int]]:
    """(URL, process id) of a hub with its relay."""
    ports = [free_port(kind) for kind in (SOCK_STREAM, SOCK_STREAM, SOCK_DGRAM)]
    argv = [sys.executable, "-m", "confhub", "run", "--data", folder, "--database", address]
    argv += ["--port", str(ports[0]), "--relay-port", str(ports[1]), "--relay-udp-port", str(ports[2])]
    log_file = Path(folder) / "hub.log"
    with (
        log_file.open("wb") as log,
        subprocess.Popen(argv, cwd=ROOT, stdout=log, stderr=log, env=dict(os.environ)) as process,
    ):
        url = f"http://127.0.0.1:{ports[0]}"
        try:
            wait_until_it_answers(process, f"{url}/healthz", log_file)
            yield url, process.pid
        finally:
            process.terminate()
            process.wait(30)


def _load(url: str, plan: Path) -> list[dict[str, Any]]:
    done = subprocess.run(
        [sys.executable, "-m", "bench.checkin_load", url, str(plan)],
        cwd=ROOT, capture_output=True, text=True, timeout=_LOAD_S, check=False,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"the rooms ended: {done.stderr[-1500:]}")
    parts: list[dict[str, Any]] = json.loads(done.stdout)
    return parts


async def _held(address: str) -> tuple[int, int]:
    """(events, people among them) that the database holds."""
    database = Database(address)
    try:
        async with database.reading() as tx:
            query = select(func.count(), func.count(PersonEvent.attendee_id.distinct()))
            events, people = (await tx.execute(query)).one()
            return events, people
    finally:
        await database.close()
