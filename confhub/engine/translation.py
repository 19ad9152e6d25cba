"""From LiveKit's protobuf messages to the hub's values."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from livekit.protocol import models, webhook

from confhub.engine.tokens import LAST_SEEN_ATTRIBUTE, PROFILE_ATTRIBUTE
from confhub.engine.types import EngineEvent, EngineParticipant, EngineRoom, EngineTrack, EventKind, Source
from confhub.kernel.ids import Identity, MediaRoom

SOURCE_TO_LIVEKIT: dict[Source, models.TrackSource] = {
    Source.CAMERA: models.TrackSource.CAMERA,
    Source.MICROPHONE: models.TrackSource.MICROPHONE,
    Source.SCREEN_SHARE: models.TrackSource.SCREEN_SHARE,
    Source.SCREEN_SHARE_AUDIO: models.TrackSource.SCREEN_SHARE_AUDIO,
}
_SOURCES = {number: source for source, number in SOURCE_TO_LIVEKIT.items()}

_KINDS = {
    "room_started": EventKind.STARTED,
    "room_finished": EventKind.FINISHED,
    "participant_joined": EventKind.JOINED,
    "participant_left": EventKind.LEFT,
    "participant_connection_aborted": EventKind.ABORTED,
    "track_published": EventKind.TRACK_PUBLISHED,
    "track_unpublished": EventKind.TRACK_UNPUBLISHED,
}

_LATEST_S = datetime(9000, 1, 1, tzinfo=UTC).timestamp()


def moment(seconds: float) -> datetime:
    """Unix seconds as UTC, held within what a datetime can be."""
    return datetime.fromtimestamp(min(max(seconds, 0), _LATEST_S), UTC)


def track(info: Any) -> EngineTrack:
    """`TrackInfo`."""
    return EngineTrack(sid=info.sid, source=_SOURCES.get(info.source), muted=info.muted)


def participant(info: Any) -> EngineParticipant:
    """`ParticipantInfo`."""
    permission = info.permission
    return EngineParticipant(
        identity=Identity(info.identity),
        sid=info.sid,
        name=info.name,
        connected=info.state in (models.ParticipantInfo.JOINED, models.ParticipantInfo.ACTIVE),
        joined_at=joined_at(info),
        last_seen=last_seen(info),
        can_publish=permission.can_publish,
        sources=tuple(_SOURCES[number] for number in permission.can_publish_sources if number in _SOURCES),
        hidden=permission.hidden,
        tracks=tuple(track(item) for item in info.tracks),
        profile=info.attributes.get(PROFILE_ATTRIBUTE) or None,
    )


def joined_at(info: Any) -> datetime:
    """When this connection began: to the millisecond where the engine tells it."""
    return moment(info.joined_at_ms / 1000 if info.joined_at_ms else info.joined_at)


def last_seen(info: Any) -> datetime | None:
    """When the last authenticated packet came, where the engine tells it."""
    text = info.attributes.get(LAST_SEEN_ATTRIBUTE, "")
    return moment(int(text) / 1000) if text.isascii() and text.isdigit() and len(text) < 16 else None


def room(info: Any) -> EngineRoom:
    """`Room`."""
    return EngineRoom(MediaRoom(info.name), info.sid, info.num_participants, info.metadata)


def event(message: webhook.WebhookEvent) -> EngineEvent:
    """`WebhookEvent`; kinds the hub does not know become OTHER."""
    kind = _KINDS.get(message.event, EventKind.OTHER)
    who = message.participant if message.HasField("participant") else None
    return EngineEvent(
        id=message.id,
        kind=kind,
        media_room=MediaRoom(message.room.name),
        instance=message.room.sid,
        at=moment(message.created_at),
        identity=Identity(who.identity) if who else None,
        connection=who.sid if who else None,
        joined_at=joined_at(who) if who and (who.joined_at or who.joined_at_ms) else None,
        last_seen=last_seen(who) if who else None,
        track=track(message.track) if message.HasField("track") else None,
    )
