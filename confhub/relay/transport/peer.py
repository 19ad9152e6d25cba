"""One peer's transport: ICE-lite, DTLS server, SRTP, SCTP over the process's UDP port.

States: new -> connecting -> connected -> closed. A transport is made by `UdpMux.new_transport`, never
directly.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

CONSENT_TIMEOUT_S = 15.0
"""Without any authenticated packet for this long the peer is lost (RFC 7675 gives 30 s; LiveKit about 15)."""
HANDSHAKE_DEADLINE_S = 15.0
"""From `start` to SRTP keys; Chrome gives up its checks at about the same time."""
MAX_BUFFERED_BYTES = 1024 * 1024
"""Of one data channel towards a slow peer; beyond, messages are dropped and counted."""
MAX_MESSAGE_BYTES = 64 * 1024
"""Largest data message taken or sent; announced as a=max-message-size."""


class TransportEvents(Protocol):
    """What a transport tells its owner. All are called on the event loop, must not block, must not raise."""

    def on_connected(self, transport: PeerTransport) -> None:
        """DTLS is done, SRTP keys exist, media flows both ways from now on. Once."""

    def on_data_channel(self, transport: PeerTransport, label: str) -> None:
        """A data channel of that label is open (either side's)."""

    def on_data(self, transport: PeerTransport, label: str, payload: bytes) -> None:
        """One message (text messages come as UTF-8 bytes)."""

    def on_lost(self, transport: PeerTransport, last_seen_s: float) -> None:
        """No authenticated packet for CONSENT_TIMEOUT_S. The transport stays usable (the peer may come back,
        e.g. after an ICE restart) until its owner closes it; reported again only after it came back in
        between."""

    def on_closed(self, transport: PeerTransport, reason: str) -> None:
        """The transport ended by itself: reason "peer" (DTLS close_notify), "handshake" (failed or over its
        deadline), "fingerprint", or "fault" (a bug contained, logged). Not called for `close()`. Once; it is
        closed already."""


class MediaSink(Protocol):
    """Where decrypted media goes; `forward.MediaPeer` is the one implementation."""

    def on_rtp(self, packet: bytes, arrival_s: float) -> None:
        """One RTP packet, decrypted; arrival is the burst's clock value."""

    def on_rtcp(self, packet: bytes, arrival_s: float) -> None:
        """One compound RTCP packet, decrypted."""


class PeerTransport:
    """See the module. Attributes are read-only for others, but `media`."""

    ice_ufrag: str  # the newest local credentials; put them in the next answer/offer
    ice_pwd: str
    fingerprints: list[tuple[str, str]]  # of the local certificate: [("sha-256", "AB:...")]
    state: str  # "new" | "connecting" | "connected" | "closed"
    created_s: float  # clock values, seconds, of the `now` given to the mux
    last_seen: (
        float | None
    )  # last authenticated packet (STUN with integrity, DTLS after handshake, SRTP, SRTCP)
    connected_s: float | None
    remote_address: tuple[str, int] | None
    media: MediaSink | None  # set by forward.Router.add_peer

    def restart_ice(self) -> tuple[str, str]:
        """New (ufrag, pwd) beside the old ones, which stay valid; DTLS and SRTP go on. Call it when an offer
        carries another ice-ufrag than the last one did."""
        raise NotImplementedError

    def start(self, remote_fingerprints: Sequence[tuple[str, str]], setup: str = "active") -> None:
        """Accept the peer's DTLS handshake (we are the server always). Idempotent: later calls do nothing.

        The remote fingerprints come from the description's sections. A ClientHello that came before is kept.
        """
        raise NotImplementedError

    def enable_data(self, remote_sctp_port: int = 5000, create: Sequence[str] = ()) -> None:
        """Run SCTP. `create`: labels the server opens itself (v0 subscriber connection: "_reliable",
        "_lossy", "_data_track"); client-created channels of known label are reused both ways. Idempotent.

        "_lossy" and "_data_track" are opened unordered with maxRetransmits 0, all others reliable and
        ordered.
        """
        raise NotImplementedError

    def send_data(self, label: str, payload: bytes) -> bool:
        """Queue one binary message on the channel of that label. False: dropped (no such open channel, too
        large, or more than MAX_BUFFERED_BYTES waiting)."""
        raise NotImplementedError

    def has_channel(self, label: str) -> bool:
        """Is a channel of that label open?"""
        raise NotImplementedError

    def close(self) -> None:
        """End it: close_notify is sent, tables are cleared, no event follows. Idempotent; tasks are awaited
        by `UdpMux.close`."""
        raise NotImplementedError
