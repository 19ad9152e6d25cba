"""Series edited at random, hundreds of times: whatever was done, the hub's dates are those that two readers
find in the exported calendar, and those that the rule gives; what is refused changes nothing.

CONFHUB_TEST_EDITS says how many edits, if not 200; 100,000 take hours.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from collections.abc import Awaitable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
from dateutil.rrule import rrulestr
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from hypothesis.stateful import run_state_machine_as_test as run

from confhub.calendars.feeds import FeedService, Scope
from confhub.db.database import Database
from confhub.i18n.catalogue import Catalogue
from confhub.kernel.clock import ManualClock
from confhub.kernel.errors import DomainError
from confhub.kernel.events import InProcessBus
from confhub.kernel.ids import UnitId
from confhub.scheduling.days_off import OnDaysOff
from confhub.scheduling.recurrence import Every, Rule
from confhub.scheduling.values import Occurrence, SeriesId, SeriesInput, Standing
from confhub.sessions.values import SessionState
from tests.functional.hub_calendars.test_feeds import ours, reader_of_feeds, shown
from tests.plugins.calendars import Shown, by_ical, by_icalendar
from tests.plugins.scheduling import HANOI, Desk, at, desk_over
from tests.plugins.sessions import ORGANIZER

EDITS = int(os.environ.get("CONFHUB_TEST_EDITS", "200"))
STEPS = 20
START = datetime(2026, 3, 2, 1, 0, tzinfo=HANOI)
SERIES_MAX = 3
AHEAD_MAX = timedelta(days=80)
"""So far the clock goes on: what is over for three months is no longer in the calendar."""

HOURS = st.integers(6, 20)
DAYS = st.dates(date(2026, 3, 9), date(2026, 9, 30))
TITLES = st.sampled_from(["Giao ban tuần", "Họp, xã; phường", "Tập huấn \N{EM DASH} đợt 2", "Trực ban"])
RULES = st.one_of(
    st.builds(Rule, st.just(Every.DAY), interval=st.integers(1, 9), count=st.integers(1, 15)),
    st.builds(
        Rule, st.just(Every.WEEK), interval=st.integers(1, 3), count=st.integers(1, 20),
        weekdays=st.lists(st.integers(0, 6), max_size=3, unique=True).map(tuple),
    ),
    st.builds(Rule, st.just(Every.WEEK), until=st.dates(date(2026, 4, 1), date(2027, 1, 31))),
    st.builds(Rule, st.just(Every.MONTH), month_day=st.sampled_from([1, 28, 29, 30, 31, -1]),
              count=st.integers(1, 12)),
    st.builds(Rule, st.just(Every.MONTH), nth=st.sampled_from([1, 2, 4, -1]), weekday=st.integers(0, 6),
              count=st.integers(1, 12)),
    st.builds(Rule, st.just(Every.MONTH), interval=st.integers(1, 4), month_day=st.just(15)),
    st.builds(Rule, st.just(Every.YEAR), month=st.integers(1, 12), month_day=st.integers(1, 29)),
)  # fmt: skip
HOW = st.sampled_from(OnDaysOff)
PICK = st.integers(0, 10_000)
_TEMPLATE: list[Path] = []


class Walk(RuleBasedStateMachine):
    """An organizer who changes his mind."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.runner = asyncio.Runner()
        file = shutil.copy(_TEMPLATE[0], Path(self.folder.name) / "hub.db")
        self.clock = ManualClock(START)
        self.db = Database(f"sqlite+aiosqlite:///{file}", InProcessBus())
        self.desk: Desk = self.runner.run(desk_over(self.db, self.clock))
        self.runner.run(reader_of_feeds(self.desk))
        self.series: list[SeriesId] = []

    def teardown(self) -> None:
        self.runner.run(self.db.close())
        self.runner.close()
        self.folder.cleanup()

    # -- what is done --------------------------------------------------------------------------------

    @initialize(day=DAYS, hour=HOURS, made=RULES, how=HOW, title=TITLES)
    def begin(self, **chosen: Any) -> None:
        self._plan(**chosen)

    @precondition(lambda self: len(self.series) < SERIES_MAX)
    @rule(day=DAYS, hour=HOURS, made=RULES, how=HOW, title=TITLES)
    def plan(self, **chosen: Any) -> None:
        self._plan(**chosen)

    @rule(pick=PICK)
    def skip(self, pick: int) -> None:
        if (found := self._date(pick)) and self._try(
            self.desk.series.skip(ORGANIZER, found[0], found[1].day)
        ):
            assert self._again(*found).standing is Standing.SKIPPED

    @rule(pick=PICK)
    def give_back(self, pick: int) -> None:
        left_out = (Standing.SKIPPED, Standing.DAY_OFF)
        if (found := self._date(pick, *left_out)) and self._try(
            self.desk.series.give_back(ORGANIZER, found[0], found[1].day)
        ):
            assert self._again(*found).state is SessionState.SCHEDULED

    @rule(pick=PICK, days=st.integers(-3, 3), hour=HOURS, title=TITLES)
    def edit_one(self, pick: int, days: int, hour: int, title: str) -> None:
        found = self._date(pick, Standing.IN_LINE, Standing.EDITED, Standing.GIVEN_BACK)
        if found and found[1].session_id is not None:
            day = found[1].starts_at.astimezone(HANOI).date() + timedelta(days=days)
            form = self.desk.form(day, hour, title=title, length_min=45)
            if self._try(self.desk.sessions.update(ORGANIZER, found[1].session_id, form)):
                assert self._again(*found).starts_at == at(day, hour)

    @rule(pick=PICK)
    def put_back(self, pick: int) -> None:
        if (found := self._date(pick, Standing.EDITED)) and self._try(
            self.desk.series.put_back(ORGANIZER, found[0], found[1].day)
        ):
            assert self._again(*found).standing in (Standing.IN_LINE, Standing.GIVEN_BACK)

    @rule(pick=PICK)
    def cancel_one(self, pick: int) -> None:
        found = self._date(pick, Standing.IN_LINE, Standing.EDITED, Standing.GIVEN_BACK)
        if found and found[1].session_id is not None:
            self._try(self.desk.sessions.cancel(ORGANIZER, found[1].session_id))

    @rule(pick=PICK, hour=HOURS, title=TITLES, how=HOW)
    def change_all(self, pick: int, hour: int, title: str, how: OnDaysOff) -> None:
        if (chosen := self._one(pick)) is not None:
            details = self._wait(self.desk.series.get(ORGANIZER, chosen))
            form = self.desk.form(details.series.first_day, hour, title=title)
            self._go_on(chosen, SeriesInput(form, details.series.rule, how))

    @rule(pick=PICK, day=DAYS, hour=HOURS, made=RULES, how=HOW, title=TITLES)
    def change_rule(self, pick: int, day: date, hour: int, made: Rule, how: OnDaysOff, title: str) -> None:
        if (chosen := self._one(pick)) is not None:
            self._go_on(chosen, SeriesInput(self.desk.form(day, hour, title=title), made, how))

    @rule(pick=PICK, hour=HOURS, made=RULES, how=HOW, title=TITLES)
    def this_and_following(self, pick: int, hour: int, made: Rule, how: OnDaysOff, title: str) -> None:
        if found := self._date(pick):
            form = self.desk.form(found[1].day, hour, title=title)
            self._go_on(found[0], SeriesInput(form, made, how), from_day=found[1].day)

    @rule(pick=PICK)
    def end(self, pick: int) -> None:
        if (chosen := self._one(pick)) is not None and self._try(self.desk.series.end(ORGANIZER, chosen)):
            self.series.remove(chosen)

    @precondition(lambda self: self.clock.now() < START + AHEAD_MAX)
    @rule(days=st.integers(1, 20))
    def time_goes_on(self, days: int) -> None:
        self.clock.advance(days * 86_400)
        self._wait(self.desk.series.extend_due())

    # -- what holds ----------------------------------------------------------------------------------

    @invariant()
    def readers_find_what_the_hub_has(self) -> None:
        wanted = self._ours()
        feeds = FeedService(
            self.db, self.clock, Catalogue.load(), "https://hop.example.vn", "Asia/Ho_Chi_Minh"
        )
        written = self._wait(shown(self.desk, feeds, Scope(unit_id=UnitId(1))))
        assert by_icalendar(written) == wanted
        assert by_ical(written) == wanted

    @invariant()
    def each_date_is_one_that_the_rule_gives(self) -> None:
        for one in self.series:
            found = self._wait(self.desk.series.get(ORGANIZER, one))
            first = datetime.combine(found.series.first_day, datetime.min.time())
            text = found.series.rrule.split(";UNTIL=")[0] if found.series.rule.until else found.series.rrule
            until = datetime.combine(found.series.rule.until or found.series.made_until, datetime.max.time())
            last = min(until, datetime.combine(found.series.made_until, datetime.max.time()))
            given = {moment.date() for moment in rrulestr(text, dtstart=first).between(first, last, inc=True)}
            assert {occurrence.day for occurrence in found.occurrences} == given

    # -- how -----------------------------------------------------------------------------------------

    def _wait(self, work: Awaitable[Any]) -> Any:
        async def waited() -> Any:
            return await work

        return self.runner.run(waited())

    def _ours(self) -> Shown:
        found: Shown = self._wait(ours(self.desk))
        return found

    def _try(self, work: Awaitable[Any]) -> Any:
        """What comes of it; None where it is refused, which changes nothing."""
        before = self._ours()
        try:
            return self._wait(work)
        except DomainError:
            assert self._ours() == before
            return None

    def _plan(self, day: date, hour: int, made: Rule, how: OnDaysOff, title: str) -> None:
        wanted = SeriesInput(self.desk.form(day, hour, title=title), made, how)
        if (planned := self._try(self.desk.series.create(ORGANIZER, wanted))) is not None:
            self.series.append(planned.series.id)

    def _go_on(self, chosen: SeriesId, wanted: SeriesInput, from_day: date | None = None) -> None:
        after = self._try(self.desk.series.update(ORGANIZER, chosen, wanted, from_day=from_day))
        if after is not None and after.series.id != chosen:
            self.series[self.series.index(chosen)] = after.series.id

    def _one(self, pick: int) -> SeriesId | None:
        return self.series[pick % len(self.series)] if self.series else None

    def _date(self, pick: int, *standings: Standing) -> tuple[SeriesId, Occurrence] | None:
        """Some date of some series, of those standings where any are named."""
        if (chosen := self._one(pick)) is None:
            return None
        found = self._wait(self.desk.series.get(ORGANIZER, chosen)).occurrences
        dates = [one for one in found if not standings or one.standing in standings]
        return (chosen, dates[pick // 7 % len(dates)]) if dates else None

    def _again(self, chosen: SeriesId, date_: Occurrence) -> Occurrence:
        found = self._wait(self.desk.series.get(ORGANIZER, chosen)).occurrences
        (again,) = [one for one in found if one.day == date_.day]
        return again


def test_whatever_was_edited_everybody_reads_the_same_dates(sqlite_template: Path) -> None:
    _TEMPLATE[:] = [sqlite_template]
    run(
        Walk,
        settings=settings(
            max_examples=max(1, EDITS // STEPS), stateful_step_count=STEPS, deadline=None, database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )  # fmt: skip
