"""What the signalling tells of the others: who publishes what, muted or not; and of oneself: may I publish;
pure.

The relay shows a room the stage's slots, participants `stage:chair`, `stage:speaker`, `stage:content` whose
tracks stay for the whole session: an empty slot's are muted. A LiveKit cluster shows the speakers themselves.
Either way, picture and sound are due from the tracks that are announced and not muted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from livekit.protocol import models

MAX_PARTICIPANTS = 5000  # a room that sees everybody in a LiveKit cluster; the stage has a handful
SLOT_PREFIX = "stage:"


@dataclass(frozen=True, slots=True)
class _Track:
    kind: int
    muted: bool


@dataclass(frozen=True, slots=True)
class _Other:
    identity: str
    tracks: dict[str, _Track]


@dataclass(slots=True)
class Stage:
    """Fed with the participants of `join` and `update`; own entry apart."""

    own_sid: str = ""
    can_publish: bool = False
    sources: frozenset[int] = frozenset()  # allowed models.TrackSource values; empty means all
    _others: dict[str, _Other] = field(default_factory=dict)

    def begin(self, own: models.ParticipantInfo, others: Iterable[models.ParticipantInfo]) -> None:
        """The `join` message."""
        self.own_sid = own.sid
        self._others.clear()
        self.update([own, *others])

    def forget_others(self) -> None:
        """A resume: the next update tells of everyone who is there."""
        self._others.clear()

    def update(self, participants: Iterable[models.ParticipantInfo]) -> None:
        """One `update` message."""
        for participant in participants:
            if participant.sid == self.own_sid:
                self.can_publish = participant.permission.can_publish
                self.sources = frozenset(participant.permission.can_publish_sources)
            elif participant.state == models.ParticipantInfo.State.DISCONNECTED:
                self._others.pop(participant.sid, None)
            elif participant.sid in self._others or len(self._others) < MAX_PARTICIPANTS:
                tracks = {track.sid: _Track(track.type, track.muted) for track in participant.tracks}
                self._others[participant.sid] = _Other(participant.identity, tracks)

    def has_source(self, kind: str) -> bool:
        """Whether somebody else has an announced, unmuted track of `audio` or `video`."""
        wanted = models.TrackType.VIDEO if kind == "video" else models.TrackType.AUDIO
        return any(
            track.kind == wanted and not track.muted
            for other in self._others.values()
            for track in other.tracks.values()
        )

    def due(self, tracks: Mapping[int, str]) -> dict[int, bool]:
        """For each SSRC of `tracks` (its track sid) whether it is announced and not muted."""
        flowing = {
            sid for other in self._others.values() for sid, track in other.tracks.items() if not track.muted
        }
        return {ssrc: sid in flowing for ssrc, sid in tracks.items()}

    def slot_of(self, track_sid: str) -> str:
        """`chair`, `speaker` or `content` for a slot's track, the publisher's identity for another one's;
        empty when nobody has it."""
        for other in self._others.values():
            if track_sid in other.tracks:
                return other.identity.removeprefix(SLOT_PREFIX)
        return ""

    def may_publish(self, kind: str) -> bool:
        """Whether the grant covers the camera (`video`) or the microphone (`audio`)."""
        source = models.TrackSource.CAMERA if kind == "video" else models.TrackSource.MICROPHONE
        return self.can_publish and (not self.sources or source in self.sources)
