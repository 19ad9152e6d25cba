"""One viewer's subscription to one publication: what was asked for, what is allowed, and the copy that
results."""

from __future__ import annotations

from dataclasses import dataclass

from livekit.protocol import models, rtc

from confhub.relay.forward.router import DownTrack, UpTrack
from confhub.relay.forward.specs import Quality
from confhub.relay.room.tracks.profile import Profile
from confhub.relay.room.tracks.publication import Publication


@dataclass
class Settings:
    """The newest track_setting of the viewer; it may come before the subscription."""

    disabled: bool = False
    quality: Quality = Quality.HIGH
    width: int = 0
    height: int = 0
    fps: int = 0

    @classmethod
    def from_request(cls, request: rtc.UpdateTrackSettings) -> Settings:
        """OFF counts as disabled; an unknown quality as HIGH."""
        off = request.quality == models.VideoQuality.OFF
        quality = Quality(request.quality) if request.quality in (0, 1, 2) else Quality.HIGH
        return cls(request.disabled or off, quality, request.width, request.height, request.fps)

    def wanted(self, info: models.TrackInfo) -> Quality:
        """The layer to send: the smallest one that covers the asked dimensions, else the asked quality."""
        if not self.width and not self.height:
            return self.quality
        layers = sorted((layer for layer in info.layers if layer.width), key=lambda layer: layer.width)
        for layer in layers:
            if layer.width >= self.width and layer.height >= self.height and layer.quality in (0, 1, 2):
                return Quality(layer.quality)
        return Quality.HIGH


@dataclass(eq=False)
class Subscription:
    """wanted -> negotiated (a section and a down-track) -> closed; `allowed` and `settings` pause and
    resume it."""

    publication: Publication
    settings: Settings
    allowed: bool = True
    mid: str | None = None
    ssrc: int = 0
    rtx_ssrc: int = 0
    down: DownTrack | None = None
    refused: bool = False
    ceiling: Quality = Quality.HIGH
    starved: bool = False
    profile: Profile = Profile.FULL
    told_paused: bool = False

    @property
    def is_held_back(self) -> bool:
        """Is a picture that was asked for not sent, for the line's sake?"""
        if not self.profile.allows(self.publication.kind) or self.starved:
            return True
        return self.down is not None and self.down.is_starved

    def apply(self, now_s: float) -> None:
        """Bring the down-track in line with settings and permission."""
        if self.down is None:
            return
        may_flow = self.allowed and self.profile.allows(self.publication.kind)
        if self.settings.disabled or self.starved or not may_flow:
            self.down.pause()
            return
        if self.publication.kind == "video":
            self.down.set_quality(self._quality(), now_s)
        self.down.resume(now_s)

    def aim(self, source: UpTrack | None, now_s: float) -> None:
        """Another source stands behind the publication (a stage slot's); one whose codec this viewer did not
        negotiate is none."""
        if self.down is None:
            return
        if source is not None and not self.down.accepts(source):
            source = None
        self.down.point_at(source, now_s, self._quality())

    def _quality(self) -> Quality:
        return min(self.settings.wanted(self.publication.shown), self.ceiling, self.profile.ceiling)

    def close(self) -> None:
        """End the copy; the section is freed by the next description. Idempotent."""
        if self.down is not None:
            self.down.close()
            self.down = None
