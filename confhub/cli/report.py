"""`confhub report SESSION`: a session's attendance in the terminal or as a file, of rooms or of people."""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from confhub import settings as settings_module
from confhub.cli.database_options import add_database, database_settings
from confhub.cli.words import Words
from confhub.kernel.errors import DomainError, StartError

if TYPE_CHECKING:
    from confhub.i18n.catalogue import Catalogue
    from confhub.reports.rooms.model import SessionReport
    from confhub.settings import Settings

FILES = ("xlsx", "pdf")
"""Formats that no terminal shows."""
FILE_WIDTH = 120
"""Columns of the table where it goes into a file or a pipe and COLUMNS does not say."""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """`confhub report SESSION [--people] [--format …] [--out FILE] …` and where the database is."""
    parser = subparsers.add_parser("report", help="print or save a session's attendance report")
    parser.add_argument("session", type=int, metavar="SESSION", help="the session's number")
    parser.add_argument("--people", action="store_true", help="people instead of rooms")
    parser.add_argument(
        "--format", choices=("table", "csv", "json", *FILES), default="table",
        help="default: table; xlsx and pdf are of people",
    )  # fmt: skip
    parser.add_argument("--out", type=Path, metavar="FILE", help="write to FILE instead of the terminal")
    parser.add_argument("--language", choices=settings_module.LANGUAGES, help="default: the hub's")
    add_database(parser, "default_language")
    parser.set_defaults(handler=run)


def run(args: argparse.Namespace) -> int:
    """Write the report. Exit code 0 done, 2 no such session; StartError goes to the caller."""
    settings = database_settings(args)
    language = args.language or settings.default_language
    if args.format in FILES and args.out is None and sys.stdout.isatty():
        raise StartError(f"--format {args.format}: name a file by --out.")
    people = args.people or args.format in FILES
    try:
        content = asyncio.run(_made(settings, args.session, args.format, language, people=people))
    except DomainError as error:
        for line in Words(language).errors(error, {}):
            print(f"confhub report: {line}", file=sys.stderr)
        return 2
    if args.out is None:
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
        return 0
    try:
        _write(args.out, content)
    except OSError as error:
        raise StartError(f"--out: cannot write {args.out} ({error.strerror}).") from error
    return 0


async def _made(settings: Settings, session: int, form: str, language: str, *, people: bool) -> bytes:
    from sqlalchemy.exc import SQLAlchemyError

    from confhub.access.rules import SYSTEM
    from confhub.db.database import Database
    from confhub.files.json_file import json_text
    from confhub.i18n.catalogue import Catalogue
    from confhub.kernel.clock import SystemClock
    from confhub.kernel.ids import SessionId
    from confhub.reports.rooms.service import ReportService

    must_exist(settings)
    database = Database(settings.database_url)
    catalogue = Catalogue.load()
    reports = ReportService(database, SystemClock(), settings.timezone, catalogue)
    actor = replace(SYSTEM, language=language)
    try:
        if people:
            from confhub.cli.report_people import people_content

            return await people_content(database, settings, actor, SessionId(session), form, catalogue)
        if form == "csv":
            return (await reports.csv(actor, SessionId(session)))[1]
        report = await reports.session_report(actor, SessionId(session))
    except (SQLAlchemyError, OSError) as error:
        reason = str(getattr(error, "orig", None) or error).splitlines()[0]
        raise StartError(f"--database (CONFHUB_DATABASE_URL): cannot be used: {reason}") from error
    finally:
        await database.close()
    if form == "json":
        return json_text(report).encode()
    return table_text(report, language, catalogue).encode()


def must_exist(settings: Settings) -> None:
    """Reading a report makes no database: SQLite would make an empty one."""
    from sqlalchemy.engine import make_url

    url = make_url(settings.database_url)
    if url.get_backend_name() == "sqlite" and url.database and not Path(url.database).is_file():
        raise StartError(f"--database (CONFHUB_DATABASE_URL): there is no {url.database}.")


def _write(path: Path, content: bytes) -> None:
    """All or nothing: written beside, then put in place."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.write_bytes(content)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def table_text(report: SessionReport, language: str, catalogue: Catalogue) -> str:
    """The report for a terminal: heading, totals and roll-up by tier, and a line per room."""
    from io import StringIO

    from rich.console import Console

    from confhub.cli.report_table import heading, room_table, tier_table

    out = StringIO()
    width = shutil.get_terminal_size((FILE_WIDTH, 24)).columns
    console = Console(file=out, width=width, no_color=not sys.stdout.isatty(), highlight=False)

    def translate(message: str) -> str:
        return catalogue.gettext(language, message)

    for line in heading(report, translate):
        console.print(line, markup=False)
    console.print(tier_table(report, translate))
    console.print(room_table(report, translate))
    return out.getvalue()
