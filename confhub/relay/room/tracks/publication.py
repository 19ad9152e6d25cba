"""One published track: what its publisher declared, how it was negotiated, and whether it may flow."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from livekit.protocol import models, rtc

from confhub.relay.forward.router import DownTrack, UpTrack
from confhub.relay.room import ids, limits
from confhub.relay.room.permission import Permission
from confhub.relay.wire.sdp import Codec

_SHARED_SCALARS = (
    "type",
    "name",
    "muted",
    "width",
    "height",
    "disable_dtx",
    "source",
    "stereo",
    "disable_red",
    "encryption",
    "stream",
    "backup_codec_policy",
)
_SHARED_LISTS = ("layers", "audio_features", "packet_trailer_features")


class Owner(Protocol):
    """Whoever publishes a track, as the track sees it."""

    sid: str
    identity: str
    permission: Permission
    is_stage_viewer: bool
    has_subscriber_rules: bool
    is_slot: bool

    def allows_subscriber(self, viewer: Owner, track_sid: str) -> bool:
        """Did it let that viewer take the track?"""

    def send(self, response: rtc.SignalResponse) -> None:
        """To its client."""

    def touch(self) -> None:
        """Something others are told about changed."""

    def now(self) -> float:
        """By the clock of its room, in seconds."""


class Taken(Protocol):
    """One viewer's subscription, as the track sees it."""

    down: DownTrack | None
    refused: bool

    def aim(self, source: UpTrack | None, now_s: float) -> None:
        """Another source stands behind the publication."""


@dataclass(frozen=True)
class Backup:
    """The same track in another codec."""

    up: UpTrack
    codec: Codec
    mid: str


@dataclass(eq=False)
class Publication:
    """pending (add_track) -> published (its section was answered) -> closed.

    `info` is the very message told to others; `cids` are the client's names of the track in its offer. A
    backup codec (one more cid, one more section) has an up-track of its own in `backups`, by its cid.
    """

    owner: Owner
    info: models.TrackInfo
    cids: list[str]
    mid: str | None = None
    up: UpTrack | None = None
    codec: Codec | None = None
    redundant_pt: int = 0  # Opus's payload type in the blocks of its RED packets; 0: it is sent without
    backups: dict[str, Backup] = field(default_factory=dict)
    client_muted: bool = False
    server_muted: bool = False
    was_subscribed: bool = False
    has_untold_mute: bool = False  # its client may not have heard yet that the server muted it
    subscribers: dict[str, Taken] = field(default_factory=dict)  # by the viewer's sid

    @classmethod
    def unnamed(cls, owner: Owner, kind: str) -> Publication:
        """Stands in for a track that is offered before its add_track; never announced."""
        track_type = models.TrackType.AUDIO if kind == "audio" else models.TrackType.VIDEO
        return cls(owner=owner, info=models.TrackInfo(type=track_type), cids=[])

    @property
    def sid(self) -> str:
        return self.info.sid

    @property
    def kind(self) -> str:
        """ "audio" or "video"."""
        return "audio" if self.info.type == models.TrackType.AUDIO else "video"

    @property
    def is_available(self) -> bool:
        """Can it be subscribed to?"""
        return self.up is not None

    @property
    def shown(self) -> models.TrackInfo:
        """What the picture is that viewers get: sizes and layers."""
        return self.info

    def source_for(self, viewer: Owner) -> UpTrack | None:
        """Where that viewer's copy comes from."""
        return self.up

    @property
    def may_flow(self) -> bool:
        """Neither muted by anybody nor without the right to its source."""
        return not self.info.muted and self.owner.permission.allows_source(self.info.source)

    @property
    def is_stereo(self) -> bool:
        return self.info.stereo or models.AudioTrackFeature.TF_STEREO in self.info.audio_features

    @property
    def wants_dtx(self) -> bool:
        no_dtx = models.AudioTrackFeature.TF_NO_DTX in self.info.audio_features
        return not self.info.disable_dtx and not no_dtx

    @property
    def wants_redundancy(self) -> bool:
        """May its sound come as RED? Everybody on a stage would get it without."""
        return self.kind == "audio" and not self.info.disable_red and not self.owner.is_stage_viewer

    def up_tracks(self) -> list[UpTrack]:
        """Of all its codecs, the first one first."""
        first = [] if self.up is None else [self.up]
        return [*first, *(backup.up for backup in self.backups.values())]

    def declared_layers(self, codec: str) -> int:
        """How many layers were declared for that codec (lower-case name)."""
        for known in self.info.codecs:
            if known.mime_type.partition("/")[2].lower() == codec and known.layers:
                return len(known.layers)
        return len(self.info.layers)

    def set_muted(self, *, client: bool | None = None, server: bool | None = None) -> bool:
        """Change who mutes the track; True if what others see changed. The gate follows at once."""
        if client is not None:
            self.client_muted = client
        if server is not None:
            self.server_muted = server
        muted = self.client_muted or self.server_muted
        changed = bool(self.info.muted) != muted
        self.info.muted = muted
        self.apply_gate()
        return changed

    def apply_gate(self) -> None:
        """Open or close the up-tracks according to `may_flow`."""
        for track in self.up_tracks():
            track.gate(self.may_flow, self.owner.now())

    def packets_received(self) -> int:
        """Of all its encodings and codecs, so far."""
        return sum(track.stats().packets for track in self.up_tracks())

    def close(self) -> None:
        """End its media. Idempotent."""
        for track in self.up_tracks():
            track.close()
        self.up = None
        self.backups.clear()


def track_sid_prefix(source: int, kind: int) -> str:
    """LiveKit's prefix, e.g. TR_VC for a camera, TR_AM for a microphone."""
    known = {
        models.TrackSource.CAMERA: "TR_VC",
        models.TrackSource.MICROPHONE: "TR_AM",
        models.TrackSource.SCREEN_SHARE: "TR_VS",
        models.TrackSource.SCREEN_SHARE_AUDIO: "TR_AS",
    }
    fallback = "TR_A" if kind == models.TrackType.AUDIO else "TR_V"
    return known.get(source, fallback)  # type: ignore[call-overload, no-any-return]


def from_request(owner: Owner, request: rtc.AddTrackRequest) -> Publication:
    """A pending publication whose TrackInfo echoes every field shared with the request."""
    info = models.TrackInfo()
    for name in _SHARED_SCALARS:
        setattr(info, name, getattr(request, name))
    for name in _SHARED_LISTS:
        getattr(info, name).extend(list(getattr(request, name))[: limits.LAYERS_PER_CODEC * 4])
    info.sid = (
        request.sid
        if request.sid.startswith("TR_")
        else ids.new_sid(track_sid_prefix(info.source, info.type))
    )
    _copy_legacy_features(info)
    cids = [request.cid]
    codecs = list(request.simulcast_codecs)[: limits.CODECS_PER_TRACK]
    for codec in codecs:
        info.codecs.append(codec_info(info, codec))
        if codec.cid and codec.cid not in cids:
            cids.append(codec.cid)
    if not codecs:
        info.codecs.append(models.SimulcastCodecInfo(cid=request.cid, layers=info.layers))
    _complete_layers(info)
    publication = Publication(owner=owner, info=info, cids=cids)
    publication.client_muted = request.muted
    return publication


def codec_info(info: models.TrackInfo, codec: rtc.SimulcastCodec) -> models.SimulcastCodecInfo:
    """What a codec of an add_track is to others."""
    kind = "audio" if info.type == models.TrackType.AUDIO else "video"
    mime = codec.codec
    if mime and "/" not in mime:
        mime = f"{kind}/{mime}"
    layers = codec.layers or info.layers
    return models.SimulcastCodecInfo(
        mime_type=mime, cid=codec.cid, layers=layers, video_layer_mode=codec.video_layer_mode
    )


def _copy_legacy_features(info: models.TrackInfo) -> None:
    """Clients say stereo and no-dtx in two ways; LiveKit keeps both in step."""
    feature = models.AudioTrackFeature
    if info.type != models.TrackType.AUDIO:
        return
    if info.stereo and feature.TF_STEREO not in info.audio_features:
        info.audio_features.append(feature.TF_STEREO)
    if info.disable_dtx and feature.TF_NO_DTX not in info.audio_features:
        info.audio_features.append(feature.TF_NO_DTX)


def _complete_layers(info: models.TrackInfo) -> None:
    """Every video track has at least one layer; more than one is what LiveKit calls simulcast."""
    if info.type != models.TrackType.VIDEO:
        return
    if not info.layers:
        info.layers.append(
            models.VideoLayer(quality=models.VideoQuality.HIGH, width=info.width, height=info.height)
        )
        for codec in info.codecs:
            if not codec.layers:
                codec.layers.extend(info.layers)
    info.simulcast = len(info.layers) > 1
