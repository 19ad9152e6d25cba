"""Pictures: what one calendar holds under one UID, a session or a whole series. Pure.

A series is its rule, the dates by that rule that are left out, and the dates that are otherwise than the rule
has them. Whoever takes part in a few of its dates only has those, and no rule.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from confhub.ical.values import Event, Party
from confhub.scheduling.recurrence import Rule, days, rrule_text


@dataclass(frozen=True, slots=True)
class Held:
    """A session as a calendar shows it."""

    starts_at: datetime
    length_min: int
    title: str
    place: str = ""
    text: str = ""

    @property
    def ends_at(self) -> datetime:
        """By plan."""
        return self.starts_at + timedelta(minutes=self.length_min)

    def same(self, other: Held) -> bool:
        """But for the hour."""
        return (self.length_min, self.title, self.place, self.text) == (
            other.length_min, other.title, other.place, other.text
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Frame:
    """A series' rule, counted from `first_day`, and what its dates are like: `plain`, whose own hour says
    nothing. Its dates from `since` to `last` are known; what lies further is the rule's alone. `over`: no
    further dates come."""

    rule: Rule
    first_day: date
    hour: time
    zone: str
    plain: Held
    since: date
    last: date
    over: bool = False

    def starts_on(self, day: date) -> datetime:
        """When the rule's session begins."""
        return datetime.combine(day, self.hour, ZoneInfo(self.zone)).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Picture:
    """`whole`: the session, or the series by its rule, from its first date on. `left_out` and `own`: dates by
    the rule, and what is held in their place."""

    zone: str
    whole: Held | None = None
    rrule: str = ""
    left_out: tuple[datetime, ...] = ()
    own: Mapping[datetime, Held] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return self.whole is not None or bool(self.own)

    def ends_at(self) -> datetime | None:
        """When the last that is known of it is over; None where it goes on by its rule."""
        if self.rrule and "UNTIL=" not in self.rrule:
            return None
        ends = [one.ends_at for one in self.own.values()]
        if self.whole is not None:
            ends.append(self.whole.ends_at if not self.rrule else _until(self.rrule) + timedelta(days=2))
        return max(ends, default=None)

    def on(self, day: datetime) -> Held | None:
        """What is held for a date by the rule; None: nothing."""
        if day in self.own:
            return self.own[day]
        if self.whole is None or day in self.left_out:
            return None
        return replace(self.whole, starts_at=day)


def single(zone: str, held: Held) -> Picture:
    """A session that belongs to no series."""
    return Picture(zone, held)


def few(frame: Frame, held: Mapping[date, Held]) -> Picture:
    """Single dates of a series, for who has no part in the others."""
    return Picture(frame.zone, own={frame.starts_on(day): one for day, one in held.items()})


def repeated(frame: Frame, held: Mapping[date, Held]) -> Picture:
    """A series, of which these dates, at least one, are held."""
    last = max(held)
    rule, upto = frame.rule, frame.last
    if frame.over:
        rule, upto = replace(rule, count=None, until=last), last
    elif rule.count is not None:  # an end by its day stays right where the beginning is cut off
        final = _last_day(rule, frame.first_day)
        rule = replace(rule, count=None, until=final)
    known = [day for day in _days(frame.rule, frame.first_day, upto) if day >= frame.since]
    starts = {day: frame.starts_on(day) for day in known}
    own = {}
    for day, one in sorted(held.items()):
        start = starts.get(day) or frame.starts_on(day)
        if one.starts_at != start or not one.same(frame.plain):
            own[start] = one
    return Picture(
        frame.zone,
        replace(frame.plain, starts_at=starts[known[0]] if known else min(own)),
        rrule_text(rule, frame.hour, ZoneInfo(frame.zone)),
        tuple(at for day, at in starts.items() if day not in held),
        own,
    )


def _last_day(rule: Rule, first: date) -> date:
    far = first + timedelta(days=366 * 200)
    return max(_days(rule, first, far), default=first)


@lru_cache(maxsize=64)
def _days(rule: Rule, first: date, last: date) -> tuple[date, ...]:
    """Reckoned once for all who take part."""
    return tuple(days(rule, first, last))


@dataclass(frozen=True, slots=True)
class Marks:
    """What stands on each event besides the picture."""

    uid: str
    stamp: datetime
    sequence: int = 0
    url: str = ""
    organizer: Party | None = None
    invited: tuple[Party, ...] = ()


def event(
    marks: Marks, picture: Picture, held: Held, date_: datetime | None = None, *, cancelled: bool = False
) -> Event:
    """One event; `date_`: by the rule, of a single date."""
    return Event(
        uid=marks.uid,
        stamp=marks.stamp,
        starts_at=held.starts_at,
        ends_at=held.ends_at,
        zone=picture.zone,
        title=held.title,
        place=held.place,
        text=held.text,
        url=marks.url,
        sequence=marks.sequence,
        date=date_,
        cancelled=cancelled,
        organizer=marks.organizer,
        invited=marks.invited,
    )


def events(marks: Marks, picture: Picture, *, cancelled: bool = False) -> list[Event]:
    """The whole picture."""
    found = []
    if picture.whole is not None:
        master = event(marks, picture, picture.whole, cancelled=cancelled)
        rule = "" if cancelled else picture.rrule
        found.append(replace(master, rrule=rule, left_out=() if cancelled else picture.left_out))
    if picture.whole is None or not cancelled:
        found += [event(marks, picture, one, day, cancelled=cancelled) for day, one in picture.own.items()]
    return found


def as_json(picture: Picture) -> dict[str, Any]:
    """For the database."""
    return {
        "zone": picture.zone,
        "whole": None if picture.whole is None else _held_json(picture.whole),
        "rrule": picture.rrule,
        "left_out": [at.isoformat() for at in picture.left_out],
        "own": {day.isoformat(): _held_json(one) for day, one in picture.own.items()},
    }


def from_json(kept: Mapping[str, Any]) -> Picture:
    """The same, read back."""
    return Picture(
        kept["zone"],
        None if kept["whole"] is None else _held(kept["whole"]),
        kept["rrule"],
        tuple(datetime.fromisoformat(at) for at in kept["left_out"]),
        {datetime.fromisoformat(day): _held(one) for day, one in kept["own"].items()},
    )


def _held_json(one: Held) -> list[Any]:
    return [one.starts_at.astimezone(UTC).isoformat(), one.length_min, one.title, one.place, one.text]


def _held(kept: list[Any]) -> Held:
    return Held(datetime.fromisoformat(kept[0]), *kept[1:])


def _until(rrule: str) -> datetime:
    value = rrule.partition("UNTIL=")[2].partition(";")[0]
    return datetime.strptime(value, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
