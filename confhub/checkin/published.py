"""What others' statements may read of check-ins."""

from __future__ import annotations

from confhub.checkin.models import (
    DerivedState,
    PersonEvent,
    PersonPresence,
    RoomTotals,
    SessionBreak,
)
from confhub.db.published import Published


class PresenceColumns(Published):
    """Derived: a person's presence."""

    _row = PersonPresence

    session_id = PersonPresence.session_id
    attendee_id = PersonPresence.attendee_id
    endpoint_id = PersonPresence.endpoint_id
    unit_id = PersonPresence.unit_id
    status = PersonPresence.status
    millis = PersonPresence.millis
    completed = PersonPresence.completed
    spans = PersonPresence.spans


class TotalsColumns(Published):
    """Derived: a room's totals."""

    _row = RoomTotals

    session_id = RoomTotals.session_id
    unit_id = RoomTotals.unit_id
    started_at = RoomTotals.started_at


class DerivedColumns(Published):
    """Whether what is derived stands."""

    _row = DerivedState

    session_id = DerivedState.session_id
    stale = DerivedState.stale
    digest = DerivedState.digest


class BreakColumns(Published):
    """Breaks of sessions."""

    _row = SessionBreak

    session_id = SessionBreak.session_id
    starts_at = SessionBreak.starts_at
    ends_at = SessionBreak.ends_at


class EventColumns(Published):
    """What was told of people."""

    _row = PersonEvent

    id = PersonEvent.id
    session_id = PersonEvent.session_id
    attendee_id = PersonEvent.attendee_id
    endpoint_id = PersonEvent.endpoint_id
    kind = PersonEvent.kind
    at = PersonEvent.at
