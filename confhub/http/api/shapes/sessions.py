"""What the API answers on sessions."""

from __future__ import annotations

from datetime import datetime

from confhub.http.shapes import Answer
from confhub.sessions.values import SessionKind, SessionState


class SessionOut(Answer):
    """A session as pages show it. `endpoints` counts its rooms still expected, chair included.

    `ends_at` is the planned end. `may_edit`/`may_control`: what the asker may do with it.
    """

    id: int
    title: str
    kind: SessionKind
    state: SessionState
    state_since: datetime
    unit_id: int
    unit_name: str
    unit_path: str
    starts_at: datetime
    ends_at: datetime
    length_min: int
    lobby_min: int
    late_min: int
    left_early_min: int
    by_plan: bool
    auto_start: bool
    auto_end: bool
    overrun_min: int
    floor_auto_accept: bool
    chair_endpoint_id: int | None
    chair_name: str | None
    media_room: str | None
    actual_start: datetime | None
    actual_end: datetime | None
    created_by: int | None
    created_at: datetime
    endpoints: int
    may_edit: bool
    may_control: bool


class SessionPageOut(Answer):
    """One page of the list, and how many there are in all. `next_cursor`: what `cursor` is on the next page;
    null on the last one."""

    sessions: list[SessionOut]
    total: int
    next_cursor: str | None


class SessionChangeOut(Answer):
    """One step of the session's life. `reason`: why it was cancelled, as far as somebody said."""

    state: SessionState
    at: datetime
    actor_name: str
    reason: str


class ParticipantsOut(Answer):
    """The rooms an organizer chose: whole branches, without some rooms, and single rooms besides.

    The chair endpoint always takes part and need not stand here.
    """

    include_units: list[int]
    exclude_endpoints: list[int]
    include_endpoints: list[int]


class SessionDetailsOut(Answer):
    """A session with what its form shows again: the choice of rooms, and its life so far."""

    session: SessionOut
    participants: ParticipantsOut
    changes: list[SessionChangeOut]
