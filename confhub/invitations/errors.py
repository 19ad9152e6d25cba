"""What invitations refuse, in the reader's words."""

from __future__ import annotations

from confhub.kernel.errors import Conflict, Gone, Invalid, NotFound, TooMany


class NobodyInvited(Conflict):
    """A letter to nobody is not printed."""

    code = "nobody_invited"
    message = "No room is invited to this session yet."
    remedy = "Choose the rooms in the session's form first."


class TooManyLines(Invalid):
    """Of a part of the letter."""

    code = "too_many_lines"
    message = "These are more than {limit} lines."
    remedy = "Shorten the text, or put it into a document of its own."


class RegistrationUnknown(NotFound):
    """There is none with this token, it was revoked or renewed, or the unit is not invited any more."""

    code = "registration_unknown"
    message = "This registration link is not valid, or no longer."
    remedy = "Use the link of the newest letter, or ask the organizer for a new one."


class RegistrationOver(Gone):
    """After its closing date, or the session's start."""

    code = "registration_over"
    message = "Registration for this session is closed."
    remedy = "What was answered last holds. Tell the organizer by telephone what has changed."


class SessionOff(Gone):
    """A link to a session that was cancelled."""

    code = "registration_session_off"
    message = "This session was cancelled; nobody needs to register."
    remedy = "Wait for a new invitation."


class RegistrationTooOften(TooMany):
    """More than a link or an address may ask in ten minutes."""

    code = "registration_too_often"
    message = "This registration link is asked for too often."
    remedy = "Try again in {retry_after_s} seconds."


class TooManyAnswers(Conflict):
    """All are kept on record."""

    code = "too_many_answers"
    message = "Your unit has answered {limit} times already; the last answer holds."
    remedy = "Tell the organizer by telephone what has changed."


class ClosingInvalid(Invalid):
    """The closing date does not lie ahead, or not before the session."""

    code = "registration_closing"
    message = "Registration closes between now and the start of the session."
    remedy = "Choose a time between the two."


class NotRegistering(Conflict):
    """Links and letters need a registration that is open."""

    code = "not_registering"
    message = "Registration is not open for this session."
    remedy = "Set a closing date first."


class TooLateToRegister(Conflict):
    """The session began, ended, or was cancelled."""

    code = "too_late_to_register"
    message = "This session has begun, is over or was cancelled: nobody registers for it any more."


class UnitNotInvited(NotFound):
    """No room of the unit takes part."""

    code = "unit_not_invited"
    message = "No room of this unit takes part in the session."


class ComesWhen(Invalid):
    """Who comes later says when."""

    code = "comes_when"
    message = "Say when you will come: after the start, and before the end of the session."
    remedy = "Write day and hour, or choose that you come in time."


class SaidMissing(Invalid):
    """A reason, or who stands in."""

    code = "registration_said_missing"
    message = "Say why your unit will be absent, or who represents it."
    remedy = "A short sentence is enough."


class RoomNotYours(Invalid):
    """Delegates sit in a room of their unit that takes part."""

    code = "registration_room"
    message = "This is no room of your unit that takes part in the session."
    remedy = "Choose one of the rooms that are offered."


class TooManyDelegates(Invalid):
    """Of one unit."""

    code = "too_many_delegates"
    message = "At most {limit} delegates can be named here; the list has {count}."
    remedy = "Shorten the list, and send a longer one to the organizer as a file."


class DelegateWithoutName(Invalid):
    """A line of the list begins with no name."""

    code = "delegate_without_name"
    message = "Line {line} of the list has no name."
    remedy = "Write one person a line: name, position, unit."


class DelegateTooLong(Invalid):
    """A name, a position or a unit."""

    code = "delegate_too_long"
    message = "Line {line} of the list: name, position and unit have at most {limit} characters each."
    remedy = "Write one person a line, with commas between name, position and unit."


class DelegateUnreadable(Invalid):
    """Invisible characters, marks that turn the direction of writing, pictures."""

    code = "delegate_unreadable"
    message = "Line {line} of the list holds characters that cannot be read, or pictures."
    remedy = "Type this line anew instead of pasting it."


class HoursUnknown(Invalid):
    """Reminders go out at the hours that are offered."""

    code = "reminder_hours"
    message = "Reminders go out {offered} hours before the start."
    remedy = "Choose among these."
