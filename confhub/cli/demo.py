"""`confhub demo`: a whole province on this machine, from the call to the attendance report."""

from __future__ import annotations

import argparse
import asyncio
import os
from pathlib import Path

from confhub.kernel.errors import StartError
from confhub.simulator.demo.options import DemoOptions

ROOMS = 302
PEOPLE = 40_000
PEOPLE_MAX = 100_000


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """`confhub demo`, with DEMO_SECONDS and DEMO_JSON from the environment as well."""
    parser = subparsers.add_parser(
        "demo",
        help="bring up a whole province on this machine: hub, relay, 302 rooms, a chair and 40,000 people",
        description="Ends on Ctrl-C, or --seconds after going live; prints the attendance table. "
        "Exit code 1 where anything fell short.",
    )
    parser.add_argument(
        "--data", type=Path, default=Path(".demo"), help="data folder, replaced (default: .demo)"
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: 127.0.0.1)")
    parser.add_argument(
        "--port", type=int, default=8080, help="port of the pages (default: 8080, or a free one)"
    )
    parser.add_argument("--rooms", type=int, default=ROOMS, help=f"rooms that join (default: {ROOMS})")
    parser.add_argument(
        "--people",
        type=int,
        help=f"people on the rooms' lists (default: {PEOPLE:,}, less with fewer rooms); 0: none",
    )
    parser.add_argument(
        "--seconds",
        default=os.environ.get("DEMO_SECONDS") or None,
        help="end the session by itself this long after going live [DEMO_SECONDS]",
    )
    parser.add_argument(
        "--json", default=os.environ.get("DEMO_JSON") or None, help="write what was measured here [DEMO_JSON]"
    )
    parser.add_argument(
        "--seed", type=int, default=1, help="draws the people, and the ten rooms that decode (default: 1)"
    )
    parser.set_defaults(handler=run)


def run(args: argparse.Namespace) -> int:
    """Check the options, then run the demo to its end."""
    from confhub.simulator.demo.director import direct

    return asyncio.run(direct(_options(args)))


def _options(args: argparse.Namespace) -> DemoOptions:
    seconds: float | None = None
    if args.seconds is not None:
        try:
            seconds = float(args.seconds)
        except ValueError:
            seconds = -1.0
        if not 1 <= seconds <= 86_400:
            raise StartError(f"--seconds (DEMO_SECONDS): {args.seconds!r} is no number from 1 to 86400.")
    if not 1 <= args.rooms <= ROOMS:
        raise StartError(f"--rooms: give a number from 1 to {ROOMS}.")
    if not 0 <= args.port <= 65535:
        raise StartError("--port: give a port number from 0 to 65535.")
    people = round(PEOPLE * args.rooms / ROOMS) if args.people is None else args.people
    if people and not args.rooms <= people <= PEOPLE_MAX:
        raise StartError(f"--people: give 0, or a number from that of the rooms to {PEOPLE_MAX}.")
    return DemoOptions(
        data=args.data.absolute(),
        host=args.host,
        port=args.port,
        rooms=args.rooms,
        seconds=seconds,
        json_file=Path(args.json).absolute() if args.json else None,
        seed=args.seed,
        people=people,
    )
