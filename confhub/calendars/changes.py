"""Changes: what has to be told to a calendar that was told something before. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from confhub.calendars.pictures import Marks, Picture, event, events
from confhub.ical.values import Event, Method


@dataclass(frozen=True, slots=True)
class Change:
    """A letter to be. `days`: the single dates by the rule that it is about; none: all of it. `new`: nothing
    was told before."""

    method: Method
    picture: Picture
    days: tuple[datetime, ...] = ()
    new: bool = False

    def events(self, marks: Marks) -> list[Event]:
        """What stands in it."""
        gone = self.method is Method.CANCEL
        if not self.days:
            return events(marks, self.picture, cancelled=gone)
        held = [(day, self.picture.on(day)) for day in self.days]
        return [event(marks, self.picture, one, day, cancelled=gone) for day, one in held if one is not None]


def changes(told: Picture | None, now_is: Picture | None, now: datetime) -> list[Change]:
    """Letters, in their order, from what was told to what holds; what is over by `now` is not told of.

    One date that goes or changes is a letter about that date; several at once, or one that comes back, are
    the whole series anew, with the dates that are not held left out: no calendar loses a date that it should
    keep.
    """
    if not told:
        return [Change(Method.REQUEST, now_is, new=True)] if now_is and _comes(now_is, now) else []
    if not now_is:
        return [Change(Method.CANCEL, told)] if _comes(told, now) else []
    if now_is.whole is None:
        return _among_few(told, now_is, now)
    if told.whole is None or (told.whole, told.rrule) != (now_is.whole, now_is.rrule):
        over = not _comes(told, now) and not _comes(now_is, now)
        return [] if over else [Change(Method.REQUEST, now_is)]
    differing = [day for day in _dates(told, now_is) if _open(told, now_is, day, now)]
    if not differing:
        return []
    (day, *more) = differing
    if more or told.on(day) is None:
        return [Change(Method.REQUEST, now_is)]
    if now_is.on(day) is None:
        return [Change(Method.CANCEL, told, (day,))]
    return [Change(Method.REQUEST, now_is, (day,))]


def _among_few(told: Picture, now_is: Picture, now: datetime) -> list[Change]:
    """Who has single dates only is told of each; who had the series before loses it first."""
    if told.whole is not None:
        return [Change(Method.CANCEL, told), Change(Method.REQUEST, now_is)] if _comes(told, now) else []
    differing = [day for day in _dates(told, now_is) if _open(told, now_is, day, now)]
    gone = tuple(day for day in differing if now_is.on(day) is None)
    held = tuple(day for day in differing if now_is.on(day) is not None)
    found = [Change(Method.CANCEL, told, gone)] if gone else []
    return [*found, Change(Method.REQUEST, now_is, held)] if held else found


def _dates(told: Picture, now_is: Picture) -> list[datetime]:
    """Dates on which one of them is not as its rule has it, in order."""
    return sorted({*told.left_out, *now_is.left_out, *told.own, *now_is.own})


def _open(told: Picture, now_is: Picture, day: datetime, now: datetime) -> bool:
    """Whether they differ on that date, and it is not over in both."""
    before, after = told.on(day), now_is.on(day)
    return before != after and any(one is not None and one.ends_at > now for one in (before, after))


def _comes(picture: Picture, now: datetime) -> bool:
    ends = picture.ends_at()
    return ends is None or ends > now
