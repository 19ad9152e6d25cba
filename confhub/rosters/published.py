"""What others' statements may read of sessions' lists."""

from __future__ import annotations

from confhub.db.published import Published
from confhub.rosters.models import AbsenceNotice, FrozenPerson, RosterEntry, SessionAttendee, SessionRoster


class ListedColumns(Published):
    """People on sessions' frozen lists."""

    _row = SessionAttendee

    session_id = SessionAttendee.session_id
    attendee_id = SessionAttendee.attendee_id
    endpoint_id = SessionAttendee.endpoint_id
    unit_id = SessionAttendee.unit_id
    visits_endpoint_id = SessionAttendee.visits_endpoint_id
    origin = SessionAttendee.origin
    added_at = SessionAttendee.added_at
    removed_at = SessionAttendee.removed_at
    state = SessionAttendee.state
    state_at = SessionAttendee.state_at


class NoticeColumns(Published):
    """Notices of absence."""

    _row = AbsenceNotice

    id = AbsenceNotice.id
    session_id = AbsenceNotice.session_id
    attendee_id = AbsenceNotice.attendee_id
    state = AbsenceNotice.state
    decided_at = AbsenceNotice.decided_at


class FrozenColumns(Published):
    """Sessions whose list was frozen."""

    _row = SessionRoster

    session_id = SessionRoster.session_id


class FrozenNames(Published):
    """What people were called on sessions' lists."""

    _row = FrozenPerson

    attendee_id = FrozenPerson.attendee_id
    code = FrozenPerson.code
    name = FrozenPerson.name


class EntryColumns(Published):
    """Entries of lists that are not frozen."""

    _row = RosterEntry

    attendee_id = RosterEntry.attendee_id
    endpoint_id = RosterEntry.endpoint_id
    course_id = RosterEntry.course_id
    excluded = RosterEntry.excluded
