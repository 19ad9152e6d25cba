"""What can be wrong with a wish for a report on people."""

from __future__ import annotations

from confhub.kernel.errors import Conflict, Gone, Invalid, NotFound


class PeriodWrong(Invalid):
    """The first day lies after the last one, or the period is too long."""

    code = "period_wrong"
    message = "The period must end on or after its first day, and be at most {days} days long."
    remedy = "Choose other days."


class TooFewSessions(Invalid):
    """Nothing to compare."""

    code = "too_few_sessions"
    message = "A comparison takes from 2 to {limit} sessions."
    remedy = "Choose sessions of the list."


class PersonNotListed(NotFound):
    """Not of this session, or outside one's branches."""

    code = "person_not_listed"
    message = "There is no such person in this session, or not in your branches."


class FileGone(Gone):
    """A report's file is kept for an hour, and not over a restart of the hub."""

    code = "report_file_gone"
    message = "This file no longer exists."
    remedy = "Create it again; a file is kept for an hour and does not outlast a restart of the hub."


class FileFailed(Conflict):
    """The file could not be made."""

    code = "report_file_failed"
    message = "The file could not be made."
    remedy = "Try again; if the problem remains, ask the operator to look into the hub's log."


class TooManyFiles(Conflict):
    """Files are being made already."""

    code = "too_many_report_files"
    message = "{limit} files are being made for you already."
    remedy = "Wait until one of them is ready."
