"""The stage of one room: the slots every stage viewer is subscribed to once, and who stands in them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from livekit.protocol import models

from confhub.relay.room.participant import House, Participant
from confhub.relay.room.stage.slot import Slot
from confhub.relay.room.tracks.publication import Publication

CHAIR, SPEAKER, CONTENT = "chair", "speaker", "content"
CODECS = [models.Codec(mime="video/VP8"), models.Codec(mime="audio/opus")]
"""What a room may publish that sees the stage: whatever stands in a slot, every room can decode."""

_PERSON = (models.TrackSource.CAMERA, models.TrackSource.MICROPHONE)
_SCREEN = (models.TrackSource.SCREEN_SHARE, models.TrackSource.SCREEN_SHARE_AUDIO)
_SOURCES = {CHAIR: _PERSON, SPEAKER: _PERSON, CONTENT: _SCREEN}


class Slots:
    """By name, in the order in which they are announced."""

    def __init__(self, room: House, on_sooner: Callable[[], None]) -> None:
        """`on_sooner`: the deadline may be earlier than when it was last asked for."""
        self._slots = {name: Slot(room, name, *sources, on_sooner) for name, sources in _SOURCES.items()}

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

    @property
    def deadline(self) -> float:
        """When `turn` is due, in seconds of the mux's clock; NEVER while no slot waits."""
        return min(slot.deadline for slot in self)

    def turn(self, now_s: float) -> None:
        """Slots that have waited long enough go on."""
        for slot in self:
            slot.turn(now_s)

    def follow(self, participant: Participant, now_s: float) -> None:
        """Something of that participant changed: published, muted, unpublished, gone."""
        for slot in self:
            if slot.concerns(participant):
                slot.settle(now_s)

    def vacate(self, participant: Participant, now_s: float) -> None:
        """Its grant was withdrawn: it stands nowhere any more."""
        for slot in self:
            if slot.identity == participant.identity:
                slot.point("", now_s)
        self.follow(participant, now_s)

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

    def sids_behind(self) -> frozenset[str]:
        """The participants something of whom is shown somewhere."""
        return frozenset().union(*(slot.sids_behind() for slot in self))

    def close(self) -> None:
        """The room is closed."""
        for slot in self:
            slot.close()
