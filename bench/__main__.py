"""`python -m bench [NAME …] [--out DIR] [--quick]`: each name is a module of this package."""

from __future__ import annotations

import argparse
import importlib
import sys
from pathlib import Path

from bench import machine

NAMES = ("fanout", "relay", "join", "idle", "switch", "checkin", "people", "schedule", "hub")
USUAL = ("fanout", "relay", "switch", "checkin", "people", "schedule", "hub")
"""`relay` takes what `join` and `idle` take, and more."""


def main() -> int:
    """Runs those named, or the usual ones; 1 where one was void or missed its bound."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Benchmarks of relay and hub")
    told = f"of {', '.join(NAMES)}; without one: {', '.join(USUAL)}"
    parser.add_argument("names", nargs="*", metavar="NAME", help=told)
    parser.add_argument("--out", type=Path, metavar="DIR", help="also write NAME.json there")
    parser.add_argument("--quick", action="store_true", help="fewer and shorter runs")
    args = parser.parse_args()
    if unknown := [name for name in args.names if name not in NAMES]:
        parser.error(f"no benchmark is called {unknown[0]}; there are {', '.join(NAMES)}")
    if args.out is not None:
        args.out.mkdir(parents=True, exist_ok=True)
    sys.stdout.write(f"On {machine.describe()}\n")
    codes: list[int] = [
        importlib.import_module(f"bench.{name}").run(args.out, quick=args.quick)
        for name in args.names or USUAL
    ]
    return max(codes)


if __name__ == "__main__":
    sys.exit(main())
