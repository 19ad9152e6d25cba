"""A course's report as tables: branches, sessions, and everybody with a column a session. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import tzinfo

from confhub.files.names import slug
from confhub.files.table import Column, Kind, Table, Value
from confhub.i18n.catalogue import Translate
from confhub.i18n.formats import Formats
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


def named_as_of(details: CourseDetails, formats: Formats, _: Translate) -> str:
    """As of which day the participants are named and grouped."""
    words = _("Participants are listed with names, positions and units as of {day}.")
    return words.format(day=formats.date(details.named_at))


def short_name(details: CourseDetails) -> str:
    """The course's short name: what can be typed, with its number, so that it is the only one."""
    return f"{slug(details.course.title)}-{details.course.id}".strip("-")


def course_tables(
    details: CourseDetails, people: Iterable[PersonProgress], _: Translate, formats: Formats
) -> Iterator[Table]:
    """Completion by unit, the sessions, the people in the order they come."""
    course, zone = details.course, formats.zone
    title = f"{course.title} · {course.unit_name}. {named_as_of(details, formats, _)}"
    units: list[Sequence[Value]] = [
        [one.name, one.people, one.completed, one.completed / one.people if one.people else None]
        for one in details.units
    ]
    whole = course.completed / course.people if course.people else None
    yield Table(
        _("Completion by unit"),
        (
            Column(_("Unit"), width=36), Column(_("Participants"), Kind.COUNT),
            Column(_("Completed"), Kind.COUNT), Column(_("Completion rate"), Kind.SHARE),
        ),
        [*units, [_("Total"), course.people, course.completed, whole]],
        title,
    )  # fmt: skip
    lessons: list[Sequence[Value]] = [
        [
            one.starts_at.astimezone(zone), one.title, one.counted_min, one.present,
            "x" if one.sealed else "",
        ]
        for one in details.lessons
    ]  # fmt: skip
    yield Table(
        _("Sessions"),
        (
            Column(_("Start"), Kind.MOMENT, 19), Column(_("Session"), width=48),
            Column(_("Minutes"), Kind.MINUTES), Column(_("Present"), Kind.COUNT),
            Column(_("Attendance closed"), width=14),
        ),
        lessons,
        title,
    )  # fmt: skip
    yield Table(_("People"), _columns(details, _, zone), _rows(people, _), title)


def _columns(details: CourseDetails, _: Translate, zone: tzinfo) -> tuple[Column, ...]:
    columns = [
        Column(_("No."), Kind.COUNT, 7), Column(_("Code"), width=14), Column(_("Full name"), width=28),
        Column(_("Position"), width=24), Column(_("Unit"), width=30), Column(_("State"), width=16),
        Column(_("Minutes present"), Kind.MINUTES, 11), Column(_("Share of live time"), Kind.SHARE, 11),
        Column(_("Certificate"), width=22),
    ]  # fmt: skip
    lessons = {one.session_id: one for one in details.lessons}
    for session_id in details.columns:
        day = f"{lessons[session_id].starts_at.astimezone(zone):%d/%m/%Y}"
        columns += [
            Column(f"{lessons[session_id].title} ({day})", width=16),
            Column(f"{_('Minutes')} ({day})", Kind.MINUTES, 10),
        ]
    return tuple(columns)


def _rows(people: Iterable[PersonProgress], _: Translate) -> Iterator[Sequence[Value]]:
    for number, one in enumerate(people, 1):
        row: list[Value] = [
            number, one.code, one.name or _("(erased)"), one.position, one.unit_name,
            _(STATE_WORDS[one.state]), one.minutes, one.percent / 100, one.certificate,
        ]  # fmt: skip
        for cell in one.cells:
            row += [_(CELL_WORDS[cell.state]), cell.minutes]
        yield row


def progress_table(
    details: CourseDetails, people: Iterable[PersonProgress], _: Translate, formats: Formats
) -> Table:
    """All of the people in one table: a line each; three columns a regular session: state, minutes, percent.
    Below, as of when they are named."""
    lessons = {one.session_id: one for one in details.lessons}
    columns = [
        Column(_("No."), Kind.COUNT), Column(_("Code")), Column(_("Name")), Column(_("Position")),
        Column(_("Unit")), Column(_("State")), Column(_("Minutes present"), Kind.MINUTES),
        Column(_("Percent"), Kind.SHARE), Column(_("Certificate")),
    ]  # fmt: skip
    for session_id in details.columns:
        one = lessons[session_id]
        day = formats.date(one.starts_at)
        columns += [
            Column(f"{one.title} ({day})"),
            Column(f"{_('min')} ({day})", Kind.MINUTES),
            Column(f"% ({day})", Kind.SHARE),
        ]
    rows = (_progress(number, one, _) for number, one in enumerate(people, 1))
    return Table(_("People"), tuple(columns), rows, notes=[named_as_of(details, formats, _)])


def _progress(number: int, one: PersonProgress, _: Translate) -> list[Value]:
    row: list[Value] = [
        number, one.code, one.name, one.position, one.unit_name, _(STATE_WORDS[one.state]), one.minutes,
        one.percent / 100, one.certificate,
    ]  # fmt: skip
    for cell in one.cells:
        row += [_(CELL_WORDS[cell.state]), cell.minutes, cell.percent / 100]
    return row
