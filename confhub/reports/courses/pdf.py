"""A course's report as PDF in the form of decree 30/2020, its participants as an appendix."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from confhub.files.pdf import draw_table
from confhub.files.table import Column, Kind, Table, Value
from confhub.i18n.catalogue import Translate
from confhub.i18n.formats import Formats
from confhub.kernel.rounding import percent
from confhub.paper.decree import begin_appendix, draw_section
from confhub.paper.fonts import BOLD, ITALIC
from confhub.paper.sheets import Sheets
from confhub.reports.courses.tables import STATE_WORDS, named_as_of
from confhub.reports.paper import Paper, draw_foot, draw_head
from confhub.training.values import CompletionRule, CourseDetails, Measure, PersonProgress, Scope


def draw_course(
    target: Path, details: CourseDetails, paper: Paper, people: Iterable[PersonProgress], _: Translate
) -> None:
    """The whole document. Blocking."""
    course, fmt = details.course, Formats(paper.language, paper.timezone)
    subject = _("Results of the course “{title}”").format(title=course.title)
    sheets = Sheets(target, subject, author=course.unit_name)
    draw_head(sheets, paper.letterhead, _("Report"), subject)
    share = fmt.percent(course.completed / course.people) if course.people else "–"
    sheets.paragraph(
        _(
            "The course “{title}” of {unit} has {sessions} sessions and {people} participants, of whom"
            " {completed} ({share}) have completed it; {certificates} certificates are valid."
        ).format(
            title=course.title, unit=course.unit_name, sessions=fmt.number(course.sessions),
            people=fmt.number(course.people), completed=fmt.number(course.completed), share=share,
            certificates=fmt.number(course.certificates),
        )
    )  # fmt: skip
    sheets.paragraph(_("Completion rule: {rule}.").format(rule=rule_words(course.rule, _)))
    draw_section(sheets, 1, _("Sessions of the course"))
    lessons: list[Sequence[Value]] = [
        [
            one.starts_at, one.title, one.counted_min, one.present if one.ended else None,
            "x" if one.sealed else "",
        ]
        for one in details.lessons
    ]  # fmt: skip
    columns: tuple[Column, ...] = (
        Column(_("Start"), Kind.MOMENT, 26), Column(_("Session"), width=60),
        Column(_("Minutes"), Kind.MINUTES, 15), Column(_("Present"), Kind.COUNT, 15),
        Column(_("Closed"), Kind.MARK, 14),
    )  # fmt: skip
    draw_table(sheets, Table(_("Sessions"), columns, lessons), fmt)
    draw_section(sheets, 2, _("Completion by unit"))
    sheets.paragraph(named_as_of(details, fmt, _))
    units: list[Sequence[Value]] = [
        [one.name, one.people, one.completed, one.completed / one.people if one.people else "–"]
        for one in details.units
    ]
    columns = (
        Column(_("Unit"), width=50), Column(_("Participants"), Kind.COUNT, 20),
        Column(_("Completed"), Kind.COUNT, 20), Column(_("Completion rate"), Kind.SHARE, 20),
    )  # fmt: skip
    total: list[Value] = [_("Total"), course.people, course.completed, share]
    draw_table(sheets, Table(_("Units"), columns, units), fmt, total=total)
    draw_section(sheets, 3, _("Proof of the figures"))
    _proof(sheets, details, fmt, paper, _)
    draw_foot(sheets, paper.letterhead, _)
    if paper.persons:
        _people(sheets, fmt, subject, people, _)
    sheets.save()


def rule_words(rule: CompletionRule, _: Translate) -> str:
    """The rule in words, as the course's page has it."""
    threshold = {"percent": rule.threshold, "minutes": rule.threshold}
    if rule.measure is Measure.PERCENT and rule.scope is Scope.EACH:
        words = _("In each session, present for at least %(percent)s %% of its time") % threshold
    elif rule.measure is Measure.PERCENT:
        words = _("Present for at least %(percent)s %% of all sessions taken together") % threshold
    elif rule.scope is Scope.EACH:
        words = _("In each session, present for at least %(minutes)s min") % threshold
    else:
        words = _("Present for at least %(minutes)s min in all sessions taken together") % threshold
    if rule.grace_min:
        grace = _("up to %(minutes)s min missing in a session count as present")
        words += "; " + grace % {"minutes": rule.grace_min}
    return words


def _proof(sheets: Sheets, details: CourseDetails, fmt: Formats, paper: Paper, _: Translate) -> None:
    """The hash of each closed attendance, and whether any is open."""
    held = [one for one in details.lessons if one.ended]
    closed = [one for one in held if one.sealed and paper.heads.get(one.session_id)]
    if closed:
        sheets.paragraph(_("The attendance of these sessions is closed; the hash (SHA-256) of each:"))
    for one in closed:
        sheets.need(40)
        sheets.lines(f"{fmt.datetime(one.starts_at)}: {one.title}", size=11)
        sheets.lines(paper.heads[one.session_id], size=9.5, face=BOLD, after=3)
    if len(closed) < len(held) or not held:
        sheets.paragraph(
            _("The attendance of at least one session is not closed: this report is provisional."),
            face=ITALIC,
        )
    sheets.y -= 4


def _people(
    sheets: Sheets, fmt: Formats, subject: str, people: Iterable[PersonProgress], _: Translate
) -> None:
    name = _("Appendix {number}").format(number="I")
    begin_appendix(sheets, name, _("List of the participants"), f"({subject})")
    columns = (
        Column(_("No."), Kind.ORDINAL, 11), Column(_("Full name"), width=40),
        Column(_("Position, unit"), width=46), Column(_("State"), width=24),
        Column(_("Minutes"), Kind.MINUTES, 14), Column("%", Kind.DECIMAL, 13),
        Column(_("Certificate"), width=26),
    )  # fmt: skip
    rows = (_person(number, one, _) for number, one in enumerate(people, 1))
    draw_table(sheets, Table(_("People"), columns, rows), fmt, size=9.5)


def _person(number: int, one: PersonProgress, _: Translate) -> list[Value]:
    return [
        number, one.name or _("(erased)"),
        ", ".join(part for part in (one.position, one.unit_name) if part), _(STATE_WORDS[one.state]),
        one.minutes, float(percent(one.percent / 100)), one.certificate,
    ]  # fmt: skip
