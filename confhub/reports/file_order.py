"""What the hub orders from the process that draws its files, and how it is told: JSON, a line each."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from pydantic import TypeAdapter

from confhub.org.papers import BLANK, Letterhead
from confhub.reports.people_model import PeopleReport, PersonLine
from confhub.reports.period_model import PeriodReport
from confhub.training.values import CourseDetails, PersonProgress


@dataclass(frozen=True, slots=True)
class Paper:
    """What is drawn, beside the report itself. `home`: the hub's address, for the QR code."""

    language: str
    home: str
    persons: int
    """How many will follow; 0: the roster is left out."""
    timezone: str = "Asia/Ho_Chi_Minh"
    made_at: datetime | None = None
    """Where the report itself does not tell."""
    letterhead: Letterhead = BLANK
    heads: dict[int, str] = field(default_factory=dict)
    """Session → the end of the chain that closed it; of a course's sessions."""


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
