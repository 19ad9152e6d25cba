"""A course's people as CSV for Excel, as in `csv_file`: byte order mark, CRLF, semicolon and decimal comma in
Vietnamese, no formulas."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Sequence
from decimal import Decimal

from confhub.i18n.catalogue import Catalogue
from confhub.i18n.folding import fold
from confhub.i18n.formats import Formats
from confhub.kernel.rounding import percent, rounded
from confhub.reports.csv_file import safe
from confhub.training.values import CellState, CourseDetails, PersonProgress, PersonState

STATE_WORDS: dict[PersonState, str] = {
    PersonState.COMPLETED: "Completed",
    PersonState.GOING: "Under way",
    PersonState.MISSING: "Not completed",
    PersonState.TOO_LATE: "Cannot complete any more",
}
CELL_WORDS: dict[CellState, str] = {
    CellState.DONE: "Reached",
    CellState.MADE_UP: "Made up",
    CellState.SHORT: "Too short",
    CellState.EXCUSED: "Absent with leave",
    CellState.ABSENT: "Absent",
    CellState.AHEAD: "Still to come",
}
"""Message ids."""

_NAME_CHARS = 60


def named_as_of(details: CourseDetails, formats: Formats, _: Callable[[str], str]) -> str:
    """As of which day the participants are named and grouped."""
    words = _("Participants are listed with names, positions and units as of {day}.")
    return words.format(day=formats.date(details.named_at))


def progress_csv(
    details: CourseDetails,
    people: Sequence[PersonProgress],
    language: str,
    catalogue: Catalogue,
    timezone: str,
) -> bytes:
    """One line a person; three columns a regular session: state, minutes, percent. Below, as of when they are
    named."""

    def _(message: str) -> str:
        return catalogue.gettext(language, message)

    comma = language == "vi"
    formats = Formats(language, timezone)
    lessons = {one.session_id: one for one in details.lessons}
    regular = [lessons[one] for one in details.columns]
    heading = [_("No."), _("Code"), _("Name"), _("Position"), _("Unit"), _("State"), _("Minutes present"),
               _("Percent"), _("Certificate")]  # fmt: skip
    for one in regular:
        day = formats.date(one.starts_at)
        heading += [f"{one.title} ({day})", f"{_('min')} ({day})", f"% ({day})"]
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";" if comma else ",", lineterminator="\r\n")
    writer.writerow([safe(cell) for cell in heading])
    for number, person in enumerate(people, 1):
        cells = [
            person.code or "", person.name, person.position or "", person.unit_name,
            _(STATE_WORDS[person.state]), _number(rounded(person.minutes, 1), comma=comma),
            _number(percent(person.percent / 100), comma=comma), person.certificate or "",
        ]  # fmt: skip
        for cell in person.cells:
            cells += [
                _(CELL_WORDS[cell.state]),
                _number(rounded(cell.minutes, 1), comma=comma),
                _number(percent(cell.percent / 100), comma=comma),
            ]
        writer.writerow([number, *(safe(cell) for cell in cells)])
    writer.writerows([[], [named_as_of(details, formats, _)]])
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def short_name(details: CourseDetails) -> str:
    """The course's short name: what can be typed, with its number, so that it is the only one."""
    return f"{slug(details.course.title)}-{details.course.id}".strip("-")


def slug(title: str) -> str:
    """ASCII letters, digits and hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", fold(title)).strip("-")[:_NAME_CHARS].strip("-")


def _number(value: Decimal, *, comma: bool) -> str:
    text = str(value)
    return text.replace(".", ",") if comma else text
