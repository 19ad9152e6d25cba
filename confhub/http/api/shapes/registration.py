"""What the API answers on registration."""

from __future__ import annotations

from datetime import datetime

from confhub.http.shapes import Answer
from confhub.invitations.values import Choice


class GivenOut(Answer):
    """An answer. `comes_at` of who comes later; `said`: why absent, or who stands in; `people`: how many
    delegates it names."""

    at: datetime
    choice: Choice
    comes_at: datetime | None
    said: str
    by_name: str
    people: int


class UnitAnswerOut(Answer):
    """An invited unit. `reachable`: there is an address for letters; `told_at`: when the first one was
    written; `links`: how many are valid; `answer` null while it has not answered."""

    unit_id: int
    unit_name: str
    rooms: int
    reachable: bool
    told_at: datetime | None
    links: int
    answer: GivenOut | None


class RegistrationOut(Answer):
    """A session's registration. `closes_at` null: it was never opened. `counts`: units by their choice, and
    `none`; `people`: delegates named."""

    session_id: int
    title: str
    starts_at: datetime
    closes_at: datetime | None
    is_open: bool
    may_edit: bool
    can_send: bool
    counts: dict[str, int]
    people: int
    units: list[UnitAnswerOut]


class DelegateOut(Answer):
    """A person whom a unit names."""

    name: str
    position: str
    unit: str


class RecordOut(Answer):
    """All that a unit answered, the newest first; the delegates whom the newest names, and their room."""

    unit_id: int
    unit_name: str
    answers: list[GivenOut]
    room: str
    delegates: list[DelegateOut]


class RegistrationLinkOut(Answer):
    """The address by which the unit answers. It is told this once, and stored nowhere."""

    link: str


class RemindedOut(Answer):
    """Letters that were put into the outbox."""

    reminded: int


class RemindersOut(Answer):
    """Hours before the start."""

    hours: list[int]
