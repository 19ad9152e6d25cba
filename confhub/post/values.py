"""What stands in the outbox, and what became of a try, as plain values."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class State(StrEnum):
    """How far a parcel is."""

    WAITING = "waiting"
    SENT = "sent"
    GIVEN_UP = "given_up"


@dataclass(frozen=True, slots=True)
class Draft:
    """What is to be put into the outbox; the fields are those of the table."""

    key: str
    about: str
    unit_id: int | None
    address: tuple[str, ...] = ()
    title: str = ""
    payload: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Parcel:
    """A parcel as its sender gets it. `addresses`: those who did not get it yet. `name`: the same at every
    try, and no other parcel's; a receiver can tell by it what it has already."""

    id: int
    key: str
    about: str
    addresses: tuple[str, ...]
    payload: Mapping[str, Any]
    name: str


class Fate(StrEnum):
    """What became of a try."""

    SENT = "sent"
    LATER = "later"
    """This parcel did not go; so many of these, and it is given up."""
    AWAY = "away"
    """Nothing goes to this receiver now: all that waits for it is put off, and none is given up for it."""
    REFUSED = "refused"
    """This parcel will never be taken."""
    BROKEN_OFF = "broken_off"
    """The hub was stopped in the middle of it."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a try, and why. `wait_s`: what the receiver asked for. `left`, with LATER: who did not
    get it yet, where others did. `title`: what the parcel is called, where that is known by now."""

    fate: Fate
    reason: str = ""
    wait_s: int = 0
    left: tuple[str, ...] | None = None
    title: str | None = None


Sender = Callable[[Sequence[Parcel]], Awaitable[Mapping[int, Outcome]]]
"""Tries to send parcels of its kind; what became of each by its id. Those left out were not tried."""
