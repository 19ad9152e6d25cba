"""The command `confhub-endpoint`: parses the command line and calls one subcommand."""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import itertools
import json
import logging
import ssl
import sys
from collections.abc import Callable, Sequence
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from endpoints import state
from endpoints.agent.agent import RoomIdentity
from endpoints.agent.hub import HubAddress, hub_address
from endpoints.agent.journal import JournalError
from endpoints.clip import container
from endpoints.words import LANGUAGES, language, say

USAGE_ERROR = 2


if TYPE_CHECKING:
    from endpoints.native import Twin

    _Commands = argparse._SubParsersAction[argparse.ArgumentParser]


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


def parser() -> argparse.ArgumentParser:
    """The command line."""
    root = argparse.ArgumentParser(prog="confhub-endpoint", description="The program of a conference room.")
    root.add_argument("--version", action="version", version=version())
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--lang", choices=LANGUAGES, help="language of the messages (default: from LANG)")
    common.add_argument("--log-level", default="warning", choices=("debug", "info", "warning", "error"))
    commands = root.add_subparsers(dest="command", required=True)
    for add in (_add_pair, _add_run, _add_fleet, _add_studio, _add_crowd, _add_clip, _add_unit):
        add(commands, common)
    return root


def _hub_arguments(command: argparse.ArgumentParser, *, required: bool) -> None:
    command.add_argument("--hub", required=required, help="address of the hub, https://…")
    command.add_argument("--ca", default="", help="CA file that the hub's certificate is checked against")
    command.add_argument("--state", type=Path, default=None, help="folder of the room's state")


def _add_pair(commands: _Commands, common: argparse.ArgumentParser) -> None:
    command = commands.add_parser("pair", parents=[common], help="pair this machine with a one-time code")
    command.add_argument("code", help="the code on the pairing sheet")
    _hub_arguments(command, required=True)


def _add_run(commands: _Commands, common: argparse.ArgumentParser) -> None:
    command = commands.add_parser("run", parents=[common], help="run the room; not paired: show a code")
    _hub_arguments(command, required=False)
    command.add_argument("--headless", action="store_true", help="no browser: join with the LiveKit SDK")
    command.add_argument("--clip", type=Path, help="headless: picture and sound to send when on stage")
    command.add_argument("--kiosk-browser", type=Path, help="path of Chromium")
    command.add_argument("--browser-flag", action="append", default=[], help="one more flag for Chromium")


def _add_fleet(commands: _Commands, common: argparse.ArgumentParser) -> None:
    command = commands.add_parser("fleet", parents=[common], help="simulate many rooms")
    _hub_arguments(command, required=True)
    command.add_argument("--credentials", type=Path, required=True, help='JSON lines {"code","credential"}')
    command.add_argument("--first", type=int, default=0, help="place of the first room in the file, from 0")
    command.add_argument("--count", type=int, default=0, help="number of rooms (default: to the file's end)")
    command.add_argument("--diary", type=Path, help="JSON lines: first and last packet of each connection")
    command.add_argument("--status", type=Path, help="figures, rewritten each second")
    command.add_argument("--until-file", type=Path, help="end when this file exists")
    command.add_argument("--clip", type=Path, help="what a room sends that was given the floor")
    command.add_argument("--decode", type=int, default=10, help="rooms that decode and compare")
    command.add_argument("--seed", type=int, help="chooses the rooms that decode")
    command.add_argument("--joins-per-s", type=float, default=60.0, help="how fast the rooms join together")
    command.add_argument("--faults", type=Path, help="plan of the lines' faults; read again when it changes")
    command.add_argument(
        "--known-clips", type=Path, nargs="+", default=[], help="clips of the sources: proofs of who is seen"
    )
    command.add_argument("--speakers", nargs="+", default=[], help="codes of rooms with a clip of their own")
    command.add_argument("--speaker-clips", type=Path, nargs="+", default=[], help="their clips, in turn")
    command.add_argument("--intrude", action="store_true", help="send without a grant, to see it refused")
    _receiver_argument(command)


def _add_studio(commands: _Commands, common: argparse.ArgumentParser) -> None:
    command = commands.add_parser("studio", parents=[common], help="play the chair with a clip")
    _hub_arguments(command, required=True)
    command.add_argument("--credentials", type=Path, required=True, help='JSON lines {"code","credential"}')
    command.add_argument("--clip", type=Path, required=True)
    command.add_argument("--diary", type=Path, help="JSON lines: first and last packet of each connection")
    command.add_argument("--status", type=Path, help="figures, rewritten each second")
    command.add_argument("--until-file", type=Path, help="end when this file exists")
    _receiver_argument(command)


def _add_crowd(commands: _Commands, common: argparse.ArgumentParser) -> None:
    command = commands.add_parser("crowd", parents=[common], help="play the people in the rooms")
    _hub_arguments(command, required=True)
    command.add_argument("--credentials", type=Path, required=True, help='JSON lines {"code","credential"}')
    command.add_argument("--people", type=Path, required=True, help="JSON: rooms' tablet codes, badges")
    command.add_argument("--session", type=int, required=True, help="number of the session")
    command.add_argument("--seconds", type=float, required=True, help="how long the people come and go")
    command.add_argument("--last-arrival", type=float, default=0.65, help="the last comes after this share")
    command.add_argument("--truth", type=Path, required=True, help="JSON lines: what they really did")
    command.add_argument("--file", type=Path, required=True, help="CSV: who is entered afterwards")
    command.add_argument("--status", type=Path, required=True, help="figures, rewritten all the time")
    command.add_argument("--leave-file", type=Path, required=True, help="nobody comes once this file exists")
    command.add_argument("--seed", type=int, default=1, help="decides who comes when, and how")


def _receiver_argument(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--receiver",
        choices=("auto", "compiled", "python"),
        default="",
        help="what reads the packets (default: CONFHUB_RECEIVER, else compiled where it was built)",
    )


def _add_clip(commands: _Commands, common: argparse.ArgumentParser) -> None:
    command = commands.add_parser("clip", parents=[common], help="encode the test picture and tone")
    command.add_argument("--out", type=Path, required=True)
    command.add_argument("--picture", choices=("180p", "360p", "720p"), default="180p")
    command.add_argument("--hue", type=int, default=0, help="0 to 359: sources told apart by their payload")
    command.add_argument("--seconds", type=int, default=10)
    command.add_argument("--keyframe-s", type=int, default=10)


def _add_unit(commands: _Commands, common: argparse.ArgumentParser) -> None:
    commands.add_parser("systemd-unit", parents=[common], help="print the systemd unit")


# subcommands; heavy libraries are imported by the one that needs them


def _pair(arguments: argparse.Namespace, lang: str) -> int:
    from endpoints.pairing import PairingFailed, pair

    address = _address(arguments.hub, arguments.ca, lang)
    folder = arguments.state or state.default_folder()
    ca = str(Path(arguments.ca).absolute()) if arguments.ca else ""
    try:
        text = asyncio.run(pair(arguments.code, address, ca, folder, version(), lang))
    except PairingFailed as error:
        raise CommandFailed(str(error), 1) from error
    _print(text)
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
        _address(hub, ca, lang),
        RoomIdentity(pairing.code, pairing.credential),
        folder,
        version(),
        headless=arguments.headless,
        clip=_clip_file(arguments.clip, lang) if arguments.clip else None,
        browser=arguments.kiosk_browser,
        browser_flags=tuple(arguments.browser_flag),
    )
    try:
        return run(options, lambda: _print(say(lang, "running", code=pairing.code, hub=hub)))
    except RoomUnable as error:
        raise CommandFailed(say(lang, error.key)) from error
    except OSError as error:
        reason = error.strerror or str(error)
        raise CommandFailed(say(lang, "state_unwritable", path=folder, reason=reason)) from error


def _pair_by_screen(arguments: argparse.Namespace, folder: Path, lang: str) -> state.Pairing | None:
    from endpoints.asking import pair_by_screen
    from endpoints.pairing import PairingFailed
    from endpoints.room_command import RoomUnable, code_screen

    address = _address(arguments.hub, arguments.ca, lang)
    ca = str(Path(arguments.ca).absolute()) if arguments.ca else ""
    try:
        flags = tuple(arguments.browser_flag)
        screen = None if arguments.headless else code_screen(arguments.kiosk_browser, folder, flags)
        return asyncio.run(pair_by_screen(address, ca, folder, version(), lang, _print, screen))
    except RoomUnable as error:
        raise CommandFailed(say(lang, error.key)) from error
    except PairingFailed as error:
        raise CommandFailed(str(error), 1) from error
    except OSError as error:
        reason = error.strerror or str(error)
        raise CommandFailed(say(lang, "state_unwritable", path=folder, reason=reason)) from error


def _fleet(arguments: argparse.Namespace, lang: str) -> int:
    from endpoints.clip.encode import FORMATS, encode
    from endpoints.fleet.command import FleetOptions, run
    from endpoints.fleet.proofs import KnownClips

    rooms = _rooms(arguments.credentials, lang)
    first = arguments.first
    count = arguments.count or len(rooms) - first
    if count < 1 or first < 0 or first + count > len(rooms):
        want = max(first, 0) + max(count, 1)
        raise CommandFailed(
            say(lang, "too_few_rooms", path=arguments.credentials, have=len(rooms), want=want)
        )
    speaking = [_clip_file(path, lang) for path in arguments.speaker_clips]
    clip = _clip_file(arguments.clip, lang) if arguments.clip else None
    if clip is None and not speaking:  # with speakers of their own nobody else is meant to speak
        clip = encode(FORMATS["180p"], 10, 10)
    known = KnownClips((path.stem, _clip_file(path, lang)) for path in arguments.known_clips)
    options = FleetOptions(
        _address(arguments.hub, arguments.ca, lang),
        rooms[first : first + count],
        version(),
        diary=arguments.diary,
        status=arguments.status,
        state=_state_folder(arguments.state, lang),
        until_file=arguments.until_file,
        clip=clip,
        decode=max(0, arguments.decode),
        seed=arguments.seed,
        joins_per_s=min(max(arguments.joins_per_s, 0.1), 10_000.0),
        show=True,
        first=first,
        faults=arguments.faults,
        known_clips=known if arguments.known_clips else None,
        speakers=dict(zip(arguments.speakers, itertools.cycle(speaking), strict=False)) if speaking else {},
        intrude=arguments.intrude,
        twin=_twin(arguments.receiver, lang),
    )
    _print(json.dumps(dataclasses.asdict(run(options))))
    return 0


def _studio(arguments: argparse.Namespace, lang: str) -> int:
    from endpoints.fleet.command import FleetOptions, run

    rooms = _rooms(arguments.credentials, lang)
    options = FleetOptions(
        _address(arguments.hub, arguments.ca, lang),
        rooms[:1],
        version(),
        diary=arguments.diary,
        status=arguments.status,
        state=_state_folder(arguments.state, lang),
        until_file=arguments.until_file,
        clip=_clip_file(arguments.clip, lang),
        twin=_twin(arguments.receiver, lang),
    )
    _print(json.dumps(dataclasses.asdict(run(options))))
    return 0


def _crowd(arguments: argparse.Namespace, lang: str) -> int:
    from endpoints.crowd.command import CrowdOptions, CrowdUnable, run
    from endpoints.crowd.plan import Span

    try:
        people = json.loads(arguments.people.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CommandFailed(say(lang, "file_unusable", path=arguments.people, reason=error)) from error
    options = CrowdOptions(
        _address(arguments.hub, arguments.ca, lang),
        people,
        {room.code: room.credential for room in _rooms(arguments.credentials, lang)},
        arguments.session,
        Span(max(1.0, arguments.seconds), min(max(arguments.last_arrival, 0.05), 0.9)),
        truth=arguments.truth,
        file=arguments.file,
        status=arguments.status,
        leave_file=arguments.leave_file,
        seed=arguments.seed,
    )
    try:
        run(options)
    except CrowdUnable as error:
        raise CommandFailed(str(error), 1) from error
    except OSError as error:
        raise CommandFailed(say(lang, "file_unusable", path=error.filename, reason=error.strerror)) from error
    return 0


def _clip(arguments: argparse.Namespace, lang: str) -> int:
    from endpoints.clip.encode import FORMATS, encode, made
    from endpoints.fleet.progress import Counter

    seconds, keyframe_s = min(max(arguments.seconds, 1), 600), min(max(arguments.keyframe_s, 1), 600)
    picture, hue = FORMATS[arguments.picture], arguments.hue % 360
    try:
        there = arguments.out.exists() and container.load(arguments.out).expected.get("made")
    except (container.ClipError, OSError):
        there = None  # it is replaced
    if there == made(picture, seconds, keyframe_s, hue):
        _print(say(lang, "clip_there", path=arguments.out))
        return 0
    with Counter(say(lang, "clip_encoding"), seconds * picture.fps) as counter:
        clip = encode(picture, seconds, keyframe_s, hue, counter.show)
    try:
        container.save(clip, arguments.out)
    except OSError as error:
        raise CommandFailed(
            say(lang, "file_unusable", path=arguments.out, reason=error.strerror or error)
        ) from error
    size = arguments.out.stat().st_size
    _print(say(lang, "clip_written", path=arguments.out, seconds=seconds, size=size))
    return 0


def _unit(_arguments: argparse.Namespace, _lang: str) -> int:
    from endpoints.systemd_unit import unit_text

    sys.stdout.write(unit_text(sys.argv[0]))
    return 0


_SUBCOMMANDS: dict[str, Callable[[argparse.Namespace, str], int]] = {
    "pair": _pair,
    "run": _run,
    "fleet": _fleet,
    "studio": _studio,
    "crowd": _crowd,
    "clip": _clip,
    "systemd-unit": _unit,
}


def _twin(wanted: str, lang: str) -> Twin:
    from endpoints.native import ReceiverMissing, choose

    try:
        return choose(wanted)
    except ReceiverMissing as error:
        raise CommandFailed(say(lang, "receiver_missing", reason=error)) from error
    except ValueError as error:
        raise CommandFailed(say(lang, "receiver_unknown", value=error)) from error


def _address(hub: str, ca: str, lang: str) -> HubAddress:
    try:
        return hub_address(hub, ca or None)
    except (ssl.SSLError, OSError) as error:
        reason = error.strerror or str(error)
        raise CommandFailed(say(lang, "ca_wrong", path=ca, reason=reason)) from error
    except ValueError as error:
        raise CommandFailed(say(lang, "hub_url_wrong", value=hub)) from error


def _pairing(folder: Path, lang: str) -> state.Pairing | None:
    path = folder / state.CREDENTIAL_FILE
    try:
        return state.load(folder)
    except state.StateBroken as error:
        raise CommandFailed(say(lang, "state_broken", path=path)) from error
    except OSError as error:
        raise CommandFailed(say(lang, "file_unusable", path=path, reason=error.strerror)) from error


def _rooms(path: Path, lang: str) -> list[RoomIdentity]:
    from endpoints.fleet import credentials

    try:
        rooms = credentials.load(path)
    except (credentials.CredentialsError, OSError) as error:
        raise CommandFailed(say(lang, "file_unusable", path=path, reason=error)) from error
    if not rooms:
        raise CommandFailed(say(lang, "too_few_rooms", path=path, have=0, want=1))
    return rooms


def _clip_file(path: Path, lang: str) -> container.Clip:
    try:
        return container.load(path)
    except (container.ClipError, OSError) as error:
        raise CommandFailed(say(lang, "file_unusable", path=path, reason=error)) from error


def _state_folder(folder: Path | None, lang: str) -> Path | None:
    if folder is not None:
        try:
            state.prepare(folder)
        except OSError as error:
            reason = error.strerror or str(error)
            raise CommandFailed(say(lang, "state_unwritable", path=folder, reason=reason)) from error
    return folder


def _print(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def main(argv: Sequence[str] | None = None) -> int:
    """The entry point; returns the exit code."""
    arguments = parser().parse_args(argv)
    lang = language(arguments.lang)
    logging.basicConfig(level=arguments.log_level.upper(), format="%(asctime)s %(levelname)s %(message)s")
    try:
        return _SUBCOMMANDS[arguments.command](arguments, lang)
    except CommandFailed as error:
        sys.stderr.write(f"confhub-endpoint: {error}\n")
        return error.code
    except JournalError as error:
        sys.stderr.write(f"confhub-endpoint: {error}\n")
        return USAGE_ERROR


if __name__ == "__main__":
    sys.exit(main())
