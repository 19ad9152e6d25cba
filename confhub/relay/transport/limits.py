"""Caps of the transport, each with its reason."""

from __future__ import annotations

CONSENT_TIMEOUT_S = 30.0
"""Without any authenticated packet for this long the peer is lost (RFC 7675 says 30 s)."""
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
MAX_MISORDERED = 2048
"""DATA chunks behind a hole; each packet sorts them. The window of 1 MB holds 900 of full size."""
MAX_FRAGMENTS = 4096
"""Chunks of unfinished messages: the window's, and those behind holes."""
MAX_SCTP_FAULTS = 16
"""Packets that tripped an assertion before the peer is given up."""
MAX_UFRAGS = 4
"""ICE restarts remembered; older credentials are forgotten."""
MAX_ADDRESSES = 16
"""Remote addresses with a successful check; the oldest is forgotten."""
PROOF_INTERVAL_S = 0.25
"""Between two checks of ours to a peer's unproven addresses: forged sources get four small packets a
second."""
SILENT_PATH_S = 0.5
"""Without media from where packets go, media from another address says that the peer has moved."""
MAX_INBOUND_SSRCS = 256
"""Sources of one peer that get decryption state: three layers and repair for each of dozens of tracks."""
MAX_TRANSPORTS = 4096
"""Of one process: 302 rooms and their watchers, two each, and what reconnects while the old ones time out."""
BURST_DATAGRAMS = 128
"""Read in one wake-up before other tasks of the loop have their turn (about 2 ms of work)."""
SOCKET_BUFFER_BYTES = 8 * 1024 * 1024
"""A keyframe of 60 packets to 302 rooms is 22 MB on the wire within some milliseconds."""
MAX_TCP_LINES = 8192
"""TCP connections for media: 302 rooms and their watchers, two transports each, for which libwebrtc opens up
to eight at a time; a descriptor and some kB apiece."""
MAX_TCP_WAITING = 4096
"""Of them without a valid check: all rooms of a province that come at once."""
MAX_TCP_WAITING_PER_ADDRESS = 512
"""Of one IPv4 address or IPv6 /64 without a valid check: an office behind one address whose rooms join
together; six of LiveKit's clients that joined at once had 70."""
TCP_FIRST_CHECK_S = 10.0
"""From accepting, or from the end of its transport: clients check at once."""
TCP_IDLE_S = 60.0
"""Without a byte: clients check what they keep in reserve every 25 s."""
TCP_UNOWNED_BYTES = 16 * 1024
"""Before a valid check: a hundred checks."""
TCP_MEDIA_QUEUE_BYTES = 128 * 1024
"""Half a second of 2 Mbit/s; media that has waited longer is better lost, so that the receiver's feedback
finds a lower layer."""
TCP_QUEUE_BYTES = 192 * 1024
"""DTLS, RTCP and answers to checks have 64 kB more, minutes of them: who reads nothing meanwhile is gone."""
TCP_KERNEL_BYTES = 128 * 1024
"""In the kernel, doubled by it: 2 Mbit/s over a second of round trip. More would hide what waits from us."""
