"""A course's report as tables: branches, sessions, and everybody with a column a session. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import tzinfo

from confhub.i18n.formats import Formats
from confhub.reports.course_csv import CELL_WORDS, STATE_WORDS, named_as_of
from confhub.reports.tables import Column, Kind, Table, Translate, Value
from confhub.training.values import CourseDetails, PersonProgress


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
