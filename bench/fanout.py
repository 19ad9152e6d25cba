"""CPU a packet of both twins beside the floor: what libsrtp and the kernel alone need on this machine."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from bench import machine
from bench.fanout_run import BURST
from confhub.relay import native

SIZES = (160, 1160)
SUBSCRIBERS = (10, 50, 302, 1000)
HEAD = (1160, 302)
"""What fanout.json and the bounds are about."""
RUNS, HEAD_RUNS, QUICK_RUNS = 3, 9, 3
PACKETS = {"floor": 60_000, "compiled": 60_000, "python": 20_000}
"""Of one run, about 0.15 s of CPU time each; a run more of each warms up nothing that another could use."""
COMPILED_US_MAX, FLOOR_RATIO_MAX, PYTHON_US_MAX = 3.5, 1.6, 12.0
_TIMEOUT_S = 300.0

Cell = tuple[int, int]
"""(bytes of payload, subscribers)"""


class LostError(Exception):
    """A run's receivers missed packets: what it measured was no fan-out."""


def run(out: Path | None, *, quick: bool) -> int:
    """Print the table and the verdicts; 1 where a bound was missed."""
    kinds = [kind for kind in PACKETS if _can(kind)]
    cells = [HEAD] if quick else [(size, count) for size in SIZES for count in SUBSCRIBERS]
    sys.stdout.write(
        f"\nfanout: µs of CPU a packet, bursts of {BURST}, AES-128-GCM, 8 bytes of extensions; receivers\n"
        "are loopback sockets, emptied between bursts off the clock. Median of several runs, in turn.\n\n"
    )
    found: dict[tuple[str, Cell], list[float]] = {}
    for cell in cells:
        for _ in range(QUICK_RUNS if quick else HEAD_RUNS if cell == HEAD else RUNS):
            for kind in kinds:
                found.setdefault((kind, cell), []).append(measure(kind, *cell))
    rows = [[_name(cell), *(machine.spread(found[kind, cell]) for kind in kinds)] for cell in cells]
    sys.stdout.write(machine.table(["bytes × subscribers", *kinds], rows) + "\n")
    if "compiled" in kinds:
        mixed = machine.spread([measure("compiled", *HEAD, is_mixed=True) for _ in range(QUICK_RUNS)])
        sys.stdout.write(f"\ncompiled, no two subscribers with the same edit: {mixed}\n")
    figures = {f"{kind}_us_per_packet": machine.median(found[kind, HEAD]) for kind in kinds}
    if out is not None:
        text = json.dumps({key: round(value, 3) for key, value in figures.items()}, indent=1)
        (out / "fanout.json").write_text(text + "\n", encoding="ascii")
    return _judge(figures)


def measure(kind: str, payload_bytes: int, subscribers: int, *, is_mixed: bool = False) -> float:
    """One run in a process of its own, µs a packet. Raises LostError."""
    command = [sys.executable, "-m", "bench.fanout_run", kind]
    command += [
        "--bytes",
        str(payload_bytes),
        "--subscribers",
        str(subscribers),
        "--packets",
        str(PACKETS[kind]),
    ]
    environment = {**os.environ, native.ENVIRONMENT: "python" if kind == "python" else "auto"}
    done = subprocess.run(
        command + ["--mixed"] * is_mixed,
        cwd=Path(__file__).parents[1],
        env=environment,
        check=True,
        stdout=subprocess.PIPE,
        timeout=_TIMEOUT_S,
    )
    result = json.loads(done.stdout)
    if result["lost"]:
        raise LostError(f"{kind}: {result['lost']} of {result['sent']} packets never arrived")
    return float(result["us_per_packet"])


def _can(kind: str) -> bool:
    if kind == "compiled" and native.fanout is None:
        sys.stdout.write(f"No compiled fan-out here ({native.describe()['reason']}).\n")
        return False
    if kind == "floor" and shutil.which("cc") is None:
        sys.stdout.write("No floor: it needs a C compiler as cc.\n")
        return False
    return True


def _name(cell: Cell) -> str:
    return f"{cell[0]:,} B × {cell[1]:,}"


def _judge(figures: dict[str, float]) -> int:
    """The bounds at the head figure."""
    verdicts = []
    if compiled := figures.get("compiled_us_per_packet"):
        verdicts.append(
            (f"compiled {compiled:.2f} µs, at most {COMPILED_US_MAX}", compiled <= COMPILED_US_MAX)
        )
        if floor := figures.get("floor_us_per_packet"):
            ratio = compiled / floor
            verdicts.append(
                (f"{ratio:.2f} of the floor, at most {FLOOR_RATIO_MAX}", ratio <= FLOOR_RATIO_MAX)
            )
    python = figures["python_us_per_packet"]
    verdicts.append((f"python {python:.2f} µs, at most {PYTHON_US_MAX}", python <= PYTHON_US_MAX))
    sys.stdout.write(f"\nAt {_name(HEAD)}: " + "; ".join(text for text, _ in verdicts) + "\n")
    for text, is_met in verdicts:
        if not is_met:
            sys.stdout.write(f"missed: {text}\n")
    return 0 if all(is_met for _, is_met in verdicts) else 1
