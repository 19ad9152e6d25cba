"""`confhub-endpoint fleet`, `studio`, `crowd` and `clip`: their command lines.

Called by the rooms' program, which knows this module by its name alone.
"""

from __future__ import annotations

import argparse
import dataclasses
import itertools
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from confhub.simulator.words import WORDS
from endpoints import state
from endpoints.agent.agent import RoomIdentity
from endpoints.clip import container
from endpoints.command import (
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
from endpoints.words import say

if TYPE_CHECKING:
    from confhub.simulator.native import Twin


def parser() -> argparse.ArgumentParser:
    """The command line of the simulated rooms and people."""
    root = program()
    common = common_options()
    commands = root.add_subparsers(dest="command", required=True)
    for add in (_add_fleet, _add_studio, _add_crowd, _add_clip):
        add(commands, common)
    return root


def main(argv: Sequence[str]) -> int:
    """One of the commands; returns the exit code."""
    return carry_out(_RUNS, parser().parse_args(argv))


def _add_fleet(commands: Commands, common: argparse.ArgumentParser) -> None:
    command = commands.add_parser("fleet", parents=[common], help="simulate many rooms")
    hub_arguments(command, required=True)
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


def _add_studio(commands: Commands, common: argparse.ArgumentParser) -> None:
    command = commands.add_parser("studio", parents=[common], help="play the chair with a clip")
    hub_arguments(command, required=True)
    command.add_argument("--credentials", type=Path, required=True, help='JSON lines {"code","credential"}')
    command.add_argument("--clip", type=Path, required=True)
    command.add_argument("--diary", type=Path, help="JSON lines: first and last packet of each connection")
    command.add_argument("--status", type=Path, help="figures, rewritten each second")
    command.add_argument("--until-file", type=Path, help="end when this file exists")
    _receiver_argument(command)


def _add_crowd(commands: Commands, common: argparse.ArgumentParser) -> None:
    command = commands.add_parser("crowd", parents=[common], help="play the people in the rooms")
    hub_arguments(command, required=True)
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


def _add_clip(commands: Commands, common: argparse.ArgumentParser) -> None:
    command = commands.add_parser("clip", parents=[common], help="encode the test picture and tone")
    command.add_argument("--out", type=Path, required=True)
    command.add_argument("--picture", choices=("180p", "360p", "720p"), default="180p")
    command.add_argument("--hue", type=int, default=0, help="0 to 359: sources told apart by their payload")
    command.add_argument("--seconds", type=int, default=10)
    command.add_argument("--keyframe-s", type=int, default=10)


# the commands; heavy libraries are imported by the one that needs them


def _fleet(arguments: argparse.Namespace, lang: str) -> int:
    from confhub.simulator.clip.encode import FORMATS, encode
    from confhub.simulator.fleet.command import FleetOptions, run
    from confhub.simulator.fleet.proofs import KnownClips

    rooms = _rooms(arguments.credentials, lang)
    first = arguments.first
    count = arguments.count or len(rooms) - first
    if count < 1 or first < 0 or first + count > len(rooms):
        want = max(first, 0) + max(count, 1)
        raise CommandFailed(
            say(lang, "too_few_rooms", WORDS, path=arguments.credentials, have=len(rooms), want=want)
        )
    speaking = [clip_file(path, lang) for path in arguments.speaker_clips]
    clip = clip_file(arguments.clip, lang) if arguments.clip else None
    if clip is None and not speaking:  # with speakers of their own nobody else is meant to speak
        clip = encode(FORMATS["180p"], 10, 10)
    known = KnownClips((path.stem, clip_file(path, lang)) for path in arguments.known_clips)
    options = FleetOptions(
        hub_at(arguments.hub, arguments.ca, lang),
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
    tell(json.dumps(dataclasses.asdict(run(options))))
    return 0


def _studio(arguments: argparse.Namespace, lang: str) -> int:
    from confhub.simulator.fleet.command import FleetOptions, run

    rooms = _rooms(arguments.credentials, lang)
    options = FleetOptions(
        hub_at(arguments.hub, arguments.ca, lang),
        rooms[:1],
        version(),
        diary=arguments.diary,
        status=arguments.status,
        state=_state_folder(arguments.state, lang),
        until_file=arguments.until_file,
        clip=clip_file(arguments.clip, lang),
        twin=_twin(arguments.receiver, lang),
    )
    tell(json.dumps(dataclasses.asdict(run(options))))
    return 0


def _crowd(arguments: argparse.Namespace, lang: str) -> int:
    from confhub.simulator.crowd.command import CrowdOptions, CrowdUnable, run
    from confhub.simulator.crowd.plan import Span

    try:
        people = json.loads(arguments.people.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CommandFailed(say(lang, "file_unusable", path=arguments.people, reason=error)) from error
    options = CrowdOptions(
        hub_at(arguments.hub, arguments.ca, lang),
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
    from confhub.simulator.clip.encode import FORMATS, encode, made
    from confhub.simulator.fleet.progress import Counter

    seconds, keyframe_s = min(max(arguments.seconds, 1), 600), min(max(arguments.keyframe_s, 1), 600)
    picture, hue = FORMATS[arguments.picture], arguments.hue % 360
    try:
        there = arguments.out.exists() and container.load(arguments.out).expected.get("made")
    except (container.ClipError, OSError):
        there = None  # it is replaced
    if there == made(picture, seconds, keyframe_s, hue):
        tell(say(lang, "clip_there", WORDS, path=arguments.out))
        return 0
    with Counter(say(lang, "clip_encoding", WORDS), seconds * picture.fps) as counter:
        clip = encode(picture, seconds, keyframe_s, hue, counter.show)
    try:
        container.save(clip, arguments.out)
    except OSError as error:
        raise CommandFailed(
            say(lang, "file_unusable", path=arguments.out, reason=error.strerror or error)
        ) from error
    size = arguments.out.stat().st_size
    tell(say(lang, "clip_written", WORDS, path=arguments.out, seconds=seconds, size=size))
    return 0


def _twin(wanted: str, lang: str) -> Twin:
    from confhub.simulator.native import ReceiverMissing, choose

    try:
        return choose(wanted)
    except ReceiverMissing as error:
        raise CommandFailed(say(lang, "receiver_missing", WORDS, reason=error)) from error
    except ValueError as error:
        raise CommandFailed(say(lang, "receiver_unknown", WORDS, value=error)) from error


def _rooms(path: Path, lang: str) -> list[RoomIdentity]:
    from confhub.simulator.fleet import credentials

    try:
        rooms = credentials.load(path)
    except (credentials.CredentialsError, OSError) as error:
        raise CommandFailed(say(lang, "file_unusable", path=path, reason=error)) from error
    if not rooms:
        raise CommandFailed(say(lang, "too_few_rooms", WORDS, path=path, have=0, want=1))
    return rooms


def _state_folder(folder: Path | None, lang: str) -> Path | None:
    if folder is not None:
        try:
            state.prepare(folder)
        except OSError as error:
            reason = error.strerror or str(error)
            raise CommandFailed(say(lang, "state_unwritable", path=folder, reason=reason)) from error
    return folder


_RUNS: dict[str, Run] = {
    "fleet": _fleet,
    "studio": _studio,
    "crowd": _crowd,
    "clip": _clip,
}
