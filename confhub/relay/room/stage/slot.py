"""One slot of the stage: tracks that stay the same for the room's life, whoever is behind them.

A slot is empty, pending (its source has published nothing that fits yet; who was there before goes on), or
filled. From one source to the next the picture switches at the new one's keyframe, for all copies at once;
the sound follows with it, or after SLOT_SOUND_WAIT_S. A slot has no timer: at its `deadline` somebody calls
`turn`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from livekit.protocol import models

from confhub.relay.forward.agenda import NEVER
from confhub.relay.forward.router import UpTrack
from confhub.relay.room import ids, limits
from confhub.relay.room.announcer import update_of
from confhub.relay.room.participant import House, Participant, State
from confhub.relay.room.tracks.publication import Owner, Publication, track_sid_prefix
from confhub.relay.wire.sdp import Codec
from confhub.relay.wire.tokens import Grants

PREFIX = "stage:"
"""Identities of slots begin so; nobody joins under such a name."""

_OPUS = Codec(111, "opus", 48000, 2)
_VP8 = Codec(96, "VP8", 90000)
_TAKEN = {"audio": {"opus", "red"}, "video": {"vp8"}}
"""One codec a slot, as rooms subscribe once; RED is Opus, and passed where a room negotiated it."""

Source = models.TrackSource


@dataclass(eq=False)
class SlotTrack(Publication):
    """One track of a slot. `source` is the publication behind it; `up` stays None. `told`: the source whose
    mutes viewers know of; a new one's sound is told with its picture, though it comes a moment later."""

    source: Publication | None = None
    told: Publication | None = None

    @property
    def is_available(self) -> bool:
        return True

    @property
    def shown(self) -> models.TrackInfo:
        return self.info if self.source is None else self.source.info

    def source_for(self, viewer: Owner) -> UpTrack | None:
        """Nobody gets itself."""
        return self.source.up if self.source is not None and self.source.owner is not viewer else None

    def point(self, source: Publication | None, now_s: float) -> None:
        """Take another source (of this room, with an up-track), or none, for every viewer but itself."""
        self.source = source
        up = source.up if source is not None else None
        own_sid = source.owner.sid if source is not None else ""
        for viewer_sid, subscription in self.subscribers.items():
            subscription.aim(up if viewer_sid != own_sid else None, now_s)
        if up is not None:
            up.hurry(now_s)


class _Place(Participant):
    """The slot as clients know it: a participant without a client."""

    is_slot = True

    def info_for(self, viewer: Participant) -> models.ParticipantInfo:
        """Who stands here itself is told that its own tracks are muted: it gets none of them."""
        info = self.info()
        for track in info.tracks:
            known = self.publications[track.sid]
            if isinstance(known, SlotTrack) and known.told is not None and known.told.owner is viewer:
                track.muted = True
        return info


class Slot:
    """`participant` and both tracks keep their sids. `identity` is who shall be behind it, "" for nobody."""

    def __init__(
        self, room: House, name: str, picture: int, sound: int, on_sooner: Callable[[], None]
    ) -> None:
        self._room = room
        self.name = name
        self.identity = ""
        self.since_ms = 0
        grants = Grants(key="", identity=PREFIX + name)
        self.participant = _Place(grants, models.ClientInfo(), room.created_ms)
        self.participant.room = room
        self.participant.state = State.ACTIVE
        self.picture = self._track(models.TrackType.VIDEO, picture, _VP8, "video/VP8")
        self.sound = self._track(models.TrackType.AUDIO, sound, _OPUS, "audio/opus")
        self._awaited: UpTrack | None = None  # the sound waits for this picture
        self._on_sooner = on_sooner
        self._sound_s = self._picture_s = NEVER  # when the sound comes, or the picture goes, in any case
        self._shown_behind: frozenset[str] = frozenset()

    @property
    def tracks(self) -> tuple[SlotTrack, SlotTrack]:
        return self.picture, self.sound

    @property
    def is_pending(self) -> bool:
        """Does it wait for its source's tracks?"""
        behind = {track.source.owner.identity for track in self.tracks if track.source is not None}
        return bool(self.identity) and self.identity not in behind

    @property
    def reason(self) -> str:
        """Why a pending slot waits, in English; "" where it does not."""
        if not self.is_pending:
            return ""
        who = self._room.participants.get(self.identity)
        if who is None:
            return "the participant is not in the room"
        found = [p for t in self.tracks if (p := _published(who, t)) is not None]
        if found:
            return f"{found[0].info.mime_type} is not taken: a slot is VP8 and Opus"
        return "the participant has published nothing yet"

    def refusal(self, who: Participant) -> str:
        """Why that participant cannot stand here, "" where it can."""
        sources = [track.info.source for track in self.tracks]
        if not any(who.permission.allows_source(source) for source in sources):
            return "the participant has no permission to publish what the slot shows"
        found = [p for t in self.tracks if (p := _published(who, t)) is not None]
        if found and not any(_fits(p) for p in found):
            return f"{found[0].info.mime_type} is not taken: a slot is VP8 and Opus"
        return ""

    def point(self, identity: str, now_s: float) -> None:
        """Put that participant (who may publish) behind the slot; "" empties it."""
        if identity != self.identity:
            self.identity = identity
            self.since_ms = int(self._room.host.wall() * 1000)
            self._stop_waiting()
        self.settle(now_s)
        self._room.announcer.hurry(now_s)

    def concerns(self, participant: Participant) -> bool:
        """Is that participant behind the slot, or was it until its successor's tracks came?"""
        if self.identity == participant.identity:
            return True
        return any(t.source is not None and t.source.owner is participant for t in self.tracks)

    def sids_behind(self) -> frozenset[str]:
        """Of the participants who are told to be shown here."""
        return frozenset(track.told.owner.sid for track in self.tracks if track.told is not None)

    @property
    def deadline(self) -> float:
        """When `turn` is due, in seconds of the mux's clock; NEVER while nothing is waited for."""
        return min(self._sound_s, self._picture_s)

    def turn(self, now_s: float) -> None:
        """What was waited for does not come: the sound goes on without its picture, the picture of who was
        there before ends."""
        if self._sound_s <= now_s and self._awaited is not None:
            self._begun(self._awaited, now_s)
        if self._picture_s <= now_s:
            self._end_picture(now_s)

    def settle(self, now_s: float) -> None:
        """Bring the tracks in line with what the source publishes now."""
        for track in self.tracks:
            if track.source is not None and track.source.up is None:
                track.point(None, now_s)
        if not self.identity:
            self._stop_waiting()
            self.picture.point(None, now_s)
            self.sound.point(None, now_s)
        else:
            self._take(self._wanted(self.picture), self._wanted(self.sound), now_s)
        self._show()

    def close(self) -> None:
        """Nothing is due any more."""
        self._stop_waiting()

    def _take(self, picture: Publication | None, sound: Publication | None, now_s: float) -> None:
        if picture is None and sound is None:
            return
        if picture is not None and self.picture.source is not picture:
            self._await(picture, now_s)
            self.picture.point(picture, now_s)
        elif picture is None and self.picture.source is not None and self._picture_s == NEVER:
            self._picture_s = now_s + limits.SLOT_PICTURE_WAIT_S
            self._on_sooner()
        if self._awaited is None and self.sound.source is not sound:
            self.sound.point(sound, now_s)

    def _await(self, picture: Publication, now_s: float) -> None:
        """The sound shall come with the first keyframe of that picture."""
        self._stop_waiting()
        if picture.up is None or not picture.may_flow:
            return
        self._awaited = up = picture.up
        up.once_begun.append(lambda begun_s: self._begun(up, begun_s))
        self._sound_s = now_s + limits.SLOT_SOUND_WAIT_S
        self._on_sooner()

    def _begun(self, up: UpTrack, now_s: float) -> None:
        if self._awaited is up:
            self._stop_waiting()
            self.settle(now_s)

    def _end_picture(self, now_s: float) -> None:
        """The new source speaks, but shows nothing: the picture of who was there before is not its own."""
        self._picture_s = NEVER
        source = self.picture.source
        if source is not None and source.owner.identity != self.identity:
            self.picture.point(None, now_s)
            self._show()

    def _stop_waiting(self) -> None:
        self._awaited = None
        self._sound_s = self._picture_s = NEVER

    def _wanted(self, track: SlotTrack) -> Publication | None:
        who = self._room.participants.get(self.identity)
        found = _published(who, track) if who is not None else None
        return found if found is not None and _fits(found) else None

    def _show(self) -> None:
        """Tell viewers which tracks are muted, if that changed: picture and sound in one message, though the
        sound comes a moment later."""
        changed = False
        for track in self.tracks:
            source = track.source
            if track is self.sound and self._awaited is not None:
                source = self._wanted(track)
            track.told = source
            muted = source is None or bool(source.info.muted)
            changed = changed or muted != track.info.muted
            track.info.muted = muted
        if changed:
            self.participant.touch()
        before, self._shown_behind = self._shown_behind, self.sids_behind()
        for sid in before ^ self._shown_behind:  # its own tracks are muted, or are no more its own
            viewer = self._room.by_sid.get(sid)
            if viewer is not None and viewer.is_stage_viewer:
                viewer.send_bytes(update_of([self.participant.info_for(viewer)]))

    def _track(self, kind: int, source: int, codec: Codec, mime_type: str) -> SlotTrack:
        info = models.TrackInfo(
            sid=ids.new_sid(track_sid_prefix(source, kind)),
            type=kind,  # type: ignore[arg-type]
            source=source,  # type: ignore[arg-type]
            name=self.name,
            mime_type=mime_type,
            muted=True,
        )
        if kind == models.TrackType.VIDEO:
            info.width, info.height, info.simulcast = 1280, 720, True
            for quality, width, height in ((0, 320, 180), (1, 640, 360), (2, 1280, 720)):
                info.layers.append(
                    models.VideoLayer(quality=quality, width=width, height=height)  # type: ignore[arg-type]
                )
        info.codecs.append(models.SimulcastCodecInfo(mime_type=mime_type, layers=info.layers))
        track = SlotTrack(owner=self.participant, info=info, cids=[], codec=codec)
        self.participant.publications[track.sid] = track
        return track


def _published(who: Participant, track: SlotTrack) -> Publication | None:
    """The newest publication of that kind of source, whatever its codec."""
    source = track.info.source
    found = [p for p in who.publications.values() if p.info.source == source and p.kind == track.kind]
    return next((p for p in reversed(found) if p.up is not None), None)


def _fits(publication: Publication) -> bool:
    """Could every room decode it?"""
    return publication.up is not None and publication.up.codec_names <= _TAKEN[publication.kind]
