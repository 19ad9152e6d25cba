"""A report's rows as a CSV file that Excel opens properly by a double click.

UTF-8 with a byte order mark (without it Excel reads the letters wrong), CRLF, one header line. In Vietnamese
the separator is a semicolon and the decimal sign a comma, in English comma and point: what Excel expects
in each of the two settings. Times are local, in the form `2026-03-02 08:00:00`, which Excel takes as real
times in every language; the zone and the session's margins stand in the header line. Texts that Excel
would take for a formula (=, +, -, @, tab, carriage return at the start) get an apostrophe in front. Below the
rows, after an empty line: whether the attendance is closed, with which seal, and what was opened again.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import date, datetime

from confhub.i18n import hours
from confhub.i18n.catalogue import Catalogue
from confhub.i18n.folding import fold
from confhub.i18n.formats import Formats
from confhub.kernel.rounding import rounded
from confhub.reports.model import RoomRow, SessionReport, Status
from confhub.reports.proof import proof_sentences

STATUS_WORDS: dict[Status, str] = {
    Status.ON_TIME: "On time",
    Status.LATE: "Late",
    Status.LEFT_EARLY: "Left early",
    Status.NEVER_CAME: "Never came",
}
"""Message ids."""

Translate = Callable[[str], str]

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
_NAME_CHARS = 60


def csv_bytes(report: SessionReport, language: str, catalogue: Catalogue) -> bytes:
    """The rows of the report, one line each, under one header line."""

    def _(message: str) -> str:
        return catalogue.gettext(language, message)

    comma = language == "vi"
    day = (report.header.actual_start or report.header.starts_at).date()
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";" if comma else ",", lineterminator="\r\n")
    writer.writerow([safe(cell) for cell in _heading(report, _)])
    for number, one in enumerate(report.rows, 1):
        writer.writerow([number, *(safe(cell) for cell in _cells(one, _, day, comma=comma))])
    writer.writerow([])
    for sentence in proof_sentences(report.header, Formats(language, report.header.timezone), _):
        writer.writerow([safe(sentence)])
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def file_name(report: SessionReport) -> str:
    """ASCII letters, digits and hyphens, with the session's number and date."""
    title = re.sub(r"[^a-z0-9]+", "-", fold(report.header.title)).strip("-")[:_NAME_CHARS].strip("-")
    day = (report.header.actual_start or report.header.starts_at).strftime("%Y-%m-%d")
    return "-".join(part for part in (str(report.header.session_id), day, title) if part) + ".csv"


def _heading(report: SessionReport, _: Translate) -> list[str]:
    zone, header = report.header.timezone, report.header
    return [
        _("No."),
        _("Code"),
        _("Endpoint"),
        _("Unit"),
        _("Tier"),
        f"{_('Expected from')} ({zone})",
        f"{_('Expected until')} ({zone})",
        f"{_('First present')} ({zone})",
        f"{_('Last present')} ({zone})",
        _("Minutes present"),
        _("Percent of live time"),
        f"{_('Late')} (> {header.late_min} {_('min')})",
        f"{_('Left early')} (> {header.left_early_min} {_('min')})",
        _("Never came"),
        _("Interruptions"),
        f"{_('Intervals')} ({zone})",
    ]


def _cells(one: RoomRow, _: Translate, day: date, *, comma: bool) -> list[str]:

    def yes(status: Status) -> str:
        return "x" if one.has(status) else ""

    return [
        one.code,
        one.name,
        one.unit_name,
        one.tier_name,
        _time(one.expected_from),
        _time(one.expected_until),
        _time(one.first),
        _time(one.last),
        _number(one.minutes, 2, comma=comma),
        _number(one.percent, 2, comma=comma),
        yes(Status.LATE),
        yes(Status.LEFT_EARLY),
        yes(Status.NEVER_CAME),
        str(one.interruptions),
        " | ".join(hours.span(i.start, i.end, day) for i in one.intervals),
    ]


def _time(moment: datetime | None) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S") if moment is not None else ""


def _number(value: float, digits: int, *, comma: bool) -> str:
    text = str(rounded(value, digits))
    return text.replace(".", ",") if comma else text


def safe(cell: str) -> str:
    """No cell of ours is a formula: a leading sign is a name's, or an attack."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
