"""`python -m confhub.reports.drawing.process FILE`: draws a report in a process of its own.

On stdin: one line with an `Order`, then lines of persons as lists, in order. On stdout: a number after every
few hundred persons. Exit 0 once the file is there. Its parent is the hub; what it is sent, it trusts.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import IO

from confhub.files import workbook
from confhub.files.progress import counted
from confhub.i18n.catalogue import Catalogue, Translate
from confhub.i18n.formats import Formats
from confhub.reports.courses.tables import course_tables
from confhub.reports.drawing.order import LEARNERS, ORDER, PEOPLE, Order
from confhub.reports.paper import Paper
from confhub.reports.people.model import PeopleReport, PersonLine
from confhub.reports.people.period.tables import period_tables
from confhub.reports.people.tables import people_table, session_tables


def main() -> int:
    """Draw what stdin orders."""
    target = Path(sys.argv[1])
    lines = sys.stdin.buffer
    order = ORDER.validate_json(lines.readline())
    _ = Catalogue.load().into(order.paper.language)

    if order.session is not None:
        if order.form == "pdf":
            from confhub.reports.people.pdf import PeoplePdf  # drawing takes a while to load

            PeoplePdf(target, order.session, order.paper, _).draw(counted(_people(lines)))
        else:
            _session_book(target, order.session, order.paper, lines, _)
    elif order.course is not None:
        _course(target, order, lines, _)
    elif order.period is not None:
        if order.form == "pdf":
            from confhub.reports.people.period.pdf import draw_period

            draw_period(target, order.period, order.paper, _)
        else:
            report = order.period
            name = report.unit_name or _("All my branches")
            workbook.write(target, period_tables(report, _, order.paper.language), name, name, report.made_at)
    return 0


def _course(target: Path, order: Order, lines: IO[bytes], _: Translate) -> None:
    assert order.course is not None, "asked by who orders a course"
    people = counted(one for line in lines for one in LEARNERS.validate_json(line))
    if order.form == "pdf":
        from confhub.reports.courses.pdf import draw_course

        draw_course(target, order.course, order.paper, people, _)
        return
    course = order.course.course
    formats = Formats(order.paper.language, order.paper.timezone)
    tables = course_tables(order.course, people, _, formats)
    made_at = order.paper.made_at or course.created_at
    workbook.write(target, tables, course.title, course.unit_name, made_at)


def _session_book(target: Path, report: PeopleReport, paper: Paper, lines: IO[bytes], _: Translate) -> None:
    header = report.header
    tables = session_tables(report, _, paper.language)
    if paper.persons:
        tables = chain(tables, [people_table(report, counted(_people(lines)), _)])
    workbook.write(target, tables, header.title, header.unit_name, header.made_at)


def _people(lines: IO[bytes]) -> Iterator[PersonLine]:
    for line in lines:
        yield from PEOPLE.validate_json(line)


if __name__ == "__main__":
    sys.exit(main())
