"""What the signalling tells of the others: who publishes what, muted or not; and of oneself: may I publish;
pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from livekit.protocol import models

MAX_PARTICIPANTS = 5000  # a room that sees everybody in a LiveKit cluster; the stage has a handful


@dataclass(slots=True)
class Stage:
    """Fed with the participants of `join` and `update`; own entry apart."""

    own_sid: str = ""
    can_publish: bool = False
    sources: frozenset[int] = frozenset()  # allowed models.TrackSource values; empty means all
    _others: dict[str, list[tuple[int, bool]]] = field(default_factory=dict)

    def begin(self, own: models.ParticipantInfo, others: Iterable[models.ParticipantInfo]) -> None:
        """The `join` message."""
        self.own_sid = own.sid
        self._others.clear()
        self.update([own, *others])

    def update(self, participants: Iterable[models.ParticipantInfo]) -> None:
        """One `update` message."""
        for participant in participants:
            if participant.sid == self.own_sid:
                self.can_publish = participant.permission.can_publish
                self.sources = frozenset(participant.permission.can_publish_sources)
            elif participant.state == models.ParticipantInfo.State.DISCONNECTED:
                self._others.pop(participant.sid, None)
            elif participant.sid in self._others or len(self._others) < MAX_PARTICIPANTS:
                self._others[participant.sid] = [(track.type, track.muted) for track in participant.tracks]

    def has_source(self, kind: str) -> bool:
        """Whether somebody else has an announced, unmuted track of `audio` or `video`."""
        wanted = models.TrackType.VIDEO if kind == "video" else models.TrackType.AUDIO
        return any(
            number == wanted and not muted for tracks in self._others.values() for number, muted in tracks
        )

    def may_publish(self, kind: str) -> bool:
        """Whether the grant covers the camera (`video`) or the microphone (`audio`)."""
        source = models.TrackSource.CAMERA if kind == "video" else models.TrackSource.MICROPHONE
        return self.can_publish and (not self.sources or source in self.sources)
