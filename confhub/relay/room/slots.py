"""The stage of one room: the slots every stage viewer is subscribed to once, and who stands in them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from livekit.protocol import models

from confhub.relay.forward.router import UpTrack
from confhub.relay.room.participant import Participant
from confhub.relay.room.publication import Publication
from confhub.relay.room.slot import Slot, SlotTrack

if TYPE_CHECKING:
    from confhub.relay.room.room import Room

CHAIR, SPEAKER, CONTENT = "chair", "speaker", "content"
CODECS = [models.Codec(mime="video/VP8"), models.Codec(mime="audio/opus")]
"""What a room may publish that sees the stage: whatever stands in a slot, every room can decode."""

_PERSON = (models.TrackSource.CAMERA, models.TrackSource.MICROPHONE)
_SCREEN = (models.TrackSource.SCREEN_SHARE, models.TrackSource.SCREEN_SHARE_AUDIO)
_SOURCES = {CHAIR: _PERSON, SPEAKER: _PERSON, CONTENT: _SCREEN}
_INSTEAD = {CHAIR: SPEAKER, SPEAKER: CHAIR}
"""Whom a room sees in the slot where it stands itself."""


class Slots:
    """By name, in the order in which they are announced."""

    def __init__(self, room: Room) -> None:
        self._slots = {name: Slot(room, self, name, *sources) for name, sources in _SOURCES.items()}

    def __iter__(self) -> Iterator[Slot]:
        return iter(self._slots.values())

    def get(self, name: str) -> Slot | None:
        """The slot of that name."""
        return self._slots.get(name)

    def participants(self) -> list[Participant]:
        """What stage viewers are told of, beside themselves."""
        return [slot.participant for slot in self]

    def publication(self, track_sid: str) -> Publication | None:
        """A slot's track."""
        for slot in self:
            for track in slot.tracks:
                if track.sid == track_sid:
                    return track
        return None

    def tracks(self) -> list[Publication]:
        """All of them."""
        return [track for slot in self for track in slot.tracks]

    def point(self, slot: Slot, identity: str) -> None:
        """See Slot.point."""
        slot.point(identity)
        self._point_own()

    def follow(self, participant: Participant) -> None:
        """Something of that participant changed: published, muted, unpublished, gone."""
        concerned = [slot for slot in self if slot.concerns(participant)]
        for slot in concerned:
            slot.settle()
        if concerned:
            self._point_own()

    def vacate(self, participant: Participant) -> None:
        """Its grant was withdrawn: it stands nowhere any more."""
        for slot in self:
            if slot.identity == participant.identity:
                slot.point("")
        self.follow(participant)

    def showing(self, participant: Participant) -> list[Participant]:
        """The slots (as participants) with something of that participant behind them."""
        return [
            slot.participant
            for slot in self
            if any(t.source is not None and t.source.owner is participant for t in slot.tracks)
        ]

    def sounding(self, publication: Publication) -> list[Participant]:
        """The slots (as participants) where that microphone is heard."""
        return [slot.participant for slot in self if slot.sound.source is publication]

    def instead(self, track: SlotTrack, viewer: Participant) -> UpTrack | None:
        """What the room behind a slot gets in place of itself: the other slot's picture, where that is
        somebody else. No sound: it hears the other slot already."""
        slot = next(slot for slot in self if track in slot.tracks)
        other = self._slots.get(_INSTEAD.get(slot.name, ""))
        if other is None or track is slot.sound:
            return None
        source = other.picture.source
        return source.up if source is not None and source.owner is not viewer else None

    def close(self) -> None:
        """The room is closed."""
        for slot in self:
            slot.close()

    def _point_own(self) -> None:
        for slot in self:
            for track in slot.tracks:
                track.point_own()
