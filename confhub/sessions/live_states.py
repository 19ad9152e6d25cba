"""What a control room is told of a participant's state: only what is known, and since when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from confhub.sessions.models import SessionEndpoint, SessionPerson
from confhub.sessions.values import OtherSession, RoomState, SessionState

_OVER = (SessionState.ENDED, SessionState.ARCHIVED, SessionState.CANCELLED)
_NOT_COME = (RoomState.EXPECTED, RoomState.CALLED)


@dataclass(frozen=True, slots=True)
class Machine:
    """What is known of a room's machine: `seen_at` is when it was last heard of."""

    paired: bool
    online: bool
    seen_at: datetime | None


def room_state(
    row: SessionEndpoint, session: SessionState, machine: Machine, other: OtherSession | None
) -> tuple[RoomState, datetime | None]:
    """The state a page shows for a room, and since when it is so, where that is known.

    Removed and dropped stand above presence. Who is in another session has not left this one by itself. A
    room that did not come is called only where a machine can hear the call: one that was never paired, or
    that is off, is told as that; after the end nobody is being called.
    """
    state = person_state(row)
    if state is RoomState.REMOVED:
        return state, row.removed_at
    if row.expected_until is not None:
        return RoomState.DROPPED, row.expected_until
    if state is RoomState.JOINED:
        return state, row.connected_since
    if other is not None:
        return RoomState.ELSEWHERE, None
    if state in _NOT_COME:
        return _not_come(row, session, machine)
    return state, row.last_seen_at


def person_state(row: SessionEndpoint | SessionPerson) -> RoomState:
    """The same for a person's page."""
    return RoomState.REMOVED if row.removed_at is not None else RoomState(row.state)


def _not_come(
    row: SessionEndpoint, session: SessionState, machine: Machine
) -> tuple[RoomState, datetime | None]:
    if session in _OVER:
        return RoomState.ABSENT, None
    if not machine.paired:
        return RoomState.UNPAIRED, None
    if not machine.online:
        return RoomState.OFF, machine.seen_at
    return RoomState(row.state), row.called_at
