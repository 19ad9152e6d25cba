"""One media room's router: peers, their published tracks and the copies subscribers get."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from confhub.relay.forward.specs import DownSpec, Quality, UpSpec
from confhub.relay.transport.peer import PeerTransport


@dataclass(frozen=True)
class SpeakerLevel:
    """One audible track in a 400 ms window: level is linear 0..1 as in LiveKit's SpeakerInfo."""

    track: UpTrack
    level: float
    active: bool


class UpTrack:
    """One published track. Made by `MediaPeer.publish`."""

    spec: UpSpec
    owner: Any  # what was given to publish(owner=...): the room's own publication object
    is_open: bool

    def gate(self, is_open: bool) -> None:
        """Closed: nothing of this track is forwarded from this very packet on, retransmissions included
        (permission withdrawn, muted). Opened again: copies go on, video at the next keyframe, which is asked
        for."""
        raise NotImplementedError

    def update(self, spec: UpSpec) -> None:
        """A re-offer changed payload types, extension ids, ssrcs or rids of the section."""
        raise NotImplementedError

    def wanted_quality(self) -> Quality | None:
        """Highest quality any running copy asks for; None: nobody watches (for subscribed_quality_update)."""
        raise NotImplementedError

    def close(self) -> None:
        """Unpublish: copies are left without a source (they stay, may be pointed elsewhere). Idempotent."""
        raise NotImplementedError

    def stats(self) -> TrackStats:
        """Counters since the start; bitrate over the last second."""
        raise NotImplementedError


class DownTrack:
    """One subscriber's copy of a track: its own ssrc, sequence and time space. Made by `MediaPeer.subscribe`.

    Starts sending as soon as the transport is connected.
    """

    spec: DownSpec
    source: UpTrack | None
    is_paused: bool
    quality: Quality

    def pause(self) -> None:
        """Subscriber disabled the track (track_setting.disabled) or has no permission. Nothing is sent."""
        raise NotImplementedError

    def resume(self) -> None:
        """Go on, contiguous; video at the next keyframe, which is asked for."""
        raise NotImplementedError

    def set_quality(self, quality: Quality) -> None:
        """Highest simulcast layer wanted; the nearest lower one with media stands in. Switched at a
        keyframe."""
        raise NotImplementedError

    def point_at(self, source: UpTrack | None) -> None:
        """Take another source of the same kind and codec (a stage slot's switch), at its next keyframe; until
        then the old one goes on while it is open. Raises ValueError for another kind or a codec not
        negotiated here."""
        raise NotImplementedError

    def update(self, spec: DownSpec) -> None:
        """A renegotiation changed payload types or extension ids (the ssrc must stay)."""
        raise NotImplementedError

    def close(self) -> None:
        """Unsubscribe; an RTCP BYE is sent. Idempotent."""
        raise NotImplementedError

    def stats(self) -> TrackStats:
        """Counters since the start; bitrate over the last second."""
        raise NotImplementedError


@dataclass(frozen=True)
class TrackStats:
    """packets, payload bytes with headers; `lost` is by RTCP (down) or by missing numbers (up); loss 0..1
    recent."""

    packets: int
    octets: int
    lost: int
    loss: float
    bitrate_bps: int
    rtt_s: float | None
    dropped: int  # not sent: kernel full, or errors
    nacks: int
    plis: int


class MediaPeer:
    """The media side of one transport. v1 clients have one for both ways; v0 clients one per connection."""

    transport: PeerTransport
    estimate_bps: int | None  # newest REMB from this peer (what it can receive)

    def new_ssrc(self) -> int:
        """A fresh ssrc for a DownSpec, never given before on this transport nor used by the peer."""
        raise NotImplementedError

    def publish(self, spec: UpSpec, owner: Any = None, is_open: bool = True) -> UpTrack:
        """Take packets of that section. Raises ValueError if no supported codec is in the spec."""
        raise NotImplementedError

    def subscribe(self, source: UpTrack | None, spec: DownSpec, quality: Quality = Quality.HIGH) -> DownTrack:
        """A copy of `source` to this peer. source None: sends start packets only, until `point_at`.
        Raises ValueError if the source's codec is not in spec.payloads."""
        raise NotImplementedError

    def close(self) -> None:
        """All its up- and down-tracks end. Does not close the transport. Idempotent."""
        raise NotImplementedError


class Router:
    """One per media room. Runs its own timer on the running loop from the first peer until `close`.

    `on_speakers` is called about each 400 ms while somebody is audible, and once with an empty list
    afterwards; only tracks with an audio-level extension are seen.
    """

    def __init__(
        self,
        *,
        now: Callable[[], float],
        wall: Callable[[], float],
        on_speakers: Callable[[Sequence[SpeakerLevel]], None] | None = None,
        on_wanted: Callable[[UpTrack, Quality | None], None] | None = None,
    ) -> None:
        """`now`: the mux's clock. `wall`: unix time in seconds, for NTP times in sender reports. `on_wanted`:
        the highest quality anybody watches of a video track changed (for subscribed_quality_update)."""
        raise NotImplementedError

    def add_peer(self, transport: PeerTransport) -> MediaPeer:
        """The media side of that transport (sets transport.media)."""
        raise NotImplementedError

    def close(self) -> None:
        """All peers end, the timer stops. Idempotent."""
        raise NotImplementedError
