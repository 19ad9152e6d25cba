"""What a participant's client is to the room: the way back to it, and the negotiation of its transports."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from livekit.protocol import rtc

from confhub.relay.forward.stats import PeerStats
from confhub.relay.room.traffic import Traffic


class SignalLink(Protocol):
    """The way back to a client; kept apart from the WebSocket so that a resume can swap it."""

    def send(self, payload: bytes) -> None:
        """Queue one serialized SignalResponse. Never blocks, never raises."""

    def when_read(self, then: Callable[[], None]) -> None:
        """Call `then` once the client has taken in what was sent so far, or the link is over."""

    def close(self) -> None:
        """Send what is queued, then close."""


class Media(Protocol):
    """The negotiation of one participant's transports; see `negotiation.media`."""

    def offer(self, description: rtc.SessionDescription) -> None:
        """The client's offer; answered over the link. Raises SdpError."""

    def answer(self, description: rtc.SessionDescription) -> None:
        """The client's answer to our offer. Raises SdpError."""

    def claim(self, cids: Sequence[str]) -> None:
        """add_track named these cids; their sections may have been offered already."""

    def refresh(self) -> None:
        """Subscriptions changed: bring the descriptions in line, as soon as the other side lets us."""

    def resume(self) -> None:
        """The client resumed signalling; restart what the server has to restart."""

    def last_seen_s(self) -> float | None:
        """Newest authenticated packet on any transport, by the mux's clock."""

    def send_data(self, label: str, payload: bytes) -> bool:
        """One data channel message to the client, at once or when its channel opens; False: dropped."""

    def channel_opened(self, label: str) -> None:
        """A data channel of that label is open, its first time or again."""

    def traffic(self) -> Traffic:
        """What was sent so far."""

    def stats(self) -> PeerStats:
        """Figures of both ways."""

    def is_over_tcp(self) -> bool:
        """Does any of its media go over TCP?"""

    def close(self) -> None:
        """End all transports. Idempotent."""
