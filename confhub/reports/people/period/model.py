"""What a report on a unit over a period, and a comparison of sessions, hold: frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from confhub.reports.people.model import PeopleFigures, PeopleHeader, TierFigures, UnitFigures


@dataclass(frozen=True, slots=True)
class MonthFigures:
    """One month of the period; `first` is its first day."""

    first: date
    sessions: int
    figures: PeopleFigures


@dataclass(frozen=True, slots=True)
class SessionFigures:
    """One session of the period, over the rooms of the branch."""

    session_id: int
    title: str
    kind: str
    started_at: datetime
    figures: PeopleFigures


@dataclass(frozen=True, slots=True)
class SilentRoom:
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

    @property
    def missing(self) -> int:
        return self.without_heads + self.without_check_ins + self.without_connection


@dataclass(frozen=True, slots=True)
class PeriodUnit:
    """A unit with everything that lay in it on each session's day, by its newest name in its newest place.

    `sessions`: those with a room of it. `formerly`: what else it was called in the period; `under`: in which
    units else it stood.
    """

    unit: UnitFigures
    sessions: int
    formerly: tuple[str, ...] = ()
    under: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PeriodReport:
    """`unit_id` None: all of the asker's branches. Days are those of `timezone`, both ends counted."""

    unit_id: int | None
    unit_name: str
    above: tuple[tuple[int, str], ...]
    """Units above it that the asker may see, top first."""
    first: date
    last: date
    timezone: str
    made_at: datetime
    sessions_held: int
    totals: PeopleFigures
    units: tuple[PeriodUnit, ...]
    """The unit itself and everything below that had a room, as the newest tree is read."""
    months: tuple[MonthFigures, ...]
    sessions: tuple[SessionFigures, ...]
    """Newest first."""
    silent: tuple[SilentRoom, ...]
    """Who reported least first."""
    named_later: int = 0
    """Sessions whose names and tree were written down only after they were over."""


@dataclass(frozen=True, slots=True)
class Compared:
    """One session of a comparison."""

    header: PeopleHeader
    totals: PeopleFigures
    tiers: dict[int, TierFigures]
    units: dict[int, UnitFigures]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Sessions side by side. `tiers` and `units` are the rows: (id, name, depth)."""

    sessions: tuple[Compared, ...]
    tiers: tuple[tuple[int, str, int], ...]
    units: tuple[tuple[int, str, int], ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """A session that can be compared."""

    session_id: int
    title: str
    started_at: datetime
