"""`confhub report SESSION --people`: the report on people as a table, CSV, JSON, XLSX or PDF."""

from __future__ import annotations

import shutil
import sys
import tempfile
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast

from pydantic import TypeAdapter
from rich.console import Console
from rich.table import Table

from confhub.i18n.catalogue import Translate
from confhub.i18n.formats import Formats
from confhub.kernel.clock import SystemClock
from confhub.reports.drawing.files import ReportFiles, What
from confhub.reports.people.csv_file import PeopleCsv
from confhub.reports.people.model import PeopleFigures, PeopleFilter, PeopleReport
from confhub.reports.people.rule_words import lost_sentences, rule_sentences
from confhub.reports.people.service import PeopleReportService
from confhub.reports.people.words import FIGURE_WORDS
from confhub.reports.session.proof import proof_sentences, undone_sentences

if TYPE_CHECKING:
    from confhub.access.rules import Actor
    from confhub.db.database import Database
    from confhub.i18n.catalogue import Catalogue
    from confhub.kernel.ids import SessionId
    from confhub.settings import Settings

SHOWN = (
    "rooms", "connected", "heads", "expected", "checked_in", "late", "left_early", "unconnected",
    "unanswered", "with_leave", "without_leave", "completed",
)  # fmt: skip
"""Columns of the table; a file holds all of them."""


async def people_content(
    database: Database,
    settings: Settings,
    actor: Actor,
    session_id: SessionId,
    form: str,
    catalogue: Catalogue,
) -> bytes:
    """The report in that form. Raises `SessionUnknown`."""
    clock = SystemClock()
    reports = PeopleReportService(database, clock, settings.timezone)
    if form == "csv":
        return (
            await PeopleCsv(reports, catalogue).session(actor, session_id, PeopleFilter(), actor.language)
        )[1]
    if form in ("xlsx", "pdf"):
        home = settings.public_url or f"http://{settings.host}:{settings.port}"
        with tempfile.TemporaryDirectory(prefix="confhub-report-") as folder:
            files = ReportFiles(reports, clock, Path(folder))
            made = cast(Literal["xlsx", "pdf"], form)
            return (await files.make(actor, What(session_id), made, actor.language, home))[1]
    report = await reports.session(actor, session_id)
    if form == "json":
        return TypeAdapter(PeopleReport).dump_json(report, indent=2) + b"\n"
    return table_text(report, actor.language, catalogue).encode()


def table_text(report: PeopleReport, language: str, catalogue: Catalogue) -> str:
    """Heading, tiers and branches, a line each, for a terminal."""

    def _(message: str) -> str:
        return catalogue.gettext(language, message)

    header, fmt = report.header, Formats(language, report.header.timezone)
    out = StringIO()
    width = shutil.get_terminal_size((120, 24)).columns
    console = Console(file=out, width=width, no_color=not sys.stdout.isatty(), highlight=False)
    console.print(f"{header.title} · {header.unit_name}", markup=False)
    console.print(fmt.datetime(header.actual_start or header.starts_at), markup=False)
    for sentence in (*proof_sentences(header, fmt, _), *undone_sentences(report.undoings, fmt, _)):
        console.print(sentence, markup=False, soft_wrap=True)
    tiers = [(one.name, one.figures) for one in report.tiers]
    console.print(_table(_("Tier"), [*tiers, (_("Total"), report.totals)], fmt, _))
    units = [
        ("  " * one.depth + one.name, one.figures) for one in report.units if not one.leaf or one.depth < 1
    ]
    if units:
        console.print(_table(_("Branch"), units, fmt, _))
    for sentence in (*rule_sentences(header, fmt, _), *lost_sentences(report.totals, fmt, _)):
        console.print(sentence, markup=False, soft_wrap=True)
    return out.getvalue()


def _table(first: str, rows: list[tuple[str, PeopleFigures]], fmt: Formats, _: Translate) -> Table:
    table = Table()
    table.add_column(first, no_wrap=True)
    for name in SHOWN:
        table.add_column(_(FIGURE_WORDS[name]), justify="right")
    for name, figures in rows:
        table.add_row(name, *(fmt.number(getattr(figures, one)) for one in SHOWN))
    return table
