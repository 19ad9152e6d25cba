"""`confhub drill`: a whole province under trial before a big day, with its verdict."""

from __future__ import annotations

import argparse
import asyncio
from dataclasses import replace
from pathlib import Path

from confhub.kernel.errors import StartError
from confhub.simulator.drill.options import ALL, NONE, DrillOptions, Fault, read_faults

ROOMS = 302
MINUTES_MAX = 24 * 60
PEOPLE_MAX = 100_000
BURN_MAX = 64
"""More than most machines have processors."""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """`confhub drill`."""
    parser = subparsers.add_parser(
        "drill",
        help="try a whole province before a big day: load, bad lines, killed programs, floor changes",
        description="Hub, relay and simulated rooms on this machine, in a temporary folder; nothing of a "
        "real installation is touched. Prints what was measured and each bound, held or missed; the last "
        "line is the verdict. Exit code 1 where a bound was missed.",
    )
    parser.add_argument("--rooms", type=int, default=ROOMS, help=f"rooms that join (default: {ROOMS})")
    parser.add_argument(
        "--people",
        type=int,
        default=0,
        help="people on the rooms' lists, who check in by tablet, phone, badge and file (default: 0)",
    )
    parser.add_argument(
        "--minutes", type=float, default=2.0, help="live time (default: 2); longer where the faults need it"
    )
    parser.add_argument(
        "--picture", default="720p", help="what chair and speakers send: 720p (default), 360p or 180p"
    )
    parser.add_argument(
        "--faults", default=NONE, help=f"{NONE} (default), {ALL}, or of {', '.join(Fault)}, by commas"
    )
    parser.add_argument(
        "--burn",
        type=int,
        default=0,
        metavar="N",
        help="busy programs beside it, each taking a whole processor (default: 0); bounds on timing are then "
        "void, the others are not: nobody lost or doubled, intervals within 15 s, totals as they were",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here")
    parser.add_argument("--data", type=Path, metavar="FOLDER", help="work in this folder and keep it")
    parser.add_argument("--brisk", action="store_true", help="each fault a fifth as long: a first look")
    parser.add_argument(
        "--seed", type=int, default=1, help="decides what bad lines lose, and draws the people (default: 1)"
    )
    parser.set_defaults(handler=run)


def run(args: argparse.Namespace) -> int:
    """Check the options, then drill."""
    options = read_options(args)
    from confhub.relay import native
    from confhub.simulator.drill.director import direct

    return asyncio.run(direct(replace(options, fan_out=native.told())))


def read_options(args: argparse.Namespace) -> DrillOptions:
    """StartError naming the option that makes no sense."""
    if not 3 <= args.rooms <= ROOMS:
        raise StartError(f"--rooms: give a number from 3 to {ROOMS}.")
    if not 0 < args.minutes <= MINUTES_MAX:
        raise StartError(f"--minutes: give a number above 0, up to {MINUTES_MAX}.")
    if args.people and not args.rooms <= args.people <= PEOPLE_MAX:
        raise StartError(f"--people: give 0, or a number from that of the rooms to {PEOPLE_MAX}.")
    if not 0 <= args.burn <= BURN_MAX:
        raise StartError(f"--burn: give a number from 0 to {BURN_MAX}.")
    faults = read_faults(args.faults)
    if Fault.FORGERS in faults and not args.people:
        if args.faults != ALL:
            raise StartError("--faults: forgers need people; give --people as well.")
        faults = tuple(fault for fault in faults if fault is not Fault.FORGERS)
    return DrillOptions(
        rooms=args.rooms,
        minutes=args.minutes,
        picture=args.picture,
        faults=faults,
        json_file=args.json.absolute() if args.json else None,
        folder=args.data.absolute() if args.data else None,
        keep=args.data is not None,
        brisk=args.brisk,
        seed=args.seed,
        people=args.people,
        burn=args.burn,
    )
