"""What the API answers on courses and participants' progress."""

from __future__ import annotations

from datetime import datetime

from confhub.http.shapes import Answer
from confhub.training.values import CellState, CourseStatus, Measure, PersonState, Scope


class CompletionRuleOut(Answer):
    """`threshold` in minutes or percent; `grace_min` may be missing in each session and counts as there."""

    measure: Measure
    scope: Scope
    threshold: int
    grace_min: int


class CourseOut(Answer):
    """A course as this reader sees it. The counts are those of the people whom the reader may see."""

    id: int
    title: str
    description: str
    unit_id: int
    unit_name: str
    unit_path: str
    status: CourseStatus
    rule: CompletionRuleOut
    number_pattern: str
    issue_place: str
    signer_name: str
    signer_position: str
    created_at: datetime
    sessions: int
    first_at: datetime | None
    last_at: datetime | None
    people: int
    completed: int
    certificates: int
    """Valid ones."""
    may_edit: bool
    may_issue: bool


class CoursePageOut(Answer):
    """One page of courses, and how many there are in all."""

    courses: list[CourseOut]
    total: int


class LessonOut(Answer):
    """A session of a course. `makes_up_for`: whoever missed that one may come to this one instead."""

    session_id: int
    title: str
    state: str
    starts_at: datetime
    length_min: int
    ended: bool
    sealed: bool
    counted_min: float | None
    """Live time without breaks, in minutes, once it has ended."""
    makes_up_for: int | None
    present: int
    """People who were there for any time."""


class UnitCompletionOut(Answer):
    """How far a branch's people have come."""

    unit_id: int
    name: str
    people: int
    completed: int


class CourseDetailsOut(Answer):
    """A course, its sessions in order (make-up sessions behind the ones they stand for), its branches."""

    course: CourseOut
    lessons: list[LessonOut]
    columns: list[int]
    """The sessions that each participant has a cell for: the regular ones that were not cancelled."""
    units: list[UnitCompletionOut]
    states: dict[PersonState, int]
    has_roster: bool
    """Participants come from a roster of the course; else from the lists of its sessions."""
    named_at: datetime
    """People stand with names, positions and units as of this moment, and not of the sessions' days."""


class CellOut(Answer):
    """What counts for one regular session. `session_id`: where the person was, perhaps a make-up session."""

    state: CellState
    minutes: float
    percent: float
    session_id: int


class PersonProgressOut(Answer):
    """One participant. `cells` in the order of the regular sessions; `percent` over all of them."""

    attendee_id: int
    code: str | None
    name: str
    position: str | None
    unit_id: int
    unit_name: str
    state: PersonState
    minutes: float
    percent: float
    cells: list[CellOut]
    certificate: str | None
    """The number of the valid one."""
    email: str | None


class ProgressPageOut(Answer):
    """Some of the participants, in Vietnamese order of their names."""

    rows: list[PersonProgressOut]
    matching: int
    page: int
    pages: int
