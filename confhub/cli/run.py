"""`confhub run`: the hub, and the relay beside it."""

from __future__ import annotations

import argparse
import gc
import sys
from typing import Final

import uvloop

from confhub import settings as settings_module
from confhub.kernel import logs, memory, private

SWITCH_INTERVAL_S: Final = 0.0005
"""After so long, a thread that reckons gives the interpreter back to the loop, which lets go of it at every
answer of the database. With the default of 5 ms each of a request's ten answers may come 5 ms late."""

GC_THRESHOLDS: Final = (10_000, 20, 50)
"""New objects, young and middle-aged rounds until the next older one: a request makes thousands of objects,
most of which need no collector; to look through all that lives holds everything up for 100 ms."""


def add_settings(parser: argparse.ArgumentParser) -> None:
    """One flag per setting; the help names the variable that says the same."""
    for option in settings_module.OPTIONS:
        if option.secret is not None:
            parser.add_argument(
                f"{option.flags}-file",
                dest=f"{option.name}_file",
                metavar="FILE",
                help=f"file that holds it: {option.help} [{option.variable}_FILE]".replace("%", "%%"),
            )
        parser.add_argument(
            option.flags,
            dest=option.name,
            default=None,
            metavar=option.name.rsplit("_", 1)[-1].upper(),
            help=argparse.SUPPRESS
            if option.secret is settings_module.always
            else f"{option.help} [{option.variable}]".replace("%", "%%"),
        )


def given(args: argparse.Namespace) -> dict[str, str | None]:
    """The flags' texts by option name."""
    names = [option.name for option in settings_module.OPTIONS]
    secret = [f"{option.name}_file" for option in settings_module.OPTIONS if option.secret is not None]
    return {name: getattr(args, name, None) for name in (*names, *secret)}


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """`confhub run` with every setting as a flag."""
    parser = subparsers.add_parser("run", help="start the hub and its relay")
    add_settings(parser)
    parser.add_argument(
        "--log-level", default="info", choices=("debug", "info", "warning", "error"), help="default: info"
    )
    parser.set_defaults(handler=run)


def run(args: argparse.Namespace) -> int:
    """Serve until SIGINT or SIGTERM."""
    from confhub import app

    private.only_mine()
    logs.configure(args.log_level)
    settings = settings_module.load(given(args))
    memory.keep_little()
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    gc.set_threshold(*GC_THRESHOLDS)
    return uvloop.run(app.serve(settings))
