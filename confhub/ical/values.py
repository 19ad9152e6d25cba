"""What stands in a calendar: frozen, and already in the reader's words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Method(StrEnum):
    """What a letter asks of its receiver's calendar (RFC 5546)."""

    REQUEST = "REQUEST"
    CANCEL = "CANCEL"


@dataclass(frozen=True, slots=True)
class Party:
    """Who organizes or is invited."""

    address: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """One VEVENT. Hours are aware; `zone` is the one that they are written in.

    `rrule`: a rule's value, of a series. `left_out`: dates by the rule that are not held. `date`: by the
    rule, of a single date of the series (RECURRENCE-ID). `sequence` rises with each change that is told.
    """

    uid: str
    stamp: datetime
    starts_at: datetime
    ends_at: datetime
    zone: str
    title: str
    place: str = ""
    text: str = ""
    url: str = ""
    sequence: int = 0
    rrule: str = ""
    left_out: tuple[datetime, ...] = ()
    date: datetime | None = None
    cancelled: bool = False
    organizer: Party | None = None
    invited: tuple[Party, ...] = ()
