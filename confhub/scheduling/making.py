"""A series' dates made sessions, and made to follow it. Inside a transaction that has asked
`Bookings.alone`; no rights are checked but those for the form's units and rooms."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import cast

from dateutil.relativedelta import relativedelta
from sqlalchemy import Table, delete, insert, select

from confhub.access.rules import Actor
from confhub.db.database import Tx
from confhub.kernel.ids import SessionId
from confhub.scheduling.asked import Window
from confhub.scheduling.bookings import BookingKeeper
from confhub.scheduling.errors import RoomsTaken
from confhub.scheduling.limits import DATES_AT_ONCE, MADE_AHEAD_MONTHS, ROWS_AT_ONCE
from confhub.scheduling.models import OccurrenceRow, SeriesRow
from confhub.scheduling.occurrences import days_off, held, session_of, starts_on, zone_of
from confhub.scheduling.values import Standing
from confhub.sessions import planning
from confhub.sessions.published import SessionColumns
from confhub.sessions.values import SessionState

_OCCURRENCE = cast(Table, OccurrenceRow.__table__)
_DAY = timedelta(days=1)


def horizon(today: date) -> date:
    """So far ahead dates are sessions."""
    return today + relativedelta(months=MADE_AHEAD_MONTHS)


@dataclass(frozen=True, slots=True)
class Stored:
    """A date as it stands in the database; without a session `state` and the hours are None."""

    day: date
    standing: Standing
    session_id: SessionId | None
    state: SessionState | None
    starts_at: datetime | None
    sealed: bool

    def fixed(self, now: datetime) -> bool:
        """Its rooms are or were called, or its hour is past, or it is sealed: nothing touches it."""
        if self.session_id is None or self.state is SessionState.CANCELLED:
            return False
        begun = self.starts_at is not None and self.starts_at <= now
        return begun or self.sealed or self.state not in planning.UNTOUCHED


async def stored(tx: Tx, series_id: int, since: date | None = None) -> list[Stored]:
    """The series' dates in order."""
    o, s = OccurrenceRow, SessionColumns
    query = (
        select(o.day, o.standing, o.session_id, s.state, s.starts_at, s.sealed_at)
        .outerjoin(*s.of(o.session_id))
        .where(o.series_id == series_id)
        .order_by(o.day)
    )
    if since is not None:
        query = query.where(o.day >= since)
    return [
        Stored(
            day, Standing(standing), None if key is None else SessionId(key),
            None if state is None else SessionState(state), starts_at, sealed_at is not None,
        )
        for day, standing, key, state, starts_at, sealed_at in await tx.execute(query)
    ]  # fmt: skip


class Maker:
    """Makes dates sessions."""

    def __init__(self, bookings: BookingKeeper) -> None:
        self._bookings = bookings

    async def follow(self, tx: Tx, actor: Actor, series: SeriesRow, now: datetime, reason: str) -> None:
        """Make the dates that can still be changed what the series says now: those in line get its form,
        those that the rule does not give any more are cancelled, and those missing are made. Raises as
        `planning.checked`, RoomsTaken, ReasonNeeded."""
        zone = zone_of(series)
        last = horizon(now.astimezone(zone).date())
        wanted = held(series, await days_off(tx, series.unit_id), last)
        gone: list[SessionId] = []
        moved: dict[SessionId, datetime] = {}
        rows: list[dict[str, object]] = []
        changeable = [one for one in await stored(tx, series.id) if not one.fixed(now)]
        for one in changeable:
            there = one.session_id if one.state is not SessionState.CANCELLED else None
            on = one.day if one.standing is Standing.GIVEN_BACK else wanted.get(one.day)
            if one.day not in wanted:
                gone += [there] if there else []
            elif one.standing in (Standing.SKIPPED, Standing.EDITED):
                rows.append(_row(series, one.day, one.session_id, one.standing))
            elif on is None:
                gone += [there] if there else []
                rows.append(_row(series, one.day, None, Standing.DAY_OFF))
            elif there:
                moved[there] = starts_on(series, on)
                rows.append(_row(series, one.day, there, one.standing))
        await planning.cancel(tx, actor, gone, now, "")
        form = session_of(series, starts_on(series, series.first_day))
        await planning.replan(tx, actor, form, moved, now, zone)
        await self._bookings.settle(tx, actor, [*gone, *moved], reason=reason)
        o = _OCCURRENCE.c
        listed = [one.day for one in changeable]
        await tx.rows(delete(_OCCURRENCE).where(o.series_id == series.id, o.day.in_(listed)))
        if rows:
            await tx.rows(insert(_OCCURRENCE), rows)
        await self._make(tx, actor, series, wanted, now, reason, patient=False)

    async def extend(self, tx: Tx, actor: Actor, series: SeriesRow, now: datetime) -> None:
        """The job's turn: make some dates more, up to the horizon. One whose rooms may not be booked becomes
        a draft."""
        last = horizon(now.astimezone(zone_of(series)).date())
        wanted = held(series, await days_off(tx, series.unit_id), last)
        await self._make(tx, actor, series, wanted, now, "", patient=True)

    async def give(
        self, tx: Tx, actor: Actor, series: SeriesRow, on: date, now: datetime, reason: str
    ) -> SessionId:
        """A session on that day for a date that was left out."""
        start = starts_on(series, on)
        wanted = session_of(series, start)
        (key,) = await planning.plan(tx, actor, wanted, [start], now, zone_of(series))
        await self._bookings.settle(tx, actor, [key], reason=reason)
        return key

    async def _make(
        self,
        tx: Tx,
        actor: Actor,
        series: SeriesRow,
        wanted: Mapping[date, date | None],
        now: datetime,
        reason: str,
        *,
        patient: bool,
    ) -> None:
        """Sessions for dates that have none, as many as one transaction takes. All dates are asked for
        conflicts, also those that are made later, unless `patient`."""
        known = set(await tx.scalars(select(OccurrenceRow.day).where(OccurrenceRow.series_id == series.id)))
        missing = {
            day: on for day, on in wanted.items() if day not in known and starts_on(series, on or day) > now
        }
        days = list(missing)
        form = session_of(series, starts_on(series, series.first_day))
        zone = zone_of(series)
        coming = [on for on in missing.values() if on is not None]
        rooms = await planning.checked(tx, actor, form, coming, now, start_fixed=True)
        most = max((len(one) for one in rooms), default=0)
        at_once = max(1, min(DATES_AT_ONCE, ROWS_AT_ONCE // max(1, most)))
        some = days[:at_once]
        windows = [Window.of(n, starts_on(series, on), form.length_min) for n, on in enumerate(coming)]
        taken: set[date] = set()
        if patient:
            soon = list(zip(coming, rooms, windows, strict=True))[:at_once]
            taken = {day for day, chosen, one in soon if await self._barred(tx, actor, chosen, one)}
        else:
            for chosen, part in _alike(rooms, windows):
                await self._bookings.check(tx, actor, chosen, part, reason)
        on_days = [(day, on) for day in some if (on := missing[day]) is not None]
        made: dict[date, SessionId] = {}
        for state, dates in (
            (SessionState.SCHEDULED, [one for one in on_days if one[1] not in taken]),
            (SessionState.DRAFT, [one for one in on_days if one[1] in taken]),
        ):
            starts = [starts_on(series, on) for _, on in dates]
            keys = await planning.plan(
                tx, actor, form, starts, now, zone, state=state, created_by=series.created_by
            )
            made |= {day: key for (day, _), key in zip(dates, keys, strict=True)}
            if state is SessionState.SCHEDULED:
                await self._bookings.settle(tx, actor, keys, reason=reason)
        if some:
            await tx.rows(insert(_OCCURRENCE), [_row(series, day, made.get(day)) for day in some])
        today = now.astimezone(zone).date()
        left = len(some) < len(days)
        series.made_until = some[-1] if left else horizon(today)
        series.look_on = today if left else today + _DAY

    async def _barred(self, tx: Tx, actor: Actor, rooms: Collection[int], window: Window) -> bool:
        try:
            await self._bookings.check(tx, actor, rooms, [window], "")
        except RoomsTaken:
            return True
        return False


def _row(
    series: SeriesRow, day: date, session_id: SessionId | None, standing: Standing | None = None
) -> dict[str, object]:
    if standing is None:
        standing = Standing.DAY_OFF if session_id is None else Standing.IN_LINE
    return {
        "series_id": series.id,
        "day": day,
        "starts_at": starts_on(series, day),
        "session_id": session_id,
        "standing": standing.value,
    }


def _alike(
    rooms: Sequence[Mapping[int, object]], windows: Sequence[Window]
) -> list[tuple[Mapping[int, object], list[Window]]]:
    """Windows that are asked for the same rooms, together."""
    groups: list[tuple[Mapping[int, object], list[Window]]] = []
    for chosen, window in zip(rooms, windows, strict=True):
        if groups and groups[-1][0] is chosen:
            groups[-1][1].append(window)
        else:
            groups.append((chosen, [window]))
    return groups
