"""What a session's report holds: frozen values, ready for a page, CSV, JSON or the terminal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from confhub.checkin.figures import SealView


class Status(StrEnum):
    """A room's flags. `ON_TIME` = came, not late, not left early; LATE and LEFT_EARLY may both stand."""

    ON_TIME = "on_time"
    LATE = "late"
    LEFT_EARLY = "left_early"
    NEVER_CAME = "never_came"


@dataclass(frozen=True, slots=True)
class ReportFilter:
    """Which rows: a branch (unit id), a status, a text searched without diacritics in code, name, unit.

    Totals, roll-ups and the chart always cover the whole of the actor's branches; the filter
    concerns `rows` alone.
    """

    unit_id: int | None = None
    status: Status | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class ReportHeader:
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
    seal: SealView | None = None
    names_at: datetime | None = None
    """Names and units are those of this moment, after the session: those of its day were not kept then."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A stretch of presence within live time."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class RoomRow:
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
    statuses: tuple[Status, ...]
    interruptions: int
    """Gaps between intervals."""
    intervals: tuple[Interval, ...]

    def has(self, status: Status) -> bool:
        return status in self.statuses


@dataclass(frozen=True, slots=True)
class Totals:
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


@dataclass(frozen=True, slots=True)
class TierTotals:
    tier_id: int
    tier_name: str
    """In the actor's language, as in every `tier_name`."""
    rank: int
    totals: Totals


@dataclass(frozen=True, slots=True)
class BranchTotals:
    """One unit with everything below it. Ordered as a tree is read; `depth` 0 is a root."""

    unit_id: int
    parent_id: int | None
    name: str
    tier_name: str
    path: str
    depth: int
    totals: Totals


@dataclass(frozen=True, slots=True)
class ArrivalPoint:
    """At `at`, this many rooms were present."""

    at: datetime
    present: int


@dataclass(frozen=True, slots=True)
class SessionReport:
    header: ReportHeader
    totals: Totals
    tiers: tuple[TierTotals, ...]
    branches: tuple[BranchTotals, ...]
    rows: tuple[RoomRow, ...]
    """Those that pass the filter, in tree order, chair first."""
    arrivals: tuple[ArrivalPoint, ...]
    """At most 240 points, evenly spaced over live time."""
