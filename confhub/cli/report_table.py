"""The attendance report's tables for a terminal."""

from __future__ import annotations

from datetime import datetime

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from confhub.i18n.catalogue import Translate
from confhub.reports.rooms.model import SessionReport, Totals
from confhub.reports.rooms.table import STATUS_WORDS

_TIER_COLUMNS = (
    "Expected",
    "Connected",
    "On time",
    "Late",
    "Left early",
    "Never came",
    "Percent of live time",
)
"""Message ids."""


def heading(report: SessionReport, _: Translate) -> list[str]:
    """Title, times with their zone, and the margins that late and early were judged by."""
    header = report.header
    return [
        header.title,
        f"{_('Started')}: {_full(header.actual_start)}   {_('Ended')}: {_full(header.actual_end)}"
        f"   ({header.timezone})",
        f"{_('Late')}: > {header.late_min} {_('min')}   "
        f"{_('Left early')}: > {header.left_early_min} {_('min')}",
    ]


def tier_table(report: SessionReport, _: Translate) -> Table:
    """Totals by tier, and all together."""
    table = Table(title=_("Attendance"), box=SIMPLE_HEAD, title_justify="left", title_style="bold")
    table.add_column(_("Tier"))
    for name in _TIER_COLUMNS:
        table.add_column(_(name), justify="right")
    for tier in report.tiers:
        table.add_row(Text(tier.tier_name), *_figures(tier.totals))
    table.add_section()
    table.add_row(_("Total"), *_figures(report.totals))
    return table


def room_table(report: SessionReport, _: Translate) -> Table:
    """One line per room."""
    table = Table(box=SIMPLE_HEAD)
    table.add_column(_("Code"), no_wrap=True)
    table.add_column(_("Endpoint"))
    table.add_column(_("First present"))
    table.add_column(_("Last present"))
    table.add_column(_("Minutes present"), justify="right")
    table.add_column("%", justify="right")
    table.add_column(_("Status"))
    for row in report.rows:
        table.add_row(
            Text(row.code),
            Text(row.name),
            _clock(row.first),
            _clock(row.last),
            f"{row.minutes:.2f}",
            f"{row.percent:.2f}",
            ", ".join(_(STATUS_WORDS[status]) for status in row.statuses),
        )
    return table


def _figures(totals: Totals) -> list[str]:
    counts = (
        totals.expected,
        totals.connected,
        totals.on_time,
        totals.late,
        totals.left_early,
        totals.never_came,
    )
    return [*(str(count) for count in counts), f"{totals.percent:.2f}"]


def _full(moment: datetime | None) -> str:
    return f"{moment:%d/%m/%Y %H:%M:%S}" if moment is not None else "–"


def _clock(moment: datetime | None) -> str:
    return f"{moment:%H:%M:%S}" if moment is not None else "–"
