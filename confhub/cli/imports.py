"""`confhub import FILE`: the tree and its endpoints from CSV or XLSX, all or nothing."""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from confhub.cli.database_options import add_database, database_settings
from confhub.cli.words import Words, add_language, terminal_language
from confhub.kernel.errors import DomainError, Invalid
from confhub.kernel.limits import IMPORT_MAX_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from rich.console import Console

    from confhub.registry.plan import ImportPlan
    from confhub.rosters.plan import PeoplePlan
    from confhub.sheets.column_memory import ReadSheet

LINES_SHOWN: Final = 100
"""Changed and retired entries listed in the terminal; the counts are always whole."""

ROWS_SHOWN: Final = 10
"""First rows listed of a sheet whose column names were not found."""

HEADING_ASKED: Final = (
    "--heading {sheet}=ROW says which row has them; -ROW: there are none, and the first entry stands in that "
    "row; 0: the sheet is left out"
)

_KINDS: Final = {"tier": "Tiers", "unit": "Units", "endpoint": "Endpoints"}
_ACTIONS: Final = {"added": "Added", "changed": "Changed", "retired": "Retired"}


ENDED: Final = (
    "{count} rooms of the file belong to units whose last day is over (at the latest {day}): no session can "
    "invite them by their branch. To meet today, import the tree of today as well, or empty the column "
    "valid_to."
)


class FileMissing(Invalid):
    code = "file_not_read"
    message = "The file {value} cannot be read: {reason}."
    remedy = "Check its name and your rights."


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """`confhub import FILE [--dry-run] [--complete] [--letters …] [--hidden …] [--column …] …`."""
    parser = subparsers.add_parser("import", help="import tiers, units and endpoints from CSV or XLSX")
    parser.add_argument("file", type=Path, metavar="FILE", help="a .csv or .xlsx file")
    parser.add_argument("--dry-run", action="store_true", help="show what would be done, and do nothing")
    parser.add_argument(
        "--complete", action="store_true", help="the file is the whole tree: retire what it does not name"
    )
    parser.add_argument(
        "--letters", choices=("convert", "keep"), default="",
        help="texts in an old font (TCVN3, VNI): read them in Unicode as shown, or as they stand",
    )  # fmt: skip
    parser.add_argument(
        "--column", action="append", default=[], metavar="SHEET.COLUMN=FIELD",
        help="what a column holds, sheet and column counted from 0; an empty field is not read",
    )  # fmt: skip
    parser.add_argument(
        "--hidden", choices=("take", "skip"), default="",
        help="what a workbook hides (sheets, rows, columns): taken as well, or left out",
    )  # fmt: skip
    add_heading(parser)
    add_database(parser)
    add_language(parser)
    parser.set_defaults(handler=run)


def run(args: argparse.Namespace) -> int:
    """Import. Exit code 0 done, 1 the file has mistakes and nothing was done, 2 wrong call."""
    words = Words(terminal_language(args.shown_language))
    try:
        content = read_file(args.file)
        return asyncio.run(_import(args, content, words))
    except DomainError as error:
        for line in words.errors(error, {"file": "FILE", "columns": "--column", "headings": "--heading"}):
            print(f"confhub import: {line}", file=sys.stderr)
        return 2


def add_heading(parser: argparse.ArgumentParser) -> None:
    """`--heading SHEET=ROW`."""
    parser.add_argument(
        "--heading", action="append", default=[], metavar="SHEET=ROW",
        help="in which row, from 1, the column names of a sheet, from 0, begin; -ROW: there are none, and "
        "the first entry stands in that row; 0: the sheet is left out",
    )  # fmt: skip


def headings(args: argparse.Namespace) -> dict[str, int]:
    """What `--heading` says. Raises `ChoiceImpossible`."""
    from confhub.registry.errors import ChoiceImpossible

    pairs = [said.partition("=")[::2] for said in args.heading]
    if not all(sheet.isdecimal() and row.removeprefix("-").isdecimal() for sheet, row in pairs):
        raise ChoiceImpossible(field="headings")
    return {sheet: int(row) for sheet, row in pairs}


def read_file(path: Path) -> bytes:
    """The file, one byte more than may be at most. Raises `FileMissing`."""
    try:
        with path.open("rb") as file:
            return file.read(IMPORT_MAX_BYTES + 1)
    except OSError as error:
        raise FileMissing(field="file", value=path, reason=error.strerror or error) from error


async def _import(args: argparse.Namespace, content: bytes, words: Words) -> int:
    from rich.console import Console

    from confhub.access.rules import SYSTEM
    from confhub.app import open_database
    from confhub.kernel.clock import SystemClock
    from confhub.kernel.events import InProcessBus
    from confhub.registry.importing import ImportService
    from confhub.sheets.choices import ReadingChoices

    settings = database_settings(args)
    console = Console()
    database = await open_database(settings, InProcessBus())
    try:
        imports = ImportService(database, SystemClock(), settings.timezone)
        with console.status(words.say("Reading {file} …", file=args.file.name)):
            columns = dict(choice.partition("=")[::2] for choice in args.column)
            choices = ReadingChoices(args.letters, columns, headings(args), args.hidden)
            plan = await imports.preview(
                SYSTEM, args.file.name, content, complete=args.complete, choices=choices
            )
        _show_reading(console, plan, words)
        if not plan.ok:
            show_problems(console, plan, words)
            return 1
        _show_plan(console, plan, words)
        if plan.letters is not None and plan.letters_open:
            for text, read in plan.letters.samples:
                console.print(f"  {text} → {read}", markup=False, highlight=False)
            said = words.say("The texts are in the old font {old}: are they to be read as shown?",
                             old=plan.letters.name)  # fmt: skip
            console.print(f"{said} --letters convert|keep", markup=False, highlight=False)
            console.print(words.say("Nothing has been changed."), markup=False)
            return 1
        if plan.hidden_open:
            asked = words.say("Parts of the file are hidden: are they taken as well?")
            console.print(f"{asked} --hidden take|skip", markup=False, highlight=False)
            console.print(words.say("Nothing has been changed."), markup=False)
            return 1
        if args.dry_run:
            console.print(words.say("This was a dry run: nothing has been changed."), markup=False)
            return 0
        with console.status(words.say("Writing {count} changes …", count=plan.changes)):
            done = await imports.apply(SYSTEM, plan.token)
        console.print(words.say("Done: {count} changes.", count=done.changes), markup=False)
        return 0
    finally:
        await database.close()


def _show_reading(console: Console, plan: ImportPlan, words: Words) -> None:
    from confhub.registry.columns import FIELDS
    from confhub.sheets.office_rows import REASONS

    lines = (*heading_lines(plan, words), *column_lines(plan.read, FIELDS, words), *hidden_lines(plan, words))
    for line in lines:
        console.print(line, markup=False, highlight=False)
    if plan.computed:
        line = words.say("{count} cells hold the last value of a formula", count=plan.computed)
        console.print(line, markup=False, highlight=False)
    for why, count in plan.skips.items():
        rows = ", ".join(f"{one.sheet} {one.row} ({one.text})" for one in plan.skipped if one.why == why)
        line = words.say(
            "{count} rows left out, {why}: {rows}", count=count, why=words.say(REASONS[why]), rows=rows
        )
        console.print(line, markup=False, highlight=False)


def heading_lines(plan: ImportPlan | PeoplePlan, words: Words) -> Iterator[str]:
    """The first rows of the sheets whose column names were not found, and how to say where they are."""
    read = {one.sheet for one in plan.read}
    for one in plan.first_rows:
        if one.sheet in read or plan.choices.headings.get(str(one.sheet)) == 0:
            continue
        yield words.say("No column names were found on the sheet {sheet}. Its first rows:", sheet=one.name)
        for number, cells in one.rows[:ROWS_SHOWN]:
            yield f"  {number}: {' | '.join(cells)}"
        yield words.say(HEADING_ASKED, sheet=one.sheet)


def hidden_lines(plan: ImportPlan | PeoplePlan, words: Words) -> Iterator[str]:
    """What the workbook hides, with what the first of it says."""
    from confhub.sheets.hidden import PARTS

    for one in plan.hidden:
        yield words.say(PARTS[one.kind], **one.params)
        yield from (f"  {text}" for text in one.sample)


def column_lines(read: Iterable[ReadSheet], fields: Mapping[str, str], words: Words) -> Iterator[str]:
    """What each column was taken for, named as `--column` does, and the values of those that are not read."""
    for one in read:
        for column in one.heading.columns:
            where = f"{one.sheet}.{column.place} {one.name} {column.heading or '-'}"
            if column.field is not None and column.field in fields:
                yield f"{where} = {words.say(fields[column.field])}"
            else:
                sample = ", ".join(column.sample)
                yield words.say("{column}: not read ({sample})", column=where, sample=sample)


def _show_plan(console: Console, plan: ImportPlan, words: Words) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    from confhub.registry.plan import FIELD_LABELS

    table = Table(title=Text(plan.filename), box=SIMPLE_HEAD, title_justify="left", title_style="bold")
    table.add_column("")
    for action in _ACTIONS.values():
        table.add_column(words.say(action), justify="right")
    for kind, label in _KINDS.items():
        table.add_row(words.say(label), *(str(plan.count(action, kind)) for action in _ACTIONS))
    console.print(table)
    console.print(words.say("Unchanged: {count}", count=plan.unchanged), markup=False)
    if plan.ended and plan.ended_on is not None:
        console.print(
            words.say(ENDED, count=plan.ended, day=plan.ended_on.strftime("%d/%m/%Y")), markup=False
        )
    changed = [line for line in plan.lines if line.action != "added"]
    for line in changed[:LINES_SHOWN]:
        changes = "; ".join(
            f"{words.say(FIELD_LABELS[change.field])}: {change.old or '-'} → {change.new or '-'}"
            for change in line.changes
        )
        action = words.say(_ACTIONS[line.action])
        console.print(f"{action} {line.code} {line.name}: {changes}", markup=False, highlight=False)
    if len(changed) > LINES_SHOWN:
        more = words.say("… and {count} more.", count=len(changed) - LINES_SHOWN)
        console.print(more, markup=False)


def show_problems(console: Console, plan: ImportPlan | PeoplePlan, words: Words) -> None:
    """What is wrong with a file, by row and column, and what to do."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    title = Text(words.say("Mistakes in {file}", file=plan.filename))
    table = Table(title=title, box=SIMPLE_HEAD, title_justify="left", title_style="bold")
    for heading in ("Sheet", "Row", "Column", "What is wrong", "What to do"):
        table.add_column(words.say(heading), overflow="fold")
    for problem in plan.problems:
        table.add_row(
            Text(problem.sheet),
            Text(str(problem.row or "")),
            Text(problem.column or ""),
            Text(words.say(problem.message, **problem.params)),
            Text(words.say(problem.remedy, **problem.params) if problem.remedy else ""),
        )
    console.print(table)
    if plan.problems_total > len(plan.problems):
        more = plan.problems_total - len(plan.problems)
        console.print(words.say("… and {count} more.", count=more), markup=False)
    console.print(words.say("Nothing has been changed."), markup=False)
