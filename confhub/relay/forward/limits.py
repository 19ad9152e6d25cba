"""Caps and paces of the forwarding, each with its reason."""

from __future__ import annotations

VIDEO_HISTORY = 1024
"""Packets of a video layer kept for retransmission: about 2 s of a 3 Mbit/s layer; libsrtp's window is as
large."""
AUDIO_HISTORY = 64
"""Packets of an audio track: 1.3 s of 20 ms frames; also tells duplicates."""
MAX_JUMP = 2000
"""A larger step of sequence numbers is a new beginning, not loss."""
MAX_MISSING = 256
"""Packets asked for again at one time; more lost than this needs a keyframe instead."""
NACK_TRIES = 8
NACK_INTERVAL_S = 0.06
"""Between two requests for the same packet: a round trip on a slow line within one country."""
NACK_MAX_AGE_S = 1.0
"""No jitter buffer waits longer for a packet."""
REPAIR_DELAY_S = 0.02
"""Reordering within this time is not loss."""
KEYFRAME_THROTTLE_S = 0.3
"""Requests to a publisher within this time are merged: a keyframe costs ten times a delta frame."""
KEYFRAME_RETRY_S = 0.5
"""A request may be lost, too: asked again while somebody waits."""
LAYER_STALE_S = 1.5
"""A simulcast layer silent for this long while another is not was turned off by the publisher's encoder."""
TICK_S = 0.1
RR_INTERVAL_S = 1.0
IDLE_RR_INTERVAL_S = 5.0
"""Towards a publisher that sends nothing (muted): often enough to be found by, and nearly free."""
RR_SOON_S = 0.2
"""After the first packet of a layer: a sender that hears no REMB starts low and needs seconds for 720p."""
JUDGEMENT_INTERVAL_S = 1.0
"""How often a subscriber's line is judged: receivers report loss and REMB about once a second."""
SR_INTERVAL_S = 3.0
"""On average, each time half as long to half as long again (RFC 3550 section 6.3.1), so that peers do
not report in step."""
GATHER_LANES = 32
"""Packets to so many subscribers wait GATHER_S for those behind them: sent together, eight need half the time
of the kernel. To fewer, there is little to save."""
GATHER_S = 0.003
"""An encoder's picture comes in packets a millisecond or two apart; no jitter buffer sees so little."""
REPORTS_AT_ONCE = 16
"""Peers whose sender reports go out between two bursts of media: about 1 ms."""
START_PACKETS_S = 5.0
"""Padding or silence towards a subscriber without media: pion clients report a track at its first packet."""
START_PACKET_PACES_S = (0.1, 0.5)
"""Between two of them: three quick ones, then further ones in case they were lost."""
BITRATE_INTERVAL_S = 0.95
"""Over which a copy's bitrate is taken; its turns come each second, on a grid of TICK_S."""
LEVEL_WINDOW_S = 0.4
MAX_LANES_KEPT = 24
"""Earlier pieces of a copy's number space, from which NACKs can still be answered."""
MAX_NACK_ANSWERS = 64
"""Retransmissions a copy gives for one NACK packet."""
RETRANSMIT_BUDGET_PER_TICK = 400
"""Of one peer in TICK_S: a peer that asks for everything again gets 4,000 packets a second at most."""
PLI_PER_S, PLI_BURST = 1.0, 4
"""Keyframe requests of one copy: more would spoil the picture of everybody else, who share what the source
sends."""
MAX_TRACKS_PER_PEER = 64
"""Published by one peer: LiveKit clients publish camera, microphone, screen and its sound."""
MAX_COPIES_PER_PEER = 2048
"""Down-tracks of one peer: two for each room of a full conference, thrice over."""
MAX_PAYLOAD_BYTES = 1500
"""An RTP payload as it arrived in one datagram."""
RTCP_DATAGRAM_BYTES = 1150
"""Compound packets are cut here, below every line's MTU."""
