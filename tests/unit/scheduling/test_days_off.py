"""Days off: Viet Nam's, a unit's own, and what becomes of dates that fall on them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from confhub.scheduling.days_off import DaysOff, OnDaysOff, Planned, planned

TUESDAYS = [date(2027, 1, 26) + timedelta(weeks=n) for n in range(4)]
NONE_OF_OURS = DaysOff()


def test_lunar_new_year_is_reckoned_and_named_in_both_languages() -> None:
    off = DaysOff()
    assert off.name(date(2027, 2, 6)) == "Tết Nguyên Đán"
    assert off.name(date(2027, 2, 6), "en") == "Lunar New Year"
    assert date(2027, 2, 9) in off
    assert off.name(date(2027, 2, 16)) is None


def test_a_unit_has_days_of_its_own() -> None:
    off = DaysOff({date(2027, 4, 17): "Lễ hội Đền Hùng"})
    assert off.name(date(2027, 4, 17), "en") == "Lễ hội Đền Hùng"
    assert date(2027, 4, 17) not in NONE_OF_OURS


@pytest.mark.parametrize(
    ("how", "held"),
    [
        (OnDaysOff.KEEP, date(2027, 2, 9)),
        (OnDaysOff.SKIP, None),
        (OnDaysOff.MOVE, date(2027, 2, 11)),  # the 10th is a day off as well
    ],
)
def test_a_date_in_lunar_new_year_is_kept_left_out_or_moved(how: OnDaysOff, held: date | None) -> None:
    found = list(planned(TUESDAYS, NONE_OF_OURS, how))
    assert found[2] == Planned(date(2027, 2, 9), held)
    assert [one.day for one in found[:2]] == TUESDAYS[:2]
    assert found[3].day == TUESDAYS[3]


def test_a_moved_date_never_meets_the_next_one_and_is_left_out_instead() -> None:
    days = [date(2027, 2, 3) + timedelta(days=n) for n in range(10)]
    found = list(planned(days, NONE_OF_OURS, OnDaysOff.MOVE))
    held = [one.day for one in found if one.day is not None]
    assert len(held) == len(set(held))
    assert [one.original.day for one in found if one.day is None] == [4, 5, 6, 7, 8, 9, 10]


def test_a_date_moved_off_a_friday_goes_over_the_weekend() -> None:
    assert list(planned([date(2027, 1, 1)], NONE_OF_OURS, OnDaysOff.MOVE)) == [
        Planned(date(2027, 1, 1), date(2027, 1, 4))
    ]
