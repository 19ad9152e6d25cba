"""What a rule of repetition refuses, in the reader's words."""

from __future__ import annotations

from confhub.kernel.errors import Invalid


class RuleUnreadable(Invalid):
    code = "series_rule_unreadable"
    message = "The rule of repetition cannot be read."
    remedy = "Write it as RFC 5545 has it, such as FREQ=WEEKLY;BYDAY=TU."


class RuleUnsupported(Invalid):
    code = "series_rule_unsupported"
    message = "A rule of repetition with {part} in this way is not supported."
    remedy = "Repeat by days, weeks with weekdays, months or years, and enter other dates one by one."


class RuleGivesNoDate(Invalid):
    code = "series_rule_without_date"
    message = "This rule gives no date at all."
    remedy = "Check day and month: not every month has a 30th and a 31st."


class IntervalOutOfRange(Invalid):
    code = "series_interval_out_of_range"
    message = "The number between two dates must be between 1 and {max_count}."
    remedy = "Correct the number."


class WeekdayUnknown(Invalid):
    code = "series_weekday_unknown"
    message = "There is no such weekday."
    remedy = "Choose from Monday to Sunday."


class NthUnknown(Invalid):
    code = "series_nth_unknown"
    message = "In a month, a weekday is the first, second, third, fourth or last one."
    remedy = "Choose one of these; not every month has a fifth."


class MonthDayOutOfRange(Invalid):
    code = "series_month_day_out_of_range"
    message = "A month's day lies between 1 and 31, or is the last one."
    remedy = "Correct the day."


class MonthOutOfRange(Invalid):
    code = "series_month_out_of_range"
    message = "There is no such month."
    remedy = "Choose a month from 1 to 12."


class UntilAndCount(Invalid):
    code = "series_until_and_count"
    message = "A series ends on a day or after a number of dates, not both."
    remedy = "Leave one of them empty."


class CountOutOfRange(Invalid):
    code = "series_count_out_of_range"
    message = "{count} dates cannot be counted: a series has between 1 and {max_count}."
    remedy = "Correct the number, or leave the end open: dates are made ahead as time goes on."


class UntilBeforeStart(Invalid):
    code = "series_until_before_start"
    message = "The series would end before it begins."
    remedy = "Choose a later last day."


class UntilTooFar(Invalid):
    code = "series_until_too_far"
    message = "The last day is more than {years} years after the first one."
    remedy = "Check the year, or leave the end open."
