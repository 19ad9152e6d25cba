"""SeriesService: sessions that come again, planned, changed, and their dates left out and given back."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import func, select, update

from confhub.access.rules import SYSTEM, Actor, require_anywhere
from confhub.audit.service import record
from confhub.db.database import Database, Tx
from confhub.i18n.folding import fold, like_pattern
from confhub.kernel.clock import Clock
from confhub.kernel.errors import DomainError
from confhub.kernel.ids import UnitId
from confhub.kernel.limits import NAME_MAX_CHARS, PAGE_SIZE, PAGE_SIZE_MAX
from confhub.kernel.permissions import Permission
from confhub.kernel.versions import check_seen
from confhub.scheduling import errors, recurrence, store
from confhub.scheduling.bookings import BookingKeeper
from confhub.scheduling.days_off import DaysOff
from confhub.scheduling.making import Maker, Stored, stored
from confhub.scheduling.models import OccurrenceRow, SeriesRow
from confhub.scheduling.occurrences import (
    days_off,
    form_of,
    held,
    input_of,
    rule_of,
    session_of,
    starts_on,
    zone_of,
)
from confhub.scheduling.recurrence import Rule, first_day, fitting, rrule_text
from confhub.scheduling.unused import UnusedRoom, unused_rooms
from confhub.scheduling.values import (
    Belonging,
    Occurrence,
    SeriesDetails,
    SeriesId,
    SeriesInput,
    SeriesPage,
    Standing,
)
from confhub.sessions import planning, rules
from confhub.sessions.values import SessionState

log = structlog.get_logger(__name__)

SERIES_AT_A_TURN = 20
"""Series that one run of the job looks at: it comes again in a few seconds."""
_DAY = timedelta(days=1)


class SeriesService:
    """Every method checks the actor's right in the series' branch, and raises SeriesUnknown for a series
    outside of it. A date that is past, sealed, or whose rooms are or were called, is never touched."""

    def __init__(self, db: Database, clock: Clock, bookings: BookingKeeper, timezone: str) -> None:
        """`timezone`: of the house, in which new series are counted."""
        self._db, self._clock = db, clock
        self._bookings, self._maker = bookings, Maker(bookings)
        self._zone = ZoneInfo(timezone)

    async def create(self, actor: Actor, wanted: SeriesInput, *, reason: str = "") -> SeriesDetails:
        """A new series; its dates are scheduled, those of the next 18 months now or within minutes.
        ValidationErrors with one error per field, RoomsTaken, ReasonNeeded: nothing is made then."""
        require_anywhere(actor, Permission.SESSION_EDIT)
        now = self._clock.now()
        async with self._db.transaction() as tx:
            await self._bookings.alone(tx)
            series = SeriesRow(created_by=actor.account_id, created_at=now, zone=str(self._zone))
            await self._begin(tx, actor, series, wanted, now)
            await self._maker.follow(tx, actor, series, now, reason)
            return await self._details(tx, actor, series.id, now)

    async def update(
        self,
        actor: Actor,
        series_id: SeriesId,
        wanted: SeriesInput,
        *,
        from_day: date | None = None,
        seen: str | None = None,
        reason: str = "",
    ) -> SeriesDetails:
        """Change all dates, or those from `from_day` on; `seen`: see `kernel.versions`.

        With dates before it that stay as they were, the old series ends and a new one begins: so for
        `from_day`, and for all where rule or hour change while the series has dates that are fixed. Gives the
        series that goes on. Raises as `create`, and SeriesEnded, NothingLeft.
        """
        now = self._clock.now()
        async with self._db.transaction() as tx:
            await self._bookings.alone(tx)
            series = await store.locked(tx, actor, series_id)
            if series.ended_at is not None:
                raise errors.SeriesEnded
            check_seen(seen, input_of(series))
            since = self._split_day(series, wanted, await stored(tx, series.id), from_day, now)
            if since is None:
                await self._fill(tx, actor, series, wanted, now)
                record(
                    tx, actor, "scheduling:series:edit", "series", series.id, now,
                    path=await store.path_of(tx, series), title=series.title, rule=series.rule,
                )  # fmt: skip
            else:
                series = await self._split(tx, actor, series, wanted, since, now)
            await self._maker.follow(tx, actor, series, now, reason)
            return await self._details(tx, actor, series.id, now)

    async def end(self, actor: Actor, series_id: SeriesId, *, reason: str = "") -> SeriesDetails:
        """End the series: the dates that can still be changed are cancelled, also those edited by themselves.
        `reason` stands in each one's history. SeriesEnded, ReasonTooLong, TextNotPrintable."""
        said = rules.reason_of(reason)
        now = self._clock.now()
        async with self._db.transaction() as tx:
            await self._bookings.alone(tx)
            series = await store.locked(tx, actor, series_id)
            if series.ended_at is not None:
                raise errors.SeriesEnded
            coming = [one for one in await stored(tx, series.id) if not one.fixed(now)]
            keys = [one.session_id for one in coming if one.session_id and one.state in planning.UNTOUCHED]
            await planning.cancel(tx, actor, keys, now, said)
            await self._bookings.settle(tx, actor, keys)
            series.ended_at = now
            record(
                tx, actor, "scheduling:series:end", "series", series.id, now,
                path=await store.path_of(tx, series), title=series.title, reason=said,
            )  # fmt: skip
            return await self._details(tx, actor, series.id, now)

    async def skip(self, actor: Actor, series_id: SeriesId, day: date, *, reason: str = "") -> SeriesDetails:
        """Leave a date out: its session is cancelled, for `reason`. OccurrenceUnknown, DateFixed,
        DateWithoutSession, SeriesEnded, ReasonTooLong, TextNotPrintable."""
        said = rules.reason_of(reason)
        now = self._clock.now()
        async with self._db.transaction() as tx:
            series, one = await self._date(tx, actor, series_id, day)
            if one.fixed(now):
                raise errors.DateFixed
            if one.session_id is None or one.state is SessionState.CANCELLED:
                raise errors.DateWithoutSession
            await planning.cancel(tx, actor, [one.session_id], now, said)
            await self._bookings.settle(tx, actor, [one.session_id])
            return await self._noted(tx, actor, series, day, "scheduling:series:skip", now)

    async def give_back(
        self, actor: Actor, series_id: SeriesId, day: date, *, reason: str = ""
    ) -> SeriesDetails:
        """Hold a date after all that was left out by hand, or that fell on a day off: a new session.
        OccurrenceUnknown, DateNotSkipped, DateFixed, SeriesEnded, RoomsTaken, ReasonNeeded,
        ValidationErrors."""
        now = self._clock.now()
        async with self._db.transaction() as tx:
            series, one = await self._date(tx, actor, series_id, day)
            if one.standing not in (Standing.SKIPPED, Standing.DAY_OFF):
                raise errors.DateNotSkipped
            on = held(series, await days_off(tx, series.unit_id), day).get(day)
            if starts_on(series, on or day) <= now:
                raise errors.DateFixed
            key = await self._maker.give(tx, actor, series, on or day, now, reason)
            standing = Standing.IN_LINE if on is not None else Standing.GIVEN_BACK
            await self._stand(tx, series.id, day, session_id=key, standing=standing.value)
            return await self._noted(tx, actor, series, day, "scheduling:series:give_back", now)

    async def put_back(
        self, actor: Actor, series_id: SeriesId, day: date, *, reason: str = ""
    ) -> SeriesDetails:
        """Make an edited date what the series says. OccurrenceUnknown, DateWithoutSession, DateFixed,
        SeriesEnded, RoomsTaken, ReasonNeeded, ValidationErrors."""
        now = self._clock.now()
        async with self._db.transaction() as tx:
            series, one = await self._date(tx, actor, series_id, day)
            if one.fixed(now):
                raise errors.DateFixed
            if one.session_id is None or one.state is SessionState.CANCELLED:
                raise errors.DateWithoutSession
            on = held(series, await days_off(tx, series.unit_id), day).get(day)
            start = starts_on(series, on or day)
            wanted = session_of(series, start)
            await planning.replan(tx, actor, wanted, {one.session_id: start}, now, zone_of(series))
            await self._bookings.settle(tx, actor, [one.session_id], reason=reason)
            standing = Standing.IN_LINE if on is not None else Standing.GIVEN_BACK
            await self._stand(tx, series.id, day, standing=standing.value)
            return await self._noted(tx, actor, series, day, "scheduling:series:put_back", now)

    async def get(self, actor: Actor, series_id: SeriesId) -> SeriesDetails:
        """One series: visible to whoever may view its branch."""
        async with self._db.reading() as tx:
            return await self._details(tx, actor, series_id, self._clock.now())

    async def of_sessions(self, actor: Actor, session_ids: Collection[int]) -> dict[int, Belonging]:
        """Which of a page of sessions are dates of series that the actor may see."""
        if not session_ids:
            return {}
        async with self._db.reading() as tx:
            return await store.belonging(tx, actor, session_ids)

    async def unused(self, actor: Actor, series_id: SeriesId | None = None) -> Sequence[UnusedRoom]:
        """Rooms that joined none of the last three sessions held of a series; None: of those that the actor
        has planned."""
        own = SeriesRow.created_by == actor.account_id
        async with self._db.reading() as tx:
            return await unused_rooms(tx, actor, own if series_id is None else SeriesRow.id == series_id)

    async def list(
        self,
        actor: Actor,
        *,
        text: str = "",
        unit_id: UnitId | None = None,
        offset: int = 0,
        limit: int = PAGE_SIZE,
    ) -> SeriesPage:
        """Series the actor may view, those with a coming date first, by that date. `text` is searched without
        diacritics in the title; `unit_id` keeps those of exactly that unit."""
        query = store.series_query(self._clock.now()).where(store.visible_to(actor))
        if text.strip():
            pattern = like_pattern(text[:NAME_MAX_CHARS])
            query = query.where(SeriesRow.search_key.like(pattern, escape="\\"))
        if unit_id is not None:
            query = query.where(SeriesRow.unit_id == unit_id)
        next_at = list(query.selected_columns)[-1]
        page = query.order_by(next_at.is_(None), next_at, SeriesRow.id.desc())
        page = page.offset(min(max(offset, 0), 10**9)).limit(min(max(limit, 1), PAGE_SIZE_MAX))
        async with self._db.reading() as tx:
            total = await tx.scalar(select(func.count()).select_from(query.subquery())) or 0
            rows = (await tx.execute(page)).all()
        return SeriesPage(tuple(store.view_of(row, actor) for row in rows), total)

    async def extend_due(self) -> None:
        """The job: make the dates that have come within 18 months, or were too many at once."""
        now = self._clock.now()
        today = now.astimezone(self._zone).date()
        due = select(SeriesRow.id).where(SeriesRow.ended_at.is_(None), SeriesRow.look_on <= today)
        async with self._db.reading() as tx:
            ids = list(
                await tx.scalars(due.order_by(SeriesRow.look_on, SeriesRow.id).limit(SERIES_AT_A_TURN))
            )
        for series_id in ids:
            await self._extend(SeriesId(series_id), now)

    async def _extend(self, series_id: SeriesId, now: datetime) -> None:
        try:
            async with self._db.transaction() as tx:
                await self._bookings.alone(tx)
                series = await store.locked(tx, SYSTEM, series_id)
                if series.ended_at is None:
                    await self._maker.extend(tx, SYSTEM, series, now)
                    series.stopped = None
        except DomainError as error:
            code = next((one.code for one in getattr(error, "errors", ())), error.code)
            log.warning("series not extended", series=series_id, reason=code)
            async with self._db.transaction() as tx:
                series = await store.locked(tx, SYSTEM, series_id)
                series.stopped, series.look_on = code, now.astimezone(self._zone).date() + _DAY

    async def _begin(
        self, tx: Tx, actor: Actor, series: SeriesRow, wanted: SeriesInput, now: datetime
    ) -> None:
        series.uid = f"{uuid4()}@confhub"
        await self._fill(tx, actor, series, wanted, now)
        tx.add(series)
        await tx.flush()
        record(
            tx, actor, "scheduling:series:create", "series", series.id, now,
            path=await store.path_of(tx, series), title=series.title, rule=series.rule,
        )  # fmt: skip

    async def _fill(
        self, tx: Tx, actor: Actor, series: SeriesRow, wanted: SeriesInput, now: datetime
    ) -> None:
        """Write the form into the row. ValidationErrors, one per field."""
        zone = ZoneInfo(series.zone)
        typed = wanted.session.starts_at.astimezone(zone)
        rule, faults = _sound(wanted.rule, typed.date())
        begins = None if faults else first_day(rule, typed.date())
        session = wanted.session
        if begins is not None:
            session = replace(session, starts_at=datetime.combine(begins, typed.time(), zone))
        rules.refuse([*faults, *rules.input_faults(session, now, start_fixed=series.id is not None)])
        assert begins is not None, "a rule without a date is a fault"
        await planning.checked(tx, actor, session, [begins], now, start_fixed=True)
        series.unit_id = session.unit_id
        series.title = session.title.strip()
        series.search_key = fold(series.title)
        series.first_day, series.hour = begins, typed.time()
        series.rule = rrule_text(rule, series.hour, zone)
        series.on_days_off = wanted.on_days_off.value
        series.form = form_of(session)
        series.made_until = begins - _DAY
        series.look_on = begins

    def _split_day(
        self,
        series: SeriesRow,
        wanted: SeriesInput,
        dates: Sequence[Stored],
        from_day: date | None,
        now: datetime,
    ) -> date | None:
        """From which day a new series goes on; None where this one is changed as a whole."""
        open_days = [one.day for one in dates if not one.fixed(now) and starts_on(series, one.day) > now]
        if from_day is not None:
            open_days = [day for day in open_days if day >= from_day]
        if not open_days:
            raise errors.NothingLeft
        earlier = any(one.day < open_days[0] for one in dates)
        if not earlier:
            return None
        if from_day is not None:
            return open_days[0]
        typed = wanted.session.starts_at.astimezone(zone_of(series))
        rule = fitting(wanted.rule, series.first_day)
        same = (rule, typed.time()) == (rule_of(series), series.hour)
        return None if same and typed.date() == series.first_day else open_days[0]

    async def _split(
        self, tx: Tx, actor: Actor, old: SeriesRow, wanted: SeriesInput, since: date, now: datetime
    ) -> SeriesRow:
        """End the old series before `since`, and begin a new one that takes its later dates along."""
        typed = wanted.session.starts_at.astimezone(zone_of(old))
        if typed.date() < since:
            start = datetime.combine(since, typed.time(), zone_of(old))
            wanted = replace(wanted, session=replace(wanted.session, starts_at=start))
        series = SeriesRow(created_by=old.created_by, created_at=now, zone=old.zone, previous_id=old.id)
        await self._begin(tx, actor, series, wanted, now)
        fixed = [one.day for one in await stored(tx, old.id, since) if one.fixed(now)]
        o = OccurrenceRow
        taken = update(o).where(o.series_id == old.id, o.day >= since, o.day.not_in(fixed))
        await tx.execute(taken.values(series_id=series.id).execution_options(synchronize_session=False))
        ended = replace(rule_of(old), until=since - _DAY, count=None)
        old.rule = rrule_text(ended, old.hour, zone_of(old))
        record(
            tx, actor, "scheduling:series:split", "series", old.id, now,
            path=await store.path_of(tx, old), title=old.title, rule=old.rule,
        )  # fmt: skip
        return series

    async def _date(self, tx: Tx, actor: Actor, series_id: SeriesId, day: date) -> tuple[SeriesRow, Stored]:
        await self._bookings.alone(tx)
        series = await store.locked(tx, actor, series_id)
        if series.ended_at is not None:
            raise errors.SeriesEnded
        found = next((one for one in await stored(tx, series_id, day) if one.day == day), None)
        if found is None:
            raise errors.OccurrenceUnknown
        return series, found

    @staticmethod
    async def _stand(tx: Tx, series_id: int, day: date, **values: object) -> None:
        o = OccurrenceRow
        where = update(o).where(o.series_id == series_id, o.day == day).values(**values)
        await tx.execute(where.execution_options(synchronize_session=False))

    async def _noted(
        self, tx: Tx, actor: Actor, series: SeriesRow, day: date, action: str, now: datetime
    ) -> SeriesDetails:
        record(
            tx, actor, action, "series", series.id, now,
            path=await store.path_of(tx, series), title=series.title, day=day,
        )  # fmt: skip
        return await self._details(tx, actor, series.id, now)

    async def _details(self, tx: Tx, actor: Actor, series_id: int, now: datetime) -> SeriesDetails:
        await tx.flush()
        view = await store.visible_view(tx, actor, series_id, now)
        row = await tx.get_one(SeriesRow, series_id)
        off = await days_off(tx, row.unit_id)
        dates = await stored(tx, series_id)
        return SeriesDetails(
            view, input_of(row), tuple(_occurrence(row, one, off, actor.language, now) for one in dates)
        )


def _sound(rule: Rule, day: date) -> tuple[Rule, list[DomainError]]:
    fit = fitting(rule, day)
    return fit, recurrence.faults(fit, day)


def _occurrence(series: SeriesRow, one: Stored, off: DaysOff, language: str, now: datetime) -> Occurrence:
    there = one.starts_at is not None and one.state is not SessionState.CANCELLED
    return Occurrence(
        day=one.day,
        starts_at=one.starts_at if there and one.starts_at else starts_on(series, one.day),
        session_id=one.session_id,
        standing=one.standing,
        state=one.state,
        fixed=one.fixed(now) or starts_on(series, one.day) <= now,
        waits=one.state is SessionState.DRAFT,
        day_off=off.name(one.day, "vi" if language == "vi" else "en"),
        sealed=one.sealed,
    )
