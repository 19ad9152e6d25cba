"""Caps of the transport, each with its reason."""

from __future__ import annotations

CONSENT_TIMEOUT_S = 15.0
"""Without any authenticated packet for this long the peer is lost (RFC 7675 gives 30 s; LiveKit about 15)."""
HANDSHAKE_DEADLINE_S = 15.0
"""From `start` to SRTP keys; Chrome gives up its checks at about the same time."""
MAX_BUFFERED_BYTES = 1024 * 1024
"""Of one reliable data channel towards a slow peer; beyond, messages are dropped and counted."""
MAX_LOSSY_BUFFERED_BYTES = 128 * 1024
"""Of a lossy channel: what has waited behind this much is stale."""
MAX_MESSAGE_BYTES = 64 * 1024
"""Largest data message taken or sent; announced as a=max-message-size."""
MAX_CHANNELS = 32
"""LiveKit clients open three."""
MAX_SCTP_STREAMS = 1024
"""Streams with state at the receiver; one a channel is used."""
MAX_REASSEMBLY_BYTES = 1024 * 1024
"""Sent beyond the advertised window: no client does that."""
MAX_SCTP_FAULTS = 16
"""Packets that tripped an assertion before the peer is given up."""
MAX_UFRAGS = 4
"""ICE restarts remembered; older credentials are forgotten."""
MAX_ADDRESSES = 16
"""Remote addresses with a successful check; the oldest is forgotten."""
MAX_INBOUND_SSRCS = 256
"""Sources of one peer that get decryption state: three layers and repair for each of dozens of tracks."""
MAX_TRANSPORTS = 4096
"""Of one process: 302 rooms and their watchers, two each, and what reconnects while the old ones time out."""
BURST_DATAGRAMS = 128
"""Read in one wake-up before other tasks of the loop have their turn (about 2 ms of work)."""
SOCKET_BUFFER_BYTES = 8 * 1024 * 1024
"""A keyframe of 60 packets to 302 rooms is 22 MB on the wire within some milliseconds."""
