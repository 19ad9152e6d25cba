"""What a series or a booking refuses, in the reader's words."""

from __future__ import annotations

from confhub.kernel.errors import Conflict, Invalid, NotFound


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


class RepetitionMissing(Invalid):
    code = "series_repetition_missing"
    message = "A series repeats by days, weeks, months or years."
    remedy = "Choose one of them, or end the series on its page."


class EndMissing(Invalid):
    code = "series_end_missing"
    message = "The series shall end, but it is not said when."
    remedy = "Write the last day, or the number of dates, or let the series go on."


class SeriesUnknown(NotFound):
    code = "series_unknown"
    message = "There is no such series, or it is outside your branch."


class OccurrenceUnknown(NotFound):
    code = "series_date_unknown"
    message = "The series has no such date."
    remedy = "Look at the list of its dates."


class SeriesEnded(Conflict):
    code = "series_ended"
    message = "The series was ended; nothing of it can be changed any more."
    remedy = "Plan a new series."


class DateFixed(Conflict):
    code = "series_date_fixed"
    message = "This date is past, or its rooms are being called: it stays as it is."
    remedy = "Change a later date."


class DateNotSkipped(Conflict):
    code = "series_date_not_skipped"
    message = "This date is not left out, so it cannot be given back."
    remedy = "Reload the page and look again."


class DateWithoutSession(Conflict):
    code = "series_date_without_session"
    message = "This date is left out: there is no session on it."
    remedy = "Give the date back first."


class NothingLeft(Conflict):
    code = "series_nothing_left"
    message = "The series has no date on or after this day that could still be changed."
    remedy = "Plan a new series."


class RoomsTaken(Conflict):
    code = "rooms_taken"
    message = "{room} is taken from {since} to {until} by {holder}."
    remedy = "Choose other hours or rooms, or ask {contact}."


class ReasonNeeded(RoomsTaken):
    code = "conflict_reason_needed"
    remedy = "Write a reason to book it all the same, choose other hours or rooms, or ask {contact}."


class BuffersMeet(Conflict):
    code = "room_buffers_meet"
    message = (
        "With this much time for setting up and clearing, sessions already planned in this room would meet."
    )
    remedy = "Choose less, or move one of the sessions first."


class BufferOutOfRange(Invalid):
    code = "buffer_out_of_range"
    message = "Setting up or clearing a room takes between 0 and {max_min} minutes."
    remedy = "Correct the number."


class TooManyOwnDays(Invalid):
    code = "too_many_days_off"
    message = "A unit has at most {max_count} days off of its own."
    remedy = "Remove days that are past."


class DayOffNameMissing(Invalid):
    code = "day_off_name_missing"
    message = "A day off needs a name of at most {max_chars} characters."
    remedy = "Write what is celebrated, or why the office is closed."


class DayOffTwice(Invalid):
    code = "day_off_twice"
    message = "This day is a day off of the unit already: {name}."
    remedy = "Choose another day, or change that entry."


class DayOffGone(Conflict):
    code = "day_off_gone"
    message = "This day off is no longer there: somebody moved or removed it."
    remedy = "Reload the page and look again."


class SearchOutOfRange(Invalid):
    code = "free_search_out_of_range"
    message = "Free windows are looked for on 1 to {max_count} days."
    remedy = "Choose fewer days, and ask again from a later one."


class HoursTurned(Invalid):
    code = "free_hours_turned"
    message = "The office would close before it opens."
    remedy = "Correct the hours."


class CalendarTurned(Invalid):
    code = "calendar_turned"
    message = "The end of the stretch lies before its beginning."
    remedy = "Ask for an end that comes later."


class CalendarOutOfRange(Invalid):
    code = "calendar_out_of_range"
    message = "The calendar goes from {first} to {last}."
    remedy = "Check the year."


class CalendarTooLong(Invalid):
    code = "calendar_too_long"
    message = "The calendar shows at most {max_days} days at once."
    remedy = "Ask for a shorter stretch."


class MovedWhileCalled(Conflict):
    code = "session_move_called"
    message = "The rooms of this session are being called, or it is live: its hours stay as they are."
    remedy = "Open the session to change what still can be changed."


class MovedWhenOver(Conflict):
    code = "session_move_over"
    message = "This session was held: its hours stay as they are."
    remedy = "Copy the session to plan it once more."


class MovedWhenCancelled(Conflict):
    code = "session_move_cancelled"
    message = "This session was cancelled, so it cannot be moved."
    remedy = "Copy the session to plan it once more."


class AnnouncedMoves(Conflict):
    """Asked once, before something that others reckon with is moved."""

    code = "session_move_announced"
    message = "The session is scheduled already. Rooms that will be called at the new hour: {rooms}."
    remedy = "Confirm to move it all the same."
