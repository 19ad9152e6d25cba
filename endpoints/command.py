"""What the subcommands of `confhub-endpoint` share: options, checks that end in a sentence, exit codes."""

from __future__ import annotations

import argparse
import logging
import ssl
import sys
from collections.abc import Callable, Mapping
from importlib import metadata
from pathlib import Path
from typing import TypeAlias

from endpoints.agent.hub import HubAddress, hub_address
from endpoints.agent.journal import JournalError
from endpoints.clip import container
from endpoints.words import LANGUAGES, language, say

USAGE_ERROR = 2

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"
Run = Callable[[argparse.Namespace, str], int]
"""One subcommand: its arguments and the language -> the exit code. Raises CommandFailed, JournalError."""


class CommandFailed(Exception):
    """What to tell the person, and the exit code."""

    def __init__(self, text: str, code: int = USAGE_ERROR) -> None:
        super().__init__(text)
        self.code = code


def version() -> str:
    """The installed version."""
    try:
        return metadata.version("confhub")
    except metadata.PackageNotFoundError:
        return "0"


def program() -> argparse.ArgumentParser:
    """The command line without its subcommands."""
    root = argparse.ArgumentParser(prog="confhub-endpoint", description="The program of a conference room.")
    root.add_argument("--version", action="version", version=version())
    return root


def common_options() -> argparse.ArgumentParser:
    """What every subcommand takes, for `parents`."""
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--lang", choices=LANGUAGES, help="language of the messages (default: from LANG)")
    common.add_argument("--log-level", default="warning", choices=("debug", "info", "warning", "error"))
    return common


def hub_arguments(command: argparse.ArgumentParser, *, required: bool) -> None:
    """Where the hub is, and where the room's state lies."""
    command.add_argument("--hub", required=required, help="address of the hub, https://…")
    command.add_argument("--ca", default="", help="CA file that the hub's certificate is checked against")
    command.add_argument("--state", type=Path, default=None, help="folder of the room's state")


def hub_at(hub: str, ca: str, lang: str) -> HubAddress:
    """`--hub` and `--ca`, checked. Raises CommandFailed."""
    try:
        return hub_address(hub, ca or None)
    except (ssl.SSLError, OSError) as error:
        reason = error.strerror or str(error)
        raise CommandFailed(say(lang, "ca_wrong", path=ca, reason=reason)) from error
    except ValueError as error:
        raise CommandFailed(say(lang, "hub_url_wrong", value=hub)) from error


def clip_file(path: Path, lang: str) -> container.Clip:
    """The clip in a file. Raises CommandFailed."""
    try:
        return container.load(path)
    except (container.ClipError, OSError) as error:
        raise CommandFailed(say(lang, "file_unusable", path=path, reason=error)) from error


def tell(text: str) -> None:
    """One line to whoever started the program, at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def carry_out(runs: Mapping[str, Run], arguments: argparse.Namespace) -> int:
    """Run the subcommand that was called; what it refuses is said in one line. Returns the exit code."""
    logging.basicConfig(level=arguments.log_level.upper(), format="%(asctime)s %(levelname)s %(message)s")
    try:
        return runs[arguments.command](arguments, language(arguments.lang))
    except CommandFailed as error:
        sys.stderr.write(f"confhub-endpoint: {error}\n")
        return error.code
    except JournalError as error:
        sys.stderr.write(f"confhub-endpoint: {error}\n")
        return USAGE_ERROR
