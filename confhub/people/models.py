"""Tables of people. No row is deleted: merged and erased ones stay as numbers, without the person."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Boolean, Date, ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from confhub.db.base import Base, BigId, SearchKey, SortKey, UtcDateTime
from confhub.kernel.limits import CODE_MAX_CHARS, NAME_MAX_CHARS, PHONE_MAX_CHARS

BADGE_CHARS = 16
"""80 random bits in Crockford's base 32: nobody guesses another one's badge."""


class AttendeeRow(Base):
    """A person of a unit. `badge` is the personal code on the printed badge.

    `merged_into_id`: the person is the same as that one; this row is only there for what points at it.
    `erased_at`: name, code, contact and birth date are gone; figures still count the row.
    `retired_at`: no longer in the unit, and on no new roster.
    """

    __tablename__ = "attendee"
    __table_args__ = (Index("ix_attendee_unit_id_sort_key", "unit_id", "sort_key"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    code: Mapped[str | None] = mapped_column(String(CODE_MAX_CHARS), unique=True)
    name: Mapped[str] = mapped_column(String(NAME_MAX_CHARS))
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    position: Mapped[str | None] = mapped_column(String(NAME_MAX_CHARS))
    birth_date: Mapped[date | None] = mapped_column(Date)
    birth_year: Mapped[int | None]
    """Where the day of birth is not known: never together with it."""
    phone: Mapped[str | None] = mapped_column(String(PHONE_MAX_CHARS))
    email: Mapped[str | None] = mapped_column(String(254))
    badge: Mapped[str] = mapped_column(String(BADGE_CHARS), unique=True)
    sort_key: Mapped[str] = mapped_column(SortKey)
    search_key: Mapped[str] = mapped_column(SearchKey)
    name_key: Mapped[str] = mapped_column(String(), index=True)
    """The name as an identity (`people.rules.name_key`): with unit and birth date it tells duplicates."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("attendee.id"), index=True)
    erased_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    retired_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class AttendeeMerge(Base):
    """Two entries were found to be one person. `before`: both as they were, so that it can be undone; empty
    once the person was erased.

    What was merged into the dropped one before points to the kept one since, so that one step leads from any
    entry to its person.
    """

    __tablename__ = "attendee_merge"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    kept_id: Mapped[int] = mapped_column(ForeignKey("attendee.id"), index=True)
    dropped_id: Mapped[int] = mapped_column(ForeignKey("attendee.id"), index=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    actor_id: Mapped[int | None] = mapped_column(BigId)
    actor_name: Mapped[str] = mapped_column(String(NAME_MAX_CHARS))
    before: Mapped[dict[str, Any]] = mapped_column(JSON)
    undone_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    undone_by: Mapped[str | None] = mapped_column(String(NAME_MAX_CHARS))


class PeopleDistinct(Base):
    """Two entries that look like one person and are two: somebody said so. `first_id` is the smaller id."""

    __tablename__ = "people_distinct"
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012 - SQLAlchemy's own attribute

    first_id: Mapped[int] = mapped_column(ForeignKey("attendee.id"), primary_key=True, autoincrement=False)
    second_id: Mapped[int] = mapped_column(ForeignKey("attendee.id"), primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    actor_name: Mapped[str] = mapped_column(String(NAME_MAX_CHARS))


class PeopleRetention(Base):
    """How long personal data is kept; one row (id 1). Months, None: without a limit."""

    __tablename__ = "people_retention"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    contact_months: Mapped[int | None]
    person_months: Mapped[int | None]
    looks_months: Mapped[int | None]
    is_on: Mapped[bool] = mapped_column(Boolean, default=False)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    changed_by: Mapped[str] = mapped_column(String(NAME_MAX_CHARS))
    ran_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When the hub applied it last by itself."""


class SeenPeople(Base):
    """A set of people that somebody saw together on a list: stored once, however often it is looked at.

    `ids`: packed as `people.looks` says. The first and last id spare unpacking most sets of a search.
    """

    __tablename__ = "seen_people"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    count: Mapped[int]
    first_id: Mapped[int] = mapped_column(BigId)
    last_id: Mapped[int] = mapped_column(BigId)
    ids: Mapped[bytes] = mapped_column(LargeBinary)


class PersonLook(Base):
    """Somebody was shown a person, or (`seen`) a list of people. `detail`: which list; never what was typed
    into a search, which is names."""

    __tablename__ = "person_look"
    __table_args__ = (Index("ix_person_look_attendee_id_at", "attendee_id", "at"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    attendee_id: Mapped[int | None] = mapped_column(ForeignKey("attendee.id"))
    """None: a whole list; `seen` says who was on it, `detail` which it was."""
    seen: Mapped[str | None] = mapped_column(ForeignKey("seen_people.digest"), index=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    actor_id: Mapped[int | None] = mapped_column(BigId)
    actor_name: Mapped[str] = mapped_column(String(NAME_MAX_CHARS))
    what: Mapped[str] = mapped_column(String(20))
    detail: Mapped[str] = mapped_column(Text, default="")


class PeopleDraftRow(Base):
    """An uploaded list of people between its preview and its application."""

    __tablename__ = "people_draft"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    account_id: Mapped[int | None] = mapped_column(BigId)
    filename: Mapped[str] = mapped_column(String(NAME_MAX_CHARS))
    content: Mapped[bytes] = mapped_column(LargeBinary)
    choices: Mapped[dict[str, Any]] = mapped_column(JSON)
    """What the person chose in the form: how duplicates are met, which roster is filled."""
    seen: Mapped[str] = mapped_column(String(64))
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
