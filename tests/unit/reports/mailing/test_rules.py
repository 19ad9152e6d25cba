"""When a scheduled report is due, about which period, and to whom."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from confhub.reports.mailing.rules import (
    Every,
    Format,
    FormatsMissing,
    RecipientsCount,
    RecipientsInvalid,
    clean_formats,
    clean_recipients,
    next_at,
    period_before,
    period_named,
)

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
MOMENTS = st.integers(1_000_000_000, 3_400_000_000).map(lambda unix: datetime.fromtimestamp(unix, UTC))
RHYTHMS = st.sampled_from([Every.WEEK, Every.MONTH])


def test_a_weekly_report_goes_out_on_monday_morning_about_the_week_before() -> None:
    thursday = datetime(2026, 11, 26, 3, 0, tzinfo=UTC)
    due = next_at(Every.WEEK, thursday, ZONE)
    assert due == datetime(2026, 11, 30, 7, 0, tzinfo=ZONE)
    period = period_before(Every.WEEK, due, ZONE)
    assert (period.first, period.last, period.key) == (date(2026, 11, 23), date(2026, 11, 29), "2026-W48")


def test_a_monthly_report_goes_out_on_the_first_about_the_month_before() -> None:
    due = next_at(Every.MONTH, datetime(2026, 12, 31, 23, 59, tzinfo=ZONE), ZONE)
    assert due == datetime(2027, 1, 1, 7, 0, tzinfo=ZONE)
    period = period_before(Every.MONTH, due, ZONE)
    assert (period.first, period.last, period.key) == (date(2026, 12, 1), date(2026, 12, 31), "2026-12")


def test_a_report_after_sessions_has_no_hour_of_its_own() -> None:
    assert next_at(Every.SESSION, datetime(2026, 1, 1, tzinfo=UTC), ZONE) is None


@given(RHYTHMS, MOMENTS)
def test_it_is_always_due_later_and_the_period_before_it_is_over(every: Every, now: datetime) -> None:
    due = next_at(every, now, ZONE)
    assert due is not None
    assert now < due <= now + timedelta(days=32)
    period = period_before(every, due, ZONE)
    assert period.first <= period.last < due.astimezone(ZONE).date()
    assert period_named(every, period.key) == period


@given(RHYTHMS, MOMENTS)
def test_periods_follow_each_other_without_a_gap(every: Every, now: datetime) -> None:
    first = next_at(every, now, ZONE)
    assert first is not None
    second = next_at(every, first, ZONE)
    assert second is not None
    assert (
        period_before(every, first, ZONE).last + timedelta(days=1) == period_before(every, second, ZONE).first
    )


def test_recipients_are_taken_as_people_type_them() -> None:
    assert clean_recipients(" a@b.vn; c.d@e-f.vn,\n a@b.vn\n") == ["a@b.vn", "c.d@e-f.vn"]


@pytest.mark.parametrize(
    "text", ["khong-co-at", "a@", "@b.vn", "a@b@c.vn", "a@b..vn", "Tên <a@b.vn>", "a@-b.vn"]
)
def test_what_is_no_address_is_named(text: str) -> None:
    with pytest.raises(RecipientsInvalid) as error:
        clean_recipients(text)
    assert error.value.field == "recipients"


@pytest.mark.parametrize("text", ["", " ;,\n", " ".join(f"a{n}@b.vn" for n in range(21))])
def test_there_is_one_recipient_at_least_and_twenty_at_most(text: str) -> None:
    with pytest.raises(RecipientsCount):
        clean_recipients(text)


def test_formats_are_kept_in_one_order() -> None:
    assert clean_formats([Format.CSV, Format.PDF, Format.CSV]) == (Format.PDF, Format.CSV)
    with pytest.raises(FormatsMissing):
        clean_formats([])
