"""`confhub move-unit FROM TO`: rooms, people and roles of one unit go to another, all or nothing."""

from __future__ import annotations

import argparse
import asyncio
import sys
from typing import TYPE_CHECKING, Final

from confhub.cli.database_options import add_database, database_settings
from confhub.cli.words import Words, add_language, terminal_language
from confhub.i18n.identity import identity_key
from confhub.kernel.errors import DomainError
from confhub.rosters.errors import NothingToMove
from confhub.rosters.import_errors import RoomUnknown, UnitAmbiguous, UnitUnknown
from confhub.rosters.unit_moves import MoveWish, UnitMove, UnitMoveService

if TYPE_CHECKING:
    from collections.abc import Sequence

    from confhub.org.values import Unit

KINDS: Final = ("rooms", "people", "roles")


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """`confhub move-unit FROM TO [--only KIND …] [--lists-to ROOM] [--dry-run]`."""
    parser = subparsers.add_parser(
        "move-unit",
        help="move rooms, people and roles of a unit to another one",
        description="Moves what belongs to one unit to another one. Units below it, courses and whoever is "
        "out of use stay; sessions whose lobby has opened and all reports keep the units of their day. The "
        "move can be taken back on the unit's page.",
    )
    parser.add_argument("unit", metavar="FROM", help="the unit's code, or its name where it is the only one")
    parser.add_argument("to", metavar="TO", help="the unit that takes it all, likewise")
    parser.add_argument(
        "--only", action="append", choices=KINDS, default=[],
        help="move this kind alone; may come several times (default: all of them)",
    )  # fmt: skip
    parser.add_argument(
        "--lists-to", metavar="ROOM",
        help="code of a room of TO that takes the standing lists (default: lists go with their rooms)",
    )  # fmt: skip
    parser.add_argument("--dry-run", action="store_true", help="show what would be moved, and do nothing")
    add_database(parser)
    add_language(parser)
    parser.set_defaults(handler=run)


def run(args: argparse.Namespace) -> int:
    """Move. Exit code 0 done, 2 wrong call, or refused and nothing was done."""
    words = Words(terminal_language(args.shown_language))
    try:
        for line in asyncio.run(_move(args, words)):
            print(line)
    except DomainError as error:
        named = {"unit_id": "FROM", "to_unit_id": "TO", "lists_to": "--lists-to"}
        for line in words.errors(error, named):
            print(f"confhub move-unit: {line}", file=sys.stderr)
        return 2
    return 0


async def _move(args: argparse.Namespace, words: Words) -> list[str]:
    from confhub.access.rules import SYSTEM
    from confhub.app import open_database
    from confhub.kernel.clock import SystemClock
    from confhub.kernel.events import InProcessBus
    from confhub.org.service import OrgService
    from confhub.registry.service import RegistryService

    settings = database_settings(args)
    database = await open_database(settings, InProcessBus())
    try:
        clock = SystemClock()
        units = await OrgService(database, clock, timezone=settings.timezone).tree(SYSTEM)
        unit, to = _unit(units, args.unit, "unit_id"), _unit(units, args.to, "to_unit_id")
        room = None
        if args.lists_to is not None:
            registry = RegistryService(database, clock, settings.timezone)
            rooms = {one.code.upper(): one.id for one in await registry.under(SYSTEM, [to.id])}
            room = rooms.get(args.lists_to.upper())
            if room is None:
                raise RoomUnknown(field="lists_to", value=args.lists_to)
        chosen = args.only or KINDS
        wish = MoveWish(to.id, "rooms" in chosen, "people" in chosen, "roles" in chosen, room)
        moves = UnitMoveService(database, clock, settings.timezone)
        plan = await moves.preview(SYSTEM, unit.id, wish)
        lines = _told(plan, words)
        if args.dry_run:
            return [*lines, words.say("This was a dry run: nothing has been changed.")]
        await moves.move(SYSTEM, unit.id, wish, seen=plan.seen)
        return [*lines, words.say("Moved.")]
    finally:
        await database.close()


def _unit(units: Sequence[Unit], text: str, field: str) -> Unit:
    """The unit with this code, or the only one with this name. Raises `UnitUnknown`, `UnitAmbiguous`."""
    found = [one for one in units if one.code.upper() == text.strip().upper()]
    found = found or [one for one in units if identity_key(one.name) == identity_key(text)]
    if len(found) != 1:
        raise (UnitAmbiguous if found else UnitUnknown)(field=field, value=text)
    return found[0]


def _told(plan: UnitMove, words: Words) -> list[str]:
    lines = [words.say("From {unit} to {to}:", unit=plan.unit.name, to=plan.to.name)]
    for text, count in (
        ("Rooms: {count}", plan.rooms),
        ("People: {count}", plan.people),
        ("Roles of accounts: {count}", plan.roles),
        ("Places on standing lists that go with their rooms: {count}", plan.listed),
        ("Places on standing lists that the other room takes: {count}", plan.lists),
        ("Planned sessions that keep the rooms: {count}", plan.sessions),
        ("Units below it that stay where they are: {count}", plan.units_below),
    ):
        if count:
            lines.append("  " + words.say(text, count=count))
    if len(lines) == 1:
        lines.append("  " + words.say(NothingToMove.message))
    return lines
