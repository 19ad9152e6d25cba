"""`confhub verify SESSION` and `confhub rebuild SESSION|--all`: does the attendance stand?"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.progress import Progress

from confhub.checkin.errors import NotEnded, NotSealed
from confhub.cli.database_options import add_database, database_settings
from confhub.cli.report import must_exist
from confhub.cli.words import Words, add_language, terminal_language
from confhub.kernel.errors import StartError
from confhub.kernel.ids import SessionId
from confhub.sessions.errors import SessionUnknown

if TYPE_CHECKING:
    from datetime import datetime

    from confhub.checkin.figures import FormerSeal
    from confhub.checkin.sealing import Rebuilt, SealService, Verification
    from confhub.db.database import Database

_Task = Callable[["Database", "SealService"], Awaitable[int]]

PARTS = {
    "session": "Title, begin, end and margins of the session",
    "policy": "Rules of check-in",
    "rooms": "Rooms of the session",
    "list": "List of expected people",
    "absences": "Approved notices of absence",
    "room_marks": "Signs of life of the rooms",
    "observations": "The hub's checks of the conference",
    "room_events": "Rooms joining and leaving",
    "person_events": "Check-ins and check-outs",
    "head_counts": "Head counts",
    "corrections": "Corrections",
    "breaks": "Breaks",
    "prompts": "Presence prompts",
    "merges": "Entries that were one person",
    "people": "Names, codes and positions of the people",
    "room_names": "Names of the rooms",
    "units": "Names of the units, and the tree",
    "undos": "Undone devices and codes",
    "undone_events": "Undone check-ins",
    "undone_heads": "Undone head counts",
    "closing": "Who closed the attendance, and when",
    "closings": "Earlier closings and reopenings",
    "letterhead": "Head and signature of the papers",
}
"""Parts of the chain in words; message ids."""
PLACES = {
    "changed": "Row {row} ({label}) was changed",
    "added": "Row {row} ({label}) was added",
    "gone": "Row {row} is missing",
    "unreadable": "Row {row} cannot be read any more",
}
"""What happened to a row; message ids."""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Both commands, and where the database is."""
    verify = subparsers.add_parser("verify", help="check a closed attendance against its seal")
    verify.add_argument("session", type=int, metavar="SESSION", help="the session's number")
    verify.add_argument("--head", metavar="HEX", help="the seal as printed on a report: compared as well")
    verify.set_defaults(handler=run_verify)
    rebuild = subparsers.add_parser("rebuild", help="derive a session's attendance anew and compare")
    which = rebuild.add_mutually_exclusive_group(required=True)
    which.add_argument("session", type=int, nargs="?", metavar="SESSION", help="the session's number")
    which.add_argument("--all", action="store_true", help="every session that has ended")
    rebuild.set_defaults(handler=run_rebuild)
    for parser in (verify, rebuild):
        add_database(parser)
        add_language(parser)


def run_verify(args: argparse.Namespace) -> int:
    """Exit code 0 nothing was changed, 1 something was or the head is another, 2 no such session or not
    closed."""
    words = Words(terminal_language(args.shown_language))
    console = Console(highlight=False, soft_wrap=True)

    async def task(database: Database, seals: SealService) -> int:
        try:
            found = await seals.verify(SessionId(args.session), args.head)
        except (SessionUnknown, NotSealed) as error:
            console.print(words.problem(error.message, error.remedy, error.params))
            return 2
        for line in verified_lines(found, words, database_settings(args).timezone):
            console.print(line, markup=False)
        return 0 if found.holds else 1

    return asyncio.run(_with_hub(args, task))


def verified_lines(found: Verification, words: Words, zone: str = "Asia/Ho_Chi_Minh") -> list[str]:
    """What a verification came to, a line a fact; the last one is the verdict. `zone`: of the reports, whose
    hours these are."""

    def at(moment: datetime) -> str:
        return f"{moment.astimezone(ZoneInfo(zone)):%d/%m/%Y %H:%M:%S} ({zone})"

    closed = at(found.sealed_at)
    lines = [words.say("Closed {at} by {by}; seal {head}", at=closed, by=found.sealed_by, head=found.head)]
    for sealed, there in found.changed:
        part = words.say(PARTS.get(sealed.name, sealed.name))
        lines.append(
            words.say("CHANGED: {part} ({sealed} rows were sealed, {there} are there)",
                      part=part, sealed=sealed.rows, there=there.rows)
        )  # fmt: skip
        lines += [
            "  " + words.say(PLACES[one.what], row=one.row, label=one.label)
            for one in found.places
            if one.part == sealed.name
        ]
    if not found.seal_holds:
        lines.append(words.say("CHANGED: the seal itself"))
    if found.former is not None:
        lines += _former_lines(found, found.former, words, at)
    elif not found.head_given:
        lines.append(
            words.say("The seal on the report is of no closing of this session: typed wrongly, or ALTERED.")
        )
    if not found.names_sealed:
        lines.append(
            words.say("This seal was made before names were sealed: it says nothing of names and units.")
        )
    if not found.closings_known:
        lines.append(
            words.say(
                "A reason of a reopening was erased with a person: this older seal says nothing"
                " of the earlier closings any more."
            )
        )
    if not found.figures_hold:
        lines.append(words.say("CHANGED: the derived figures; `confhub rebuild` puts them right"))
    if found.stored_hold:
        lines.append(
            words.say("Nothing was changed: {rows} rows and the figures match the seal.", rows=found.rows)
        )
    else:
        lines.append(words.say("This attendance no longer matches its seal."))
    return lines


def _former_lines(
    found: Verification, former: FormerSeal, words: Words, at: Callable[[datetime], str]
) -> list[str]:
    reason = former.reason or words.say("(erased)")
    return [
        words.say("The seal on the report is of an earlier closing, of {at} by {by}.",
                  at=at(former.sealed_at), by=former.sealed_by),
        words.say("It was opened again by {by} at {at}, because: {reason}",
                  by=former.reopened_by, at=at(former.reopened_at), reason=reason),
        words.say("It was closed again by {by} at {at} with the seal {head}.",
                  by=found.sealed_by, at=at(found.sealed_at), head=found.head),
    ]  # fmt: skip


def run_rebuild(args: argparse.Namespace) -> int:
    """Exit code 0 identical, 1 something differed (and was put right), 2 no such session or not over."""
    words = Words(terminal_language(args.shown_language))
    console = Console(highlight=False, soft_wrap=True)

    async def task(database: Database, seals: SealService) -> int:
        ids = await _ended(database) if args.all else [SessionId(args.session)]
        code = 0
        with Progress(console=console, transient=True) as progress:
            for session_id in progress.track(ids, description=words.say("Deriving")):
                try:
                    rebuilt = await seals.rebuild(session_id)
                except (SessionUnknown, NotEnded) as error:
                    console.print(words.problem(error.message, error.remedy, error.params))
                    return 2
                console.print(rebuilt_line(rebuilt, words), markup=False)
                code = code or int(not rebuilt.identical)
        return code

    return asyncio.run(_with_hub(args, task))


def rebuilt_line(found: Rebuilt, words: Words) -> str:
    """One session's outcome."""
    told = {"session": found.session_id, "people": found.people, "digest": found.digest[:16]}
    if found.identical:
        return words.say("Session {session}: identical, {people} people ({digest})", **told)
    if not found.before:
        return words.say("Session {session}: derived for the first time, {people} people ({digest})", **told)
    return words.say("Session {session}: DIFFERED, now {people} people ({digest})", **told)


async def _ended(database: Database) -> list[SessionId]:
    from sqlalchemy import select

    from confhub.sessions.published import SessionColumns

    s = SessionColumns
    query = select(s.id).where(s.actual_start.is_not(None), s.actual_end.is_not(None)).order_by(s.id)
    async with database.reading() as tx:
        return [SessionId(one) for one in await tx.scalars(query)]


async def _with_hub(args: argparse.Namespace, task: _Task) -> int:
    """The task over the settings' database."""
    from sqlalchemy.exc import SQLAlchemyError

    from confhub.checkin.sealing import SealService
    from confhub.db.database import Database
    from confhub.kernel.clock import SystemClock

    settings = database_settings(args)
    must_exist(settings)
    database = Database(settings.database_url)
    try:
        return await task(database, SealService(database, SystemClock(), settings.timezone))
    except (SQLAlchemyError, OSError) as error:
        reason = str(getattr(error, "orig", None) or error).splitlines()[0]
        raise StartError(f"--database (CONFHUB_DATABASE_URL): cannot be used: {reason}") from error
    finally:
        await database.close()
