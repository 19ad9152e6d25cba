"""What the hub orders from the process that draws its files, and how it is told: JSON, a line each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pydantic import TypeAdapter

from confhub.reports.paper import Paper
from confhub.reports.people.model import PeopleReport, PersonLine
from confhub.reports.people.period.model import PeriodReport
from confhub.training.values import CourseDetails, PersonProgress


@dataclass(frozen=True, slots=True)
class Order:
    """What is drawn: a session's report or a course's with persons to follow, or a period's. `form`: xlsx or
    pdf."""

    form: str
    paper: Paper
    session: PeopleReport | None = None
    period: PeriodReport | None = None
    course: CourseDetails | None = None


ORDER: Final = TypeAdapter(Order)
PEOPLE: Final = TypeAdapter(list[PersonLine])
LEARNERS: Final = TypeAdapter(list[PersonProgress])
