"""What a participant may do: LiveKit's ParticipantPermission as a value, from a token or from
UpdateParticipant."""

from __future__ import annotations

from dataclasses import dataclass

from livekit.protocol import models

from confhub.relay.wire.tokens import Grants

SOURCE_NAMES = {
    "unknown": models.TrackSource.UNKNOWN,
    "camera": models.TrackSource.CAMERA,
    "microphone": models.TrackSource.MICROPHONE,
    "screen_share": models.TrackSource.SCREEN_SHARE,
    "screen_share_audio": models.TrackSource.SCREEN_SHARE_AUDIO,
}


@dataclass(frozen=True, slots=True)
class Permission:
    """`can_publish_sources` empty means every source; it narrows `can_publish`, never widens it."""

    can_subscribe: bool = True
    can_publish: bool = True
    can_publish_data: bool = True
    can_publish_sources: frozenset[int] = frozenset()
    hidden: bool = False
    recorder: bool = False
    can_update_metadata: bool = False
    agent: bool = False
    can_subscribe_metrics: bool = False

    def allows_source(self, source: int) -> bool:
        """May a track of this TrackSource be published?"""
        if not self.can_publish:
            return False
        return not self.can_publish_sources or source in self.can_publish_sources

    def to_proto(self) -> models.ParticipantPermission:
        """LiveKit's message."""
        return models.ParticipantPermission(
            can_subscribe=self.can_subscribe,
            can_publish=self.can_publish,
            can_publish_data=self.can_publish_data,
            can_publish_sources=sorted(self.can_publish_sources),  # type: ignore[arg-type]
            hidden=self.hidden,
            recorder=self.recorder,
            can_update_metadata=self.can_update_metadata,
            agent=self.agent,
            can_subscribe_metrics=self.can_subscribe_metrics,
        )


def from_grants(grants: Grants) -> Permission:
    """The permission a token opens with; what the token is silent about is allowed, as in LiveKit, but for
    metadata."""
    sources = frozenset(SOURCE_NAMES[name] for name in grants.can_publish_sources if name in SOURCE_NAMES)
    can_publish = grants.can_publish is not False
    if grants.can_publish_sources and not sources:
        can_publish = False
    can_data = can_publish if grants.can_publish_data is None else grants.can_publish_data
    return Permission(
        can_subscribe=grants.can_subscribe is not False,
        can_publish=can_publish,
        can_publish_data=can_data,
        can_publish_sources=sources,
        hidden=grants.hidden,
        recorder=grants.recorder,
        can_update_metadata=bool(grants.can_update_own_metadata),
        agent=grants.agent,
    )


def from_proto(message: models.ParticipantPermission) -> Permission:
    """The permission an UpdateParticipant request sets; proto3 makes every unset field False."""
    return Permission(
        can_subscribe=message.can_subscribe,
        can_publish=message.can_publish,
        can_publish_data=message.can_publish_data,
        can_publish_sources=frozenset(message.can_publish_sources),
        hidden=message.hidden,
        recorder=message.recorder,
        can_update_metadata=message.can_update_metadata,
        agent=message.agent,
        can_subscribe_metrics=message.can_subscribe_metrics,
    )
