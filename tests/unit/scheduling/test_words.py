"""A series in words, in Vietnamese and in English."""

from __future__ import annotations

from datetime import date

import pytest

from confhub.i18n.catalogue import Catalogue
from confhub.i18n.formats import Formats
from confhub.scheduling.days_off import OnDaysOff
from confhub.scheduling.recurrence import LAST, Every, Rule, fitting
from confhub.scheduling.words import sentence

MONDAY = date(2026, 11, 30)


def said(rule: Rule, language: str, how: OnDaysOff = OnDaysOff.KEEP) -> str:
    translate = Catalogue.load().into(language)
    return sentence(fitting(rule, MONDAY), how, translate, Formats(language, "Asia/Ho_Chi_Minh"))


@pytest.mark.parametrize(
    ("rule", "vi", "en"),
    [
        (Rule(Every.DAY), "Hằng ngày, không định ngày kết thúc.", "Every day, without an end."),
        (Rule(Every.DAY, interval=3, count=10), "3 ngày một lần, 10 buổi.", "Every 3 days, 10 dates."),
        (
            Rule(Every.WEEK, interval=2, weekdays=(1,), until=date(2026, 12, 31)),
            "2 tuần một lần vào Thứ Ba, đến hết ngày 31/12/2026.",
            "Every 2 weeks on Tuesday, until 31 Dec 2026.",
        ),
        (
            Rule(Every.WEEK, weekdays=(0, 2, 4)),
            "Hằng tuần vào Thứ Hai, Thứ Tư và Thứ Sáu, không định ngày kết thúc.",
            "Every week on Monday, Wednesday and Friday, without an end.",
        ),
        (
            Rule(Every.MONTH, month_day=31),
            "Hằng tháng vào ngày 31, chỉ những tháng có ngày 31, không định ngày kết thúc.",
            "Every month on day 31, only in months that have a day 31, without an end.",
        ),
        (
            Rule(Every.MONTH, month_day=LAST, count=1),
            "Hằng tháng vào ngày cuối tháng, một lần duy nhất.",
            "Every month on its last day, once only.",
        ),
        (
            Rule(Every.MONTH, interval=3, nth=1, weekday=0),
            "3 tháng một lần vào Thứ Hai đầu tiên trong tháng, không định ngày kết thúc.",
            "Every 3 months on the first Monday, without an end.",
        ),
        (
            Rule(Every.YEAR, month=2, month_day=3),
            "Hằng năm vào ngày 3 tháng 2, không định ngày kết thúc.",
            "Every year on 3 February, without an end.",
        ),
        (
            Rule(Every.YEAR, month=2, month_day=29),
            "Hằng năm vào ngày 29 tháng 2, chỉ những năm nhuận, không định ngày kết thúc.",
            "Every year on 29 February, only in leap years, without an end.",
        ),
        (
            Rule(Every.YEAR, month=3, nth=LAST, weekday=4),
            "Hằng năm vào Thứ Sáu cuối cùng của tháng 3, không định ngày kết thúc.",
            "Every year on the last Friday of March, without an end.",
        ),
    ],
)
def test_a_rule_is_said_as_people_say_it(rule: Rule, vi: str, en: str) -> None:
    assert said(rule, "en") == en
    assert said(rule, "vi") == vi


def test_what_becomes_of_holidays_is_said() -> None:
    assert said(Rule(Every.DAY), "en", OnDaysOff.SKIP).endswith("; public holidays are left out.")
    assert said(Rule(Every.DAY), "vi", OnDaysOff.MOVE).endswith(
        "; ngày nghỉ lễ được dời sang ngày làm việc tiếp theo."
    )
