"""What the API answers on people: their history, merges, looks, retention."""

from __future__ import annotations

from datetime import datetime

from confhub.http.shapes import Answer


class AttendedSessionOut(Answer):
    """A session that a person was expected in or came to. `status` is empty before figures are there."""

    session_id: int
    title: str
    starts_at: datetime
    room_name: str
    status: str
    minutes: int
    percent: float
    completed: bool


class HeldCertificateOut(Answer):
    """A certificate of a person."""

    id: int
    number: str
    course_id: int
    course_title: str
    issued_at: datetime
    revoked: bool


class PersonHistoryOut(Answer):
    """`room_name`: where the person is expected unless a session or course says otherwise."""

    room_name: str
    sessions: list[AttendedSessionOut]
    certificates: list[HeldCertificateOut]


class LookOut(Answer):
    """Somebody was shown a person, alone or on a list of `people`."""

    id: int
    at: datetime
    actor_name: str
    what: str
    detail: str
    people: int


class MergeOut(Answer):
    """A merge as it was carried out."""

    id: int
    kept_id: int
    dropped_id: int
    dropped_name: str
    at: datetime
    actor_name: str
    undone_at: datetime | None
    undone_by: str | None


class RetentionOut(Answer):
    """How long personal data is kept; None keeps it. Months count from the last session.

    `looks_months` counts from the look. `is_on`: the hub applies it by itself once a day.
    """

    contact_months: int | None
    person_months: int | None
    looks_months: int | None
    is_on: bool


class RetentionRunOut(Answer):
    """What went: people who lost contact data, people erased, looks dropped."""

    contacts: int
    people: int
    looks: int
