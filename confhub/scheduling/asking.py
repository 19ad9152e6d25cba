"""AskService: what a series would be, who has its rooms, and when rooms are free; writes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import select

from confhub.access.rules import Actor, require_anywhere
from confhub.db.database import Database, Tx
from confhub.kernel.clock import Clock
from confhub.kernel.permissions import Permission
from confhub.scheduling import errors
from confhub.scheduling.asked import Window, one_of
from confhub.scheduling.conflicts import Conflict, clashes, told
from confhub.scheduling.days_off import planned
from confhub.scheduling.limits import CONFLICTS_SHOWN_MAX, SEARCH_MAX_DAYS, WINDOWS_MAX
from confhub.scheduling.making import horizon
from confhub.scheduling.models import Booking, OccurrenceRow, RoomBuffer
from confhub.scheduling.occurrences import days_off
from confhub.scheduling.recurrence import Rule, days, faults, first_day, fitting, rrule_text
from confhub.scheduling.store import visible_view
from confhub.scheduling.values import SeriesId, SeriesInput
from confhub.sessions import planning, rules
from confhub.sessions.values import SessionInput

_DAY: Final = timedelta(days=1)
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
    the first ones (`Conflict.key` counts `dates` from 0), and how many dates meet another session."""

    rule: Rule
    rrule: str
    dates: tuple[PreviewDate, ...]
    conflicts: tuple[Conflict, ...]
    dates_in_conflict: int


@dataclass(frozen=True, slots=True)
class FreeWindow:
    """All rooms are free from `starts_at` to `ends_at`, setting up and clearing included."""

    starts_at: datetime
    ends_at: datetime


class AskService:
    """Asks need the right to plan somewhere, and for the units and rooms that they name."""

    def __init__(self, db: Database, clock: Clock, timezone: str) -> None:
        """`timezone`: of the house."""
        self._db, self._clock, self._zone = db, clock, ZoneInfo(timezone)

    async def preview(self, actor: Actor, wanted: SeriesInput, *, besides: SeriesId | None = None) -> Preview:
        """`besides`: the series that is being changed, whose own sessions are no conflict. ValidationErrors,
        SeriesUnknown."""
        require_anywhere(actor, Permission.SESSION_EDIT)
        now = self._clock.now()
        typed = wanted.session.starts_at.astimezone(self._zone)
        rule = fitting(wanted.rule, typed.date())
        rules.refuse(faults(rule, typed.date()) + rules.input_faults(wanted.session, now, start_fixed=False))
        first = first_day(rule, typed.date())
        assert first is not None, "a rule without a date is a fault"
        async with self._db.reading() as tx:
            own: list[int | None] = []
            if besides is not None:
                await visible_view(tx, actor, besides, now)
                query = select(OccurrenceRow.session_id).where(OccurrenceRow.series_id == besides)
                own = list(await tx.scalars(query))
            off = await days_off(tx, wanted.session.unit_id)
            dates = tuple(
                PreviewDate(
                    one.original,
                    None if one.day is None else self._at(one.day, typed.time()),
                    off.name(one.original, "vi" if actor.language == "vi" else "en"),
                )
                for one in planned(days(rule, first, horizon(now.date())), off, wanted.on_days_off)
            )
            held = [(n, one.starts_at) for n, one in enumerate(dates) if one.starts_at is not None]
            coming = [at.astimezone(self._zone).date() for _, at in held]
            rooms = await planning.checked(tx, actor, wanted.session, coming, now, start_fixed=True)
            windows = [Window.of(n, at, wanted.session.length_min) for n, at in held]
            everywhere = {key for chosen in rooms for key in chosen}
            found = await clashes(tx, windows, everywhere, [key for key in own if key is not None])
            conflicts = await told(tx, actor, found[:CONFLICTS_SHOWN_MAX])
        return Preview(
            rule, rrule_text(rule, typed.time(), self._zone), dates, tuple(conflicts),
            len({one.key for one in found}),
        )  # fmt: skip

    async def free(
        self, actor: Actor, wanted: SessionInput, *, search_days: int, opens: time, closes: time
    ) -> tuple[FreeWindow, ...]:
        """The first windows in which every room of the form is free for its length: from its start on, on
        that many days, on working days that are no days off, between these hours of the house's zone.
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
            busy = await _busy(tx, list(rooms), span)
        open_hours = (
            (max(self._at(one, opens), since), self._at(one, closes))
            for one in (day + n * _DAY for n in range(search_days))
            if one.weekday() < 5 and one not in off
        )
        return tuple(_gaps(open_hours, busy, wanted.length_min * _MINUTE))

    def _at(self, day: date, hour: time) -> datetime:
        return datetime.combine(day, hour, self._zone).astimezone(UTC)


async def _busy(tx: Tx, rooms: Sequence[int], span: tuple[int, int]) -> list[tuple[datetime, datetime]]:
    """When a session cannot be in all of these rooms, in order: another one is set up, held or cleared, or
    there is no time to set up or clear."""
    b, r = Booking, RoomBuffer
    query = (
        select(b.from_s, b.until_s, r.setup_min, r.clear_min)
        .outerjoin(r, r.endpoint_id == b.endpoint_id)
        .where(
            one_of(tx, b.endpoint_id.expression, rooms),
            b.until_s > span[0] - 86_400,
            b.from_s > span[0] - 3 * 86_400,
            b.from_s < span[1] + 86_400,
        )
        .distinct()
    )
    return sorted(
        (
            datetime.fromtimestamp(from_s, UTC) - (clear or 0) * _MINUTE,
            datetime.fromtimestamp(until_s, UTC) + (setup or 0) * _MINUTE,
        )
        for from_s, until_s, setup, clear in await tx.rows(query)
    )


def _gaps(
    open_hours: Iterable[tuple[datetime, datetime]],
    busy: Sequence[tuple[datetime, datetime]],
    length: timedelta,
) -> Iterator[FreeWindow]:
    """Up to WINDOWS_MAX stretches of the open hours that nothing busy touches, `length` at least."""
    told = 0
    for opens, closes in open_hours:
        free_from = opens
        for begins, ends in [*busy, (closes, closes)]:
            if ends <= free_from and begins < closes:
                continue
            until = min(begins, closes)
            if until - free_from >= length:
                yield FreeWindow(free_from, until)
                told += 1
                if told == WINDOWS_MAX:
                    return
            free_from = max(free_from, ends)
            if free_from >= closes:
                break
