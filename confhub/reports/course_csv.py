"""A course's people as CSV: for Excel, and for Moodle.

For Excel as in `csv_file`: byte order mark, CRLF, semicolon and decimal comma in Vietnamese, no formulas.
For Moodle (a file for its upload of users, another for its import of grades): UTF-8, comma and point, its own
column names;
a Vietnamese name's last word is the given name (`firstname`), what stands before it is `lastname`.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
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
_USERNAME = re.compile(r"[^a-z0-9._@-]")


def progress_csv(
    details: CourseDetails,
    people: Sequence[PersonProgress],
    language: str,
    catalogue: Catalogue,
    timezone: str,
) -> bytes:
    """One line a person; three columns a regular session: state, minutes, percent."""

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
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def moodle_users(details: CourseDetails, people: Iterable[PersonProgress]) -> bytes:
    """For Moodle's *Upload users*: username, firstname, lastname, email, idnumber, course1 (short name).

    Not a column more: Moodle refuses the whole file for one whose name it does not know. Without a code the
    user name is `person-<number>`; an address that is not known stays empty.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(["username", "firstname", "lastname", "email", "idnumber", "course1"])
    short = short_name(details)
    for person in people:
        first, last = split_name(person.name)
        writer.writerow(
            [
                user_name(person), safe(first), safe(last), safe(person.email or ""), safe(person.code or ""),
                short,
            ]
        )  # fmt: skip
    return out.getvalue().encode()


def moodle_grades(details: CourseDetails, people: Iterable[PersonProgress]) -> bytes:
    """For Moodle's *Import grades*, where each column is mapped by hand: username, idnumber or email is the
    user's; `<short name> (%)` is a grade of 0 to 100, `<short name> completed` 1 or 0."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    short = short_name(details)
    writer.writerow(["username", "idnumber", "email", f"{short} (%)", f"{short} completed"])
    for person in people:
        done = int(person.state is PersonState.COMPLETED)
        grade = str(percent(person.percent / 100))
        writer.writerow([user_name(person), safe(person.code or ""), safe(person.email or ""), grade, done])
    return out.getvalue().encode()


def split_name(name: str) -> tuple[str, str]:
    """(firstname, lastname) for Moodle, which wants both: `Nguyễn Văn An` is An, of Nguyễn Văn. Of one word
    both are made."""
    words = name.split()
    if len(words) < 2:
        return (words[0], words[0]) if words else ("-", "-")
    return words[-1], " ".join(words[:-1])


def user_name(person: PersonProgress) -> str:
    """In small letters, as Moodle asks: the code, else a number."""
    made = _USERNAME.sub("-", fold(person.code or "")).strip("-.")
    return made or f"person-{person.attendee_id}"


def short_name(details: CourseDetails) -> str:
    """The course's short name: what can be typed, with its number, so that it is the only one."""
    return f"{slug(details.course.title)}-{details.course.id}".strip("-")


def slug(title: str) -> str:
    """ASCII letters, digits and hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", fold(title)).strip("-")[:_NAME_CHARS].strip("-")


def _number(value: Decimal, *, comma: bool) -> str:
    text = str(value)
    return text.replace(".", ",") if comma else text
