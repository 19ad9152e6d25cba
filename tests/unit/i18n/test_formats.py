"""Moments and figures as Vietnamese and English readers write them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from confhub.i18n.formats import Formats

VI = Formats("vi", "Asia/Ho_Chi_Minh")
EN = Formats("en", "Asia/Ho_Chi_Minh")
MOMENT = datetime(2026, 11, 22, 18, 5, 9, tzinfo=UTC)


def test_moments_are_shown_in_the_service_s_zone() -> None:
    assert VI.datetime(MOMENT) == "01:05, 23/11/2026"
    assert EN.datetime(MOMENT) == "23 Nov 2026, 01:05"
    assert VI.time(MOMENT, seconds=True) == "01:05:09"
    assert VI.long_date(MOMENT) == "Thứ Hai, ngày 23 tháng 11 năm 2026"
    assert VI.moment_input(MOMENT) == "23/11/2026 01:05"


def test_dates_without_a_time_stay_as_they_are() -> None:
    assert VI.date(date(2025, 6, 30)) == "30/06/2025"
    assert EN.date(date(2025, 6, 30)) == "30 Jun 2025"


def test_nothing_is_written_for_no_moment() -> None:
    assert [VI.date(None), VI.datetime(None), VI.time(None), VI.ago(None, MOMENT), VI.moment_input(None)] == [
        ""
    ] * 5


def test_numbers_use_the_reader_s_separators() -> None:
    assert (VI.number(40_000), EN.number(40_000)) == ("40.000", "40,000")
    assert (VI.percent(0.975), EN.percent(0.975)) == ("97,50 %", "97.50%")


def test_distances_are_said_in_words() -> None:
    assert VI.ago(MOMENT, MOMENT + timedelta(minutes=3)) == "3 phút trước"
    assert EN.ago(MOMENT, MOMENT + timedelta(minutes=3)) == "3 minutes ago"
