"""AskService: what a series would be, who has its rooms, and when rooms are free; writes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import select

from confhub.access.rules import Actor, require_anywhere
from confhub.db.database import Database, Tx
from confhub.kernel.clock import Clock
from confhub.kernel.errors import DomainError, ValidationErrors
from confhub.kernel.ids import SessionId
from confhub.kernel.permissions import Permission
from confhub.scheduling import errors
from confhub.scheduling.asked import Window
from confhub.scheduling.bookings import OnConflict, strictest
from confhub.scheduling.conflicts import Conflict, clashes, told
from confhub.scheduling.days_off import planned
from confhub.scheduling.free import FreeHour, FreeWindow, busy_hours, gaps, half_hours, taken_days
from confhub.scheduling.limits import CONFLICTS_SHOWN_MAX, SEARCH_MAX_DAYS, UNTIL_MAX_YEARS, WINDOWS_MAX
from confhub.scheduling.making import horizon
from confhub.scheduling.models import OccurrenceRow
from confhub.scheduling.occurrences import days_off
from confhub.scheduling.recurrence import Rule, days, faults, first_day, fitting, rrule_text
from confhub.scheduling.store import visible_view
from confhub.scheduling.values import SeriesId, SeriesInput
from confhub.sessions import choosing, planning, rules
from confhub.sessions.values import SessionInput

_DAY: Final = timedelta(days=1)
_YEARS: Final = UNTIL_MAX_YEARS * 366 * _DAY
_MINUTE: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class PreviewDate:
    """`day` by the rule, `starts_at` as it would be held, None where it is left out for the `day_off`."""

    day: date
    starts_at: datetime | None
    day_off: str | None


@dataclass(frozen=True, slots=True)
class Preview:
    """What a series would be within the next 18 months: its rule, whole; its dates; who has its rooms then,
    the first ones (`Conflict.key` counts `dates` from 0), and how many dates meet another session.
    `on_conflict`: the strictest rule of the rooms wanted twice; None where none is. `until`: its dates up to
    that day are here; `more`: it goes on after it. `missing`: what is still to be filled in before rooms are
    looked up."""

    rule: Rule
    rrule: str
    dates: tuple[PreviewDate, ...]
    conflicts: tuple[Conflict, ...]
    dates_in_conflict: int
    on_conflict: OnConflict | None
    until: date
    more: bool
    missing: tuple[DomainError, ...] = ()


@dataclass(frozen=True, slots=True)
class Single:
    """Who has the rooms of a single session at its hours, and the strictest rule of those wanted twice."""

    conflicts: tuple[Conflict, ...]
    on_conflict: OnConflict | None


class AskService:
    """Asks need the right to plan somewhere, and for the units and rooms that they name."""

    def __init__(self, db: Database, clock: Clock, timezone: str) -> None:
        """`timezone`: of the house."""
        self._db, self._clock, self._zone = db, clock, ZoneInfo(timezone)

    async def preview(
        self, actor: Actor, wanted: SeriesInput, *, besides: SeriesId | None = None, half: bool = False
    ) -> Preview:
        """`besides`: the series that is being changed, whose own sessions are no conflict. `half`: of a form
        that is being filled in, whose title and rooms may be missing. ValidationErrors, SeriesUnknown."""
        require_anywhere(actor, Permission.SESSION_EDIT)
        now = self._clock.now()
        typed = wanted.session.starts_at.astimezone(self._zone)
        rule = fitting(wanted.rule, typed.date())
        wrong = rules.input_faults(wanted.session, now, start_fixed=besides is not None)
        told_now = [one for one in wrong if not half or one.field in ("starts_at", "length_min")]
        rules.refuse(faults(rule, typed.date()) + told_now)
        first, last = first_day(rule, typed.date()), horizon(now.date())
        assert first is not None, "a rule without a date is a fault"
        async with self._db.reading() as tx:
            own = await self._own(tx, actor, besides, now)
            off = await days_off(tx, wanted.session.unit_id)
            dates = tuple(
                PreviewDate(
                    one.original,
                    None if one.day is None else self._at(one.day, typed.time()),
                    off.name(one.original, "vi" if actor.language == "vi" else "en"),
                )
                for one in planned(days(rule, first, last), off, wanted.on_days_off)
            )
            held = [(n, at) for n, one in enumerate(dates) if (at := one.starts_at) is not None and at > now]
            windows = [Window.of(n, at, wanted.session.length_min) for n, at in held]
            rooms: set[int] = set()
            missing: tuple[DomainError, ...] = ()
            try:
                rooms = await self._rooms(tx, actor, wanted.session, [at for _, at in held], now)
            except ValidationErrors as error:
                if not half or any(one.field == "unit_id" for one in error.errors):
                    raise
                missing = tuple(error.errors)
            found = await clashes(tx, windows, rooms, own)
            on_conflict = await strictest(tx, rooms, windows, own) if found else None
            conflicts = await told(tx, actor, found[:CONFLICTS_SHOWN_MAX])
        return Preview(
            rule=rule,
            rrule=rrule_text(rule, typed.time(), self._zone),
            dates=dates,
            conflicts=tuple(conflicts),
            dates_in_conflict=len({one.key for one in found}),
            on_conflict=on_conflict,
            until=last,
            more=any(day > last for day in days(rule, first, last + _YEARS)),
            missing=missing,
        )

    async def single(self, actor: Actor, wanted: SessionInput, *, besides: SessionId | None = None) -> Single:
        """Who has the rooms of a form that is being filled in, as far as the actor may invite them; nothing
        while its hours cannot be. `besides`: the session that it changes."""
        require_anywhere(actor, Permission.SESSION_EDIT)
        wrong = rules.input_faults(wanted, self._clock.now(), start_fixed=False)
        if any(one.field in ("starts_at", "length_min") for one in wrong):
            return Single((), None)
        windows = [Window.of(0, wanted.starts_at, wanted.length_min)]
        own = [] if besides is None else [int(besides)]
        async with self._db.reading() as tx:
            day = wanted.starts_at.astimezone(self._zone).date()
            rooms, _ = await choosing.choose(tx, actor, wanted, day)
            found = await clashes(tx, windows, rooms, own)
            on_conflict = await strictest(tx, rooms, windows, own) if found else None
            return Single(tuple(await told(tx, actor, found[:CONFLICTS_SHOWN_MAX])), on_conflict)

    async def hours(
        self, actor: Actor, wanted: SeriesInput, *, opens: time, closes: time, besides: SeriesId | None = None
    ) -> tuple[FreeHour, ...]:
        """Every half hour of the day at which the series could begin, those first at which the fewest of its
        dates within 18 months meet another session. Raises as `preview`, and HoursTurned."""
        if opens >= closes:
            raise errors.HoursTurned(field="closes")
        now = self._clock.now()
        found = await self.preview(actor, wanted, besides=besides)
        starts = [at for one in found.dates if (at := one.starts_at) is not None and at > now]
        if not starts:
            return ()
        async with self._db.reading() as tx:
            own = await self._own(tx, actor, besides, now)
            rooms = await self._rooms(tx, actor, wanted.session, starts, now)
            span = (int((starts[0] - _DAY).timestamp()), int((starts[-1] + _DAY).timestamp()))
            busy = await busy_hours(tx, list(rooms), span, own)
        held = [at.astimezone(self._zone).date() for at in starts]
        length = wanted.session.length_min * _MINUTE
        offered = [
            FreeHour(hour, taken_days(busy, [self._at(day, hour) for day in held], length))
            for hour in half_hours(opens, closes, length)
        ]
        return tuple(sorted(offered, key=lambda one: (one.taken, one.hour))[:WINDOWS_MAX])

    async def _own(self, tx: Tx, actor: Actor, series_id: SeriesId | None, now: datetime) -> list[int]:
        """The sessions of a series that the actor may see."""
        if series_id is None:
            return []
        await visible_view(tx, actor, series_id, now)
        query = select(OccurrenceRow.session_id).where(OccurrenceRow.series_id == series_id)
        return [key for key in await tx.scalars(query) if key is not None]

    async def _rooms(
        self, tx: Tx, actor: Actor, wanted: SessionInput, starts: Sequence[datetime], now: datetime
    ) -> set[int]:
        """Every room that the form brings on one of these days."""
        coming = [at.astimezone(self._zone).date() for at in starts]
        titled = replace(wanted, title=wanted.title.strip() or "-")
        found = await planning.checked(tx, actor, titled, coming, now, start_fixed=True)
        return {key for chosen in found for key in chosen}

    async def free(
        self,
        actor: Actor,
        wanted: SessionInput,
        *,
        search_days: int,
        opens: time,
        closes: time,
        besides: SessionId | None = None,
    ) -> tuple[FreeWindow, ...]:
        """The first windows in which every room of the form is free for its length: from its start on, on
        that many days, on working days that are no days off, between these hours of the house's zone.
        `besides`: the session that is being changed.
        ValidationErrors, HoursTurned, SearchOutOfRange."""
        require_anywhere(actor, Permission.SESSION_EDIT)
        if not 1 <= search_days <= SEARCH_MAX_DAYS:
            raise errors.SearchOutOfRange(field="search_days", max_count=SEARCH_MAX_DAYS)
        if opens >= closes:
            raise errors.HoursTurned(field="closes")
        now = self._clock.now()
        since = max(wanted.starts_at, now)
        day = since.astimezone(self._zone).date()
        async with self._db.reading() as tx:
            (rooms,) = await planning.checked(tx, actor, wanted, [day], now, start_fixed=False)
            off = await days_off(tx, wanted.unit_id)
            span = (int(since.timestamp()), int((since + search_days * _DAY).timestamp()))
            busy = await busy_hours(tx, list(rooms), span, [] if besides is None else [int(besides)])
        open_hours = (
            (max(self._at(one, opens), since), self._at(one, closes))
            for one in (day + n * _DAY for n in range(search_days))
            if one.weekday() < 5 and one not in off
        )
        return tuple(gaps(open_hours, busy, wanted.length_min * _MINUTE))

    def _at(self, day: date, hour: time) -> datetime:
        return datetime.combine(day, hour, self._zone).astimezone(UTC)
