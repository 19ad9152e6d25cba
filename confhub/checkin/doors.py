"""Who may be checked in through which door, and when: one table, pure.

A door knows its room. By number it takes people of its own room's list alone; somebody of another room comes
by a personal code, as the officer of both rooms says, or when the room that is left agrees. Nobody is taken
out of the room they sit in by the room they are said to have gone to.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Final, NamedTuple

from confhub.checkin import limits
from confhub.checkin.values import PersonKind


class Door(StrEnum):
    """What a check-in came through."""

    TABLET = "tablet"
    """A room's tablet, by a person's number."""
    OPERATOR = "operator"
    """An account with the right in the room's branch, by number."""
    OFFICER = "officer"
    """An account with the right in both branches: the room's, and that of the room the person belongs to or
    sits in."""
    PHONE = "phone"
    """A phone that was shown the room's code, by a name of the room's list."""
    OWN_PHONE = "own_phone"
    """The phone that checked this person in before; what it takes away is what it gave."""
    BADGE = "badge"
    """The person's own code, read by the room's tablet or typed on a phone."""
    NAMED = "named"
    """A personal code, or a name with its unit, typed on the room's tablet: of the session's whole list."""
    FILE = "file"
    """A list afterwards, by an account with the right in the branches of every room it names."""
    CORRECTION = "correction"
    """An officer's correction, with a reason; its service checks the branch of the person's room."""


class Person(StrEnum):
    """Where the session expects the person. A visitor who was received in the room counts as `HERE`."""

    HERE = "here"
    ELSEWHERE = "elsewhere"
    NOWHERE = "nowhere"


class Moment(StrEnum):
    """When it happened. `LATE`: before the end, and told after it; `OVER`: after the end; `CLOSED`: whenever,
    told after the attendance was closed."""

    LOBBY = "lobby"
    LIVE = "live"
    LATE = "late"
    OVER = "over"
    CLOSED = "closed"


class Verdict(StrEnum):
    """What becomes of it. `CONSENT`: stored once the room left, or an officer of its branch, agrees."""

    ALLOWED = "allowed"
    VISITOR = "visitor"
    CONSENT = "consent"
    GUEST_ONLY = "guest_only"
    NOT_THIS_ROOM = "not_this_room"
    NOT_YET = "not_yet"
    OVER = "over"
    CLOSED = "closed"


_V = Verdict
_NO_MORE: Final = (_V.OVER, _V.CLOSED)
_ORDER: Final = (Moment.LOBBY, Moment.LIVE, Moment.LATE, Moment.OVER, Moment.CLOSED)


def _whenever(verdict: Verdict) -> tuple[Verdict, ...]:
    """Lobby, live, late alike; nothing after the end, nothing once closed."""
    return (verdict, verdict, verdict, *_NO_MORE)


def _at_once(verdict: Verdict) -> tuple[Verdict, ...]:
    """Only while the session is open: who has no past to deliver."""
    return (verdict, verdict, _V.OVER, *_NO_MORE)


_CORRECTION: Final = (_V.NOT_YET, _V.ALLOWED, _V.ALLOWED, _V.OVER, _V.CLOSED)

TABLE: Final[dict[tuple[Door, Person], tuple[Verdict, ...]]] = {
    (Door.TABLET, Person.HERE): _whenever(_V.ALLOWED),
    (Door.TABLET, Person.ELSEWHERE): _whenever(_V.CONSENT),
    (Door.TABLET, Person.NOWHERE): _whenever(_V.GUEST_ONLY),
    (Door.OPERATOR, Person.HERE): _whenever(_V.ALLOWED),
    (Door.OPERATOR, Person.ELSEWHERE): _whenever(_V.CONSENT),
    (Door.OPERATOR, Person.NOWHERE): _whenever(_V.GUEST_ONLY),
    (Door.OFFICER, Person.HERE): _whenever(_V.ALLOWED),
    (Door.OFFICER, Person.ELSEWHERE): _whenever(_V.VISITOR),
    (Door.OFFICER, Person.NOWHERE): _whenever(_V.GUEST_ONLY),
    (Door.PHONE, Person.HERE): _at_once(_V.ALLOWED),
    (Door.PHONE, Person.ELSEWHERE): _at_once(_V.NOT_THIS_ROOM),
    (Door.PHONE, Person.NOWHERE): _at_once(_V.NOT_THIS_ROOM),
    (Door.OWN_PHONE, Person.HERE): _at_once(_V.ALLOWED),
    (Door.OWN_PHONE, Person.ELSEWHERE): _at_once(_V.VISITOR),
    (Door.OWN_PHONE, Person.NOWHERE): _at_once(_V.NOT_THIS_ROOM),
    (Door.BADGE, Person.HERE): _whenever(_V.ALLOWED),
    (Door.BADGE, Person.ELSEWHERE): _whenever(_V.VISITOR),
    (Door.BADGE, Person.NOWHERE): _whenever(_V.VISITOR),
    (Door.NAMED, Person.HERE): _whenever(_V.ALLOWED),
    (Door.NAMED, Person.ELSEWHERE): _whenever(_V.VISITOR),
    (Door.NAMED, Person.NOWHERE): _whenever(_V.GUEST_ONLY),
    (Door.FILE, Person.HERE): _whenever(_V.ALLOWED),
    (Door.FILE, Person.ELSEWHERE): _whenever(_V.VISITOR),
    (Door.FILE, Person.NOWHERE): _whenever(_V.GUEST_ONLY),
    (Door.CORRECTION, Person.HERE): _CORRECTION,
    (Door.CORRECTION, Person.ELSEWHERE): _CORRECTION,
    (Door.CORRECTION, Person.NOWHERE): (
        _V.NOT_YET, _V.GUEST_ONLY, _V.GUEST_ONLY, _V.OVER, _V.CLOSED,
    ),
}  # fmt: skip
"""(door, person) → the verdict at each moment, in `_ORDER`."""

_MAY_TAKE_AWAY: Final = frozenset({Door.OFFICER, Door.OWN_PHONE, Door.FILE, Door.CORRECTION})
"""Doors behind which somebody stands who may speak for the room that is left as well."""


def decide(door: Door, person: Person, moment: Moment, *, leaves: bool = False) -> Verdict:
    """What becomes of a check-in or a confirmation. `leaves`: the person is checked in to another room at
    that moment, and would be taken out of it: whatever the list says, that room is asked."""
    verdict = TABLE[door, person][_ORDER.index(moment)]
    if leaves and verdict in (_V.ALLOWED, _V.VISITOR) and door not in _MAY_TAKE_AWAY:
        return _V.CONSENT
    return verdict


def moment_of(
    at: datetime, told_at: datetime, started: datetime | None, ended: datetime | None, *, closed: bool
) -> Moment:
    """Clocks may differ by `limits.AHEAD`; when it was told the hub knows."""
    if closed:
        return Moment.CLOSED
    if ended is not None and at > ended + limits.AHEAD:
        return Moment.OVER
    if ended is not None and told_at > ended:
        return Moment.LATE
    return Moment.LOBBY if started is None or at < started else Moment.LIVE


class Heard(NamedTuple):
    """One thing that was told of a person and stands. `by`: who told it. Sorts by its moment."""

    at: datetime
    kind: str
    endpoint_id: int
    by: str


def place_at(heard: Iterable[Heard], at: datetime) -> Heard | None:
    """The check-in that holds the person in a room at that moment, None where they are in none. As the
    figures see it: a check-out ends the stay in its own room and says nothing about another one. What has the
    same moment counts in the order of `heard`."""
    found: Heard | None = None
    for one in sorted(heard, key=lambda one: one.at):
        if one.at > at:
            break
        if one.kind != PersonKind.OUT:
            found = one if found is None or found.endpoint_id != one.endpoint_id else found
        elif found is not None and found.endpoint_id == one.endpoint_id:
            found = None
    return found


def brought(heard: Iterable[Heard], by: str) -> bool:
    """Whether this teller ever checked the person in who was in no room, or in another one. What is told of
    somebody who is there already, by another door, brings nobody."""
    found: Heard | None = None
    for one in sorted(heard, key=lambda one: one.at):
        if one.kind == PersonKind.OUT:
            found = None if found is not None and found.endpoint_id == one.endpoint_id else found
        elif found is None or found.endpoint_id != one.endpoint_id:
            if one.by == by:
                return True
            found = one
    return False
