"""The statements by which a group of deliveries is read: made once, as making one costs as much as asking."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import bindparam, func, select

from confhub.checkin.models import (
    OPEN,
    CheckinDevice,
    CheckinMove,
    CheckinPolicy,
    PersonEvent,
    UndoneEvent,
)
from confhub.checkin.store import among
from confhub.org.models import UnitRow
from confhub.people.models import AttendeeRow
from confhub.rosters import store as rosters
from confhub.rosters.models import SessionAttendee, SessionRoster
from confhub.sessions.models import MeetingSession, SessionChange, SessionEndpoint
from confhub.sessions.values import SessionState


def _sessions_query() -> Any:
    s, c, p, r = MeetingSession, SessionChange, CheckinPolicy, SessionRoster
    opened = (
        select(func.min(c.at))
        .where(c.session_id == s.id, c.state.in_([SessionState.LOBBY.value, SessionState.LIVE.value]))
        .correlate(s)
        .scalar_subquery()
    )
    return (
        select(
            s.id, opened, s.state, s.sealed_at, s.actual_start, s.actual_end, p.ways, p.guests, r.frozen_at
        )
        .outerjoin(p, p.session_id == s.id)
        .outerjoin(r, r.session_id == s.id)
        .where(among(s.id, "sessions"))
        .with_for_update(read=True, of=s)
    )


SESSIONS: Final = _sessions_query()

ROOMS: Final = select(
    SessionEndpoint.session_id,
    SessionEndpoint.endpoint_id,
    SessionEndpoint.unit_id,
    SessionEndpoint.removed_at,
    SessionEndpoint.state,
).where(among(SessionEndpoint.session_id, "sessions"), among(SessionEndpoint.endpoint_id, "rooms"))

LISTED: Final = (
    select(
        SessionAttendee.attendee_id,
        SessionAttendee.endpoint_id,
        SessionAttendee.state,
        SessionAttendee.state_at,
        SessionAttendee.removed_at,
        AttendeeRow.name,
    )
    .join(AttendeeRow, AttendeeRow.id == SessionAttendee.attendee_id)
    .where(SessionAttendee.session_id == bindparam("session"), among(SessionAttendee.attendee_id, "people"))
)

DEVICES: Final = select(CheckinDevice.device, CheckinDevice.attendee_id).where(
    CheckinDevice.session_id == bindparam("session"), among(CheckinDevice.device, "devices")
)

HEARD: Final = (
    select(PersonEvent.attendee_id, PersonEvent.at, PersonEvent.kind, PersonEvent.endpoint_id, PersonEvent.by)
    .where(
        PersonEvent.session_id == bindparam("session"),
        among(PersonEvent.attendee_id, "people"),
        PersonEvent.id.not_in(
            select(UndoneEvent.event_id).where(UndoneEvent.session_id == bindparam("session"))
        ),
    )
    .order_by(PersonEvent.id)
)

PATHS: Final = (
    select(SessionEndpoint.endpoint_id, UnitRow.path)
    .join(UnitRow, UnitRow.id == SessionEndpoint.unit_id)
    .where(SessionEndpoint.session_id == bindparam("session"), among(SessionEndpoint.endpoint_id, "rooms"))
)

MOVES: Final = select(CheckinMove.key, CheckinMove.state).where(among(CheckinMove.key, "keys"))
OPEN_MOVES: Final = (
    select(CheckinMove.session_id, CheckinMove.by, func.count())
    .where(among(CheckinMove.session_id, "sessions"), CheckinMove.state == OPEN)
    .group_by(CheckinMove.session_id, CheckinMove.by)
)

GUESTS: Final = (
    select(SessionAttendee.session_id, SessionAttendee.endpoint_id, func.count())
    .where(
        among(SessionAttendee.session_id, "sessions"),
        among(SessionAttendee.endpoint_id, "rooms"),
        SessionAttendee.origin == rosters.GUEST,
        SessionAttendee.removed_at.is_(None) | (SessionAttendee.state != "expected"),
    )
    .group_by(SessionAttendee.session_id, SessionAttendee.endpoint_id)
)

KNOWN: Final = select(
    PersonEvent.key, PersonEvent.session_id, PersonEvent.kind, PersonEvent.attendee_id
).where(among(PersonEvent.key, "keys"))
