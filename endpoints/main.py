"""The command `confhub-endpoint`: parses the command line and calls one subcommand."""

from __future__ import annotations

import argparse
import asyncio
import importlib
import sys
from collections.abc import Sequence
from pathlib import Path

from endpoints import state
from endpoints.agent.agent import RoomIdentity
from endpoints.command import (
    USAGE_ERROR,
    CommandFailed,
    Commands,
    Run,
    carry_out,
    clip_file,
    common_options,
    hub_arguments,
    hub_at,
    program,
    tell,
    version,
)
from endpoints.words import language, say

SIMULATED = {
    "fleet": "simulate many rooms",
    "studio": "play the chair with a clip",
    "crowd": "play the people in the rooms",
    "clip": "encode the test picture and tone",
}
"""Commands that are not a room's: they come with confhub."""
SIMULATOR = "confhub.simulator.command"
"""Their module, looked for when one of them is called: a room's program does without it."""


def parser() -> argparse.ArgumentParser:
    """The command line."""
    root, common = program(), common_options()
    commands = root.add_subparsers(dest="command", required=True)
    for add in (_add_pair, _add_run, _add_unit):
        add(commands, common)
    for name, purpose in SIMULATED.items():
        commands.add_parser(name, help=purpose)
    return root


def _add_pair(commands: Commands, common: argparse.ArgumentParser) -> None:
    command = commands.add_parser("pair", parents=[common], help="pair this machine with a one-time code")
    command.add_argument("code", help="the code on the pairing sheet")
    hub_arguments(command, required=True)


def _add_run(commands: Commands, common: argparse.ArgumentParser) -> None:
    command = commands.add_parser("run", parents=[common], help="run the room; not paired: show a code")
    hub_arguments(command, required=False)
    command.add_argument("--headless", action="store_true", help="no browser: join with the LiveKit SDK")
    command.add_argument("--clip", type=Path, help="headless: picture and sound to send when on stage")
    command.add_argument("--kiosk-browser", type=Path, help="path of Chromium")
    command.add_argument("--browser-flag", action="append", default=[], help="one more flag for Chromium")


def _add_unit(commands: Commands, common: argparse.ArgumentParser) -> None:
    commands.add_parser("systemd-unit", parents=[common], help="print the systemd unit")


# subcommands; heavy libraries are imported by the one that needs them


def _pair(arguments: argparse.Namespace, lang: str) -> int:
    from endpoints.pairing import PairingFailed, pair

    address = hub_at(arguments.hub, arguments.ca, lang)
    folder = arguments.state or state.default_folder()
    ca = str(Path(arguments.ca).absolute()) if arguments.ca else ""
    try:
        text = asyncio.run(pair(arguments.code, address, ca, folder, version(), lang))
    except PairingFailed as error:
        raise CommandFailed(str(error), 1) from error
    tell(text)
    return 0


def _run(arguments: argparse.Namespace, lang: str) -> int:
    from endpoints.room_command import RoomOptions, RoomUnable, run

    folder = arguments.state or state.default_folder()
    pairing = _pairing(folder, lang)
    if pairing is None and arguments.hub:
        pairing = _pair_by_screen(arguments, folder, lang)
        if pairing is None:  # ended before anybody typed the code
            return 0
    if pairing is None:
        raise CommandFailed(say(lang, "not_paired"))
    hub, ca = arguments.hub or pairing.hub, arguments.ca or pairing.ca
    options = RoomOptions(
        hub_at(hub, ca, lang),
        RoomIdentity(pairing.code, pairing.credential),
        folder,
        version(),
        headless=arguments.headless,
        clip=clip_file(arguments.clip, lang) if arguments.clip else None,
        browser=arguments.kiosk_browser,
        browser_flags=tuple(arguments.browser_flag),
    )
    try:
        return run(options, lambda: tell(say(lang, "running", code=pairing.code, hub=hub)))
    except RoomUnable as error:
        raise CommandFailed(say(lang, error.key)) from error
    except OSError as error:
        reason = error.strerror or str(error)
        raise CommandFailed(say(lang, "state_unwritable", path=folder, reason=reason)) from error


def _pair_by_screen(arguments: argparse.Namespace, folder: Path, lang: str) -> state.Pairing | None:
    from endpoints.asking import pair_by_screen
    from endpoints.pairing import PairingFailed
    from endpoints.room_command import RoomUnable, code_screen

    address = hub_at(arguments.hub, arguments.ca, lang)
    ca = str(Path(arguments.ca).absolute()) if arguments.ca else ""
    try:
        flags = tuple(arguments.browser_flag)
        screen = None if arguments.headless else code_screen(arguments.kiosk_browser, folder, flags)
        return asyncio.run(pair_by_screen(address, ca, folder, version(), lang, tell, screen))
    except RoomUnable as error:
        raise CommandFailed(say(lang, error.key)) from error
    except PairingFailed as error:
        raise CommandFailed(str(error), 1) from error
    except OSError as error:
        reason = error.strerror or str(error)
        raise CommandFailed(say(lang, "state_unwritable", path=folder, reason=reason)) from error


def _unit(_arguments: argparse.Namespace, _lang: str) -> int:
    from endpoints.systemd_unit import unit_text

    sys.stdout.write(unit_text(sys.argv[0]))
    return 0


_RUNS: dict[str, Run] = {
    "pair": _pair,
    "run": _run,
    "systemd-unit": _unit,
}


def _pairing(folder: Path, lang: str) -> state.Pairing | None:
    path = folder / state.CREDENTIAL_FILE
    try:
        return state.load(folder)
    except state.StateBroken as error:
        raise CommandFailed(say(lang, "state_broken", path=path)) from error
    except OSError as error:
        raise CommandFailed(say(lang, "file_unusable", path=path, reason=error.strerror)) from error


def main(argv: Sequence[str] | None = None) -> int:
    """The entry point; returns the exit code."""
    words = sys.argv[1:] if argv is None else list(argv)
    if words and words[0] in SIMULATED:
        return _simulated(words)
    return carry_out(_RUNS, parser().parse_args(words))


def _simulated(words: list[str]) -> int:
    """Hands over to the simulator, or says that it is not here."""
    try:
        simulator = importlib.import_module(SIMULATOR)
    except ImportError as error:
        lang = language(common_options().parse_known_args(words[1:])[0].lang)
        text = say(lang, "simulator_missing", command=words[0], reason=error)
        sys.stderr.write(f"confhub-endpoint: {text}\n")
        return USAGE_ERROR
    code: int = simulator.main(words)
    return code


if __name__ == "__main__":
    sys.exit(main())
