"""`confhub run`: the hub, and the relay beside it."""

from __future__ import annotations

import argparse
import asyncio

from confhub import settings as settings_module
from confhub.kernel import logs


def add_settings(parser: argparse.ArgumentParser) -> None:
    """One flag per setting; the help names the variable that says the same."""
    for option in settings_module.OPTIONS:
        parser.add_argument(
            option.flags,
            dest=option.name,
            default=None,
            metavar=option.name.rsplit("_", 1)[-1].upper(),
            help=f"{option.help} [{option.variable}]".replace("%", "%%"),
        )


def given(args: argparse.Namespace) -> dict[str, str | None]:
    """The flags' texts by option name."""
    return {option.name: getattr(args, option.name, None) for option in settings_module.OPTIONS}


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

    logs.configure(args.log_level)
    settings = settings_module.load(given(args))
    return asyncio.run(app.serve(settings))
