"""What people's services hand out: frozen, never a database row."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from confhub.kernel.ids import AttendeeId, UnitId


class RegisterState(StrEnum):
    """Which people a list shows."""

    CURRENT = "current"
    RETIRED = "retired"
    ERASED = "erased"


@dataclass(frozen=True, slots=True)
class Person:
    """A person of a unit. `badge` is the personal code on the printed badge."""

    id: AttendeeId
    code: str | None
    name: str
    unit_id: UnitId
    unit_name: str
    unit_path: str
    position: str | None
    birth_date: date | None
    phone: str | None
    email: str | None
    badge: str
    created_at: datetime
    retired_at: datetime | None
    erased_at: datetime | None
    withheld: tuple[str, ...] = ()
    """Fields that are filled and not shown to this reader."""
    birth_year: int | None = None
    """Where the day is not known."""

    @property
    def born(self) -> date | int | None:
        """The day of birth, or the year alone."""
        return self.birth_date or self.birth_year

    @property
    def draft(self) -> PersonDraft:
        """The fields that somebody writes."""
        return PersonDraft(
            self.name, self.unit_id, self.code, self.position, self.birth_date, self.phone, self.email,
            self.birth_year,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class PersonDraft:
    """The fields of a person that somebody writes; all but name and unit may be left out. `birth_year`: only
    where the day of birth is not known."""

    name: str
    unit_id: UnitId
    code: str | None = None
    position: str | None = None
    birth_date: date | None = None
    phone: str | None = None
    email: str | None = None
    birth_year: int | None = None


@dataclass(frozen=True, slots=True)
class PersonPage:
    """One page of a list; `total` counts all pages."""

    rows: list[Person]
    total: int
    page: int
    size: int


@dataclass(frozen=True, slots=True)
class PersonPair:
    """Two entries that may be one person. `certain`: the birth dates are the same, not merely missing."""

    first: Person
    second: Person
    certain: bool


@dataclass(frozen=True, slots=True)
class PairPage:
    """One page of suggested pairs; `total` counts all pages."""

    rows: list[PersonPair]
    total: int
    page: int
    size: int


@dataclass(frozen=True, slots=True)
class MergedField:
    """A field of the person that stays: its value, what the dropped entry said, and whether that one won."""

    name: str
    value: object
    other: object
    filled: bool


@dataclass(frozen=True, slots=True)
class MergePreview:
    """What a merge would leave: `kept` stays, `dropped` points to it; `fields` are the outcome."""

    kept: Person
    dropped: Person
    fields: tuple[MergedField, ...]


@dataclass(frozen=True, slots=True)
class Merge:
    """A merge as it was carried out."""

    id: int
    kept_id: AttendeeId
    dropped_id: AttendeeId
    dropped_name: str
    at: datetime
    actor_name: str
    undone_at: datetime | None
    undone_by: str | None


@dataclass(frozen=True, slots=True)
class Look:
    """Somebody was shown a person, alone or on a list of `people`."""

    id: int
    at: datetime
    actor_name: str
    what: str
    detail: str
    people: int = 1


@dataclass(frozen=True, slots=True)
class Retention:
    """How long personal data is kept; None keeps it. Months count from the last session.

    `looks_months` counts from the look. `is_on`: the hub applies it by itself once a day.
    """

    contact_months: int | None = None
    person_months: int | None = None
    looks_months: int | None = None
    is_on: bool = False


@dataclass(frozen=True, slots=True)
class RetentionPreview:
    """What would be deleted now: counts, and one page of the people concerned."""

    contacts: int
    people: int
    looks: int
    rows: list[tuple[Person, datetime, bool]]
    """Person, the last session's (or the entry's) moment, whether the whole person would go."""
    total: int
    page: int
    size: int


@dataclass(frozen=True, slots=True)
class RetentionRun:
    """What went: people who lost contact data, people erased, looks dropped."""

    contacts: int
    people: int
    looks: int
