"""Rules of repetition: the days they give, their text by RFC 5545, and what is refused."""

from __future__ import annotations

import calendar
from datetime import date, time, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from confhub.scheduling import errors
from confhub.scheduling.recurrence import (
    LAST,
    NTHS,
    Every,
    Rule,
    days,
    faults,
    first_day,
    fitting,
    read_rrule,
    rrule_text,
)

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
EIGHT = time(8)
MONDAY = date(2026, 11, 30)
FAR = date(2046, 1, 1)


def of(rule: Rule, first: date = MONDAY, last: date = FAR, most: int = 5) -> list[str]:
    fit = fitting(rule, first)
    assert faults(fit, first) == []
    return [day.isoformat() for day in islice(days(fit, first, last), most)]


def test_days_weeks_months_and_years() -> None:
    assert of(Rule(Every.DAY, interval=3)) == [
        "2026-11-30", "2026-12-03", "2026-12-06", "2026-12-09", "2026-12-12",
    ]  # fmt: skip
    assert of(Rule(Every.WEEK, interval=2, weekdays=(1, 4)), most=4) == [
        "2026-12-01", "2026-12-04", "2026-12-15", "2026-12-18",
    ]  # fmt: skip
    assert of(Rule(Every.MONTH, month_day=31), most=3) == ["2026-12-31", "2027-01-31", "2027-03-31"]
    assert of(Rule(Every.MONTH, month_day=LAST), most=4) == [
        "2026-11-30", "2026-12-31", "2027-01-31", "2027-02-28",
    ]  # fmt: skip
    assert of(Rule(Every.MONTH, nth=2, weekday=1), most=2) == ["2026-12-08", "2027-01-12"]
    assert of(Rule(Every.MONTH, nth=LAST, weekday=4), most=2) == ["2026-12-25", "2027-01-29"]
    assert of(Rule(Every.YEAR, month=2, month_day=3), most=2) == ["2027-02-03", "2028-02-03"]
    assert of(Rule(Every.YEAR, month=2, month_day=29), most=2) == ["2028-02-29", "2032-02-29"]


def test_a_series_ends_by_day_by_count_or_not_at_all() -> None:
    assert of(Rule(Every.WEEK, until=date(2026, 12, 7))) == ["2026-11-30", "2026-12-07"]
    assert of(Rule(Every.WEEK, count=3)) == ["2026-11-30", "2026-12-07", "2026-12-14"]
    open_ended = list(days(fitting(Rule(Every.WEEK), MONDAY), MONDAY, MONDAY + timedelta(weeks=52)))
    assert len(open_ended) == 53


def test_what_a_rule_leaves_open_comes_from_its_first_day() -> None:
    assert fitting(Rule(Every.WEEK), MONDAY).weekdays == (0,)
    assert fitting(Rule(Every.MONTH), MONDAY).month_day == 30
    yearly = fitting(Rule(Every.YEAR), MONDAY)
    assert (yearly.month, yearly.month_day) == (11, 30)
    assert fitting(Rule(Every.MONTH, nth=1, month_day=5), MONDAY).month_day is None


@pytest.mark.parametrize(
    ("rule", "error", "field"),
    [
        (Rule(Every.YEAR, month=2, month_day=30), errors.RuleGivesNoDate, "every"),
        (Rule(Every.YEAR, month=4, month_day=31), errors.RuleGivesNoDate, "every"),
        (Rule(Every.WEEK, weekdays=(3,), until=MONDAY), errors.RuleGivesNoDate, "every"),
        (Rule(Every.DAY, count=1_000_000), errors.CountOutOfRange, "count"),
        (Rule(Every.DAY, count=0), errors.CountOutOfRange, "count"),
        (Rule(Every.DAY, until=date(9999, 12, 31)), errors.UntilTooFar, "until"),
        (Rule(Every.DAY, until=date(2026, 11, 29)), errors.UntilBeforeStart, "until"),
        (Rule(Every.DAY, until=date(2027, 1, 1), count=3), errors.UntilAndCount, "until"),
        (Rule(Every.DAY, interval=0), errors.IntervalOutOfRange, "interval"),
        (Rule(Every.DAY, interval=100), errors.IntervalOutOfRange, "interval"),
        (Rule(Every.WEEK, weekdays=(7,)), errors.WeekdayUnknown, "weekdays"),
        (Rule(Every.MONTH, month_day=32), errors.MonthDayOutOfRange, "month_day"),
        (Rule(Every.MONTH, nth=5, weekday=0), errors.NthUnknown, "nth"),
        (Rule(Every.MONTH, nth=1, weekday=9), errors.WeekdayUnknown, "weekday"),
        (Rule(Every.YEAR, month=13), errors.MonthOutOfRange, "month"),
    ],
)
def test_a_fault_names_its_field(rule: Rule, error: type[Exception], field: str) -> None:
    found = faults(fitting(rule, MONDAY), MONDAY)
    assert [(type(one), one.field) for one in found] == [(error, field)]


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", errors.RuleUnreadable),
        ("FREQ", errors.RuleUnreadable),
        ("FREQ=WEEKLY;FREQ=DAILY", errors.RuleUnreadable),
        ("FREQ=WEEKLY;INTERVAL=two", errors.RuleUnreadable),
        ("FREQ=WEEKLY;BYDAY=XX", errors.RuleUnreadable),
        ("FREQ=WEEKLY;UNTIL=tomorrow", errors.RuleUnreadable),
        ("X" * 301, errors.RuleUnreadable),
        ("FREQ=HOURLY", errors.RuleUnsupported),
        ("FREQ=MONTHLY;BYMONTHDAY=1,15", errors.RuleUnsupported),
        ("FREQ=MONTHLY;BYDAY=MO", errors.RuleUnsupported),
        ("FREQ=MONTHLY;BYDAY=1MO,3MO", errors.RuleUnsupported),
        ("FREQ=WEEKLY;BYDAY=1MO", errors.RuleUnsupported),
        ("FREQ=WEEKLY;BYHOUR=9", errors.RuleUnsupported),
        ("FREQ=WEEKLY;WKST=SU", errors.RuleUnsupported),
        ("FREQ=WEEKLY;BYMONTHDAY=3", errors.RuleUnsupported),
        ("FREQ=MONTHLY;BYMONTH=3", errors.RuleUnsupported),
        ("FREQ=YEARLY;BYMONTHDAY=3", errors.RuleUnsupported),
        ("FREQ=DAILY;BYDAY=MO", errors.RuleUnsupported),
    ],
)
def test_text_that_is_no_rule_of_ours_is_refused(text: str, error: type[Exception]) -> None:
    with pytest.raises(error) as refused:
        read_rrule(text, MONDAY, EIGHT, HANOI)
    assert refused.value.field == "rrule"  # type: ignore[attr-defined]


def test_until_is_written_in_utc_and_read_as_a_day_of_the_zone() -> None:
    rule = fitting(Rule(Every.WEEK, until=date(2026, 12, 28)), MONDAY)
    text = rrule_text(rule, EIGHT, HANOI)
    assert text == "FREQ=WEEKLY;UNTIL=20261228T010000Z;BYDAY=MO"
    assert read_rrule(text, MONDAY, EIGHT, HANOI) == rule
    early = read_rrule("FREQ=DAILY;UNTIL=20261228T005959Z", MONDAY, EIGHT, HANOI)
    assert early.until == date(2026, 12, 27), "on the 28th it would begin after UNTIL"
    assert read_rrule("RRULE:FREQ=DAILY;UNTIL=20261228", MONDAY, EIGHT, HANOI).until == date(2026, 12, 28)
    for far in ("99991231", "99991231T235959Z", "00010101T000000Z"):
        read = read_rrule(f"FREQ=DAILY;UNTIL={far}", MONDAY, EIGHT, HANOI)
        assert faults(read, MONDAY)


@given(st.text(alphabet="FREQ=WEEKLYDAILYMONTHLY;INTERVALCOUNTUNTILBYDAY0123456789TZ,-+ ", max_size=80))
def test_a_reader_of_rules_raises_nothing_but_its_own_errors(text: str) -> None:
    try:
        rule = read_rrule("FREQ=" + text, MONDAY, EIGHT, HANOI)
    except (errors.RuleUnreadable, errors.RuleUnsupported):
        return
    if not faults(rule, MONDAY):
        assert first_day(rule, MONDAY) is not None


starts = st.dates(date(2020, 1, 1), date(2035, 12, 31))
ends = st.one_of(
    st.just((None, None)),
    st.tuples(st.none(), st.integers(1, 60)),
    st.tuples(st.integers(0, 900), st.none()),
)
places = st.one_of(
    st.tuples(st.integers(1, 31) | st.just(LAST), st.none(), st.none()),
    st.tuples(st.none(), st.sampled_from(NTHS), st.integers(0, 6)),
)


@st.composite
def rules(draw: st.DrawFn) -> tuple[Rule, date]:
    first = draw(starts)
    until, count = draw(ends)
    month_day, nth, weekday = draw(places)
    rule = Rule(
        every=draw(st.sampled_from(Every)),
        interval=draw(st.integers(1, 13)),
        weekdays=tuple(draw(st.sets(st.integers(0, 6)))),
        month_day=month_day,
        nth=nth,
        weekday=weekday,
        month=draw(st.integers(1, 12)),
        until=None if until is None else first + timedelta(days=until),
        count=count,
    )
    return fitting(rule, first), first


def belongs(rule: Rule, first: date, day: date) -> bool:
    """Whether a day stands in the rule's pattern: written once more from RFC 5545, day by day."""
    months = (day.year - first.year) * 12 + day.month - first.month
    match rule.every:
        case Every.DAY:
            return (day - first).days % rule.interval == 0
        case Every.WEEK:
            monday, began = (d - timedelta(days=d.weekday()) for d in (day, first))
            return (monday - began).days // 7 % rule.interval == 0 and day.weekday() in rule.weekdays
        case Every.MONTH:
            return months % rule.interval == 0 and in_month(rule, day)
        case Every.YEAR:
            years = day.year - first.year
            return years % rule.interval == 0 and day.month == rule.month and in_month(rule, day)


def in_month(rule: Rule, day: date) -> bool:
    length = calendar.monthrange(day.year, day.month)[1]
    if rule.nth is None:
        return day.day == (length if rule.month_day == LAST else rule.month_day)
    if day.weekday() != rule.weekday:
        return False
    return day.day > length - 7 if rule.nth == LAST else (day.day - 1) // 7 + 1 == rule.nth


@given(rules())
def test_the_days_are_those_of_a_reading_of_the_rule_day_by_day(made: tuple[Rule, date]) -> None:
    rule, first = made
    last = first + timedelta(days=1500)
    reckoned = [
        day
        for day in (first + timedelta(days=n) for n in range(1501))
        if belongs(rule, first, day) and (rule.until is None or day <= rule.until)
    ][: rule.count]
    assert list(days(rule, first, last)) == reckoned


@given(rules())
def test_a_rule_comes_back_from_its_text(made: tuple[Rule, date]) -> None:
    rule, first = made
    assert read_rrule(rrule_text(rule, EIGHT, HANOI), first, EIGHT, HANOI) == rule


@given(rules())
def test_a_series_may_begin_with_its_first_date(made: tuple[Rule, date]) -> None:
    rule, first = made
    begun = first_day(rule, first)
    if begun is not None:
        last = first + timedelta(days=1500)
        assert list(days(rule, begun, last)) == list(days(rule, first, last))
