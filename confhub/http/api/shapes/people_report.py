"""What the API answers on a session's people: figures, persons, files."""

from __future__ import annotations

from datetime import datetime

from confhub.http.api.shapes.attendance import SealOut
from confhub.http.api.shapes.checkin import UndoneOut
from confhub.http.shapes import Answer
from confhub.reports.people.model import PersonStatus


class PeopleHeaderOut(Answer):
    session_id: int
    title: str
    kind: str
    state: str
    unit_id: int
    unit_name: str
    unit_path: str
    parent_name: str
    """The unit above the organizer; empty at a root."""
    starts_at: datetime
    actual_start: datetime | None
    actual_end: datetime | None
    late_min: int
    left_early_min: int
    complete_percent: int
    by_plan: bool
    """Late and early by plan and start, `late_from` to `early_until`; else by the actual hours alone."""
    late_from: datetime
    early_until: datetime
    unconnected_counts: bool
    prompts: int
    """Presence prompts that have opened."""
    prompts_count: bool
    rules: int
    """By which rules of attendance the figures were reckoned."""
    timezone: str
    made_at: datetime
    settled: bool
    """The session is over and its figures were derived since the last thing that came in."""
    seal: SealOut | None
    may_people: bool
    """The asker may read persons in at least one of the session's rooms."""
    whole: bool
    """The asker's branches hold all of the session's rooms."""
    names_at: datetime | None
    """Names and units are those of this moment, after the session: those of its day were not kept then."""


class PeopleFiguresOut(Answer):
    """The four figures apart, and what became of the people. Sums over rooms, or over rooms and sessions.

    `rooms`: expected ones; `connected`: of those, in live time. `heads`: declared numbers added up, from
    `heads_rooms` rooms that declared one. `checked_in`: in live time, `guests` of them on nobody's list.
    `on_time` to `completed` count expected people; late and left early overlap. `unconnected`: expected
    people checked in at a room that never connected; `unanswered`: those who left a prompt unanswered;
    `unconnected_millis`, `prompt_millis`: what both took of everybody's time. While live, nothing but
    `expected`, `checked_in`, `guests`, `present`, `with_leave` is told of people.
    """

    rooms: int
    connected: int
    heads_rooms: int
    checked_rooms: int
    """Rooms in which somebody was checked in."""
    heads: int
    expected: int
    checked_in: int
    guests: int
    present: int
    """Checked in at this moment; only while live."""
    on_time: int
    late: int
    left_early: int
    with_leave: int
    without_leave: int
    completed: int
    person_millis: int
    unconnected: int
    unanswered: int
    unconnected_millis: int
    prompt_millis: int


class RoomFiguresOut(Answer):
    endpoint_id: int
    code: str
    name: str
    unit_id: int
    unit_name: str
    unit_path: str
    tier_name: str
    is_chair: bool
    heads: int | None
    """None: never declared."""
    room_millis: int
    figures: PeopleFiguresOut


class TierFiguresOut(Answer):
    tier_id: int
    name: str
    rank: int
    figures: PeopleFiguresOut


class UnitFiguresOut(Answer):
    """One unit with everything below it, in the order of the tree; `depth` 0 is a root."""

    unit_id: int
    parent_id: int | None
    name: str
    tier_name: str
    tier_rank: int
    path: str
    depth: int
    figures: PeopleFiguresOut
    leaf: bool
    """No unit below it is in the report."""


class PeopleReportOut(Answer):
    header: PeopleHeaderOut
    totals: PeopleFiguresOut
    tiers: list[TierFiguresOut]
    units: list[UnitFiguresOut]
    rooms: list[RoomFiguresOut]
    """All of the asker's rooms, the chair first, then as the tree is read."""
    undoings: list[UndoneOut]
    """What was taken back in these rooms, newest first."""


class ReportedCorrectionOut(Answer):
    """A correction as the report shows it."""

    action: str
    start: datetime | None
    end: datetime | None
    reason: str
    author: str
    at: datetime
    vouched: bool
    """It counts although the room was not connected."""


class RawEventOut(Answer):
    """One check-in, check-out or confirmation as it came. `at`: when it happened; `received_at`: when the hub
    learned it. `teller`: tablet | account | device (a phone); `teller_name`: the tablet's or the account's,
    empty for a phone and for one that is gone."""

    kind: str
    way: str
    room_code: str
    room_name: str
    at: datetime
    received_at: datetime
    teller: str
    teller_name: str
    undone_at: datetime | None
    """When it was taken back; it counts no more."""


class ReportedPersonOut(Answer):
    """One person of the report, as called on its day. `person_id`: whom a merged entry stands for, as far as
    the report knows. `stretches`: from-to."""

    attendee_id: int
    person_id: int
    code: str | None
    name: str
    """Empty: erased."""
    position: str | None
    unit_name: str
    endpoint_id: int
    room_code: str
    room_name: str
    room_path: str
    expected: bool
    status: PersonStatus
    ways: list[str]
    first_at: datetime | None
    last_at: datetime | None
    millis: int
    percent: int
    completed: bool
    prompts: int
    confirmed: int
    stretches: list[tuple[datetime, datetime]]
    corrections: list[ReportedCorrectionOut]
    unconnected_millis: int
    """Checked in while the room was not connected."""
    prompt_millis: int
    """Taken away by unanswered prompts."""
    elsewhere: str
    """Other rooms in which the person was checked in, by name."""
    events: list[RawEventOut]
    """Raw check-ins in the order of `at`; read for one person's own page alone."""


class ReportedPersonsOut(Answer):
    rows: list[ReportedPersonOut]
    total: int
    page: int
    pages: int


class CurvePointOut(Answer):
    """At `at`, this many people and rooms were present."""

    at: datetime
    people: int
    rooms: int


class FileOut(Answer):
    """How far a file is. `state`: waiting | drawing | done | failed; `total` 0 while it is not known."""

    id: str
    form: str
    name: str
    state: str
    done: int
    total: int
    origin: str
    """The page that it is of."""
