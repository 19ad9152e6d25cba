"""`python -m confhub.reports.people_file FILE`: draws a report in a process of its own.

On stdin: one line with an `Order`, then lines of persons as lists, in order. On stdout: a number after every
few hundred persons. Exit 0 once the file is there. Its parent is the hub; what it is sent, it trusts.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final, TypeVar

from confhub.i18n.catalogue import Catalogue
from confhub.i18n.formats import Formats
from confhub.reports.course_tables import course_tables
from confhub.reports.file_order import LEARNERS, ORDER, PEOPLE, Order, Paper
from confhub.reports.people_model import PeopleReport, PersonLine
from confhub.reports.tables import (
    Table,
    Translate,
    people_cells,
    people_columns,
    period_tables,
    session_tables,
)
from confhub.reports.workbook import Workbook

TOLD_EVERY: Final = 500

_Person = TypeVar("_Person")


def main() -> int:
    """Draw what stdin orders."""
    target = Path(sys.argv[1])
    lines = sys.stdin.buffer
    order = ORDER.validate_json(lines.readline())
    catalogue = Catalogue.load()

    def _(message: str) -> str:
        return catalogue.gettext(order.paper.language, message)

    if order.session is not None:
        if order.form == "pdf":
            from confhub.reports.people_pdf import PeoplePdf  # drawing takes a while to load

            PeoplePdf(target, order.session, order.paper, _).draw(_people(lines), _told)
        else:
            _session_book(target, order.session, order.paper, lines, _)
    elif order.course is not None:
        _course(target, order, lines, _)
    elif order.period is not None:
        if order.form == "pdf":
            from confhub.reports.period_pdf import draw_period

            draw_period(target, order.period, order.paper, _)
        else:
            report = order.period
            name = report.unit_name or _("All my branches")
            book = Workbook(target, name, name, report.made_at)
            for table in period_tables(report, _, order.paper.language):
                book.add(table)
            book.close()
    return 0


def _course(target: Path, order: Order, lines: IO[bytes], _: Translate) -> None:
    assert order.course is not None, "asked by who orders a course"
    people = (one for line in lines for one in LEARNERS.validate_json(line))
    if order.form == "pdf":
        from confhub.reports.course_pdf import draw_course

        draw_course(target, order.course, order.paper, people, _, _told)
        return
    course = order.course.course
    formats = Formats(order.paper.language, order.paper.timezone)
    book = Workbook(target, course.title, course.unit_name, order.paper.made_at or course.created_at)
    for table in course_tables(order.course, _counted(people), _, formats):
        book.add(table)
    book.close()


def _session_book(target: Path, report: PeopleReport, paper: Paper, lines: IO[bytes], _: Translate) -> None:
    header = report.header
    book = Workbook(target, header.title, header.unit_name, header.made_at)
    for table in session_tables(report, _, paper.language):
        book.add(table)
    if paper.persons:
        day = (header.actual_start or header.starts_at).date()
        rows = (people_cells(number, one, _, day) for number, one in enumerate(_counted(_people(lines)), 1))
        title = f"{header.title} · {header.unit_name}"
        book.add(Table(_("People"), people_columns(_, header.timezone), rows, title))
    book.close()


def _people(lines: IO[bytes]) -> Iterator[PersonLine]:
    for line in lines:
        yield from PEOPLE.validate_json(line)


def _counted(people: Iterator[_Person]) -> Iterator[_Person]:
    done = 0
    for done, one in enumerate(people, 1):
        if done % TOLD_EVERY == 0:
            _told(done)
        yield one
    _told(done)


def _told(done: int) -> None:
    sys.stdout.write(f"{done}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
