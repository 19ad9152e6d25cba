"""What the API answers on a unit over a period, and on sessions side by side."""

from __future__ import annotations

from datetime import date, datetime

from confhub.http.api.shapes.people_report import (
    PeopleFiguresOut,
    PeopleHeaderOut,
    TierFiguresOut,
    UnitFiguresOut,
)
from confhub.http.shapes import Answer


class SessionFiguresOut(Answer):
    """One session of the period, over the rooms of the branch."""

    session_id: int
    title: str
    kind: str
    started_at: datetime
    figures: PeopleFiguresOut


class PeriodUnitOut(Answer):
    """A unit with everything that lay in it on each session's day, by its newest name in its newest place.

    `sessions`: those with a room of it. `formerly`: what else it was called in the period; `under`: in which
    units else it stood.
    """

    unit: UnitFiguresOut
    sessions: int
    formerly: list[str]
    under: list[str]


class SilentRoomOut(Answer):
    """A room that did not report in some of its sessions."""

    endpoint_id: int
    code: str
    name: str
    unit_name: str
    sessions: int
    without_heads: int
    without_check_ins: int
    """Somebody was expected there, and nobody checked in."""
    without_connection: int


class MonthFiguresOut(Answer):
    """One month of the period; `first` is its first day."""

    first: date
    sessions: int
    figures: PeopleFiguresOut


class PeriodOut(Answer):
    """`unit_id` None: all of the asker's branches. Days are those of `timezone`, both ends counted."""

    unit_id: int | None
    unit_name: str
    above: list[tuple[int, str]]
    """Units above it that the asker may see, top first."""
    first: date
    last: date
    timezone: str
    made_at: datetime
    sessions_held: int
    totals: PeopleFiguresOut
    units: list[PeriodUnitOut]
    """The unit itself and everything below that had a room, as the newest tree is read."""
    months: list[MonthFiguresOut]
    sessions: list[SessionFiguresOut]
    """Newest first."""
    silent: list[SilentRoomOut]
    """Who reported least first."""
    named_later: int
    """Sessions whose names and tree were written down only after they were over."""


class ComparedOut(Answer):
    """One session of a comparison."""

    header: PeopleHeaderOut
    totals: PeopleFiguresOut
    tiers: dict[int, TierFiguresOut]
    units: dict[int, UnitFiguresOut]


class ComparisonOut(Answer):
    """Sessions side by side. `tiers` and `units` are the rows: (id, name, depth)."""

    sessions: list[ComparedOut]
    tiers: list[tuple[int, str, int]]
    units: list[tuple[int, str, int]]
