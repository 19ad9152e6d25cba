"""A unit's report over a period as PDF in the form of decree 30/2020."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from confhub.files.pdf import draw_table
from confhub.files.table import Column, Kind, Table, Value
from confhub.i18n.catalogue import Translate
from confhub.i18n.formats import Formats
from confhub.paper.decree import begin_appendix, draw_section
from confhub.paper.sheets import Sheets
from confhub.reports.paper import Paper, draw_foot, draw_head
from confhub.reports.people.model import PeopleFigures
from confhub.reports.people.period.model import PeriodReport, PeriodUnit
from confhub.reports.people.period.words import before, period_sentences


def draw_period(target: Path, report: PeriodReport, paper: Paper, _: Translate) -> None:
    """The whole document: months and branches in the letter, sessions and units in appendices. Blocking."""
    fmt = Formats(paper.language, report.timezone)
    name = report.unit_name or _("All my branches")
    first, last = fmt.date(report.first), fmt.date(report.last)
    subject = _("Attendance of {unit} from {first} to {last}").format(unit=name, first=first, last=last)
    sheets = Sheets(target, subject, author=name)
    draw_head(sheets, paper.letterhead, _("Report"), subject)
    totals = report.totals
    sheets.paragraph(
        _(
            "From {first} to {last}, {sessions} sessions were held with {rooms} attendances of rooms, of"
            " which {connected} connected. {expected} attendances of people were expected; {attended} came"
            " ({share}), {completed} completed."
        ).format(
            first=first, last=last, sessions=fmt.number(report.sessions_held), rooms=fmt.number(totals.rooms),
            connected=fmt.number(totals.connected), expected=fmt.number(totals.expected),
            attended=fmt.number(totals.attended), share=fmt.percent(totals.attended_share),
            completed=fmt.number(totals.completed),
        )
    )  # fmt: skip
    for sentence in period_sentences(report, fmt, _):
        sheets.paragraph(sentence)
    draw_section(sheets, 1, _("By month"))
    months = [(f"{one.first:%m/%Y}", one.sessions, one.figures) for one in report.months]
    _grid(sheets, fmt, _, _("Month"), [*months, (_("Total"), report.sessions_held, totals)])
    top = [one for one in report.units if one.unit.depth <= 1]
    draw_section(sheets, 2, _("By branch"))
    _grid(sheets, fmt, _, _("Unit"), [(_called(one, _), one.sessions, one.unit.figures) for one in top])
    draw_foot(sheets, paper.letterhead, _)
    begin_appendix(sheets, _("Appendix {number}").format(number="I"), _("Sessions"), f"({subject})")
    sessions = [(f"{fmt.date(one.started_at)}: {one.title}", None, one.figures) for one in report.sessions]
    _grid(sheets, fmt, _, _("Session"), sessions)
    begin_appendix(sheets, _("Appendix {number}").format(number="II"), _("Units"), f"({subject})")
    units = [
        ("– " * one.unit.depth + _called(one, _), one.sessions, one.unit.figures) for one in report.units
    ]
    _grid(sheets, fmt, _, _("Unit"), units)
    sheets.save()


def _called(one: PeriodUnit, _: Translate) -> str:
    earlier = before(one, _)
    return f"{one.unit.name} ({earlier})" if earlier else one.unit.name


def _grid(
    sheets: Sheets, fmt: Formats, _: Translate, first: str,
    rows: Sequence[tuple[str, int | None, PeopleFigures]],
) -> None:  # fmt: skip
    counted = any(sessions is not None for _name, sessions, _figures in rows)
    held = [Column(_("Sessions"), Kind.COUNT, 13)] if counted else []
    columns = (
        Column(first, width=46 if counted else 59), *held, Column(_("Rooms"), Kind.COUNT, 14),
        Column(_("Connected"), Kind.COUNT, 14), Column(_("Declared"), Kind.COUNT, 17),
        Column(_("Expected"), Kind.COUNT, 17), Column(_("Checked in"), Kind.COUNT, 17),
        Column(_("Completed"), Kind.COUNT, 17),
    )  # fmt: skip
    lines: list[Sequence[Value]] = [
        [
            name, *([] if sessions is None else [sessions]), one.rooms, one.connected, one.heads,
            one.expected, one.checked_in, one.completed,
        ]
        for name, sessions, one in rows
    ]  # fmt: skip
    draw_table(sheets, Table(first, columns, lines), fmt, size=10.5)
