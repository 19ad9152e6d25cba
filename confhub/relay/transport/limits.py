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
MAX_MISORDERED = 1024
"""DATA chunks behind a hole, sorted for each answer. The window of 1 MB holds 900 of full size."""
MAX_FRAGMENTS = 2048
"""Chunks of unfinished messages, looked through for each that comes: those behind holes and 58 of the largest
message; no client comes near."""
MAX_SCTP_FAULTS = 16
"""Packets that tripped an assertion before the peer is given up."""
MAX_UFRAGS = 4
"""ICE restarts remembered; older credentials are forgotten."""
MAX_ADDRESSES = 16
"""Remote addresses with a successful check; the oldest is forgotten."""
ADDRESS_HELD_S = 5.0
"""An address stays its peer's so long after its last valid check: clients check every 2.5 s. Nobody takes it
away with a forged source meanwhile."""
PROOF_INTERVAL_S = 0.25
"""Between two checks of ours to a peer's unproven addresses: forged sources get four small packets a
second."""
SILENT_PATH_S = 0.5
"""Without media from where packets go, media from another address says that the peer has moved."""
MAX_INBOUND_SSRCS = 256
"""Sources of one peer, of media and of feedback, that get decryption state: three layers and repair for each
of dozens of tracks."""
SOURCE_IDLE_S = 30.0
"""A source that belongs to no published track and was silent for so long makes room for another one: a room
that is given the floor all day publishes hundreds."""
STRANGER_CHECKS_PER_S = 1000
"""Checks of one IPv4 address or IPv6 /64 that has no transport yet: an office of thirty rooms that joins."""
STRANGERS_PER_S = 10_000
"""Of all such addresses: every room of a province joining within a second, tenfold. More costs us half a core
and can only be forged."""
CHECKS_PER_S, CHECKS_BURST = 100, 400
"""Of one transport, from wherever: libwebrtc sends one in 48 ms at most."""
HANDSHAKE_DATAGRAMS = 100
"""DTLS before there are keys: a handshake has ten, repeated after losses; each may cost a signature."""
DTLS_PER_S, DTLS_BURST = 1000, 4000
"""With keys: data messages, 9 Mbit/s of them. SCTP in Python needs 0.3 ms for each; a sender that loses some
slows down by itself."""
MAX_QUEUED_DATAGRAMS = 256
"""DTLS waiting for its turn: a handshake has ten, a burst of data messages some dozens; the rest is
retransmitted."""
DTLS_AT_ONCE = 16
"""Of one peer, before others of the loop have their turn: 5 ms."""
MEDIA_PER_S, MEDIA_BURST = 8000, 8000
"""SRTP of one peer: three layers and a screen are 1,500 a second, a keyframe comes as some hundred at
once."""
RTCP_PER_S, RTCP_BURST = 1000, 2000
"""SRTCP of one peer: a viewer of a whole hall reports on 300 copies about once a second."""
FORGED_PER_S, FORGED_BURST = 1000, 2000
"""Media of one peer that fails its authentication: duplicates and late ones on a bad line. Beyond, nothing of
its media is looked at until the second is over: a decryption for nothing costs as much as a good one."""
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
