"""What courses hand out: courses, their sessions, people's progress, certificates. All frozen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from confhub.kernel.ids import AttendeeId, CourseId, SessionId, UnitId


class Measure(StrEnum):
    """What is counted."""

    MINUTES = "minutes"
    PERCENT = "percent"


class Scope(StrEnum):
    """Whether each session has to reach the threshold, or all of them together."""

    EACH = "each"
    ALL = "all"


class CourseStatus(StrEnum):
    """Open courses can be changed; closed ones keep standing as they are."""

    OPEN = "open"
    CLOSED = "closed"


class PersonState(StrEnum):
    """`going`: something that counts is still ahead; `missing`: nothing is ahead, and it does not suffice;
    `too_late`: something is ahead, and even all of it would not suffice, if no make-up session is added."""

    COMPLETED = "completed"
    GOING = "going"
    MISSING = "missing"
    TOO_LATE = "too_late"


class CellState(StrEnum):
    """One regular session of one person: reached; reached in a make-up session; there, and too short;
    absent with leave; absent; not ended yet."""

    DONE = "done"
    MADE_UP = "made_up"
    SHORT = "short"
    EXCUSED = "excused"
    ABSENT = "absent"
    AHEAD = "ahead"


@dataclass(frozen=True, slots=True)
class CompletionRule:
    """`threshold` in minutes or percent; `grace_min` may be missing in each session and counts as there."""

    measure: Measure = Measure.PERCENT
    scope: Scope = Scope.EACH
    threshold: int = 80
    grace_min: int = 10


@dataclass(frozen=True, slots=True)
class CourseInput:
    """A course's fields as a form or the API hands them in."""

    title: str
    unit_id: int
    description: str = ""
    rule: CompletionRule = CompletionRule()
    number_pattern: str = "{seq:04d}/{year}/GCN"
    issue_place: str = ""
    signer_name: str = ""
    signer_position: str = ""


@dataclass(frozen=True, slots=True)
class CourseView:
    """A course as this reader sees it. The counts are those of the people whom the reader may see."""

    id: CourseId
    title: str
    description: str
    unit_id: UnitId
    unit_name: str
    unit_path: str
    status: CourseStatus
    rule: CompletionRule
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

    @property
    def input(self) -> CourseInput:
        """The fields as a form hands them in."""
        return CourseInput(
            self.title,
            self.unit_id,
            self.description,
            self.rule,
            self.number_pattern,
            self.issue_place,
            self.signer_name,
            self.signer_position,
        )


@dataclass(frozen=True, slots=True)
class CoursePage:
    """One page of courses, and how many there are in all."""

    courses: tuple[CourseView, ...]
    total: int


@dataclass(frozen=True, slots=True)
class LessonView:
    """A session of a course. `makes_up_for`: whoever missed that one may come to this one instead."""

    session_id: SessionId
    title: str
    state: str
    starts_at: datetime
    length_min: int
    ended: bool
    sealed: bool
    counted_min: float | None
    """Live time without breaks, in minutes, once it has ended."""
    makes_up_for: SessionId | None
    present: int
    """People who were there for any time."""


@dataclass(frozen=True, slots=True)
class SessionChoice:
    """A session that could be taken into a course."""

    session_id: SessionId
    title: str
    state: str
    starts_at: datetime


@dataclass(frozen=True, slots=True)
class UnitCompletion:
    """How far a branch's people have come."""

    unit_id: UnitId
    name: str
    people: int
    completed: int


@dataclass(frozen=True, slots=True)
class CourseDetails:
    """A course, its sessions in order (make-up sessions behind the ones they stand for), its branches."""

    course: CourseView
    lessons: tuple[LessonView, ...]
    columns: tuple[SessionId, ...]
    """The sessions that each participant has a cell for: the regular ones that were not cancelled."""
    units: tuple[UnitCompletion, ...]
    states: dict[PersonState, int]
    has_roster: bool
    """Participants come from a roster of the course; else from the lists of its sessions."""
    named_at: datetime
    """People stand with names, positions and units as of this moment, and not of the sessions' days."""


@dataclass(frozen=True, slots=True)
class Cell:
    """What counts for one regular session. `session_id`: where the person was, perhaps a make-up session."""

    state: CellState
    minutes: float
    percent: float
    session_id: SessionId


@dataclass(frozen=True, slots=True)
class PersonProgress:
    """One participant. `cells` in the order of the regular sessions; `percent` over all of them."""

    attendee_id: AttendeeId
    code: str | None
    name: str
    position: str | None
    unit_id: UnitId
    unit_name: str
    state: PersonState
    minutes: float
    percent: float
    cells: tuple[Cell, ...]
    certificate: str | None
    """The number of the valid one."""
    email: str | None = None


@dataclass(frozen=True, slots=True)
class ProgressFilter:
    """Which people; `text` is searched without diacritics. `page_size` None: all."""

    unit_id: int | None = None
    state: PersonState | None = None
    certified: bool | None = None
    text: str = ""
    page: int = 1
    page_size: int | None = 100


@dataclass(frozen=True, slots=True)
class ProgressPage:
    """Some of the participants, in Vietnamese order of their names."""

    rows: tuple[PersonProgress, ...]
    matching: int
    page: int
    pages: int


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate as issued. `printed`: the facts on the paper, see `training.certificates`."""

    id: int
    course_id: CourseId
    attendee_id: AttendeeId
    number: str
    token: str
    printed: dict[str, Any]
    issued_at: datetime
    issued_by: str
    revoked_at: datetime | None
    revoked_by: str | None
    revoke_reason: str | None

    @property
    def name(self) -> str:
        """The name on it; empty once the person was erased."""
        return str(self.printed.get("name", ""))


@dataclass(frozen=True, slots=True)
class CertificatePage:
    """Some of a course's certificates, the newest first."""

    certificates: tuple[Certificate, ...]
    total: int


@dataclass(frozen=True, slots=True)
class IssuePreview:
    """What a batch would issue. `waiting`: people who have completed and wait for the closing of attendance
    that counts for them; `unsealed`: of these sessions."""

    due: int
    first_number: str
    last_number: str
    unsealed: tuple[str, ...]
    signer_missing: bool
    waiting: int = 0


class LostWhy(StrEnum):
    """A correction took the completion; or the attendance was opened again, and is not settled."""

    NOT_COMPLETED = "not_completed"
    REOPENED = "reopened"


@dataclass(frozen=True, slots=True)
class LostCourse:
    """A course of whose valid certificates `count` have lost their completion."""

    course_id: CourseId
    title: str
    count: int


@dataclass(frozen=True, slots=True)
class LostBasis:
    """A valid certificate that rests on nothing any more. `titles`: of the sessions that are open again."""

    certificate_id: int
    attendee_id: int
    number: str
    name: str
    why: LostWhy
    titles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Verified:
    """What the public page tells of a certificate, and nothing else. `state`: valid | revoked | unknown."""

    state: str
    number: str = ""
    name: str = ""
    course: str = ""
    agency: str = ""
    issued_at: datetime | None = None
    revoked_at: datetime | None = None
