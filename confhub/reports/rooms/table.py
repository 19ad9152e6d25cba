"""A report's rooms as a table: one line each, and below them whether the attendance is closed, with which
seal, and what was opened again. The zone and the session's margins stand in the heading. Pure."""

from __future__ import annotations

from datetime import date

from confhub.files.names import file_name
from confhub.files.table import Column, Kind, Table, Value
from confhub.i18n import hours
from confhub.i18n.catalogue import Translate
from confhub.i18n.formats import Formats
from confhub.reports.rooms.model import RoomRow, SessionReport, Status
from confhub.reports.session.proof import proof_sentences

STATUS_WORDS: dict[Status, str] = {
    Status.ON_TIME: "On time",
    Status.LATE: "Late",
    Status.LEFT_EARLY: "Left early",
    Status.NEVER_CAME: "Never came",
}
"""Message ids."""


def rooms_table(report: SessionReport, _: Translate, language: str) -> Table:
    """The rows of the report."""
    header = report.header
    day = (header.actual_start or header.starts_at).date()
    return Table(
        _("Rooms"),
        _columns(report, _),
        [[number, *_cells(one, day)] for number, one in enumerate(report.rows, 1)],
        notes=proof_sentences(header, Formats(language, header.timezone), _),
    )


def csv_name(report: SessionReport) -> str:
    """With the session's number and date."""
    day = (report.header.actual_start or report.header.starts_at).date()
    return file_name(f"{report.header.session_id}-{day}", report.header.title, "csv")


def _columns(report: SessionReport, _: Translate) -> tuple[Column, ...]:
    zone, header = report.header.timezone, report.header
    return (
        Column(_("No."), Kind.COUNT),
        Column(_("Code")),
        Column(_("Endpoint")),
        Column(_("Unit")),
        Column(_("Tier")),
        Column(f"{_('Expected from')} ({zone})", Kind.MOMENT),
        Column(f"{_('Expected until')} ({zone})", Kind.MOMENT),
        Column(f"{_('First present')} ({zone})", Kind.MOMENT),
        Column(f"{_('Last present')} ({zone})", Kind.MOMENT),
        Column(_("Minutes present"), Kind.DECIMAL),
        Column(_("Percent of live time"), Kind.DECIMAL),
        Column(f"{_('Late')} (> {header.late_min} {_('min')})"),
        Column(f"{_('Left early')} (> {header.left_early_min} {_('min')})"),
        Column(_("Never came")),
        Column(_("Interruptions"), Kind.COUNT),
        Column(f"{_('Intervals')} ({zone})"),
    )


def _cells(one: RoomRow, day: date) -> list[Value]:

    def yes(status: Status) -> str:
        return "x" if one.has(status) else ""

    return [
        one.code,
        one.name,
        one.unit_name,
        one.tier_name,
        one.expected_from,
        one.expected_until,
        one.first,
        one.last,
        one.minutes,
        one.percent,
        yes(Status.LATE),
        yes(Status.LEFT_EARLY),
        yes(Status.NEVER_CAME),
        one.interruptions,
        " | ".join(hours.span(i.start, i.end, day) for i in one.intervals),
    ]
