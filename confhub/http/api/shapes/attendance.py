"""What the API answers on attendance: the rooms' report, seals, corrections."""

from __future__ import annotations

from datetime import datetime

from confhub.http.shapes import Answer
from confhub.reports.rooms.model import Status


class RoomTotalsOut(Answer):
    """`expected = connected + never_came` once live; late and left_early overlap. Counted rooms only."""

    expected: int
    connected: int
    on_time: int
    late: int
    left_early: int
    never_came: int
    minutes: float
    """Sum over the rooms."""
    percent: float
    """Mean of the rooms' percentages; 0 without rooms."""


class BranchTotalsOut(Answer):
    """One unit with everything below it. Ordered as a tree is read; `depth` 0 is a root."""

    unit_id: int
    parent_id: int | None
    name: str
    tier_name: str
    path: str
    depth: int
    totals: RoomTotalsOut


class TierTotalsOut(Answer):
    tier_id: int
    tier_name: str
    """In the actor's language, as in every `tier_name`."""
    rank: int
    totals: RoomTotalsOut


class ArrivalPointOut(Answer):
    """At `at`, this many rooms were present."""

    at: datetime
    present: int


class IntervalOut(Answer):
    """A stretch of presence within live time."""

    start: datetime
    end: datetime


class RoomRowOut(Answer):
    endpoint_id: int
    code: str
    name: str
    unit_id: int
    unit_name: str
    unit_path: str
    tier_id: int
    tier_name: str
    is_chair: bool
    counted: bool
    """Whether totals, roll-ups and the chart count it: a studio is a source, not a receiving room."""
    expected_from: datetime | None
    """The live time in which this room is expected; None before the session went live."""
    expected_until: datetime | None
    first: datetime | None
    last: datetime | None
    minutes: float
    percent: float
    """0..100 of the expected live time, two decimals."""
    statuses: list[Status]
    interruptions: int
    """Gaps between intervals."""
    intervals: list[IntervalOut]


class FormerSealOut(Answer):
    """A closing that was opened again: a report that carries its head is of figures that may differ."""

    head: str
    sealed_at: datetime
    sealed_by: str
    reopened_at: datetime
    reopened_by: str
    reason: str


class SealOut(Answer):
    """The newest closing of a session's attendance; reopened where `reopened_at` is set."""

    sealed_at: datetime
    sealed_by: str
    head: str
    previous: str
    reopened_at: datetime | None
    reopened_by: str | None
    reopen_reason: str | None
    former: list[FormerSealOut]
    """All closings that were opened again, oldest first; the newest one is among them where it was."""


class ReportHeaderOut(Answer):
    session_id: int
    title: str
    kind: str
    """meeting | training"""
    state: str
    unit_name: str
    starts_at: datetime
    length_min: int
    actual_start: datetime | None
    actual_end: datetime | None
    """None while live."""
    late_min: int
    left_early_min: int
    chair_code: str | None
    chair_name: str | None
    timezone: str
    """IANA name; every datetime in the report is in this zone."""
    made_at: datetime
    live_minutes: float
    settled: bool
    """The session has ended: the figures will not move any more, save for late reports."""
    seal: SealOut | None
    names_at: datetime | None
    """Names and units are those of this moment, after the session: those of its day were not kept then."""


class AttendanceReportOut(Answer):
    header: ReportHeaderOut
    totals: RoomTotalsOut
    tiers: list[TierTotalsOut]
    branches: list[BranchTotalsOut]
    rows: list[RoomRowOut]
    """Those that pass the filter, in tree order, chair first."""
    arrivals: list[ArrivalPointOut]
    """At most 240 points, evenly spaced over live time."""


class CorrectionOut(Answer):
    """One correction. `old_spans`/`old_millis`: the person's presence before it. `vouched`: it counts
    although the room was not connected."""

    id: int
    attendee_id: int
    action: str
    endpoint_id: int
    start: datetime
    end: datetime
    reason: str
    author: str
    at: datetime
    old_spans: list[tuple[datetime, datetime]]
    old_millis: int
    vouched: bool


class AttendanceVerifiedOut(Answer):
    """What became of a seal. `holds`: nothing was changed. `changed`: the parts whose rows are not those that
    were sealed, with what was sealed and what is there; `places`: their rows that differ; `head_given`: the
    head that the asker read on paper, if any, is this seal's; `former`: it is that of an earlier closing,
    which was opened again (neither: unknown, or altered); `names_sealed`: the seal covers names and tree;
    `closings_known`: the earlier closings can still be checked by it (`chain.closings_known`);
    `figures_hold`: the derived figures are those
    that follow from what is stored."""

    session_id: int
    head: str
    sealed_at: datetime
    sealed_by: str
    holds: bool
    changed: list[tuple[tuple[str, int, str], tuple[str, int, str]]]
    seal_holds: bool
    head_given: bool
    figures_hold: bool
    rows: int
    places: list[tuple[str, int, str, str]]
    former: FormerSealOut | None
    names_sealed: bool
    closings_known: bool
