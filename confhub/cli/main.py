"""The command `confhub`: finds the command's module, hands over, and turns refusals into one clear line."""

from __future__ import annotations

import argparse
import sys

from confhub import __version__
from confhub.cli import (
    attendance,
    demo,
    doctor,
    drill,
    imports,
    people,
    relay,
    report,
    run,
    tls,
    unit_move,
    users,
)
from confhub.kernel.errors import DomainError, StartError

COMMANDS = (run, relay, demo, drill, imports, people, unit_move, users, report, attendance, tls, doctor)


def build_parser() -> argparse.ArgumentParser:
    """The whole command line; every command sets `handler`."""
    parser = argparse.ArgumentParser(
        prog="confhub",
        description="Videoconferences for hundreds of rooms, with attendance that stands up to an audit.",
    )
    parser.add_argument("--version", action="version", version=f"confhub {__version__}")
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for command in COMMANDS:
        command.add_parser(subparsers)
    return parser


def main(argv: list[str] | None = None) -> int:
    """Run one command. Exit code 0 done, 1 not as wished, 2 wrong call or setting, 130 interrupted."""
    args = build_parser().parse_args(argv)
    try:
        code: int = args.handler(args)
    except (StartError, DomainError) as error:
        print(f"confhub {args.command}: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    return code


if __name__ == "__main__":
    sys.exit(main())
