"""What check-in refuses, in the reader's words."""

from __future__ import annotations

from confhub.kernel.errors import (
    Conflict,
    Forbidden,
    Gone,
    Invalid,
    NotFound,
    TooMany,
    TooManyAtOnce,
    Unavailable,
)
from confhub.rosters import import_errors as people_errors
from confhub.sheets import errors as sheet_errors


class CheckinBusy(Unavailable):
    """More check-ins wait than the database takes; the sender keeps its own and comes back."""

    code = "checkin_busy"
    message = "The hub is busy storing check-ins."
    remedy = "Send it again in a moment."


class ClockUnmeasured(Unavailable):
    """A device's clock is not the hub's, and no round trip says by how much; it keeps what it has."""

    code = "clock_unmeasured"
    message = "The hub cannot tell what this device's clock is off by."
    remedy = "Compare it with the hub's (GET /api/v1/time) and send this again with the round trip."


class RoomsOwe(Conflict):
    """Rooms may still have check-ins to deliver; closing all the same is said so."""

    code = "rooms_owe"
    message = "Rooms that may still have check-ins to deliver: {count} ({rooms})."
    remedy = "Let their tablets be switched on near the network, or close the attendance all the same."


class SealedAlready(Conflict):
    code = "sealed_already"
    message = "The attendance of this session is closed already."


class NotSealed(Conflict):
    code = "not_sealed"
    message = "The attendance of this session is not closed."
    remedy = "Close it first."


class HeadReopened(NotSealed):
    code = "seal_reopened"
    message = "This seal was of {closed}. It was opened again by {by} at {at}, because: {reason}. The attendance has not been closed since."  # noqa: E501 - one message
    remedy = "Ask for a report made after the next closing."


class HeadUnknown(NotSealed):
    code = "seal_unknown"
    message = "This seal is of no closing of this session: it was typed wrongly, or the report was altered."
    remedy = "Compare it letter by letter with the report."


class NotEnded(Conflict):
    code = "session_not_ended"
    message = "The session is not over yet."
    remedy = "End it first."


class StretchInvalid(Invalid):
    code = "stretch_invalid"
    message = "A period must start before it ends and fall within the session's live time."
    remedy = "Correct the times."


class ActionUnknown(Invalid):
    code = "correction_unknown"
    message = "A correction adds a period or removes one."


class CorrectionWithoutEffect(Conflict):
    code = "correction_without_effect"
    message = "This correction would change nothing."
    remedy = "Look at the person's periods and at the room's, and correct the times."


class CorrectionNeedsVouching(Conflict):
    code = "correction_needs_vouching"
    message = "The room was not connected in this period, so that it would not count."
    remedy = "Choose that it counts although the room was not connected, if you answer for it."


class FiguresWouldChange(Conflict):
    """Asked once: what a rule that is switched under way does to people is seen before it does it."""

    code = "figures_would_change"
    message = (
        "This changes figures. People concerned: {people};"
        " minutes in all: {minutes_before} → {minutes_after};"
        " people who complete: {completed_before} → {completed_after};"
        " late: {late_before} → {late_after}; left early: {left_early_before} → {left_early_after};"
        " rooms that are late: {late_rooms_before} → {late_rooms_after}."
    )
    remedy = "Save it once more if that is what you want."


class TooManyVisitors(Conflict):
    code = "too_many_visitors"
    message = "This room has received {max} people of other rooms' lists already."
    remedy = "Ask the training officer to change the list."


class HeadsUnlikely(Invalid):
    code = "heads_unlikely"
    message = "{people} people were declared where {expected} are expected."
    remedy = "Count once more, and declare the number again if it is right."


class TooManyCorrections(Conflict):
    code = "too_many_corrections"
    message = "One person has at most {max} corrections in a session."
    remedy = "Combine several periods into one."


class BeforeSession(Invalid):
    code = "before_session"
    message = "Check-in was not open yet at that time."
    remedy = "Check in once the session's rooms are open."


class InFuture(Invalid):
    code = "in_future"
    message = "This time is in the future."
    remedy = "Set the device's clock and send it again."


class PersonUnknown(Invalid):
    code = "person_unknown"
    message = "There is no such person."
    remedy = "Reload the list and choose again."


class BadgeUnknown(Invalid):
    code = "badge_unknown"
    message = "This badge belongs to nobody."
    remedy = "Read it again, or find the person by name."


class PersonNotInSession(Invalid):
    code = "person_not_in_session"
    message = "This person is not on the list of this session."
    remedy = "Ask the training officer to add them."


class NotOnRoomList(Invalid):
    code = "not_on_room_list"
    message = "This person is not on the list of this room."
    remedy = "Use the person's own code, or ask the room that the person comes from."


class SessionOver(Conflict):
    code = "session_over"
    message = "The session was over by then."
    remedy = "Ask the training officer for a correction."


class NotAdmittedThen(Conflict):
    code = "not_admitted_then"
    message = "This device had not been admitted to the room at that time."
    remedy = "Ask the training officer for a correction."


class MoveDeclined(Conflict):
    code = "move_declined"
    message = "The room that the person is checked in to says that the person is still there."
    remedy = "Ask the training officer where the person really is."


class TooManyMoves(Conflict):
    code = "too_many_moves"
    message = "This device has {max} requests for people of other rooms that nobody has answered."
    remedy = "Wait for the answers, or ask the training officer."


class TooManyRefused(TooMany):
    code = "too_many_refused"
    message = "Too much of what this device told within a minute was refused."
    remedy = "Wait a minute; what the device keeps is not lost."


class MoveUnknown(NotFound):
    code = "move_unknown"
    message = "There is no such request."


class MoveDecided(Conflict):
    code = "move_decided"
    message = "This request has been answered already."


class SourceUnknown(Invalid):
    code = "source_unknown"
    message = "There is no such device or code."


class NothingToUndo(Conflict):
    code = "nothing_to_undo"
    message = "Nothing of this device or code counts in your branch."


class PhoneUnknown(NotFound):
    code = "phone_unknown"
    message = "No phone counts for this person, or it is outside your branch."


class GuestsClosed(Invalid):
    code = "guests_closed"
    message = "This session does not admit guests."
    remedy = "Ask the training officer to add the person to the list."


class GuestNeverCame(Conflict):
    code = "guest_never_came"
    message = "Nobody came as this guest, so there is nobody to check out."
    remedy = "Check the guest in first; whoever came as a guest leaves by their entry on the room's list."


class TooManyGuests(Conflict):
    code = "too_many_guests"
    message = "This room has {max} guests already."
    remedy = "Ask the training officer to add people to the list."


class WayClosed(Invalid):
    code = "way_closed"
    message = "This session does not use this way of checking in."
    remedy = "Use one of the ways that the session offers."


class KeyTaken(Conflict):
    code = "key_taken"
    message = "This key was used for another event before."
    remedy = "Give each event a key of its own."


class WhoMissing(Invalid):
    code = "who_missing"
    message = "Say who it is: a person of the list, a badge, or a guest's name; one of them."


class TabletCodeUnknown(Invalid):
    code = "tablet_code_unknown"
    message = "There is no such code for a tablet."
    remedy = "Compare it with the one on the room's page."


class TabletCodeUsed(Conflict):
    code = "tablet_code_used"
    message = "This code has already been used."
    remedy = "Ask for a new one; each code counts once."


class TabletCodeExpired(Gone):
    code = "tablet_code_expired"
    message = "This code has expired."
    remedy = "Ask for a new one."


class TabletUnknown(Forbidden):
    code = "tablet_unknown"
    message = "This tablet is not registered for a room, or was revoked."
    remedy = "Enter a new code for the tablet."


class TabletNotFound(NotFound):
    code = "tablet_not_found"
    message = "There is no such tablet, or it is outside your branch."


class CodeWrong(Invalid):
    code = "code_wrong"
    message = "This is not the code that the room shows now."
    remedy = "Look at the room's screen and try again."


class CodeExpired(Gone):
    code = "code_expired"
    message = "This code is no longer valid."
    remedy = "Scan the one that the room's screen shows now."


class RoomUnknown(Invalid):
    code = "room_unknown"
    message = "No session is open in a room with this number."
    remedy = "Type the room's number as the screen shows it."


class VisitExpired(Gone):
    code = "visit_expired"
    message = "Too much time has passed since the code was scanned."
    remedy = "Scan the room's code again."


class VisitUsed(Conflict):
    code = "visit_used"
    message = "This scan has already been used for that."
    remedy = "Scan the room's code again."


class TooManyCodes(TooMany):
    message = "Too many wrong codes."
    remedy = "Wait {minutes} min, or scan the QR code."


class CodeOnceMore(Conflict):
    code = "code_once_more"
    message = "Right. But somebody is guessing at this room's digits, so one code is not enough."
    remedy = "Type the next digits too, which the screen shows within a minute, or scan the QR code."


class TooManyPhones(TooMany):
    code = "too_many_phones"
    message = "More phones have checked in to this room than it has people."
    remedy = "Ask the room's operator to check you in on the tablet."


class TooManyPhonesAtOnce(TooManyAtOnce):
    message = "Too many phones are checking in to this room at this moment."
    remedy = "Scan the room's code again in a minute, or ask the room's operator."


class TooManySearches(TooMany):
    code = "too_many_searches"
    message = "Too many searches with one scan."
    remedy = "Scan the room's code again."


class SearchTooShort(Invalid):
    code = "search_too_short"
    message = "Type at least {min} letters of the name."


class NoPrompt(Conflict):
    code = "no_prompt"
    message = "Nobody is asked to confirm at this moment."


class NotLive(Conflict):
    code = "session_not_live"
    message = "This can only be done while the session is live."


class MarginOutOfRange(Invalid):
    code = "margin_out_of_range"
    message = "The margin for late scans is {min} to {max} seconds."
    remedy = "Correct it."


class PercentOutOfRange(Invalid):
    code = "percent_out_of_range"
    message = "A percentage from 1 to 100 is needed."
    remedy = "Correct it."


class TooManyPrompts(Invalid):
    code = "too_many_prompts"
    message = "At most {max} presence prompts in one session."
    remedy = "Choose fewer."


class WaysMissing(Invalid):
    code = "ways_missing"
    message = "At least one way to check in is needed."
    remedy = "Choose one or several."


class BreakOpen(Conflict):
    code = "break_open"
    message = "A break is running already."
    remedy = "End it first."


class NoBreakOpen(Conflict):
    code = "no_break_open"
    message = "No break is running."


class BreakInvalid(Invalid):
    code = "break_invalid"
    message = "A break must start before it ends and fall within the session."
    remedy = "Correct the times."


class BreaksOverlap(Conflict):
    code = "breaks_overlap"
    message = "There is another break at that time."
    remedy = "Correct the times."


class TooManyBreaks(Conflict):
    code = "too_many_breaks"
    message = "A session has at most {max} breaks."


class BreakNotFound(NotFound):
    code = "break_not_found"
    message = "There is no such break."


class ColumnMissing(sheet_errors.ColumnMissing):
    message = "The file has no column for the person, or none for the time of arrival."
    remedy = (
        "Name the columns Mã (code), Mã thẻ (badge) or Họ và tên (name), and Giờ vào (in); Giờ ra (out), "
        "Đơn vị (unit) and Điểm cầu (room) are optional. Or check the file first, and say which row has the "
        "column names."
    )


class TimeUnreadable(Invalid):
    code = "time_unreadable"
    message = "“{value}” is not a time."
    remedy = "Write it like 08:05 or 22/11/2026 08:05."


class OutBeforeIn(Invalid):
    code = "out_before_in"
    message = "The hour of leaving lies before the hour of coming."
    remedy = "Correct one of the two; nothing of this row is taken."


class SheetWithoutList(Invalid):
    code = "sheet_without_list"
    message = "On the sheet {value} no list with people and hours was found."
    remedy = (
        "Say which row has the column names, or name them: at least the name, and Giờ vào or Giờ ra; or "
        "leave the sheet out."
    )


class PersonAmbiguous(people_errors.PersonAmbiguous):
    message = "Several people of this session are called {name}."
    remedy = "Give the code, or the unit."


class TooManyFileRows(Invalid):
    code = "too_many_rows"
    message = "The file has more than {max} rows."
    remedy = "Split it."
