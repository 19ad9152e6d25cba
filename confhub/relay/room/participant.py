"""One participant of a media room: who it is, what it may do, what it publishes and takes.

State: JOINING -> JOINED (answered) -> ACTIVE (a transport is connected) -> DISCONNECTED.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from livekit.protocol import models, rtc

from confhub.relay.forward.router import Router
from confhub.relay.room import ids, permission
from confhub.relay.room.client import Media, SignalLink
from confhub.relay.room.rates import Bucket
from confhub.relay.room.tracks import profile
from confhub.relay.room.tracks.publication import Owner, Publication
from confhub.relay.room.tracks.subscription import Settings, Subscription
from confhub.relay.room.traffic import Handshakes, Traffic
from confhub.relay.transport.mux import UdpMux
from confhub.relay.wire.tokens import Grants
from confhub.relay.wire.turn import TurnServers

VIEW_ATTRIBUTE = "confhub.view"
LAST_SEEN_ATTRIBUTE = "confhub.last_seen_ms"
_OWN_PREFIX = "confhub."

State = models.ParticipantInfo.State


class Announcing(Protocol):
    """Tells others what changed, see `announcer`."""

    def changed(self, participant: Participant, now_s: float) -> None:
        """Tell others of its present state, soon."""

    def hurry(self, now_s: float) -> None:
        """Tell them at once."""


class Stage(Protocol):
    """The room's slots, see `slots`."""

    def follow(self, participant: Participant, now_s: float) -> None:
        """Something of that participant changed."""

    def vacate(self, participant: Participant, now_s: float) -> None:
        """It stands nowhere any more."""

    def participants(self) -> list[Participant]:
        """What stage viewers are told of, beside themselves."""

    def tracks(self) -> list[Publication]:
        """Of all slots."""

    def showing(self, participant: Participant) -> list[Participant]:
        """The slots with something of that participant behind them."""

    def sounding(self, publication: Publication) -> list[Participant]:
        """The slots where that microphone is heard."""

    def sids_behind(self) -> frozenset[str]:
        """The participants something of whom is shown."""


class RoomEvents(Protocol):
    """Takes one event; never blocks, never raises. `event` is LiveKit's webhook name."""

    def emit(
        self,
        event: str,
        room: House,
        participant: Participant | None = None,
        track: models.TrackInfo | None = None,
        end_reason: models.RoomEndReason | None = None,
    ) -> None: ...


@dataclass
class Host:
    """What all rooms of one relay share. `now` is the mux's monotonic clock, `wall` unix time, both in
    seconds."""

    now: Callable[[], float]
    wall: Callable[[], float]
    mux: UdpMux
    events: RoomEvents
    keys: Mapping[str, str]
    instance: str
    remote_unmute: bool = False
    turn: TurnServers | None = None
    auto_create: bool = True
    retired: Traffic = field(default_factory=Traffic)
    handshakes: Handshakes = field(default_factory=Handshakes)


class House(Protocol):
    """A media room, as those in it and their rules see it; `room.Room` is one."""

    name: str
    sid: str
    metadata: str
    created_ms: int
    participants: dict[str, Participant]  # by identity
    by_sid: dict[str, Participant]
    profiles: dict[str, profile.Profile]  # changed live, by identity
    host: Host
    router: Router

    @property
    def announcer(self) -> Announcing:
        """Tells others what changed."""

    @property
    def slots(self) -> Stage:
        """Its stage."""

    def info(self) -> models.Room:
        """LiveKit's Room message."""

    def publication(self, track_sid: str) -> Publication | None:
        """A published track of anybody here, or of a slot."""

    def leave(self, participant: Participant, reason: models.DisconnectReason) -> None:
        """Take a participant out."""

    def dismiss(
        self, participant: Participant, reason: models.DisconnectReason, action: rtc.LeaveRequest.Action
    ) -> None:
        """Tell a participant to go and take it out."""

    def broadcast(self, response: rtc.SignalResponse) -> None:
        """The same message to everybody."""


class Participant:
    """State and plain queries; rules live in publishing.py, subscribing.py and people.py."""

    is_slot = False
    """A place on the stage, not a client."""

    def __init__(self, grants: Grants, client: models.ClientInfo, joined_at_ms: int) -> None:
        self.sid = ids.new_sid(ids.PARTICIPANT)
        self.identity = grants.identity
        self.name = grants.name
        self.metadata = grants.metadata
        self.attributes: dict[str, str] = dict(grants.attributes)
        self.kind = _KINDS.get(grants.kind, models.ParticipantInfo.Kind.STANDARD)
        self.grants = grants
        self.permission = permission.from_grants(grants)
        self.is_stage_viewer = grants.attributes.get(VIEW_ATTRIBUTE) == "stage"
        self.profile = profile.of_attributes(grants.attributes)
        self.has_view = VIEW_ATTRIBUTE in grants.attributes
        self.client = client
        self.joined_at_ms = joined_at_ms
        self.state: State = State.JOINING
        self.version = 0
        self.was_active = False
        self.was_announced = False
        self.disconnect_reason: models.DisconnectReason = models.DisconnectReason.UNKNOWN_REASON
        self.auto_subscribe = True
        self.auto_subscribe_data = False
        self.room: House | None = None
        self.link: SignalLink | None = None
        self.media: Media | None = None
        self.signal_lost_s: float | None = None
        self.joined_s = 0.0
        self.pending: dict[str, Publication] = {}
        self.publications: dict[str, Publication] = {}
        self.subscriptions: dict[str, Subscription] = {}
        self.declined: set[str] = set()
        self.settings: dict[str, Settings] = {}
        self.allows_all_subscribers = True
        self.has_subscriber_rules = False
        self.subscriber_rules: list[rtc.TrackPermission] = []
        self.data_tracks: dict[int, models.DataTrackInfo] = {}
        self.data_bucket = Bucket.for_data()
        self.data_handles: dict[int, tuple[Participant, str]] = {}
        self.next_data_handle = 0
        self.sent_garbage = False
        self.blobs: dict[bytes, models.DataBlob] = {}
        self.cut_on_resume = ""
        self.token_sent_s = 0.0
        self.newest_token_s = 0  # when the newest token it was sent was issued, unix seconds
        self.quality: models.ConnectionQuality | None = None

    def info(self) -> models.ParticipantInfo:
        """What others (and itself) are told."""
        message = models.ParticipantInfo(
            sid=self.sid,
            identity=self.identity,
            name=self.name,
            metadata=self.metadata,
            state=self.state,
            joined_at=self.joined_at_ms // 1000,
            joined_at_ms=self.joined_at_ms,
            version=self.version,
            permission=self.permission.to_proto(),
            is_publisher=bool(self.publications),
            kind=self.kind,
            disconnect_reason=self.disconnect_reason,
            client_protocol=self.client.client_protocol,
            capabilities=self.client.capabilities,
            tracks=[publication.info for publication in self.publications.values()],
            data_tracks=self.data_tracks.values(),
        )
        message.attributes.update(self.attributes)
        return message

    def info_for(self, viewer: Participant) -> models.ParticipantInfo:
        """What that viewer is told."""
        return self.info()

    def gone_info(self) -> models.ParticipantInfo:
        """The same participant as one who left, for viewers who may not see it any more."""
        message = self.info()
        message.state = State.DISCONNECTED
        del message.tracks[:]
        del message.data_tracks[:]
        return message

    def touch(self) -> None:
        """Something others are told about changed."""
        self.version += 1
        if self.room is not None:
            now_s = self.now()
            self.room.announcer.changed(self, now_s)
            if not self.is_slot:
                self.room.slots.follow(self, now_s)

    def now(self) -> float:
        """By the clock of its room; outside of one nothing waits for anything."""
        return self.room.host.now() if self.room is not None else 0.0

    def send(self, response: rtc.SignalResponse) -> None:
        """To this client, now; lost where it has no signalling (a resume repeats what matters)."""
        if self.link is not None:
            self.link.send(response.SerializeToString())

    def send_bytes(self, payload: bytes) -> None:
        """One response serialized for many."""
        if self.link is not None:
            self.link.send(payload)

    def set_attributes(self, changes: Iterable[tuple[str, str]]) -> bool:
        """Merge; an empty value removes. The relay's own names cannot be set. True if anything changed."""
        changed = False
        for key, value in changes:
            if key.startswith(_OWN_PREFIX):
                continue
            if value == "":
                changed |= self.attributes.pop(key, None) is not None
            elif self.attributes.get(key) != value:
                self.attributes[key] = value
                changed = True
        return changed

    def allows_subscriber(self, viewer: Owner, track_sid: str) -> bool:
        """Did this publisher let that viewer take the track (subscription_permission)?"""
        if self.allows_all_subscribers:
            return True
        for rule in self.subscriber_rules:
            if viewer.identity == rule.participant_identity or viewer.sid == rule.participant_sid:
                return rule.all_tracks or track_sid in rule.track_sids
        return False

    def tracks_by_cid(self, cid: str) -> list[Publication]:
        """Publications (pending first) that a cid of an offer may mean."""
        known = [*self.pending.values(), *self.publications.values()]
        return [publication for publication in known if cid in publication.cids]


_KINDS = {
    "standard": models.ParticipantInfo.Kind.STANDARD,
    "ingress": models.ParticipantInfo.Kind.INGRESS,
    "egress": models.ParticipantInfo.Kind.EGRESS,
    "sip": models.ParticipantInfo.Kind.SIP,
    "agent": models.ParticipantInfo.Kind.AGENT,
    "connector": models.ParticipantInfo.Kind.CONNECTOR,
    "bridge": models.ParticipantInfo.Kind.BRIDGE,
}
