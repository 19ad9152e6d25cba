"""`python -m bench relay`: the whole relay beside a real LiveKit server, same rooms, same media, one run.

What is compared: user and system time of the server's process alone, by the kernel's accounting. 302 rooms
each receive one chair's picture (18 packets a second) and sound (50): about 20,000 packets a second, which
both servers carry. A join is over when every room shows the chair's picture, which was on before. Rooms are
the simulated rooms' own client code. They join as confhub lets rooms join: at the relay with the stage view,
at LiveKit hidden, which spares it telling everybody of everybody.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench import machine, peers, rooms, servers
from bench.rooms import Failed, Plan, Trial
from confhub.relay import native

RUNS = 3
SPARE_RUNS = 6
"""A busy machine may spoil a run, and in one of two waves LiveKit leaves a room of 302 without an answer to
its ICE checks: void ones are told and repeated so often."""

PLANS = {
    "relay": Plan(),
    "join": Plan(window_s=0, idle_s=0),
    "idle": Plan(window_s=0),
}
QUICK = Plan(window_s=5.0, idle_s=5.0)


def run(out: Path | None, *, quick: bool) -> int:
    """All of it; `out` gets relay.json. Exit code 1 where nothing valid was measured."""
    return compare("relay", out, quick=quick)


def compare(name: str, out: Path | None, *, quick: bool) -> int:
    """Both servers by one of PLANS, alternating; medians and ratios."""
    plan = _quick(PLANS[name]) if quick else PLANS[name]
    wanted = 1 if quick else RUNS
    print(f"\n{name}: {plan.rooms} rooms, runs: {wanted}; fan-out {native.told()}; {peers.livekit_version()}")
    trials: dict[str, list[Trial]] = {"relay": [], "livekit": []}
    for server, start in (("relay", servers.relay), ("livekit", servers.livekit)) * (wanted + SPARE_RUNS):
        if len(trials[server]) == wanted:
            continue
        try:
            trial = rooms.run(start, plan)
        except Failed as error:
            print(f"{server}: void: {error}")
            continue
        print(_line(trial, plan), flush=True)
        if not trial.is_void:
            trials[server].append(trial)
    if any(len(found) < wanted for found in trials.values()):
        print(f"VOID: a server lost more than {rooms.LOSS_MAX:.1%}, or its rooms did not come up.")
        return 1
    relay, livekit = median(trials["relay"]), median(trials["livekit"])
    _tell(relay, livekit, plan)
    if out is not None and name == "relay":
        write(relay, livekit, out)
    return 0


def _quick(plan: Plan) -> Plan:
    return Plan(plan.rooms, min(plan.window_s, QUICK.window_s), min(plan.idle_s, QUICK.idle_s))


def median(trials: list[Trial]) -> Trial:
    """Each figure's median by itself."""
    values: dict[str, Any] = {
        name: machine.median([getattr(trial, name) for trial in trials])
        for name in asdict(trials[0])
        if name != "server"
    }
    return Trial(trials[0].server, **values)


def _line(trial: Trial, plan: Plan) -> str:
    parts = [f"{trial.server:8} join {trial.join_s:5.2f} s, {trial.join_cpu_s:5.2f} s CPU"]
    if plan.window_s:
        parts.append(
            f"{trial.us_per_packet:6.2f} µs a packet at {trial.packets_per_s:,.0f}/s, loss {trial.loss:.4%}"
        )
    parts.append(f"{trial.rss_mb:4.0f} MB")
    if plan.idle_s:
        parts.append(f"silent {trial.idle_cpu_percent:4.1f} %")
    return "; ".join(parts) + ("  VOID" if trial.is_void else "")


def _tell(relay: Trial, livekit: Trial, plan: Plan) -> None:
    rows = [
        ("join to the picture, s", "join_s", 3 / 4),
        ("  of it until connected, s", "connected_s", 0.0),
        ("join, server's CPU s", "join_cpu_s", 1 / 2),
    ]
    if plan.window_s:
        rows.append(("CPU a forwarded packet, µs", "us_per_packet", 1 / 8))
    rows.append(("memory, MB", "rss_mb", 1 / 2))
    if plan.idle_s:
        rows.append(("silent, % of a core", "idle_cpu_percent", 0.0))
    print(f"\n{'medians':30}{'relay':>10}{'LiveKit':>10}{'ratio':>8}")
    for label, name, bound in rows:
        mine, theirs = getattr(relay, name), getattr(livekit, name)
        ratio = mine / theirs if theirs else float("inf")
        held = "" if not bound else f"   {'held' if ratio <= bound else 'MISSED'}: at most {bound:.3g}"
        print(f"{label:30}{mine:10.2f}{theirs:10.2f}{ratio:8.3f}{held}")
    print(f"{'  of it the rooms, CPU s':30}{relay.rooms_join_cpu_s:10.2f}{livekit.rooms_join_cpu_s:10.2f}")


def write(relay: Trial, livekit: Trial, folder: Path) -> None:
    """relay.json."""
    folder.mkdir(parents=True, exist_ok=True)
    figures = {
        "relay_us_per_packet": relay.us_per_packet,
        "livekit_us_per_packet": livekit.us_per_packet,
        "relay_join_s": relay.join_s,
        "livekit_join_s": livekit.join_s,
        "relay_join_cpu_s": relay.join_cpu_s,
        "livekit_join_cpu_s": livekit.join_cpu_s,
        "relay_rss_mb": relay.rss_mb,
        "livekit_rss_mb": livekit.rss_mb,
        "relay_idle_cpu_percent": relay.idle_cpu_percent,
    }
    rounded = {name: round(value, 3) for name, value in figures.items()}
    (folder / "relay.json").write_text(json.dumps(rounded, indent=2) + "\n")
