"""`confhub import-people FILE`: people and the rooms' lists from CSV or XLSX, all or nothing."""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from confhub.cli.database_options import add_database, database_settings
from confhub.cli.imports import (
    add_heading,
    column_lines,
    heading_lines,
    headings,
    hidden_lines,
    read_file,
    show_problems,
)
from confhub.cli.words import Words, add_language, terminal_language
from confhub.kernel.errors import DomainError
from confhub.rosters.columns import FIELDS
from confhub.rosters.import_rows import MARKS
from confhub.rosters.plan import ImportChoices
from confhub.rosters.questions import ALL, FOR_ALL, QUESTIONS
from confhub.sheets.office_rows import REASONS

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, TaskID

    from confhub.rosters.import_rows import Tell
    from confhub.rosters.plan import PeoplePlan
    from confhub.rosters.questions import Told

_ARGUMENTS = {
    "file": "FILE",
    "session_id": "--session",
    "course_id": "--course",
    "columns": "--column",
    "headings": "--heading",
}
"""What an error's field is called here."""

_STAGES = {"reading": "Reading the file", "checking": "Checking the rows", "writing": "Writing"}
_COUNTS = {
    "added": "Added",
    "changed": "Changed",
    "unchanged": "Unchanged",
    "skipped": "Left as they are",
    "twice": "Named twice in the file",
    "listed": "Added to a list",
    "moved": "Moved from another room's list",
}
"""Message ids."""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """`confhub import-people FILE [--dry-run] [--by-code …] [--by-name …] [--session N | --course N]`."""
    parser = subparsers.add_parser("import-people", help="import people and rooms' lists from CSV or XLSX")
    parser.add_argument("file", type=Path, metavar="FILE", help="a .csv or .xlsx file")
    parser.add_argument("--dry-run", action="store_true", help="show what would be done, and do nothing")
    parser.add_argument(
        "--by-code", choices=("update", "skip"), default="update",
        help="who is known by the code is brought up to date (default), or left as is",
    )  # fmt: skip
    parser.add_argument(
        "--by-name", choices=("ask", "update", "skip", "add"), default="ask",
        help="who may be somebody known, by name and unit: ask for each (default), or say for all; "
        "`add`: is another person",
    )  # fmt: skip
    parser.add_argument(
        "--twins", choices=("ask", "one", "two"), default="ask",
        help="rows of the file that may be one person: ask for each (default), or say for all",
    )  # fmt: skip
    parser.add_argument(
        "--answer", action="append", default=[], metavar="QUESTION=CHOICE",
        help="the answer to one question that was asked before; may come several times; `all.` and a kind "
        "(all.known=new, all.renamed=rename) answers all of that kind",
    )  # fmt: skip
    parser.add_argument(
        "--column", action="append", default=[], metavar="SHEET.COLUMN=FIELD",
        help="what a column holds, sheet and column counted from 0; an empty field is not read",
    )  # fmt: skip
    add_heading(parser)
    which = parser.add_mutually_exclusive_group()
    which.add_argument(
        "--session", type=int, metavar="N", help="the column of rooms fills this session's lists"
    )
    which.add_argument(
        "--course", type=int, metavar="N", help="the column of rooms fills this course's lists"
    )
    which.add_argument("--no-list", action="store_true", help="the column of rooms is not read")
    add_database(parser)
    add_language(parser)
    parser.set_defaults(handler=run)


def run(args: argparse.Namespace) -> int:
    """Import. Exit code 0 done, 1 the file has mistakes and nothing was done, 2 wrong call."""
    words = Words(terminal_language(args.shown_language))
    try:
        return asyncio.run(_import(args, read_file(args.file), words))
    except DomainError as error:
        for line in words.errors(error, _ARGUMENTS):
            print(f"confhub import-people: {line}", file=sys.stderr)
        return 2


def _choices(args: argparse.Namespace) -> ImportChoices:
    roster = (
        "session" if args.session else "course" if args.course else "none" if args.no_list else "standing"
    )
    pairs = [choice.partition("=")[::2] for choice in args.column]
    return ImportChoices(
        args.by_code, args.by_name, roster, args.session, args.course, twins=args.twins,
        answers=dict(answer.partition("=")[::2] for answer in args.answer), columns=dict(pairs),
        headings=headings(args),
    )  # fmt: skip


async def _import(args: argparse.Namespace, content: bytes, words: Words) -> int:
    from rich.console import Console
    from rich.progress import Progress

    from confhub.access.rules import SYSTEM
    from confhub.app import open_database
    from confhub.kernel.clock import SystemClock
    from confhub.kernel.events import InProcessBus
    from confhub.rosters.importing import PeopleImportService
    from confhub.training.store import title_and_path

    settings = database_settings(args)
    console = Console()
    database = await open_database(settings, InProcessBus())
    try:
        imports = PeopleImportService(database, SystemClock(), title_and_path, settings.timezone)
        with Progress(console=console, transient=True) as progress:
            told = _teller(progress, words)
            plan = await imports.preview(SYSTEM, args.file.name, content, _choices(args), told)
        _show_reading(console, plan, words)
        if not plan.ok:
            if plan.questions_open:
                _show_questions(console, plan, words)
            show_problems(console, plan, words)
            return 1
        _show_counts(console, plan, words)
        if plan.questions_open:
            _show_questions(console, plan, words)
            return 1
        if args.dry_run:
            console.print(words.say("This was a dry run: nothing has been changed."), markup=False)
            return 0
        with Progress(console=console, transient=True) as progress:
            done = await imports.apply(SYSTEM, plan.token, _teller(progress, words))
        console.print(words.say("Done: {count} changes.", count=done.changes), markup=False)
        return 0
    finally:
        await database.close()


def _show_reading(console: Console, plan: PeoplePlan, words: Words) -> None:
    """What the columns were taken for, what was not read, and why."""
    lines = [
        *heading_lines(plan, words),
        *column_lines(plan.read, FIELDS, words),
        *hidden_lines(plan, words),
    ]
    for why, count in plan.skips.items():
        rows = [f"{one.row}" for one in plan.skipped if one.why == why]
        what = words.say("{count} rows left out, {why}: {rows}", count=count, why=words.say(REASONS[why]),
                         rows=", ".join(rows[:20]))  # fmt: skip
        lines.append(what)
    lines += [words.say("{text} is read as {unit}", text=text, unit=unit) for text, unit in plan.read_as]
    for mark, label in MARKS.items():
        if found := plan.counts.get(f"mark_{mark}"):
            lines.append(f"{words.say(label)}: {found}")
    if plan.computed:
        lines.append(words.say("{count} cells hold the last value of a formula", count=plan.computed))
    for line in lines:
        console.print(line, markup=False, highlight=False)


def _show_questions(console: Console, plan: PeoplePlan, words: Words) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    title = Text(words.say("{count} questions have to be answered first", count=plan.questions_open))
    table = Table(title=title, box=SIMPLE_HEAD, title_justify="left", title_style="bold")
    for heading in ("Row", "Question", "--answer"):
        table.add_column(words.say(heading), overflow="fold")
    for one in plan.questions:
        if one.answer:
            continue
        row = f"{one.about.sheet} {one.about.row}".strip()
        lines = [words.say(QUESTIONS[one.kind], old=one.about.name), _person(one.about, words)]
        lines += [f"  {other.ref or '-'}: {_person(other, words)}" for other in one.others]
        table.add_row(Text(row), Text("\n".join(lines)), Text(f"{one.key}={'|'.join(one.options)}"))
    console.print(table)
    shown = sum(not one.answer for one in plan.questions)
    if plan.questions_open > shown:
        console.print(words.say("… and {count} more.", count=plan.questions_open - shown), markup=False)
    for kind, options in FOR_ALL.items():
        if plan.questions_of_kind.get(kind, 0) > 1:
            choice = f"--answer {ALL}{kind}={'|'.join(options)}"
            line = words.say("{choice} answers all of one kind", choice=choice)
            console.print(line, markup=False, highlight=False)
    console.print(words.say("Nothing has been changed."), markup=False)


def _person(told: Told, words: Words) -> str:
    row = words.say("row {row}", row=told.row) if told.row else ""
    parts = (told.name, told.code, told.position, told.unit_name, told.born, told.phone, row)
    return ", ".join(part for part in parts if part)


def _teller(progress: Progress, words: Words) -> Tell:
    """A bar a stage."""
    bars: dict[str, TaskID] = {}

    def tell(stage: str, done: int, total: int) -> None:
        if stage not in bars:
            bars[stage] = progress.add_task(words.say(_STAGES[stage]))
        progress.update(bars[stage], completed=done, total=total or None)

    return tell


def _show_counts(console: Console, plan: PeoplePlan, words: Words) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    table = Table(title=Text(plan.filename), box=SIMPLE_HEAD, title_justify="left", title_style="bold")
    table.add_column(words.say("People"))
    table.add_column("", justify="right")
    for name, label in _COUNTS.items():
        if plan.counts.get(name):
            table.add_row(words.say(label), f"{plan.counts[name]:,}")
    console.print(table)
