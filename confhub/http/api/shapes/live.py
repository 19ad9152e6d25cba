"""What the API answers on a session while it runs: the live picture, and one participant's standing."""

from __future__ import annotations

from datetime import datetime

from confhub.http.api.shapes.sessions import SessionOut
from confhub.http.shapes import Answer
from confhub.registry.values import BandwidthProfile, EndpointKind
from confhub.sessions.values import RoomState, SessionState, Slot


class StandingOut(Answer):
    """What one room or person may do now, for its own session page."""

    session: int
    state: SessionState
    identity: str
    removed: bool
    hand_raised_at: datetime | None
    place: int | None
    on_stage: bool
    on_deck: bool
    sources: list[str]
    auto_accept: bool
    muted: list[str]


class ChairOut(Answer):
    """The chair, for everybody who sees the session. `present`: joined and heard; else `since` when it is
    not, and `state` or silence says why."""

    endpoint_id: int
    identity: str
    name: str
    present: bool
    state: RoomState
    silent: bool
    since: datetime | None


class StageEntryOut(Answer):
    """Who has the floor now. `shown`: stands in a slot, which every room sees; the others wait. `connected`:
    there and heard, else `away_since`. `sharing`: shows a screen."""

    identity: str
    endpoint_id: int | None
    display_name: str
    slot: Slot
    sources: list[str]
    granted_at: datetime
    shown: bool
    connected: bool
    away_since: datetime | None
    sharing: bool
    muted: list[str]


class LivePersonOut(Answer):
    """A person in the session by browser; the words are a room's."""

    identity: str
    account_id: int
    display_name: str
    state: RoomState
    silent_since: datetime | None
    connected_since: datetime | None
    last_seen_at: datetime | None
    on_stage: bool
    has_floor: bool
    on_deck: bool
    hand_raised_at: datetime | None
    place: int | None
    mic_on: bool
    camera_on: bool
    muted: list[str]


class FloorEntryOut(Answer):
    """A waiting hand; `place` counts from 1 in the hub's order. `away_since`: its owner is gone or not heard
    since then, and cannot be given the floor."""

    id: int
    place: int
    identity: str
    endpoint_id: int | None
    display_name: str
    raised_at: datetime
    away_since: datetime | None


class OtherSessionOut(Answer):
    """The other open session that a room belongs to now. `session_id` and `title` are None where the asker
    may not see that session. `ends_at` is its planned end, which may be past. `moved_by`: who moved the room
    there by name, if anybody. `may_move`: whether the asker may bring the room over from there."""

    session_id: int | None
    title: str | None
    state: SessionState
    ends_at: datetime
    moved_by: str | None
    may_move: bool


class LiveRowOut(Answer):
    """One room on the live page. `search_key` is folded (no diacritics) code, name and unit name.

    `profile`: what holds in this session, `own_profile`: what the room has by itself.
    `state_since`: since when the state is so, where that is known. `silent_since`: joined, but nothing came
    from it since then. `online`: its agent's WebSocket is open, else `machine_seen_at`. `on_stage`: stands in
    a slot, which every room sees; `has_floor`: may speak, but waits for a slot. `place`: in the queue for the
    floor. `muted`: sources the hub muted. `mic_on`/`camera_on`: published and open. `on_deck`: speaks next,
    publishes ahead where the engine can do that. `elsewhere`: the other session that the room belongs to now.
    `moved_by`: who brought it over into this one by name.
    """

    endpoint_id: int
    identity: str
    code: str
    name: str
    kind: EndpointKind
    unit_id: int
    unit_name: str
    unit_path: str
    tier_id: int
    operator_name: str
    operator_phone: str
    is_chair: bool
    state: RoomState
    state_since: datetime | None
    silent_since: datetime | None
    online: bool
    machine_seen_at: datetime | None
    connected_since: datetime | None
    last_seen_at: datetime | None
    called_at: datetime | None
    on_stage: bool
    has_floor: bool
    on_deck: bool
    hand_raised_at: datetime | None
    place: int | None
    mic_on: bool
    camera_on: bool
    muted: list[str]
    profile: BandwidthProfile
    own_profile: BandwidthProfile
    elsewhere: OtherSessionOut | None
    moved_by: str | None
    may_control: bool
    search_key: str


class TierCountOut(Answer):
    """Rooms of one tier: how many are expected, and in which state they stand."""

    tier_id: int | None
    name: str
    name_en: str
    expected: int
    joined: int
    lost: int
    states: dict[str, int]


class LiveOut(Answer):
    """The whole live page at one moment. Rows stand in the tree's order, within the asker's branch.

    `tiers` counts by tier in the order of rank; `total` is their sum (`tier_id` None). Dropped rooms and
    studios are not counted; removed ones are, as expected.
    """

    at: datetime
    session: SessionOut
    chair: ChairOut | None
    rows: list[LiveRowOut]
    people: list[LivePersonOut]
    floor: list[FloorEntryOut]
    stage: list[StageEntryOut]
    tiers: list[TierCountOut]
    total: TierCountOut
