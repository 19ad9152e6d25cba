"""What others' statements may read of sessions."""

from __future__ import annotations

from confhub.db.published import Published
from confhub.sessions.models import FrozenRoom, FrozenUnit, MeetingSession, SessionEndpoint


class SessionColumns(Published):
    """Sessions."""

    _row = MeetingSession

    id = MeetingSession.id
    unit_id = MeetingSession.unit_id
    title = MeetingSession.title
    kind = MeetingSession.kind
    state = MeetingSession.state
    starts_at = MeetingSession.starts_at
    length_min = MeetingSession.length_min
    actual_start = MeetingSession.actual_start
    actual_end = MeetingSession.actual_end
    sealed_at = MeetingSession.sealed_at
    late_min = MeetingSession.late_min
    left_early_min = MeetingSession.left_early_min
    by_plan = MeetingSession.by_plan
    attendance_rules = MeetingSession.attendance_rules
    chair_endpoint_id = MeetingSession.chair_endpoint_id
    state_since = MeetingSession.state_since
    created_by = MeetingSession.created_by
    created_at = MeetingSession.created_at


class PlaceColumns(Published):
    """Rooms of sessions."""

    _row = SessionEndpoint

    session_id = SessionEndpoint.session_id
    endpoint_id = SessionEndpoint.endpoint_id
    unit_id = SessionEndpoint.unit_id
    state = SessionEndpoint.state
    connection = SessionEndpoint.connection
    expected_from = SessionEndpoint.expected_from
    expected_until = SessionEndpoint.expected_until
    removed_at = SessionEndpoint.removed_at
    last_seen_at = SessionEndpoint.last_seen_at


class FrozenRoomColumns(Published):
    """What a session's rooms were called."""

    _row = FrozenRoom

    session_id = FrozenRoom.session_id
    endpoint_id = FrozenRoom.endpoint_id
    code = FrozenRoom.code
    name = FrozenRoom.name
    kind = FrozenRoom.kind
    sort_key = FrozenRoom.sort_key


class FrozenUnitColumns(Published):
    """What units were called on sessions' days, and where they stood in the tree."""

    _row = FrozenUnit

    session_id = FrozenUnit.session_id
    unit_id = FrozenUnit.unit_id
    parent_id = FrozenUnit.parent_id
    path = FrozenUnit.path
    name = FrozenUnit.name
    sort_key = FrozenUnit.sort_key
    tier_id = FrozenUnit.tier_id
    tier_name = FrozenUnit.tier_name
    tier_name_en = FrozenUnit.tier_name_en
    tier_rank = FrozenUnit.tier_rank
    frozen_at = FrozenUnit.frozen_at
