"""What can go wrong with weekly schedules."""

from __future__ import annotations

from confhub.kernel.errors import Conflict, Invalid, NotFound, TooMany


class WeekUnknown(NotFound):
    """There is no such week, or it is too far away."""

    code = "week_not_found"


class EntryUnknown(NotFound):
    """There is no such entry, or it is another unit's or week's."""

    code = "week_entry_not_found"


class DayOutside(Invalid):
    code = "week_day_outside"
    message = "This day does not belong to the week."
    remedy = "Choose a day from {first} to {last}."


class EndsBefore(Invalid):
    code = "week_ends_before"
    message = "The end lies before the beginning."
    remedy = "Leave the end empty, or choose a later hour of the same day."


class WeekFull(Conflict):
    code = "week_full"
    message = "This week has {max_count} entries already."
    remedy = "Remove some, or put several into one."


class NotADraft(Conflict):
    code = "week_not_a_draft"
    message = "The schedule of this week is approved already."
    remedy = "Take it back to a draft to approve it anew."


class NotApproved(Conflict):
    code = "week_not_approved"
    message = "Only a schedule that is approved can be published."
    remedy = "Have it approved first; a schedule that is published already needs nothing more."


class StillADraft(Conflict):
    code = "week_still_a_draft"
    message = "The schedule of this week is a draft."
    remedy = "Change it as it is; there is nothing to take back."


class NothingToCopy(Conflict):
    code = "week_nothing_to_copy"
    message = "The week before has no own entries that this week lacks."
    remedy = "Add them one by one; sessions come in by themselves."


class SheetsBusy(TooMany):
    """Too many files are being drawn."""

    code = "week_sheets_busy"
    message = "Too many files are being made at this moment."
    remedy = "Try again in a few seconds."
