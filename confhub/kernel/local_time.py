"""From typed hours of a zone to moments. An hour that the clocks skip, or show twice, is asked about."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Final

from confhub.kernel.errors import Invalid

_DAY: Final = timedelta(days=1)


class HourSkipped(Invalid):
    code = "hour_skipped"
    message = "On {day} the clocks are put forward: there is no {hour} in {zone}."
    remedy = "Choose another hour, such as {before} or {after}."


class HourTwice(Invalid):
    code = "hour_twice"
    message = "On {day} the clocks are put back: {hour} comes twice in {zone}."
    remedy = "Write which one is meant, with its distance from UTC: {first} or {second}."


def local_moment(typed: datetime, zone: tzinfo, field: str | None = None) -> datetime:
    """The moment of a typed hour. What carries an offset says itself which one it is.

    Raises `HourSkipped`, `HourTwice`, naming `field`.
    """
    if typed.tzinfo is not None:
        return typed
    early, late = (typed.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    if early.utcoffset() == late.utcoffset():
        return early
    said = {"day": f"{typed:%d/%m/%Y}", "hour": f"{typed:%H:%M}", "zone": str(zone)}
    if early.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != typed:
        # before the gap the clock shows what `late` stands for, after it what `early` does
        before, after = (one.astimezone(UTC).astimezone(zone) for one in (late, early))
        raise HourSkipped(field=field, before=f"{before:%H:%M}", after=f"{after:%H:%M}", **said)
    raise HourTwice(
        field=field,
        first=early.isoformat(timespec="minutes"),
        second=late.isoformat(timespec="minutes"),
        **said,
    )


def on_day(day: date, hour: time, zone: tzinfo, field: str | None = None) -> datetime:
    """As `local_moment`, of a date and an hour typed apart; the hour may carry an offset."""
    return local_moment(datetime.combine(day, hour), zone, field)


def during(hour: time, start: datetime, end: datetime, zone: tzinfo, field: str | None = None) -> datetime:
    """The moment that an hour without a date means in a list about what went on from `start` to `end`: of the
    days that it touched, the one on which the hour lies in it, else nearest to it. So `00:10` of a session
    from 22:00 to 01:00 is after midnight, and `21:50` before it.

    Raises as `local_moment`.
    """
    first, last = start.astimezone(zone).date(), end.astimezone(zone).date()
    days = [first + number * _DAY for number in range((last - first).days + 1)]

    def distance(day: date) -> timedelta:
        at = datetime.combine(day, hour.replace(tzinfo=None), zone)
        return max(start - at, at - end, timedelta())

    return on_day(min(days, key=distance), hour, zone, field)
