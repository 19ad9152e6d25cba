"""What a session refuses, in the reader's words."""

from __future__ import annotations

from confhub.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from confhub.registry import errors


class SessionUnknown(NotFound):
    code = "session_unknown"
    message = "There is no such session, or it is outside your branch."


class NotInSession(NotFound):
    code = "not_in_session"
    message = "This participant does not take part in this session."


class TitleMissing(Invalid):
    code = "title_missing"
    message = "A session needs a title."
    remedy = "Write a title."


class TitleTooLong(Invalid):
    code = "title_too_long"
    message = "The title is longer than {max_chars} characters."
    remedy = "Shorten it."


class ReasonTooLong(Invalid):
    code = "reason_too_long"
    message = "The reason is longer than {max_chars} characters."
    remedy = "Shorten it."


class TextNotPrintable(Invalid):
    code = "text_not_printable"
    message = "The text holds characters that cannot be shown."
    remedy = "Type it anew."


class KindUnknown(Invalid):
    code = "kind_unknown"
    message = "A session is a meeting or a training session."
    remedy = "Choose one of the two."


class StartInPast(Invalid):
    code = "start_in_past"
    message = "The start is in the past."
    remedy = "Choose a later date or hour."


class StartTooFar(Invalid):
    code = "start_too_far"
    message = "The start is more than {years} years ahead."
    remedy = "Check the year."


class LengthOutOfRange(Invalid):
    code = "length_out_of_range"
    message = "A session lasts between {min_min} and {max_min} minutes."
    remedy = "Correct the length, or plan several sessions."


class MinutesOutOfRange(Invalid):
    code = "minutes_out_of_range"
    message = "The number of minutes must be between {min_min} and {max_min}."
    remedy = "Correct the number."


class ChairMissing(Invalid):
    code = "chair_missing"
    message = "A session needs a chair endpoint before it is scheduled."
    remedy = "Choose the endpoint that leads the session."


class EndpointUnknown(Invalid):
    code = "endpoint_unknown"
    message = "There is no such endpoint, or it is outside your branch."
    remedy = "Choose an endpoint of your branch."


class EndpointRetired(errors.EndpointRetired):
    message = "The endpoint {name} is no longer in use."
    remedy = "Choose another endpoint."


class UnitUnknown(Invalid):
    code = "unit_unknown"
    message = "There is no such unit, or it is outside your branch."
    remedy = "Choose a unit of your branch."


class UnitNotValid(Invalid):
    code = "unit_not_valid"
    message = "The unit {name} does not exist on the day of the session."
    remedy = "Choose a unit that is valid on that day, or another day."


class NobodyChosen(Invalid):
    code = "nobody_chosen"
    message = "No endpoint takes part besides the chair."
    remedy = "Choose at least one branch or endpoint."


class TooManyEndpoints(Invalid):
    code = "too_many_endpoints"
    message = "{count} endpoints are more than the {max_count} of one session."
    remedy = "Choose fewer branches."


class TooManyChoices(Invalid):
    code = "too_many_choices"
    message = "The list is longer than {max_count} entries."
    remedy = "Choose a branch instead of single entries."


class WrongState(Conflict):
    code = "session_wrong_state"
    message = "The session's present state does not allow this."
    remedy = "Reload the page and look at its state."


class IsDraft(WrongState):
    """`by`, `at` here and below: who took it to its state, and when, in the house's zone."""

    message = "The session is a draft by {by} of {at}."
    remedy = "Schedule it first."


class IsScheduled(WrongState):
    message = "The session was scheduled by {by} at {at}, and has not begun."


class LobbyIsOpen(WrongState):
    message = "The lobby was opened by {by} at {at}."


class IsLive(WrongState):
    message = "The session was begun by {by} at {at}."


class IsEnded(WrongState):
    message = "The session was ended by {by} at {at}."


class IsArchived(WrongState):
    message = "The session is over, and was archived by {by} at {at}."


class IsCancelled(WrongState):
    message = "The session was cancelled by {by} at {at}."


class FixedWhileLive(Conflict):
    code = "session_fixed_while_live"
    message = "This cannot be changed while the session is live."
    remedy = "End the session, or leave the value as it is."


class SessionNotOpen(Conflict):
    code = "session_not_open"
    message = "The session is not open for joining now."
    remedy = "The lobby opens {lobby_min} min before the start."


class RoomInOtherSession(Conflict):
    code = "room_in_other_session"
    message = "This room is in another session now."
    remedy = "It comes over by itself when that session ends; an operator of both may bring it over by name."


class SessionOver(SessionNotOpen):
    """Not open any more: no lobby will open. For programs it is the same: one code."""

    message = "The session is over: it has ended or was cancelled."
    remedy = "Look at the list of sessions for the next one."


class RemovedFromSession(Forbidden):
    code = "removed_from_session"
    message = "You were removed from this session."
    remedy = "Ask the organizer to let you in again."


class ChairNotRemovable(Conflict):
    code = "chair_not_removable"
    message = "The chair endpoint cannot be removed or dropped."
    remedy = "Choose another chair first."


class NotOnStage(Conflict):
    code = "not_on_stage"
    message = "This participant is not on stage."


class NotConnected(Conflict):
    code = "not_connected"
    message = "This participant is not connected now."
    remedy = "Call the room again, or wait until it is back."


class StageFull(Conflict):
    code = "stage_full"
    message = "There are already {max_count} speakers on stage."
    remedy = "Take the floor back from one of them first."


class DeckFull(Conflict):
    code = "deck_full"
    message = "There are already {max_count} participants prepared to speak."
    remedy = "Give one of them the floor, or release one first."


class TooManyPages(Conflict):
    code = "too_many_pages"
    message = "You have this session open on {max_count} pages already."
    remedy = "Close some of them."


class AttendanceSealed(Conflict):
    code = "attendance_sealed"
    message = "The attendance of this session is closed; nothing in it can be changed."
    remedy = "Ask the training officer to reopen it."


class SessionCancelled(Conflict):
    code = "session_cancelled"
    message = "This session was cancelled."


class RoomNotInSession(Invalid):
    code = "room_not_in_session"
    message = "This room does not take part in this session."
    remedy = "Choose the session that this room is in."
