"""A course's report as PDF in the form of decree 30/2020, its participants as an appendix."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from confhub.i18n.catalogue import Translate
from confhub.i18n.formats import Formats
from confhub.kernel import rounding
from confhub.paper.decree import begin_appendix, draw_section
from confhub.paper.fonts import BOLD, ITALIC
from confhub.paper.grid import Column, Grid
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
    grid = Grid(
        sheets,
        [Column(_("Start"), 2.6), Column(_("Session"), 6), Column(_("Minutes"), 1.5, "right"),
         Column(_("Present"), 1.5, "right"), Column(_("Closed"), 1.4, "middle")],
        size=11,
    )  # fmt: skip
    grid.head()
    for lesson in details.lessons:
        minutes = "" if lesson.counted_min is None else fmt.decimal(lesson.counted_min, 1)
        present = fmt.number(lesson.present) if lesson.ended else ""
        grid.row(
            [fmt.datetime(lesson.starts_at), lesson.title, minutes, present, "x" if lesson.sealed else ""]
        )
    sheets.y -= 6
    draw_section(sheets, 2, _("Completion by unit"))
    sheets.paragraph(named_as_of(details, fmt, _))
    grid = Grid(
        sheets,
        [Column(_("Unit"), 5), Column(_("Participants"), 2, "right"), Column(_("Completed"), 2, "right"),
         Column(_("Completion rate"), 2, "right")],
        size=11,
    )  # fmt: skip
    grid.head()
    for unit in details.units:
        rate = fmt.percent(unit.completed / unit.people) if unit.people else "–"
        grid.row([unit.name, fmt.number(unit.people), fmt.number(unit.completed), rate])
    total = [_("Total"), fmt.number(course.people), fmt.number(course.completed), share]
    grid.row(total, bold=True)
    sheets.y -= 6
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
    grid = Grid(
        sheets,
        [
            Column(_("No."), 1.1, "right"), Column(_("Full name"), 4), Column(_("Position, unit"), 4.6),
            Column(_("State"), 2.4), Column(_("Minutes"), 1.4, "right"), Column("%", 1.3, "right"),
            Column(_("Certificate"), 2.6),
        ],
        size=9.5,
    )  # fmt: skip
    grid.head()
    for number, one in enumerate(people, 1):
        place = ", ".join(part for part in (one.position, one.unit_name) if part)
        grid.row(
            [
                str(number), one.name or _("(erased)"), place, _(STATE_WORDS[one.state]),
                fmt.decimal(one.minutes, 1), fmt.decimal(rounding.percent(one.percent / 100), 2),
                one.certificate or "",
            ]
        )  # fmt: skip
