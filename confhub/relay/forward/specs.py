"""What negotiation tells the media plane about a track: plain values, made by the room, read by the
router."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

MID_URI = "urn:ietf:params:rtp-hdrext:sdes:mid"
RID_URI = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"
REPAIRED_RID_URI = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id"
ABS_SEND_TIME_URI = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
AUDIO_LEVEL_URI = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
VIDEO_ORIENTATION_URI = "urn:3gpp:video-orientation"
DEPENDENCY_DESCRIPTOR_URI = (
    "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension"
)
PLAYOUT_DELAY_URI = "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay"

PUBLISHER_EXTENSIONS = (
    MID_URI,
    RID_URI,
    REPAIRED_RID_URI,
    ABS_SEND_TIME_URI,
    AUDIO_LEVEL_URI,
    VIDEO_ORIENTATION_URI,
    DEPENDENCY_DESCRIPTOR_URI,
)
"""Accept these (and no other) in answers to publishing sections, inactive placeholders included."""
SUBSCRIBER_EXTENSIONS = (
    MID_URI,
    ABS_SEND_TIME_URI,
    AUDIO_LEVEL_URI,
    VIDEO_ORIENTATION_URI,
    DEPENDENCY_DESCRIPTOR_URI,
    PLAYOUT_DELAY_URI,
)
"""Offer or accept these (and no other) in sections towards subscribers."""

SUPPORTED_CODECS = {"audio": ("opus", "red", "pcmu", "pcma"), "video": ("vp8", "h264", "vp9", "av1")}
"""Codec names (lower case) that are forwarded; "red" (of Opus) where both sides negotiated it, else its plain
Opus."""
LAYERED_CODECS = ("vp9", "av1")
"""One stream of these may hold several spatial layers."""


class Quality(enum.IntEnum):
    """LiveKit's VideoQuality; LOW = rid q, MEDIUM = rid h, HIGH = rid f or the only layer."""

    LOW = 0
    MEDIUM = 1
    HIGH = 2


RID_QUALITY: Mapping[str, Quality] = {"q": Quality.LOW, "h": Quality.MEDIUM, "f": Quality.HIGH}


@dataclass(frozen=True)
class PayloadSpec:
    """One negotiated payload type. `feedback` as in `sdp.Codec.feedback`; rtx carries `apt`."""

    pt: int
    name: str  # lower case: "opus", "vp8", "vp9", "av1", "h264", "pcmu", "pcma", "red", "rtx"
    clock_hz: int
    feedback: Sequence[str] = ()
    apt: int | None = None


@dataclass(frozen=True)
class UpSpec:
    """One publishing m= section as negotiated (publisher's payload types and extension ids).

    How its packets are known: by `ssrcs` (a=ssrc lines; FID pairs in `rtx_ssrcs` as {rtx: media}), else by
    the mid extension, else by the rid extension together with mid. `rids` are in ascending quality as in
    LiveKit ("q","h","f"); `qualities` overrides RID_QUALITY per rid (and for SIM groups per ssrc: `sim_ssrcs`
    low to high).
    """

    track_id: str  # TR_ sid, for logs and statistics
    kind: str  # "audio" | "video"
    mid: str
    payloads: Sequence[PayloadSpec]
    extmap: Mapping[int, str] = field(default_factory=dict)  # id -> URI
    ssrcs: Sequence[int] = ()
    rtx_ssrcs: Mapping[int, int] = field(default_factory=dict)
    sim_ssrcs: Sequence[int] = ()
    rids: Sequence[str] = ()
    qualities: Mapping[str, Quality] = field(default_factory=dict)
    spatial_layers: int = 0  # of one stream of a layered codec, as declared; 0 = unknown

    @property
    def is_layered(self) -> bool:
        """Does a single stream hold all the layers?"""
        names = {payload.name for payload in self.payloads}
        return len(self.rids) < 2 and not self.sim_ssrcs and not names.isdisjoint(LAYERED_CODECS)


@dataclass(frozen=True)
class DownSpec:
    """One section towards a subscriber as negotiated (the subscriber's payload types and extension ids).

    `payloads` maps codec by name to the up-track's; `ssrc` is announced in the description (take it from
    `MediaPeer.new_ssrc`, never use one twice on a transport). `mid` is written in its packets until the
    subscriber reports on them: before our answer is in force, Firefox gives an ssrc it does not know to
    another section, by the payload type, and that one keeps it.
    """

    ssrc: int
    payloads: Sequence[PayloadSpec]
    extmap: Mapping[int, str] = field(default_factory=dict)
    cname: str = ""
    mid: str = ""
