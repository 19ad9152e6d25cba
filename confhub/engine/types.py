"""What goes over the engine seam: participants, tracks, events and figures, as the hub sees them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from confhub.kernel.ids import Identity, MediaRoom


class Source(StrEnum):
    """What a track shows or sounds; LiveKit `TrackSource` in lower case, as tokens carry it."""

    CAMERA = "camera"
    MICROPHONE = "microphone"
    SCREEN_SHARE = "screen_share"
    SCREEN_SHARE_AUDIO = "screen_share_audio"


class StageSlot(StrEnum):
    """A place on the stage that every room sees, whoever is behind it."""

    CHAIR = "chair"
    SPEAKER = "speaker"
    CONTENT = "content"


SPEAKER_SOURCES: tuple[Source, ...] = (Source.CAMERA, Source.MICROPHONE)
"""What a room may publish that was given the floor."""

ALL_SOURCES: tuple[Source, ...] = tuple(Source)
"""What the chair may publish: slides as well."""


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What the engine can do beyond LiveKit.

    `revokes_tokens`: after `remove` the participant's older tokens are refused at the door.

    `stage_view`: rooms hear of the stage only (`confhub.view=stage`); without it rooms join hidden, and
    the first grant makes them visible for the rest of the session.
    `slots`: rooms are subscribed to the stage's slots once, and a slot is pointed at another source at its
    next keyframe; without it rooms are subscribed to each source anew, and whoever may publish is seen by
    all at once, so that nobody is let publish ahead.
    `last_seen`: participants and events say when the participant's last authenticated packet came.
    """

    stage_view: bool = False
    slots: bool = False
    last_seen: bool = False
    revokes_tokens: bool = False
    engine: str = "livekit"


class EventKind(StrEnum):
    """What happened in a media room; LiveKit's webhook names in the hub's words."""

    STARTED = "started"
    FINISHED = "finished"
    JOINED = "joined"
    LEFT = "left"
    ABORTED = "aborted"
    TRACK_PUBLISHED = "track_published"
    TRACK_UNPUBLISHED = "track_unpublished"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class EngineTrack:
    """A publication: `sid` is LiveKit's `TR_…`."""

    sid: str
    source: Source | None
    muted: bool


@dataclass(frozen=True, slots=True)
class EngineParticipant:
    """One participant as ListParticipants tells it. `sid` (`PA_…`) names this one connection."""

    identity: Identity
    sid: str
    name: str
    connected: bool
    joined_at: datetime
    last_seen: datetime | None
    can_publish: bool
    sources: tuple[Source, ...]
    hidden: bool
    tracks: tuple[EngineTrack, ...]
    profile: str | None = None  # bandwidth profile, None where nothing was said

    def moved(self, by: timedelta) -> EngineParticipant:
        """The same, its moments later by that."""
        if not by:
            return self
        return replace(self, joined_at=self.joined_at + by, last_seen=_moved(self.last_seen, by))


@dataclass(frozen=True, slots=True)
class EngineEvent:
    """One signed webhook. `instance` is the room sid (`RM_…`): a new one means a room begun anew.

    `connection` is the participant sid (`PA_…`), `at` the moment in UTC (whole seconds of its clock on
    LiveKit), `last_seen` when the participant's last authenticated packet came, where the engine tells.
    `joined_at` is when this connection began. Events can be lost, doubled and reordered; `id` is unique.
    """

    id: str
    kind: EventKind
    media_room: MediaRoom
    instance: str
    at: datetime
    identity: Identity | None = None
    connection: str | None = None
    joined_at: datetime | None = None
    last_seen: datetime | None = None
    track: EngineTrack | None = None

    def moved(self, by: timedelta) -> EngineEvent:
        """The same, its moments later by that."""
        if not by:
            return self
        return replace(
            self,
            at=self.at + by,
            joined_at=_moved(self.joined_at, by),
            last_seen=_moved(self.last_seen, by),
        )


def _moved(at: datetime | None, by: timedelta) -> datetime | None:
    return None if at is None else at + by


@dataclass(frozen=True, slots=True)
class EngineSlot:
    """One slot of a stage. `pending`: its source has published nothing for it yet, `reason` says why where
    the engine tells."""

    slot: StageSlot
    identity: Identity | None
    since: datetime | None
    pending: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class EngineRoom:
    """One media room as ListRooms tells it."""

    media_room: MediaRoom
    instance: str
    participants: int
    metadata: str = ""


@dataclass(frozen=True, slots=True)
class EngineStats:
    """Figures of the engine's process since its start; None where the engine does not tell."""

    cpu_s: float | None
    rss_mb: float | None
    packets_in: int | None
    packets_out: int | None
    rooms: int
    participants: int
