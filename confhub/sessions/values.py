"""What goes in and out of the session services: frozen, never a database row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from confhub.kernel.ids import (
    AccountId,
    EndpointId,
    FloorRequestId,
    Identity,
    MediaRoom,
    SessionId,
    TierId,
    UnitId,
)
from confhub.registry.values import BandwidthProfile, EndpointKind

ATTENDANCE_RULES = 2
"""The rules that new sessions' attendance is reckoned by; `checkin.rules` says what they are."""


class SessionKind(StrEnum):
    MEETING = "meeting"
    TRAINING = "training"


class SessionState(StrEnum):
    """draft → scheduled → lobby → live → ended → archived; cancelled from any state before live."""

    DRAFT = "draft"
    SCHEDULED = "scheduled"
    LOBBY = "lobby"
    LIVE = "live"
    ENDED = "ended"
    ARCHIVED = "archived"
    CANCELLED = "cancelled"


class RoomState(StrEnum):
    """Where a room of a session stands. From REMOVED on they are shown instead of the others, and never
    stored: ELSEWHERE is in another session now; UNPAIRED has no machine; OFF: its machine is off; ABSENT did
    not come, and the session is over."""

    EXPECTED = "expected"
    CALLED = "called"
    JOINED = "joined"
    LOST = "lost"
    LEFT = "left"
    REMOVED = "removed"
    DROPPED = "dropped"
    ELSEWHERE = "elsewhere"
    UNPAIRED = "unpaired"
    OFF = "off"
    ABSENT = "absent"


class FloorState(StrEnum):
    WAITING = "waiting"
    GRANTED = "granted"
    WITHDRAWN = "withdrawn"
    DONE = "done"


class Slot(StrEnum):
    """The stage's places: the chair's one, and the speakers'. On deck: prepared to speak, seen by nobody."""

    CHAIR = "chair"
    SPEAKER = "speaker"
    DECK = "deck"


@dataclass(frozen=True, slots=True)
class Participants:
    """The rooms an organizer chose: whole branches, without some rooms, and single rooms besides.

    The chair endpoint always takes part and need not stand here.
    """

    include_units: tuple[UnitId, ...] = ()
    exclude_endpoints: tuple[EndpointId, ...] = ()
    include_endpoints: tuple[EndpointId, ...] = ()


@dataclass(frozen=True, slots=True)
class SessionInput:
    """A session's form. Fields are checked by the service; faults come as ValidationErrors, one per field,
    whose `field` is the attribute's name here (`include_units` … for participants).

    `starts_at` is timezone-aware. `auto_start`: live begins by itself at `starts_at`. `auto_end`: it ends by
    itself `overrun_min` minutes after its planned end. `by_plan`: nobody is late before the later of
    planned and actual start, or leaves early after the earlier of both ends; else the actual ones count
    alone. `floor_auto_accept`: a room given the floor opens its camera and microphone by itself.
    """

    title: str
    kind: str
    unit_id: UnitId
    starts_at: datetime
    length_min: int
    chair_endpoint_id: EndpointId | None
    participants: Participants = field(default_factory=Participants)
    lobby_min: int = 60
    late_min: int = 5
    left_early_min: int = 5
    by_plan: bool = True
    auto_start: bool = True
    auto_end: bool = True
    overrun_min: int = 30
    floor_auto_accept: bool = True


PLAIN_FIELDS = (
    "length_min", "lobby_min", "late_min", "left_early_min", "by_plan", "auto_start", "auto_end",
    "overrun_min", "floor_auto_accept",
)  # fmt: skip
"""Fields of the form that stand in the row as they are."""


@dataclass(frozen=True, slots=True)
class SessionView:
    """A session as pages show it. `endpoints` counts its rooms still expected, chair included.

    `ends_at` is the planned end. `may_edit`/`may_control`: what the asker may do with it.
    """

    id: SessionId
    title: str
    kind: SessionKind
    state: SessionState
    state_since: datetime
    unit_id: UnitId
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
    chair_endpoint_id: EndpointId | None
    chair_name: str | None
    media_room: MediaRoom | None
    actual_start: datetime | None
    actual_end: datetime | None
    created_by: AccountId | None
    created_at: datetime
    endpoints: int
    may_edit: bool
    may_control: bool

    @property
    def open(self) -> bool:
        """Whether rooms may join now."""
        return self.state in (SessionState.LOBBY, SessionState.LIVE)


@dataclass(frozen=True, slots=True)
class SessionChangeView:
    """One step of the session's life. `reason`: why it was cancelled, as far as somebody said."""

    state: SessionState
    at: datetime
    actor_name: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class SessionDetails:
    """A session with what its form shows again: the choice of rooms, and its life so far."""

    session: SessionView
    participants: Participants
    changes: tuple[SessionChangeView, ...]

    @property
    def input(self) -> SessionInput:
        """The session as its form shows it."""
        return form_of(self.session, self.participants)


def form_of(view: SessionView, participants: Participants) -> SessionInput:
    """A stored session in the shape of its form."""
    return SessionInput(
        title=view.title,
        kind=view.kind.value,
        unit_id=view.unit_id,
        starts_at=view.starts_at,
        chair_endpoint_id=view.chair_endpoint_id,
        participants=participants,
        **{name: getattr(view, name) for name in PLAIN_FIELDS},
    )


@dataclass(frozen=True, slots=True)
class SessionPage:
    """One page of the list, and how many there are in all. `after`: start and number of its last session,
    where others follow."""

    sessions: tuple[SessionView, ...]
    total: int
    after: tuple[datetime, int] | None = None


@dataclass(frozen=True, slots=True)
class JoinTicket:
    """A media token for one identity. The door adds the address: `engine.url_for(host, secure=…)`."""

    session_id: SessionId
    media_room: MediaRoom
    identity: Identity
    token: str
    expires_in_s: int


@dataclass(frozen=True, slots=True)
class Call:
    """What a room is told when it is to join."""

    session_id: SessionId
    endpoint_id: EndpointId
    title: str
    kind: SessionKind
    state: SessionState
    starts_at: datetime


@dataclass(frozen=True, slots=True)
class FloorEntry:
    """A waiting hand; `place` counts from 1 in the hub's order. `away_since`: its owner is gone or not heard
    since then, and cannot be given the floor."""

    id: FloorRequestId
    place: int
    identity: Identity
    endpoint_id: EndpointId | None
    display_name: str
    raised_at: datetime
    away_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class StageEntry:
    """Who has the floor now. `shown`: stands in a slot, which every room sees; the others wait. `connected`:
    there and heard, else `away_since`. `sharing`: shows a screen."""

    identity: Identity
    endpoint_id: EndpointId | None
    display_name: str
    slot: Slot
    sources: tuple[str, ...]
    granted_at: datetime
    shown: bool
    connected: bool
    away_since: datetime | None
    sharing: bool
    muted: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MyStanding:
    """What one room or person may do now, for its own session page."""

    session: SessionId
    state: SessionState
    identity: Identity
    removed: bool
    hand_raised_at: datetime | None
    place: int | None
    on_stage: bool
    on_deck: bool
    sources: tuple[str, ...]
    auto_accept: bool
    muted: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OtherSession:
    """The other open session that a room belongs to now. `session_id` and `title` are None where the asker
    may not see that session. `ends_at` is its planned end, which may be past. `moved_by`: who moved the room
    there by name, if anybody. `may_move`: whether the asker may bring the room over from there."""

    session_id: SessionId | None
    title: str | None
    state: SessionState
    ends_at: datetime
    moved_by: str | None
    may_move: bool


@dataclass(frozen=True, slots=True)
class LiveRow:
    """One room on the live page. `search_key` is folded (no diacritics) code, name and unit name.

    `profile`: what holds in this session, `own_profile`: what the room has by itself.
    `state_since`: since when the state is so, where that is known. `silent_since`: joined, but nothing came
    from it since then. `online`: its agent's WebSocket is open, else `machine_seen_at`. `on_stage`: stands in
    a slot, which every room sees; `has_floor`: may speak, but waits for a slot. `place`: in the queue for the
    floor. `muted`: sources the hub muted. `mic_on`/`camera_on`: published and open. `on_deck`: speaks next,
    publishes ahead where the engine can do that. `elsewhere`: the other session that the room belongs to now.
    `moved_by`: who brought it over into this one by name.
    """

    endpoint_id: EndpointId
    identity: Identity
    code: str
    name: str
    kind: EndpointKind
    unit_id: UnitId
    unit_name: str
    unit_path: str
    tier_id: TierId
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
    muted: tuple[str, ...]
    profile: BandwidthProfile
    own_profile: BandwidthProfile
    elsewhere: OtherSession | None
    moved_by: str | None
    may_control: bool
    search_key: str


@dataclass(frozen=True, slots=True)
class LivePerson:
    """A person in the session by browser; the words are a room's."""

    identity: Identity
    account_id: AccountId
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
    muted: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ChairView:
    """The chair, for everybody who sees the session. `present`: joined and heard; else `since` when it is
    not, and `state` or silence says why."""

    endpoint_id: EndpointId
    identity: Identity
    name: str
    present: bool
    state: RoomState
    silent: bool
    since: datetime | None


@dataclass(frozen=True, slots=True)
class TierCount:
    """Rooms of one tier: how many are expected, and in which state they stand."""

    tier_id: TierId | None
    name: str
    name_en: str
    expected: int
    joined: int
    lost: int
    states: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class LiveSnapshot:
    """The whole live page at one moment. Rows stand in the tree's order, within the asker's branch.

    `tiers` counts by tier in the order of rank; `total` is their sum (`tier_id` None). Dropped rooms and
    studios are not counted; removed ones are, as expected.
    """

    at: datetime
    session: SessionView
    chair: ChairView | None
    rows: tuple[LiveRow, ...]
    people: tuple[LivePerson, ...]
    floor: tuple[FloorEntry, ...]
    stage: tuple[StageEntry, ...]
    tiers: tuple[TierCount, ...]
    total: TierCount
